package arith

// Halves is the one rule of staged rounding (docs/numerics.md section 3): of a transform whose total right shift is given,
// it reports whether every entry is halved, half up, after a stage, which is counted from 1.
func Halves(stage, shift int) bool { return stage%2 == 0 && stage/2 <= shift }

// Rest is what the halvings between a number of stages leave of a shift, to be rounded once after the last.
func Rest(stages, shift int) int { return max(0, shift-stages/2) }

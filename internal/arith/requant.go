// Package arith is the integer arithmetic of docs/numerics.md section 3 that every stage shares: rounding shifts, widths and
// ranges, what differs between steps of even and odd t, the rule of staged rounding, and products by shared additions. It
// imports nothing of the compiler. Start with Requant and Interval.
package arith

// Requant is the integer map v -> (v*Mul + half) >> Shift, half = 2^(Shift-1) (0 for a Shift of 0), rounding half up
// with an arithmetic shift; a negative Shift is a left shift of v*Mul.
type Requant struct {
	Mul   int64
	Shift int
}

// Identity is the map that changes nothing.
var Identity = Requant{Mul: 1}

// SqrtHalf and Sqrt2 rescale an integer where two units meet that differ by sqrt(2) (docs/numerics.md,
// "other shapes"): 23170 = round(2^15/sqrt 2), 46341 = round(2^15 sqrt 2).
var (
	SqrtHalf = Requant{Mul: 23170, Shift: 15}
	Sqrt2    = Requant{Mul: 46341, Shift: 15}
)

// Apply computes the map.
func (r Requant) Apply(v int64) int64 {
	v *= r.Mul
	switch {
	case r.Shift > 0:
		return (v + 1<<(r.Shift-1)) >> r.Shift
	case r.Shift < 0:
		return v << -r.Shift
	}
	return v
}

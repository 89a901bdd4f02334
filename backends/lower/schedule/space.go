package schedule

import (
	"slices"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/ir"
)

// Space is what can be chosen for a plan on a chip: for each layer and for the output, any of a list. Not every candidate can be
// built, and of those some are too narrow: step.Build and step.Verify say so.
type Space struct {
	Word   int
	Layers [][]step.LayerChoice
	// Dense are other ways to multiply, of a layer whose matrix is multiplied ahead of its update.
	Dense   [][]step.LayerChoice
	Readout []step.ReadoutChoice
}

// Of makes the space of a plan on a chip.
func Of(p *lower.Plan, c *chip.Part) Space {
	s := Space{Word: word(c)}
	for i := range p.Layers {
		s.Layers = append(s.Layers, layers(&p.Layers[i], c))
		s.Dense = append(s.Dense, dense(&p.Layers[i], c))
	}
	s.Readout = readouts(p, c)
	return s
}

// word is the narrowest integer that C calculates in on a chip.
func word(c *chip.Part) int {
	if c.Int == 16 {
		return 16
	}
	return 32
}

var both = []bool{false, true}

// laneOf is the narrowest width that holds the transform.
func laneOf(l *lower.Layer) int {
	for _, w := range []int{16, 32} {
		if l.ZBits <= w {
			return w
		}
	}
	return 64
}

// recordsOf are the words that a chip reads packed tables in; 0 keeps a table of each kind.
func recordsOf(c *chip.Part, pairs bool) []int {
	if c.Word == 8 {
		return []int{0, 8}
	}
	if pairs {
		return []int{0, 16, 32} // the constants of pairs stand apart
	}
	return []int{0, 32}
}

func layers(l *lower.Layer, c *chip.Part) (out []step.LayerChoice) {
	products := []step.Product{""}
	unrolls := []int{0}
	if t := l.Term; t != nil {
		products = []step.Product{step.Rows}
		if t.Source == lower.FromState && t.Matrix.Bits == 1 {
			products = append(products, step.Groups)
		}
		if t.Source != lower.FromOneHot && step.Straight(&t.Matrix) {
			products = append(products, step.Adders)
		}
		if t.Source == lower.FromVector {
			products = append(products, step.ByValue)
			unrolls = append(unrolls, min(t.Matrix.Cols, 8))
			if c.Word >= 32 {
				products = append(products, step.Joined)
			}
			if c.Word >= 32 && t.Matrix.Cols > 1 {
				products = append(products, step.Dots)
			}
		}
	}
	sums := []int{0}
	if word(c) == 16 && l.ZBits <= 16 && l.Bits < 16 {
		sums = append(sums, 16) // the verifier knows more of the sum than its parts' widths say
	}
	for _, pairs := range both {
		if pairs && (c.Word < 32 || l.N%2 == 1) {
			continue
		}
		stages := l.K
		if pairs && l.N/l.Block%2 == 1 {
			stages-- // the last is between the lanes
		}
		lanes := laneOf(l)
		if pairs {
			lanes = 16
		}
		for _, passes := range passesOf(stages, c, pairs) {
			for _, descending := range both {
				if descending && (l.Staged || len(passes) < 2) {
					continue
				}
				for _, fused := range both {
					if fused && (l.Perm != nil || len(passes) == 0) {
						continue
					}
					for _, inPlace := range both {
						if inPlace && (l.Perm != nil || pairs) {
							continue
						}
						for _, rounding := range roundings(l, c, fused, pairs) {
							for _, record := range recordsOf(c, pairs) {
								for _, product := range products {
									for _, unroll := range unrolls {
										for _, sum := range sums {
											k := step.LayerChoice{Passes: passes, Descending: descending, Pairs: pairs, Lane: lanes, Sum: sum,
												InPlace: inPlace, Fused: fused, Merged: rounding.merged, Ahead: rounding.ahead, Record: record, Product: product, Unroll: unroll}
											if inPlace && descending && c.Word >= 32 && product != step.Joined {
												continue // nothing is widened in place: the widest stride first saves nothing, and its last pass holds more pointers
											}
											for _, k := range plainly(l, c, k) {
												out = append(out, dots(l, k)...)
											}
										}
									}
								}
							}
						}
					}
				}
			}
		}
	}
	return out
}

// rounding is where the half that rounds is added: with the transform's value, with the bias, or ahead of the last pass.
type rounding struct{ merged, ahead bool }

func roundings(l *lower.Layer, c *chip.Part, fused, pairs bool) []rounding {
	out := []rounding{{}, {merged: true}}
	if fused && !pairs && !l.Staged && c.Word >= 32 {
		out = append(out, rounding{ahead: true})
	}
	return out
}

// plainly are the ways of a choice on chips of 32 bits without instructions that clamp or take a field: the clamp begins with the
// constants, and records have the constants of one parity. Pairs have a table of constants for each parity, or one of both.
func plainly(l *lower.Layer, c *chip.Part, k step.LayerChoice) []step.LayerChoice {
	out := []step.LayerChoice{k}
	if k.Pairs && k.Record > 0 && l.TwoPhase() {
		k.Separate = true
		return append(out, k)
	}
	if c.Word != 32 || c.Arch == "arm" && c.Prices != "cortex-m0" || k.Pairs {
		return out
	}
	if k.Record > 0 && l.TwoPhase() {
		k.Separate = true
		out = append(out, k)
	}
	if l.Saturate && k.Product != step.Joined {
		for _, k := range out {
			k.Below = true
			out = append(out, k)
		}
	}
	return out
}

// dots are the ways of a choice to multiply pairs; a choice without them is its own.
func dots(l *lower.Layer, k step.LayerChoice) (out []step.LayerChoice) {
	if k.Product == step.Joined {
		// With the narrowest stride last, neighbours are loaded and stored together.
		narrowLast := k.Descending || l.Staged || len(k.Passes) < 2
		if k.Unroll == 0 || k.Record > 0 || k.Pairs || k.Merged || k.Ahead || !k.Fused || !narrowLast {
			return nil
		}
	}
	if k.Product != step.Dots {
		return []step.LayerChoice{k}
	}
	if k.Unroll > 0 || k.Record > 0 || k.Pairs {
		return nil
	}
	for _, k.Together = range together {
		for _, k.Weight = range []int{0, 16} {
			out = append(out, k)
		}
	}
	return out
}

// together are how many rows may be multiplied at a time.
var together = []int{1, 2, 4}

// dense are the ways to multiply a dense matrix ahead of the update from words of several weights, as choices of nothing else, but for
// those that layers has. Columns are written out only as far as a load reaches from a pointer.
func dense(l *lower.Layer, c *chip.Part) (out []step.LayerChoice) {
	if l.Term == nil || l.Term.Source == lower.FromOneHot || l.Term.Matrix.Cols == 1 {
		return nil
	}
	for _, rows := range together {
		out = append(out, step.LayerChoice{Product: step.Packed, Together: rows})
		if c.Word < 32 {
			continue
		}
		k := step.LayerChoice{Product: step.Dots, Together: rows}
		rolled, wide := k, k
		rolled.Rolled, wide.Weight = true, 16
		out = append(out, rolled)
		if l.Term.Source != lower.FromVector && 4*rows*l.Term.Matrix.Cols/2 <= machineOf(c).reach(4) {
			out = append(out, k, wide)
		}
	}
	return out
}

// multiplied is a choice with another way to multiply ahead of the update.
func multiplied(l, by step.LayerChoice) step.LayerChoice {
	l.Product, l.Together, l.Weight, l.Rolled = by.Product, by.Together, by.Weight, by.Rolled
	return l
}

// ahead reports whether a choice multiplies a dense matrix ahead of the update: what that takes is the same whatever else is chosen.
func ahead(l *lower.Layer, k step.LayerChoice) bool {
	how := k.Product == step.Rows || k.Product == step.Packed || k.Product == step.Dots
	return l.Term != nil && how && k.Unroll == 0 && !k.Pairs
}

// passesOf are ways to split stages into passes: as few as a number of stages a pass allows; the short one first or, with short, last, where
// the updates of pairs have more registers.
func passesOf(stages int, c *chip.Part, short bool) (out [][]int) {
	if stages == 0 {
		return [][]int{nil}
	}
	for most := 1; most <= min(stages, 4); most++ {
		p := step.PassesOf(stages, most)
		if c.Arch == "arm" && most == 4 && len(p) > 1 {
			continue // its 14 registers do not hold 16 values, which pays where it saves the only other pass
		}
		add := func(p []int) {
			if !slices.ContainsFunc(out, func(q []int) bool { return slices.Equal(p, q) }) {
				out = append(out, p)
			}
		}
		add(p)
		if short {
			p = slices.Clone(p)
			slices.Reverse(p)
			add(p)
		}
	}
	return out
}

func readouts(p *lower.Plan, c *chip.Part) (out []step.ReadoutChoice) {
	rows := p.Readout.Matrix.Rows
	for _, deferred := range both {
		for _, product := range []step.Product{step.Rows, step.Packed, step.Dots, step.Adders, step.Groups} {
			switch {
			case product == step.Groups && p.Readout.Matrix.Bits != 1, product == step.Adders && !step.Straight(&p.Readout.Matrix), product == step.Dots && c.Word < 32, deferred && product != step.Rows:
				continue
			case product == step.Packed || product == step.Dots:
				for _, together := range []int{1, 2, 3, 4, 5, 6, 8} {
					if together < rows {
						out = append(out, step.ReadoutChoice{Product: product, Together: together})
					}
				}
				out = append(out, step.ReadoutChoice{Product: product})
				if product == step.Dots && p.Output.When != ir.Mean {
					out = append(out, step.ReadoutChoice{Product: product, Stored: true})
				}
			default:
				out = append(out, step.ReadoutChoice{Product: product, Deferred: deferred})
				if deferred && c.Word >= 32 {
					out = append(out, step.ReadoutChoice{Product: product, Deferred: true, Sum: 32})
				}
			}
		}
	}
	return out
}

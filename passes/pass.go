// Package passes turns a real-level module as the language gives it into a fixed-level one that backends can lower.
// Each pass is a file and a row of Pipeline; none knows a backend or a file format, and the runner, never a pass,
// verifies, times and compares. Start with Pipeline.
package passes

import "hrnnc/ir"

// Pass is one rewrite of a module. Run never changes its argument.
type Pass struct {
	Name string
	Doc  string
	In   ir.Level
	Out  ir.Level
	Run  func(m *ir.Module, o Options) (*ir.Module, Stats, error)
}

// Options are what the driver tells passes.
type Options struct {
	// Cost prices the ways to compute a constant matrix; the target's cost model fills it in.
	Cost MatrixCost
}

// MatrixCost prices a matrix product for the sparsity pass, in the same arbitrary unit: one addition of a shared
// adder graph against one entry of a table walked by a loop.
type MatrixCost struct {
	Adder float64
	Entry float64
	// MaxAdders keeps straight-line code small.
	MaxAdders int
}

// DefaultCost suits loops over tables on a CPU: straight-line additions only where they are few.
var DefaultCost = MatrixCost{Adder: 1, Entry: 1, MaxAdders: 256}

// Stats is what a pass did, for the report: lines such as "3 sign vectors folded".
type Stats []string

// Pipeline is every pass, in order.
var Pipeline = []Pass{
	{"fold", "drop dead values, merge equal constants, turn one-hot products into column look-ups", ir.Real, ir.Real, fold},
	{"fuse", "move signs, permutations and biases until each update is hadamard, permutation, signs, input, bias", ir.Real, ir.Real, fuse},
	{"parity", "give states of odd order the unit that alternates, so that only shifts are left", ir.Real, ir.Real, parity},
	{"quantize", "choose units and turn every value into integers; the one step that changes meaning", ir.Real, ir.Fixed, quantize},
	{"range", "prove ranges: drop saturations that cannot fire, shrink every width", ir.Fixed, ir.Fixed, shrink},
}

// Order lists which pass needs which before it, and why.
var Order = []struct{ Before, After, Reason string }{
	{"fold", "fuse", "dead and equal constants would be moved for nothing"},
	{"fuse", "parity", "parity scaling expects one hadamard an update, with its terms beside it"},
	{"parity", "quantize", "scales must be powers of two on the recurrence, or no shift can stand for them"},
	{"quantize", "range", "widths belong to integers"},
}

// Find gives the pass of a name.
func Find(name string) (Pass, bool) {
	for _, p := range Pipeline {
		if p.Name == name {
			return p, true
		}
	}
	return Pass{}, false
}

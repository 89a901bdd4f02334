// Package passes turns a real-level module as the language gives it into a fixed-level one that backends can lower.
// Each pass is a file and a row of Pipeline; none knows a backend or a file format, and the runner, never a pass,
// verifies, times and compares. Start with Pipeline.
package passes

import (
	"strings"

	"github.com/hrnnc/hrnnc/ir"
)

// Pass is one rewrite of a module. Run never changes its argument.
type Pass struct {
	Name string
	Doc  string
	In   ir.Level
	Out  ir.Level
	Run  func(m *ir.Module) (*ir.Module, Stats, error)
	// Required says why the pass cannot be left out; it is empty for one that can.
	Required string
	// Tolerance is how much a real-level pass may change the outputs, relative to the largest; 0 stands for 1e-9, which
	// is what reordering float64 additions takes.
	Tolerance float64
}

// Stats is what a pass did, for the report: lines such as "3 sign vectors folded".
type Stats []string

// Pipeline is every pass, in order.
var Pipeline = []Pass{
	{Name: "fold", Doc: "drop dead values, turn one-hot products into column look-ups", In: ir.Real, Out: ir.Real, Run: fold,
		Required: "one-hot inputs become columns of their matrix there"},
	{Name: "recognise", Doc: "turn dense recurrent matrices that are signed, permuted block Hadamards into transforms", In: ir.Real, Out: ir.Real, Run: recognise, Tolerance: recogniseTolerance},
	{Name: "fuse", Doc: "move signs, permutations and biases until each update is hadamard, permutation, signs, input, bias", In: ir.Real, Out: ir.Real, Run: fuse,
		Required: "it gives every update the one form that is lowered"},
	{Name: "parity", Doc: "give states of odd order the unit that alternates, so that only shifts are left", In: ir.Real, Out: ir.Real, Run: parity,
		Required: "it takes the square root out of the transform"},
	{Name: "quantize", Doc: "choose units and turn every value into integers; the one step that changes meaning", In: ir.Real, Out: ir.Fixed, Run: quantize,
		Required: "targets compute in integers"},
	{Name: "range", Doc: "prove ranges: drop saturations that cannot fire, shrink every width", In: ir.Fixed, Out: ir.Fixed, Run: shrink},
}

// Order lists which pass needs which before it, and why.
var Order = []struct{ Before, After, Reason string }{
	{"fold", "recognise", "a dead matrix need not be a Hadamard"},
	{"recognise", "fuse", "fuse expects transforms, not dense recurrent matrices"},
	{"fold", "fuse", "dead constants would be moved for nothing"},
	{"fold", "quantize", "the integers of a token are a column of the matrix, not a product"},
	{"fuse", "parity", "parity scaling expects one hadamard an update, with its terms beside it"},
	{"parity", "quantize", "scales must be powers of two on the recurrence, or no shift can stand for them"},
	{"quantize", "range", "widths belong to integers"},
}

// Names lists the passes in order, for messages.
func Names() string {
	names := make([]string, len(Pipeline))
	for i, p := range Pipeline {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
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

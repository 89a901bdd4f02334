package verilog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/datapath/explore"
	"github.com/hrnnc/hrnnc/ir"
)

// design is a plan with its memories, pipelines and names laid out.
type design struct {
	*settings
	plan      *lower.Plan
	layers    []*layer
	readout   *readout
	tableBits int
	made      *explore.Candidate // nil for the modules of layers
	// memoryFiles are those of tables that are too large for a module, in the order in which they were written.
	memoryFiles []string
}

// memory is how a state lies: Words words of W integers of M bits. A word holds what one cycle of butterflies takes.
type memory struct {
	W, Words int
	A        int // bits of an address
	M        int // bits of an integer: the widest of state and transform
}

// layer is one layer's two modules: the update, and the transform with the memory in its own, which holds no multiplier.
type layer struct {
	*lower.Layer
	memory
	Module, Hadamard string
	Port             string // names the layer's signals in the top module
	StageShift       int    // log2 W: stages below are within a word
	C                int    // cycles of the update a group of W units
	below            *layer // of a term that comes from a state
	Tables           map[string]table
}

type readout struct {
	*lower.Readout
	state  *layer
	Module string
	P      int // bits of a product
	Sum    int // bits of an accumulated output
	Y      int // bits of out_data
	MeanY  int // bits of a mean's sums
	Tables map[string]table
}

func newDesign(p *lower.Plan, s settings) *design {
	d := &design{settings: &s, plan: p}
	modules := lower.NewNames(slices.Concat([]string{s.prefix, s.prefix + "_tb"}, shellModules(s.prefix), keywords)...)
	ports := lower.NewNames(append(strings.Fields(`clk rst in_valid in_ready in_data in_last out_valid out_ready out_data out_class
out_bit out_last part start first last odd accept beat last_beat step part_done next_part token entries entry
entry_address done_outputs`), keywords...)...)
	for i := range p.Layers {
		l := &layer{Layer: &p.Layers[i], Tables: map[string]table{}}
		l.Port = ports.Get(l.Name)
		l.Module = modules.Get(s.prefix + "_" + lower.Word(l.Name))
		l.Hadamard = modules.Get(l.Module + "_hadamard")
		l.layOut(s.butterflies)
		l.foldPreSigns()
		l.C = 1
		if t := l.Term; t != nil {
			if t.Source == lower.FromState {
				l.below = d.layers[t.Layer]
			}
			if t.Source != lower.FromOneHot {
				l.C = t.Matrix.Cols
			}
		}
		d.layers = append(d.layers, l)
	}
	d.readout = newReadout(p, d.layers[p.Readout.Layer])
	d.readout.Module = modules.Get(s.prefix + "_outputs")
	return d
}

// layOut chooses the word: twice as many integers as butterflies a cycle, as long as they divide the state.
func (l *layer) layOut(butterflies int) {
	l.memory = memory{W: 1, M: max(l.Bits, l.ZBits)}
	for l.W < 2*butterflies && l.N%(2*l.W) == 0 {
		l.W *= 2
		l.StageShift++
	}
	l.Words = l.N / l.W
	l.A = clog2(l.Words)
}

// foldPreSigns moves signs in front of a transform of order 1, which is none, into those behind it: nothing is rounded
// between the two.
func (l *layer) foldPreSigns() {
	if l.K > 0 || l.PreSigns == nil {
		return
	}
	folded := *l.Layer
	folded.Signs = make([]int8, l.N)
	for i := range folded.Signs {
		from := i
		if l.Perm != nil {
			from = l.Perm[i]
		}
		folded.Signs[i] = l.Layer.Signs[i] * l.PreSigns[from]
	}
	folded.PreSigns = nil
	l.Layer = &folded
}

func newReadout(p *lower.Plan, state *layer) *readout {
	r := &readout{Readout: &p.Readout, state: state, Tables: map[string]table{}}
	r.P = state.Bits + r.Matrix.Bits
	r.Sum = max(r.YBits, r.P)
	r.Y = r.Sum
	if p.Output.When == ir.Mean {
		r.MeanY = max(r.MeanBits, r.Sum)
		r.Y = r.MeanY
	}
	return r
}

// pause is set where a stage has so few words that the next would read one before it is written.
func (l *layer) pause() bool { return l.Words <= 2 }

// stepCycles is from the beat that completes a step to the first cycle that may start the next; outputs says whether the
// step emits outputs, and every one is taken at once.
func (d *design) stepCycles(outputs bool) int {
	if d.made != nil {
		if outputs {
			return d.made.OutputCycles
		}
		return d.made.StepCycles
	}
	cycles := 1
	for _, l := range d.layers {
		cycles += l.cycles()
	}
	mean := d.plan.Output.When == ir.Mean
	if outputs || mean {
		r := d.readout
		row := r.state.Words + 3
		if mean && outputs {
			row++
		}
		cycles += 1 + r.Matrix.Rows*row
	}
	return cycles
}

// cycles of a layer: the stages, the permutation, the update, and the pipelines that fill and drain.
func (l *layer) cycles() int {
	n := 1
	if l.K > 0 {
		n += l.K*l.Words + 2
		if l.pause() {
			n += 2 * (l.K - 1)
		}
	} else {
		n++
	}
	if l.Perm != nil {
		n += l.N + 3
	}
	return n + l.Words*l.C + 4
}

func (d *design) memoryBits() int {
	n := 0
	for _, l := range d.layers {
		words := l.Words
		if l.Perm != nil {
			words = 2 << l.A
		}
		n += words * l.W * l.M
	}
	if d.plan.Output.When == ir.Mean {
		sums := d.readout.MeanY * d.readout.Matrix.Rows
		if d.readout.Rescale != nil {
			sums *= 2
		}
		n += sums
	}
	return n
}

// inputBits is the width of in_data.
func (d *design) inputBits() int {
	if d.plan.Input.Kind == ir.Token {
		return clog2(d.plan.Input.Vocab)
	}
	return d.plan.Input.Bits
}

func (d *design) inputComment() string {
	in := d.plan.Input
	lo, hi := in.Range()
	if in.Kind == ir.Token {
		return fmt.Sprintf("a token, 0 to %d", hi)
	}
	kind := "unsigned"
	if in.Signed {
		kind = "signed"
	}
	return fmt.Sprintf("%s, %d to %d; one is worth %.6g", kind, lo, hi, in.Scale)
}

func (d *design) valueComment() string {
	u := d.plan.Readout.Unit
	if u.Parity && d.plan.Output.When != ir.Mean {
		return fmt.Sprintf("signed; one is worth %.9g after an even number of steps, %.9g after an odd one", u.At(0), u.At(1))
	}
	return fmt.Sprintf("signed; one is worth %.9g", u.Unit)
}

package verilog

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/ir"
)

// topValues fill templates/testbench.v.tmpl, harness.v.tmpl and, with more, README.md.tmpl.
type topValues struct {
	Prefix            string
	Title, OutputText string
	Feeding, Meaning  []string // how inputs come from data, and what outputs stand for, each under a title
	IB, Y, D          int
	Rows, RowBits     int
	Argmax, Threshold bool
	Decided           bool       // the class is that of a decide block
	Golden            bool       // and stands in the words of golden outputs
	State             *statePort // nil where there is none

	StepCycles, OutputStepCycles int
	Patience                     int
}

// titled puts a title before lines; nil without lines.
func titled(l backends.List) []string {
	if l.Lines == nil {
		return nil
	}
	return append([]string{l.Title}, l.Lines...)
}

func (d *design) top() topValues {
	p := d.plan
	v := topValues{Prefix: d.prefix, IB: d.inputBits(), Y: d.outputBits(), D: p.Input.Size, Rows: p.Readout.Matrix.Rows, RowBits: clog2(p.Readout.Matrix.Rows),
		Argmax: p.Output.Decision == ir.Argmax, Threshold: p.Output.Decision == ir.Threshold,
		StepCycles: d.period(false), OutputStepCycles: d.period(true)}
	v.Decided = p.Decide != nil
	v.Golden = d.goldenClass()
	v.State = d.statePort()
	v.Patience = 4 * (v.OutputStepCycles + 16)
	v.Feeding, v.Meaning = titled(backends.Feeding(p.Input)), titled(backends.Meaning(p.Output))
	d.texts(&v)
	return v
}

// goldenClass reports whether golden outputs have the class and out_changed above them: those of a decide block, where they fit a word.
func (d *design) goldenClass() bool {
	return d.plan.Decide != nil && d.outputBits()+clog2(d.plan.Readout.Matrix.Rows)+1 <= 64
}

func (d *design) texts(v *topValues) {
	p := d.plan
	v.Title = fmt.Sprintf("%s: %d-unit HadamRNN", p.Name, p.Layers[0].N)
	if len(p.Layers) > 1 {
		v.Title = fmt.Sprintf("%s: HadamRNN of %d layers", p.Name, len(p.Layers))
	}
	v.Title += ", " + string(d.made.Kind) + "."
	switch p.Output.When {
	case ir.AtLast:
		v.OutputText = "The outputs of the last step leave one a beat."
	case ir.EveryStep:
		v.OutputText = "The outputs of every step leave one a beat."
	case ir.Mean:
		v.OutputText = "The outputs, added up over the sequence, leave one a beat after its last step."
	}
	if len(p.Output.Labels) > 0 {
		v.OutputText += " They are " + strings.Join(p.Output.Labels, ", ") + "."
	}
}

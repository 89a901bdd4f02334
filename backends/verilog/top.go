package verilog

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/internal/arith"
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

	BeatWord, Beats, BeatDepth   int
	Outputs, OutputDepth         int
	OutWord                      int    // bits of a golden output
	OutText                      string // what is compared with it
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
	v.Patience = 4 * (v.OutputStepCycles + 16)
	v.Feeding, v.Meaning = titled(backends.Feeding(p.Input)), titled(backends.Meaning(p.Output))
	v.BeatWord = v.IB + 1
	d.texts(&v)
	return v
}

func (d *design) texts(v *topValues) {
	p := d.plan
	v.Title = fmt.Sprintf("%s: %d-unit HadamRNN", p.Name, p.Layers[0].N)
	if len(p.Layers) > 1 {
		v.Title = fmt.Sprintf("%s: HadamRNN of %d layers", p.Name, len(p.Layers))
	}
	v.Title += fmt.Sprintf(", %s, %d cycles a step without outputs, %d with them.", d.made.Kind, v.StepCycles, v.OutputStepCycles)
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

// testbench writes the golden vectors and the testbench that runs them, and gives what it says of them.
func (w *writer) testbench(v backends.Vectors) topValues {
	t := w.top()
	var beats, outputs []int64
	for i, sequence := range v.X {
		for step, row := range sequence {
			for j, x := range row {
				last := int64(0)
				if step == len(sequence)-1 && j == len(row)-1 {
					last = 1
				}
				beats = append(beats, x&(1<<t.IB-1)|last<<t.IB)
			}
		}
		for step, row := range v.Y[i] {
			if w.plan.Output.When != ir.EveryStep {
				step = len(sequence) - 1
			}
			for _, y := range row {
				outputs = append(outputs, w.golden(y, step+1))
			}
		}
	}
	t.Beats, t.Outputs = len(beats), len(outputs)
	t.OutWord, t.OutText = t.Y, "out_data"
	if t.Threshold {
		t.OutWord, t.OutText = t.Y+1, "{out_bit, out_data}"
	}
	in, out := grouped(beats, 1, 2), grouped(outputs, 1, 2)
	t.BeatDepth, t.OutputDepth = in.words, out.words
	w.files = append(w.files,
		in.file(t.Prefix+"_inputs.hex", t.BeatWord),
		out.file(t.Prefix+"_outputs.hex", t.OutWord))
	w.print(t.Prefix+"_tb.v", "testbench.v", t)
	return t
}

// golden is an output after t steps as the testbench compares it: with out_bit above it where the output has one.
func (w *writer) golden(y int64, t int) int64 {
	p := w.plan
	if p.Output.Decision != ir.Threshold {
		return y
	}
	limit := p.Readout.Threshold[t&1]
	if p.Output.When == ir.Mean {
		limit = p.Readout.Threshold[arith.Even]
	}
	y, bit := y&(1<<w.outputBits()-1), y > limit
	if bit {
		y |= 1 << w.outputBits()
	}
	return y
}

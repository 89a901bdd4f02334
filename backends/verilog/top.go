package verilog

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// topValues fill templates/top.v.tmpl, testbench.v.tmpl and harness.v.tmpl.
type topValues struct {
	Prefix                      string
	Title, OutputText           string
	Feeding, Meaning            []string // how inputs come from data, and what outputs stand for, each under a title
	IB, Y, D, DBits             int
	Rows, RowBits, PartBits     int
	InputComment, ValueComment  string
	Argmax, Threshold, TwoPhase bool
	Token, Vector               bool
	Limit                       float64
	EntryAddress                string
	Parts                       []part
	Wires, Instances            []string

	BeatWord, Beats, BeatDepth   int
	Outputs, OutputDepth         int
	OutWord                      int    // bits of a golden output
	OutText                      string // what is compared with it
	StepCycles, OutputStepCycles int
	Patience                     int
}

// part is a layer in its turn.
type part struct {
	Number     int
	Name, Next string
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
	v := topValues{Prefix: d.prefix, IB: d.inputBits(), Y: d.readout.Y, D: p.Input.Size, DBits: clog2(p.Input.Size),
		Rows: p.Readout.Matrix.Rows, RowBits: clog2(p.Readout.Matrix.Rows), PartBits: clog2(len(d.layers) + 2), InputComment: d.inputComment(), ValueComment: d.valueComment(),
		Argmax: p.Output.Decision == ir.Argmax, Threshold: p.Output.Decision == ir.Threshold, TwoPhase: p.TwoPhase(), Limit: p.Output.Threshold,
		StepCycles: d.stepCycles(false), OutputStepCycles: d.stepCycles(true)}
	v.Patience = 4 * (v.OutputStepCycles + 16)
	v.Feeding, v.Meaning = titled(backends.Feeding(p.Input)), titled(backends.Meaning(p.Output))
	v.BeatWord = v.IB + 1
	d.texts(&v)
	for i, l := range d.layers {
		if t := l.Term; t != nil {
			v.Token = v.Token || t.Source == lower.FromOneHot || t.Source == lower.FromEmbed
			v.Vector = v.Vector || t.Source == lower.FromVector
		}
		next := lit(v.PartBits, i+2)
		if i == len(d.layers)-1 && p.Output.When == ir.AtLast {
			next = fmt.Sprintf("last ? %s : %s", next, lit(v.PartBits, 0))
		}
		v.Parts = append(v.Parts, part{i + 1, l.Port, next})
	}
	v.EntryAddress = d.choose(v.PartBits, func(l *layer) (string, bool) {
		return l.Port + "_source", l.Term != nil && l.Term.Source == lower.FromVector
	}, "")
	v.Wires = d.wires()
	for i, l := range d.layers {
		v.Instances = append(v.Instances, d.layerInstance(i, l, v.PartBits))
	}
	v.Instances = append(v.Instances, d.readoutInstance(&v))
	return v
}

func (d *design) texts(v *topValues) {
	p := d.plan
	v.Title = fmt.Sprintf("%s: %d-unit HadamRNN", p.Name, d.layers[0].N)
	if len(d.layers) > 1 {
		v.Title = fmt.Sprintf("%s: HadamRNN of %d layers", p.Name, len(d.layers))
	}
	v.Title += fmt.Sprintf(", %d cycles a step without outputs, %d with them.", v.StepCycles, v.OutputStepCycles)
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

// choose is an expression that is one layer's while that layer runs, and rest at other times; without a rest, the last
// layer's.
func (d *design) choose(partBits int, name func(l *layer) (string, bool), rest string) string {
	var text strings.Builder
	for i := len(d.layers) - 1; i >= 0; i-- {
		n, ok := name(d.layers[i])
		switch {
		case !ok:
		case rest == "":
			rest = n
		default:
			fmt.Fprintf(&text, "part == %s ? %s : ", lit(partBits, i+1), n)
		}
	}
	return text.String() + rest
}

// ports lists the connections of an instance.
func ports(pairs ...[2]string) string {
	var out []string
	for _, p := range pairs {
		out = append(out, fmt.Sprintf("        .%s(%s)", p[0], p[1]))
	}
	return strings.Join(out, ",\n")
}

// wires declares what connects the instances.
func (d *design) wires() []string {
	var out []string
	declare := func(bits int, name string) { out = append(out, "wire "+span(bits)+name+";") }
	for _, l := range d.layers {
		out = append(out, "wire done_"+l.Port+";")
		declare(l.W*l.M, l.Port+"_state")
		if v := l.update(d); v.SourceA > 0 {
			declare(v.SourceA, l.Port+"_source")
		}
	}
	out = append(out, "wire done_outputs;")
	declare(d.readout.state.A, "outputs_address")
	return out
}

func (d *design) layerInstance(i int, l *layer, partBits int) string {
	var b lines
	b.indent = "    "
	v := l.update(d)
	pairs := [][2]string{{"clk", "clk"}, {"rst", "rst"}, {"start", fmt.Sprintf("start & part == %s", lit(partBits, i+1))}, {"first", "first"}}
	if l.TwoPhase() {
		pairs = append(pairs, [2]string{"odd", "odd"})
	}
	pairs = append(pairs, [2]string{"done", "done_" + l.Port})
	if v.SourceA > 0 {
		pairs = append(pairs, [2]string{"source_address", l.Port + "_source"})
	}
	if v.SourceBits > 0 {
		word := "entry"
		if l.below != nil {
			word = l.below.Port + "_state"
		}
		pairs = append(pairs, [2]string{"source_word", word})
	}
	if v.TokenBits > 0 {
		pairs = append(pairs, [2]string{"token", "token"})
	}
	rest := lit(l.A, 0)
	if d.readout.state == l {
		rest = "outputs_address"
	}
	address := d.choose(partBits, func(reader *layer) (string, bool) { return reader.Port + "_source", reader.below == l }, rest)
	pairs = append(pairs, [2]string{"read_address", address}, [2]string{"state_word", l.Port + "_state"})
	b.line("%s layer_%s (", l.Module, l.Port)
	return b.String() + "\n" + ports(pairs...) + "\n    );"
}

func (d *design) readoutInstance(v *topValues) string {
	r := d.readout
	var b lines
	b.indent = "    "
	pairs := [][2]string{{"clk", "clk"}, {"rst", "rst"}, {"start", fmt.Sprintf("start & part == %s", lit(v.PartBits, len(d.layers)+1))}}
	if d.plan.Output.When == ir.Mean {
		pairs = append(pairs, [2]string{"first", "first"}, [2]string{"last", "last"})
	}
	if r.twoPhase(v.Threshold) {
		pairs = append(pairs, [2]string{"odd", "odd"})
	}
	pairs = append(pairs, [2]string{"done", "done_outputs"}, [2]string{"read_address", "outputs_address"}, [2]string{"state_word", r.state.Port + "_state"},
		[2]string{"out_valid", "out_valid"}, [2]string{"out_ready", "out_ready"}, [2]string{"out_data", "out_data"})
	if v.Argmax {
		pairs = append(pairs, [2]string{"out_class", "out_class"})
	}
	if v.Threshold {
		pairs = append(pairs, [2]string{"out_bit", "out_bit"})
	}
	pairs = append(pairs, [2]string{"out_last", "out_last"})
	b.line("%s outputs_of_step (", r.Module)
	return b.String() + "\n" + ports(pairs...) + "\n    );"
}

// testbench writes the golden vectors and the testbench that runs them, and gives what it says of them.
func (w *writer) testbench(v backends.Vectors) topValues {
	t := w.top()
	if w.made == nil { // between last beats, as the testbench counts
		t.StepCycles += t.D - 1
		t.OutputStepCycles += t.D - 1
	}
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
	y, bit := y&(1<<w.readout.Y-1), y > limit
	if bit {
		y |= 1 << w.readout.Y
	}
	return y
}

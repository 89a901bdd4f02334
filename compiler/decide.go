package compiler

import (
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/ir"
)

// Score is how well decisions agree with labels.
type Score struct {
	Right int     `json:"right"`
	Total int     `json:"total"`
	Part  float64 `json:"accuracy"`
	// Want and Got are what was compared, decision by decision; what does not count is wanted to be -1.
	Want []int64 `json:"-"`
	Got  []int64 `json:"-"`
}

// Accuracy compares what the model decides with labels: [N] classes, or [N, T] when the output is at every step; for
// a threshold, 0 and 1 in the shape of the output. Labels of -1 are not counted.
func (m *Model) Accuracy(out *Outputs, labelFile string, labels *npy.Array, l *Lowered) (*Score, error) {
	module := m.Loaded()
	fail := func(help, format string, args ...any) error {
		return diag.List{diag.InFile(labelFile, "").Errorf("data", format, args...).Helpf("%s", help)}
	}
	if module.Output.Decision == ir.Logits {
		return nil, fail("compare its numbers with those that it should give; hrnnc eval scores a regression", "the output is numbers, which are no decision")
	}
	if !m.Decides(out) {
		return nil, fail(fmt.Sprintf("give sequences of %s", diag.Count(module.Steps, "step")),
			"the threshold is on the mean of %s, and the sequences have %d", diag.Count(module.Steps, "step"), out.T)
	}
	want, at := wholeNumbers(labels)
	if at >= 0 {
		return nil, fail("labels are class numbers from 0", "entry %d is %v", at, labels.Floats[at])
	}
	got := m.Decisions(out, l)
	if len(want) != len(got) {
		return nil, fail("labels have one entry a decision", "there are %s for %d decisions (outputs %s)", diag.Count(len(want), "label"), len(got), diag.Shape(out.Y.Shape))
	}
	s := &Score{Want: want, Got: got}
	classes := m.classes()
	for i, w := range want {
		if w < 0 {
			continue
		}
		if w >= classes {
			return nil, fail("labels are class numbers from 0", "entry %d is %d; the model has classes 0 to %d", i, w, classes-1)
		}
		s.Total++
		if got[i] == w {
			s.Right++
		}
	}
	if s.Total > 0 {
		s.Part = float64(s.Right) / float64(s.Total)
	}
	return s, nil
}

// classes is how many answers a decision has.
func (m *Model) classes() int64 {
	if module := m.Loaded(); module.Output.Decision == ir.Argmax {
		return int64(module.Values[module.Y].Type.Shape[0])
	}
	return 2
}

// Decides reports whether decisions on these outputs mean something: a threshold on a mean is meant for so many steps.
func (m *Model) Decides(out *Outputs) bool {
	o, steps := m.Loaded().Output, m.Loaded().Steps
	return o.Decision == ir.Argmax || o.Decision == ir.Threshold && (o.When != ir.Mean || out.T == steps)
}

// Answers gives what the model says of its sequences: classes, [N] or [N, T] when the output is at every step; bits of a
// threshold, in the shape of the outputs; and where nothing is decided, the values of the data that the outputs stand for.
func (m *Model) Answers(out *Outputs, l *Lowered) *npy.Array {
	shape := out.Y.Shape
	switch o, rows := m.Loaded().Output, shape[len(shape)-1]; {
	case !m.Decides(out) && out.Y.IsInt():
		return npy.FromFloats(values(o, l.Reals(out), rows), shape...)
	case !m.Decides(out):
		return npy.FromFloats(values(o, slices.Clone(out.Y.Floats), rows), shape...)
	case m.Loaded().Output.Decision == ir.Argmax:
		shape = shape[:len(shape)-1]
	}
	return npy.FromInts(m.Decisions(out, l), shape...)
}

// Decisions gives what the model decides: a class for every row of outputs, or for a threshold 0 or 1 for every output.
func (m *Model) Decisions(out *Outputs, l *Lowered) []int64 {
	module := m.Loaded()
	if out.Decisions != nil {
		return out.Decisions
	}
	if module.Output.Decision == ir.Threshold {
		bits := make([]int64, out.Y.Len())
		for i := range bits {
			if above(out, i, module, l) {
				bits[i] = 1
			}
		}
		return bits
	}
	o := out.Y.Shape[len(out.Y.Shape)-1]
	classes := make([]int64, out.Y.Len()/max(o, 1))
	for i := range classes {
		classes[i] = argmax(out.Y, i*o, o)
	}
	return classes
}

func argmax(y *npy.Array, from, n int) int64 {
	best := 0
	for i := range n {
		if y.IsInt() && y.Ints[from+i] > y.Ints[from+best] || !y.IsInt() && y.Floats[from+i] > y.Floats[from+best] {
			best = i
		}
	}
	return int64(best)
}

// above reports whether entry i of the outputs exceeds the model's threshold.
func above(out *Outputs, i int, m *ir.Module, l *Lowered) bool {
	if !out.Y.IsInt() {
		return out.Y.Floats[i] > m.Output.Threshold
	}
	phase := 0
	switch o := out.Y.Shape[len(out.Y.Shape)-1]; m.Output.When {
	case ir.EveryStep:
		phase = (i/o%out.T + 1) & 1
	case ir.AtLast:
		phase = out.T & 1
	}
	return out.Y.Ints[i] > l.Plan.Readout.Threshold[phase]
}

// Reals gives every output of the fixed level in real units; a mean is divided by its steps.
func (l *Lowered) Reals(out *Outputs) []float64 {
	y := make([]float64, out.Y.Len())
	for i := range y {
		y[i] = l.realValue(out, i)
	}
	return y
}

// Values gives every output of the fixed level in real units, or, of a regression, in the values of the data.
func (l *Lowered) Values(out *Outputs) []float64 {
	y, o := l.Reals(out), l.Loaded().Output
	if o.Decision != ir.Logits {
		return y
	}
	return values(o, y, out.Y.Shape[len(out.Y.Shape)-1])
}

// values turns outputs in real units into the values of the data that they stand for, in place.
func values(o ir.Output, y []float64, rows int) []float64 {
	for i, v := range y {
		y[i] = o.Value(i%rows, v)
	}
	return y
}

// realValue gives entry i of a fixed-level output in real units; a mean is divided by its steps.
func (l *Lowered) realValue(out *Outputs, i int) float64 {
	unit := l.Plan.Readout.Unit
	o := out.Y.Shape[len(out.Y.Shape)-1]
	v := float64(out.Y.Ints[i])
	switch l.Module.Output.When {
	case ir.EveryStep:
		return v * unit.At(i/o%out.T+1)
	case ir.AtLast:
		return v * unit.At(out.T)
	}
	return v * unit.Unit / float64(l.Plan.Age(out.T))
}

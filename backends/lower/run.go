package lower

import (
	"slices"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/internal/hadamard"
	"github.com/hrnnc/hrnnc/ir"
)

// Machine runs a plan: the reference that generated code is held against, in the simplest possible code.
type Machine struct {
	Plan    *Plan
	*course // the oldest
	done    int
	courses []*course // the oldest first; one where nothing restarts
	// Decider is that of the plan's decide block, or nil.
	Decider *decider.Decider
	// Saturated counts the state updates that were clamped.
	Saturated int64
}

// course is a copy of the states on its way from zero.
type course struct {
	T   int       // steps done; the next is T+1
	G   [][]int64 // states, a slice a layer
	sum arith.Phased[[]int64]
}

func newCourse(p *Plan) *course {
	c := &course{G: make([][]int64, len(p.Layers))}
	for i, l := range p.Layers {
		c.G[i] = make([]int64, l.N)
	}
	o := p.Readout.Matrix.Rows
	c.sum = arith.Phased[[]int64]{make([]int64, o), make([]int64, o)}
	return c
}

func (c *course) clone() *course {
	out := &course{T: c.T, sum: arith.Phased[[]int64]{slices.Clone(c.sum[0]), slices.Clone(c.sum[1])}}
	for _, g := range c.G {
		out.G = append(out.G, slices.Clone(g))
	}
	return out
}

// NewMachine gives a machine with all states zero.
func NewMachine(p *Plan) *Machine {
	m := &Machine{Plan: p}
	m.Reset()
	return m
}

// Reset returns to the state before the first step.
func (m *Machine) Reset() {
	m.done, m.courses = 0, nil
	for range m.Plan.Courses() {
		m.courses = append(m.courses, newCourse(m.Plan))
	}
	m.course = m.courses[0]
	m.Decider = nil
	if d := m.Plan.Decide; d != nil {
		m.Decider = d.New()
	}
}

// Clone gives a machine in the same state, which goes its own way.
func (m *Machine) Clone() *Machine {
	out := *m
	out.courses = nil
	for _, c := range m.courses {
		out.courses = append(out.courses, c.clone())
	}
	out.course = out.courses[0]
	if m.Decider != nil {
		out.Decider = m.Decider.Clone()
	}
	return &out
}

// Step consumes one input: d integers, or one token. Every course takes it in; where it is time the oldest ends before, and another
// starts. For a mean it also adds this step's Y; the decide block decides on the output of the oldest course.
func (m *Machine) Step(x []int64) {
	if hop := m.Plan.Hop; hop > 0 && m.done%hop == 0 {
		m.courses = append(slices.Clone(m.courses[1:]), newCourse(m.Plan))
	}
	m.done++
	for _, c := range slices.Backward(m.courses) {
		m.course = c
		m.advance(x)
	}
	if m.Decider != nil {
		m.Decider.Step(m.T&1, m.Output())
	}
}

// advance is a step of one course.
func (m *Machine) advance(x []int64) {
	m.T++
	ph := m.T & 1
	for i := range m.Plan.Layers {
		m.layer(i, ph, x)
	}
	if m.Plan.Output.When == ir.Mean {
		for i, v := range m.readout(ph) {
			m.sum[ph][i] += v
		}
	}
}

func (m *Machine) layer(i, ph int, x []int64) {
	l := &m.Plan.Layers[i]
	g := m.G[i]
	z := append([]int64(nil), g...)
	for j, s := range l.PreSigns {
		z[j] *= int64(s)
	}
	if l.Staged {
		hadamard.Staged(z, l.Block, l.Round[ph].Shift)
	} else {
		hadamard.Transform(z, l.Block)
	}
	var a []int64
	if l.Term != nil {
		a = m.term(l.Term, ph, x)
	}
	for j := range g {
		src := j
		if l.Perm != nil {
			src = l.Perm[j]
		}
		r := z[src]
		if !l.Staged {
			r = l.Round[ph].Apply(r)
		}
		if k := l.LeakOf(j); k > 0 {
			r = arith.Leaked(r, k)
		}
		v := int64(l.Signs[j]) * r
		if a != nil {
			v += a[j]
		}
		if l.Bias[ph] != nil {
			v += l.Bias[ph][j]
		}
		lo, hi := int64(-1)<<(l.Bits-1), int64(1)<<(l.Bits-1)-1
		if v < lo || v > hi {
			m.Saturated++
			v = min(max(v, lo), hi)
		}
		g[j] = v
	}
}

func (m *Machine) term(t *Term, ph int, x []int64) []int64 {
	var a []int64
	switch t.Source {
	case FromOneHot:
		a = make([]int64, t.Matrix.Rows)
		one := t.In[ph].Apply(1)
		for r := range a {
			a[r] = t.Matrix.Ints[r*t.Matrix.Cols+int(x[0])] * one
		}
	case FromVector:
		a = t.Matrix.times(applyAll(t.In[ph], x))
	case FromEmbed:
		d := t.Matrix.Cols
		a = t.Matrix.times(applyAll(t.In[ph], t.Embed.Ints[int(x[0])*d:int(x[0])*d+d]))
	case FromState:
		a = t.Matrix.times(applyAll(t.In[ph], relu(m.G[t.Layer], t.Relu)))
	}
	return applyAll(t.Out[ph], applyAll(t.Mid[ph], a))
}

func applyAll(r arith.Requant, v []int64) []int64 {
	out := make([]int64, len(v))
	for i := range v {
		out[i] = r.Apply(v[i])
	}
	return out
}

func relu(v []int64, on bool) []int64 {
	out := append([]int64(nil), v...)
	if on {
		for i := range out {
			out[i] = max(out[i], 0)
		}
	}
	return out
}

func (w *Matrix) times(x []int64) []int64 {
	y := make([]int64, w.Rows)
	for r := range y {
		row := w.Ints[r*w.Cols : r*w.Cols+w.Cols]
		var acc int64
		for c, v := range x {
			acc += row[c] * v
		}
		y[r] = acc
	}
	return y
}

func (m *Machine) readout(ph int) []int64 {
	r := &m.Plan.Readout
	y := r.Matrix.times(relu(m.G[r.Layer], r.Relu))
	if r.Bias[ph] != nil {
		for i := range y {
			y[i] += r.Bias[ph][i]
		}
	}
	return y
}

// Output gives Y after the steps so far: of the last step, or the mean's sum.
func (m *Machine) Output() []int64 {
	r := &m.Plan.Readout
	if m.Plan.Output.When != ir.Mean {
		return m.readout(m.T & 1)
	}
	y := make([]int64, len(m.sum[0]))
	for i := range y {
		odd := m.sum[1][i]
		if r.Rescale != nil {
			odd = r.Rescale.Apply(odd)
		}
		y[i] = m.sum[0][i] + odd
	}
	return y
}

// Entries gives what the plan gives after the steps so far: Output, and behind it the decision where a decide block makes it.
func (m *Machine) Entries() []int64 {
	y := m.Output()
	if m.Decider != nil {
		y = append(y, int64(m.Decider.Class))
	}
	return y
}

// Decide gives the class of an output: that of the decide block, or the index of the first largest for argmax, and for a threshold the
// bits of y_i > Threshold, as 0 and 1, one an output. For logits it gives y itself.
func (m *Machine) Decide(y []int64) []int64 {
	p := m.Plan
	switch p.Output.Decision {
	case ir.Argmax:
		if m.Decider != nil {
			return []int64{int64(m.Decider.Class)}
		}
		best := 0
		for i := range y {
			if y[i] > y[best] {
				best = i
			}
		}
		return []int64{int64(best)}
	case ir.Threshold:
		ph := m.T & 1
		if p.Output.When == ir.Mean {
			ph = 0
		}
		bits := make([]int64, len(y))
		for i := range y {
			if y[i] > p.Readout.Threshold[ph] {
				bits[i] = 1
			}
		}
		return bits
	}
	return y
}

// Outputs runs sequences, each from a state of zero, and gives for each the entries of its steps (see Entries): of all, or where the
// output is not at every step, of the last alone.
func (p *Plan) Outputs(x [][][]int64) [][][]int64 {
	y := make([][][]int64, len(x))
	for i, sequence := range x {
		m := NewMachine(p)
		for t, row := range sequence {
			m.Step(row)
			if p.Output.When == ir.EveryStep || t == len(sequence)-1 {
				y[i] = append(y[i], m.Entries())
			}
		}
	}
	return y
}

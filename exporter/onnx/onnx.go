// Package onnx writes a model as ONNX graphs of standard operators: one of a step, whose states go in and come out, and one of a
// sequence, a Scan over the step; at the real level in float32, at the fixed one in integers with the bits of ir/interp. It reads modules
// and the plan, and knows no language, pass or target. Start with Graphs; docs/onnx.md says how the graphs are used.
package onnx

import (
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/bounds"
	"github.com/hrnnc/hrnnc/ir"
)

// Model is what is exported. One of the levels may be missing.
type Model struct {
	Real       *ir.Module
	Fixed      *ir.Module  // as the passes leave it
	Plan       *lower.Plan // of Fixed
	Text       string      // model.hrn, or the text of the IR, for the metadata
	Vocabulary []string    // spells the tokens, or nil
	Version    string      // of hrnnc
}

// Graph is one ONNX model, as the bytes of its file.
type Graph struct {
	Kind    Kind
	Level   ir.Level
	Data    []byte
	Nodes   int    // the body of a Scan included
	Inputs  []Port // x, and then what the step before left
	Outputs []Port // the outputs, and then what is left for the next step
}

// Name is that of its file, without .onnx.
func (g Graph) Name() string { return fmt.Sprintf("%s-%s", g.Kind, g.Level) }

// Kind is what a graph computes.
type Kind string

// The kinds of graphs.
const (
	Step     Kind = "step"     // one step
	Sequence Kind = "sequence" // a sequence of any length
)

// Port is a tensor that goes in or comes out.
type Port struct {
	Name string
	Type string // float32, int32, int64 or bool
	Dims []any  // int, or the names "batch" and "steps" for what a caller chooses
	Doc  string
	// Handed says that it goes from one step to the next: NAME_in takes the NAME_out of the step before.
	Handed bool
}

// Graphs gives a step and a sequence at each level.
func Graphs(d Model) (out []Graph, err error) {
	for _, m := range []*ir.Module{d.Fixed, d.Real} {
		if m == nil {
			continue
		}
		for _, kind := range []Kind{Step, Sequence} {
			x, b, err := newExport(m, d.Plan)
			if err != nil {
				return nil, err
			}
			if kind == Step {
				x.stepGraph(b)
			} else {
				x.sequenceGraph(b)
			}
			properties, err := x.properties(d, kind)
			if err != nil {
				return nil, err
			}
			doc := fmt.Sprintf("%s: a %s at the %s level", m.Name, kind, m.Level)
			out = append(out, Graph{kind, m.Level, b.model(d.Version, doc, properties), b.size(), x.shown(b.inputs), x.shown(b.outputs)})
		}
	}
	return out, nil
}

func (x *export) shown(list []port) (out []Port) {
	for _, p := range list {
		handed := slices.ContainsFunc(x.slots, func(s slot) bool { return p.name == s.in || p.name == s.out })
		out = append(out, Port{p.name, p.elem.String(), p.dims, p.doc, handed})
	}
	return out
}

// export is a module on its way into graphs.
type export struct {
	m      *ir.Module
	plan   *lower.Plan   // fixed level only
	bounds *bounds.Table // fixed level only
	ports  ports
	slots  []slot // what a step hands to the next
	// Where what is handed on stands behind the states, or -1.
	count, sums, averages, class, rest int
}

// ports are the names that graphs of the model are called by.
type ports struct{ x, y, real, decision string }

// slot is one tensor that a step hands to the next, zero before the first.
type slot struct {
	in, out string // names
	elem    elem
	dims    []any
	doc     string
}

const batch, steps = "batch", "steps"

// newExport names what goes in and out.
func newExport(m *ir.Module, plan *lower.Plan) (*export, *builder, error) {
	x := &export{m: m, plan: plan, count: -1, sums: -1, averages: -1, class: -1, rest: -1}
	if m.Level == ir.Fixed {
		var err error
		if x.bounds, err = bounds.Of(m); err != nil {
			return nil, nil, err
		}
	}
	b := newBuilder(m.Name)
	y := m.Value(m.Y)
	x.ports.x = b.free(m.Input.Name)
	if x.ports.y = y.Name; x.ports.y == "" {
		x.ports.y = "y"
	}
	x.ports.y = b.free(x.ports.y)
	if m.Output.Decision != ir.Logits {
		x.ports.decision = b.free(m.Output.Name)
	}
	if m.Level == ir.Fixed {
		x.ports.real = b.free(x.ports.y + "_real")
	}
	keep := func(name string, e elem, doc string, dims ...any) int {
		in, out := b.pair(name)
		x.slots = append(x.slots, slot{in, out, e, dims, doc})
		return len(x.slots) - 1
	}
	every := []any{batch} // of what every course has
	if m.Hop > 0 {
		every = append(every, m.Steps/m.Hop)
	}
	with := func(dims ...any) []any { return append(append([]any(nil), every...), dims...) }
	for _, s := range m.States {
		e := float32s
		if m.Level == ir.Fixed {
			e = holding(s.Bits)
		}
		keep(s.Name, e, "the state "+s.Name, with(s.Size)...)
	}
	if m.Output.When == ir.Mean {
		e, dims := float32s, []any{y.Type.Len()}
		if m.Level == ir.Fixed {
			e = holding(plan.Readout.MeanBits)
		}
		if x.apart() {
			dims = []any{2, y.Type.Len()}
		}
		x.sums = keep(x.ports.y+"_sum", e, "the outputs so far, added up", with(dims...)...)
	}
	if d := m.Output.Decide; d != nil {
		if d.Smooth > 1 {
			x.averages = keep(x.ports.decision+"_average", x.averageElem(), "the smoothed outputs", batch, y.Type.Len())
		}
		x.class = keep(x.ports.decision, int32s, "the class decided on", batch)
		if d.Hold > 0 {
			x.rest = keep(x.ports.decision+"_rest", int32s, "steps in which the class cannot change", batch)
		}
	}
	if x.counts() {
		x.count = keep("step", x.counter().elem, "the number of steps so far")
	}
	return x, b, nil
}

// stepped is what a step leaves, behind what it was given.
type stepped struct {
	slots   []value // parallel to export.slots
	outputs []output
}

// step computes a step in a graph. answers says whether its outputs are wanted.
func (x *export) step(b *builder, in value, was []value, answers bool) (out stepped) {
	s := &scope{builder: b, m: x.m, bounds: x.bounds, values: map[ir.ID]value{}, x: in}
	var t time
	if x.count >= 0 {
		t = x.now(b, was[x.count], true)
		s.phase = t.phase
	}
	was = append([]value(nil), was...)
	if x.m.Hop > 0 {
		s.phase, s.courses = t.phases, true
		for i := range was {
			if i < len(x.m.States) || i == x.sums {
				was[i] = clear(b, t, was[i], len(x.slots[i].dims)-2)
			}
		}
	}
	s.states = was[:len(x.m.States)]
	out.slots = make([]value, len(x.slots))
	for i := range x.m.States {
		out.slots[i] = b.as(s.value(x.m.States[i].Next), x.slots[i].elem)
	}
	if x.count >= 0 {
		out.slots[x.count] = x.counter().next(b, was[x.count])
	}
	if x.sums >= 0 {
		out.slots[x.sums] = x.accumulate(s, was[x.sums], s.value(x.m.Y))
	}
	if !answers {
		return out
	}
	r := x.readout(b, t, out.slots)
	if x.m.Hop == 0 {
		r.values = s.values
	}
	y := x.y(r, t, out.slots)
	var d decided
	if x.class >= 0 {
		first := b.add("Equal", "is_first", bools, nil, was[x.count], b.number(was[x.count].elem, 0))
		d = x.decide(r, y, first, decided{averages: at(was, x.averages), class: was[x.class], rest: at(was, x.rest)})
		out.slots[x.class] = d.class
		if x.averages >= 0 {
			out.slots[x.averages] = d.averages
		}
		if x.rest >= 0 {
			out.slots[x.rest] = d.rest
		}
	}
	out.outputs = x.answer(r, y, t.age, d.class)
	return out
}

func at(v []value, i int) value {
	if i < 0 {
		return value{}
	}
	return v[i]
}

// readout is where outputs are computed from what a step left, of the oldest course where the model restarts.
func (x *export) readout(b *builder, t time, left []value) *scope {
	r := &scope{builder: b, m: x.m, bounds: x.bounds, values: map[ir.ID]value{}, phase: t.phase}
	for i, s := range x.m.States {
		v := left[i]
		if x.m.Hop > 0 && x.sums < 0 {
			v = ofOldest(b, t, v)
		}
		r.values[s.Next] = v
	}
	return r
}

// y is the outputs of the state that answers.
func (x *export) y(r *scope, t time, left []value) value {
	if x.sums < 0 {
		return r.value(x.m.Y)
	}
	sums := left[x.sums]
	if x.m.Hop > 0 {
		sums = ofOldest(r.builder, t, sums)
	}
	return x.mean(r, sums, t.age)
}

// stepGraph is a step: x and what the step before left go in, the outputs and what this one leaves come out.
func (x *export) stepGraph(b *builder) {
	in, was := x.enter(b)
	x.leave(b, x.step(b, in, was, true))
}

// enter declares what goes in: x, with dimensions behind the batch, and what the step before left.
func (x *export) enter(b *builder, behind ...any) (in value, was []value) {
	dims := append([]any{batch}, behind...)
	doc := "tokens"
	if x.m.Input.Kind == ir.Vector {
		dims = append(dims, x.m.Input.Size)
		doc = "the input, as integers"
	}
	b.inputs = append(b.inputs, port{x.ports.x, int32s, dims, doc})
	for _, s := range x.slots {
		b.inputs = append(b.inputs, port{s.in, s.elem, s.dims, s.doc + ", as the step before left it; zero before the first"})
		was = append(was, value{s.in, s.elem})
	}
	return value{x.ports.x, int32s}, was
}

// leave declares what comes out, and gives it its names.
func (x *export) leave(b *builder, out stepped) {
	for _, o := range out.outputs {
		b.named(o.value, o.port)
		b.outputs = append(b.outputs, port{o.port, o.elem, append([]any{batch}, o.dims...), o.doc})
	}
	for i, v := range out.slots {
		b.named(v, x.slots[i].out)
		b.outputs = append(b.outputs, x.left(i))
	}
}

// left is the port of what a step leaves.
func (x *export) left(i int) port {
	s := x.slots[i]
	return port{s.out, s.elem, s.dims, s.doc + ", for the next step"}
}

// sequenceGraph is a sequence of any length: its input and outputs have an axis of steps behind the batch, but for outputs of the last
// step and means, which are computed behind the Scan.
func (x *export) sequenceGraph(b *builder) {
	in, was := x.enter(b, steps)
	body := b.body("step")
	every := x.m.Output.When == ir.EveryStep
	loop := node{op: "Scan", inputs: []string{}}
	var inside []value
	for i, s := range x.slots {
		v := value{body.free(s.in + "_step"), s.elem}
		inside = append(inside, v)
		body.inputs = append(body.inputs, port{name: v.name, elem: v.elem, dims: s.dims})
		loop.inputs = append(loop.inputs, was[i].name)
	}
	one := value{body.free(in.name + "_step"), in.elem}
	dims := []any{batch}
	if x.m.Input.Kind == ir.Vector {
		dims = append(dims, x.m.Input.Size)
	}
	body.inputs = append(body.inputs, port{name: one.name, elem: one.elem, dims: dims})
	loop.inputs = append(loop.inputs, in.name)

	made := x.step(body, one, inside, every)
	var left []value
	for i, s := range x.slots {
		name := body.free(s.out + "_step")
		body.named(made.slots[i], name)
		body.outputs = append(body.outputs, port{name: name, elem: s.elem, dims: s.dims})
		loop.outputs = append(loop.outputs, s.out)
		left = append(left, value{s.out, s.elem})
	}
	var axes []int64
	for _, o := range made.outputs {
		name := body.free(o.port + "_step")
		body.named(o.value, name)
		body.outputs = append(body.outputs, port{name: name, elem: o.elem, dims: append([]any{batch}, o.dims...)})
		loop.outputs = append(loop.outputs, o.port)
		b.outputs = append(b.outputs, port{o.port, o.elem, append([]any{batch, steps}, o.dims...), o.doc})
		axes = append(axes, 1)
	}
	loop.attrs = []attr{{name: "body", graph: body.graph}, intAttr("num_scan_inputs", 1), intsAttr("scan_input_axes", 1)}
	if every {
		loop.attrs = append(loop.attrs, intsAttr("scan_output_axes", axes...))
	}
	b.nodes = append(b.nodes, loop)
	if !every {
		var t time
		if x.count >= 0 {
			t = x.now(b, b.add("Sub", "before", left[x.count].elem, nil, left[x.count], b.number(left[x.count].elem, 1)), false)
		}
		r := x.readout(b, t, left)
		x.leave(b, stepped{outputs: x.answer(r, x.y(r, t, left), t.age, value{})})
	}
	for i := range x.slots {
		b.outputs = append(b.outputs, x.left(i))
	}
}

package onnx

import (
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/ir"
)

// output is what a graph gives of a step or a sequence.
type output struct {
	value
	port string // its name
	dims []any  // behind the batch
	doc  string
}

// answer is what is made of the states behind a step: the outputs y, of the oldest course where the model restarts, and the decision.
// class is that of the decide block, which has no name where there is none.
func (x *export) answer(s *scope, y, age, class value) []output {
	o, n := x.m.Output, x.m.Value(x.m.Y).Type.Len()
	out := []output{{y, x.ports.y, []any{n}, x.doc()}}
	if x.m.Level == ir.Fixed {
		out = append(out, output{x.real(s, y, age), x.ports.real, []any{n}, "the outputs in real units"})
	}
	switch {
	case class.name != "":
		out = append(out, output{class, x.ports.decision, nil, "the class, from 0, that the decide block is at"})
	case o.Decision == ir.Argmax:
		out = append(out, output{s.argmax(y), x.ports.decision, nil, "the class, from 0: the first of the largest outputs"})
	case o.Decision == ir.Threshold:
		out = append(out, output{x.above(s, y), x.ports.decision, []any{n}, "which outputs are above the threshold"})
	}
	return out
}

func (x *export) doc() string {
	if x.m.Level == ir.Real {
		return "the outputs"
	}
	if x.m.Output.When == ir.Mean {
		return "the sums of the outputs, as integers"
	}
	return "the outputs, as integers"
}

// real is y in real units.
func (x *export) real(s *scope, y, age value) value {
	unit := x.plan.Readout.Unit
	f := s.as(y, float32s)
	if x.m.Output.When == ir.Mean {
		f = s.add("Mul", "total", float32s, nil, f, s.floats("unit", nil, unit.Unit))
		return s.add("Div", "mean", float32s, nil, f, s.as(age, float32s))
	}
	return s.add("Mul", "scaled", float32s, nil, f, s.phasedFloats("unit", nil, numbers(unit.At(arith.Even), unit.At(arith.Odd))))
}

// above tells which outputs are above the threshold.
func (x *export) above(s *scope, y value) value {
	if x.m.Level == ir.Real {
		return s.add("Greater", "above", bools, nil, y, s.floats("threshold", nil, x.m.Output.Threshold))
	}
	limits := x.plan.Readout.Threshold
	if x.m.Output.When == ir.Mean {
		limits = arith.Both(limits[arith.Even])
	}
	e := y.elem
	if !fits(limits[:], 32) {
		e = int64s
	}
	return s.add("Greater", "above", bools, nil, s.as(y, e), s.phased("threshold", e, nil, numbers(limits[arith.Even], limits[arith.Odd])))
}

// argmax is the index of the largest entry, the first of equals, as int32.
func (b *builder) argmax(v value) value {
	if v.elem == int64s { // of which onnxruntime has no ArgMax
		top := node{op: "TopK", inputs: []string{v.name, b.shape(1).name}, outputs: []string{b.free("largest"), b.free("first_largest")}, attrs: []attr{intAttr("axis", -1)}}
		b.nodes = append(b.nodes, top)
		return b.as(b.add("Squeeze", "first_largest", int64s, nil, value{top.outputs[1], int64s}, b.shape(-1)), int32s)
	}
	index := b.add("ArgMax", "first_largest", int64s, []attr{intAttr("axis", -1), intAttr("keepdims", 0)}, v)
	return b.as(index, int32s)
}

// accumulate adds a step's y to the sums of a mean, of every course: apart for even and odd steps where units alternate.
func (x *export) accumulate(s *scope, sums, y value) value {
	y = s.as(y, sums.elem)
	if x.apart() {
		mask := s.ints("sum_of", sums.elem, []int{2, 2, 1}, 1, 0, 0, 1)
		y = s.add("Unsqueeze", "y_apart", y.elem, nil, y, s.shape(-2))
		y = s.add("Mul", "y_apart", y.elem, nil, y, s.pick("sum_of", mask))
	}
	return s.add("Add", "sum", sums.elem, nil, sums, y)
}

// apart reports whether even and odd steps of a mean are added up apart.
func (x *export) apart() bool { return x.m.Level == ir.Fixed && x.plan.Readout.Rescale != nil }

// mean is y of the sums of the course that answers.
func (x *export) mean(s *scope, sums, age value) value {
	switch {
	case x.m.Level == ir.Real:
		return s.add("Div", "mean", float32s, nil, sums, s.as(age, float32s))
	case !x.apart():
		return sums
	}
	r := &x.plan.Readout
	halves := s.split("Split", 2, "sums", sums.elem, []attr{intAttr("axis", -2)}, sums)
	for i, v := range halves {
		halves[i] = s.add("Squeeze", "sums", sums.elem, nil, v, s.shape(-2))
	}
	odd := s.requant("rescaled", halves[arith.Odd], arith.Both(*r.Rescale), r.RescaleBits, r.MeanBits)
	return s.add("Add", "total", sums.elem, nil, halves[arith.Even], odd)
}

// decided is what the decide block keeps: see docs/numerics.md. Without smoothing averages are none.
type decided struct{ averages, class, rest value }

// decide is a step of the decide block. first says that it is the first of the stream.
func (x *export) decide(s *scope, y, first value, was decided) (now decided) {
	set := x.m.Output.Decide
	now.averages = x.smooth(s, y, first, was.averages)
	best := s.argmax(now.averages)
	of := func(class value) value { // [batch, 1]
		column := s.add("Unsqueeze", "class_column", int32s, nil, class, s.shape(1))
		return s.add("GatherElements", "of_class", now.averages.elem, []attr{intAttr("axis", 1)}, now.averages, column)
	}
	lead := s.add("Sub", "lead", now.averages.elem, nil, of(best), of(was.class))
	leads := x.leads(s, s.add("Squeeze", "lead", lead.elem, nil, lead, s.shape(1)))
	take := s.add("And", "takes_over", bools, nil, leads, s.add("Not", "later", bools, nil, first))
	if set.Hold > 0 {
		free := s.add("Equal", "is_free", bools, nil, was.rest, s.number(int32s, 0))
		take = s.add("And", "takes_over", bools, nil, take, free)
		less := s.atLeast("rest_left", s.add("Sub", "rest_less", int32s, nil, was.rest, s.number(int32s, 1)), 0)
		now.rest = s.add("Where", "rest", int32s, nil, take, s.number(int32s, int64(set.Hold)), less)
	}
	begin := best
	if set.Start != decider.NoStart {
		begin = s.number(int32s, int64(set.Start))
	}
	later := s.add("Where", "class_later", int32s, nil, take, best, was.class)
	now.class = s.add("Where", "class_now", int32s, nil, first, begin, later)
	return now
}

// smooth is the averages of y: without smoothing they are y. At the fixed level they are of the unit of even steps, and S times as large.
func (x *export) smooth(s *scope, y, first, was value) value {
	steps, begun := int64(x.m.Output.Decide.Smooth), y
	if x.m.Level == ir.Real {
		if steps == 1 {
			return y
		}
		gap := s.add("Sub", "average_gap", float32s, nil, y, was)
		part := s.add("Mul", "average_part", float32s, nil, gap, s.floats("smooth", nil, 1/float64(steps)))
		return s.add("Where", "average", float32s, nil, first, begun, s.add("Add", "average_moved", float32s, nil, was, part))
	}
	d := x.plan.Decide
	odd := arith.Phased[arith.Requant]{arith.Even: arith.Identity, arith.Odd: d.Odd}
	y = s.as(s.requant("score", y, odd, s.productBits(x.m.Y, odd), d.ScoreBits), x.averageElem())
	if steps == 1 {
		return y
	}
	begun = s.add("Mul", "average_begun", y.elem, nil, y, s.number(y.elem, steps))
	gone := s.requant("average_gone", was, arith.Both(arith.Requant{Mul: 1, Shift: d.Rule.Smooth}), d.AverageBits+1, d.AverageBits)
	moved := s.add("Sub", "average_left", y.elem, nil, was, s.as(gone, y.elem))
	return s.add("Where", "average", y.elem, nil, first, begun, s.add("Add", "average_moved", y.elem, nil, moved, y))
}

// leads tells where the best class leads by enough to take over.
func (x *export) leads(s *scope, lead value) value {
	switch margin := x.m.Output.Decide.Lead(); {
	case x.m.Level == ir.Fixed:
		return s.add("GreaterOrEqual", "leads", bools, nil, lead, s.number(lead.elem, x.plan.Decide.Margin))
	case margin > 0:
		return s.add("GreaterOrEqual", "leads", bools, nil, lead, s.floats("margin", nil, margin))
	}
	return s.add("Greater", "leads", bools, nil, lead, s.floats("margin", nil, 0))
}

// averageElem is the type of the decide block's averages, which holds their leads and the margin.
func (x *export) averageElem() elem {
	if x.m.Level == ir.Real {
		return float32s
	}
	d := x.plan.Decide
	return holding(max(d.AverageBits+1, arith.SignedBits(d.Margin)))
}

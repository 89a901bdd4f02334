package onnx

import (
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// counts reports whether a step needs to know how many there were before.
func (x *export) counts() bool {
	o := x.m.Output
	if x.m.Hop > 0 || o.Decide != nil || o.When == ir.Mean || x.m.Level == ir.Fixed && x.m.Value(x.m.Y).Type.Scale.Parity {
		return true
	}
	for _, v := range x.m.Values {
		if v.Phases != nil || v.Factor[arith.Even] != v.Factor[arith.Odd] || v.Requant[arith.Even] != v.Requant[arith.Odd] ||
			v.Staged != nil && v.Staged[arith.Even] != v.Staged[arith.Odd] {
			return true
		}
	}
	return false
}

// counter says how steps are counted: up to wrap, and then on from a multiple of period below, so that a stream may be endless. Nothing
// depends on more of the number than on whether it is below the steps of a course, and on its rest by the period.
type counter struct {
	elem         elem
	wrap, period int64
}

func (x *export) counter() counter {
	c := counter{int32s, 1 << 30, 2}
	if x.m.Hop > 0 {
		c.period *= int64(x.m.Steps)
	}
	if c.period > c.wrap/4 {
		c.elem, c.wrap = int64s, 1<<40
	}
	return c
}

// next counts a step.
func (c counter) next(b *builder, count value) value {
	more := b.add("Add", "steps", c.elem, nil, count, b.number(c.elem, 1))
	over := b.add("GreaterOrEqual", "over", bools, nil, more, b.number(c.elem, c.wrap))
	less := b.add("Sub", "steps_less", c.elem, nil, more, b.number(c.elem, c.period))
	return b.add("Where", "steps", c.elem, nil, over, less, more)
}

// time is what the number of steps before this one, i, says of it.
type time struct {
	age    value // of the state that answers, behind this step: the first step is 1
	phase  value // of that: 1 where it is odd
	oldest value // the course that answers; of a model that restarts
	// Of all courses, of a model that restarts: [courses], and whether each begins anew, [courses, 1].
	phases, begins value
}

// now gives the time of the step before which there were i. all is whether all courses are asked for, not the oldest alone.
func (x *export) now(b *builder, i value, all bool) (t time) {
	e := i.elem
	op := func(op, hint string, l, r value) value { return b.add(op, hint, e, nil, l, r) }
	n := func(n int) value { return b.number(e, int64(n)) }
	odd := func(age value) value { return op("Mod", "odd", age, n(2)) }
	if x.m.Hop == 0 {
		t.age = op("Add", "age", i, n(1))
		t.phase = odd(t.age)
		return t
	}
	hop, courses := x.m.Hop, x.m.Steps/x.m.Hop
	begun := op("Div", "begun", i, n(hop)) // of every course the last begin is at a multiple of hop, or at 0
	age := func(course value) value {
		ago := op("Mod", "ago", op("Sub", "ago", begun, course), n(courses))
		at := op("Mul", "begin", b.atLeast("begin", op("Sub", "begin", begun, ago), 0), n(hop))
		return op("Add", "age", op("Sub", "age", i, at), n(1))
	}
	t.oldest = op("Mod", "oldest", op("Add", "next", begun, n(1)), n(courses))
	t.age = age(t.oldest)
	t.phase = odd(t.age)
	if !all {
		return t
	}
	numbers := make([]int64, courses)
	for c := range numbers {
		numbers[c] = int64(c)
	}
	course := b.ints("courses", e, []int{courses}, numbers...)
	t.phases = odd(age(course))
	turn := b.add("Equal", "turn", bools, nil, course, op("Mod", "turn", begun, n(courses)))
	hopped := b.add("Equal", "hopped", bools, nil, op("Mod", "since", i, n(hop)), n(0))
	t.begins = b.add("Unsqueeze", "begins", bools, nil, b.add("And", "begins", bools, nil, turn, hopped), b.shape(1))
	return t
}

// clear sets what a course kept to zero where it begins anew; dims are those behind the courses.
func clear(b *builder, t time, v value, dims int) value {
	begins := t.begins
	for range dims - 1 {
		begins = b.add("Unsqueeze", "begins", bools, nil, begins, b.shape(1))
	}
	zero := b.number(v.elem, 0)
	if v.elem == float32s {
		zero = b.floats("zero", nil, 0)
	}
	return b.add("Where", "kept", v.elem, nil, begins, zero, v)
}

// ofOldest is what the oldest course has of something.
func ofOldest(b *builder, t time, v value) value {
	return b.add("Gather", "oldest_"+v.name, v.elem, []attr{intAttr("axis", 1)}, v, t.oldest)
}

package datapath

import (
	"github.com/hrnnc/hrnnc/backends/lower"
)

// courses is the control of a model that restarts: every input goes through one engine once for each copy of the states, the oldest
// first, so that its answer leaves first. The copies lie behind each other in the memories of the state, at addresses whose upper bits
// are context.
type courses struct {
	n       int
	newest  *Expr // the course that runs is the youngest: the next start is that of a new input
	oldest  *Expr // the course that runs is the oldest, which answers
	context *Expr // its number; nil where there is only one
	second  *Expr // its step is the second since it started
	begun   *Expr // the input is the first of its sequence
}

// checkCourses is an error where a serial design cannot run the courses of a plan.
func checkCourses(p *lower.Plan, a Arch) error {
	switch {
	case p.Hop == 0:
	case a.StatePort:
		return refused("state_port", "the model restarts, and the ports of the state reach one copy of it; leave them out")
	case p.Hop%2 == 1 && p.TwoPhase():
		return refused("arch", "its copies start every %d steps, and odd and even steps of this model differ: in Verilog the hop is even", p.Hop)
	}
	return nil
}

// oneCourse is the error of an architecture that keeps one state.
func oneCourse(p *lower.Plan, kind ArchKind) error {
	if p.Hop == 0 {
		return nil
	}
	return refused("arch", "a %s design keeps one copy of the states, and this model restarts: a serial one keeps all", kind)
}

// feed hands every input to the engine once for each course: it passes on what comes, keeps it, and then gives it again. valid, data
// and last are the ports, beat counts the entries of an input, nil for one; what it gives takes their place.
func (b *builder) feed(valid, data, last *Expr, beat *Signal) (offered, given, ends *Expr) {
	n, end := b.p.Courses(), b.lastBeat
	b.Section("Every input goes to %d copies of the states, one after the other", n)
	b.Of(0, lower.PartInput)
	pass := b.Reg("pass", counts(n), "the course that the next beat is for, 0 the oldest").ResetTo(0)
	again := b.Wire("again", pass.Ref().Any(), "the input is one that came before")
	b.again = again
	b.takes = b.Ahead("takes", 1, "the engine takes a beat")
	taken := b.Wire("taken", And(Or(valid, again), b.takes.Ref()))
	fresh := b.Wire("fresh_beat", And(taken, again.Not()))
	pass.When(And(taken, end), Mux(pass.Ref().Is(n-1), Const(pass.Bits, 0), Add(pass.Ref(), Const(pass.Bits, 1))))
	var kept *Expr
	if beat == nil {
		r := b.Reg("again_data", data.Bits)
		r.When(fresh, data.AsUnsigned())
		kept = r.Ref()
	} else {
		m := b.Memory(Memory{Name: "again_entries", Bits: data.Bits, Depth: b.p.Input.Size, Style: Block})
		next := Mux(taken, Mux(end, Const(beat.Bits, 0), Add(beat.Ref(), Const(beat.Bits, 1))), beat.Ref())
		kept = b.Read(m, "again_data", b.Wire("again_at", next), nil)
		m.Write(fresh, beat.Ref(), data.AsUnsigned())
	}
	keptLast := b.Reg("again_last", 1)
	keptLast.When(fresh, last)
	given = Mux(again, kept, data.AsUnsigned())
	if data.Signed {
		given = given.AsSigned()
	}
	return Or(valid, again), b.Wire("entry", given), Mux(again, keptLast.Ref(), last)
}

// turns counts the courses of an input and the steps until the oldest starts anew, from the starts of steps on.
func (b *builder) turns() {
	p := b.p
	c := &courses{n: p.Courses(), newest: One(), oldest: One()}
	b.courses = c
	course := b.Reg("course", counts(c.n), "the course that runs, 0 the oldest").ResetTo(uint64(c.n - 1))
	youngest := One() // the step that starts is of the youngest
	if c.n > 1 {
		c.newest = b.Wire("newest", course.Ref().Is(c.n-1))
		c.oldest = b.Wire("oldest", course.Ref().Any().Not())
		youngest = b.Wire("newest_next", course.Ref().Is(c.n-2))
		b.Show("steps", nil, course.Ref())
		course.When(b.start, Mux(c.newest, Const(course.Bits, 0), Add(course.Ref(), Const(course.Bits, 1))))
	}
	begins := b.Wire("begins", And(b.start, c.newest), "a new input starts on its way through the courses")
	last := b.last
	width := counts(p.Hop)
	left := b.Reg("left", width, "inputs until the oldest course starts anew").ResetTo(0)
	due := b.Wire("due", Or(left.Ref().Any().Not(), last), "it does with this one, and is then the youngest")
	left.When(begins, Mux(due, Const(width, uint64(p.Hop-1)), Sub(left.Ref(), Const(width, 1))))
	kept := func(name string, at *Expr, doc string) (was, now *Expr) {
		r := b.Reg(name, 1, doc).ResetTo(0)
		r.When(begins, at)
		return r.Ref(), b.Wire(name+"_now", Mux(c.newest, at, r.Ref()))
	}
	wasFirst, begun := kept("begun", last, "the input is the first of its sequence")
	c.begun = wasFirst
	wasDue, restarts := kept("restarts", due, "with the input the youngest course starts")
	_, second := kept("second_input", wasFirst, "the input is the second of its sequence")
	_, restarted := kept("restarted", wasDue, "with the input before the youngest course started")

	b.first.Signal.When(b.start, Or(begun, And(youngest, restarts)))
	secondStep := b.Reg("second_step", 1, "the step is the second of its course")
	secondStep.When(b.start, Or(second, And(youngest, restarted)))
	c.second = secondStep.Ref()
	odd := Or(last, b.odd.Not())
	b.nextOdd = b.Wire("next_odd", Mux(c.newest, odd, b.odd))
	b.odd.Signal.When(begins, odd)
	if c.n > 1 {
		w := count(c.n)
		after := func(e *Expr) *Expr {
			if c.n == 1<<w {
				return Add(e, Const(w, 1))
			}
			return Mux(e.Is(c.n-1), Const(w, 0), Add(e, Const(w, 1)))
		}
		context := b.Reg("context", w, "where the state of the course lies").ResetTo(0)
		next := b.Wire("context_next", after(context.Ref()))
		context.When(b.start, Mux(And(begins, due), after(next), next))
		c.context = context.Ref()
	}
}

// answers is 1 in steps of the course whose outputs leave: all, where nothing restarts.
func (b *builder) answers() *Expr {
	if b.courses == nil {
		return One()
	}
	return b.courses.oldest
}

// context numbers the course that runs; nil where there is only one.
func (b *builder) context() *Expr {
	if b.courses == nil {
		return nil
	}
	return b.courses.context
}

// within is an address in the part of a memory that belongs to a course.
func within(context, at *Expr) *Expr {
	if context == nil {
		return at
	}
	return Cat(context, at)
}

// depth is that of a memory with so many words of every course, whose addresses have some bits within one.
func (b *builder) depth(words, bits int) int { return (b.p.Courses()-1)<<bits + words }

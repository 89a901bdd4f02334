package c

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/backends/lower"
)

// restart is what templates say of a model whose states start in turn.
type restart struct {
	Courses, Steps, Hop int
	CourseBytes         int      // of one
	Argument            string   // the input, as it is handed on
	Members             []member // of the stream, beside its courses
	Decide              string   // the call that decides on the outputs of the oldest; "" for none
}

// restarts fills in the page of a model that restarts; its state is that of all courses.
func (g *page) restarts(p *lower.Plan, s *speller) {
	if p.Hop == 0 {
		return
	}
	g.Restart = &restart{Courses: p.Courses(), Steps: p.Steps, Hop: p.Hop, CourseBytes: g.StateBytes, Argument: s.inputArgument(),
		Members: s.members(true)}
	one, all := s.course(), layout{packed: s.dialect.counters}
	all.place(one.bytes(), max(one.align, 1), p.Courses())
	s.place(&all, true)
	all.place(4, 4, 1)
	all.place(1, 1, 1)
	g.StateBytes = all.bytes()
	if decide := s.program.Decide; decide != "" {
		arguments := s.arguments(decide)
		if s.needs[decide].odd {
			arguments[len(arguments)-1] = g.odd()
		}
		g.Restart.Decide = fmt.Sprintf("%s(%s)", s.funcs[decide], strings.Join(arguments, ", "))
	}
}

// odd says whether the step whose outputs are asked for is odd.
func (g *page) odd() string {
	if g.Restart != nil {
		return "s->course[s->oldest].odd"
	}
	return "s->odd"
}

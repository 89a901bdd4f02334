package c

import "github.com/hrnnc/hrnnc/backends/lower"

// restart is what templates say of a model whose states start in turn.
type restart struct {
	Courses, Steps, Hop int
	CourseBytes         int    // of one
	Argument            string // the input, as it is handed on
}

// restarts fills in the page of a model that restarts; its state is that of all courses.
func (g *page) restarts(p *lower.Plan, s *speller) {
	if p.Hop == 0 {
		return
	}
	g.Restart = &restart{p.Courses(), p.Steps, p.Hop, g.StateBytes, s.inputArgument()}
	align := 4
	if s.dialect.counters {
		align = 1
	}
	up := func(n int) int { return (n + align - 1) / align * align }
	g.StateBytes = up(up(p.Courses()*g.StateBytes) + 5)
}

// odd says whether the step whose outputs are asked for is odd.
func (g *page) odd() string {
	if g.Restart != nil {
		return "s->course[s->oldest].odd"
	}
	return "s->odd"
}

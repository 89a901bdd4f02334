package dsl

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// restart reads  restart 128 hop 32.
func (c *checker) restart(s *RestartStmt) {
	if c.horizon(s) {
		return
	}
	steps, ok := c.integer(s.Count, 1, maxSteps, "restart")
	hop, fits := c.integer(s.Hop, 1, maxSteps, "hop")
	if !ok || !fits {
		return
	}
	switch {
	case hop > steps:
		c.fail(s.Hop, "range", fmt.Sprintf("write  hop %d,  or less for younger answers in turn", steps), "hop is %d, and a course has %s", hop, diag.Count(steps, "step")).
			Fix(s.Hop.span(c.file), fmt.Sprint(steps))
	case steps%hop != 0:
		near := nearRestarts(steps, hop)
		c.fail(s.Count, "range", fmt.Sprintf("the nearest is  %s,  or  %s", near[0], near[1]), "restart is %d, which is no multiple of hop, %d", steps, hop).
			Fix(s.span(c.file), near[0]).Fix(s.span(c.file), near[1])
	case steps/hop > ir.MaxCourses:
		least := (steps + ir.MaxCourses - 1) / ir.MaxCourses
		for steps%least != 0 {
			least++
		}
		c.fail(s.Hop, "range", fmt.Sprintf("every copy takes its memory and its time at every step; write  hop %d", least),
			"%s in hops of %d are %d copies of the states; at most %d are possible", diag.Count(steps, "step"), hop, steps/hop, ir.MaxCourses).
			Fix(s.Hop.span(c.file), fmt.Sprint(least))
	default:
		c.m.Steps, c.m.Hop = steps, hop
	}
}

// horizon takes the one place of steps and restart, and reports whether it was taken.
func (c *checker) horizon(s Stmt) bool {
	at := s.span(c.file)
	if c.length != nil {
		c.errs.Add(diag.At(at).Errorf("name", "steps or restart is said twice").Notef(*c.length, "first said here").
			Helpf("steps says that sequences end, restart that copies of the states begin anew in a stream: keep one"))
		return true
	}
	c.length = &at
	return false
}

// nearRestarts suggests the multiple of a hop, and the hop that divides, next to what was written.
func nearRestarts(steps, hop int) [2]string {
	near := max(1, int(math.Round(float64(steps)/float64(hop)))) * hop
	best := 1
	for d := 1; d <= steps; d++ {
		if steps%d == 0 && steps/d <= ir.MaxCourses && math.Abs(float64(d-hop)) < math.Abs(float64(best-hop)) {
			best = d
		}
		if d > 2*hop {
			break
		}
	}
	return [2]string{fmt.Sprintf("restart %d hop %d", near, hop), fmt.Sprintf("restart %d hop %d", steps, best)}
}

// evenHop suggests the restart with an even hop next to what was written.
func evenHop(steps, hop int) string {
	for by := 1; ; by++ {
		for _, h := range []int{hop + by, hop - by} {
			if h > 0 && h <= steps && h%2 == 0 && steps%h == 0 && steps/h <= ir.MaxCourses {
				return fmt.Sprintf("restart %d hop %d", steps, h)
			}
		}
		if by > steps {
			n := max(1, steps/hop)
			return fmt.Sprintf("restart %d hop %d", n*(hop+1), hop+1)
		}
	}
}

// restartFits checks what the whole model says of a restart.
func (c *checker) restartFits() {
	if c.m.Hop == 0 {
		return
	}
	for _, l := range c.m.Layers {
		if block := cmp.Or(l.Block, l.State.Size); c.m.Hop%2 == 1 && block&(block-1) == 0 && bits.Len(uint(block))%2 == 0 {
			c.errs.Add(diag.At(*c.length).Errorf("range", "hop is %d, and even and odd steps of %s differ, whose blocks of %d are an odd power of two", c.m.Hop, l.State.Name, block).
				Notef(l.Transform, "the blocks").Helpf("copies start at even steps then:  %s", evenHop(c.m.Steps, c.m.Hop)).
				Fix(*c.length, evenHop(c.m.Steps, c.m.Hop)))
			break
		}
	}
	for _, l := range c.m.Layers {
		if l.Leak != nil {
			c.errs.Add(diag.At(l.leakAt).Errorf("update", "%s leaks, and restarts: either is enough to forget", l.State.Name).
				Notef(*c.length, "the restart").Helpf("remove one; a leak takes one copy of the state, a restart %d", c.m.Steps/c.m.Hop))
			break
		}
	}
	if out := &c.m.Output; out.When == ir.Mean && out.Decision != ir.Argmax {
		c.errs.Add(diag.At(out.Span).Errorf("output", "a mean where courses restart is over %d to %s, so that only its argmax has a meaning",
			c.m.Steps-c.m.Hop+1, diag.Count(c.m.Steps, "step")).Notef(*c.length, "the restart").Helpf("write  output argmax(...) mean,  or  at every step"))
	}
}

// RestartFor writes a restart after some steps, with about so many copies.
func RestartFor(steps, copies int) string {
	hop := max(1, steps/copies)
	for steps%hop != 0 {
		hop++
	}
	return fmt.Sprintf("restart %d hop %d", steps, hop)
}

// RestartText writes how a model restarts as the language does, "" where it does not.
func (m *Model) RestartText() string {
	if m.Hop == 0 {
		return ""
	}
	return fmt.Sprintf("restart %d hop %d", m.Steps, m.Hop)
}

// Package schedule chooses how a plan is computed on a chip: Space says what can be chosen, Price what a program costs there,
// counted on the step form, and Pick which choice is cheapest within a budget. Start with Pick.
package schedule

import (
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// Measures is what a program is priced by on a chip: what a step of even and odd t, an output, and its code are made of.
type Measures struct {
	Step, Output arith.Phased[Features]
	Code         Features
}

// Measure counts a program that is right.
func Measure(p *step.Program, c *chip.Part) Measures {
	var m Measures
	for ph := range 2 {
		m.Step[ph] = run(p, c, p.Step, ph)
		m.Output[ph] = run(p, c, p.Output, ph)
	}
	m.Code = code(p, c)
	return m
}

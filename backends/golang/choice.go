package golang

import (
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// choice says how the target computes a plan: the Go compiler makes no vectors, so that two units of a word are a gain.
func choice(p *lower.Plan, wide bool) step.Choice { return step.Paired(p, !wide) }

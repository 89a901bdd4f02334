package run

import (
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/ir"
)

// Decide is what a model's class or bits function says of outputs after some steps, a row of backends.Vectors; nil for a model that
// has neither.
func Decide(p *lower.Plan, y []int64, steps int) []int64 {
	if p.Decide != nil {
		return y[len(y)-1:]
	}
	switch p.Output.Decision {
	case ir.Argmax:
		best := 0
		for i, v := range y {
			if v > y[best] {
				best = i
			}
		}
		return []int64{int64(best)}
	case ir.Threshold:
		limit := p.Readout.Threshold[steps&1]
		if p.Output.When == ir.Mean {
			limit = p.Readout.Threshold[0]
		}
		bits := make([]int64, len(y))
		for i, v := range y {
			if v > limit {
				bits[i] = 1
			}
		}
		return bits
	}
	return nil
}

package data

import (
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// ahead gives the recordings with answers that are known only  horizon  steps later: the numbers to give, or where there are none the
// inputs themselves. Recordings end so many steps earlier, since nothing follows their last ones.
func (r recordings) ahead(name string, p *pool, o *Options) (recordings, error) {
	later := o.Horizon * max(1, o.Subsample) * max(1, o.Frame) // stored steps
	if r.ofCuts {
		return r, fail(name, "").Errorf(code, "horizon is for numbers of every step, and each sequence has them once").Helpf("remove  horizon")
	}
	var all []float64
	if p.outputs > 0 {
		all = make([]float64, r.answers.Len())
		r.answers.Floats(0, all)
	} else {
		index, err := p.channelIndex(name, o)
		if err != nil {
			return r, err
		}
		p.classes, p.outputs, p.targets, r.width = nil, len(index), nil, len(index)
		for _, c := range index {
			p.targets = append(p.targets, p.channels[c].Name)
		}
		step := make([]float64, r.d)
		for t := range r.values.Len() / r.d {
			r.values.Floats(t*r.d, step)
			for _, c := range index {
				all = append(all, step[c]*p.channels[c].Scale)
			}
		}
	}
	cuts := r.cuts
	r.cuts = nil
	for _, c := range cuts {
		if c.steps -= later; c.steps > 0 {
			r.cuts = append(r.cuts, c)
		}
	}
	if len(r.cuts) == 0 {
		return r, fail(name, "").Errorf(code, "no recording is longer than  horizon = %d", o.Horizon).Helpf("choose a shorter  horizon")
	}
	if later *= r.width; later < len(all) {
		all = append(slices.Clone(all[later:]), make([]float64, later)...)
	}
	r.answers = files.Exactly(all, r.width)
	p.note("answers: %s, %s later", listed(p.targetNames()), diag.Count(o.Horizon, "step"))
	return r, nil
}

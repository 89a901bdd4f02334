package decider

// Real decides on scores that are floats, as the real level has them: the same rule, with nothing rounded.
type Real struct {
	s        Settings
	margin   float64
	averages []float64
	class    int
	rest     int
	begun    bool
}

// NewReal gives a decider of scores of which one is worth unit in the logits: 1 of logits.
func NewReal(s Settings, unit float64) *Real {
	return &Real{s: s, margin: s.Lead() / unit, class: max(0, s.Start)}
}

// Step takes the scores of a step, one a class, and gives the decision.
func (d *Real) Step(scores []float64) int {
	first := !d.begun
	d.begun = true
	if first {
		d.averages = make([]float64, len(scores))
	}
	best := 0
	for k, y := range scores {
		if first {
			d.averages[k] = y
		} else {
			d.averages[k] += (y - d.averages[k]) / float64(d.s.Smooth)
		}
		if d.averages[k] > d.averages[best] {
			best = k
		}
	}
	switch lead := d.averages[best] - d.averages[d.class]; {
	case first && d.s.Start == NoStart:
		d.class = best
	case first:
	case d.rest > 0:
		d.rest--
	case lead > 0 && lead >= d.margin:
		d.class, d.rest = best, d.s.Hold
	}
	return d.class
}

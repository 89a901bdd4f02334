package score

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Rate is how often something happens in an hour, over time that comes in units: hours of one unit (a person, a recording) are
// alike, those of different ones independent.
type Rate struct {
	counts, hours []float64 // by unit
}

// Add takes in hours of a unit, in which it happened so many times.
func (r *Rate) Add(unit, times int, hours float64) {
	for len(r.counts) <= unit {
		r.counts, r.hours = append(r.counts, 0), append(r.hours, 0)
	}
	r.counts[unit] += float64(times)
	r.hours[unit] += hours
}

func (r *Rate) total() (count, hours float64, units int) {
	for i := range r.counts {
		count, hours = count+r.counts[i], hours+r.hours[i]
		if r.hours[i] > 0 {
			units++
		}
	}
	return count, hours, units
}

// RateScore is a rate: how often, and in how many hours.
type RateScore struct {
	Count    int       `json:"count"`
	Hours    float64   `json:"hours"`
	PerHour  Part      `json:"per_hour"` // null where there are no hours
	Interval *Interval `json:"interval,omitempty"`
}

// Score sums up; of names the units, in the plural.
func (r *Rate) Score(of string) RateScore {
	count, hours, units := r.total()
	out := RateScore{Count: int(count), Hours: hours, PerHour: Part(math.NaN())}
	if hours <= 0 {
		return out
	}
	out.PerHour = Part(count / hours)
	out.Interval = r.interval(count, hours, units, of)
	return out
}

// interval is the exact interval of a Poisson rate (Garwood, Biometrika 28, 1936), for as much time as would have the spread
// that is found between units: at most the time there is. It holds for no event too, of which a short time says little. nil
// where there are fewer than two units.
func (r *Rate) interval(count, hours float64, units int, of string) *Interval {
	if units < 2 {
		return nil
	}
	if count > 0 {
		mean, squares := count/hours, 0.0
		for i, h := range r.hours {
			residual := r.counts[i] - mean*h
			squares += residual * residual
		}
		// How much larger the variance is than that of events which do not come in units.
		if clustered := float64(units) / float64(units-1) * squares / count; clustered > 1 {
			count, hours = count/clustered, hours/clustered
		}
	}
	const tail = (1 - level) / 2
	out := &Interval{Units: units, Of: of, High: gammaQuantile(count+1, 1-tail) / hours}
	if count > 0 {
		out.Low = gammaQuantile(count, tail) / hours
	}
	return out
}

func gammaQuantile(shape, p float64) float64 { return mathext.GammaIncRegInv(shape, p) }

// Package score says how good answers are: confusions, recall and F1 of classes and labels, errors of numbers, and intervals
// that know which answers belong together. It runs no model, reads no data and prints nothing. Start with Ratio, Confusion,
// Labels and Numbers: each takes answers in one by one and is asked in the end.
package score

import (
	"encoding/json"
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Part is a part of 1, or another ratio. Nothing divided by nothing is NaN: null in JSON.
type Part float64

// Known reports whether there is a value.
func (p Part) Known() bool { return !math.IsNaN(float64(p)) }

// MarshalJSON writes null for NaN.
func (p Part) MarshalJSON() ([]byte, error) {
	if !p.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(p))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Part) UnmarshalJSON(text []byte) error {
	v := math.NaN()
	if string(text) != "null" {
		if err := json.Unmarshal(text, &v); err != nil {
			return err
		}
	}
	*p = Part(v)
	return nil
}

func part(hits, of int) Part { return Part(float64(hits) / float64(of)) }

// Ratio is the mean of a number over answers that come in units: answers of one unit (a person, a recording, a sequence) are
// alike, those of different ones independent.
type Ratio struct {
	sums, counts []float64 // by unit
}

// Add takes in an answer of a unit: 1 or 0 for right or wrong, or any number.
func (r *Ratio) Add(unit int, value float64) {
	for len(r.sums) <= unit {
		r.sums, r.counts = append(r.sums, 0), append(r.counts, 0)
	}
	r.sums[unit] += value
	r.counts[unit]++
}

// Count takes an answer of a unit in that is right or wrong: 1 or 0.
func (r *Ratio) Count(unit int, right bool) {
	if right {
		r.Add(unit, 1)
	} else {
		r.Add(unit, 0)
	}
}

func (r *Ratio) total() (sum, n float64) {
	for i := range r.sums {
		sum, n = sum+r.sums[i], n+r.counts[i]
	}
	return sum, n
}

// Answers counts what was taken in.
func (r *Ratio) Answers() int {
	_, n := r.total()
	return int(n)
}

// Mean is NaN before the first answer.
func (r *Ratio) Mean() Part {
	sum, n := r.total()
	return Part(sum / n)
}

// Units counts those that have an answer.
func (r *Ratio) Units() (n int) {
	for _, c := range r.counts {
		if c > 0 {
			n++
		}
	}
	return n
}

// StandardError is that of the mean: the linearised variance of a ratio between units (Cochran, Sampling Techniques, 1977,
// section 6.3). NaN where there are fewer than two units.
func (r *Ratio) StandardError() float64 {
	mean, units := float64(r.Mean()), float64(r.Units())
	_, n := r.total()
	if units < 2 {
		return math.NaN()
	}
	squares := 0.0
	for i, c := range r.counts {
		residual := r.sums[i] - mean*c
		squares += residual * residual
	}
	return math.Sqrt(units/(units-1)*squares) / n
}

// Interval is a 95 % confidence interval, and over how many independent units.
type Interval struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Units int     `json:"units"`
	Of    string  `json:"of"` // persons, recordings or sequences
}

// level is that of all intervals.
const level = 0.95

// quantile is how many standard errors an interval reaches to either side where the spread between units is estimated:
// Student's t, since units are often few.
func (r *Ratio) quantile() float64 {
	nu := float64(r.Units() - 1)
	t := mathext.InvRegIncBeta(nu/2, 0.5, 1-level) // nu/(nu + x^2) of the quantile x at (1+level)/2
	return math.Sqrt(nu * (1 - t) / t)
}

// PartInterval is the interval of a mean of zeros and ones. It is Wilson's where each unit has one answer, and else Wilson's for
// as many independent answers as would have the same standard error (Korn and Graubard, Survey Methodology 24, 1998), at most
// those that there are. Where all are right, or none, a unit counts as one answer. nil where there are fewer than two units.
// of names the units, in the plural.
func (r *Ratio) PartInterval(of string) *Interval {
	units := r.Units()
	if units < 2 {
		return nil
	}
	p, n, t := float64(r.Mean()), float64(units), mathext.NormalQuantile((1+level)/2)
	if spread := p * (1 - p); spread > 0 && r.Answers() > units {
		n, t = min(float64(r.Answers()), spread/(r.StandardError()*r.StandardError())), r.quantile()
	}
	middle, half := p+t*t/(2*n), t*math.Sqrt(p*(1-p)/n+t*t/(4*n*n))
	return &Interval{max(0, (middle-half)/(1+t*t/n)), min(1, (middle+half)/(1+t*t/n)), units, of}
}

// RootInterval is the interval of the root of a mean of squares. nil where there are fewer than two units.
func (r *Ratio) RootInterval(of string) *Interval {
	units := r.Units()
	if units < 2 {
		return nil
	}
	mean, half := float64(r.Mean()), r.quantile()*r.StandardError()
	return &Interval{math.Sqrt(max(0, mean-half)), math.Sqrt(mean + half), units, of}
}

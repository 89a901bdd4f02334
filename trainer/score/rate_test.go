package score

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// TestGarwood holds the interval of a rate against the table of exact Poisson intervals: 10 events, 4.795 to 18.39.
func TestGarwood(t *testing.T) {
	var r Rate
	for unit := range 10 {
		r.Add(unit, 1, 0.2)
	}
	s := r.Score("persons")
	if s.Count != 10 || math.Abs(float64(s.PerHour)-5) > 1e-9 || math.Abs(s.Interval.Low-4.795/2) > 1e-3 || math.Abs(s.Interval.High-18.39/2) > 5e-3 || s.Interval.Units != 10 {
		t.Errorf("%+v %+v", s, s.Interval)
	}
}

// TestNoEvents says little of a short time: 3.69 events in it are not ruled out.
func TestNoEvents(t *testing.T) {
	var r Rate
	r.Add(0, 0, 0.25)
	if r.Score("persons").Interval != nil {
		t.Error("an interval of one person")
	}
	r.Add(1, 0, 0.25)
	if s := r.Score("persons"); s.PerHour != 0 || s.Interval.Low != 0 || math.Abs(s.Interval.High-2*3.689) > 1e-3 {
		t.Errorf("%+v %+v", s, s.Interval)
	}
	var none Rate
	none.Add(0, 2, 0)
	if s := none.Score("persons"); s.PerHour.Known() || s.Interval != nil {
		t.Errorf("a rate without time: %+v", s)
	}
}

// TestRateCoverage draws persons whose rates differ, and counts how often the interval holds the truth.
func TestRateCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const runs, truth = 1000, 8.0
	covered := 0
	for range runs {
		var r Rate
		for person := range 12 {
			rate := truth * (0.25 + 1.5*rng.Float64())
			r.Add(person, int(distuv.Poisson{Lambda: rate * 2, Src: rng}.Rand()), 2)
		}
		if i := r.Score("persons").Interval; i.Low <= truth && truth <= i.High {
			covered++
		}
	}
	t.Logf("%d of %d", covered, runs)
	if covered < 900 || covered > 985 {
		t.Errorf("95 %% intervals held the truth in %d of %d", covered, runs)
	}
}

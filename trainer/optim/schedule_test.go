package optim

import (
	"math"
	"testing"
)

// TestSchedules holds every schedule to its closed form at places that are easy to say.
func TestSchedules(t *testing.T) {
	step, cosine := Schedule{Kind: Step, Gamma: 0.5, Every: 10}, Schedule{Kind: Cosine, Floor: 0.1}
	for _, c := range []struct {
		name               string
		s                  Schedule
		epoch, total, want float64
	}{
		{"constant", Schedule{Kind: Constant}, 17, 40, 1},
		{"step, the first interval", step, 9.99, 40, 1},
		{"step, the second begins", step, 10, 40, 0.5},
		{"step, within the fourth", step, 35.5, 40, 0.125},
		{"step without an interval", Schedule{Kind: Step, Gamma: 0.5}, 2, 40, 0.25},
		{"cosine, the start", cosine, 0, 40, 1},
		{"cosine, a quarter", cosine, 10, 40, 0.1 + 0.9*(1+math.Sqrt2/2)/2},
		{"cosine, the middle", cosine, 20, 40, 0.55},
		{"cosine, the end", cosine, 40, 40, 0.1},
		{"cosine, behind the end", cosine, 50, 40, 0.1},
		{"warmup, the start", Schedule{Kind: Constant, Warmup: 4}, 0, 40, 0},
		{"warmup, a quarter", Schedule{Kind: Constant, Warmup: 4}, 1, 40, 0.25},
		{"warmup is over", Schedule{Kind: Constant, Warmup: 4}, 4, 40, 1},
		{"warmup of a cosine", Schedule{Kind: Cosine, Warmup: 40}, 20, 40, 0.25},
	} {
		if got := c.s.At(c.epoch, c.total); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: the factor is %v, want %v", c.name, got, c.want)
		}
	}
}

// TestCosineFallsByItsSlope: numerically differentiated, the cosine falls by pi/2T sin(pi t/T) of what it falls in all.
func TestCosineFallsByItsSlope(t *testing.T) {
	s, total, h := Schedule{Kind: Cosine, Floor: 0.2}, 30.0, 1e-5
	for epoch := 1.0; epoch < total; epoch++ {
		slope := (s.At(epoch+h, total) - s.At(epoch-h, total)) / (2 * h)
		if want := -0.8 * math.Pi / (2 * total) * math.Sin(math.Pi*epoch/total); math.Abs(slope-want) > 1e-8 {
			t.Errorf("epoch %v: the slope is %v, want %v", epoch, slope, want)
		}
	}
}

package decider

import (
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// run gives the decisions on scores, in units of 1 at every step.
func run(t *testing.T, s Settings, scores ...[]int64) []int {
	t.Helper()
	d, err := New(s, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	for _, y := range scores {
		out = append(out, d.Step((d.T+1)&1, y))
	}
	return out
}

func TestDecisions(t *testing.T) {
	a, b, tie := []int64{5, 0, 0}, []int64{0, 9, 0}, []int64{4, 4, 4}
	set := func(change func(*Settings)) Settings {
		s := Default
		change(&s)
		return s
	}
	for _, c := range []struct {
		what   string
		s      Settings
		scores [][]int64
		want   []int
	}{
		{"a tie keeps the decision, and the first of equals is the first one", Default, [][]int64{tie, b, tie, a, tie}, []int{0, 1, 1, 0, 0}},
		{"after a change, so many steps have no other", set(func(s *Settings) { s.Hold = 2 }), [][]int64{a, b, a, a, a, b}, []int{0, 1, 1, 1, 0, 0}},
		{"the start is no change", set(func(s *Settings) { s.Hold, s.Start = 2, 2 }), [][]int64{a, b, a}, []int{2, 1, 1}},
		{"a start of the first step's best does not hold", set(func(s *Settings) { s.Hold = 2 }), [][]int64{a, b}, []int{0, 1}},
		{"9 against 0 is enough for sigmoid(9), 5 is not", set(func(s *Settings) { s.Threshold = Threshold(9) }), [][]int64{a, b, a}, []int{0, 1, 1}},
		{"averages of 2: 4.5 against 2.5 is enough for 2, and 2.25 against 3.75 is not", set(func(s *Settings) { s.Smooth, s.Threshold = 2, Threshold(2) }), [][]int64{a, b, a}, []int{0, 1, 1}},
	} {
		if got := run(t, c.s, c.scores...); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.what, got, c.want)
		}
	}
}

// Averages stay between S times the smallest and S times the largest score, and reach them: no narrower width holds them. Of
// scores that no longer change, they come to within half a score of S times it, from wherever: nothing sticks further off.
func TestAveragesAreAContraction(t *testing.T) {
	const lo, hi = -128, 127
	for smooth := range 11 {
		r := Rule{Smooth: smooth}
		s := int64(1) << smooth
		for a := s * lo; a <= s*hi; a++ {
			for _, y := range []int64{lo, 0, hi} {
				if next := r.Average(a, y); next < s*lo || next > s*hi {
					t.Fatalf("S = %d: %d with %d becomes %d", s, a, y, next)
				}
			}
		}
		for _, from := range []int64{s * lo, s * hi} {
			for y := int64(lo); y <= hi; y += 17 {
				a := from
				for range 20 * s {
					a = r.Average(a, y)
				}
				if off := a - s*y; off > s/2 || off < -s/2 {
					t.Fatalf("S = %d: scores of %d leave an average at %d, %d off", s, y, a, off)
				}
			}
		}
	}
}

// Rounding favours no side: the average of noise is that of its scores.
func TestAveragesAreWithoutBias(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	r := Rule{Smooth: 4}
	var a, sumA, sumY float64
	at := int64(0)
	const n = 400_000
	for range n {
		y := rng.Int63n(7) - 3
		at = r.Average(at, y)
		a = float64(at) / 16
		sumA, sumY = sumA+a, sumY+float64(y)
	}
	if off := (sumA - sumY) / n; math.Abs(off) > 0.04 { // half up: 1/32 of a score at the most
		t.Errorf("averages are off by %v of a score", off)
	}
}

// Integers decide as real numbers do, but where the lead is within the rounding of the margin.
func TestIntegersDecideAsRealsDo(t *testing.T) {
	rng := rand.New(rand.NewSource(2))
	differ, steps := 0, 0
	for range 60 {
		s := Settings{Hold: rng.Intn(5), Smooth: 1 << rng.Intn(6), Threshold: 0.5 + 0.49*rng.Float64(), Start: rng.Intn(4) - 1}
		alternates := rng.Intn(2) == 0
		const unit = 1e-4
		d, err := New(s, unit, alternates)
		if err != nil {
			t.Fatal(err)
		}
		real := NewReal(s, 1)
		level := make([]float64, 3)
		for step := 1; step <= 300; step++ {
			y, ints := make([]float64, 3), make([]int64, 3)
			for k := range y {
				level[k] = 0.95*level[k] + 0.6*rng.NormFloat64()
				u := unit
				if alternates && step&1 == arith.Odd {
					u /= math.Sqrt2
				}
				ints[k] = int64(math.RoundToEven(level[k] / u))
				y[k] = float64(ints[k]) * u
			}
			steps++
			if d.Step((d.T+1)&1, ints) != real.Step(y) {
				differ++
			}
		}
	}
	if differ*200 > steps {
		t.Errorf("%d of %d decisions differ", differ, steps)
	}
}

// A clone goes on alike, in the middle of a hold too.
func TestClone(t *testing.T) {
	rng := rand.New(rand.NewSource(3))
	d, err := New(Settings{Hold: 7, Smooth: 4, Threshold: 0.6, Start: NoStart}, 0.1, true)
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		e := d.Clone()
		y := []int64{rng.Int63n(50), rng.Int63n(50)}
		if d.Step((d.T+1)&1, y) != e.Step((e.T+1)&1, y) || d.Rest != e.Rest || d.Changed != e.Changed {
			t.Fatal("a clone decides otherwise")
		}
		d = e
	}
}

func TestCheck(t *testing.T) {
	for _, s := range []Settings{
		{Hold: -1, Smooth: 1, Threshold: 0.5, Start: NoStart}, {Hold: 65536, Smooth: 1, Threshold: 0.5, Start: NoStart},
		{Smooth: 0, Threshold: 0.5, Start: NoStart}, {Smooth: 12, Threshold: 0.5, Start: NoStart}, {Smooth: 2048, Threshold: 0.5, Start: NoStart},
		{Smooth: 1, Threshold: 0.49, Start: NoStart}, {Smooth: 1, Threshold: 1, Start: NoStart}, {Smooth: 1, Threshold: math.NaN(), Start: NoStart},
		{Smooth: 1, Threshold: 0.5, Start: 3}, {Smooth: 1, Threshold: 0.5, Start: -2},
	} {
		if s.Check(3) == nil {
			t.Errorf("%+v passes", s)
		}
	}
	if err := Default.Check(2); err != nil {
		t.Error(err)
	}
	if _, err := New(Settings{Smooth: 1024, Threshold: 0.999, Start: NoStart}, 1e-300, false); err == nil {
		t.Error("a margin beyond every integer passes")
	}
}

package report

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/score"
)

func texts(a axis) string {
	var out []string
	for _, t := range a.ticks {
		out = append(out, t.text)
	}
	return strings.Join(out, " ")
}

func TestLinearAxis(t *testing.T) {
	for _, test := range []struct {
		lo, hi float64
		n      int
		round  bool
		want   string
	}{
		{0, 1, 5, false, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{0, 1, 10, false, "0.0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1.0"},
		{0.13, 0.97, 5, true, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{0.13, 0.97, 5, false, "0.2 0.4 0.6 0.8"},
		{-3, 12, 5, true, "−5 0 5 10 15"},
		{0, 4000, 4, true, "0 1,000 2,000 3,000 4,000"},
		{90.1, 97.3, 5, true, "90 92 94 96 98"},
		{0, 1e-3, 4, true, "0.0000 0.0005 0.0010"},
		{0, 3e-9, 3, true, "0 1e−9 2e−9 3e−9"},
		{0, 25e6, 5, true, "0 5e6 1e7 1.5e7 2e7 2.5e7"},
		{7, 7, 4, true, "6.6 6.8 7.0 7.2 7.4"},
		{0, 0, 2, true, "−1 0 1"},
		{1e15, 1e15 + 1, 2, true, "9.5e14 1e15 1.05e15"},
		{-1e99, 1e99, 2, true, "−1e99 0 1e99"},
	} {
		a := linearAxis(extent{test.lo, test.hi, true}, test.n, test.round)
		if got := texts(a); got != test.want {
			t.Errorf("%v to %v in %d: %s\nwant %s", test.lo, test.hi, test.n, got, test.want)
		}
		if a.lo > test.lo || a.hi < test.hi {
			t.Errorf("%v to %v: the axis covers %v to %v", test.lo, test.hi, a.lo, a.hi)
		}
	}
}

func TestLogAxis(t *testing.T) {
	for _, test := range []struct {
		lo, hi float64
		want   string
	}{
		{0.07, 2.4, "0.1 0.2 0.5 1 2"},
		{0.001, 1000, "0.001 0.01 0.1 1 10 100 1,000"},
		{1e-12, 1, "1e−12 1e−10 1e−8 1e−6 1e−4 0.01 1"},
	} {
		if got := texts(logAxis(extent{test.lo, test.hi, true})); got != test.want {
			t.Errorf("%v to %v: %s\nwant %s", test.lo, test.hi, got, test.want)
		}
	}
}

func TestLogWorthy(t *testing.T) {
	for _, test := range []struct {
		lo, hi float64
		want   bool
	}{{0.1, 1, false}, {0.01, 1, true}, {0, 1, false}, {-1, 100, false}, {0.1, 3, false}, {0.1, 3.3, true}} {
		if got := (extent{test.lo, test.hi, true}).logs(); got != test.want {
			t.Errorf("%v to %v: %t", test.lo, test.hi, got)
		}
	}
}

// TestAxisOfAnything holds every axis to what a drawing needs of it.
func TestAxisOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var e extent
		for range rapid.IntRange(1, 3).Draw(t, "values") {
			e.see(rapid.Float64().Draw(t, "v"))
		}
		if !e.any {
			return
		}
		n := rapid.IntRange(1, 10).Draw(t, "n")
		axes := map[string]axis{"linear": linearAxis(e, n, false), "round": linearAxis(e, n, true), "whole": wholeAxis(e, n)}
		if e.logs() {
			axes["log"] = logAxis(e)
		}
		for name, a := range axes {
			a.from, a.to = 100, 300
			if len(a.ticks) > n+3 && name != "log" || len(a.ticks) > 16 {
				t.Fatalf("%s: %d ticks", name, len(a.ticks))
			}
			seen := map[string]bool{}
			for _, k := range a.ticks {
				if seen[k.text] {
					t.Fatalf("%s: two ticks are called %s: %v", name, k.text, a.ticks)
				}
				seen[k.text] = true
			}
			for _, v := range []float64{e.lo, e.hi} {
				if at := a.place(v); !(at >= 100 && at <= 300) {
					t.Fatalf("%s: %v is at %v", name, v, at)
				}
			}
		}
	})
}

func TestNumbers(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{decimal(1234567.891, 2), "1,234,567.89"},
		{decimal(-1234, 0), "−1,234"},
		{decimal(-0.001, 2), "0.00"},
		{decimal(math.NaN(), 2), "NaN"},
		{significant(0.098765, 3), "0.0988"},
		{significant(123456, 3), "123,456"},
		{significant(1000, 4), "1,000"},
		{significant(-1.5e-7, 3), "−1.5e−7"},
		{significant(2e12, 4), "2e12"},
		{significant(math.Inf(-1), 4), "−∞"},
		{percent(0.97126), "97.13 %"},
		{percent(1.2e-8), "< 0.01 %"},
		{percent(math.NaN()), "–"},
		{duration(59.96), "1 min 0 s"},
		{duration(12.34), "12.3 s"},
		{duration(1834.2), "31 min"},
		{duration(3599), "1 h 0 min"},
		{duration(7384), "2 h 3 min"},
		{duration(math.Inf(1)), "–"},
		{diag.GroupedCount(1, "unit"), "1 unit"},
		{short(12_345_678), "12M"},
		{shorten("class number 45"), "cla…umber 45"},
		{between(nil, nil), "–"},
		{over(&score.Interval{Units: 1200, Of: "recordings"}), "1,200 recordings"},
	} {
		if test.got != test.want {
			t.Errorf("%s, want %s", test.got, test.want)
		}
	}
}

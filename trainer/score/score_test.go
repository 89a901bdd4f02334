package score

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestWilson holds the interval of independent answers against Wilson's formula.
func TestWilson(t *testing.T) {
	var r Ratio
	for i := range 1001 {
		r.Add(i, float64(min(1, i%10)))
	}
	i := r.PartInterval("sequences")
	// 900 of 1001.
	if math.Abs(i.Low-0.8789) > 1e-4 || math.Abs(i.High-0.9162) > 1e-4 || i.Units != 1001 || i.Of != "sequences" {
		t.Errorf("%+v", i)
	}
}

// TestCopiesAddNothing repeats every answer of a person: the interval stays.
func TestCopiesAddNothing(t *testing.T) {
	var once, often Ratio
	for person, right := range []float64{1, 0, 1, 1, 0, 1, 1} {
		once.Add(person, right)
		once.Add(person, right)
		for range 100 {
			often.Add(person, right)
		}
	}
	a, b := once.PartInterval("persons"), often.PartInterval("persons")
	if math.Abs(a.Low-b.Low) > 1e-12 || math.Abs(a.High-b.High) > 1e-12 || b.Units != 7 {
		t.Errorf("%+v, copied %+v", a, b)
	}
	if se := often.StandardError(); math.Abs(se-once.StandardError()) > 1e-12 || se < 0.1 {
		t.Errorf("standard error %v", se)
	}
}

// TestCoverage draws persons that differ, with many answers each, and counts how often the interval holds the truth.
func TestCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const runs = 1000
	covered, naive := 0, 0
	for range runs {
		var byPerson, each Ratio
		for person := range 9 {
			// Of 0.6 to 1, 0.8 in the mean.
			p := 0.6 + 0.4*rng.Float64()
			for k := range 50 {
				right := 0.0
				if rng.Float64() < p {
					right = 1
				}
				byPerson.Add(person, right)
				each.Add(50*person+k, right)
			}
		}
		holds := func(i *Interval) int {
			if i.Low <= 0.8 && 0.8 <= i.High {
				return 1
			}
			return 0
		}
		covered += holds(byPerson.PartInterval("persons"))
		naive += holds(each.PartInterval("sequences"))
	}
	t.Logf("of %d: %d over persons, %d over answers", runs, covered, naive)
	if covered < 930*runs/1000 || covered > 975*runs/1000 {
		t.Errorf("95 %% intervals over persons held the truth in %d of %d", covered, runs)
	}
	if naive > 800*runs/1000 {
		t.Errorf("the test says nothing: intervals over answers held the truth in %d of %d", naive, runs)
	}
}

// TestFewUnits has no interval of one unit, and no narrow one where all answers are right.
func TestFewUnits(t *testing.T) {
	var r Ratio
	if r.Mean().Known() || r.PartInterval("persons") != nil || r.RootInterval("persons") != nil {
		t.Error("an interval of nothing")
	}
	for range 100 {
		r.Add(0, 1)
	}
	if r.PartInterval("persons") != nil || !math.IsNaN(r.StandardError()) {
		t.Error("an interval of one person")
	}
	for range 100 {
		r.Add(1, 1)
		r.Add(2, 1)
	}
	if i := r.PartInterval("persons"); i.High < 0.9999 || i.Low > 0.5 {
		t.Errorf("three persons, all right: %+v", i)
	}
}

func TestConfusion(t *testing.T) {
	c := NewConfusion([]string{"a", "b", "c", "d"})
	for _, d := range [][2]int{{0, 0}, {0, 0}, {0, 1}, {1, 0}, {1, 2}, {1, 7}} {
		c.Add(d[0], d[1])
	}
	if c.Total() != 6 || c.Right() != 2 || c.Largest() != 0 {
		t.Errorf("%d of %d, largest %d", c.Right(), c.Total(), c.Largest())
	}
	text, err := json.Marshal(c.Scores())
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"name":"a","count":3,"decided":3,"recall":0.6666666666666666,"precision":0.6666666666666666,"f1":0.6666666666666666},` +
		`{"name":"b","count":3,"decided":1,"recall":0,"precision":0,"f1":0},` +
		`{"name":"c","count":0,"decided":1,"recall":null,"precision":0,"f1":0},` +
		`{"name":"d","count":0,"decided":0,"recall":null,"precision":null,"f1":null}]`
	if string(text) != want {
		t.Errorf("%s", text)
	}
	if f1 := MacroF1(c.Scores()); math.Abs(float64(f1)-2.0/9) > 1e-12 {
		t.Errorf("macro F1 %v", f1)
	}
	if got, want := c.Mistakes(2), []Mistake{{"a", "b", 1, 3}, {"b", "a", 1, 3}}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if all := c.Mistakes(9); len(all) != 4 || all[3] != (Mistake{"b", "no class", 1, 3}) {
		t.Errorf("%v", all)
	}
}

func TestLabels(t *testing.T) {
	l := NewLabels([]string{"cough", "wheeze", "never"})
	right := 0
	for _, d := range [][2][]int64{{{1, 0, 0}, {1, 0, 0}}, {{1, 1, 0}, {0, 1, 0}}, {{1, 0, 0}, {1, 1, 0}}, {{0, 0, 0}, {0, 0, 0}}} {
		right += l.Add(d[0], d[1])
	}
	s := l.Scores()
	if right != 10 || l.Exact() != 0.5 || l.Total() != 4 {
		t.Errorf("%d right, exact %v of %d", right, l.Exact(), l.Total())
	}
	if c := s[0]; c.Recall != Part(2.0/3) || c.Precision != 1 || c.F1 != 0.8 || c.Accuracy != 0.75 || c.BaselineAccuracy != 0.75 || c.BaselineF1 != Part(6.0/7) {
		t.Errorf("%+v", c)
	}
	if c := s[2]; c.Recall.Known() || c.F1.Known() || c.Accuracy != 1 || c.BaselineAccuracy != 1 || c.BaselineF1 != 0 {
		t.Errorf("%+v", c)
	}
	f1, baseline, accuracy := LabelMeans(s)
	if math.Abs(float64(f1)-(0.8+2.0/3)/2) > 1e-12 || math.Abs(float64(baseline)-(6.0/7+0.4)/2) > 1e-12 || math.Abs(float64(accuracy)-2.5/3) > 1e-12 {
		t.Errorf("F1 %v, baselines %v and %v", f1, baseline, accuracy)
	}
}

func TestNumbers(t *testing.T) {
	var s Numbers
	for i, want := range []float64{1, 2, 3, 4} {
		s.Add(i/2, want, want+[]float64{0.5, -0.5, 1, -1}[i])
	}
	got := s.Score("speed", 10, "recordings")
	if math.Abs(got.MSE-62.5) > 1e-9 || math.Abs(float64(got.R2)-(1-0.625/1.25)) > 1e-12 || got.Interval == nil || got.Interval.Units != 2 {
		t.Errorf("%+v", got)
	}
	var flat Numbers
	flat.Add(0, 3, 3)
	flat.Add(1, 3, 4)
	if flat.Score("x", 1, "sequences").R2.Known() {
		t.Error("R2 without variance")
	}
}

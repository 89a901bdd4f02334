package data

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestCopy(t *testing.T) {
	s := load(t, "copy(100)")
	if s.Train.N != 100_000 || s.Valid.N != 2_000 || s.Test.N != 2_000 || s.Train.T != 120 || s.Train.Vocabulary != 10 || len(s.Classes) != 9 {
		t.Fatalf("%+v", s.Describe())
	}
	y := make([]int32, 120)
	for _, i := range []int{0, 1, 99_999} {
		x := tokens(&s.Train, i)
		s.Train.Labels(i, y)
		if !slices.Equal(x[:10], y[110:]) || x[110] != 9 || slices.Min(x[:10]) < 1 || slices.Max(x[:10]) > 8 {
			t.Errorf("inputs %v, answers %v", x, y)
		}
		if slices.Max(x[10:110]) != 0 || slices.Max(x[111:]) != 0 || slices.Max(y[:110]) != 0 {
			t.Errorf("blanks: inputs %v, answers %v", x, y)
		}
	}
}

func TestAdding(t *testing.T) {
	s := load(t, "adding(51)", "sequences=50")
	y := make([]float64, 1)
	for i := range s.Train.N {
		x, sum, marks := values(&s.Train, i), 0.0, 0
		for k := range 51 {
			if x[2*k+1] == 1 {
				sum += x[2*k]
				marks++
			}
		}
		s.Train.Targets(i, y)
		if marks != 2 || math.Abs(y[0]-sum) > 1e-6 || s.Train.Outputs != 1 {
			t.Fatalf("%d marks, target %v, sum %v", marks, y[0], sum)
		}
	}
}

func TestParity(t *testing.T) {
	s := load(t, "parity(9)", "sequences=50")
	for i := range s.Train.N {
		ones := int32(0)
		for _, bit := range tokens(&s.Train, i) {
			ones += bit
		}
		if s.Train.Label(i) != ones%2 {
			t.Fatalf("%d ones are %s", ones, s.Classes[s.Train.Label(i)])
		}
	}
}

// TestCurves checks that the classes differ by more than the noise: the nearest mean curve is mostly right.
func TestCurves(t *testing.T) {
	s := load(t, "curves", "sequences=2000")
	mean := make([][]float64, len(s.Classes))
	for c := range mean {
		mean[c] = make([]float64, s.Train.T)
	}
	for i := range s.Train.N {
		for k, v := range values(&s.Train, i) {
			mean[s.Train.Label(i)][k] += float64(v) / float64(s.Train.N/len(s.Classes))
		}
	}
	right := 0
	for i := range s.Test.N {
		x := values(&s.Test, i)
		best, distance := 0, math.Inf(1)
		for c := range mean {
			d := 0.0
			for k, v := range x {
				d += (float64(v) - mean[c][k]) * (float64(v) - mean[c][k])
			}
			if d < distance {
				best, distance = c, d
			}
		}
		if int32(best) == s.Test.Label(i) {
			right++
		}
	}
	if right < s.Test.N/2 || right == s.Test.N {
		t.Errorf("%d of %d", right, s.Test.N)
	}
}

// TestGeneratedParts checks what a seed changes: training and validation, never the test part; and that asking for more
// training sequences changes none.
func TestGeneratedParts(t *testing.T) {
	o := options(t, "sequences=20")
	a, err := Load("copy(5)", o)
	if err != nil {
		t.Fatal(err)
	}
	o.Seed, o.Sequences = 8, 40
	b, err := Load("copy(5)", o)
	if err != nil {
		t.Fatal(err)
	}
	o.Seed = 0
	c, err := Load("copy(5)", o)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tokens(&a.Test, 3), tokens(&b.Test, 3)) {
		t.Error("the test part depends on the seed")
	}
	if slices.Equal(tokens(&a.Train, 3), tokens(&b.Train, 3)) || slices.Equal(tokens(&a.Valid, 3), tokens(&b.Valid, 3)) {
		t.Error("the seed changes nothing")
	}
	if !slices.Equal(tokens(&a.Train, 3), tokens(&c.Train, 3)) || c.Train.N != 40 {
		t.Error("the number of training sequences changes them")
	}
}

// TestGeneratedBits pins what is generated, so that a change of a random generator does not go unseen.
func TestGeneratedBits(t *testing.T) {
	s := load(t, "copy(1)", "sequences=1")
	if got := tokens(&s.Test, 0)[:10]; !slices.Equal(got, []int32{3, 6, 4, 8, 4, 3, 2, 3, 2, 2}) {
		t.Errorf("got %v", got)
	}
}

func TestGeneratorErrors(t *testing.T) {
	for name, want := range map[string]string{
		"copy":            "copy: error[data]: copy needs a length of 1 to 100000; help: write  copy(100)",
		"copy(0)":         "copy needs a length",
		"copy(999999999)": "copy needs a length",
		"copied(3)":       "there is no data set of this name",
	} {
		if _, err := Load(name, Defaults()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load("copy(3)", options(t, "layout=rows")); err == nil || !strings.Contains(err.Error(), "layout says nothing about this data set; help: remove it; the set is generated") {
		t.Errorf("got %v", err)
	}
}

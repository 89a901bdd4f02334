package data

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

const twoRecordings = `id,act,v,w,to
a,walk,1,10,0.5
a,walk,2,20,0.25
a,,3,30,0
a,run,4,40,1
a,run,5,50,2
b,run,6,60,3
b,run,7,70,4
b,walk,8,80,5
`

// TestUnbroken holds recordings that are read unbroken to the rows of their table: values, the labels or numbers of every step, what
// is behind the end of the shorter one, and pieces that begin anywhere.
func TestUnbroken(t *testing.T) {
	none := int32(-1)
	for _, c := range []struct {
		name     string
		settings []string
		values   [][]float64 // as far as the longest recording
		labels   [][]int32
		steps    []int
	}{
		{"as they are", nil, [][]float64{{1, 10, 2, 20, 3, 30, 4, 40, 5, 50}, {6, 60, 7, 70, 8, 80, 6, 60, 7, 70}},
			[][]int32{{1, 1, none, 0, 0}, {0, 0, 1, none, none}}, []int{5, 3}},
		{"one channel, every second step", []string{"channels=w", "subsample=2"}, [][]float64{{10, 30, 50}, {60, 80, 60}},
			[][]int32{{1, none, 0}, {0, 1, none}}, []int{3, 2}},
		{"two steps at a time", []string{"channels=v", "frame=2"}, [][]float64{{1, 2, 3, 4}, {6, 7, 6, 7}},
			[][]int32{{1, 0}, {0, none}}, []int{2, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &load(t, saveTable(t, "s.csv", twoRecordings), append(c.settings, "values=v,w", "label=act", "id=id", "stream=yes", "hold=0", "valid=0")...).Train
			for i := range s.N {
				x, y := make([]float64, s.T*s.D), make([]int32, s.T)
				s.Values(i, x)
				s.Labels(i, y)
				if s.Steps(i) != c.steps[i] || !slices.Equal(x, c.values[i]) || !slices.Equal(y, c.labels[i]) || !s.Stream() || !s.EachStep {
					t.Errorf("recording %d: %d steps, values %v, labels %v; want %d, %v, %v", i, s.Steps(i), x, y, c.steps[i], c.values[i], c.labels[i])
				}
				for from := range s.T {
					piece, labels := make([]float64, (s.T-from)*s.D), make([]int32, s.T-from)
					s.Piece(i, from, piece)
					s.PieceLabels(i, from, labels)
					if !slices.Equal(labels, y[from:]) || from < s.Steps(i) && !slices.Equal(piece, x[from*s.D:]) {
						t.Errorf("recording %d from step %d: values %v, labels %v", i, from, piece, labels)
					}
				}
				if last := c.labels[i][c.steps[i]-1]; s.Label(i) != last {
					t.Errorf("recording %d ends with label %d, want %d", i, s.Label(i), last)
				}
			}
		})
	}
	s := &load(t, saveTable(t, "s.csv", twoRecordings), "values=v", "targets=to", "id=id", "stream=yes", "hold=0", "valid=0").Train
	y := make([]float64, s.T)
	if s.Targets(1, y); !slices.Equal(y[:3], []float64{3, 4, 5}) || !math.IsNaN(y[3]) || !math.IsNaN(y[4]) {
		t.Errorf("targets %v", y)
	}
}

// TestNormalisedUnbroken counts every step once, however long the other recordings are.
func TestNormalisedUnbroken(t *testing.T) {
	s := load(t, saveTable(t, "s.csv", twoRecordings), "values=v", "label=act", "id=id", "stream=yes", "hold=0", "valid=0", "normalise=channel")
	if c := s.Channels[0]; math.Abs(-c.Offset/c.Scale-4.5) > 1e-9 {
		t.Errorf("the mean is %v, want 4.5", -c.Offset/c.Scale)
	}
}

// TestUnbrokenRefuses refuses settings that have no meaning for recordings of different lengths.
func TestUnbrokenRefuses(t *testing.T) {
	path := saveTable(t, "s.csv", twoRecordings)
	for setting, want := range map[string]string{"window=3": "window is for sequences of one length", "length=4": "length is for", "permute=1": "permute is for",
		"augment_shift=2": "augment_shift is for", "frame=9": "no recording has 9 steps"} {
		_, err := Load(path, options(t, "values=v", "label=act", "id=id", "stream=yes", setting))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", setting, err, want)
		}
	}
}

// TestForecast has as answers what the inputs, or other columns, are some steps later, in windows and in unbroken recordings.
func TestForecast(t *testing.T) {
	path := saveTable(t, "s.csv", twoRecordings)
	for _, c := range []struct {
		settings []string
		each     bool
		want     [][]float64 // of each sequence
		targets  []string
	}{
		{[]string{"values=v,w", "window=2", "stride=1", "horizon=2"}, false, [][]float64{{4, 40}, {5, 50}}, []string{"v", "w"}},
		{[]string{"values=v,w", "channels=w", "window=2", "stride=1", "horizon=1"}, false, [][]float64{{30}, {40}, {50}, {80}}, []string{"w"}},
		{[]string{"values=v", "targets=v,to", "stream=yes", "horizon=1"}, true, [][]float64{{2, 0.25, 3, 0, 4, 1, 5, 2}, {7, 4, 8, 5}}, []string{"v", "to"}},
		{[]string{"values=v", "stream=yes", "horizon=1", "subsample=2"}, true, [][]float64{{3, 5}, {8}}, []string{"v"}},
		{[]string{"values=v", "unit=0.5", "stream=yes", "horizon=4"}, true, [][]float64{{2.5}}, []string{"v"}},
	} {
		set := load(t, path, append(c.settings, "id=id", "hold=0", "valid=0")...)
		s := &set.Train
		if s.N != len(c.want) || s.EachStep != c.each || !slices.Equal(set.Targets, c.targets) || set.Classes != nil {
			t.Errorf("%v: %d sequences, targets %v, classes %v", c.settings, s.N, set.Targets, set.Classes)
			continue
		}
		for i, want := range c.want {
			y := make([]float64, s.answers()*s.Outputs)
			if s.Targets(i, y); !slices.Equal(y[:len(want)], want) || len(want) != s.Outputs && s.Steps(i)*s.Outputs != len(want) {
				t.Errorf("%v: sequence %d has targets %v, want %v", c.settings, i, y, want)
			}
		}
	}
	for setting, want := range map[string]string{"label=act": "label is a class, and horizon forecasts numbers", "stream=yes": "no recording is longer than  horizon = 5"} {
		if _, err := Load(path, options(t, "values=v", "id=id", "horizon=5", setting)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", setting, err, want)
		}
	}
}

// TestOneRecordingIsCut: where there is one recording alone, its end is held out, and no step is in two parts.
func TestOneRecordingIsCut(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,v,w,act,to\n")
	for i := range 100 {
		fmt.Fprintf(&b, "r,%d,%d,%s,%d\n", i, 10*i, []string{"on", "off"}[i/5%2], 1000+i)
	}
	path := saveTable(t, "s.csv", b.String())
	for _, c := range []struct {
		settings []string
		steps    [3]int // of training, validation and test
	}{
		{nil, [3]int{72, 8, 20}},
		{[]string{"valid=0"}, [3]int{80, 0, 20}},
		{[]string{"hold=0.5", "frame=5"}, [3]int{9, 1, 10}},
		{[]string{"hold=0.03", "valid=0", "frame=5"}, [3]int{20, 0, 0}}, // too short for a step
		{[]string{"split=groups"}, [3]int{100, 0, 0}},
	} {
		for _, answers := range []string{"label=act", "targets=to"} {
			set := load(t, path, append(c.settings, "values=v,w", answers, "id=id", "stream=yes")...)
			at := 0.0
			for k, s := range []*Sequences{&set.Train, &set.Valid, &set.Test} {
				steps := 0
				for i := range s.N {
					steps += s.Steps(i)
					x := make([]float64, s.Steps(i)*s.D)
					s.Piece(i, 0, x)
					if x[0] != at || x[1] != 10*at {
						t.Errorf("%v: part %d begins with %v, want %v", c.settings, k, x[:2], at)
					}
					if answers == "targets=to" {
						y := make([]float64, 1)
						if s.PieceTargets(i, 0, y); y[0] != 1000+at+float64(s.D/2-1) {
							t.Errorf("%v: part %d begins with target %v", c.settings, k, y)
						}
					}
					at += float64(s.Steps(i) * s.D / 2)
				}
				if steps != c.steps[k] {
					t.Errorf("%v: part %d has %d steps, want %d", c.settings, k, steps, c.steps[k])
				}
			}
		}
	}
}

// TestRareClassesStay: a recording that alone has a class is trained on, and another one is held out.
func TestRareClassesStay(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,v,act\n")
	for i := range 60 {
		act := []string{"on", "off"}[i/5%2]
		if i/10 != 4 && i%10 == 7 {
			act = fmt.Sprint("rare", i/10) // of all recordings but one
		}
		fmt.Fprintf(&b, "%d,%d,%s\n", i/10, i, act)
	}
	set := load(t, saveTable(t, "s.csv", b.String()), "label=act", "id=id", "stream=yes", "valid=0")
	x := make([]float64, 10)
	if set.Test.N == 1 {
		set.Test.Values(0, x)
	}
	if set.Test.N != 1 || x[0] != 40 {
		t.Errorf("%d recordings are held out, the first from %v", set.Test.N, x[0])
	}
}

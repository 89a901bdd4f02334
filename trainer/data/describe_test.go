package data

import (
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/internal/npy"
)

// TestDescribeSteps counts labels where every step has one: all that count, and no other.
func TestDescribeSteps(t *testing.T) {
	y := npy.FromInts([]int64{-1, 4, 5, 5, -1, 4}, 2, 3)
	d := load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 2, 3), "y": y}), "valid=0", "hold=0").Describe()
	if want := []ClassCount{{"4", 2, 0, 0}, {"5", 2, 0, 0}}; !slices.Equal(d.Classes, want) || d.LabelledSteps != 4 {
		t.Errorf("%v of %d labelled steps", d.Classes, d.LabelledSteps)
	}
}

// TestDescribeTargets says what the numbers of a regression are like, and draws no part by class.
func TestDescribeTargets(t *testing.T) {
	s := load(t, saveTable(t, "s.csv", "a,charge,b,peak\n1,10,2,-1\n3,14,4,-3\n"), "targets=peak,charge", "valid=50%", "hold=0")
	if want := []string{"validation part: 1 sequence drawn at random"}; !slices.Equal(s.Notes, want) {
		t.Errorf("notes %q", s.Notes)
	}
	d := load(t, saveTable(t, "s.csv", "a,charge,b,peak\n1,10,2,-1\n3,14,4,-3\n"), "targets=peak,charge", "valid=0", "hold=0").Describe()
	want := []TargetValues{{"peak", Values{-3, -1, -2, 1}}, {"charge", Values{10, 14, 12, 2}}}
	if !slices.Equal(d.Targets, want) || d.Classes != nil {
		t.Errorf("targets %v, classes %v", d.Targets, d.Classes)
	}
	y := npy.FromFloats([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 2, 3, 2)
	d = load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 2, 3), "y": y}), "valid=0", "hold=0").Describe()
	if len(d.Targets) != 2 || d.Targets[1].Name != "target 1" || d.Targets[1].Mean != 7 || d.Targets[0].Max != 11 {
		t.Errorf("targets %v", d.Targets)
	}
}

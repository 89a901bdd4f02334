package data

import (
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/npy"
)

// TestSeveralLabels reads zeros and ones as labels, of which a sequence may have several.
func TestSeveralLabels(t *testing.T) {
	x := ints('i', 2, 4, 5, 2)
	y := npy.FromInts([]int64{0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0}, 4, 3)
	s := load(t, saveNpz(t, map[string]*npy.Array{"x": x, "y": y}), "valid=0", "hold=0")
	got := make([]float64, 3)
	if s.Train.Targets(2, got); !s.Labels || s.Train.Outputs != 3 || !slices.Equal(got, []float64{1, 1, 1}) || !slices.Equal(s.Targets, []string{"label 0", "label 1", "label 2"}) {
		t.Errorf("%v of %d, %v", got, s.Train.Outputs, s.Targets)
	}
	every := load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 2, 3, 2), "y": npy.FromInts([]int64{0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1}, 2, 3, 2)}), "valid=0", "hold=0")
	if !every.Labels || !every.Train.EachStep || every.Train.Outputs != 2 {
		t.Errorf("%+v", every.Train)
	}
	classes := load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 2, 3, 2), "y": npy.FromInts([]int64{0, 0, 1, 1, 0, 1}, 2, 3)}), "valid=0", "hold=0")
	if classes.Labels || !classes.Train.EachStep {
		t.Errorf("%+v", classes.Train)
	}
	if s := load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 2, 3, 2), "y": npy.FromInts([]int64{0, 0, 1, 1, 0, 1}, 2, 3)}), "answers=labels", "valid=0", "hold=0"); !s.Labels || s.Train.EachStep {
		t.Errorf("%+v", s.Train)
	}
	path := saveNpz(t, map[string]*npy.Array{"x": x, "y": npy.FromInts([]int64{0, 2, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0}, 4, 3)})
	if _, err := Load(path, options(t, "answers=labels")); err == nil || !strings.Contains(err.Error(), "y[0, 1] is neither 0 nor 1") {
		t.Errorf("got %v", err)
	}
}

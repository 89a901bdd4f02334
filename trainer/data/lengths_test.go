package data

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/npy"
)

// TestLengths moves shorter sequences to the last step, and their labels with them.
func TestLengths(t *testing.T) {
	x := npy.FromFloats([]float64{1, 2, 9, 3, 9, 9, 4, 5, 6}, 3, 3)
	lengths := npy.FromInts([]int64{2, 1, 3}, 3)
	s := load(t, saveNpz(t, map[string]*npy.Array{"x": x, "y": npy.FromInts([]int64{0, 1, 0}, 3), "lengths": lengths, "other": lengths}), "valid=0", "hold=0")
	for i, want := range [][]float64{{0, 1, 2}, {0, 0, 3}, {4, 5, 6}} {
		if got := values(&s.Train, i); !slices.Equal(got, want) {
			t.Errorf("sequence %d: %v", i, got)
		}
	}
	if !noted(s, "sequences of 1 to 3 steps, as lengths says, padded in front with zeros") || !noted(s, "arrays that are not read: other") {
		t.Errorf("notes %q", s.Notes)
	}
	s = load(t, saveNpz(t, map[string]*npy.Array{"x": x, "y": npy.FromInts([]int64{4, 5, 9, 5, 9, 9, 4, 4, 4}, 3, 3), "lengths": lengths}), "valid=0", "hold=0")
	labels := make([]int32, 3)
	if s.Train.Labels(0, labels); !slices.Equal(labels, []int32{-1, 0, 1}) {
		t.Errorf("labels %v", labels)
	}
	// What stands in the padding is no value: NaN is as good as any.
	padded := npy.FromFloats([]float64{1, 2, math.NaN(), 3, math.NaN(), math.NaN(), 4, 5, 6}, 3, 3)
	s = load(t, saveNpz(t, map[string]*npy.Array{"x": padded, "y": npy.FromInts([]int64{0, 1, 0}, 3), "seq_len": lengths}), "valid=0", "hold=0")
	if got := values(&s.Train, 1); !slices.Equal(got, []float64{0, 0, 3}) {
		t.Errorf("got %v", got)
	}
	for want, lengths := range map[string]*npy.Array{
		"lengths[1] is 4; a sequence has 1 to 3 steps": npy.FromInts([]int64{2, 4, 3}, 3),
		"lengths[0] is 0":               npy.FromInts([]int64{0, 1, 3}, 3),
		"has 2 entries for 3 sequences": npy.FromInts([]int64{2, 1}, 2),
	} {
		path := saveNpz(t, map[string]*npy.Array{"x": x, "y": npy.FromInts([]int64{0, 1, 0}, 3), "lengths": lengths})
		if _, err := Load(path, options(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

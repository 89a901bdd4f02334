package data

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/npy"
)

// waves are n sequences of slow waves, [n, a, b], steps along the last axis or along the middle one.
func waves(n, a, b int, last bool) *npy.Array {
	x := make([]float64, n*a*b)
	for i := range x {
		step, channel := i%b, i/b%a
		if !last {
			step, channel = channel, step
		}
		x[i] = math.Sin(float64(step)/5+2*float64(channel)) + float64(i/(a*b))
	}
	return npy.FromFloats(x, n, a, b)
}

// TestChannelsFirst refuses arrays that look like channels first, until  axes  says what they are.
func TestChannelsFirst(t *testing.T) {
	y := npy.FromInts([]int64{0, 1, 0, 1}, 4)
	first := saveNpz(t, map[string]*npy.Array{"x": waves(4, 3, 40, true), "y": y})
	if _, err := Load(first, options(t)); err == nil || !strings.Contains(err.Error(),
		"has shape [4, 3, 40], steps before values: sequences of 3 steps of 40 values, of which neighbours are alike, as steps are; help: axes = nct  reads it as 3 channels of 40 steps") {
		t.Errorf("got %v", err)
	}
	s := load(t, first, "axes=nct", "valid=0", "hold=0")
	if got := values(&s.Train, 1)[:4]; s.Train.T != 40 || s.Train.D != 3 || got[1] != math.Sin(2)+1 || got[3] != math.Sin(0.2)+1 {
		t.Errorf("%d x %d, %v", s.Train.T, s.Train.D, got)
	}
	if s := load(t, first, "axes=ntc", "valid=0", "hold=0"); s.Train.T != 3 || s.Train.D != 40 {
		t.Errorf("%d x %d", s.Train.T, s.Train.D)
	}
	// A few steps of many values that are not alike are read as they are, with a note.
	few := load(t, saveNpz(t, map[string]*npy.Array{"x": waves(4, 5, 40, false), "y": y}), "valid=0", "hold=0")
	if few.Train.T != 5 || !noted(few, "axes = nct reads it as 5 channels of 40 steps") {
		t.Errorf("%d steps, notes %q", few.Train.T, few.Notes)
	}
	if s := load(t, saveNpz(t, map[string]*npy.Array{"x": waves(4, 40, 3, false), "y": y}), "valid=0", "hold=0"); s.Train.T != 40 || noted(s, "axes") {
		t.Errorf("%d steps, notes %q", s.Train.T, s.Notes)
	}
	one := saveNpz(t, map[string]*npy.Array{"x": waves(4, 1, 40, true), "y": y})
	if _, err := Load(one, options(t)); err == nil || !strings.Contains(err.Error(), "sequences of 1 step of 40 values") {
		t.Errorf("got %v", err)
	}
	whole := load(t, saveNpz(t, map[string]*npy.Array{"x": ints('u', 1, 4, 2, 9), "y": y}), "axes=nct", "valid=0", "hold=0")
	if got := values(&whole.Train, 0); !slices.Equal(got[:4], []float64{0, 9, 1, 10}) {
		t.Errorf("integers: %v", got)
	}
}

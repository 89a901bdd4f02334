package data

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/npy"
)

// TestNumpyPermutation holds the shuffle against what numpy prints for np.random.RandomState(seed).permutation(10).
func TestNumpyPermutation(t *testing.T) {
	for seed, want := range map[uint32][]int{
		0:  {2, 8, 4, 9, 1, 6, 7, 3, 0, 5},
		42: {8, 1, 5, 0, 7, 2, 9, 4, 3, 6},
	} {
		if got := numpyPermutation(seed, 10); !slices.Equal(got, want) {
			t.Errorf("seed %d: %v", seed, got)
		}
	}
	p := numpyPermutation(92916, 784)
	slices.Sort(p)
	for i, v := range p {
		if i != v {
			t.Fatalf("not a permutation at %d", i)
		}
	}
}

// TestMersenne checks the 10,000th number of MT19937 seeded with 5489, as the C++ standard gives it (26.6.5 of C++11).
func TestMersenne(t *testing.T) {
	m := newMersenne(5489)
	var last uint32
	for range 10_000 {
		last = m.draw()
	}
	if last != 4123659995 {
		t.Errorf("got %d", last)
	}
}

func TestRuns(t *testing.T) {
	o := newOrder(4, 2, func(t, j int) int { return t*3 + j })
	if got := o.runs(); !slices.Equal(got, []run{{0, 2}, {3, 2}, {6, 2}, {9, 2}}) {
		t.Errorf("got %v", got)
	}
	if got := imageOrder(frame{steps: 2, channels: 3, image: true}, "pixels").runs(); !slices.Equal(got, []run{{0, 6}}) {
		t.Errorf("got %v", got)
	}
	o.subsample(3)
	if !slices.Equal(o.steps, []int32{0, 3}) || !slices.Equal(o.cells, []int32{0, 1, 9, 10}) {
		t.Errorf("got %+v", o)
	}
}

// TestFrame: joined steps hold the values of all of them, and what is left over goes at the front.
func TestFrame(t *testing.T) {
	file := saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 20, 7, 2), "y": ints('i', 2, 20)})
	plain, s := load(t, file, "valid=0"), load(t, file, "valid=0", "frame=3")
	if s.Train.T != 2 || s.Train.D != 6 || len(s.Channels) != 6 {
		t.Fatalf("%d steps of %d values, %d channels", s.Train.T, s.Train.D, len(s.Channels))
	}
	if got, want := values(&s.Train, 1), values(&plain.Train, 1)[2:]; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if s.Channels[3].Name != "1, step 2 of 3" {
		t.Errorf("channel 3 is %q", s.Channels[3].Name)
	}
	for frame, last := range []int{3, 6} {
		if got, want := s.Train.StepAt(0, frame), plain.Train.StepAt(0, last); got != want {
			t.Errorf("frame %d ends with step %d, want %d", frame, got, want)
		}
	}
	if _, err := Load(file, options(t, "frame=8")); err == nil || !strings.Contains(err.Error(), "which are 7") {
		t.Errorf("got %v", err)
	}
}

// TestFrameIsOneChannel: all samples of a channel are normalised alike, and dropped together.
func TestFrameIsOneChannel(t *testing.T) {
	file := saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 20, 6, 2), "y": ints('i', 2, 20)})
	plain, s := load(t, file, "valid=0", "normalise=channel"), load(t, file, "valid=0", "normalise=channel", "frame=3")
	for d, c := range s.Channels {
		if want := plain.Channels[d%2]; c.Scale != want.Scale || c.Offset != want.Offset {
			t.Errorf("channel %d is scaled by %g, %g; its samples by %g, %g", d, c.Scale, c.Offset, want.Scale, want.Offset)
		}
	}
	got, rng, dropped := make([]float64, 12), rand.New(rand.NewPCG(1, 2)), 0
	for range 20 {
		s.Train.Augmented(0, 0, Augment{Drop: []float64{0.5}}, rng, got)
		for c := range 2 {
			zeros := 0
			for i := c; i < 12; i += 2 {
				if got[i] == 0 {
					zeros++
				}
			}
			if zeros == 6 {
				dropped++
			} else if zeros > 1 {
				t.Fatalf("channel %d is dropped in %d of 6 samples", c, zeros)
			}
		}
	}
	if dropped < 8 || dropped > 32 {
		t.Errorf("%d of 40 channels dropped, at a probability of a half", dropped)
	}
}

// TestFrameOfLabels: a frame has the label of its last sample.
func TestFrameOfLabels(t *testing.T) {
	file := saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 20, 7, 1), "y": ints('i', 2, 20, 7)})
	plain, s := load(t, file, "valid=0"), load(t, file, "valid=0", "frame=3")
	all, got := make([]int32, 7), make([]int32, 2)
	plain.Train.Labels(2, all)
	s.Train.Labels(2, got)
	if !slices.Equal(got, []int32{all[3], all[6]}) {
		t.Errorf("got %v of %v", got, all)
	}
}

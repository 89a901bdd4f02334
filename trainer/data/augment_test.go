package data

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/npy"
)

func TestAugmentNothing(t *testing.T) {
	s := load(t, images(t), "valid=0")
	got := make([]float64, 6)
	s.Train.Augmented(1, 0, Augment{}, nil, got)
	if !slices.Equal(got, values(&s.Train, 1)) {
		t.Errorf("got %v", got)
	}
}

// TestAugmentLeavesSomething: what would blank sequences is refused.
func TestAugmentLeavesSomething(t *testing.T) {
	one := saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 20, 5), "y": ints('i', 2, 20)})
	two := saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 20, 5, 2), "y": ints('i', 2, 20)})
	for setting, fault := range map[string]string{
		"augment_shift=5":  "augment_shift is 0 to 4 for sequences of 5 steps, not 5",
		"augment_drop=0.2": "they have one channel",
	} {
		if _, err := Load(one, options(t, setting)); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: got %v", setting, err)
		}
	}
	load(t, one, "augment_shift=4")
	load(t, two, "augment_drop=0.2")
}

func TestShiftSteps(t *testing.T) {
	for k, want := range map[int][]float64{
		0:   {1, 2, 3, 4, 5, 6},
		1:   {1, 2, 1, 2, 3, 4},
		2:   {1, 2, 1, 2, 1, 2},
		-1:  {3, 4, 5, 6, 5, 6},
		-2:  {5, 6, 5, 6, 5, 6},
		9:   {1, 2, 1, 2, 1, 2},
		-99: {5, 6, 5, 6, 5, 6},
	} {
		x := []float64{1, 2, 3, 4, 5, 6}
		if shiftSteps(x, 2, k); !slices.Equal(x, want) {
			t.Errorf("by %d: %v", k, x)
		}
	}
}

func TestShiftImage(t *testing.T) {
	f := frame{steps: 2, channels: 3, image: true}
	x := []float64{1, 2, 3, 4, 5, 6}
	if shiftImage(x, f, 1, -1); !slices.Equal(x, []float64{0, 0, 0, 2, 3, 0}) {
		t.Errorf("got %v", x)
	}
	if shiftImage(x, f, 5, 5); !slices.Equal(x, make([]float64, 6)) {
		t.Errorf("got %v", x)
	}
}

// TestAugmentUnderPermutation checks that an image is moved as an image, whatever the order of its pixels.
func TestAugmentUnderPermutation(t *testing.T) {
	dir := images(t)
	plain, permuted := load(t, dir, "valid=0"), load(t, dir, "valid=0", "permute=7")
	a := Augment{ShiftPixels: 1, Erase: 1, Scale: 0.1}
	x, y := make([]float64, 6), make([]float64, 6)
	for seed := range uint64(20) {
		plain.Train.Augmented(2, 0, a, rand.New(rand.NewPCG(seed, 0)), x)
		permuted.Train.Augmented(2, 0, a, rand.New(rand.NewPCG(seed, 0)), y)
		for at, from := range numpyPermutation(7, 6) {
			if y[at] != x[from] {
				t.Fatalf("seed %d: %v and %v", seed, x, y)
			}
		}
	}
}

func TestAugmentNoiseAndScale(t *testing.T) {
	s := load(t, "curves", "sequences=10", "valid=0")
	rng := rand.New(rand.NewPCG(1, 2))
	x := values(&s.Train, 0)
	var noise, factor statistics
	got := make([]float64, len(x))
	for range 500 {
		s.Train.Augmented(0, 0, Augment{Noise: 0.25}, rng, got)
		for j, v := range got {
			noise.add(float64(v - x[j]))
		}
		s.Train.Augmented(0, 0, Augment{Scale: 0.25}, rng, got)
		factor.add(float64(got[5] / x[5]))
	}
	if math.Abs(noise.mean()) > 0.01 || math.Abs(noise.deviation()-0.25) > 0.01 {
		t.Errorf("noise of mean %v, deviation %v", noise.mean(), noise.deviation())
	}
	if math.Abs(factor.mean()-1) > 0.05 || math.Abs(factor.deviation()-0.25) > 0.05 {
		t.Errorf("factors of mean %v, deviation %v", factor.mean(), factor.deviation())
	}
}

// TestAugmentDrop checks that channels are zero throughout or as they were, as often as asked.
func TestAugmentDrop(t *testing.T) {
	s := load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 20, 5, 3), "y": ints('i', 2, 20)}), "valid=0")
	rng := rand.New(rand.NewPCG(1, 2))
	x := values(&s.Train, 1)
	got := make([]float64, len(x))
	var dropped [3]int
	const draws = 2000
	for range draws {
		s.Train.Augmented(1, 0, Augment{Drop: []float64{0.25}}, rng, got)
		for c := range dropped {
			switch {
			case got[c] == x[c] && got[12+c] == x[12+c]:
			case slices.Equal(channel(got, 3, c), make([]float64, 5)):
				dropped[c]++
			default:
				t.Fatalf("channel %d of %v became %v", c, x, got)
			}
		}
	}
	for c, n := range dropped {
		if part := float64(n) / draws; math.Abs(part-0.25) > 0.03 {
			t.Errorf("channel %d was dropped in %.3f of the draws", c, part)
		}
	}
}

// TestAugmentDropOfEach: a probability for each channel, of which the frames of a step count as one; another number of them is refused.
func TestAugmentDropOfEach(t *testing.T) {
	file := saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 20, 6, 3), "y": ints('i', 2, 20)})
	s, o := load(t, file, "valid=0", "frame=2"), options(t, "valid=0", "frame=2", "augment_drop=0,0,0.9")
	rng, dropped := rand.New(rand.NewPCG(1, 2)), 0
	x, got := values(&s.Train, 1), make([]float64, 18)
	for range 200 {
		s.Train.Augmented(1, 0, o.Augment, rng, got)
		if !slices.Equal(channel(got, 3, 0), channel(x, 3, 0)) || !slices.Equal(channel(got, 3, 1), channel(x, 3, 1)) {
			t.Fatalf("%v became %v", x, got)
		}
		if slices.Equal(channel(got, 3, 2), make([]float64, 6)) {
			dropped++
		}
	}
	if dropped < 165 || dropped == 200 {
		t.Errorf("dropped %d times of 200", dropped)
	}
	if _, err := Load(file, options(t, "valid=0", "augment_drop=0.1,0.2")); err == nil || !strings.Contains(err.Error(), "augment_drop has 2 probabilities; channels: 3") {
		t.Errorf("got %v", err)
	}
}

// channel is every d-th value from c on.
func channel(x []float64, d, c int) []float64 {
	var out []float64
	for ; c < len(x); c += d {
		out = append(out, x[c])
	}
	return out
}

// TestWarpSteps: the ends stay, order stays, and steps move by about as much as was asked for.
func TestWarpSteps(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const steps, draws = 101, 200
	moved := 0.0
	for range draws {
		x := make([]float64, 2*steps)
		for i := range steps {
			x[2*i], x[2*i+1] = float64(i), -float64(i)
		}
		warpSteps(x, 2, 0.03, rng)
		for i := range steps {
			if x[2*i] != -x[2*i+1] || i > 0 && x[2*i] < x[2*i-2] {
				t.Fatalf("step %d is %v after %v", i, x[2*i:2*i+2], x[2*i-2:2*i])
			}
		}
		if x[0] != 0 || x[2*steps-2] != steps-1 {
			t.Fatalf("the ends are %v and %v", x[0], x[2*steps-2])
		}
		d := x[steps-1] - steps/2 // of the step in the middle
		moved += d * d
	}
	if got := math.Sqrt(moved / draws); math.Abs(got-3) > 0.5 {
		t.Errorf("the middle moves by %.2f steps of 101", got)
	}
	one := []float64{5}
	if warpSteps(one, 1, 0.03, rng); one[0] != 5 {
		t.Errorf("a sequence of one step became %v", one)
	}
}

package data

import (
	"slices"
	"testing"
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

package hadamard

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func rng(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 2502)) }

// product is the definition: (I_q (x) H_block) v, entry by entry.
func product(v []int64, block int) []int64 {
	out := make([]int64, len(v))
	for i := range v {
		base := i / block * block
		for j := range block {
			out[i] += int64(Entry(i-base, j)) * v[base+j]
		}
	}
	return out
}

func TestEntryIsSylvester(t *testing.T) {
	for m := 1; m < 64; m *= 2 {
		for i := range m {
			for j := range m {
				h := Entry(i, j)
				if Entry(i, j+m) != h || Entry(i+m, j) != h || Entry(i+m, j+m) != -h {
					t.Fatalf("H_%d does not follow from H_%d at (%d, %d)", 2*m, m, i, j)
				}
			}
		}
	}
}

func TestTransformIsTheProduct(t *testing.T) {
	r := rng(1)
	for _, c := range []struct{ n, block int }{{1, 1}, {2, 2}, {12, 4}, {12, 1}, {16, 16}, {48, 16}, {64, 8}, {512, 512}} {
		v, f := make([]int64, c.n), make([]float64, c.n)
		for i := range v {
			v[i] = r.Int64N(1<<20) - 1<<19
			f[i] = float64(v[i])
		}
		want := product(v, c.block)
		Transform(v, c.block)
		Transform(f, c.block)
		for i := range v {
			if v[i] != want[i] || f[i] != float64(want[i]) {
				t.Fatalf("n %d, block %d: entry %d is %d and %g, want %d", c.n, c.block, i, v[i], f[i], want[i])
			}
		}
	}
}

// TestTransformOnUnitVectors proves the transform: it is linear, so the columns say everything.
func TestTransformOnUnitVectors(t *testing.T) {
	const n, block = 96, 32
	for j := range n {
		v := make([]int64, n)
		v[j] = 1
		want := product(v, block)
		if Transform(v, block); !slices.Equal(v, want) {
			t.Fatalf("column %d differs", j)
		}
	}
}

func TestStagedByHand(t *testing.T) {
	for _, c := range []struct {
		name         string
		block, shift int
		in, want     []int64
	}{
		{"no shift", 4, 0, []int64{1, 2, 3, 4}, []int64{10, -2, -4, 0}},
		{"one halving after the second stage", 4, 1, []int64{1, 2, 3, 5}, []int64{6, -1, -2, 1}},
		{"half goes up, also below zero", 4, 1, []int64{0, 1, 0, 0}, []int64{1, 0, 1, 0}},
		{"a single stage rounds at the end", 2, 1, []int64{3, 0}, []int64{2, 2}},
		{"no stage, the whole shift at the end", 1, 2, []int64{5, -6, 2, -2}, []int64{1, -1, 1, 0}},
		{"leftover is one rounding", 4, 3, []int64{7, 0, 0, 0}, []int64{1, 1, 1, 1}},
	} {
		if Staged(c.in, c.block, c.shift); !slices.Equal(c.in, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, c.in, c.want)
		}
	}
}

// TestStagedWidth checks the contract's bound: B + 1 + ceil(k/2) bits hold every value when the shift is the recurrence's own.
func TestStagedWidth(t *testing.T) {
	r := rng(2)
	for k := range 10 {
		block := 1 << k
		for _, shift := range []int{k / 2, (k + 1) / 2} {
			const state = 12
			v := make([]int64, block)
			for i := range v {
				v[i] = -1 << (state - 1)
				if r.IntN(3) == 0 {
					v[i] = 1<<(state-1) - 1
				}
			}
			Staged(v, block, shift)
			limit := int64(1) << (state + (k+1)/2)
			for i, z := range v {
				if z < -limit || z >= limit {
					t.Fatalf("k %d, shift %d: z[%d] = %d leaves %d bits", k, shift, i, z, state+1+(k+1)/2)
				}
			}
		}
	}
}

func BenchmarkTransform512(b *testing.B) {
	v := make([]int64, 512)
	for b.Loop() {
		Transform(v, 512)
	}
}

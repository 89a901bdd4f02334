package kernels

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand"
	"testing"
)

// hadamard is Transform by its definition, entry (i, j) = (-1)^popcount(i&j).
func hadamard(x []float32, m int) []float64 {
	y := make([]float64, len(x))
	for block := 0; block < len(x); block += m * Lanes {
		for i := range m {
			out := y[block+i*Lanes:][:Lanes]
			for j := range m {
				sign := float64(1 - 2*(bits.OnesCount(uint(i&j))&1))
				for l, v := range x[block+j*Lanes:][:Lanes] {
					out[l] += sign * float64(v)
				}
			}
		}
	}
	return y
}

func TestTransform(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for log := range 11 {
		m := 1 << log
		x := normal(rng, (1+rng.Intn(3))*m*Lanes)
		want := hadamard(x, m)
		var first []float32
		everySet(t, func(t *testing.T) {
			got := clone(x)
			Transform(got, m)
			// Every stage rounds once, and a sum of m numbers of size 1 is about sqrt(m).
			near(t, fmt.Sprintf("m = %d", m), got, want, 1e-6*math.Sqrt(float64(m))*float64(log))
			if first == nil {
				first = got
			}
			same(t, fmt.Sprintf("m = %d, beside the fastest set", m), got, first)
		})
	}
}

// Small whole numbers stay exact, so that a transform and its inverse give them back.
func TestTransformInverse(t *testing.T) {
	rng := rand.New(rand.NewSource(2))
	everySet(t, func(t *testing.T) {
		for log := range 11 {
			m := 1 << log
			x := make([]float32, 2*m*Lanes)
			want := make([]float32, len(x))
			for i := range x {
				x[i] = float32(rng.Intn(15) - 7)
				want[i] = x[i] * float32(m)
			}
			Transform(x, m)
			Transform(x, m)
			same(t, fmt.Sprintf("m = %d, twice", m), x, want)
		}
	})
}

// What lies beyond the tile stays as it is, and so does everything where there are no rows.
func TestTransformBounds(t *testing.T) {
	everySet(t, func(t *testing.T) {
		for m := 1; m <= 1024; m *= 2 {
			x := make([]float32, (m+2)*Lanes)
			for i := range x {
				x[i] = 1
			}
			Transform(x[Lanes:len(x)-Lanes], m)
			for i := range Lanes {
				if x[i] != 1 || x[len(x)-1-i] != 1 {
					t.Fatalf("m = %d: wrote beyond the tile", m)
				}
			}
			Transform(nil, m)
		}
	})
}

package kernels

import (
	"fmt"
	"math/rand"
	"testing"
)

// TestSetsAgree demands the same bits of AVX2 and AVX-512, so that a training does not depend on which of them a machine
// has. Transforms, which only add, have the same bits in portable Go too.
func TestSetsAgree(t *testing.T) {
	rng := rand.New(rand.NewSource(7))
	fused := map[string][]float32{} // result of the first set with fused multiply-adds, by what was computed
	exact := map[string][]float32{}
	compare := func(t *testing.T, all map[string][]float32, what string, got []float32) {
		t.Helper()
		if want, ok := all[what]; ok {
			same(t, what, got, want)
			return
		}
		all[what] = got
	}
	type product struct{ rows, cols int }
	var products []product
	for range 60 {
		products = append(products, product{1 + rng.Intn(40), 1 + rng.Intn(40)})
	}
	seed := rng.Int63()
	everySet(t, func(t *testing.T) {
		rng := rand.New(rand.NewSource(seed))
		for m := 2; m <= 2048; m *= 2 {
			x := normal(rng, 2*m*Lanes)
			Transform(x, m)
			compare(t, exact, fmt.Sprintf("transform of order %d", m), x)
		}
		if Set() == "portable" {
			return
		}
		for i, p := range products {
			what := fmt.Sprintf(" of %d rows and %d columns, case %d", p.rows, p.cols, i)
			w, b, x, g := normal(rng, p.rows*p.cols), normal(rng, p.rows), normal(rng, p.cols*Lanes), normal(rng, p.rows*Lanes)
			dst := make([]float32, p.rows*Lanes)
			MatMul(dst, w, b, x, p.rows, p.cols)
			compare(t, fused, "MatMul"+what, dst)
			back := normal(rng, p.cols*Lanes)
			MatMulT(back, w, g, p.rows, p.cols)
			compare(t, fused, "MatMulT"+what, back)
			dw := normal(rng, p.rows*p.cols)
			Outer(dw, g, x, p.rows, p.cols)
			compare(t, fused, "Outer"+what, dw)
		}
	})
}

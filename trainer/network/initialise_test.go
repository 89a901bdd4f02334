package network

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/hrnnc/hrnnc/internal/hadamard"
)

// TestBalancedSigns: half of the signs of each block are negative, with signs before the transform half of the products.
func TestBalancedSigns(t *testing.T) {
	for options, block := range map[string]int{"": 64, ", block = 16": 16, ", presigns = s": 64} {
		declared := ""
		if options == ", presigns = s" {
			declared = "param s : sign[64]\n"
		}
		n := build(t, "model m\ninput x : i8[2]\nparam U : int4[64, 2]\nparam V : int4[3, 64]\n"+declared+
			"state h : int16[64]\nh <- hadamard(h"+options+") + U*x\ny = V*relu(h)\noutput class = argmax(y) at last\n")
		n.Initialise(3, BalancedSigns)
		for at := 0; at < 64; at += block {
			negative := 0
			for j, s := range n.layers[0].recurrenceSigns()[at : at+block] {
				if s == 0 {
					t.Fatalf("sign %d of block %d is 0", j, at/block)
				}
				if s < 0 {
					negative++
				}
			}
			if negative != block/2 {
				t.Errorf("hadamard(h%s): %d of the signs from %d on are negative", options, negative, at)
			}
		}
	}
}

// recurrenceSigns are those of the recurrent matrix, up to similarity.
func (l *layer) recurrenceSigns() []float32 {
	out := make([]float32, l.n)
	for j := range out {
		out[j] = l.signs.Latent[j]
		if l.presigns != nil {
			out[j] *= l.presigns.Latent[j]
		}
	}
	return out
}

// TestIntegratingDirections counts the eigenvalues 1 of recurrent matrices: what SignInit says of them.
func TestIntegratingDirections(t *testing.T) {
	const m = 64
	n := build(t, fmt.Sprintf("model m\ninput x : i8[2]\nparam U : int4[%d, 2]\nparam V : int4[3, %[1]d]\nstate h : int16[%[1]d]\n"+
		"h <- hadamard(h) + U*x\ny = V*relu(h)\noutput class = argmax(y) at last\n", m))
	total := map[SignInit]int{}
	for _, how := range []SignInit{RandomSigns, BalancedSigns} {
		for seed := range int64(20) {
			n.Initialise(seed, how)
			k := 0
			for _, s := range n.layers[0].signs.Used {
				if s < 0 {
					k++
				}
			}
			found := integrating(n.layers[0].signs.Used)
			if least := max(m/2-k, k-m/2); found < least {
				t.Errorf("%d of %d signs are negative: %d eigenvalues are 1, not %d or more", k, m, found, least)
			}
			total[how] += found
		}
	}
	if total[BalancedSigns] > 0 || total[RandomSigns] == 0 {
		t.Errorf("eigenvalues 1 of 20 matrices: %d of balanced signs, %d of random ones", total[BalancedSigns], total[RandomSigns])
	}
}

// integrating counts the eigenvalues 1 of diag(s) H / sqrt(m), by the singular values of its difference to the identity.
func integrating(s []float32) (count int) {
	m := len(s)
	w := mat.NewDense(m, m, nil)
	for i := range m {
		for j := range m {
			w.Set(i, j, float64(s[i])*float64(hadamard.Entry(i, j))/math.Sqrt(float64(m)))
		}
		w.Set(i, i, w.At(i, i)-1)
	}
	var svd mat.SVD
	svd.Factorize(w, mat.SVDNone)
	for _, v := range svd.Values(nil) {
		if v < 1e-9 {
			count++
		}
	}
	return count
}

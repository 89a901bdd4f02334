package hadamard

import (
	"math"
	"math/rand"
	"strings"
	"testing"
)

// scrambled is a scaled block Hadamard with rows and columns permuted and negated.
func scrambled(rng *rand.Rand, n, m int, scale float64) []float64 {
	rows, cols := rng.Perm(n), rng.Perm(n)
	sign := func() float64 { return float64(2*rng.Intn(2) - 1) }
	rs, cs := make([]float64, n), make([]float64, n)
	for i := range n {
		rs[i], cs[i] = sign(), sign()
	}
	w := make([]float64, n*n)
	for i := range n {
		for j := range n {
			if i/m == j/m {
				w[rows[i]*n+cols[j]] = scale * rs[i] * cs[j] * float64(Entry(i%m, j%m))
			}
		}
	}
	return w
}

func (f *Form) dense(n int) []float64 {
	w := make([]float64, n*n)
	for i := range n {
		for c := range n {
			if f.Order[i]/f.Block == c/f.Block {
				w[i*n+f.PrePermute[c]] = f.Scale * float64(f.Signs[i]*f.PreSigns[c]) * float64(Entry(f.Order[i]%f.Block, c%f.Block))
			}
		}
	}
	return w
}

func TestRecogniseScrambled(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for _, size := range [][2]int{{1, 1}, {2, 1}, {2, 2}, {4, 4}, {12, 4}, {16, 16}, {64, 8}, {48, 16}, {128, 128}, {256, 64}} {
		n, m := size[0], size[1]
		w := scrambled(rng, n, m, 1/math.Sqrt(float64(m)))
		f, err := Recognise(w, n)
		if err != nil {
			t.Errorf("%d in blocks of %d: %v", n, m, err)
			continue
		}
		for i, v := range f.dense(n) {
			if f.Block != m || math.Abs(v-w[i]) > 1e-9 {
				t.Fatalf("%d in blocks of %d: entry %d is %v, want %v", n, m, i, v, w[i])
			}
		}
	}
}

func TestRecognisePlain(t *testing.T) {
	n, m := 32, 16
	w := make([]float64, n*n)
	signs := rand.New(rand.NewSource(2))
	for i := range n {
		s := float64(2*signs.Intn(2) - 1)
		for j := range n {
			if i/m == j/m {
				w[i*n+j] = s * float64(Entry(i%m, j%m)) / 4
			}
		}
	}
	f, err := Recognise(w, n)
	if err != nil || !f.Plain() || f.Scale != 0.25 {
		t.Errorf("form %+v, error %v", f, err)
	}
}

func TestRecogniseSaysHowFar(t *testing.T) {
	rng := rand.New(rand.NewSource(3))
	change := func(n, m int, f func(w []float64)) []float64 {
		w := scrambled(rng, n, m, 1)
		f(w)
		return w
	}
	noise := func(w []float64) {
		for i := range w {
			w[i] += 0.1 * rng.NormFloat64()
		}
	}
	random := func(w []float64) {
		for i := range w {
			w[i] = float64(2*rng.Intn(2) - 1)
		}
	}
	for _, c := range []struct {
		name, want string
		w          []float64
		n          int
	}{
		{"one sign", "1 of its 4096 entries differ in sign from the nearest signed Hadamard, the first at row 5, column 9", change(64, 64, func(w []float64) { w[5*64+9] *= -1 }), 64},
		{"noise", "not 0 and +-one magnitude: they differ from", change(16, 16, noise), 16},
		{"random signs", "not orthogonal", change(32, 32, random), 32},
		{"zero", "row 0 has 7 entries that are not zero", change(8, 8, func(w []float64) { w[0] = 0 }), 8},
		{"all zero", "all its entries are zero", make([]float64, 4), 2},
		{"NaN", "row 0, column 1 is NaN", []float64{1, math.NaN(), 1, -1}, 2},
		{"size", "a square matrix of 3 has 9", make([]float64, 8), 3},
		{"equal rows", "equal up to sign", []float64{1, 1, 1, 1, 1, -1, 1, -1, 1, 1, -1, -1, -1, 1, -1, 1}, 4},
		{"rank one", "no rows of it generate", []float64{1, 1, 1, 1}, 2},
	} {
		_, err := Recognise(c.w, c.n)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestRecogniseTellsPaleyFromSylvester uses the Paley matrix of order 12: orthogonal, but its order is no power of two.
func TestRecogniseTellsPaleyFromSylvester(t *testing.T) {
	const q = 11
	square := map[int]bool{}
	for i := 1; i < q; i++ {
		square[i*i%q] = true
	}
	n := q + 1
	w := make([]float64, n*n)
	for i := range n {
		for j := range n {
			v := 1.0
			switch {
			case i == 0 || i == j:
			case j == 0:
				v = -1
			case !square[(j-i+q)%q]:
				v = -1
			}
			w[i*n+j] = v
		}
	}
	if _, err := Recognise(w, n); err == nil || !strings.Contains(err.Error(), "12 entries that are not zero; a block is a power of two") {
		t.Errorf("error %v", err)
	}
}

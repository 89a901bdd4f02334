package compiler

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/passes"
)

// contract is docs/numerics.md section 3 for one layer, written down once more from the page and nothing else: no IR, no
// passes, matrices as matrices.
type contract struct {
	n, m, k, d, o, p, bits int
	scale, max             float64
	u, v, b, c             []float64
	signs                  []float64
	leak                   []int // the l of every block
}

func roundHalfEven(x float64) int64 { return int64(math.RoundToEven(x)) }

// shiftRight is a half-up rounding shift; a negative one shifts left.
func shiftRight(v int64, by int) int64 {
	switch {
	case by > 0:
		return (v + 1<<(by-1)) >> by
	default:
		return v << -by
	}
}

func (c *contract) quantise(w []float64) (q []int64, step float64) {
	alpha := 0.0
	for _, x := range w {
		alpha = max(alpha, math.Abs(x))
	}
	if alpha == 0 {
		alpha = 1
	}
	top := math.Ldexp(1, c.p-1)
	factor := float64(float32(top / alpha))
	for _, x := range w {
		r := math.RoundToEven(float64(float32(x * factor)))
		q = append(q, int64(min(max(r, -top), top-1)))
	}
	return q, alpha / top
}

// run gives Y after the last step.
func (c *contract) run(x [][]int64) []int64 {
	qu, stepU := c.quantise(c.u)
	qv, stepV := c.quantise(c.v)
	lambda0 := stepU * c.scale
	peak := c.max
	if c.k%2 == 1 {
		peak *= math.Sqrt2
	}
	e := int(math.Floor(math.Log2(math.Ldexp(1, c.bits-1-1) / (peak / lambda0))))
	lambda := math.Ldexp(lambda0, -e)
	f := max(0, e+c.p+int(math.Ceil(math.Log2(float64(c.d)))))
	low, high := int64(-1)<<(c.bits-1), int64(1)<<(c.bits-1)-1

	g := make([]int64, c.n)
	odd := false
	for t := 1; t <= len(x); t++ {
		odd = c.k%2 == 1 && t%2 == 1
		shift, root := c.k/2, 1.0
		if c.k%2 == 1 {
			shift = (c.k + 1) / 2
			if odd {
				shift, root = (c.k-1)/2, math.Sqrt2
			}
		}
		next := make([]int64, c.n)
		for i := range next {
			var z int64
			for j := range c.n {
				if i/c.m == j/c.m {
					s := int64(1)
					for bit := i % c.m & (j % c.m); bit > 0; bit &= bit - 1 {
						s = -s
					}
					z += s * g[j]
				}
			}
			var a int64
			for j := range c.d {
				in, by := x[t-1][j], -e
				if odd {
					in, by = roundHalfEven(math.Sqrt2*math.Ldexp(1, f)*float64(in)), f-e
				}
				a += qu[i*c.d+j] * in
				if j == c.d-1 {
					a = shiftRight(a, by)
				}
			}
			r := shiftRight(z, shift)
			if c.leak != nil {
				r -= shiftRight(r, c.leak[i/c.m])
			}
			if c.signs[i] < 0 { // sign(0) is +1
				r = -r
			}
			v := r + a + roundHalfEven(root*c.b[i]/lambda)
			next[i] = min(max(v, low), high)
		}
		g = next
	}
	y := make([]int64, c.o)
	root := 1.0
	if odd {
		root = math.Sqrt2
	}
	for i := range y {
		for j := range c.n {
			y[i] += qv[i*c.n+j] * max(g[j], 0)
		}
		y[i] += roundHalfEven(root * c.c[i] / (lambda * stepV))
	}
	return y
}

// TestContract holds the fixed level of the compiler against the contract, over orders, blocks, widths and inputs.
func TestContract(t *testing.T) {
	rng := rand.New(rand.NewSource(11))
	for i := range 60 {
		k := rng.Intn(7)
		c := contract{m: 1 << k, k: k, d: 1 + rng.Intn(5), o: 1 + rng.Intn(4), p: 2 + rng.Intn(7), bits: 10 + rng.Intn(15), scale: 1.0 / 255}
		c.n = c.m * (1 + rng.Intn(3))
		steps := 1 + rng.Intn(30)
		leak := ""
		if i%3 == 2 {
			for range c.n / c.m {
				c.leak = append(c.leak, 1+rng.Intn(12))
				leak += fmt.Sprintf(", 2^-%d", c.leak[len(c.leak)-1])
			}
			leak = ", leak = [" + leak[2:] + "]"
		}
		text := fmt.Sprintf("model contract\ninput x : u8[%d] / 255\nsteps %d\nparam U : int%d[%d, %d]\nparam b : [%d]\nparam V : int%d[%d, %d]\nparam c : [%d]\n"+
			"state h : int%d[%d]\nh <- hadamard(h, block = %d%s) + U*x + b\ny = V*relu(h) + c\noutput y at last\nweights \"model.safetensors\"\n",
			c.d, steps, c.p, c.n, c.d, c.n, c.p, c.o, c.n, c.o, c.bits, c.n, c.m, leak)
		t.Run(fmt.Sprintf("%d/k=%d", i, k), func(t *testing.T) {
			w, err := modelgen.Weights(text, int64(i))
			if err != nil {
				t.Fatal(err)
			}
			data := func(name string) []float64 {
				return w.Tensors[slices.IndexFunc(w.Tensors, func(t *weights.Tensor) bool { return t.Name == name })].Data
			}
			c.u, c.v, c.b, c.c, c.signs = data("U"), data("V"), data("b"), data("c"), data("h.signs")
			m, err := FromParts("model.hrn", []byte(text), w)
			if err != nil {
				t.Fatal(err)
			}
			c.max = m.Real.States[0].Max
			l, err := m.Lower(passes.Config{})
			if refused(err) {
				t.Skip("no width of integers can run it")
			}
			if err != nil {
				t.Fatal(err)
			}
			x := passes.Sequences(m.Real, 5, steps, rng)
			out, err := l.Run(context.Background(), "fixed", x, nil)
			if err != nil {
				t.Fatal(err)
			}
			for s := range x {
				want := c.run(x[s])
				if got := out.Y.Ints[s*c.o : s*c.o+c.o]; !slices.Equal(got, want) {
					t.Fatalf("sequence %d: %v, the contract says %v\n%s", s, got, want, text)
				}
			}
		})
	}
}

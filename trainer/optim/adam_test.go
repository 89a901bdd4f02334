package optim

import (
	"math"
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/network"
)

func near(a, b, relative float64) bool {
	return math.Abs(a-b) <= relative*max(1, math.Abs(a), math.Abs(b))
}

// published is one weight under Adam as its papers print it, in float64: m and v are divided by 1 - beta^t, and the decay is
// added to the gradient (Kingma and Ba, algorithm 1, with L2 as torch.optim.Adam has it) or taken off the weight (Loshchilov and
// Hutter, algorithm 2).
type published struct{ w, m, v float64 }

func (p *published) step(a *Adam, t int, rate, gradient, decay float64) {
	if a.Decoupled {
		p.w -= rate * decay * p.w
	} else {
		gradient += decay * p.w
	}
	p.m = a.Beta1*p.m + (1-a.Beta1)*gradient
	p.v = a.Beta2*p.v + (1-a.Beta2)*gradient*gradient
	m, v := p.m/(1-math.Pow(a.Beta1, float64(t))), p.v/(1-math.Pow(a.Beta2, float64(t)))
	p.w -= rate * m / (math.Sqrt(v) + a.Epsilon)
}

// TestAdamIsThePublishedOne follows weights of every kind through 200 steps of random gradients at rates of their own.
func TestAdamIsThePublishedOne(t *testing.T) {
	for _, c := range []struct {
		name      string
		decoupled bool
		decay     float64
		betas     [2]float64
		epsilon   float64
	}{
		{"Adam", false, 0, [2]float64{0.9, 0.999}, 1e-8},
		{"Adam with L2", false, 0.03, [2]float64{0.9, 0.999}, 1e-8},
		{"AdamW", true, 0.1, [2]float64{0.9, 0.999}, 1e-8},
		{"AdamW of other constants", true, 0.02, [2]float64{0.8, 0.95}, 1e-3},
	} {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewSource(1))
			params := []*network.Param{{Name: "U", Kind: "int4"}, {Name: "b", Kind: "real"}, {Name: "s", Kind: "sign"}, {Name: "p", Kind: "index", Fixed: true}}
			rates := map[string]float64{"U": 1e-3, "b": 3e-3, "s": 0.1, "p": 1}
			want := make([][]published, len(params))
			for i, p := range params {
				for range 5 {
					p.Latent, p.Grad = append(p.Latent, float32(rng.NormFloat64())), append(p.Grad, 0)
					want[i] = append(want[i], published{w: float64(p.Latent[len(p.Latent)-1])})
				}
			}
			a := NewAdam()
			a.Decoupled, a.Decay, a.Beta1, a.Beta2, a.Epsilon = c.decoupled, c.decay, c.betas[0], c.betas[1], c.epsilon
			for step := 1; step <= 200; step++ {
				for i, p := range params {
					for k := range p.Grad {
						p.Grad[k] = float32(rng.NormFloat64() * math.Pow(10, float64(k-3)))
						decay := c.decay
						if p.Kind == "sign" {
							decay = 0
						}
						if !p.Fixed {
							want[i][k].step(a, step, rates[p.Name], float64(p.Grad[k]), decay)
						}
					}
				}
				a.Step(params, func(p *network.Param) float64 { return rates[p.Name] })
				for i, p := range params {
					for k, w := range p.Latent {
						if !near(float64(w), want[i][k].w, 2e-5) {
							t.Fatalf("step %d: %s[%d] is %v, the published formula gives %v", step, p.Name, k, w, want[i][k].w)
						}
					}
				}
			}
		})
	}
}

// TestFirstStepIsTheRate: whatever the gradient's size, the first step is as long as the rate, against it.
func TestFirstStepIsTheRate(t *testing.T) {
	for _, g := range []float32{1e-4, -1e-2, 1, -1e4} {
		p := &network.Param{Name: "U", Kind: "real", Latent: []float32{1}, Grad: []float32{g}}
		NewAdam().Step([]*network.Param{p}, func(*network.Param) float64 { return 0.125 })
		if want := 1 - 0.125*math.Copysign(1, float64(g)); !near(float64(p.Latent[0]), want, 1e-4) {
			t.Errorf("gradient %v: the weight is %v, want %v", g, p.Latent[0], want)
		}
	}
}

// TestAdamFindsTheRidge descends |Aw - b|^2/2 by gradients of central differences, under L2, to the solution of
// (A'A + decay) w = A'b.
func TestAdamFindsTheRidge(t *testing.T) {
	a, b := [3][2]float64{{2, 1}, {-1, 3}, {0.5, 0.5}}, [3]float64{1, -2, 3}
	loss := func(w []float64) float64 {
		sum := 0.0
		for i, row := range a {
			d := row[0]*w[0] + row[1]*w[1] - b[i]
			sum += d * d / 2
		}
		return sum
	}
	const decay = 0.5
	var n [2][2]float64 // A'A + decay
	var r [2]float64    // A'b
	for i, row := range a {
		for j := range 2 {
			for k := range 2 {
				n[j][k] += row[j] * row[k]
			}
			r[j] += row[j] * b[i]
		}
	}
	n[0][0], n[1][1] = n[0][0]+decay, n[1][1]+decay
	det := n[0][0]*n[1][1] - n[0][1]*n[1][0]
	want := [2]float64{(r[0]*n[1][1] - n[0][1]*r[1]) / det, (n[0][0]*r[1] - r[0]*n[1][0]) / det}

	p := &network.Param{Name: "w", Kind: "real", Latent: []float32{4, -4}, Grad: make([]float32, 2)}
	o := NewAdam()
	o.Decay = decay
	for step := range 6000 {
		w := []float64{float64(p.Latent[0]), float64(p.Latent[1])}
		for k := range w {
			const h = 1e-5
			up, down := []float64{w[0], w[1]}, []float64{w[0], w[1]}
			up[k] += h
			down[k] -= h
			p.Grad[k] = float32((loss(up) - loss(down)) / (2 * h))
		}
		rate := Schedule{Kind: Cosine}.At(float64(step), 6000) * 0.02
		o.Step([]*network.Param{p}, func(*network.Param) float64 { return rate })
	}
	for k := range want {
		if !near(float64(p.Latent[k]), want[k], 1e-3) {
			t.Errorf("w[%d] is %v, the ridge is at %v", k, p.Latent[k], want[k])
		}
	}
}

// TestClipNorm holds the clipped gradient to its direction and to the limit on the norm of all parameters together.
func TestClipNorm(t *testing.T) {
	params := func() []*network.Param {
		return []*network.Param{{Grad: []float32{3, 0}}, {Grad: []float32{0, -4, 12}}} // 3, 4, 12: a norm of 13
	}
	for _, c := range []struct{ limit, factor float64 }{{0, 1}, {-1, 1}, {13, 1}, {20, 1}, {6.5, 0.5}, {1.3, 0.1}} {
		p := params()
		if norm := ClipNorm(p, c.limit); norm != 13 {
			t.Errorf("limit %v: the norm was %v, not 13", c.limit, norm)
		}
		for i, before := range params() {
			for k, g := range before.Grad {
				if got := float64(p[i].Grad[k]); !near(got, float64(g)*c.factor, 1e-6) {
					t.Errorf("limit %v: %v became %v", c.limit, g, got)
				}
			}
		}
	}
}

// TestClampSigns clamps signs to where one step can flip them, and nothing else.
func TestClampSigns(t *testing.T) {
	signs := &network.Param{Kind: "sign", Latent: []float32{-3, -1, 0.5, 1, 7}}
	other := &network.Param{Kind: "binary", Latent: []float32{-3, 7}}
	ClampSigns([]*network.Param{signs, other})
	for i, want := range []float32{-1, -1, 0.5, 1, 1} {
		if signs.Latent[i] != want {
			t.Errorf("sign %d is %v, want %v", i, signs.Latent[i], want)
		}
	}
	if other.Latent[0] != -3 || other.Latent[1] != 7 {
		t.Errorf("weights that are no signs became %v", other.Latent)
	}
}

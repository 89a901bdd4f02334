// Package optim moves parameters down their gradients: Adam and AdamW, gradient clipping, and schedules of the learning
// rate. It knows no network beyond its parameters. Start with Adam.
package optim

import (
	"math"

	"github.com/hrnnc/hrnnc/trainer/network"
)

// Adam is the optimiser of Kingma and Ba (ICLR 2015), as torch.optim.Adam computes it; with Decoupled, its weight decay
// is AdamW's (Loshchilov and Hutter, ICLR 2019). The zero value of the moments is their start.
type Adam struct {
	Beta1, Beta2, Epsilon float64
	Decay                 float64 // weight decay; signs have none, whose latents are clamped instead
	Decoupled             bool
	Steps                 int
	// M and V are the first and second moments, a parameter each.
	M, V [][]float32
}

// NewAdam gives the usual constants.
func NewAdam() *Adam { return &Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8} }

// Step moves every parameter by its gradient, at the learning rate that rate gives for it.
func (a *Adam) Step(params []*network.Param, rate func(*network.Param) float64) {
	if a.M == nil {
		a.M, a.V = make([][]float32, len(params)), make([][]float32, len(params))
		for i, p := range params {
			a.M[i], a.V[i] = make([]float32, len(p.Latent)), make([]float32, len(p.Latent))
		}
	}
	a.Steps++
	c1, c2 := 1-math.Pow(a.Beta1, float64(a.Steps)), 1-math.Pow(a.Beta2, float64(a.Steps))
	for i, p := range params {
		if p.Fixed {
			continue
		}
		r := rate(p)
		a.move(p, a.M[i], a.V[i], r, float32(r/c1), float32(1/math.Sqrt(c2)))
	}
}

// move computes w -= (r/c1) * m / (sqrt(v/c2) + epsilon); rate is r/c1 and root 1/sqrt(c2).
func (a *Adam) move(p *network.Param, m, v []float32, r float64, rate, root float32) {
	b1, b2, eps := float32(a.Beta1), float32(a.Beta2), float32(a.Epsilon)
	decay := float32(a.Decay)
	if p.Sign() {
		decay = 0
	}
	shrink := float32(1)
	if a.Decoupled {
		shrink, decay = 1-float32(r)*decay, 0
	}
	for i, g := range p.Grad {
		w := p.Latent[i] * shrink
		g += decay * p.Latent[i]
		m[i] = b1*m[i] + (1-b1)*g
		v[i] = b2*v[i] + (1-b2)*g*g
		p.Latent[i] = w - rate*m[i]/(float32(math.Sqrt(float64(v[i])))*root+eps)
	}
}

// ClampSigns keeps the latent values of signs within [-1, 1], as the authors' apply_weight_constraints_ does, so that a
// sign can always flip back.
func ClampSigns(params []*network.Param) {
	for _, p := range params {
		if !p.Sign() {
			continue
		}
		for i, v := range p.Latent {
			p.Latent[i] = min(max(v, -1), 1)
		}
	}
}

// LimitWeights clamps the latent values of few-bit weights to so many root mean squares of their tensor (0: no limit). A tensor's
// largest magnitude is worth its largest integer, so that a single large weight would leave few of the integers to the others.
func LimitWeights(params []*network.Param, limit float64) {
	if limit <= 0 {
		return
	}
	for _, p := range params {
		if !p.ScaledByLargest() {
			continue
		}
		sum := 0.0
		for _, v := range p.Latent {
			sum += float64(v) * float64(v)
		}
		most := float32(limit * math.Sqrt(sum/float64(len(p.Latent))))
		for i, v := range p.Latent {
			p.Latent[i] = min(max(v, -most), most)
		}
	}
}

// ClipNorm scales all gradients so that their common Euclidean norm is at most limit (0: no limit), and gives the norm
// that they had.
func ClipNorm(params []*network.Param, limit float64) float64 {
	sum := 0.0
	for _, p := range params {
		for _, g := range p.Grad {
			sum += float64(g) * float64(g)
		}
	}
	norm := math.Sqrt(sum)
	if limit <= 0 || norm <= limit {
		return norm
	}
	factor := float32(limit / norm)
	for _, p := range params {
		for i := range p.Grad {
			p.Grad[i] *= factor
		}
	}
	return norm
}

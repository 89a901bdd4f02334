package network

import (
	"math"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/numerics"
)

// Param is one tensor of the weights file in training.
type Param struct {
	Name  string
	Kind  string // its weight type, as the language has it
	Shape []int
	// Latent is what the optimiser moves and the weights file holds, row-major.
	Latent []float32
	// Used is what a step computes with: Latent as the weight type quantises it.
	Used []float32
	// Grad is the gradient of the loss with respect to Latent, straight through the quantisation.
	Grad []float32
	// Fixed is a permutation, which is not trained.
	Fixed bool
	// Part is a part of a recurrent matrix, which the weights file holds as the matrix (Network.DenseMatrix).
	Part bool
	// unit is the real value of one integer of Used; 1 for real values.
	unit float32
	// norm is 1/sqrt(columns) for a binary matrix between two states, whose used value is norm * sign(latent).
	norm float32
}

// Sign reports whether the parameter is a vector of signs.
func (p *Param) Sign() bool { return p.Kind == "sign" }

// ScaledByLargest reports whether the unit of the parameter's integers follows from its largest magnitude.
func (p *Param) ScaledByLargest() bool {
	switch p.Kind {
	case "real", "index", "sign", "binary":
		return false
	}
	return true
}

func newParam(p *dsl.Param) *Param {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	q := &Param{Name: p.Name, Kind: p.Kind, Shape: p.Shape, unit: 1, Latent: make([]float32, n), Grad: make([]float32, n), Fixed: p.Kind == "index"}
	q.Used = q.Latent
	if p.Kind != "real" && !q.Fixed {
		q.Used = make([]float32, n)
	}
	if p.Between && p.Kind == "binary" {
		q.norm = float32(1 / math.Sqrt(float64(p.Shape[len(p.Shape)-1])))
	}
	return q
}

// quantise fills Used from Latent, by the rules of docs/numerics.md section 2, in float32 as the authors' code has it.
func (p *Param) quantise() {
	switch p.Kind {
	case "real", "index":
	case "sign":
		signs(p.Used, p.Latent, 1)
	case "binary":
		p.unit = p.norm
		if p.unit == 0 {
			p.unit = meanMagnitude(p.Latent)
		}
		signs(p.Used, p.Latent, p.unit)
	case "ternary":
		p.unit = round(p.Used, p.Latent, 1, -1, 1)
	default:
		bits, _ := numerics.WeightBits(p.Kind)
		half := math.Ldexp(1, bits-1)
		p.unit = round(p.Used, p.Latent, half, -half, half-1)
	}
}

func signs(dst, w []float32, unit float32) {
	for i, v := range w {
		dst[i] = unit
		if v < 0 {
			dst[i] = -unit
		}
	}
}

// round quantises to levels integers of the largest magnitude, clamped to lo and hi, and gives the unit of the integers.
func round(dst, w []float32, levels, lo, hi float64) (unit float32) {
	alpha := largestMagnitude(w)
	factor, unit := float32(levels/alpha), float32(alpha/levels)
	low, high := float32(lo), float32(hi)
	for i, v := range w {
		// Adding and subtracting 1.5 * 2^23 rounds a float32 below 2^22 to the nearest integer, ties to even.
		const magic = 3 << 22
		q := (v*factor + magic) - magic
		dst[i] = min(max(q, low), high) * unit
	}
	return unit
}

// largestMagnitude is 1 where all are 0.
func largestMagnitude(w []float32) float64 {
	alpha := 0.0
	for _, v := range w {
		alpha = max(alpha, math.Abs(float64(v)))
	}
	if alpha == 0 {
		return 1
	}
	return alpha
}

func meanMagnitude(w []float32) float32 {
	sum := 0.0
	for _, v := range w {
		sum += math.Abs(float64(v))
	}
	if sum == 0 {
		return 1
	}
	return float32(sum / float64(len(w)))
}

// straightThrough turns the gradient of Used into that of Latent: it passes unchanged, but for the factor of a binary
// matrix between states, as in the authors' quantized_layers.py.
func (p *Param) straightThrough() {
	if p.norm == 0 {
		return
	}
	for i := range p.Grad {
		p.Grad[i] *= p.norm
	}
}

package network

import (
	"math"
	"math/rand"

	"github.com/hrnnc/hrnnc/trainer/kernels"
)

// SignInit says how the signs of the Hadamard matrices are drawn.
type SignInit string

// The ways. A Hadamard matrix of Sylvester's is symmetric, and half of its eigenvalues are negative, so that with k of m signs
// negative at least |m/2 - k| eigenvalues of the recurrence are 1: along their eigenvectors a constant input or a bias adds up
// over all steps. For k = m/2 there need be none, and of several draws that is taken which is farthest from having one.
const (
	RandomSigns   SignInit = "random"   // each by itself, as the authors' code does
	BalancedSigns SignInit = "balanced" // half of each block negative, and no eigenvalue near 1
)

// Initialise draws every parameter as the authors' code does: Glorot's uniform distribution for matrices and signs,
// torch.nn.Linear's for biases, the normal one for embeddings; permutations are random. Balanced signs are drawn as theirs,
// but for which of them are negative.
func (n *Network) Initialise(seed int64, signs SignInit) {
	rng := rand.New(rand.NewSource(seed))
	for _, p := range n.Params {
		if p.Part {
			continue // SetDense has it
		}
		n.initialise(p, rng)
		if l := n.signsOf(p); l != nil && signs == BalancedSigns {
			l.balance(rng)
		}
	}
	n.Refresh()
}

// signsOf is the layer whose transform p follows, or nil.
func (n *Network) signsOf(p *Param) *layer {
	for _, l := range n.layers {
		if l.signs == p {
			return l
		}
	}
	return nil
}

// Of balanced draws so many are compared, by what they make of random inputs that stay the same for so many steps.
const (
	balancedDraws = 16
	drivenSteps   = 1024
)

// balance draws which signs are negative: half of each block, with signs before the transform half of the products.
func (l *layer) balance(rng *rand.Rand) {
	if l.block == 1 {
		return // a sign, and no half of it
	}
	inputs := make([]float32, l.block*kernels.Lanes)
	for i := range inputs {
		inputs[i] = float32(rng.NormFloat64())
	}
	for at := 0; at < l.n; at += l.block {
		for j, v := range calmest(l.block, l.norm, inputs, rng) {
			if l.presigns != nil && l.presigns.Latent[at+j] < 0 {
				v = -v
			}
			latent := &l.signs.Latent[at+j]
			*latent = float32(math.Copysign(float64(*latent), float64(v)))
		}
	}
}

// calmest draws the balanced signs of a block of m, each times norm, that respond least to inputs.
func calmest(m int, norm float32, inputs []float32, rng *rand.Rand) (signs []float32) {
	least := math.Inf(1)
	for range balancedDraws {
		drawn := make([]float32, m)
		for i, j := range rng.Perm(m) {
			if drawn[j] = norm; i < m/2 {
				drawn[j] = -norm
			}
		}
		if r := response(drawn, inputs); r < least {
			least, signs = r, drawn
		}
	}
	return signs
}

// response is how large the states of a block get under constant inputs, one a lane: the sum of the squares of all steps. What
// lies along an eigenvector whose eigenvalue is near 1 dominates it.
func response(factor, inputs []float32) (sum float64) {
	h := make([]float32, len(inputs))
	for range drivenSteps {
		kernels.Transform(h, len(factor))
		kernels.MulRowsAdd(h, factor, h, inputs)
		for _, v := range h {
			sum += float64(v) * float64(v)
		}
	}
	return sum
}

func (n *Network) initialise(p *Param, rng *rand.Rand) {
	uniform := func(limit float64) {
		for i := range p.Latent {
			p.Latent[i] = float32((2*rng.Float64() - 1) * limit)
		}
	}
	switch {
	case p.Fixed:
		for i, j := range rng.Perm(len(p.Latent)) {
			p.Latent[i] = float32(j)
		}
	case n.isEmbedding(p):
		for i := range p.Latent {
			p.Latent[i] = float32(rng.NormFloat64())
		}
	case p.Sign():
		uniform(math.Sqrt(6 / float64(1+len(p.Latent))))
	case len(p.Shape) == 2:
		uniform(math.Sqrt(6 / float64(p.Shape[0]+p.Shape[1])))
	default:
		uniform(1 / math.Sqrt(float64(n.fanIn(p))))
	}
}

func (n *Network) isEmbedding(p *Param) bool {
	for _, l := range n.layers {
		if l.embed == p {
			return true
		}
	}
	return false
}

// fanIn is the length of what the matrix beside a bias multiplies: the state, for torch's Linear layers.
func (n *Network) fanIn(p *Param) int {
	if n.readout.bias == p {
		return n.readout.n
	}
	return len(p.Latent)
}

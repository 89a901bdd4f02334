package network

import (
	"math"
	"math/rand"
)

// SignInit says how the signs of the Hadamard matrices are drawn.
type SignInit string

// The ways. A Hadamard matrix of Sylvester's is symmetric, and half of its eigenvalues are negative, so that with k of m signs
// negative at least |m/2 - k| eigenvalues of the recurrence are 1: along their eigenvectors a constant input or a bias adds up
// over all steps. For k = m/2 it need not.
const (
	RandomSigns   SignInit = "random"   // each by itself, as the authors' code does
	BalancedSigns SignInit = "balanced" // half of each block negative
)

// Initialise draws every parameter as the authors' code does: Glorot's uniform distribution for matrices and signs,
// torch.nn.Linear's for biases, the normal one for embeddings; permutations are random. Balanced signs are drawn as theirs,
// but for which of them are negative.
func (n *Network) Initialise(seed int64, signs SignInit) {
	rng := rand.New(rand.NewSource(seed))
	for _, p := range n.Params {
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

// balance makes half of the signs of every block negative; with signs before the transform, half of the products.
func (l *layer) balance(rng *rand.Rand) {
	for at := 0; at < l.n; at += l.block {
		for i, j := range rng.Perm(l.block) {
			j += at
			v := float32(math.Abs(float64(l.signs.Latent[j])))
			if negative := i < l.block/2; negative != (l.presigns != nil && l.presigns.Latent[j] < 0) {
				v = -v
			}
			l.signs.Latent[j] = v
		}
	}
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

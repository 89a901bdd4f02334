package network

import (
	"fmt"
	"math"
	"slices"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/hadamard"
)

// dense is a recurrent matrix W of a model, h <- W*h + ..., in training. It is W = norm diag(signs) P S D Q: the signs on both
// sides are trained, the permutations and the block are those of the matrix that SetDense took. Its parts are parameters of
// their own, so that optimisers and checkpoints need not know.
type dense struct {
	name                                   string
	n                                      int
	signs, presigns, permute, order, block *Param
}

// newDense makes the parts of the recurrent matrix of a layer: the identity, until SetDense.
func newDense(w *dsl.Param, units int) *dense {
	part := func(name, kind string, n int) *Param {
		p := newParam(&dsl.Param{Name: w.Name + "/" + name, Kind: kind, Shape: []int{n}}) // no name in a model has a slash
		p.Part = true
		for i := range p.Latent {
			p.Latent[i] = float32(i)
			if kind == "sign" || name == "block" {
				p.Latent[i] = 1
			}
		}
		return p
	}
	return &dense{name: w.Name, n: units, signs: part("signs", "sign", units), presigns: part("presigns", "sign", units),
		permute: part("permute", "index", units), order: part("order", "index", units), block: part("block", "index", 1)}
}

func (d *dense) parts() []*Param { return []*Param{d.signs, d.presigns, d.permute, d.order, d.block} }

// Dense lists the recurrent matrices, by name, with the units of each.
func (n *Network) Dense() (names []string, units []int) {
	for _, l := range n.layers {
		if l.dense != nil && !slices.Contains(names, l.dense.name) {
			names, units = append(names, l.dense.name), append(units, l.dense.n)
		}
	}
	return names, units
}

// SetDense takes a recurrent matrix, row-major, which must be a signed Hadamard up to permutations of its units, times
// 1/sqrt(block) to within 0.2 %. Refresh must follow.
func (n *Network) SetDense(name string, w []float64) error {
	for _, l := range n.layers {
		d := l.dense
		if d == nil || d.name != name {
			continue
		}
		f, err := hadamard.Recognise(w, d.n)
		if err != nil {
			return err
		}
		if want := 1 / math.Sqrt(float64(f.Block)); math.Abs(f.Scale-want) > scaleTolerance*want {
			return fmt.Errorf("it is %.6g times a signed Hadamard of order %d; only %.6g keeps the norm of the state", f.Scale, f.Block, want)
		}
		for i := range d.n {
			d.signs.Latent[i], d.presigns.Latent[i] = float32(f.Signs[i]), float32(f.PreSigns[i])
			d.order.Latent[i], d.permute.Latent[i] = float32(f.Order[i]), float32(f.PrePermute[i])
		}
		d.block.Latent[0] = float32(f.Block)
		return nil
	}
	return fmt.Errorf("the model has no recurrent matrix %s", name)
}

// scaleTolerance is that of the recognise pass.
const scaleTolerance = 2e-3

// DenseMatrix gives a recurrent matrix as the signs make it now, row-major.
func (n *Network) DenseMatrix(name string) []float32 {
	for _, l := range n.layers {
		d := l.dense
		if d == nil || d.name != name {
			continue
		}
		block := int(d.block.Latent[0])
		w, norm := make([]float32, d.n*d.n), float32(1/math.Sqrt(float64(block)))
		for i := range d.n {
			row := int(d.order.Latent[i])
			first := row - row%block
			for c := first; c < first+block; c++ {
				w[i*d.n+int(d.permute.Latent[c])] = norm * sign(d.signs.Latent[i]) * sign(d.presigns.Latent[c]) * float32(hadamard.Entry(row%block, c%block))
			}
		}
		return w
	}
	return nil
}

func sign(v float32) float32 {
	if v < 0 {
		return -1
	}
	return 1
}

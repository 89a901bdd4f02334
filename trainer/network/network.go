// Package network is a checked model in training: its parameters, and the loss of a batch with its gradient, in float32.
// A batch is cut into tiles of 16 sequences, whose states stay in the cache for all steps. The recurrence is linear and
// orthogonal, so the backward pass recovers each state from the next one instead of storing it. It knows no optimiser,
// no data set and no file. Start with New and Network.Step; trainer/kernels has the arithmetic.
package network

import (
	"math"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// Network is a model with parameters.
type Network struct {
	Model  *dsl.Model
	Params []*Param
	Loss   Loss
	Objective
	layers  []*layer
	readout readout
	scale   float32 // of the input: real value of one
	// rounding, when set, takes every layer's states to the integers of the fixed level. It is what was given when the units
	// of what flows in were those of roundedAt.
	rounding, given []Rounding
	roundedAt       []float64
	tiles           []*tile
	checkpoints     int // steps between stored states
}

// layer is one recurrence h <- hadamard(h) + matrix*source + bias.
type layer struct {
	n, block int
	norm     float32 // 1/sqrt(block)
	signs    *Param
	presigns *Param
	dense    *dense // the recurrent matrix that the model has instead of a transform, or nil
	permute  []int  // h[permute[i]] goes into row i of the transform; nil for the identity
	order    []int  // row order[i] of the transform goes into unit i; nil for the identity
	index    *Param // of permute
	matrix   *Param
	source   source
	embed    *Param
	from     int // layer of a state that flows in
	relu     bool
	cols     int
	biases   []*Param
	leak     arith.Leak              // nil: the state keeps everything
	factor   []float32               // norm * sign, times what the leak keeps
	inverse  []float32               // norm * sign, divided by what the leak keeps; factor itself where there is no leak
	bias     []float32               // sum of the biases, or nil
	rounded  arith.Phased[[]float32] // bias in whole units of the state at even and odd t, when states are rounded
	columns  []float32               // matrix transposed, for tokens without an embedding
}

// source says what a layer's matrix multiplies.
type source int

const (
	nothing source = iota
	vector
	token
	embedding
	state
)

type readout struct {
	from   int
	relu   bool
	n, o   int
	matrix *Param
	bias   *Param // may be nil
}

// New makes the network of a checked model, with every parameter zero. Recurrent matrices must be set with SetDense before
// anything is computed.
func New(m *dsl.Model) *Network {
	n := &Network{Model: m, scale: float32(m.Input.Scale)}
	params := map[*dsl.Param]*Param{}
	matrices := map[*dsl.Param]*dense{}
	for _, l := range m.Layers {
		if l.Dense != nil {
			matrices[l.Dense] = newDense(l.Dense, l.State.Size)
		}
	}
	for _, p := range m.Tensors() {
		if d := matrices[p]; d != nil {
			n.Params = append(n.Params, d.parts()...)
			continue
		}
		params[p] = newParam(p)
		n.Params = append(n.Params, params[p])
	}
	index := map[*dsl.Layer]int{}
	for i, l := range m.Layers {
		index[l] = i
		n.layers = append(n.layers, newLayer(l, matrices[l.Dense], params, index))
	}
	n.checkpoints = checkpointsFor(n.layers)
	r := m.Readout
	n.readout = readout{from: index[r.From], relu: r.Relu, n: r.From.State.Size, o: r.Matrix.Shape[0], matrix: params[r.Matrix]}
	if r.Bias != nil {
		n.readout.bias = params[r.Bias]
	}
	n.Loss = DefaultLoss(m)
	return n
}

func newLayer(l *dsl.Layer, d *dense, params map[*dsl.Param]*Param, index map[*dsl.Layer]int) *layer {
	out := &layer{n: l.State.Size, dense: d, signs: params[l.Signs], presigns: params[l.PreSigns], index: params[l.Permute]}
	block := l.Block
	if block == 0 {
		block = l.State.Size
	}
	if d != nil {
		out.signs, out.presigns, out.index, block = d.signs, d.presigns, d.permute, 1
		out.order = make([]int, out.n)
	}
	out.transformIn(block)
	if in := l.Inflow; in != nil {
		out.matrix, out.relu, out.cols = params[in.Matrix], in.Relu, in.Matrix.Shape[1]
		switch {
		case in.From != nil:
			out.source, out.from = state, index[in.From]
		case in.Embed != nil:
			out.source, out.embed = embedding, params[in.Embed]
		case in.OneHot:
			out.source = token
		default:
			out.source = vector
		}
	}
	for _, b := range l.Bias {
		out.biases = append(out.biases, params[b])
	}
	out.factor = make([]float32, out.n)
	out.inverse = out.factor
	if out.leak = l.Leak; out.leak != nil {
		out.inverse = make([]float32, out.n)
	}
	out.bias = make([]float32, out.n)
	if out.index != nil {
		out.permute = make([]int, out.n)
	}
	return out
}

// transformIn sets the size of the blocks of the transform.
func (l *layer) transformIn(block int) {
	l.block, l.norm = block, float32(1/math.Sqrt(float64(block)))
}

// kept is the factor that the leak leaves of a unit.
func (l *layer) kept(unit int) float32 { return float32(arith.Kept(l.leak.At(unit, l.n))) }

// Outputs is the number of outputs.
func (n *Network) Outputs() int { return n.readout.o }

// ReadUnits makes the output depend on the first so many units of the state that it reads, by weights of 0 for the others; 0 leaves
// it as it is. It must follow every change of the readout's latent values.
func (n *Network) ReadUnits(units int) {
	if units == 0 {
		return
	}
	for i := range n.readout.matrix.Latent {
		if i%n.readout.n >= units {
			n.readout.matrix.Latent[i] = 0
		}
	}
}

// Param finds a parameter by its name, or nil.
func (n *Network) Param(name string) *Param {
	for _, p := range n.Params {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Refresh computes everything that depends on the latent values. It must follow every change of them.
func (n *Network) Refresh() {
	for _, p := range n.Params {
		p.quantise()
	}
	n.rest()
}

// rest computes what depends on the used values.
func (n *Network) rest() {
	n.followUnits()
	for i, l := range n.layers {
		if d := l.dense; d != nil {
			l.transformIn(int(d.block.Latent[0]))
			for j, v := range d.order.Latent {
				l.order[j] = int(v)
			}
		}
		for j, s := range l.signs.Used {
			l.factor[j] = s * l.norm
		}
		if l.leak != nil {
			for j, f := range l.factor {
				kept := l.kept(j)
				l.factor[j], l.inverse[j] = f*kept, f/kept
			}
		}
		clear(l.bias)
		for _, b := range l.biases {
			for j, v := range b.Used {
				l.bias[j] += v
			}
		}
		if n.rounding != nil {
			l.roundBias(n.rounding[i])
		}
		if l.index != nil {
			for j, v := range l.index.Latent {
				l.permute[j] = int(v)
			}
		}
		if l.source == token && l.cols > hotColumns {
			l.columns = transposed(l.columns, l.matrix.Used, l.n, l.cols)
		}
	}
}

func transposed(dst, w []float32, rows, cols int) []float32 {
	if dst == nil {
		dst = make([]float32, len(w))
	}
	for r := range rows {
		for c := range cols {
			dst[c*rows+r] = w[r*cols+c]
		}
	}
	return dst
}

// everyStep reports whether the output is wanted at every step.
func (n *Network) everyStep() bool { return n.Model.Output.When == ir.EveryStep }

func (n *Network) mean() bool { return n.Model.Output.When == ir.Mean }

// Answers is how many labels a sequence of some steps has.
func (n *Network) Answers(steps int) int {
	if n.everyStep() {
		return steps
	}
	return 1
}

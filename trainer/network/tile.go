package network

import (
	"github.com/hrnnc/hrnnc/trainer/kernels"
)

// hotColumns is up to how many columns a token's product is computed as a matrix product with a one-hot vector, which
// needs no gathering.
const hotColumns = 32

// checkpointSteps is how often a state is stored. In between it is recovered from the next one, whose float32 rounding
// errors add up: a few hundred steps keep them below 1e-4 (TestDrift).
const checkpointSteps = 256

// tile is 16 sequences of a batch on their way through the network. Every array of rows is [rows][16].
type tile struct {
	n      *Network
	batch  *Batch
	first  int // sequence of lane 0
	lanes  int // sequences; the lanes behind them compute with zeros and count for nothing
	weight float32

	inputs  []float32 // [T][d][16], scaled
	rounded []float32 // a step's input, rounded as at odd steps
	tokens  []int32   // [T][16]
	layers  []tileLayer
	y       []float32 // outputs, then their gradient
	relu    []float32 // of the state that is read
	read    []float32 // gradient of that
	total   []float32 // sum over the steps of what is read, for a mean
	grads   [][]float32
	rows    []embeddingRows // an embedding's gradient, by layer
	// recovered, when set, sees the states after every step as the backward pass recovers them.
	recovered func(step int)
	Result
}

// tileLayer is one layer's states and scratch rows.
type tileLayer struct {
	h, g        []float32 // state, and gradient of the loss with respect to it
	inflow      []float32 // what flows in, bias included
	z           []float32
	source      []float32 // what the matrix multiplies, where it is not the input itself
	sourceGrad  []float32
	checkpoints [][]float32
	signs       []float32 // gradients added up over the steps, still a lane apart
	presigns    []float32
	bias        []float32
	columns     []float32 // gradient of a matrix with few columns, [n][cols][16]
}

// embeddingRows gathers the gradient of the rows of a table that the tile's tokens name.
type embeddingRows struct {
	at    map[int32]int
	order []int32
	grad  []float32
}

func (n *Network) newTile() *tile {
	t := &tile{n: n, layers: make([]tileLayer, len(n.layers)), rows: make([]embeddingRows, len(n.layers))}
	for i, l := range n.layers {
		rows := func(n int) []float32 { return make([]float32, n*kernels.Lanes) }
		s := &t.layers[i]
		s.h, s.g, s.inflow, s.z = rows(l.n), rows(l.n), rows(l.n), rows(l.n)
		s.signs, s.bias = rows(l.n), rows(l.n)
		if l.presigns != nil {
			s.presigns = rows(l.n)
		}
		if l.source == state || l.source == embedding || l.source == token && l.cols <= hotColumns {
			s.source, s.sourceGrad = rows(l.cols), rows(l.cols)
		}
	}
	t.y, t.relu = make([]float32, n.readout.o*kernels.Lanes), make([]float32, n.readout.n*kernels.Lanes)
	t.read, t.total = make([]float32, len(t.relu)), make([]float32, len(t.relu))
	for i := range n.Params {
		if n.isEmbedding(n.Params[i]) {
			t.grads = append(t.grads, nil)
			continue
		}
		t.grads = append(t.grads, make([]float32, len(n.Params[i].Latent)))
	}
	return t
}

// begin takes 16 sequences of a batch.
func (t *tile) begin(b *Batch, first int, weight float32) {
	t.batch, t.first, t.weight, t.Result = b, first, weight, Result{}
	t.lanes = min(kernels.Lanes, b.N-first)
	if b.Tokens != nil {
		t.tokens = grown(t.tokens, b.T*kernels.Lanes)
		for lane := range t.lanes {
			for s, v := range b.Tokens[(first+lane)*b.T : (first+lane+1)*b.T] {
				t.tokens[s*kernels.Lanes+lane] = v
			}
		}
	} else {
		t.inputs = grown(t.inputs, b.T*b.D*kernels.Lanes)
		for lane := range t.lanes {
			for i, v := range b.X[(first+lane)*b.T*b.D : (first+lane+1)*b.T*b.D] {
				t.inputs[i*kernels.Lanes+lane] = v * t.n.scale
			}
		}
	}
	for i := range t.layers {
		clear(t.layers[i].h)
	}
	t.eachState(func(h, carried *float32) { *h = *carried })
	clear(t.total)
}

// eachState visits the states at hand of every sequence beside those of the batch, where it has some.
func (t *tile) eachState(visit func(h, carried *float32)) {
	if t.batch.States == nil {
		return
	}
	for i, l := range t.n.layers {
		for lane := range t.lanes {
			of := t.batch.States.of(i, t.first+lane, l.n)
			for j := range of {
				visit(&t.layers[i].h[j*kernels.Lanes+lane], &of[j])
			}
		}
	}
}

// grown is a slice of a length, zeroed.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// input is the tile of a step's input.
func (t *tile) input(step int) []float32 {
	d := t.batch.D * kernels.Lanes
	return t.inputs[step*d : step*d+d]
}

func (t *tile) tokensAt(step int) []int32 {
	return t.tokens[step*kernels.Lanes : step*kernels.Lanes+kernels.Lanes]
}

// flow computes what flows into a layer at a step from the states at hand, bias included, into its inflow rows.
func (t *tile) flow(i, step int) {
	l := t.n.layers[i]
	if t.n.rounding == nil {
		t.product(i, step, l.bias)
		return
	}
	t.product(i, step, l.rounded[(step+1)&1])
	t.n.rounding[i].round(t.layers[i].inflow, step)
}

// product computes the matrix times its source plus a bias.
func (t *tile) product(i, step int, bias []float32) {
	l, s := t.n.layers[i], &t.layers[i]
	switch l.source {
	case vector:
		x := t.input(step)
		if t.n.rounding != nil {
			t.rounded = grown(t.rounded, len(x))
			x = t.n.rounding[i].input(x, t.rounded, 1/float64(t.n.scale), step)
		}
		kernels.MatMul(s.inflow, l.matrix.Used, bias, x, l.n, l.cols)
		return
	case token:
		if l.cols > hotColumns {
			t.gatherColumns(i, step, bias)
			return
		}
		clear(s.source)
		for lane, v := range t.tokensAt(step) {
			s.source[int(v)*kernels.Lanes+lane] = 1
		}
	case embedding:
		for lane, v := range t.tokensAt(step) {
			for j, e := range l.embed.Used[int(v)*l.cols : (int(v)+1)*l.cols] {
				s.source[j*kernels.Lanes+lane] = e
			}
		}
	case state:
		from := t.layers[l.from].h
		if l.relu {
			kernels.Relu(s.source, from)
		} else {
			copy(s.source, from)
		}
	case nothing:
		for j, b := range bias {
			for lane := range kernels.Lanes {
				s.inflow[j*kernels.Lanes+lane] = b
			}
		}
		return
	}
	kernels.MatMul(s.inflow, l.matrix.Used, bias, s.source, l.n, l.cols)
}

// gatherColumns reads the columns that tokens name.
func (t *tile) gatherColumns(i, step int, bias []float32) {
	l, s := t.n.layers[i], &t.layers[i]
	for lane, v := range t.tokensAt(step) {
		for j, w := range l.columns[int(v)*l.n : (int(v)+1)*l.n] {
			s.inflow[j*kernels.Lanes+lane] = w + bias[j]
		}
	}
}

// forward runs all steps, leaves the last states in place and stores checkpoints when keep is set.
// visit, when set, sees the states after every step.
func (t *tile) forward(keep bool, visit func(step int)) {
	for step := range t.batch.T {
		for i, l := range t.n.layers {
			s := &t.layers[i]
			if every := t.n.checkpointEvery(); keep && step%every == 0 {
				s.checkpoint(step / every)
			}
			t.flow(i, step)
			gather(l.permute, &s.h, &s.z)
			if l.presigns != nil {
				kernels.MulRows(s.h, l.presigns.Used, s.h)
			}
			if t.n.rounding != nil {
				t.n.rounding[i].update(l, s, step)
				continue
			}
			kernels.Transform(s.h, l.block)
			gather(l.order, &s.h, &s.z)
			kernels.MulRowsAdd(s.h, l.factor, s.h, s.inflow)
		}
		if visit != nil {
			visit(step)
		}
	}
	t.eachState(func(h, carried *float32) { *carried = *h })
}

func (s *tileLayer) checkpoint(k int) {
	if k == len(s.checkpoints) {
		s.checkpoints = append(s.checkpoints, make([]float32, len(s.h)))
	}
	copy(s.checkpoints[k], s.h)
}

// gather puts row index[i] in place i; without an index rows stay. Scratch is swapped with them.
func gather(index []int, rows, scratch *[]float32) {
	if index == nil {
		return
	}
	for i, j := range index {
		copy(row(*scratch, i), row(*rows, j))
	}
	*rows, *scratch = *scratch, *rows
}

// scatter takes back what gather did.
func scatter(index []int, rows, scratch *[]float32) {
	if index == nil {
		return
	}
	for i, j := range index {
		copy(row(*scratch, j), row(*rows, i))
	}
	*rows, *scratch = *scratch, *rows
}

func row(rows []float32, i int) []float32 { return rows[i*kernels.Lanes : (i+1)*kernels.Lanes] }

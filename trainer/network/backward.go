package network

import (
	"github.com/hrnnc/hrnnc/trainer/kernels"
)

// backward adds up the gradient of the tile's loss, from the last step to the first. h_(t-1) comes from h_t:
//
//	v       = norm*s/k .* (h_t - inflow_t)   which is the transform of h_(t-1), but for norm^2
//	h_(t-1) = S v                            because norm*S is its own inverse
//	dL/ds   = sum over t of g_t .* v * k / norm, where g_t = dL/dh_t
//	g_(t-1) = S (norm*s*k .* g_t)
//
// with k = 1 - 2^-l what a leak keeps, 1 without one, and g_t takes what the readout and the layers above add at step t.
// Every checkpointEvery steps the stored state replaces the recovered one.
func (t *tile) backward() {
	for i := range t.layers {
		s := &t.layers[i]
		for _, rows := range [][]float32{s.g, s.signs, s.presigns, s.bias, s.columns} {
			clear(rows)
		}
		t.rows[i].reset()
	}
	for _, g := range t.grads {
		clear(g)
	}
	t.beginReadout()
	for step := t.batch.T - 1; step >= 0; step-- {
		if t.recovered != nil {
			t.recovered(step)
		}
		t.readoutBackward(step)
		for i := len(t.layers) - 1; i >= 0; i-- {
			t.layerBackward(i, step)
		}
	}
	t.collect()
}

func (t *tile) layerBackward(i, step int) {
	l, s := t.n.layers[i], &t.layers[i]
	if t.n.rounding != nil {
		t.n.rounding[i].mask(s.g, s.h, step)
	}
	t.flow(i, step)
	t.flowBackward(i, step)
	kernels.SubMulRows(s.h, l.inverse, s.h, s.inflow)
	kernels.FMARows(s.signs, s.g, s.h)
	scatter(l.order, &s.h, &s.z)
	kernels.Transform(s.h, l.block)
	kernels.MulRows(s.g, l.factor, s.g)
	scatter(l.order, &s.g, &s.z)
	kernels.Transform(s.g, l.block)
	if l.presigns != nil {
		kernels.MulRows(s.h, l.presigns.Used, s.h)
		kernels.FMARows(s.presigns, s.g, s.h)
		kernels.MulRows(s.g, l.presigns.Used, s.g)
	}
	scatter(l.permute, &s.h, &s.z)
	scatter(l.permute, &s.g, &s.z)
	if every := t.n.checkpointEvery(); step%every == 0 {
		copy(s.h, s.checkpoints[step/every])
	}
}

// flowBackward adds what g says of the inflow at a step: to the bias, the matrix, the embedding and the layer below.
func (t *tile) flowBackward(i, step int) {
	l, s := t.n.layers[i], &t.layers[i]
	if len(l.biases) > 0 {
		kernels.AddRows(s.bias, s.g)
	}
	switch l.source {
	case vector:
		t.matrixBackward(i, t.input(step))
	case token:
		if l.cols > hotColumns {
			t.scatterColumns(i, step)
			return
		}
		t.matrixBackward(i, s.source)
	case embedding:
		t.matrixBackward(i, s.source)
		clear(s.sourceGrad)
		kernels.MatMulT(s.sourceGrad, l.matrix.Used, s.g, l.n, l.cols)
		t.rows[i].add(t.tokensAt(step)[:t.lanes], s.sourceGrad, l.cols)
	case state:
		t.matrixBackward(i, s.source)
		clear(s.sourceGrad)
		kernels.MatMulT(s.sourceGrad, l.matrix.Used, s.g, l.n, l.cols)
		if l.relu {
			kernels.ReluMask(s.sourceGrad, s.source)
		}
		kernels.AddRows(t.layers[l.from].g, s.sourceGrad)
	}
}

func (t *tile) matrixBackward(i int, x []float32) {
	l, s := t.n.layers[i], &t.layers[i]
	kernels.Outer(t.grad(l.matrix), s.g, x, l.n, l.cols)
}

func (t *tile) scatterColumns(i, step int) {
	l, s := t.n.layers[i], &t.layers[i]
	dw := t.grad(l.matrix)
	for lane, v := range t.tokensAt(step)[:t.lanes] {
		for j := range l.n {
			dw[j*l.cols+int(v)] += s.g[j*kernels.Lanes+lane]
		}
	}
}

func (t *tile) grad(p *Param) []float32 {
	for i, q := range t.n.Params {
		if q == p {
			return t.grads[i]
		}
	}
	return nil
}

// readState is the state that the readout reads at hand, through relu where the model has one.
func (t *tile) readState() []float32 {
	r := &t.n.readout
	h := t.layers[r.from].h
	if !r.relu {
		return h
	}
	kernels.Relu(t.relu, h)
	return t.relu
}

// outputs computes y from what is read.
func (t *tile) outputs(read []float32) {
	r := &t.n.readout
	var bias []float32
	if r.bias != nil {
		bias = r.bias.Used
	}
	kernels.MatMul(t.y, r.matrix.Used, bias, read, r.o, r.n)
}

// loss turns y at a position of the labels into its gradient, and counts.
func (t *tile) loss(step int) {
	b, o := t.batch, t.n.readout.o
	at := func(lane int) int {
		if t.n.everyStep() {
			return (t.first+lane)*b.T + step
		}
		return t.first + lane
	}
	t.Add(t.n.evaluate(t.y, t.lanes, t.weight,
		func(lane int) int32 { return b.Labels[at(lane)] },
		func(lane int) []float32 { return b.Targets[at(lane)*o : (at(lane)+1)*o] }))
}

// counted reports whether any lane's label counts at a step, of models with an output at every step.
func (t *tile) counted(step int) bool {
	b := t.batch
	if b.Labels == nil {
		return true
	}
	for lane := range t.lanes {
		if b.Labels[(t.first+lane)*b.T+step] >= 0 {
			return true
		}
	}
	return false
}

// readGrad adds the gradient of the readout's parameters for an input read, and leaves the gradient of read in t.read.
func (t *tile) readGrad(read []float32) {
	r := &t.n.readout
	kernels.Outer(t.grad(r.matrix), t.y, read, r.o, r.n)
	if r.bias != nil {
		kernels.ReduceRows(t.grad(r.bias), t.y)
	}
	clear(t.read)
	kernels.MatMulT(t.read, r.matrix.Used, t.y, r.o, r.n)
}

// beginReadout computes what is known before the first step backward: for a mean, the loss and the gradient that every
// step shares.
func (t *tile) beginReadout() {
	if !t.n.mean() {
		return
	}
	share := 1 / float32(t.batch.T)
	for i := range t.total {
		t.total[i] *= share
	}
	t.outputs(t.total)
	t.loss(0)
	t.readGrad(t.total)
	for i := range t.read {
		t.read[i] *= share
	}
}

// readoutBackward adds to the gradient of the state that is read what the output at a step asks for.
func (t *tile) readoutBackward(step int) {
	s := &t.layers[t.n.readout.from]
	switch {
	case t.n.mean():
		copy(t.relu, t.read)
		if t.n.readout.relu {
			kernels.ReluMask(t.relu, s.h)
		}
		kernels.AddRows(s.g, t.relu)
		return
	case t.n.everyStep() && !t.counted(step), !t.n.everyStep() && step < t.batch.T-1:
		return
	}
	read := t.readState()
	t.outputs(read)
	t.loss(step)
	t.readGrad(read)
	if t.n.readout.relu {
		kernels.ReluMask(t.read, s.h)
	}
	kernels.AddRows(s.g, t.read)
}

// collect reduces the gradients that were kept a lane apart.
func (t *tile) collect() {
	for i, l := range t.n.layers {
		s := &t.layers[i]
		for j := range s.signs {
			s.signs[j] /= l.norm
		}
		if l.leak != nil {
			for j := range s.signs {
				s.signs[j] *= l.kept(j / kernels.Lanes)
			}
		}
		kernels.ReduceRows(t.grad(l.signs), s.signs)
		if l.presigns != nil {
			kernels.ReduceRows(t.grad(l.presigns), s.presigns)
		}
		for _, b := range l.biases {
			kernels.ReduceRows(t.grad(b), s.bias)
		}
	}
}

func (r *embeddingRows) reset() {
	r.at, r.order, r.grad = map[int32]int{}, r.order[:0], r.grad[:0]
}

// add adds the lanes of a tile of gradients [cols][16] to the rows of their tokens.
func (r *embeddingRows) add(tokens []int32, g []float32, cols int) {
	for lane, v := range tokens {
		i, ok := r.at[v]
		if !ok {
			i = len(r.order)
			r.at[v] = i
			r.order = append(r.order, v)
			r.grad = append(r.grad, make([]float32, cols)...)
		}
		for j := range cols {
			r.grad[i*cols+j] += g[j*kernels.Lanes+lane]
		}
	}
}

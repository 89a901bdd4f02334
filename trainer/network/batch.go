package network

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/hrnnc/hrnnc/trainer/kernels"
)

// Batch is sequences with their answers. A model without embeddings reads X, one with tokens Tokens.
type Batch struct {
	N, T, D int
	X       []float32 // [N][T][D], the integers that the model's input has
	Tokens  []int32   // [N][T]
	// Labels are [N], or [N][T] when the output is at every step; -1 is not counted. Targets are rows of outputs likewise; NaN is not counted.
	Labels  []int32
	Targets []float32
	// States are what the sequences begin with, and afterwards what they end with; nil begins with zeros. Gradients stop there.
	States States
}

// States are those of every layer: [layer][sequence*units + unit].
type States [][]float32

// NewStates gives states of zero for so many sequences.
func (n *Network) NewStates(sequences int) States {
	var out States
	for _, l := range n.layers {
		out = append(out, make([]float32, sequences*l.n))
	}
	return out
}

// of are the states of a sequence in a layer of so many units.
func (s States) of(layer, sequence, units int) []float32 {
	return s[layer][sequence*units : (sequence+1)*units]
}

// ClearStates takes those of a sequence to zero.
func (n *Network) ClearStates(s States, sequence int) {
	for i, l := range n.layers {
		clear(s.of(i, sequence, l.n))
	}
}

// counted is how many labels or targets a batch's loss is the mean of.
func (b *Batch) counted(outputs int, loss Loss) int {
	n := 0
	if loss == MeanSquared {
		for _, v := range b.Targets {
			if v == v {
				n++
			}
		}
		return n
	}
	for _, l := range b.Labels {
		if l >= 0 {
			n++
		}
	}
	if loss == BinaryCrossEntropy {
		n *= outputs
	}
	return n
}

// Step computes the loss of a batch and the gradient of its mean in every Param's Grad. Tiles run on as many cores as
// there are; their gradients are added up in their order, so that the sum does not depend on how many.
func (n *Network) Step(b *Batch) Result {
	weight := 1 / float32(max(b.counted(n.readout.o, n.Loss), 1))
	n.eachTile(b, weight, func(t *tile) {
		t.forward(true, t.meanVisit())
		t.backward()
	})
	var r Result
	for _, t := range n.tilesOf(b) {
		r.Add(t.Result)
	}
	n.gather(len(n.tilesOf(b)))
	return r
}

// Evaluate computes the loss of a batch and, when visit is set, hands every output [N or N*T][outputs] to it.
func (n *Network) Evaluate(b *Batch, visit func(i int, y []float32)) Result {
	weight := float32(0)
	var mu sync.Mutex
	n.eachTile(b, weight, func(t *tile) {
		emit := func(step int, read []float32) {
			t.outputs(read)
			if visit != nil {
				mu.Lock()
				t.visitOutputs(step, visit)
				mu.Unlock()
			}
			if b.Labels != nil || b.Targets != nil {
				t.loss(step)
			}
		}
		switch {
		case n.everyStep():
			t.forward(false, func(step int) { emit(step, t.readState()) })
		case n.mean():
			t.forward(false, t.meanVisit())
			for i := range t.total {
				t.total[i] /= float32(b.T)
			}
			emit(0, t.total)
		default:
			t.forward(false, nil)
			emit(b.T-1, t.readState())
		}
	})
	var r Result
	for _, t := range n.tilesOf(b) {
		r.Add(t.Result)
	}
	return r
}

func (t *tile) visitOutputs(step int, visit func(i int, y []float32)) {
	row := make([]float32, t.n.readout.o)
	for lane := range t.lanes {
		for j := range row {
			row[j] = t.y[j*kernels.Lanes+lane]
		}
		i := t.first + lane
		if t.n.everyStep() {
			i = i*t.batch.T + step
		}
		visit(i, row)
	}
}

// meanVisit adds up what a mean reads, or is nil for other outputs.
func (t *tile) meanVisit() func(step int) {
	if !t.n.mean() {
		return nil
	}
	return func(int) { kernels.AddRows(t.total, t.readState()) }
}

func (n *Network) tilesOf(b *Batch) []*tile {
	count := (b.N + kernels.Lanes - 1) / kernels.Lanes
	for len(n.tiles) < count {
		n.tiles = append(n.tiles, n.newTile())
	}
	return n.tiles[:count]
}

// eachTile runs every tile of a batch, on all cores.
func (n *Network) eachTile(b *Batch, weight float32, f func(t *tile)) {
	tiles := n.tilesOf(b)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(tiles)) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(tiles) {
					return
				}
				tiles[i].begin(b, i*kernels.Lanes, weight)
				f(tiles[i])
			}
		})
	}
	wg.Wait()
}

// gather adds the gradients of the first tiles up, in their order.
func (n *Network) gather(tiles int) {
	for i, p := range n.Params {
		clear(p.Grad)
		for _, t := range n.tiles[:tiles] {
			for j, g := range t.grads[i] {
				p.Grad[j] += g
			}
		}
	}
	for i, l := range n.layers {
		if l.source != embedding {
			continue
		}
		for _, t := range n.tiles[:tiles] {
			for k, v := range t.rows[i].order {
				into := l.embed.Grad[int(v)*l.cols : (int(v)+1)*l.cols]
				for j, g := range t.rows[i].grad[k*l.cols : (k+1)*l.cols] {
					into[j] += g
				}
			}
		}
	}
	for _, p := range n.Params {
		p.straightThrough()
	}
}

// Ranges gives the largest |h| of every layer over a batch: the calibration that compiling takes units from.
func (n *Network) Ranges(b *Batch) []float64 {
	most := make([]float32, len(n.layers))
	var mu sync.Mutex
	n.eachTile(b, 0, func(t *tile) {
		own := make([]float32, len(n.layers))
		t.forward(false, func(int) {
			for i := range t.layers {
				own[i] = max(own[i], largest(t.layers[i].h))
			}
		})
		mu.Lock()
		defer mu.Unlock()
		for i, v := range own {
			most[i] = max(most[i], v)
		}
	})
	out := make([]float64, len(most))
	for i, v := range most {
		out[i] = float64(v)
	}
	return out
}

// largest is the largest magnitude of numbers in whole rows of lanes. Floats without their sign are in the order of their
// bits, which are compared several times as fast; a NaN is the largest.
func largest(rows []float32) float32 {
	const sign = 1 << 31
	var a, b, c, d uint32
	for ; len(rows) >= 4; rows = rows[4:] {
		a = max(a, math.Float32bits(rows[0])&^sign)
		b = max(b, math.Float32bits(rows[1])&^sign)
		c = max(c, math.Float32bits(rows[2])&^sign)
		d = max(d, math.Float32bits(rows[3])&^sign)
	}
	return math.Float32frombits(max(a, b, c, d))
}

// LastStates gives every layer's state after the last step of a batch's sequences, unit by unit.
func (n *Network) LastStates(b *Batch) [][]float32 {
	n.eachTile(b, 0, func(t *tile) { t.forward(false, nil) })
	out := make([][]float32, len(n.layers))
	for _, t := range n.tilesOf(b) {
		for i := range t.layers {
			for j := 0; j < len(t.layers[i].h); j += kernels.Lanes {
				out[i] = append(out[i], t.layers[i].h[j:j+t.lanes]...)
			}
		}
	}
	return out
}

package network

import (
	"math"
	"math/rand"
	"strings"
	"testing"
)

// TestCarriedStates runs sequences in pieces, each with the states that the one before left, and compares outputs, losses and last
// states with those of a single run, for more sequences than a tile has.
func TestCarriedStates(t *testing.T) {
	for _, name := range []string{"every", "onehot", "leaks in a stack"} {
		n := build(t, strings.Replace(shapes[name], ") mean", ") at last", 1)) // a mean is over all steps
		n.Initialise(3, RandomSigns)
		const steps, piece = 12, 4
		b := randomBatch(n, 21, steps, rand.New(rand.NewSource(4)))
		if !n.everyStep() {
			b.Labels = nil
		}
		rows := n.Outputs()
		whole := make([]float32, b.N*n.Answers(steps)*rows)
		want := n.Evaluate(b, func(i int, y []float32) { copy(whole[i*rows:], y) })
		states, got := n.NewStates(b.N), Result{}
		for from := 0; from < steps; from += piece {
			p := pieceOf(n, b, from, piece)
			p.States = states
			got.Add(n.Evaluate(p, func(i int, y []float32) {
				at := i
				if n.everyStep() {
					at = i/piece*steps + from + i%piece
				} else if from+piece < steps {
					return
				}
				for j, v := range y {
					if whole[at*rows+j] != v {
						t.Errorf("%s: output %d of the piece from step %d is %v, of the whole %v", name, i, from, v, whole[at*rows+j])
					}
				}
			}))
		}
		if got.Counted != want.Counted || math.Abs(got.Loss-want.Loss) > 1e-6*want.Loss {
			t.Errorf("%s: %+v in pieces, %+v as a whole", name, got, want)
		}
		last := n.LastStates(b)
		for i := range last {
			units := n.layers[i].n
			for sequence := range b.N {
				for unit, v := range states.of(i, sequence, units) {
					tile, lane := sequence/16, sequence%16
					if lanes := min(16, b.N-16*tile); last[i][tile*16*units+unit*lanes+lane] != v {
						t.Fatalf("%s: the last state of sequence %d differs in pieces", name, sequence)
					}
				}
			}
		}
		n.ClearStates(states, 20)
		for i := range states {
			for j, v := range states[i] {
				if in := j/n.layers[i].n == 20; in != (v == 0) && (in || v != 0) {
					t.Fatalf("%s: clearing a sequence took %v to %v", name, j, v)
				}
			}
		}
	}
}

// pieceOf is some steps of a batch.
func pieceOf(n *Network, b *Batch, from, steps int) *Batch {
	p := &Batch{N: b.N, T: steps, D: b.D}
	for i := range b.N {
		at := i*b.T + from
		if b.Tokens != nil {
			p.Tokens = append(p.Tokens, b.Tokens[at:at+steps]...)
		} else {
			p.X = append(p.X, b.X[at*b.D:(at+steps)*b.D]...)
		}
		if b.Labels != nil {
			p.Labels = append(p.Labels, b.Labels[at:at+steps]...)
		}
	}
	return p
}

// TestGradientsOfPieces holds the gradient of a piece that begins with states to the slope of its loss, with states that stay as they
// are: nothing flows back into the piece before.
func TestGradientsOfPieces(t *testing.T) {
	n := build(t, shapes["every"])
	n.Initialise(3, RandomSigns)
	rng := rand.New(rand.NewSource(4))
	b := randomBatch(n, 21, 40, rng)
	first := n.NewStates(b.N)
	for _, h := range first {
		for i := range h {
			h[i] = float32(rng.NormFloat64())
		}
	}
	fresh := func() States {
		out := n.NewStates(b.N)
		for i := range out {
			copy(out[i], first[i])
		}
		return out
	}
	b.States = fresh()
	n.Step(b)
	for _, p := range n.Params {
		if p.Sign() || p.Fixed {
			continue
		}
		direction, slope := make([]float32, len(p.Latent)), 0.0
		for i := range direction {
			direction[i] = float32(rng.NormFloat64())
			slope += float64(direction[i]) * float64(p.Grad[i])
		}
		at := func(h float32) float64 {
			for i := range p.Used {
				p.Used[i] += h * direction[i]
			}
			n.rest()
			b.States = fresh()
			loss := n.Evaluate(b, nil).Mean()
			for i := range p.Used {
				p.Used[i] -= h * direction[i]
			}
			n.rest()
			return loss
		}
		const h = 1e-3
		if difference := (at(h) - at(-h)) / (2 * h); math.Abs(difference-slope) > 2e-2*math.Abs(difference)+1e-3 {
			t.Errorf("%s: the gradient says %.5g, the loss %.5g", p.Name, slope, difference)
		}
	}
}

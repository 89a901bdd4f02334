package lower_test

import (
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// TestRecurrenceIsATransform holds the recurrence of every plan to n log2 m + 3n additions a layer, 5n with a leak, and no multiplication.
func TestRecurrenceIsATransform(t *testing.T) {
	rng := rand.New(rand.NewSource(4))
	for range 200 {
		p := plantest.Random(rng)
		limit := 0
		for _, l := range p.Layers {
			limit += l.N*l.K + 3*l.N
			if l.Leak != nil {
				limit += 2 * l.N
			}
		}
		c := p.Cost()
		if c.Recurrence.Adds > limit || c.Recurrence.Muls != 0 {
			t.Errorf("recurrence of %d layers takes %+v, at most %d additions expected", len(p.Layers), c.Recurrence, limit)
		}
		if c.Bits < c.Parameters || c.StateBits == 0 {
			t.Errorf("%d parameters in %d bits, %d bits of state", c.Parameters, c.Bits, c.StateBits)
		}
	}
}

func TestCostOfAMatrix(t *testing.T) {
	p := &lower.Plan{
		Layers: []lower.Layer{{N: 4, Block: 4, K: 2, Bits: 16, Signs: []int8{1, 1, 1, 1}, Term: &lower.Term{
			Source: lower.FromVector,
			Matrix: lower.Matrix{Rows: 4, Cols: 2, Bits: 4, Ints: []int64{1, 3, 0, 0, -4, 5, 7, 0}}}}},
		Readout: lower.Readout{Matrix: lower.Matrix{Rows: 1, Cols: 4, Bits: 2, Ints: []int64{1, 0, -1, 1}}},
	}
	p.Layers[0].Term.In = arith.Both(arith.Identity)
	c := p.Cost()
	if want := (lower.Work{Adds: 2, Muls: 3}); c.Input != want {
		t.Errorf("input %+v, want %+v", c.Input, want)
	}
	if want := (lower.Work{Adds: 2}); c.Readout != want {
		t.Errorf("readout %+v, want %+v", c.Readout, want)
	}
	if want := (lower.Work{Adds: 4*2 + 4}); c.Recurrence != want {
		t.Errorf("recurrence %+v, want %+v", c.Recurrence, want)
	}
	if c.Parameters != 8+4+4 || c.Bits != 8*4+4*2+4 {
		t.Errorf("%d parameters in %d bits", c.Parameters, c.Bits)
	}
}

// Package steptest is for tests of schedules: it draws any that there are. Start with Choice.
package steptest

import (
	"math/rand"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// Choice draws a choice, which the plan need not allow and whose lanes may be too narrow for it: step.Build and step.Verify say so.
func Choice(rng *rand.Rand, p *lower.Plan) step.Choice {
	c := step.Plain(p)
	c.Word = []int{16, 32}[rng.Intn(2)]
	coin := func() bool { return rng.Intn(2) == 0 }
	for i := range c.Layers {
		l, k := &c.Layers[i], p.Layers[i].K
		l.Pairs = rng.Intn(4) == 0
		if l.Pairs && p.Layers[i].N/p.Layers[i].Block%2 == 1 {
			k--
		}
		l.Passes = nil
		for k > 0 {
			s := 1 + rng.Intn(min(4, k))
			l.Passes = append(l.Passes, s)
			k -= s
		}
		l.Descending = !p.Layers[i].Staged && coin()
		l.InPlace, l.Fused, l.Merged = coin(), coin(), coin()
		l.Record = []int{0, 0, 8, 16, 32}[rng.Intn(5)]
		l.Product = []step.Product{step.Rows, step.Rows, step.Adders, step.ByValue, step.Groups, step.Dots, step.Joined, step.Packed}[rng.Intn(8)]
		if p.Layers[i].Leak != nil { // which allows neither
			l.Merged = false
			if l.Product == step.Joined {
				l.Product = step.Rows
			}
		}
		if l.Product == step.Joined {
			l.Pairs, l.Fused, l.Merged, l.Record = false, true, false, 0
		}
		l.Together, l.Weight, l.Rolled = rng.Intn(4), 16*rng.Intn(2), coin()
		l.Unroll, l.Widened, l.Multiple = rng.Intn(7), coin(), rng.Intn(9)
		switch rng.Intn(3) {
		case 0: // the plain lane
		case 1: // the narrowest
			for l.Lane = 8; l.Lane < p.Layers[i].ZBits; {
				l.Lane *= 2
			}
		case 2:
			l.Lane = []int{8, 16, 32, 64}[rng.Intn(4)]
		}
		if l.Pairs {
			l.Lane = []int{16, 16, 32}[rng.Intn(3)]
		}
		l.Below = l.Product != step.Joined && !l.Pairs && p.Layers[i].Saturate && coin()
		if leak := p.Layers[i].Leak; leak != nil && !leak.Even() {
			l.Rated = !l.Pairs && coin()
		}
		l.Separate = l.Record > 0 && coin()
		l.Ahead = l.Fused && !l.Merged && !l.Pairs && l.Product != step.Joined && !p.Layers[i].Staged && coin()
	}
	c.Readout = step.ReadoutChoice{
		Product:  []step.Product{step.Rows, step.Packed, step.Dots, step.Adders, step.Groups}[rng.Intn(5)],
		Together: rng.Intn(5), Multiple: rng.Intn(9), Deferred: coin()}
	c.Readout.Stored = c.Readout.Product == step.Dots && p.Output.When != "mean" && coin()
	if c.Readout.Deferred {
		c.Readout.Sum = []int{0, 16, 32}[rng.Intn(3)]
	}
	return c
}

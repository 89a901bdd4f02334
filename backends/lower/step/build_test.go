package step_test

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/ir"
)

// holds proves a program and compares its outputs, step by step, with those of the plan.
func holds(rng *rand.Rand, p *lower.Plan, prog *step.Program, steps int) error {
	if err := step.Verify(prog); err != nil {
		return err
	}
	m, err := step.NewMachine(prog)
	if err != nil {
		return err
	}
	if p.Output.When == ir.Mean {
		steps = min(steps, p.Steps)
	}
	for _, x := range plantest.Sequences(rng, p, 3, steps) {
		want := lower.NewMachine(p)
		m.Reset()
		for t := range x {
			want.Step(x[t])
			if err := m.Step(x[t]); err != nil {
				return err
			}
			if t%5 != 0 && t != len(x)-1 {
				continue
			}
			y, err := m.Output()
			if err != nil {
				return err
			}
			if d := cmp.Diff(want.Output(), y); d != "" {
				return fmt.Errorf("output after step %d (-plan +program)\n%s", t+1, d)
			}
		}
	}
	return nil
}

func TestPlainIsForEveryPlan(t *testing.T) {
	for seed := range int64(300) {
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		prog, err := step.Build(p, step.Plain(p))
		if err == nil {
			err = holds(rng, p, prog, 21)
		}
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

// anyChoice draws a choice, which the plan need not allow.
func anyChoice(rng *rand.Rand, p *lower.Plan) step.Choice {
	c := step.Plain(p)
	c.Word = []int{16, 32}[rng.Intn(2)]
	coin := func() bool { return rng.Intn(2) == 0 }
	for i := range c.Layers {
		l, k := &c.Layers[i], p.Layers[i].K
		l.Pairs = rng.Intn(5) == 0
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
		l.Product = []step.Product{step.Rows, step.Rows, step.Adders, step.ByValue, step.Groups}[rng.Intn(5)]
		l.Unroll = rng.Intn(7)
		if coin() {
			l.Lane = 8
			for l.Lane < p.Layers[i].ZBits {
				l.Lane *= 2
			}
		}
		if l.Pairs {
			l.Lane = 16
		}
	}
	c.Readout = step.ReadoutChoice{
		Product:  []step.Product{step.Rows, step.Packed, step.Dots, step.Adders, step.Groups}[rng.Intn(5)],
		Together: rng.Intn(4), Deferred: coin()}
	return c
}

// TestChoicesGiveTheSameBits holds random plans under random choices. A choice that a plan does not allow is refused when it is
// built; one whose lanes are too narrow by the verifier. Enough must be left.
func TestChoicesGiveTheSameBits(t *testing.T) {
	built, proven := 0, map[string]int{}
	for seed := range int64(1500) {
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		c := anyChoice(rng, p)
		prog, err := step.Build(p, c)
		if err != nil {
			continue
		}
		built++
		if err := step.Verify(prog); err != nil {
			t.Logf("seed %d: %v", seed, err)
			continue
		}
		if err := holds(rng, p, prog, 21); err != nil {
			t.Errorf("seed %d, %v, %v: %v", seed, c.Layers, c.Readout, err)
		}
		for _, l := range c.Layers {
			for what, on := range map[string]bool{"pairs": l.Pairs, "fused": l.Fused, "in place": l.InPlace, "record": l.Record > 0, "merged": l.Merged,
				"by value": l.Product == step.ByValue, "groups": l.Product == step.Groups || c.Readout.Product == step.Groups,
				"dots": c.Readout.Product == step.Dots, "deferred": c.Readout.Deferred, "packed": c.Readout.Product == step.Packed} {
				if on {
					proven[what]++
				}
			}
		}
	}
	t.Log(built, proven)
}

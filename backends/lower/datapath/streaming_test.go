package datapath

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/ir"
)

// reference runs sequences through the plan's interpreter.
func reference(p *lower.Plan, x [][][]int64) [][][]int64 {
	y := make([][][]int64, len(x))
	for i, seq := range x {
		m := lower.NewMachine(p)
		for t, row := range seq {
			m.Step(row)
			if p.Output.When == ir.EveryStep || t == len(seq)-1 {
				y[i] = append(y[i], m.Output())
			}
		}
	}
	return y
}

// TestStreamingComputesThePlan plays random plans with and without pauses.
func TestStreamingComputesThePlan(t *testing.T) {
	built := 0
	for seed := range 400 {
		rng := rand.New(rand.NewSource(int64(seed)))
		p := plantest.Random(rng)
		a := Arch{Kind: Streaming, Lanes: 1 << rng.Intn(3)}
		d, err := Build(p, a, "streaming")
		if err != nil {
			continue
		}
		built++
		t.Run(fmt.Sprint(seed), func(t *testing.T) { playAgainstPlan(t, d, p, rng) })
	}
	if built < 40 {
		t.Errorf("only %d plans were built", built)
	}
}

func playAgainstPlan(t *testing.T, d *Design, p *lower.Plan, rng *rand.Rand) {
	t.Helper()
	if err := d.Verify(); err != nil {
		t.Fatal(err)
	}
	x := plantest.Sequences(rng, p, 3, 7)
	want := reference(p, x)
	for _, pauses := range []*rand.Rand{nil, rng} {
		got, err := Play(d, p, x, pauses)
		if err != nil {
			t.Fatalf("%v (pauses: %v)", err, pauses != nil)
		}
		for i := range want {
			if !slices.EqualFunc(got.Y[i], want[i], slices.Equal) {
				t.Fatalf("sequence %d: %v, not %v (pauses: %v)", i, got.Y[i], want[i], pauses != nil)
			}
		}
	}
}

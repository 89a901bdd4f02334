package step_test

import (
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/lower/step"
)

func TestPairedChoiceComputesThePlan(t *testing.T) {
	pairs, apart := 0, 0
	for seed := range int64(90) {
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		if seed%4 == 0 {
			p = plantest.WithOrder(rng, 3+int(seed)/4%5)
		}
		for _, compact := range []bool{false, true} {
			c := step.Paired(p, compact)
			for _, l := range c.Layers {
				if l.Pairs && l.Apart {
					apart++
				} else if l.Pairs {
					pairs++
				}
			}
			prog, err := step.Build(p, c)
			if err == nil {
				err = hold(rng, p, prog)
			}
			if err != nil {
				t.Errorf("seed %d, compact %v: %v", seed, compact, err)
			}
		}
	}
	if pairs < 15 || apart < 15 {
		t.Errorf("%d layers in lanes, %d apart", pairs, apart)
	}
}

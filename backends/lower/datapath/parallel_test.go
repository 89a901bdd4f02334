package datapath_test

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/ir"
)

// TestParallelComputesThePlan plays random plans; what cannot be built says what can.
func TestParallelComputesThePlan(t *testing.T) {
	built := 0
	for seed := range 150 {
		rng := rand.New(rand.NewSource(int64(seed)))
		p := plantest.Random(rng)
		a := datapath.Arch{Kind: datapath.Parallel, Readout: 1 << rng.Intn(5)}
		if _, err := datapath.Build(p, a, "parallel"); err != nil {
			if !strings.HasPrefix(err.Error(), "a parallel design ") {
				t.Errorf("seed %d: %v", seed, err)
			}
			continue
		}
		built++
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			if err := checkPlan(p, a, rng); err != nil {
				t.Fatal(err)
			}
		})
	}
	if built < 25 {
		t.Errorf("only %d plans were built", built)
	}
}

// TestParallelTakesACycleAStep counts.
func TestParallelTakesACycleAStep(t *testing.T) {
	seen := 0
	for seed := range 200 {
		p := plantest.Random(rand.New(rand.NewSource(int64(seed))))
		if p.Output.When == ir.EveryStep || p.Output.When == ir.Mean || p.Input.Size != 1 {
			continue
		}
		d, err := datapath.Build(p, datapath.Arch{Kind: datapath.Parallel, Readout: 2}, "parallel")
		if err != nil {
			continue
		}
		seen++
		if d.StepCycles > 2 { // 1, and one more behind a sequence
			t.Errorf("seed %d: %d cycles a step", seed, d.StepCycles)
		}
	}
	if seen < 3 {
		t.Errorf("only %d plans", seen)
	}
}

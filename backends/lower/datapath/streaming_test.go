package datapath_test

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
)

// streamingArch is a random architecture for a plan's first layer.
func streamingArch(rng *rand.Rand, p *lower.Plan) datapath.Arch {
	lanes := 1 << rng.Intn(5)
	for lanes > p.Layers[0].Block {
		lanes /= 2
	}
	rows := 1 + rng.Intn(p.Readout.Matrix.Rows)
	return datapath.Arch{Kind: datapath.Streaming, Lanes: lanes, Readout: lanes * rows}
}

// streams reports whether a streaming design is meant to take a plan, however many its lanes.
func streams(p *lower.Plan, a datapath.Arch) bool {
	t := p.Layers[0].Term
	return len(p.Layers) == 1 && (p.Layers[0].Perm == nil || a.Lanes == 1) && (t == nil || t.Source == lower.FromOneHot || t.Matrix.Cols*a.Lanes <= 64)
}

func TestStreamingRandomPlans(t *testing.T) {
	built := 0
	for seed := range int64(500) {
		rng := rand.New(rand.NewSource(seed))
		p := small(rng)
		a := streamingArch(rng, p)
		if !streams(p, a) {
			continue
		}
		built++
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			if err := checkPlan(p, a, rng); err != nil {
				t.Errorf("%+v: %s%v", a, features(p), err)
			}
		})
	}
	if built < 150 {
		t.Errorf("only %d plans were built", built)
	}
}

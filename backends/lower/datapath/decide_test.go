package datapath_test

import (
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
)

// TestDesignsDecide holds designs of plans with a decide block, between two classes and many, in every architecture.
func TestDesignsDecide(t *testing.T) {
	built := map[datapath.ArchKind]int{}
	for seed := range int64(96) {
		rng := rand.New(rand.NewSource(30000 + seed))
		p := plantest.Decide(rng, small(rng), []int{2, 3, 6, 45}[seed%4])
		a := serialArch(rng, p)
		switch seed % 3 {
		case 0:
			if a = streamingArch(rng, p); !streams(p, a) {
				continue
			}
		case 1:
			a = datapath.Arch{Kind: datapath.Parallel, Readout: 1 << rng.Intn(5)}
			if _, err := datapath.Build(p, a, "design"); err != nil {
				continue
			}
		}
		a.StatePort = false
		built[a.Kind]++
		if err := checkPlan(p, a, rng); err != nil {
			t.Errorf("seed %d, %+v, %+v: %s%v", seed, a, p.Decide, features(p), err)
		}
	}
	for _, kind := range []datapath.ArchKind{datapath.Serial, datapath.Streaming, datapath.Parallel} {
		if built[kind] < 8 {
			t.Errorf("only %d designs: %s", built[kind], kind)
		}
	}
}

package datapath_test

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
)

// TestLeaksOfDesigns holds designs of plans that leak, of one leak and of several, in every architecture.
func TestLeaksOfDesigns(t *testing.T) {
	built := map[string]int{}
	for seed := range int64(450) {
		rng := rand.New(rand.NewSource(20000 + seed))
		p := plantest.Leak(rng, small(rng))
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
		for _, l := range p.Layers {
			if l.Leak != nil {
				built[fmt.Sprintf("%s, one leak %v", a.Kind, l.Leak.Even())]++
			}
		}
		if err := checkPlan(p, a, rng); err != nil {
			t.Errorf("seed %d, %+v, %v: %s%v", seed, a, p.Layers[0].Leak, features(p), err)
		}
	}
	for _, kind := range []datapath.ArchKind{datapath.Serial, datapath.Streaming, datapath.Parallel} {
		for _, even := range []bool{true, false} {
			if what := fmt.Sprintf("%s, one leak %v", kind, even); built[what] < 10 {
				t.Errorf("only %d layers: %s", built[what], what)
			}
		}
	}
}

package datapath_test

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
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

// TestStreamingUnitVectors loads unit vectors of either sign into the state through its port, runs a step of either parity, and
// reads the whole state back.
func TestStreamingUnitVectors(t *testing.T) {
	for k := range 7 {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			rng := rand.New(rand.NewSource(int64(k)))
			p, a := plantest.WithOrder(rng, k), datapath.Arch{}
			for a = streamingArch(rng, p); !streams(p, a) || p.Layers[0].N > 128; a = streamingArch(rng, p) {
				p = plantest.WithOrder(rng, k)
			}
			a.StatePort = true
			d, err := datapath.Build(p, a, "design")
			if err != nil {
				t.Fatal(err)
			}
			l := &p.Layers[0]
			x := plantest.Sequences(rng, p, 1, 1)[0][0]
			for unit := range l.N {
				m := lower.NewMachine(p)
				m.T = unit & 1
				m.G[0][unit] = int64(1-unit&2) << (l.Bits - 2)
				b := newBench(d)
				for u, g := range m.G[0] {
					b.Set(datapath.StateAddress, uint64(u))
					b.Set(datapath.StateIn, uint64(g))
					b.Set(datapath.StateWrite, 1)
					b.cycle()
				}
				b.Set(datapath.StateWrite, 0)
				b.Set(datapath.StateLoad, 1)
				b.Set(datapath.StateOddIn, uint64(m.T))
				b.cycle()
				b.Set(datapath.StateLoad, 0)
				m.Step(x)
				b.step(x, false)
				b.rest()
				for u, want := range m.G[0] {
					b.Set(datapath.StateAddress, uint64(u))
					b.cycle()
					if got := int64(b.Get(datapath.StateOut)) << (64 - l.Bits) >> (64 - l.Bits); got != want {
						t.Fatalf("%+v: %sunit %d is %d, not %d, of unit vector %d", a, features(p), u, got, want, unit)
					}
				}
			}
		})
	}
}

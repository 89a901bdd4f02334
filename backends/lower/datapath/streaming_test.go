package datapath_test

import (
	"fmt"
	"math/rand"
	"strings"
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

// TestStreamingRefuses asks for what a streaming design cannot do; the answer says what can.
func TestStreamingRefuses(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for ask, c := range map[string]struct {
		arch datapath.Arch
		plan func(*lower.Plan) bool
	}{
		"takes stacked layers":   {datapath.Arch{Lanes: 1}, func(p *lower.Plan) bool { return len(p.Layers) > 1 }},
		"take 1, or a serial":    {datapath.Arch{Lanes: 2}, func(p *lower.Plan) bool { return len(p.Layers) == 1 && p.Layers[0].Perm != nil && p.Layers[0].K > 0 }},
		"a power of two up to 8": {datapath.Arch{Lanes: 16}, func(p *lower.Plan) bool { return len(p.Layers) == 1 && p.Layers[0].Perm == nil && p.Layers[0].K == 3 }},
		"as they pass, 2":        {datapath.Arch{Lanes: 2, Update: 4}, func(p *lower.Plan) bool { return streams(p, datapath.Arch{Lanes: 2}) && p.Layers[0].K > 0 }},
		"takes all 6 at once":    {datapath.Arch{Lanes: 1, Product: 2}, func(p *lower.Plan) bool { return streams(p, datapath.Arch{Lanes: 1}) && p.Input.Size == 6 }},
		"takes up to 64": {datapath.Arch{Lanes: 16}, func(p *lower.Plan) bool {
			return len(p.Layers) == 1 && p.Layers[0].Perm == nil && p.Layers[0].K > 3 && p.Input.Size == 6
		}},
		"at least 1 is needed":     {datapath.Arch{Lanes: 1, Readout: -1}, func(p *lower.Plan) bool { return len(p.Layers) == 1 }},
		"those in logic are for p": {datapath.Arch{Lanes: 1, Weights: datapath.Logic}, func(p *lower.Plan) bool { return len(p.Layers) == 1 }},
	} {
		p := plantest.Random(rng)
		for !c.plan(p) {
			p = plantest.Random(rng)
		}
		c.arch.Kind = datapath.Streaming
		if _, err := datapath.Build(p, c.arch, "design"); err == nil || !strings.Contains(err.Error(), ask) {
			t.Errorf("%s: %v", ask, err)
		}
	}
}

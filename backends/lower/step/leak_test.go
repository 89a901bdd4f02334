package step_test

import (
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/backends/lower/step/steptest"
)

// TestLeaksComputeThePlan holds random programs of plans that leak: by any choice, by those of processors, and by pairs of 16 bits.
func TestLeaksComputeThePlan(t *testing.T) {
	held := map[string]int{}
	for seed := range int64(1200) {
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		if seed%3 == 0 {
			p = plantest.WithOrder(rng, 2+int(seed/3%3))
		}
		plantest.Leak(rng, p)
		choices := []step.Choice{steptest.Choice(rng, p)}
		if seed%6 == 0 {
			choices = append(choices, step.Plain(p), step.Paired(p, seed%4 == 0), step.Vectorised(p, false))
		}
		for n, c := range choices {
			prog, err := step.Build(p, c)
			if err != nil || step.Verify(prog) != nil {
				if n == 1 {
					t.Errorf("seed %d: the plain choice: %v, %v", seed, err, step.Verify(prog))
				}
				continue
			}
			if err := hold(rng, p, prog); err != nil {
				t.Fatalf("seed %d, %v, %v: %v", seed, c.Layers, c.Readout, err)
			}
			for i, k := range c.Layers {
				l := &p.Layers[i]
				if l.Leak == nil {
					continue
				}
				for what, on := range map[string]bool{
					"pairs of 32 bits": k.Pairs && k.Lane == 32 && !k.Apart, "apart": k.Apart,
					"fused": k.Fused, "fused runs": k.Fused && !l.Leak.Even(), "ahead": k.Ahead, "below": k.Below, "records": k.Record > 0 && !k.Pairs,
					"runs": !k.Fused && !l.Leak.Even(), "permuted": l.Perm != nil, "permuted runs": l.Perm != nil && !l.Leak.Even(),
					"apart runs": k.Apart && !l.Leak.Even(), "rated": k.Rated && !k.Fused, "rated fused": k.Rated && k.Fused, "rated permuted": k.Rated && l.Perm != nil, "16 bits": k.Lane == 16 && c.Word == 16, "no stages": l.K == 0} {
					if on {
						held[what]++
					}
				}
			}
		}
	}
	for _, what := range []string{"pairs of 32 bits", "apart", "fused", "fused runs", "ahead", "below", "records",
		"runs", "permuted", "permuted runs", "apart runs", "rated", "rated fused", "rated permuted", "16 bits", "no stages"} {
		if held[what] < 3 {
			t.Errorf("only %d layers that leak had: %s", held[what], what)
		}
	}
}

// TestLeaksOfPairs holds plans that leak and whose lanes of 16 bits hold two units a word: some across the lanes, where one comes
// negated, and some that are rounded behind the transform.
func TestLeaksOfPairs(t *testing.T) {
	held := map[[2]bool]int{}
	kinds := [][2]bool{{false, false}, {false, true}, {true, false}, {true, true}}
	enough := func() bool {
		for _, k := range kinds {
			if held[k] < 5 {
				return false
			}
		}
		return true
	}
	for seed := int64(0); !enough(); seed++ {
		if seed == 60000 {
			t.Fatalf("plans have pairs, by whether they are across and round behind the transform: %v", held)
		}
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		l := &p.Layers[0]
		if l.Bits > 12 || l.ZBits > 16 || l.K == 0 || l.Perm != nil || l.PreSigns != nil || l.N%2 == 1 || len(p.Layers) > 1 {
			continue
		}
		if plantest.Leak(rng, p); l.Leak == nil {
			continue
		}
		c := step.Plain(p)
		across := l.N/l.Block%2 == 1
		stages := l.K
		if across {
			stages--
		}
		if stages == 0 {
			continue
		}
		c.Layers[0] = step.LayerChoice{Pairs: true, Lane: 16, Fused: rng.Intn(2) == 0, Record: 16 << rng.Intn(2), Separate: rng.Intn(2) == 0,
			Product: step.Rows, Unroll: 6, Passes: step.PassesOf(stages, 1+rng.Intn(3))}
		prog, err := step.Build(p, c)
		if err != nil || step.Verify(prog) != nil {
			continue
		}
		if err := hold(rng, p, prog); err != nil {
			t.Fatalf("seed %d, %v: %v", seed, c.Layers, err)
		}
		held[[2]bool{across, l.Rest(0) == 1 || l.Rest(1) == 1}]++
	}
}

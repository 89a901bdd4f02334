package optim

import (
	"math"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/network"
)

// TestAverage: a weight that swings about a value averages to it, a fixed one stays, and Swap is its own inverse.
func TestAverage(t *testing.T) {
	moving := &network.Param{Name: "U", Kind: "int4", Latent: []float32{0}}
	fixed := &network.Param{Name: "p", Kind: "index", Latent: []float32{7}, Fixed: true}
	params := []*network.Param{moving, fixed}
	a := NewAverage(0.99, params)
	for step := 1; step <= 2000; step++ {
		moving.Latent[0] = 3 + float32(step%2*2-1)
		a.Update(params, step)
	}
	if v := a.Values[0][0]; math.Abs(float64(v)-3) > 0.02 {
		t.Errorf("2 and 4 in turn average to %v", v)
	}
	a.Swap(params)
	if moving.Latent[0] == 2 || a.Values[0][0] != 2 || fixed.Latent[0] != 7 {
		t.Errorf("swapped: weights %v and %v, average %v", moving.Latent, fixed.Latent, a.Values)
	}
	a.Swap(params)
	if moving.Latent[0] != 2 {
		t.Errorf("swapped twice: weight %v", moving.Latent)
	}
	if NewAverage(0, params) != nil {
		t.Error("without a decay there is an average")
	}
}

// TestAverageForgetsItsStart: what was drawn is gone after a few steps, whatever the decay.
func TestAverageForgetsItsStart(t *testing.T) {
	p := &network.Param{Name: "U", Kind: "int4", Latent: []float32{100}}
	params := []*network.Param{p}
	a := NewAverage(0.999, params)
	p.Latent[0] = 1
	for step := 1; step <= 50; step++ {
		a.Update(params, step)
	}
	if v := a.Values[0][0]; math.Abs(float64(v)-1) > 1e-3 {
		t.Errorf("average %v", v)
	}
}

// TestLimitWeights clamps few-bit weights, and neither signs nor real ones.
func TestLimitWeights(t *testing.T) {
	latent := func() []float32 { return []float32{1, -1, 1, -1, 1, -1, 1, 10} }
	for kind, want := range map[string]float32{"int4": 7.314, "ternary": 7.314, "real": 10, "sign": 10, "binary": 10} {
		p := &network.Param{Name: "U", Kind: kind, Latent: latent()}
		LimitWeights([]*network.Param{p}, 0)
		if p.Latent[7] != 10 {
			t.Errorf("%s: no limit makes it %v", kind, p.Latent[7])
		}
		LimitWeights([]*network.Param{p}, 2) // the root mean square is sqrt(107/8)
		if math.Abs(float64(p.Latent[7]-want)) > 0.1 || p.Latent[0] != 1 {
			t.Errorf("%s: %v, want a largest of %v", kind, p.Latent, want)
		}
	}
}

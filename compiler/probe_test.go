package compiler

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/verilog"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/passes"
)

// TestProofs proves the transforms of random models in the plan's machine, and in a machine behind the interface of engines: what
// the two say is the same, and a transform with one sign wrong, or rounded by one bit more, is found out.
func TestProofs(t *testing.T) {
	proofs := 0
	for seed := int64(1); seed <= 20; seed++ {
		l, err := randomModel(t, seed).Lower(passes.Config{})
		if refused(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if l.Plan.Layers[0].N > 64 {
			continue
		}
		engine := func(change func(*lower.Layer)) string {
			return provenBy(l.Plan, func(p *lower.Plan, x [][][]int64) (y [][][]int64, err error) {
				changed := *p
				changed.Layers = append([]lower.Layer(nil), p.Layers...)
				change(&changed.Layers[0])
				for _, s := range x {
					y = append(y, changed.Outputs([][][]int64{s})[0])
				}
				return y, nil
			}, 1e18)
		}
		want := provenInMachine(l.Plan)
		if got := engine(func(*lower.Layer) {}); got != want {
			t.Errorf("seed %d: %q, and in the machine %q", seed, got, want)
		}
		if strings.Contains(want, "FAILED") {
			t.Errorf("seed %d: %s", seed, want)
		}
		if strings.Contains(want, "sampled") {
			continue
		}
		proofs++
		for name, change := range map[string]func(*lower.Layer){
			"a sign": func(l *lower.Layer) {
				l.Signs = append([]int8(nil), l.Signs...)
				l.Signs[l.N-1] *= -1
			},
			"a shift": func(l *lower.Layer) {
				l.Round[arith.Even].Shift++
				l.Round[arith.Odd].Shift++
			},
		} {
			if got := engine(change); !strings.Contains(got, "FAILED on unit vector") {
				t.Errorf("seed %d, %s is wrong: %s", seed, name, got)
			}
		}
	}
	if proofs < 5 {
		t.Errorf("only %d models were proven", proofs)
	}
	large := &lower.Plan{Layers: []lower.Layer{{Name: "h", N: 2 * mostProbed, Block: 2, Bits: 16}}}
	want := fmt.Sprintf("h: sampled (%d unit vectors are too many for generated code)", 2*mostProbed)
	if got := provenBy(large, nil, 1e18); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestProbesTakeSettingsOfTheModel: settings that suit the whole of a model, as many butterflies as its largest block takes, make a
// design of each of its layers alone too, and stay those of the model.
func TestProbesTakeSettingsOfTheModel(t *testing.T) {
	const text = `model stacked
input x : i8[3] / 32
param U : int4[32, 3]
param B : int4[16, 32]
param V : int4[2, 16]
state g : int16[32] range 4
state h : int16[16] range 4
g <- hadamard(g, block = 16) + U*x
h <- hadamard(h, block = 4) + B*relu(g)
output V*h at every step
weights "model.safetensors"
target verilog { butterflies = 8, update = 16, product = 2 }
`
	l := randomWeights(t, text, 1)
	for i := range l.Plan.Layers {
		p := probePlan(&l.Plan.Layers[i], probeAmplitude(&l.Plan.Layers[i]))
		if _, _, err := l.probing(verilog.Target, p).generate(verilog.Target, p, backends.Vectors{}); err != nil {
			t.Errorf("layer %d: %v", i, err)
		}
	}
	if s := l.Targets["verilog"]; s["butterflies"] != "8" || s["product"] != "2" {
		t.Errorf("the model's own settings became %v", s)
	}
}

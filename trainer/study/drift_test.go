package study

import (
	"math"
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// leaky shows its state as its output.
const leaky = `model m
input x : i8[2] / 32
param U : int4[16, 2]
param b : [16]
param V : int8[16, 16]
state h : int16[16]
h <- hadamard(h, block = 8, leak = [1/4, 1/32]) + U*x + b
y = V*h
output y at every step
weights "w.safetensors"
`

// TestNoDriftOverEndlessSteps runs a state that leaks over 100,000 steps, of noise and of inputs that stay at their extremes, at the
// fixed level, at the real one and in the trainer, whose states are carried from piece to piece. All stay within the bound for ever, and
// the float32 of the trainer within what the fixed level's roundings can add up to.
func TestNoDriftOverEndlessSteps(t *testing.T) {
	const steps, piece, n = 100000, 500, 16
	checked, _, errs := compiler.Check(write(t, leaky))
	if errs.HasErrors() {
		t.Fatal(errs)
	}
	net := network.New(checked)
	net.Initialise(1, network.BalancedSigns)
	v := net.Param("V")
	for i := range v.Latent {
		v.Latent[i] = 0
		if i%(n+1) == 0 {
			v.Latent[i] = 1
		}
	}
	net.Refresh()
	rng := rand.New(rand.NewSource(1))
	x := make([][]int64, steps)
	for s := range x {
		x[s] = []int64{int64(rng.Intn(256) - 128), int64(rng.Intn(256) - 128)}
		if s/10000%2 == 1 {
			x[s] = []int64{127, -128}
		}
	}
	inflow := 0.0 // the largest norm of what flows in: by the triangle inequality
	u, b := net.Param("U").Used, net.Param("b").Used
	for i := range n {
		most := math.Abs(float64(b[i]))
		for _, w := range u[2*i : 2*i+2] {
			most += 4 * math.Abs(float64(w))
		}
		inflow += most * most
	}
	inflow = math.Sqrt(inflow)
	const leak = 1.0 / 32 // the slowest
	bound := inflow / leak

	states := net.NewStates(1)
	float := make([]float64, 0, steps*n)
	for s := 0; s < steps; s += piece {
		batch := &network.Batch{N: 1, T: piece, D: 2, States: states}
		for _, row := range x[s : s+piece] {
			batch.X = append(batch.X, float32(row[0]), float32(row[1]))
		}
		got := make([]float64, piece*n)
		net.Evaluate(batch, func(i int, y []float32) {
			for j := range y {
				got[i*n+j] = float64(y[j]) / float64(v.Used[0])
			}
		})
		float = append(float, got...)
	}

	m, err := compiler.FromParts("m.hrn", []byte(leaky), trainer.WeightsFile(net, metadata.Metadata{Ranges: map[string]float64{"h": bound}}))
	if err != nil {
		t.Fatal(err)
	}
	real, err := m.Calibrate(t.Context(), [][][]int64{x}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := l.Run(t.Context(), "fixed", [][][]int64{x}, nil)
	if err != nil {
		t.Fatal(err)
	}
	fixed := l.Reals(out)
	unit := 0.0
	for ph := range 2 {
		unit = max(unit, l.Module.States[0].Scale.Unit*math.Pow(math.Sqrt2, float64(ph)))
	}
	// Three roundings a step: of the transform, of the leak, of what flows in.
	noise := 3 * math.Sqrt(n) / 2 * unit / leak
	most, off := 0.0, 0.0
	for s := range steps {
		norm, apart := 0.0, 0.0
		for j := range n {
			f := fixed[s*n+j] / float64(v.Used[0])
			norm += f * f
			apart += (f - float[s*n+j]) * (f - float[s*n+j])
		}
		most, off = max(most, math.Sqrt(norm)), max(off, math.Sqrt(apart))
	}
	largest := 0.0
	for _, h := range float {
		largest = max(largest, math.Abs(h))
	}
	if out.Saturated > 0 || most > bound+noise || largest > bound || real["h"] > bound || math.Abs(largest-real["h"]) > 1e-4*largest || off > noise {
		t.Errorf("fixed reaches %.4g of %.4g, real %.4g, the trainer %.4g; fixed is at most %.3g off, allowed are %.3g; %d values saturated",
			most, bound, real["h"], largest, off, noise, out.Saturated)
	}
	t.Logf("fixed reaches a norm of %.4g of %.4g, real a value of %.4g, the trainer %.4g; fixed is at most %.3g off, allowed are %.3g", most, bound, real["h"], largest, off, noise)
}

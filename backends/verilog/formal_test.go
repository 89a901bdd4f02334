package verilog

import (
	"context"
	"fmt"
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/verilog/sim"
)

// tiny is a plan of blocks of two that proofs get through in moments.
func tiny(seed int) *lower.Plan {
	for ; ; seed += 1000 {
		p := plantest.WithOrder(rand.New(rand.NewSource(int64(seed))), 1)
		if seed%2 == 1 {
			plantest.Leak(rand.New(rand.NewSource(int64(seed))), p)
		}
		d := &design{plan: p}
		if len(p.Layers) == 1 && p.Readout.Matrix.Rows <= 2 && p.Input.Size <= 2 && d.definable() {
			return p
		}
	}
}

func open(t *testing.T, dir string) *sim.Design {
	t.Helper()
	d, err := sim.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestProofs proves what formal/ says of small designs, for ever or for some cycles.
func TestProofs(t *testing.T) {
	need(t, sim.ProofTools...)
	for seed := range 1 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			p := tiny(seed)
			d := open(t, generate(t, p, backends.Vectors{}, nil))
			proofs, err := Proofs(p, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, proof := range proofs {
				if proof.Name != sim.Stream {
					proof.Bounded = true // the search for an invariant may take long
				}
				proof.Cycles = min(proof.Cycles, 16)
				got, err := sim.Prove(context.Background(), d, proof, 10)
				if err != nil {
					t.Fatal(err)
				}
				if got.Failed != "" {
					t.Errorf("%s: %+v", proof.Name, got)
				}
			}
		})
	}
}

// TestNetlists holds the cells of every family against the plan's interpreter.
func TestNetlists(t *testing.T) {
	need(t, "yosys", "iverilog", "vvp")
	for i, name := range chip.Names(chip.FPGA) {
		part, err := chip.GetFPGA(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := tiny(i)
			x := plantest.Sequences(rand.New(rand.NewSource(1)), p, 2, 5)
			got, err := sim.Netlist(part).Run(context.Background(), generate(t, p, backends.Vectors{}, nil), p, x)
			if err != nil {
				t.Fatal(err)
			}
			if want := p.Outputs(x); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("got  %v\nwant %v", got, want)
			}
		})
	}
}

// TestCoverage sees the testbench reach nearly all of a design.
func TestCoverage(t *testing.T) {
	need(t, sim.CoverageTools...)
	p := tiny(0)
	x := plantest.Sequences(rand.New(rand.NewSource(1)), p, 3, 5)
	d := open(t, generate(t, p, backends.Vectors{X: x, Y: p.Outputs(x)}, nil))
	c, err := sim.Cover(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	if c.Lines.All == 0 || c.Toggles.All == 0 || c.Lines.Percent() < 80 || c.Toggles.Percent() < 70 {
		t.Errorf("lines %+v, toggles %+v, missed %+v", c.Lines, c.Toggles, c.Missed)
	}
}

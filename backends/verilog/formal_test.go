package verilog

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
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

// prove proves one property of a design, cycle by cycle where it is no matter of the stream: the search for what holds for ever may
// take long.
func prove(t *testing.T, dir string, proof sim.Proof, cycles int) sim.Proven {
	t.Helper()
	proof.Bounded = proof.Bounded || proof.Name != sim.Stream
	proof.Cycles = min(proof.Cycles, cycles)
	got, err := sim.Prove(context.Background(), open(t, dir), proof, 300) // which end long before, but on a machine that is busy
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// proofsOf are the properties of a plan's design by name.
func proofsOf(t *testing.T, p *lower.Plan, s backends.Settings) map[string]sim.Proof {
	t.Helper()
	all, err := Proofs(p, s)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]sim.Proof{}
	for _, proof := range all {
		out[proof.Name] = proof
	}
	return out
}

// TestProofs proves what formal/ says of small designs, for ever or for some cycles: with and without a port for the state.
func TestProofs(t *testing.T) {
	need(t, sim.ProofTools...)
	for name, set := range map[string]backends.Settings{"plain": nil, "state port": {"state_port": "yes"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := tiny(0)
			dir := generate(t, p, backends.Vectors{}, set)
			for _, proof := range proofsOf(t, p, set) {
				if got := prove(t, dir, proof, 16); got.Failed != "" || !got.Forever && got.Depth == 0 {
					t.Errorf("%s: %+v", proof.Name, got)
				}
			}
		})
	}
}

// TestProofsFindMistakes changes a design in one place and expects a proof to fail.
func TestProofsFindMistakes(t *testing.T) {
	need(t, sim.ProofTools...)
	p := tiny(0)
	for _, m := range []struct{ what, proof, was, is string }{
		{"a sign", sim.Definition, "wire subtract0 = ", "wire subtract0 = ~"},
		{"an output that does not wait", sim.Stream, "taken = waits & out_ready", "taken = waits"},
		{"a beat taken with no room", sim.Stream, "assign in_ready = ~full", "assign in_ready = 1'b1"},
		{"a step's outputs over those of the one before", sim.Hold, "held = waits & ~taken", "held = 1'b0"},
		{"a register that keeps its value in reset", sim.Reset, "            last <= 1'd1;\n", ""},
	} {
		t.Run(m.what, func(t *testing.T) {
			t.Parallel()
			dir := generate(t, p, backends.Vectors{}, nil)
			file := filepath.Join(dir, open(t, dir).Top+".v")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(string(text), m.was) != 1 {
				t.Fatalf("not one %q in\n%s", m.was, text)
			}
			if err := os.WriteFile(file, []byte(strings.Replace(string(text), m.was, m.is, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
			if got := prove(t, dir, proofsOf(t, p, nil)[m.proof], 50); got.Failed == "" {
				t.Errorf("%s finds nothing: %+v", m.proof, got)
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

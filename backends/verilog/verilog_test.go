package verilog

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/ir"
)

func need(t *testing.T, tools ...string) {
	t.Helper()
	if missing := exttool.Missing(tools...); len(missing) > 0 {
		t.Skipf("skipped: no %s (apt-get install %s)", missing[0], exttool.Package(missing[0]))
	}
}

// reference runs sequences through the plan's interpreter.
func reference(p *lower.Plan, x [][][]int64) [][][]int64 {
	y := make([][][]int64, len(x))
	for i, seq := range x {
		m := lower.NewMachine(p)
		for t, row := range seq {
			m.Step(row)
			if p.Output.When == ir.EveryStep || t == len(seq)-1 {
				y[i] = append(y[i], m.Output())
			}
		}
	}
	return y
}

func generate(t *testing.T, p *lower.Plan, v backends.Vectors, s backends.Settings) string {
	t.Helper()
	files, _, err := Target.Generate(p, v, s)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, f.Path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// butterfliesFor varies the setting with the seed.
func butterfliesFor(seed int) backends.Settings {
	return backends.Settings{"butterflies": fmt.Sprint(1 << (seed % 5))}
}

// TestRandomPlans holds generated Verilog against the plan's interpreter.
func TestRandomPlans(t *testing.T) {
	plans := map[string]int{"iverilog": 60, "verilator": 2}
	for _, e := range Target.Engines() {
		t.Run(e.Name, func(t *testing.T) {
			need(t, e.Tools...)
			for seed := range plans[e.Name] {
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					t.Parallel()
					rng := rand.New(rand.NewSource(int64(seed)))
					p := plantest.Random(rng)
					if newDesign(p, settings{prefix: "p", butterflies: 4}).stepCycles(true) > 3000 {
						t.Skip("too slow to simulate in a test")
					}
					x := plantest.Sequences(rng, p, 3, 7)
					dir := generate(t, p, backends.Vectors{}, butterfliesFor(seed))
					got, err := e.Run(context.Background(), dir, p, x)
					if err != nil {
						t.Fatal(err)
					}
					if want := reference(p, x); fmt.Sprint(got) != fmt.Sprint(want) {
						t.Fatalf("got  %v\nwant %v", got, want)
					}
				})
			}
		})
	}
}

// small gives plans that simulate and synthesise in moments.
func small(t *testing.T, seed int) (*lower.Plan, string, string) {
	rng := rand.New(rand.NewSource(int64(seed)))
	p := plantest.WithOrder(rng, seed%5)
	x := plantest.Sequences(rng, p, 3, 7)
	return p, generate(t, p, backends.Vectors{X: x, Y: reference(p, x)}, butterfliesFor(seed)), strings.ToLower(p.Name)
}

// TestTestbench runs the generated testbench, which also counts the cycles of a step, and sees it notice a wrong vector.
func TestTestbench(t *testing.T) {
	need(t, "iverilog", "vvp", "make")
	for seed := range 24 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			_, dir, name := small(t, seed)
			out, err := exttool.Run(context.Background(), dir, nil, "make", "-s", "check")
			if err != nil || !bytes.Contains(out, []byte("PASS")) {
				t.Fatalf("%s, %v", out, err)
			}
			path := filepath.Join(dir, name+"_outputs.hex")
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			last := bytes.TrimRight(data, "\n")
			last[len(last)-1] ^= 1 // 0 to f stay digits, but for 9 and f
			if c := last[len(last)-1]; c == '8' || c == 'g' {
				last[len(last)-1] = '0'
			}
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
			out, err = exttool.Run(context.Background(), dir, nil, "make", "-s", "check")
			if err == nil || !bytes.Contains(out, []byte("FAIL")) {
				t.Fatalf("a wrong vector passes: %s", out)
			}
		})
	}
}

// silent fails when a tool prints anything at all.
func silent(t *testing.T, dir string, command string, args ...string) {
	t.Helper()
	var quoted []string
	for _, a := range args {
		quoted = append(quoted, "'"+a+"'")
	}
	out, err := exttool.Run(context.Background(), dir, nil, "sh", "-c", command+" "+strings.Join(quoted, " ")+" 2>&1")
	if err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("%s: %v %s", command, err, out)
	}
}

func TestLint(t *testing.T) {
	for seed := range 24 {
		p, dir, name := small(t, seed)
		d := newDesign(p, settings{prefix: name, butterflies: 1 << (seed % 5)})
		t.Run(fmt.Sprintf("verilator/%d", seed), func(t *testing.T) {
			need(t, "verilator")
			t.Parallel()
			silent(t, dir, "verilator", append([]string{"--lint-only", "-Wall", "--top-module", name}, d.sources()...)...)
		})
		t.Run(fmt.Sprintf("iverilog/%d", seed), func(t *testing.T) {
			need(t, "iverilog")
			silent(t, dir, "iverilog", append([]string{"-g2001", "-Wall", "-o", "out.vvp", "-s", name + "_tb", name + "_tb.v"}, d.sources()...)...)
		})
	}
}

// TestNamesOfSignals gives states the names that signals of the modules have.
func TestNamesOfSignals(t *testing.T) {
	need(t, "verilator")
	for _, word := range []string{"acc", "a", "z", "sum", "weight", "part", "outputs", "state"} {
		p := plantest.WithOrder(rand.New(rand.NewSource(5)), 3)
		p.Layers[0].Name = word
		d := newDesign(p, settings{prefix: strings.ToLower(p.Name), butterflies: 2})
		silent(t, generate(t, p, backends.Vectors{}, backends.Settings{"butterflies": "2"}), "verilator", append([]string{"--lint-only", "-Wall", "--top-module", d.prefix}, d.sources()...)...)
	}
}

// TestSynthesis sees yosys accept the design without a warning, and no multiplier in the recurrence.
func TestSynthesis(t *testing.T) {
	need(t, "yosys")
	for seed := range 24 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			p, dir, name := small(t, seed)
			d := newDesign(p, settings{prefix: name, butterflies: 1 << (seed % 5)})
			run := "" // the first few all the way, the others to where memories and multipliers are known
			if seed > 2 {
				run = "-run :fine "
			}
			silent(t, dir, "yosys", "-q", "-p", "read_verilog "+strings.Join(d.sources(), " ")+"; synth "+run+"-top "+name)
			for _, l := range d.layers {
				out, err := exttool.Run(context.Background(), dir, nil, "yosys", "-p",
					"read_verilog "+l.Hadamard+".v; hierarchy -top "+l.Hadamard+"; proc; opt; memory -nomap; opt; stat")
				if err != nil {
					t.Fatal(err)
				}
				cells := string(out[bytes.LastIndex(out, []byte("Number of cells")):])
				if strings.Contains(cells, "$mul") || strings.Contains(cells, "$div") {
					t.Errorf("the recurrence multiplies:\n%s", cells)
				}
				if !strings.Contains(cells, "$mem") {
					t.Errorf("the state is in no memory:\n%s", cells)
				}
			}
		})
	}
}

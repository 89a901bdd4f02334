package verilog

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/internal/exttool"
)

func need(t *testing.T, tools ...string) {
	t.Helper()
	if missing := exttool.Missing(tools...); len(missing) > 0 {
		t.Skipf("skipped: no %s (apt-get install %s)", missing[0], exttool.Package(missing[0]))
	}
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

// TestDraft: a draft is what Generate writes, without the drawing.
func TestDraft(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	p := plantest.Random(rng)
	x := plantest.Sequences(rng, p, 2, 3)
	v := backends.Vectors{X: x, Y: p.Outputs(x)}
	all, figures, err := Target.Generate(p, v, nil)
	draft, same, errDraft := Target.(backends.Drafter).Draft(p, v, nil)
	if err != nil || errDraft != nil {
		t.Fatal(err, errDraft)
	}
	rest := slices.DeleteFunc(slices.Clone(all), func(f backends.File) bool { return f.Path == Waveform })
	if len(rest) != len(all)-1 || !reflect.DeepEqual(rest, draft) || !reflect.DeepEqual(figures, same) {
		t.Errorf("a draft has %d files of %d", len(draft), len(all))
	}
}

// settingsFor varies the architecture with the seed, among those that the plan has.
func settingsFor(p *lower.Plan, seed int) backends.Settings {
	for _, s := range []backends.Settings{
		[]backends.Settings{
			{"arch": "serial", "butterflies": fmt.Sprint(1 << (seed % 5)), "state_port": []string{"no", "yes"}[seed/3%2]},
			{"arch": "streaming", "butterflies": fmt.Sprint(1 << (seed % 5)), "state_port": []string{"no", "yes"}[seed/3%2]},
			{"arch": "parallel"},
		}[seed%3],
		{"arch": "serial", "butterflies": fmt.Sprint(1 + seed%2)},
	} {
		if set, err := readSettings(p, s); err == nil {
			if _, err := designFor(p, set); err == nil {
				return s
			}
		}
	}
	return backends.Settings{}
}

// madeFor is the design of a plan under settings.
func madeFor(t *testing.T, p *lower.Plan, s backends.Settings) *design {
	t.Helper()
	set, err := readSettings(p, s)
	if err != nil {
		t.Fatal(err)
	}
	d, err := designFor(p, set)
	if err != nil {
		t.Fatal(err)
	}
	return d
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
					if seed%3 == 1 {
						plantest.Leak(rng, p)
					}
					if seed%6 == 2 {
						plantest.Restart(rng, p, true)
					}
					if seed%6 == 5 || seed%12 == 2 { // of the second all restart
						plantest.Decide(rng, p, []int{2, 6, 45}[rng.Intn(3)])
					}
					s := settingsFor(p, seed)
					sequences, steps := 3, 7+p.Hop
					if madeFor(t, p, s).period(true) > 3000 { // slow to simulate
						sequences, steps = 2, 2
					}
					x := plantest.Sequences(rng, p, sequences, steps)
					dir := generate(t, p, backends.Vectors{}, s)
					got, err := e.Run(context.Background(), dir, p, x)
					if err != nil {
						t.Fatal(err)
					}
					if want := p.Outputs(x); fmt.Sprint(got) != fmt.Sprint(want) {
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
	if seed%6 == 5 {
		plantest.Decide(rng, p, 2+seed%7)
	}
	x := plantest.Sequences(rng, p, 3, 7)
	return p, generate(t, p, backends.Vectors{X: x, Y: p.Outputs(x)}, settingsFor(p, seed)), strings.ToLower(p.Name)
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
		d := madeFor(t, p, settingsFor(p, seed))
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
		d := madeFor(t, p, backends.Settings{"butterflies": "2"})
		silent(t, generate(t, p, backends.Vectors{}, backends.Settings{"butterflies": "2"}), "verilator", append([]string{"--lint-only", "-Wall", "--top-module", d.prefix}, d.sources()...)...)
	}
}

// TestSynthesis sees yosys accept the design without a warning, and no multiplier.
func TestSynthesis(t *testing.T) {
	need(t, "yosys")
	for seed := range 24 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			p, dir, name := small(t, seed)
			d := madeFor(t, p, settingsFor(p, seed))
			run := "" // the first few all the way, the others to where memories and multipliers are known
			if seed > 2 {
				run = "-run :fine "
			}
			silent(t, dir, "yosys", "-q", "-p", "read_verilog "+strings.Join(d.sources(), " ")+"; synth "+run+"-top "+name)
			out, err := exttool.Run(context.Background(), dir, nil, "yosys", "-p", "read_verilog "+strings.Join(d.sources(), " ")+"; hierarchy -top "+name+"; proc; opt; memory -nomap; opt; stat")
			if err != nil {
				t.Fatal(err)
			}
			cells := string(out[bytes.LastIndex(out, []byte("Number of cells")):])
			if strings.Contains(cells, "$mul") || strings.Contains(cells, "$div") {
				t.Errorf("it multiplies:\n%s", cells)
			}
		})
	}
}

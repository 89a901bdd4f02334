package verilog

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/ir"
)

// shelled generates a random plan with all shells.
func shelled(t *testing.T, seed int) (p *lower.Plan, dir, prefix string, x, y [][][]int64) {
	t.Helper()
	rng := rand.New(rand.NewSource(int64(seed)))
	p = plantest.WithOrder(rng, seed%5)
	x = plantest.Sequences(rng, p, 3, 7)
	y = p.Outputs(x)
	set := backends.Settings{"butterflies": "1", "shell": strings.Join(shellNames(), ", ")}
	if seed%3 == 2 {
		set["arch"] = "serial"
	}
	dir = generate(t, p, backends.Vectors{X: x, Y: y}, set)
	return p, dir, strings.ToLower(p.Name), x, y
}

// sourcesOf lists the Verilog of a folder that is no testbench, from the folder.
func sourcesOf(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"*.v", "shell/*.v"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			rel, err := filepath.Rel(dir, n)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(rel, "_tb.v") && !strings.HasSuffix(rel, "_sim.v") && rel != "harness.v" {
				out = append(out, rel)
			}
		}
	}
	return out
}

// simulated builds a testbench and gives what it prints.
func simulated(t *testing.T, simulator, dir, top string, sources []string, input string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), top)
	run, args := program, []string(nil)
	var err error
	if simulator == "iverilog" {
		_, err = exttool.Run(context.Background(), dir, nil, "iverilog", append([]string{"-g2005", "-Wall", "-s", top, "-o", program}, sources...)...)
		run, args = "vvp", []string{"-n", program}
	} else {
		_, err = exttool.RunEnv(context.Background(), dir, []string{"OBJCACHE=ccache"}, nil, "verilator", append([]string{"--binary", "--quiet-exit", "-Wno-fatal", "-j", "2",
			"-MAKEFLAGS", "OPT_GLOBAL=-O0 OPT_FAST=-O0 OPT_SLOW=-O0", "--top-module", top, "--Mdir", program}, sources...)...)
		run = filepath.Join(program, "V"+top)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := exttool.Run(context.Background(), dir, strings.NewReader(input), run, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// TestShellBenches runs the testbenches of the shells, which compare golden vectors under random pauses.
func TestShellBenches(t *testing.T) {
	seeds := map[string]int{"iverilog": 9, "verilator": 1}
	for _, simulator := range []string{"iverilog", "verilator"} {
		for seed := range seeds[simulator] {
			t.Run(fmt.Sprintf("%s/%d", simulator, seed), func(t *testing.T) {
				need(t, simulator, "g++", "make")
				t.Parallel()
				_, dir, prefix, _, _ := shelled(t, seed)
				for _, s := range shells {
					if s.Name == "uart" {
						continue
					}
					top := prefix + "_" + s.bench
					out := simulated(t, simulator, dir, top, append(sourcesOf(t, dir), "shell/"+top+".v"), "")
					if !strings.Contains(out, "PASS") {
						t.Errorf("%s: %s", s.Name, out)
					}
				}
			})
		}
	}
}

// TestShellLint lints every shell, around cores that are linted elsewhere.
func TestShellLint(t *testing.T) {
	need(t, "verilator")
	for seed := range 8 {
		if seed%3 == 2 {
			continue
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			_, dir, prefix, _, _ := shelled(t, seed)
			for _, s := range shells {
				silent(t, dir, "verilator", append([]string{"--lint-only", "-Wall", "--top-module", prefix + "_" + s.Name, "-y", "shell"}, sourcesOf(t, dir)...)...)
			}
		})
	}
}

// conversation is what a serial line answers to the golden vectors, as the protocol has it.
func conversation(p *lower.Plan, prefix string, x, y [][][]int64) (said, answers string) {
	var in, out strings.Builder
	greeting := fmt.Sprintf("hrnnc %s %d %d %d\n", prefix, p.Input.Size, p.Steps, p.Readout.Matrix.Rows)
	out.WriteString(greeting) // after the reset
	for i, sequence := range x {
		in.WriteString("!\n")
		out.WriteString(greeting)
		for step, row := range sequence {
			in.WriteString(strings.Trim(fmt.Sprint(row), "[]") + "\n")
			at := step
			if p.Output.When != ir.EveryStep {
				at = 0
			}
			if p.Output.When == ir.EveryStep || step == p.Steps-1 {
				out.WriteString(decided(p, y[i][at], step+1))
			} else {
				out.WriteString(".\n")
			}
			if p.Output.When == ir.EveryStep || step == len(sequence)-1 {
				in.WriteString("=\n?\n")
				out.WriteString("values " + strings.Trim(fmt.Sprint(y[i][at]), "[]") + "\n" + decided(p, y[i][at], step+1))
			}
		}
	}
	return in.String(), out.String()
}

// decided is the answer about a result.
func decided(p *lower.Plan, y []int64, steps int) string {
	switch p.Output.Decision {
	case ir.Argmax:
		best := 0
		for i := range y {
			if y[i] > y[best] {
				best = i
			}
		}
		return fmt.Sprintf("class %d\n", best)
	case ir.Threshold:
		text := "bits "
		limit := p.Readout.Threshold[steps&1]
		if p.Output.When == ir.Mean {
			limit = p.Readout.Threshold[0]
		}
		for _, v := range y {
			text += map[bool]string{true: "1", false: "0"}[v > limit]
		}
		return text + "\n"
	}
	return "values " + strings.Trim(fmt.Sprint(y), "[]") + "\n"
}

// TestSerialLine talks to the shell for serial lines on its pins.
func TestSerialLine(t *testing.T) {
	seeds := map[string]int{"iverilog": 9, "verilator": 1}
	for _, simulator := range []string{"iverilog", "verilator"} {
		for seed := range seeds[simulator] {
			t.Run(fmt.Sprintf("%s/%d", simulator, seed), func(t *testing.T) {
				need(t, simulator, "g++", "make")
				t.Parallel()
				p, dir, prefix, x, y := shelled(t, seed)
				said, want := conversation(p, prefix, x, y)
				lo, hi := p.Input.Range()
				more := []struct{ line, answer string }{
					{"", ""}, {"-", "error sign\n"}, {"x", "error character\n"}, {fmt.Sprint(hi + 1), "error range\n"}, {fmt.Sprint(lo - 1), "error range\n"},
					{"99999999999999999999", "error range\n"}, {strings.Repeat("0 ", p.Input.Size+1), "error too many\n"}, {"0 ?", "error command\n"}, {"? 0", "error command\n"},
					{"1-", "error character\n"},
				}
				if p.Input.Size > 1 {
					more = append(more, struct{ line, answer string }{"0", "error too few\n"})
				}
				for _, m := range more {
					said, want = said+m.line+"\r\n", want+m.answer
				}
				top := prefix + "_uart_sim"
				got := simulated(t, simulator, dir, top, append(sourcesOf(t, dir), "shell/"+top+".v"), said)
				got, _, _ = strings.Cut(got, "- shell/") // what verilator says at the end
				if got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			})
		}
	}
}

// mocked writes shells around testdata/mock.v, whose outputs and state are wider than a register.
func mocked(t *testing.T) (dir string, sources []string) {
	t.Helper()
	w := writer{design: &design{settings: &settings{prefix: "mock", shells: shells}, plan: &lower.Plan{Steps: 5}}}
	c := core{Prefix: "mock", Title: "mock", In: 8, High: 255, Entries: 2, Outputs: 2, Out: 40, Class: 1, Steps: 5, State: &statePort{Address: 3, Bits: 40}}
	for _, s := range shells {
		for _, m := range s.modules {
			w.print("mock_"+m+".v", m+".v", c.values(s))
		}
	}
	if w.err != nil {
		t.Fatal(w.err)
	}
	dir = t.TempDir()
	for _, name := range []string{"mock.v", "registers_tb.v"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		w.files = append(w.files, backends.File{Path: name, Data: data})
	}
	for _, f := range w.files {
		if err := os.WriteFile(filepath.Join(dir, f.Path), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(f.Path, "_tb.v") && !slices.Contains(sources, f.Path) {
			sources = append(sources, f.Path)
		}
	}
	return dir, sources
}

// TestStateThroughRegisters saves a state in the middle of a sequence, restores it, and goes on to the same outputs; it counts
// saturations, and sees a sequence that is too long refused.
func TestStateThroughRegisters(t *testing.T) {
	for _, simulator := range []string{"iverilog", "verilator"} {
		t.Run(simulator, func(t *testing.T) {
			need(t, simulator, "g++", "make")
			dir, sources := mocked(t)
			if out := simulated(t, simulator, dir, "registers_tb", append(sources, "registers_tb.v"), ""); !strings.Contains(out, "PASS") {
				t.Error(out)
			}
		})
	}
}

// TestShellsOfAStatePort lints shells around a core that has one.
func TestShellsOfAStatePort(t *testing.T) {
	need(t, "verilator")
	dir, sources := mocked(t)
	for _, s := range shells {
		silent(t, dir, "verilator", append([]string{"--lint-only", "-Wall", "--top-module", "mock_" + s.Name}, sources...)...)
	}
}

// TestShellSynthesis sees yosys take the shells without a word.
func TestShellSynthesis(t *testing.T) {
	need(t, "yosys")
	dir, sources := mocked(t)
	for _, s := range shells {
		silent(t, dir, "yosys", "-q", "-p", "read_verilog "+strings.Join(sources, " ")+"; synth -run :fine -top mock_"+s.Name)
	}
}

func TestUnknownShells(t *testing.T) {
	for value, help := range map[string]string{"axi": "did you mean axis?", "uart,axis-lite": "did you mean axilite?", "": "the shells are axis, axilite, wishbone, uart", "ahb3": "the shells are axis, axilite, wishbone, uart"} {
		_, err := chosenShells(value)
		if err == nil || err.Help != help {
			t.Errorf("%q: %v", value, err)
		}
	}
}

// TestNamesOfShells gives models and states the names that shells and what is in them have.
func TestNamesOfShells(t *testing.T) {
	need(t, "verilator")
	for _, word := range []string{"core", "guard", "registers", "line", "send", "busy", "status", "axis", "uart"} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			p := plantest.WithOrder(rand.New(rand.NewSource(5)), 3)
			p.Name, p.Layers[0].Name = word, word
			dir := generate(t, p, backends.Vectors{}, backends.Settings{"butterflies": "2", "shell": "axis, wishbone, uart", "prefix": word})
			for _, s := range []string{"axis", "wishbone", "uart"} {
				silent(t, dir, "verilator", append([]string{"--lint-only", "-Wall", "--top-module", word + "_" + s}, sourcesOf(t, dir)...)...)
			}
			p.Name, p.Layers[0].Name = "gait", word
			dir = generate(t, p, backends.Vectors{}, backends.Settings{"butterflies": "2", "shell": "axis, wishbone, uart", "prefix": "gait"})
			silent(t, dir, "verilator", append([]string{"--lint-only", "-Wall", "--top-module", "gait_axis"}, sourcesOf(t, dir)...)...)
		})
	}
}

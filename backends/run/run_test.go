package run_test

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/run"
	"github.com/hrnnc/hrnnc/backends/run/runtest"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/ir"
)

func generate(t *testing.T, p *lower.Plan) run.Model {
	t.Helper()
	files, _, err := c.Target.Generate(p, backends.Vectors{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return runtest.Write(t, p, files)
}

// answers runs sequences through the plan's interpreter, and says what its class or bits are.
func answers(p *lower.Plan, x [][][]int64) (y, classes [][][]int64) {
	for _, seq := range x {
		m := lower.NewMachine(p)
		var rows, said [][]int64
		for t, row := range seq {
			m.Step(row)
			if p.Output.When != ir.EveryStep && t < len(seq)-1 {
				continue
			}
			rows = append(rows, m.Entries())
			if d := run.Decide(p, m.Entries(), t+1); d != nil {
				said = append(said, d)
			}
		}
		y, classes = append(y, rows), append(classes, said)
	}
	return y, classes
}

// TestRandomPlansOnEveryChip holds what chips compute against the plan's interpreter.
func TestRandomPlansOnEveryChip(t *testing.T) {
	for _, part := range chip.All() {
		if part.Kind == chip.FPGA || part.Inherits != "" && part.Model == "" {
			continue // a chip with the core of another
		}
		t.Run(part.Name, func(t *testing.T) {
			b := runtest.Open(t, part.Name)
			for seed := range 3 {
				rng := rand.New(rand.NewSource(int64(seed)))
				p := plantest.WithOrder(rng, 2+seed)
				if seed == 1 {
					plantest.Leak(rng, p)
				}
				if seed == 2 {
					plantest.Restart(rng, p, true)
					p.Steps, p.Hop = 4, 2
				}
				if seed != 1 { // with and without restarts
					plantest.Decide(rng, p, 3)
				}
				x := plantest.Sequences(rng, p, 3, 5)
				f, err := b.Build(context.Background(), generate(t, p))
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				if !b.Runs() {
					if f.Object.Program == 0 || f.Object.Tables == 0 {
						t.Errorf("sizes: %+v", f.Object)
					}
					continue
				}
				r, err := f.Run(context.Background(), x)
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				y, classes := answers(p, x)
				if fmt.Sprint(r.Y) != fmt.Sprint(y) || fmt.Sprint(r.Classes) != fmt.Sprint(classes) {
					t.Fatalf("seed %d: got %v %v\nwant %v %v", seed, r.Y, r.Classes, y, classes)
				}
				sane(t, part, f, r, x)
			}
		})
	}
}

// sane checks what must hold of the figures of any model.
func sane(t *testing.T, part *chip.Part, f *run.Firmware, r *run.Result, x [][][]int64) {
	t.Helper()
	if r.Counts[run.Init].Runs != len(x) || r.Step().Runs != 5*len(x) || r.Counts[run.OddStep].Runs != 3*len(x) || r.Counts[run.Output].Runs == 0 {
		t.Errorf("runs: %+v", r.Counts)
	}
	if part.Kind == chip.Host {
		return
	}
	if s := r.Step(); s.Min < 20 || s.Min > s.Mean || s.Mean > s.Max || s.Distinct < 1 || s.Stack < 2 && part.Arch == "avr" {
		t.Errorf("step: %+v", s)
	}
	s := f.Sizes
	if s.State != r.State || s.Static < s.State || s.Stack < r.Step().Stack || s.Flash != s.Program+s.Tables || s.Program < 50 || s.Tables == 0 {
		t.Errorf("sizes: %+v, state %d, step %+v", s, r.State, r.Step())
	}
	if part.Timing != nil && r.Step().Cycles < r.Step().Mean {
		t.Errorf("%v cycles for %v instructions", r.Step().Cycles, r.Step().Mean)
	}
}

// toy is a model of known cost: a step runs so many nops, and three more where its input is odd and uneven is set.
func toy(t *testing.T, nops int, uneven bool, stack int) run.Model {
	t.Helper()
	branch := ""
	if uneven {
		branch = "if (*x & 1) { __asm__ volatile(\"nop\\nnop\\nnop\"); }"
	}
	source := fmt.Sprintf(`#include "toy.h"
static const unsigned char table[40] = {1, 2, 3};
void toy_init(toy_state *s) { s->sum = 0; }
void toy_step(toy_state *s, const toy_input *x)
{
    volatile unsigned char deep[%d];
    deep[0] = 1;
    s->sum += *x + table[*x %% 40];
    %s
    __asm__ volatile("%s");
}
void toy_output(const toy_state *s, toy_value *y) { *y = s->sum; }
int toy_class(const toy_state *s) { return (int)(s->sum & 0); }
`, stack, branch, strings.Repeat(`nop\n`, nops))
	header := `#include <stdint.h>
typedef struct { int32_t sum; } toy_state;
typedef uint8_t toy_input;
typedef int32_t toy_value;
void toy_init(toy_state *s);
void toy_step(toy_state *s, const toy_input *x);
void toy_output(const toy_state *s, toy_value *y);
int toy_class(const toy_state *s);
`
	p := &lower.Plan{Name: "toy", Input: ir.Input{Kind: ir.Vector, Size: 1, Bits: 8}, Output: ir.Output{Decision: ir.Argmax, When: ir.AtLast}}
	p.Readout.Matrix.Rows = 1
	return runtest.Write(t, p, []backends.File{{Path: "toy.c", Data: []byte(source)}, {Path: "toy.h", Data: []byte(header)}})
}

// TestCountsAreExact: a hundred nops more are a hundred cycles or instructions more, a branch on data is seen, and so is the stack.
func TestCountsAreExact(t *testing.T) {
	x := [][][]int64{{{2}, {4}, {6}, {8}, {1}, {3}, {5}}}
	for _, name := range []string{"atmega328p", "cortex-m0", "cortex-m4", "cortex-m33", "rv32imc"} {
		t.Run(name, func(t *testing.T) {
			b := runtest.Open(t, name)
			measure := func(nops int, uneven bool, stack int) (run.Counts, *run.Firmware) {
				f, err := b.Build(context.Background(), toy(t, nops, uneven, stack))
				if err != nil {
					t.Fatal(err)
				}
				r, err := f.Run(context.Background(), x)
				if err != nil {
					t.Fatal(err)
				}
				return r.Step(), f
			}
			short, f := measure(10, false, 8)
			long, _ := measure(110, false, 8)
			if long.Min-short.Min != 100 || short.Min != short.Max {
				t.Errorf("10 nops: %+v, 110: %+v", short, long)
			}
			if short.Distinct != 1 || short.Values[short.Min] != 7 || f.Sizes.Tables != 40 || f.Sizes.State != 4 {
				t.Errorf("%+v, %+v", short, f.Sizes)
			}
			if uneven, _ := measure(10, true, 8); uneven.Distinct != 2 {
				t.Errorf("a branch on data went unseen: %+v", uneven)
			}
			deep, g := measure(10, false, 208)
			if deep.Stack-short.Stack != 200 || g.Sizes.Stack-f.Sizes.Stack != 200 {
				t.Errorf("200 bytes more of stack: %d, then %d; bare %d, then %d", short.Stack, deep.Stack, f.Sizes.Stack, g.Sizes.Stack)
			}
		})
	}
}

// TestVaryingTimeIsSeen at every level of optimisation.
func TestVaryingTimeIsSeen(t *testing.T) {
	x := [][][]int64{{{2}, {4}, {6}, {8}, {1}, {3}, {5}}}
	b := runtest.Open(t, "cortex-m4")
	if varying, err := b.Varying(context.Background(), toy(t, 10, false, 8), x); err != nil || len(varying) > 0 {
		t.Errorf("constant time is said to vary: %v, %v", varying, err)
	}
	varying, err := b.Varying(context.Background(), toy(t, 10, true, 8), x)
	if err != nil || len(varying) == 0 || !strings.Contains(fmt.Sprint(varying), "odd step took 2 counts") {
		t.Errorf("varying time is said to be constant: %v, %v", varying, err)
	}
}

func TestWhatDoesNotFitIsSaid(t *testing.T) {
	b := runtest.Open(t, "atmega328p")
	_, err := b.Build(context.Background(), toy(t, 10, false, 2100))
	if err == nil || !strings.Contains(err.Error(), "more RAM than the 2048 bytes of atmega328p") {
		t.Errorf("2,100 bytes of stack: %v", err)
	}
	huge := toy(t, 10, false, 8)
	huge.Plan.Readout.Matrix.Rows = 600
	_, err = b.Build(context.Background(), huge)
	if err == nil || !strings.Contains(err.Error(), "the variables of a firmware with the model take more than the 2048 bytes of RAM") {
		t.Errorf("2,400 bytes of outputs: %v", err)
	}
	_, err = b.Build(context.Background(), toy(t, 20000, false, 8))
	if err == nil || !strings.Contains(err.Error(), "atmega328p") || !strings.Contains(err.Error(), "flash") {
		t.Errorf("40,000 bytes of code: %v", err)
	}
}

// TestFaultsAreSaid: a firmware that faults ends, and is an error.
func TestFaultsAreSaid(t *testing.T) {
	for name, fault := range map[string]string{"cortex-m4": "udf #0", "rv32imc": "unimp"} {
		t.Run(name, func(t *testing.T) {
			b := runtest.Open(t, name)
			m := toy(t, 1, false, 8)
			path := filepath.Join(m.Dir, "toy.c")
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(strings.Replace(string(source), "nop", fault, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err = b.Build(context.Background(), m)
			if err == nil || !strings.Contains(err.Error(), "did not run to its end on "+name) || !strings.Contains(err.Error(), "faulted") {
				t.Errorf("%s: %v", fault, err)
			}
		})
	}
}

func TestMissingToolsAreNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for name, want := range map[string]string{"rv32imc": "gcc-riscv64-unknown-elf", "cortex-m4": "gcc-arm-none-eabi", "esp8266": "gcc-xtensa-lx106"} {
		p, err := chip.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := run.Open(context.Background(), p); !exttool.IsMissing(err) || !strings.Contains(err.Error(), "apt-get install "+want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

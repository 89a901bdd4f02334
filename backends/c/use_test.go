package c

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
	"github.com/hrnnc/hrnnc/backends/run/runtest"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/ir"
)

// streams runs two sequences through two states, a step of each in turn. In mid-stream each state is copied to bytes, overwritten
// and restored, and output, class and bits are asked for between all steps.
const streams = `#include <stdio.h>
#include <string.h>
#include "m.h"

#define STEPS %d

static const m_input in[2][STEPS][M_INPUTS] = { %s };

int main(void)
{
    m_state state[2];
    unsigned char saved[2][M_STATE_SIZE];
    memset(state, 0xA5, sizeof state);
    m_init(&state[0]);
    m_init(&state[1]);
    for (int t = 0; t < STEPS; t++) {
        for (int k = 0; k < 2; k++) {
            m_value y[M_OUTPUTS];
            m_step(&state[k], %s);
            if (t %% 3 == k) {
                memcpy(saved[k], &state[k], sizeof saved[k]);
                memset(&state[k], 0x5A, sizeof state[k]);
                m_output(&state[1 - k], y);
                memcpy(&state[k], saved[k], sizeof saved[k]);
            }
            m_output(&state[k], y);
            for (int i = 0; i < M_OUTPUTS; i++) {
                printf("%%lld ", (long long)y[i]);
            }
            %s
            putchar('\n');
        }
    }
    return 0;
}
`

// TestStreams holds two streams in turn, and states that are saved and restored, to one stream at a time: in the middle of courses and of
// holds too.
func TestStreams(t *testing.T) {
	need(t, "gcc")
	for seed := range 12 {
		rng := rand.New(rand.NewSource(int64(3000 + seed)))
		p := plantest.WithOrder(rng, seed%5)
		p.Output.When = ir.EveryStep
		p.Readout.Rescale = nil
		streaming(rng, p, seed)
		steps := 9 + 2*p.Steps*min(p.Hop, 1)
		_, prog := choose(rng, p)
		files, _ := write(p, prog, backends.Vectors{}, &settings{prefix: "m", steady: seed%2 == 0, asm: true})
		dir := runtest.Write(t, p, files).Dir
		x := plantest.Sequences(rng, p, 2, steps)
		want := p.Outputs(x)
		var text, expected strings.Builder
		for _, seq := range x {
			text.WriteString("{ ")
			for _, row := range seq {
				text.WriteString("{ ")
				for _, v := range row {
					fmt.Fprintf(&text, "%d, ", v)
				}
				text.WriteString("}, ")
			}
			text.WriteString("}, ")
		}
		for t := range steps {
			for k := range 2 {
				for _, v := range want[k][t] {
					fmt.Fprintf(&expected, "%d ", v)
				}
				expected.WriteByte('\n')
			}
		}
		arg, decide := "in[k][t]", ""
		if p.Input.Kind == ir.Token {
			arg = "in[k][t][0]"
		}
		switch p.Output.Decision {
		case ir.Argmax:
			if decide = "(void)m_class(&state[k]);"; p.Decide != nil {
				decide = `printf("%d ", m_class(&state[k]));`
			}
		case ir.Threshold:
			decide = "{ uint8_t bits[M_OUTPUTS]; m_bits(&state[k], bits); }"
		}
		main := fmt.Sprintf(streams, steps, text.String(), arg, decide)
		if err := os.WriteFile(filepath.Join(dir, "main.c"), []byte(main), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := exttool.Run(context.Background(), dir, nil, "gcc", "-std=c99", "-O2", "-fsanitize=undefined,address", "-fno-sanitize-recover=all", "main.c", "m.c", "-o", "main"); err != nil {
			t.Fatal(err)
		}
		out, err := exttool.Run(context.Background(), dir, nil, filepath.Join(dir, "main"))
		if err != nil {
			t.Fatal(err)
		}
		if string(out) != expected.String() {
			t.Errorf("seed %d: got\n%s\nwant\n%s", seed, out, expected.String())
		}
	}
}

// streaming makes three plans of four restart, decide, or both.
func streaming(rng *rand.Rand, p *lower.Plan, i int) {
	if i&1 == 1 {
		plantest.Restart(rng, p, false)
	}
	if i&2 == 2 {
		plantest.Decide(rng, p, 2+rng.Intn(5))
	}
}

// TestStreamsOnChips does the same on simulated chips, with what assembly they have, means among the models: each step is taken from a
// state that was saved, while the model went on and another took its turn.
func TestStreamsOnChips(t *testing.T) {
	for _, name := range []string{"atmega328p", "cortex-m0", "cortex-m4", "rv32imc"} {
		t.Run(name, func(t *testing.T) {
			bench := runtest.Open(t, name)
			kinds := map[string]int{}
			for seed := 0; kinds["mean"] < 1 || kinds["deferred"] < 1 || kinds["other"] < 1 || kinds["decided"] < 1; seed++ {
				if seed == 400 {
					t.Fatalf("only %v", kinds)
				}
				rng := rand.New(rand.NewSource(int64(9000 + seed)))
				p := plantest.WithOrder(rng, 1+seed%4)
				if seed%8 == 2 && p.Layers[0].N <= 16 { // all courses have room
					plantest.Decide(rng, plantest.Restart(rng, p, false), 3)
				}
				c, prog := choose(rng, p)
				kind := "other"
				if p.Decide != nil {
					kind = "decided"
				}
				if p.Output.When == ir.Mean {
					kind = "mean"
				}
				if c.Readout.Deferred {
					kind = "deferred"
				}
				if kinds[kind] == 1 {
					continue
				}
				kinds[kind]++
				files, _ := write(p, prog, backends.Vectors{}, &settings{prefix: "m", part: bench.Part, steady: seed%2 == 0, asm: true})
				f, err := bench.Build(context.Background(), runtest.Write(t, p, files), "-DRESTORED=1")
				if err != nil {
					t.Fatalf("seed %d, %v: %v", seed, c, err)
				}
				if f.Sizes.Static+f.Sizes.Stack+2*f.Sizes.State >= bench.Part.RAM {
					kinds[kind]-- // the saved state and the other one have no room
					continue
				}
				x := plantest.Sequences(rng, p, 3, 6+p.Hop)
				r, err := f.Run(context.Background(), x)
				if err != nil {
					t.Fatalf("seed %d, %v: %v", seed, c, err)
				}
				if p.Decide != nil {
					for i := range r.Y {
						for t := range r.Y[i] {
							r.Y[i][t] = append(r.Y[i][t][:p.Readout.Matrix.Rows:p.Readout.Matrix.Rows], r.Classes[i][t]...)
						}
					}
				}
				if want := p.Outputs(x); fmt.Sprint(r.Y) != fmt.Sprint(want) {
					t.Errorf("seed %d, %v: got %v\nwant %v", seed, c, r.Y, want)
				}
			}
		})
	}
}

// TestFreestanding links models with nothing but the compiler's own arithmetic: no memset, no memcpy.
func TestFreestanding(t *testing.T) {
	for _, b := range []struct{ mcu, command string }{
		{"", "gcc -nostartfiles -static -fno-stack-protector"},
		{"cortex-m0", "arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb"},
		{"cortex-m4", "arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb"},
		{"rv32imc", "riscv64-unknown-elf-gcc -march=rv32imc -mabi=ilp32"},
	} {
		t.Run(b.command, func(t *testing.T) {
			args := strings.Fields(b.command)
			need(t, args[0])
			set := &settings{prefix: "m", asm: true, steady: true}
			if b.mcu != "" {
				part, err := chip.Get(b.mcu)
				if err != nil {
					t.Fatal(err)
				}
				set.part = part
			}
			for seed := range 5 {
				rng := rand.New(rand.NewSource(int64(4000 + seed)))
				p := plantest.WithOrder(rng, 3+seed%3)
				_, prog := choose(rng, p)
				files, _ := write(p, prog, backends.Vectors{}, set)
				dir := runtest.Write(t, p, files).Dir
				arg := "x"
				if p.Input.Kind == ir.Token {
					arg = "x[0]"
				}
				main := fmt.Sprintf("#include \"m.h\"\nvoid _start(void);\nstatic m_state s;\nstatic m_input x[M_INPUTS];\nstatic m_value y[M_OUTPUTS];\n"+
					"void _start(void) { m_init(&s); m_step(&s, %s); m_output(&s, y); for (;;) { } }\n", arg)
				if err := os.WriteFile(filepath.Join(dir, "main.c"), []byte(main), 0o644); err != nil {
					t.Fatal(err)
				}
				for _, level := range []string{"-Os", "-O2", "-O3"} {
					all := append(append([]string{}, args[1:]...), level, "-std=c99", "-ffreestanding", "-nostdlib", "main.c", "m.c", "-o", "main", "-lgcc")
					if _, err := exttool.Run(context.Background(), dir, nil, args[0], all...); err != nil {
						t.Errorf("seed %d, %s: %v", seed, level, err)
					}
				}
			}
		})
	}
}

package main

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/run"
	"github.com/hrnnc/hrnnc/ir"
)

//go:embed dense.c.txt
var denseC []byte

//go:embed fastgrnn.c.txt
var fastgrnnC []byte

// peer is another way to do what a model does, with the functions of generated C.
type peer struct {
	name   string
	files  map[string][]byte
	inputs int
	rows   int
	flags  []string
	room   bool // on a chip with as much flash as it wants
}

// header declares the functions of a peer; prefix is its name in C.
func header(prefix, state, input string) []byte {
	return fmt.Appendf(nil, `#include <stdint.h>
typedef struct { %[2]s } %[1]s_state;
typedef %[3]s %[1]s_input;
typedef int32_t %[1]s_value;
void %[1]s_init(%[1]s_state *s);
void %[1]s_step(%[1]s_state *s, const %[1]s_input *x);
void %[1]s_output(const %[1]s_state *s, %[1]s_value *y);
`, prefix, state, input)
}

// table is a constant array of numbers.
func table(kind, name string, n int, number func(i int) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "static const %s %s[%d] = {", kind, name, n)
	for i := range n {
		if i%24 == 0 {
			b.WriteString("\n    ")
		}
		b.WriteString(number(i) + ",")
	}
	b.WriteString("\n};\n")
	return b.String()
}

func dense() peer {
	rng := rand.New(rand.NewSource(1))
	int8s := func(int) string { return fmt.Sprint(rng.Intn(256) - 128) }
	tables := table("int8_t", "weights", 512*512, int8s) + table("int8_t", "from_input", 512, int8s) +
		table("int16_t", "bias", 512, int8s) + table("int8_t", "readout", 5120, int8s)
	tables = strings.Replace(tables, "static const", "__attribute__((aligned(4))) static const", 1)
	return peer{name: "dense int8, two multiply-accumulates an instruction", inputs: 1, rows: 10, room: true, files: map[string][]byte{
		"dense.c": denseC, "tables.h": []byte(tables),
		"dense.h": header("dense", "int8_t h[512] __attribute__((aligned(4))); int8_t next[512];", "uint8_t")}}
}

func fastgrnn(float bool) peer {
	rng := rand.New(rand.NewSource(2))
	name, kind, bias, state := "FastGRNN, 16 units, int8 weights, piecewise linear gates", "__flash int8_t", "__flash int16_t", "int16_t h[16];"
	number := func(int) string { return fmt.Sprint(rng.Intn(128) - 64) }
	flags := []string(nil)
	if float {
		name, kind, bias, state = "FastGRNN, 16 units, float", "__flash float", "__flash float", "float h[16];"
		number = func(int) string { return fmt.Sprintf("%.6ff", rng.NormFloat64()/4) }
		flags = []string{"-DFLOAT"}
	}
	tables := table(kind, "w", 48, number) + table(kind, "u", 256, number) + table(bias, "bz", 16, number) + table(bias, "bh", 16, number) + table(kind, "v", 96, number)
	return peer{name: name, inputs: 3, rows: 6, flags: flags, files: map[string][]byte{
		"fastgrnn.c": fastgrnnC, "tables.h": []byte(tables), "fastgrnn.h": header("fastgrnn", state, "int8_t")}}
}

// plain writes the update of a model of one layer as three loops: widen, transform, update. It computes the model's bits.
func plain(p *lower.Plan) (peer, error) {
	l := &p.Layers[0]
	if len(p.Layers) != 1 || l.Staged || l.PreSigns != nil || l.Perm != nil || l.Term == nil || l.Term.Source != lower.FromVector || p.Input.Size != 1 ||
		l.Block != l.N || l.Term.Mid[0] != l.Term.Mid[1] || p.Output.When != ir.AtLast || p.Readout.Matrix.Ints == nil {
		return peer{}, fmt.Errorf("%s is not of the shape that three plain loops are written for here", p.Name)
	}
	ints := func(v []int64) func(int) string { return func(i int) string { return fmt.Sprint(v[i]) } }
	r := &p.Readout
	tables := table("int8_t", "u", l.N, ints(l.Term.Matrix.Ints)) + table("int8_t", "flips", l.N, func(i int) string { return fmt.Sprint((l.Signs[i] - 1) / 2) }) +
		table("int16_t", "bias_even", l.N, ints(l.Bias[0])) + table("int16_t", "bias_odd", l.N, ints(l.Bias[1])) +
		table("int8_t", "v", len(r.Matrix.Ints), ints(r.Matrix.Ints)) +
		table("int32_t", "c_even", r.Matrix.Rows, ints(r.Bias[0])) + table("int32_t", "c_odd", r.Matrix.Rows, ints(r.Bias[1]))
	update := func(parity int, bias string) string {
		// A flip is -1 where the sign is: -round(z) is round(~z), halves up both times.
		return fmt.Sprintf("(%s) + (%s) + %s[i]", rounded("(z[i] ^ flips[i])", l.Round[parity].Mul, l.Round[parity].Shift),
			rounded("u[i] * input", l.Term.Out[parity].Mul, l.Term.Out[parity].Shift), bias)
	}
	source := fmt.Sprintf(`#include "plain.h"
#include "tables.h"
enum { UNITS = %[1]d, OUTPUTS = %[2]d, MOST = %[3]d };
static int32_t z[UNITS];
static inline int32_t clamp(int32_t g)
{
#ifdef __ARM_FEATURE_SAT
    int32_t r;
    __asm__("ssat %%0, #%[8]d, %%1" : "=r"(r) : "r"(g));
    return r;
#else
    return g > MOST ? MOST : g < -MOST - 1 ? -MOST - 1 : g;
#endif
}
void plain_init(plain_state *s)
{
    for (int i = 0; i < UNITS; i++)
        s->h[i] = 0;
    s->odd = 0;
}
void plain_step(plain_state *s, const plain_input *x)
{
    const int odd = !s->odd;
    const int32_t input = odd ? %[4]s : %[5]s;
    for (int i = 0; i < UNITS; i++)
        z[i] = s->h[i];
    for (int half = 1; half < UNITS; half *= 2)
        for (int i = 0; i < UNITS; i += 2 * half)
            for (int j = i; j < i + half; j++) {
                const int32_t a = z[j], b = z[j + half];
                z[j] = a + b;
                z[j + half] = a - b;
            }
    for (int i = 0; i < UNITS; i++) {
        const int32_t g = odd ? %[6]s : %[7]s;
        s->h[i] = (int16_t)clamp(g);
    }
    s->odd = (uint8_t)odd;
}
void plain_output(const plain_state *s, plain_value *y)
{
    for (int i = 0; i < OUTPUTS; i++) {
        int32_t sum = s->odd ? c_odd[i] : c_even[i];
        for (int j = 0; j < UNITS; j++)
            sum += v[i * UNITS + j] * (s->h[j] > 0 ? s->h[j] : 0);
        y[i] = sum;
    }
}
`, l.N, r.Matrix.Rows, int64(1)<<(l.Bits-1)-1, rounded("*x", l.Term.In[1].Mul, l.Term.In[1].Shift), rounded("*x", l.Term.In[0].Mul, l.Term.In[0].Shift),
		update(1, "bias_odd"), update(0, "bias_even"), l.Bits)
	return peer{name: "three plain loops in int32, same bits", inputs: 1, rows: r.Matrix.Rows, files: map[string][]byte{
		"plain.c": []byte(source), "tables.h": []byte(tables), "plain.h": header("plain", fmt.Sprintf("int16_t h[%d]; uint8_t odd;", l.N), "uint8_t")}}, nil
}

// rounded is arith.Requant in C.
func rounded(value string, mul int64, shift int) string {
	if mul != 1 {
		value = fmt.Sprintf("(int32_t)(%s) * %d", value, mul)
	}
	switch {
	case shift > 0:
		return fmt.Sprintf("(%s + %d) >> %d", value, int64(1)<<(shift-1), shift)
	case shift < 0:
		return fmt.Sprintf("(%s) * %d", value, int64(1)<<-shift)
	}
	return value
}

// levels of optimisation are tried for the best of each.
var levels = []string{"-Os", "-O2", "-O3"}

// best builds a peer at each level and runs it on sequences; the level with the fewest counts a step wins.
func (p peer) best(ctx context.Context, part *chip.Part, x [][][]int64) (*measured, *run.Result, error) {
	on := *part
	if p.room {
		on.Flash, on.RAM = 1<<22, 1<<20
	}
	on.Build.Link = append(append([]string{}, part.Build.Link...), "-lm")
	if part.Arch != "avr" {
		on.Build.Link = part.Build.Link
	}
	dir, err := os.MkdirTemp("", "hrnnc-peer-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	for name, data := range p.files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, nil, err
		}
	}
	plan := &lower.Plan{Name: p.name, Input: ir.Input{Kind: ir.Vector, Size: p.inputs, Bits: 8}, Output: ir.Output{Decision: ir.Logits, When: ir.AtLast}}
	plan.Readout.Matrix.Rows = p.rows
	b, err := run.Open(ctx, &on)
	if err != nil {
		return nil, nil, err
	}
	defer b.Close()
	var out *measured
	var result *run.Result
	for _, b.Optimise = range levels {
		f, err := b.Build(ctx, run.Model{Dir: dir, Plan: plan}, p.flags...)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", p.name, err)
		}
		r, err := f.Run(ctx, x)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", p.name, err)
		}
		m := &measured{step: r.Step(), output: r.Counts[run.Output], sizes: f.Sizes, level: b.Optimise}
		if out == nil || m.step.Mean < out.step.Mean {
			out, result = m, r
		}
	}
	return out, result, nil
}

package compiler

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/passes"
)

// spreads are what values of the training data are like: centre and deviation. The first says nothing of them.
var spreads = [][2]float64{{}, {101_325, 5}, {2e7, 10}, {1e9, 30}, {-0.3, 1.1}, {1e-12, 3e-13}}

// TestQuantiseAndStep holds the generated functions that take values to what hrnnc run --raw makes of them: random models, values
// with spreads that are small beside their size.
func TestQuantiseAndStep(t *testing.T) {
	for i, spread := range spreads {
		seed := int64(100 * (i + 1))
		for ; ; seed++ {
			if m := randomModel(t, seed); m.Real.Input.Kind == ir.Vector {
				break
			}
		}
		t.Run(fmt.Sprintf("%v", spread), func(t *testing.T) {
			m := randomModel(t, seed)
			rng := rand.New(rand.NewSource(seed))
			in := &m.Real.Input
			if spread[1] != 0 {
				for d := range in.Size {
					gain := (1 + 0.3*rng.Float64()) / spread[1] / in.Scale
					in.Channels = append(in.Channels, ir.Channel{Name: "walk*/\n" + fmt.Sprint(d), Gain: gain, Offset: -gain * spread[0]})
				}
			}
			heldToRun(t, m, seed)
		})
	}
}

// TestStepAndValues holds the generated functions that give values of the training data to hrnnc run: random models of numbers, at every
// time of answering, with what the numbers stand for and without.
func TestStepAndValues(t *testing.T) {
	for _, when := range []ir.When{ir.AtLast, ir.EveryStep, ir.Mean} {
		for i, stand := range []bool{true, false} {
			seed := int64(1000 * (i + 1))
			m := randomModel(t, seed)
			for m.Real.Input.Kind != ir.Vector || m.Real.Output.Decision != ir.Logits || m.Real.Output.When != when {
				seed++
				m = randomModel(t, seed)
			}
			t.Run(fmt.Sprintf("%s %v", when, stand), func(t *testing.T) {
				for k := range m.Real.Value(m.Real.Y).Type.Shape[0] {
					if stand {
						m.Real.Output.Channels = append(m.Real.Output.Channels, ir.Channel{Name: "left*/\n", Gain: 41.6468 / float64(k+1), Offset: 87.1128 * float64(1-k)})
					}
				}
				heldToRun(t, m, seed)
			})
		}
	}
}

// heldToRun compares what generated functions make of values at the edges between two integers and beyond the range with what hrnnc
// run does.
func heldToRun(t *testing.T, m *Model, seed int64) {
	t.Helper()
	l, err := m.Lower(passes.Config{})
	if refused(err) {
		t.Skip("refused: no width runs it")
	}
	if err != nil {
		t.Fatal(err)
	}
	in := &m.Real.Input
	const sequences = 6
	steps := m.Real.Steps
	if steps == 0 || steps > 20 {
		steps = 20
	}
	if m.Real.Output.When == ir.Mean {
		steps = m.Real.Steps
	}
	rng := rand.New(rand.NewSource(seed))
	lo, hi := in.Range()
	values := make([]float64, sequences*steps*in.Size)
	for k := range values {
		c := in.Conversion(k % in.Size)
		u := float64(lo-2) + rng.Float64()*float64(hi-lo+4)
		if k%2 == 0 {
			u = math.Floor(u) + 0.5
		}
		values[k] = (u - c.Offset) / c.Gain
		for range rng.Intn(3) {
			values[k] = math.Nextafter(values[k], math.Inf(1-2*rng.Intn(2)))
		}
	}
	ints, _, err := FromValues("x", npy.FromFloats(values, sequences, steps, in.Size), *in)
	if err != nil {
		t.Fatal(err)
	}
	x, err := Sequences("x", ints, *in, 0)
	if err != nil {
		t.Fatal(err)
	}
	out, err := l.Run(context.Background(), "fixed", x, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := out.Y.Ints
	if m.Real.Output.Decision == ir.Logits {
		want = nil
		for _, v := range l.Values(out) {
			want = append(want, int64(math.Float64bits(v)))
		}
	}
	for name, run := range map[string]func(*testing.T, *Lowered, []float64, int, int) []int64{"c": valuesInC, "go": valuesInGo} {
		t.Run(name, func(t *testing.T) {
			if got := run(t, l, values, sequences, steps); !slices.Equal(got, want) {
				t.Errorf("seed %d: %d outputs differ from those of --raw\n%v\n%v", seed, len(got), got, want)
			}
		})
	}
}

// folder writes a target's files and a program beside them.
func folder(t *testing.T, l *Lowered, target string, program map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files, _, err := l.generate(findTarget(target), l.Plan, backends.Vectors{})
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range program {
		files = append(files, backends.File{Path: path, Data: []byte(text)})
	}
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// outputsOf runs a program on values, eight bytes each.
func outputsOf(t *testing.T, dir string, values []float64, command string) []int64 {
	t.Helper()
	var in bytes.Buffer
	for _, v := range values {
		in.Write(binary.NativeEndian.AppendUint64(nil, math.Float64bits(v)))
	}
	out, err := exttool.Run(context.Background(), dir, &in, command)
	if err != nil {
		t.Fatal(err)
	}
	var ints []int64
	for ; len(out) >= 8; out = out[8:] {
		ints = append(ints, int64(binary.NativeEndian.Uint64(out)))
	}
	return ints
}

// valuesInC runs values through the header's function and the model, and gives outputs, or the bits of their values where they are
// numbers, with compilers that differ; each must give the same.
func valuesInC(t *testing.T, l *Lowered, values []float64, sequences, steps int) (first []int64) {
	if missing := exttool.Missing("gcc", "g++"); len(missing) > 0 {
		t.Skipf("skipped: no %s", strings.Join(missing, ", "))
	}
	p := l.Plan
	prefix := strings.ToLower(p.Name)
	read := ""
	if p.Output.When == ir.EveryStep {
		read = "1 || "
	}
	y, function, out := prefix+"_value", "output", "int64_t"
	if p.Output.Decision == ir.Logits {
		y, function, out = "double", "values", "double"
	}
	program := fmt.Sprintf(`#include <stdio.h>
#include "%[1]s.h"
int main(void)
{
    for (int n = 0; n < %[2]d; n++) {
        %[1]s_state model;
        %[1]s_init(&model);
        for (int t = 0; t < %[3]d; t++) {
            double values[%[4]d];
            %[1]s_input x[%[4]d];
            %[7]s y[%[5]d];
            if (fread(values, sizeof values, 1, stdin) != 1) {
                return 1;
            }
            %[1]s_quantise(values, x);
            %[1]s_step(&model, x);
            %[1]s_%[8]s(&model, y);
            for (int i = 0; i < %[5]d && (%[6]st == %[3]d - 1); i++) {
                %[9]s out = y[i];
                fwrite(&out, sizeof out, 1, stdout);
            }
        }
    }
    return 0;
}
`, prefix, sequences, steps, p.Input.Size, p.Readout.Matrix.Rows, read, y, function, out)
	dir := folder(t, l, "c", map[string]string{"main.c": program, "main.cpp": program, "none.c": "#define " + strings.ToUpper(prefix) + "_NO_FLOAT\n#include \"" + prefix + ".h\"\nint main(void) { return 0; }\n"})
	warnings := []string{"-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wfloat-equal", "-Werror"}
	build := func(args ...string) {
		t.Helper()
		if out, err := exttool.Run(context.Background(), dir, nil, args[0], append(args[1:], warnings...)...); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	build("gcc", "-std=c99", "-fsyntax-only", "none.c")
	build("gcc", "-std=c99", "-O1", "-c", prefix+".c")
	for i, args := range [][]string{
		{"gcc", "-std=c99", "-Wconversion", "-O0", "main.c"},
		{"gcc", "-std=gnu11", "-O3", "-march=native", "-ffp-contract=fast", "main.c"}, // with fused multiply-adds
		{"g++", "-std=c++17", "-O2", "main.cpp"},
	} {
		build(append(args, prefix+".o", "-o", "main")...)
		got := outputsOf(t, dir, values, filepath.Join(dir, "main"))
		if i == 0 {
			first = got
		} else if !slices.Equal(got, first) {
			t.Errorf("%v: %v, without optimisation %v", args, got, first)
		}
	}
	return first
}

// valuesInGo runs values through the package's function and the model.
func valuesInGo(t *testing.T, l *Lowered, values []float64, sequences, steps int) []int64 {
	p := l.Plan
	quantise, step := "var values [model.Inputs]float64\nfor i := range values { values[i] = read() }\nmodel.Quantise(&values, &x)", "m.Step(&x)"
	size := fmt.Sprintf("var x [model.Inputs]%s", goType(p.Input))
	if p.Input.Size == 1 {
		quantise, step, size = "x := model.Quantise(read())", "m.Step(x)", ""
	}
	output, out := "Output", "int64"
	if p.Output.Decision == ir.Logits {
		output, out = "Values", "float64"
	}
	module := ""
	for _, f := range mustGenerate(t, l) {
		if f.Path == "go.mod" {
			module = strings.Fields(string(f.Data))[1]
		}
	}
	dir := folder(t, l, "go", map[string]string{"cmd/values/main.go": fmt.Sprintf(`package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"
	"os"

	model %q
)

var in = bufio.NewReader(os.Stdin)

func read() float64 {
	var b [8]byte
	if _, err := io.ReadFull(in, b[:]); err != nil {
		panic(err)
	}
	return math.Float64frombits(binary.NativeEndian.Uint64(b[:]))
}

func main() {
	for n := 0; n < %d; n++ {
		var m model.Model
		for t := 0; t < %d; t++ {
			%s
			%s
			%s
			if %v || t == %d-1 {
				for _, y := range m.%s() {
					binary.Write(os.Stdout, binary.NativeEndian, %s(y))
				}
			}
		}
	}
}
`, module, sequences, steps, size, quantise, step, p.Output.When == ir.EveryStep, steps, output, out)})
	if out, err := exttool.Run(context.Background(), dir, nil, "go", "build", "-o", "values", "./cmd/values"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return outputsOf(t, dir, values, filepath.Join(dir, "values"))
}

func mustGenerate(t *testing.T, l *Lowered) []backends.File {
	t.Helper()
	files, _, err := l.generate(findTarget("go"), l.Plan, backends.Vectors{})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func goType(in ir.Input) string {
	width := 8
	if in.Bits > 8 {
		width = 16
	}
	if in.Signed {
		return fmt.Sprintf("int%d", width)
	}
	return fmt.Sprintf("uint%d", width)
}

package c

import (
	"bytes"
	"context"
	"errors"
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
)

func need(t *testing.T, tools ...string) {
	t.Helper()
	if missing := exttool.Missing(tools...); len(missing) > 0 {
		t.Skipf("skipped: no %s (apt-get install %s)", missing[0], exttool.Package(missing[0]))
	}
}

func generate(t *testing.T, p *lower.Plan, v backends.Vectors) string {
	t.Helper()
	files, _, err := Target.Generate(p, v, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.Path), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestRandomPlans holds generated C against the plan's interpreter, with every warning an error.
func TestRandomPlans(t *testing.T) {
	for i, e := range Target.Engines() {
		t.Run(e.Name, func(t *testing.T) {
			need(t, e.Tools...)
			plans := 40
			if i > 0 {
				plans = 12
			}
			for seed := range plans {
				rng := rand.New(rand.NewSource(int64(seed)))
				p := plantest.Random(rng)
				if seed%2 == 1 {
					plantest.Leak(rng, p)
				}
				steps := 7
				if seed%4 == 2 {
					steps += 2 * plantest.Restart(rng, p, false).Steps
				}
				if seed%6 == 5 || seed%12 == 6 { // of the second some restart
					plantest.Decide(rng, p, []int{2, 5, 45}[rng.Intn(3)])
				}
				x := plantest.Sequences(rng, p, 3, steps)
				dir := generate(t, p, backends.Vectors{})
				got, err := e.Run(context.Background(), dir, p, x)
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				if want := p.Outputs(x); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("seed %d: got %v\nwant %v", seed, got, want)
				}
			}
		})
	}
}

func TestGoldenSelfCheck(t *testing.T) {
	need(t, "gcc", "make")
	for seed := range 4 {
		rng := rand.New(rand.NewSource(int64(seed)))
		p := plantest.Random(rng)
		x := plantest.Sequences(rng, p, 3, 7)
		v := backends.Vectors{X: x, Y: p.Outputs(x)}
		dir := generate(t, p, v)
		out, err := exttool.Run(context.Background(), dir, nil, "make", "-s", "check", "CC=gcc")
		if err != nil || !bytes.HasPrefix(out, []byte("PASS")) {
			t.Fatalf("seed %d: %s, %v", seed, out, err)
		}
		v.Y[1][0][0]++
		dir = generate(t, p, v)
		out, err = exttool.Run(context.Background(), dir, nil, "make", "-s", "check", "CC=gcc")
		if err == nil || !bytes.Contains(out, []byte("FAIL")) {
			t.Fatalf("a wrong vector passes: %s", out)
		}
	}
}

func TestCppcheck(t *testing.T) {
	need(t, "cppcheck")
	for seed := range 6 {
		rng := rand.New(rand.NewSource(int64(seed)))
		p := plantest.Random(rng)
		x := plantest.Sequences(rng, p, 2, 5)
		dir := generate(t, p, backends.Vectors{X: x, Y: p.Outputs(x)})
		_, err := exttool.Run(context.Background(), dir, nil, "cppcheck", "--enable=warning,style,performance,portability",
			"--std=c99", "--error-exitcode=1", "--suppress=missingIncludeSystem", "--quiet", ".")
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

func TestDeterministic(t *testing.T) {
	rng := rand.New(rand.NewSource(9))
	p := plantest.Random(rng)
	one, _, err := Target.Generate(p, backends.Vectors{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	two, _, err := Target.Generate(p, backends.Vectors{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(one, two, func(a, b backends.File) bool { return a.Path == b.Path && bytes.Equal(a.Data, b.Data) }) {
		t.Error("two runs differ")
	}
}

// TestNoFloatNoHeap is a shape test: nothing a small microcontroller lacks, but for the function of the header that a program need
// not call.
func TestNoFloatNoHeap(t *testing.T) {
	for seed := range 40 {
		p := plantest.Random(rand.New(rand.NewSource(int64(seed))))
		files, _, err := Target.Generate(p, backends.Vectors{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		header, _, _ := bytes.Cut(files[0].Data, []byte("_NO_FLOAT"))
		files[0].Data = header
		for _, f := range files[:2] {
			for _, word := range []string{"float ", "double ", "malloc", "stdlib", ">>="} {
				if strings.Contains(string(f.Data), word) {
					t.Errorf("seed %d: %s contains %q", seed, f.Path, word)
				}
			}
		}
	}
}

func TestNamesAndSettings(t *testing.T) {
	p := plantest.WithOrder(rand.New(rand.NewSource(1)), 2)
	p.Name, p.Layers[0].Name, p.Layers[0].Term.Matrix.Name = "while", "int", "register"
	files, _, err := Target.Generate(p, backends.Vectors{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if files[0].Path != "while_model.h" || strings.Contains(string(files[1].Data), " register[") || strings.Contains(string(files[0].Data), " int[") {
		t.Errorf("reserved words are used as names:\n%s%s", files[0].Data, files[1].Data)
	}
	if files, _, err = Target.Generate(p, backends.Vectors{}, backends.Settings{"prefix": "gait"}); err != nil || files[0].Path != "gait.h" {
		t.Errorf("prefix: %v", err)
	}
	if files, _, err = Target.Generate(p, backends.Vectors{}, backends.Settings{"tables": "wide"}); err != nil || strings.Contains(string(files[1].Data), "TABLE int8_t") {
		t.Errorf("wide tables: %v\n%s", err, files[1].Data)
	}
	for _, s := range []backends.Settings{{"speed": "fast"}, {"prefix": "a b"}, {"prefix": "for"}, {"tables": "huge"}} {
		_, _, err := Target.Generate(p, backends.Vectors{}, s)
		if err == nil || !strings.Contains(err.Error(), "help: ") {
			t.Errorf("%v: %v", s, err)
		}
	}
}

// TestNamesOfLocals takes the words that generated functions use themselves as names of the model's matrices.
func TestNamesOfLocals(t *testing.T) {
	need(t, "gcc")
	for i, words := range [][2]string{{"column", "row"}, {"v", "g"}, {"readout", "step_h"}, {"n0", "x0"}, {"b", "acc"}, {"index", "bias"}} {
		rng := rand.New(rand.NewSource(int64(i)))
		p := plantest.WithOrder(rng, 5)
		p.Name, p.Layers[0].Term.Matrix.Name, p.Readout.Matrix.Name = "gait", words[0], words[1]
		x := plantest.Sequences(rng, p, 2, 5)
		dir := generate(t, p, backends.Vectors{})
		if _, err := exttool.Run(context.Background(), dir, nil, "gcc", "-std=gnu99", "-Wshadow", "-Werror", "-c", "gait.c"); err != nil {
			t.Fatalf("%v: %v", words, err) // string.h declares more in GNU C
		}
		got, err := runHarness(context.Background(), dir, "gcc", nil, p, x)
		if err != nil {
			t.Fatalf("%v: %v", words, err)
		}
		if want := p.Outputs(x); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v: got %v\nwant %v", words, got, want)
		}
	}
}

// TestCPlusPlus links a program in C++ with the model, as a sketch for Arduino does.
func TestCPlusPlus(t *testing.T) {
	need(t, "gcc", "g++")
	p := plantest.WithOrder(rand.New(rand.NewSource(3)), 3)
	p.Name = "gait"
	dir := generate(t, p, backends.Vectors{})
	main := "#include \"gait.h\"\nint main() { gait_state s; gait_init(&s); return 0; }\n"
	if err := os.WriteFile(filepath.Join(dir, "main.cpp"), []byte(main), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"gcc", "-c", "gait.c"}, {"g++", "-Wall", "-Wextra", "-pedantic", "-Werror", "main.cpp", "gait.o"}} {
		if _, err := exttool.Run(context.Background(), dir, nil, args[0], args[1:]...); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoIntOf16Bits is a shape test: where int has 16 bits, nothing is negated in an int that could be the smallest.
func TestNoIntOf16Bits(t *testing.T) {
	p := plantest.WithOrder(rand.New(rand.NewSource(1)), 2)
	l := &p.Layers[0]
	l.Bits, l.ZBits, l.PreSigns = 16, 18, make([]int8, l.N)
	for i := range l.PreSigns {
		l.PreSigns[i] = -1
	}
	files, _, err := Target.Generate(p, backends.Vectors{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(files[1].Data), "((int32_t)s->h1[") {
		t.Errorf("a sign in front of the transform is applied to an int16_t:\n%s", files[1].Data)
	}
}

func TestEngineStops(t *testing.T) {
	need(t, "gcc")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p := plantest.WithOrder(rand.New(rand.NewSource(1)), 2)
	_, err := Target.Engines()[0].Run(ctx, generate(t, p, backends.Vectors{}), p, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

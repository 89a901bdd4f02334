package c

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/ir"
)

// compilers are the ways to build the harness, the usual one first.
var compilers = []struct {
	name, command string
	flags         []string
}{
	{"gcc -O3", "gcc", []string{"-O3"}},
	{"gcc -O0", "gcc", []string{"-O0"}},
	{"clang -O2", "clang", []string{"-O2"}},
	{"gcc ubsan", "gcc", []string{"-O1", "-fsanitize=undefined", "-fno-sanitize-recover=all"}},
}

// Warnings are the flags that generated code compiles under without a word.
var Warnings = []string{"-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wpedantic", "-Werror"}

func (target) Engines() []backends.Engine {
	var out []backends.Engine
	for _, c := range compilers {
		out = append(out, backends.Engine{Name: c.name, Tools: []string{c.command},
			Run: func(ctx context.Context, dir string, p *lower.Plan, x [][][]int64) ([][][]int64, error) {
				return runHarness(ctx, dir, c.command, c.flags, p, x)
			}})
	}
	return out
}

func runHarness(ctx context.Context, dir, command string, flags []string, p *lower.Plan, x [][][]int64) ([][][]int64, error) {
	sources, err := filepath.Glob(filepath.Join(dir, "*.c"))
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "hrnnc-c-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	program := filepath.Join(tmp, "harness")
	args := append(append(append([]string{}, flags...), Warnings...), "-o", program)
	for _, s := range sources {
		if !isTest(sources, s) {
			args = append(args, s)
		}
	}
	if _, err := exttool.Run(ctx, dir, nil, command, args...); err != nil {
		return nil, err
	}
	var in bytes.Buffer
	for _, seq := range x {
		put(&in, int64(len(seq)))
		for _, row := range seq {
			put(&in, row...)
		}
	}
	out, err := exttool.Run(ctx, tmp, &in, program)
	if err != nil {
		return nil, err
	}
	return parse(out, p, x)
}

// isTest reports whether a source is the test of another, test_X.c of X.c: a model may be called test_X itself.
func isTest(sources []string, path string) bool {
	of, ok := strings.CutPrefix(filepath.Base(path), "test_")
	return ok && slices.Contains(sources, filepath.Join(filepath.Dir(path), of))
}

func put(b *bytes.Buffer, v ...int64) {
	for _, n := range v {
		var w [8]byte
		binary.NativeEndian.PutUint64(w[:], uint64(n))
		b.Write(w[:])
	}
}

// parse cuts the harness's output into sequences, steps and outputs.
func parse(out []byte, p *lower.Plan, x [][][]int64) ([][][]int64, error) {
	rows := p.Entries()
	y := make([][][]int64, len(x))
	for i := range x {
		steps := 1
		if p.Output.When == ir.EveryStep {
			steps = len(x[i])
		}
		for range steps {
			row := make([]int64, rows)
			for j := range row {
				if len(out) < 8 {
					return nil, fmt.Errorf("the harness stopped in sequence %d", i)
				}
				row[j], out = int64(binary.NativeEndian.Uint64(out)), out[8:]
			}
			y[i] = append(y[i], row)
		}
	}
	return y, nil
}

// Package runtest is for tests of generated C on simulated chips. Start with Open.
package runtest

import (
	"context"
	"math/rand"
	"os"
	"path/filepath"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/run"
	"github.com/hrnnc/hrnnc/internal/exttool"
)

// Open makes a bench of a chip for the length of a test, or skips the test where a tool is missing.
func Open(t testing.TB, name string) *run.Bench {
	t.Helper()
	p, err := chip.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	Need(t, p)
	b, err := run.Open(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// Need skips a test where a chip's programs cannot be built and run.
func Need(t testing.TB, p *chip.Part) {
	t.Helper()
	if missing := run.Missing(p); len(missing) > 0 {
		t.Skipf("skipped: no %s (apt-get install %s)", missing[0], exttool.Package(missing[0]))
	}
}

// Write puts generated files into a folder of the test's.
func Write(t testing.TB, p *lower.Plan, files []backends.File) run.Model {
	t.Helper()
	m := run.Model{Dir: t.TempDir(), Plan: p}
	for _, f := range files {
		path := filepath.Join(m.Dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// Extremes are sequences that drive a model into its corners and between them: all smallest, all largest, the two in turn by step and
// by entry, runs of one and then the other, and random ones.
func Extremes(p *lower.Plan, steps int) [][][]int64 {
	lo, hi := p.Input.Range()
	rng := rand.New(rand.NewSource(1))
	ends := []int64{lo, hi}
	kinds := []func(t, j int) int64{
		func(int, int) int64 { return lo },
		func(int, int) int64 { return hi },
		func(t, j int) int64 { return ends[(t+j)&1] },
		func(t, j int) int64 { return ends[j&1] },
		func(t, j int) int64 { return ends[t*4/max(steps, 1)&1] },
		func(int, int) int64 { return ends[rng.Intn(2)] },
		func(int, int) int64 { return lo + rng.Int63n(hi-lo+1) },
		func(int, int) int64 { return lo + rng.Int63n(hi-lo+1) },
	}
	out := make([][][]int64, len(kinds))
	for i, kind := range kinds {
		for t := range steps {
			row := make([]int64, p.Input.Size)
			for j := range row {
				row[j] = kind(t, j)
			}
			out[i] = append(out[i], row)
		}
	}
	return out
}

// ConstantTime fails a test whose model takes another time for another input, at any of run.Levels.
func ConstantTime(t testing.TB, b *run.Bench, m run.Model, steps int) {
	t.Helper()
	varying, err := b.Varying(context.Background(), m, Extremes(m.Plan, steps))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range varying {
		t.Error(b.Part.Name, v)
	}
}

package verilog

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"testing"

	"hrnnc/backends"
	"hrnnc/backends/lower"
	"hrnnc/backends/lower/plantest"
	"hrnnc/internal/exttool"
	"hrnnc/ir"
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
		if err := os.WriteFile(filepath.Join(dir, f.Path), f.Data, 0o644); err != nil {
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

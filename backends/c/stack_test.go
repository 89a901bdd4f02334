package c

import (
	"context"
	"errors"
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/run"
	"github.com/hrnnc/hrnnc/backends/run/runtest"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// TestStackIsABound holds the stack that headers promise against what random models take, at the levels that they name.
func TestStackIsABound(t *testing.T) {
	for _, name := range []string{"atmega328p", "cortex-m0", "cortex-m4", "rv32imc"} {
		t.Run(name, func(t *testing.T) {
			bench := runtest.Open(t, name)
			for seed := range 5 {
				rng := rand.New(rand.NewSource(int64(9000 + seed)))
				p := plantest.WithOrder(rng, 1+seed)
				c, prog := choose(rng, p)
				set := &settings{prefix: "m", part: bench.Part, steady: true, asm: seed%2 == 0}
				files, figures := write(p, prog, backends.Vectors{}, set)
				bound := 0.0
				for _, f := range figures {
					if f.Name == "RAM, stack" {
						bound = f.Value
					}
				}
				m := runtest.Write(t, p, files)
				for _, level := range []string{"-Os", "-O2"} {
					bench.Optimise = level
					f, err := bench.Build(context.Background(), m)
					var d *diag.Diagnostic
					switch {
					case errors.As(err, &d) && d.Code == "fit":
						continue
					case err != nil:
						t.Fatal(err)
					}
					r, err := f.Run(context.Background(), plantest.Sequences(rng, p, 2, 4))
					if err != nil {
						t.Fatal(err)
					}
					for _, s := range run.Sections() {
						if n := r.Counts[s].Stack; float64(n) > bound {
							t.Errorf("seed %d, %s: %s takes %d bytes of stack, at most %v are promised; %v", seed, level, s.Name(), n, bound, c)
						}
					}
				}
			}
		})
	}
}

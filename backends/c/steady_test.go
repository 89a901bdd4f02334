package c

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/run"
	"github.com/hrnnc/hrnnc/backends/run/runtest"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// TestConstantTime holds steps and outputs of random models, at the ends of their input's range and where states saturate, to one
// count for odd and one for even steps, at every level of optimisation, wherever the header promises it.
func TestConstantTime(t *testing.T) {
	for _, name := range []string{"cortex-m0", "cortex-m4", "rv32imc", "atmega328p"} {
		t.Run(name, func(t *testing.T) {
			part, err := chip.Get(name)
			if err != nil {
				t.Fatal(err)
			}
			bench := runtest.Open(t, name)
			for i, level := range []string{"-Os", "-O2", "-O3"} {
				bench.Optimise = level
				ran := 0
				for seed := 0; ran < 2; seed++ {
					rng := rand.New(rand.NewSource(int64(5000 + 100*i + seed)))
					p := plantest.WithOrder(rng, 1+seed%4)
					c, prog := choose(rng, p)
					set := &settings{prefix: "m", part: part, steady: true, asm: seed%2 == 0}
					files, _ := write(p, prog, backends.Vectors{}, set)
					if strings.Contains(string(files[0].Data), "library on this chip") {
						continue // its products are not the code's
					}
					f, err := bench.Build(context.Background(), runtest.Write(t, p, files))
					var d *diag.Diagnostic
					switch {
					case errors.As(err, &d) && d.Code == "fit":
						continue
					case err != nil:
						t.Fatal(err)
					}
					ran++
					r, err := f.Run(context.Background(), plantest.Sequences(rng, p, 6, 10))
					if err != nil {
						t.Fatal(err)
					}
					for s, what := range map[run.Section]string{run.OddStep: "odd steps", run.EvenStep: "even steps", run.Output: "outputs", run.Class: "classes"} {
						allowed := 1
						if (s == run.Output || s == run.Class) && prog.TwoPhase {
							allowed = 2
						}
						if r.Counts[s].Distinct > allowed {
							t.Errorf("%s, seed %d, asm %v: %s take %s; %v", level, seed, set.asm, what, fmt.Sprint(r.Counts[s].Values), c)
						}
					}
				}
			}
		})
	}
}

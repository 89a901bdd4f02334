package c

import (
	"context"
	"fmt"
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/backends/run/runtest"
	"github.com/hrnnc/hrnnc/ir"
)

// TestClassOfEquals holds the class to the first of equal outputs, and a class that needs no array of outputs to little stack.
func TestClassOfEquals(t *testing.T) {
	bench := runtest.Open(t, "atmega328p")
	ran := 0
	for seed := int64(0); ran < 4; seed++ {
		rng := rand.New(rand.NewSource(seed))
		p := plantest.WithOrder(rng, 3)
		r := &p.Readout
		if p.Output.Decision != ir.Argmax || r.Matrix.Rows < 3 || r.Rescale != nil {
			continue
		}
		row := r.Matrix.Cols
		copy(r.Matrix.Ints[2*row:3*row], r.Matrix.Ints[row:2*row])
		for ph := range r.Bias {
			if r.Bias[ph] != nil {
				r.Bias[ph][2] = r.Bias[ph][1]
			}
		}
		prog, err := step.Build(p, small(rng, p))
		if err != nil || step.Verify(prog) != nil {
			continue
		}
		for _, asm := range []bool{true, false} {
			files, _ := write(p, prog, backends.Vectors{}, &settings{prefix: "m", part: bench.Part, steady: true, asm: asm})
			f, err := bench.Build(context.Background(), runtest.Write(t, p, files))
			if err != nil {
				t.Fatal(err)
			}
			x := plantest.Sequences(rng, p, 6, 8)
			r, err := f.Run(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			if want := decisions(p, x); fmt.Sprint(r.Classes) != fmt.Sprint(want) {
				t.Errorf("seed %d, asm %v: said %v\nwant %v", seed, asm, r.Classes, want)
			}
		}
		ran++
	}
}

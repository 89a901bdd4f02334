package c

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/backends/lower/step/steptest"
	"github.com/hrnnc/hrnnc/backends/run"
	"github.com/hrnnc/hrnnc/backends/run/runtest"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// choose draws schedules until the plan allows one and its types hold every value.
func choose(rng *rand.Rand, p *lower.Plan) (step.Choice, *step.Program) {
	for range 60 {
		c := steptest.Choice(rng, p)
		prog, err := step.Build(p, c)
		if err == nil && step.Verify(prog) == nil {
			return c, prog
		}
	}
	c := step.Plain(p)
	prog, err := step.Build(p, c)
	if err != nil {
		panic(err)
	}
	return c, prog
}

// TestRandomChoices holds C under random schedules against the plan's machine.
func TestRandomChoices(t *testing.T) {
	avr, err := chip.Get("atmega328p")
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range Target.Engines() {
		t.Run(e.Name, func(t *testing.T) {
			need(t, e.Tools...)
			plans := 40
			if i > 0 {
				plans = 10
			}
			for seed := range plans {
				rng := rand.New(rand.NewSource(int64(100*i + seed)))
				p := plantest.Random(rng)
				if seed%3 == 1 {
					plantest.Leak(rng, p)
				}
				if seed%3 == 2 {
					plantest.Restart(rng, p, false)
				}
				if seed%5 == 3 {
					plantest.Decide(rng, p, []int{2, 5, 45}[rng.Intn(3)])
				}
				c, prog := choose(rng, p)
				set := &settings{prefix: "m", steady: seed%2 == 0, wide: seed%3 == 0, asm: true}
				if seed%4 == 1 { // C for 8 bits has pointers of its own; here sanitizers see where they stand
					set.part, set.asm = avr, false
				}
				files, _ := write(p, prog, backends.Vectors{}, set)
				x := plantest.Sequences(rng, p, 3, 7+p.Hop)
				got, err := e.Run(context.Background(), runtest.Write(t, p, files).Dir, p, x)
				if err != nil {
					t.Fatalf("seed %d, %v: %v", seed, c, err)
				}
				if want := p.Outputs(x); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("seed %d, %v: got %v\nwant %v", seed, c, got, want)
				}
			}
		})
	}
}

// TestRandomChoicesOnChips does the same on a chip with lanes and one of 8 bits, with and without what their assembly has.
func TestRandomChoicesOnChips(t *testing.T) {
	for _, name := range []string{"cortex-m4", "cortex-m0", "atmega328p"} {
		t.Run(name, func(t *testing.T) {
			bench := runtest.Open(t, name)
			for seed := range 4 {
				rng := rand.New(rand.NewSource(int64(7000 + seed)))
				p := plantest.WithOrder(rng, 1+seed)
				if seed%2 == 1 {
					plantest.Leak(rng, p)
				}
				if seed%3 == 2 {
					plantest.Decide(rng, p, []int{2, 5, 45}[rng.Intn(3)])
				}
				c, prog := choose(rng, p)
				files, _ := write(p, prog, backends.Vectors{}, &settings{prefix: "m", part: bench.Part, steady: true, asm: seed%2 == 0})
				f, err := bench.Build(context.Background(), runtest.Write(t, p, files))
				var d *diag.Diagnostic
				switch {
				case errors.As(err, &d) && d.Code == "fit":
					continue
				case err != nil:
					t.Fatalf("seed %d, %v: %v", seed, c, err)
				}
				x := plantest.Sequences(rng, p, 3, 6)
				r, err := f.Run(context.Background(), x)
				if err != nil {
					t.Fatalf("seed %d, %v: %v", seed, c, err)
				}
				if want := p.Outputs(x); fmt.Sprint(r.Y) != fmt.Sprint(want) {
					t.Fatalf("seed %d, %v: got %v\nwant %v", seed, c, r.Y, want)
				}
				if want := decisions(p, x); fmt.Sprint(r.Classes) != fmt.Sprint(want) {
					t.Fatalf("seed %d, %v: said %v\nwant %v", seed, c, r.Classes, want)
				}
			}
		})
	}
}

// decisions are what class or bits are to say at each step that has an output.
func decisions(p *lower.Plan, x [][][]int64) (all [][][]int64) {
	for _, seq := range x {
		var said [][]int64
		steps := len(seq)
		for i, y := range outputs(p, seq) {
			if p.Output.When == ir.EveryStep {
				steps = i + 1
			}
			if d := run.Decide(p, y, steps); d != nil {
				said = append(said, d)
			}
		}
		all = append(all, said)
	}
	return all
}

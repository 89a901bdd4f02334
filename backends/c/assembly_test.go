package c

import (
	"context"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/plantest"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/backends/run"
	"github.com/hrnnc/hrnnc/backends/run/runtest"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// small draws a choice that suits 8 bits: values of 16 bits in registers.
func small(rng *rand.Rand, p *lower.Plan) step.Choice {
	c := step.Plain(p)
	c.Word = 16
	for i := range c.Layers {
		l := &c.Layers[i]
		if p.Layers[i].ZBits <= 16 {
			l.Lane = 16
		}
		l.Passes, l.Descending = step.PassesOf(p.Layers[i].K, 2+rng.Intn(2)), false
		l.InPlace, l.Merged = p.Layers[i].Perm == nil, true
		l.Fused = l.InPlace && len(l.Passes) > 0 && rng.Intn(2) == 0
		l.Record, l.Unroll = 8, 6
		l.Product = step.Rows
	}
	c.Readout = step.ReadoutChoice{Product: step.Packed, Deferred: rng.Intn(2) == 0, Together: rng.Intn(4)}
	return c
}

// TestAssemblyGivesTheSameBits runs random plans with their assembly in simavr, and what of their step is in it in constant time.
func TestAssemblyGivesTheSameBits(t *testing.T) {
	bench := runtest.Open(t, "atmega328p")
	ctx := context.Background()
	ran, whole, classes := 0, 0, 0
	for seed := int64(0); ran < 12; seed++ {
		if seed == 4000 {
			t.Fatalf("only %d plans have assembly", ran)
		}
		rng := rand.New(rand.NewSource(seed))
		p := plantest.Random(rng)
		if p.Layers[0].N > 128 {
			continue
		}
		if seed%2 == 1 {
			plantest.Leak(rng, p)
		}
		if seed%4 == 2 && p.Layers[0].N <= 16 { // all copies have room
			plantest.Restart(rng, p, true)
		}
		if seed%4 == 3 || p.Hop > 0 && seed%8 == 6 {
			plantest.Decide(rng, p, []int{2, 5, 45}[rng.Intn(3)])
		}
		prog, err := step.Build(p, small(rng, p))
		if err != nil || step.Verify(prog) != nil {
			continue
		}
		set, err := readSettings(p, backends.Settings{"mcu": "atmega328p"})
		if err != nil {
			t.Fatal(err)
		}
		files, _ := write(p, prog, backends.Vectors{}, set)
		if !strings.HasSuffix(files[len(files)-1].Path, ".S") {
			continue
		}
		f, err := bench.Build(ctx, runtest.Write(t, p, files))
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		x := plantest.Sequences(rng, p, 4, 7)
		r, err := f.Run(ctx, x)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var want [][][]int64
		for _, seq := range x {
			want = append(want, outputs(p, seq))
		}
		if fmt.Sprint(r.Y) != fmt.Sprint(want) {
			t.Fatalf("seed %d: got %v\nwant %v\n%s", seed, r.Y, want, files[len(files)-1].Data)
		}
		if want := decisions(p, x); fmt.Sprint(r.Classes) != fmt.Sprint(want) {
			t.Fatalf("seed %d: said %v\nwant %v\n%s", seed, r.Classes, want, files[len(files)-1].Data)
		}
		if s := newSpeller(prog, set, false); p.Output.Decision == ir.Argmax && p.Decide == nil {
			if s.decides = true; s.assemble().hasClass() {
				classes++
			}
		}
		if len(p.Layers) == 1 && p.Output.When != ir.Mean && (r.Counts[run.OddStep].Distinct > 1 || r.Counts[run.EvenStep].Distinct > 1) {
			t.Errorf("seed %d: odd steps take %+v, even ones %+v", seed, r.Counts[run.OddStep], r.Counts[run.EvenStep])
		}
		a := newSpeller(prog, set, false).assemble()
		if f := a.functions[prog.Step]; f != nil {
			// What is counted of the text is what the chip takes, but for the call.
			for section, want := range map[run.Section]int{run.OddStep: f.Cycles[arith.Odd], run.EvenStep: f.Cycles[arith.Even]} {
				if over := r.Counts[section].Min - float64(want); over < 4 || over > 20 {
					t.Errorf("seed %d: section %v takes %v cycles, %d by the text", seed, section, r.Counts[section].Min, want)
				}
			}
			whole++
		}
		ran++
	}
	if classes == 0 {
		t.Error("no plan has its class in assembly")
	}
	if whole == 0 {
		t.Error("no plan has a whole step in assembly")
	}
}

// outputs are those of a plan's interpreter, of every step or of the last.
func outputs(p *lower.Plan, seq [][]int64) (out [][]int64) {
	m := lower.NewMachine(p)
	for t, row := range seq {
		m.Step(row)
		if p.Output.When == ir.EveryStep || t == len(seq)-1 {
			out = append(out, m.Entries())
		}
	}
	return out
}

// TestColumnsOfTokens: the column of a token is a product where the units are no power of two, which assembly leaves to C or holds.
func TestColumnsOfTokens(t *testing.T) {
	part, err := chip.Get("atmega328p")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for seed := int64(0); seed < 4000 && seen < 8; seed++ {
		p := plantest.Random(rand.New(rand.NewSource(seed)))
		l := &p.Layers[0]
		if len(p.Layers) > 1 || l.Term == nil || l.Term.Source != lower.FromOneHot || l.N&(l.N-1) == 0 || l.ZBits > 16 || l.K == 0 {
			continue
		}
		c := small(rand.New(rand.NewSource(seed)), p)
		c.Layers[0].Record = 0
		prog, err := step.Build(p, c)
		if err != nil || step.Verify(prog) != nil {
			continue
		}
		seen++
		Assembled(prog, part)
	}
	if seen == 0 {
		t.Error("no plan has a token and units that are no power of two")
	}
}

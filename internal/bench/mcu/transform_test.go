package main

import (
	"context"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/run"
	"github.com/hrnnc/hrnnc/backends/run/runtest"
)

// TestTransform holds the transform alone, of any radix, to one count of cycles, and radix 8 to what hand-written code takes.
func TestTransform(t *testing.T) {
	bench := runtest.Open(t, "atmega328p")
	for _, passes := range [][]int{{3, 3}, {2, 2, 2}, {1, 2, 3}} {
		p, prog, err := bareTransform(passes)
		if err != nil {
			t.Fatal(err)
		}
		for asm, most := range map[string]float64{"no": 2500, "yes": 2200} {
			files, err := c.Spell(p, prog, backends.Vectors{}, backends.Settings{"mcu": "atmega328p", "asm": asm})
			if err != nil {
				t.Fatal(err)
			}
			for _, level := range run.Levels {
				bench.Optimise = level
				f, err := bench.Build(context.Background(), runtest.Write(t, p, files))
				if err != nil {
					t.Fatal(err)
				}
				r, err := f.Run(context.Background(), [][][]int64{{{1}}, {{-128}}, {{127}}})
				if err != nil {
					t.Fatal(err)
				}
				if n := r.Counts[run.OddStep]; n.Distinct != 1 || passes[0] == 3 && n.Max > most {
					t.Errorf("%v, asm = %s, %s: %v to %v cycles, %d counts", passes, asm, level, n.Min, n.Max, n.Distinct)
				}
			}
		}
	}
}

package run

import (
	"context"
	"fmt"
)

// Levels are those of optimisation at which generated code is to take constant time.
var Levels = []string{"-Os", "-O2", "-O3"}

// Varying builds a model at each of Levels, runs it, and says which functions took more than one count, where odd and even steps are
// two functions: "-O3: even step took 7 counts, 120 to 180 cycles". Of constant time it says nothing.
func (b *Bench) Varying(ctx context.Context, m Model, x [][][]int64) ([]string, error) {
	usual := b.Optimise
	defer func() { b.Optimise = usual }()
	var out []string
	for _, level := range Levels {
		b.Optimise = level
		f, err := b.Build(ctx, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", level, err)
		}
		r, err := f.Run(ctx, x)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", level, err)
		}
		for _, s := range Sections() {
			if c := r.Counts[s]; c.Distinct > 1 {
				out = append(out, fmt.Sprintf("%s: %s took %d counts, %v to %v %s", level, s.Name(), c.Distinct, c.Min, c.Max, b.Part.Emulator.Counts))
			}
		}
	}
	return out, nil
}

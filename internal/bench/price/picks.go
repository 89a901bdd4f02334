package main

import (
	"context"
	"fmt"
	"math/rand"

	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/schedule"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/backends/run"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/passes"
)

// picks measures what is picked for models, and the runners-up: a price is good enough where none of them is quicker.
func picks(part *chip.Part, models []string) error {
	ctx := context.Background()
	bench, err := run.Open(ctx, part)
	if err != nil {
		return err
	}
	defer bench.Close()
	for _, file := range models {
		m, err := compiler.Load(file, "")
		if err != nil {
			return err
		}
		l, err := m.Lower(passes.Config{})
		if err != nil {
			return err
		}
		candidates, err := front(l.Plan, part)
		if err != nil {
			return err
		}
		for i, k := range candidates {
			prog, err := proven(l.Plan, k.Choice)
			if err != nil {
				continue // a runner-up that is not proven is not picked either
			}
			s, err := sampled(ctx, bench, part, l.Plan, prog, rand.New(rand.NewSource(1)))
			if err != nil {
				fmt.Printf("%s %s %q: %.200v\n", part.Name, file, k.Instead, err)
				continue
			}
			fmt.Printf("%s %s %q: a step %.0f by price, %.0f measured; an output %.0f, %.0f; code %d, %d\n", part.Name, file, k.Instead,
				k.Price.Step(), (s.Even+s.Odd)/2, k.Price.Output, s.Output, k.Price.Code, s.Code)
			if i == 0 {
				for _, line := range k.Said {
					fmt.Println("    " + line)
				}
			}
		}
	}
	return nil
}

// front is what is picked for a plan, and its runners-up.
func front(p *lower.Plan, part *chip.Part) ([]schedule.Candidate, error) {
	picked, err := schedule.Pick(p, part, schedule.Budget{}, c.Assembled)
	if err != nil {
		return nil, err
	}
	picked.Explain()
	return append([]schedule.Candidate{picked.Candidate}, picked.Others...), nil
}

func proven(p *lower.Plan, c step.Choice) (*step.Program, error) {
	prog, err := step.Build(p, c)
	if err == nil {
		err = step.Verify(prog)
	}
	return prog, err
}

// rivalsOf measures what is picked for a random model, and its runners-up: among these a price has to tell which is quickest.
func rivalsOf(ctx context.Context, bench *run.Bench, part *chip.Part, seed int64, units int) ([]*sample, error) {
	p, err := model(seed, units)
	if err != nil {
		return nil, err
	}
	candidates, err := front(p, part)
	if err != nil {
		return nil, err
	}
	var out []*sample
	for _, k := range candidates {
		prog, err := proven(p, k.Choice)
		if err != nil {
			continue
		}
		s, err := sampled(ctx, bench, part, p, prog, rand.New(rand.NewSource(1)))
		if err != nil {
			return nil, err
		}
		s.Seed, s.Choice, s.Picked = seed, fmt.Sprint(k.Choice.Layers, k.Choice.Readout), true
		out = append(out, s)
	}
	return out, nil
}

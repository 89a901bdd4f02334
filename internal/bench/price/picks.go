package main

import (
	"context"
	"fmt"
	"math/rand"

	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/chip"
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
		picked, err := schedule.Pick(l.Plan, part, schedule.Budget{}, c.Assembled)
		if err != nil {
			return err
		}
		picked.Explain()
		for i, k := range append([]schedule.Candidate{picked.Candidate}, picked.Others...) {
			prog, err := step.Build(l.Plan, k.Choice)
			if err == nil {
				err = step.Verify(prog)
			}
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

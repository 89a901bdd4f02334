package run

import (
	"context"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
)

// Engine runs generated C on a chip's emulator, for those who compare outputs only.
func Engine(p *chip.Part) backends.Engine {
	e := backends.Engine{Name: p.Name, Tools: p.Tools()}
	e.Run = func(ctx context.Context, dir string, plan *lower.Plan, x [][][]int64) ([][][]int64, error) {
		b, err := Open(ctx, p)
		if err != nil {
			return nil, err
		}
		defer b.Close()
		f, err := b.Build(ctx, Model{Dir: dir, Plan: plan})
		if err != nil {
			return nil, err
		}
		r, err := f.Run(ctx, x)
		if err != nil {
			return nil, err
		}
		return r.Y, nil
	}
	switch p.Emulator.Counts {
	case chip.Cycles:
		e.Rate = 3e5
	case chip.Instructions:
		e.Rate = 1e7
	}
	return e
}

package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// ablated are the models whose schedules are taken apart.
var ablated = []struct{ model, chip string }{{"activity", "atmega328p"}, {"pmnist", "cortex-m4"}, {"digits", "cortex-m4"}, {"pmnist", "cortex-m0"}}

// ablation measures what each idea of a schedule is worth: the best schedules that decide one thing otherwise than the one picked.
func (b *bench) ablation(ctx context.Context) error {
	b.line("## What each idea is worth")
	b.line("")
	b.line("The schedule that is picked for a chip, and the best ones that decide one thing otherwise: each measured, with what was predicted of its step.")
	b.line("")
	b.line("| model | chip | schedule | step | predicted | to the pick | output | flash | RAM |")
	b.line("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, a := range ablated {
		if err := b.ablate(ctx, a.model, a.chip); err != nil {
			return fmt.Errorf("%s on %s: %w", a.model, a.chip, err)
		}
	}
	b.line("")
	return nil
}

func (b *bench) ablate(ctx context.Context, name, part string) error {
	p, err := chip.Get(part)
	if err != nil {
		return err
	}
	l, err := b.model(name, "c.mcu="+part)
	if err != nil {
		return err
	}
	picked, err := c.Pick(l.Plan, l.Targets["c"])
	if err != nil || picked == nil {
		return err
	}
	picked.Explain()
	log.Printf("%s on %s: the pick and %d others", name, part, len(picked.Others))
	var own *measured
	row := func(what string, predicted float64, m *measured) {
		if m == nil {
			b.line("| %s | %s | %s | no room | %s | | | | |", name, part, what, thousands(predicted))
			return
		}
		b.line("| %s | %s | %s | %s | %s | %.2f | %s | %s | %s |", name, part, what, thousands(m.step.Mean), thousands(predicted),
			m.step.Mean/own.step.Mean, thousands(m.output.Mean), thousands(float64(m.sizes.Flash)), thousands(float64(m.sizes.RAM())))
	}
	if own, err = b.scheduled(ctx, l, p, picked.Program); err != nil || own == nil {
		return err
	}
	row("picked: "+fmt.Sprint(picked.Choice), picked.Price.Step(), own)
	for _, o := range picked.Others {
		program, err := step.Build(l.Plan, o.Choice)
		if err != nil {
			return err
		}
		m, err := b.scheduled(ctx, l, p, program)
		if err != nil {
			return fmt.Errorf("%s: %w", o.Instead, err)
		}
		row(o.Instead, o.Price.Step(), m)
	}
	return nil
}

// scheduled measures the C of one program of a model.
func (b *bench) scheduled(ctx context.Context, l *compiler.Lowered, p *chip.Part, program *step.Program) (*measured, error) {
	files, err := c.Spell(l.Plan, program, backends.Vectors{}, l.Targets["c"])
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "hrnnc-ablation-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for _, f := range files {
		if err := fileio.WriteIn(dir, f.Path, f.Data); err != nil {
			return nil, err
		}
	}
	return figures(l.BenchFolder(ctx, p, dir, compiler.BenchOptions{Steps: b.steps}))
}

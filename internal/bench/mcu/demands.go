package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/hrnnc/hrnnc/backends/chip"
)

// demand is what a firmware is held to: a step and an output in what the chip's emulator counts, the rest in bytes; 0 where nothing is
// asked for.
type demand struct {
	model, chip, level               string
	set                              []string // of target c
	step, output, flash, ram, tables float64
}

// demands are in the order of the page. flash and ram of target c limit all that the model's object has, init and class included; a
// firmware has what it calls, and a few bytes of its own.
var demands = []demand{
	{model: "activity", chip: "atmega328p", set: []string{"c.flash=2800", "c.ram=384"}, step: 8000, flash: 2500, ram: 384},
	{model: "activity", chip: "atmega328p", set: []string{"c.flash=2300", "c.ram=220"}, step: 12000, flash: 2300, ram: 220},
	{model: "activity", chip: "atmega328p", set: []string{"c.flash=2760", "c.ram=230"}, step: 8000, flash: 2500, ram: 250},
	{model: "pmnist", chip: "cortex-m4", step: 14500, output: 10700},
	{model: "pmnist", chip: "cortex-m4", level: "-Os", set: []string{"c.flash=7000", "c.ram=2200"}, step: 14500, output: 10700, ram: 2200, tables: 4700},
	{model: "pmnist_staged", chip: "cortex-m4", set: []string{"c.flash=6600", "c.ram=1180"}, step: 8400, ram: 1200, tables: 4200},
	{model: "pmnist", chip: "cortex-m0", step: 27000},
	{model: "pmnist", chip: "rv32imc", step: 16800},
	{model: "digits", chip: "cortex-m4", step: 45018 / 2},
	{model: "har2", chip: "cortex-m4", step: 24691 / 2},
	{model: "dsa19", chip: "cortex-m4", step: 97382 / 2},
	{model: "pmnist_block", chip: "cortex-m4", step: 16468 / 2},
}

// demanded is a table of what was asked of target c, with what is measured.
func (b *bench) demanded(ctx context.Context) error {
	b.line("## What is asked of it")
	b.line("")
	b.line("`measured of required`, in what the chip's simulator counts and in bytes; the step is the mean. Settings are of target c: `flash` and `ram` hold all that the")
	b.line("model's object has, init and class included. A bare firmware has what it calls, and a few bytes of its own.")
	b.line("")
	b.line("| model | chip, level | settings | step | output | flash | RAM | tables | met |")
	b.line("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | --- |")
	for _, d := range demands {
		p, err := chip.Get(d.chip)
		if err != nil {
			return err
		}
		level := cmp.Or(d.level, p.Build.Optimise)
		log.Printf("%s on %s %s", d.model, d.chip, level)
		m, err := b.now(ctx, d.model, d.chip, level, d.set...)
		if err != nil {
			return err
		}
		if m == nil {
			return fmt.Errorf("%s has no room on %s", d.model, d.chip)
		}
		cells, met := d.cells(m)
		b.line("| %s | %s %s | %s | %s | %s |", d.model, d.chip, level, strings.Join(d.set, ", "), strings.Join(cells, " | "), met)
	}
	b.line("")
	return nil
}

// cells are what was measured beside what is required, and whether all of it is met.
func (d demand) cells(m *measured) (cells []string, met string) {
	met = "yes"
	for _, v := range [][2]float64{{m.step.Mean, d.step}, {m.output.Mean, d.output}, {float64(m.sizes.Flash), d.flash}, {float64(m.sizes.RAM()), d.ram},
		{float64(m.sizes.Tables), d.tables}} {
		cell := thousands(v[0])
		if v[1] > 0 {
			cell += " of " + thousands(v[1])
			if v[0] > v[1] {
				met = "no"
			}
		}
		cells = append(cells, cell)
	}
	return cells, met
}

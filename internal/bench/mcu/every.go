package main

import (
	"context"
	"fmt"
	"log"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/internal/bench/results"
)

// everyChip are the chips that every example is measured on.
var everyChip = []string{"atmega328p", "cortex-m0", "cortex-m4", "rv32imc"}

const noRoom = "no room"

// measureExamples puts figures of the examples in the place of those that are kept; without names, of all. Examples that are gone
// lose theirs.
func (b *bench) measureExamples(ctx context.Context, kept *results.Chips, names []string) error {
	all, names, err := results.Chosen(".", names)
	if err != nil {
		return err
	}
	for _, name := range names {
		kept.Examples[name] = map[string]results.Chip{}
		for _, part := range everyChip {
			log.Printf("%s on %s", name, part)
			p, err := chip.Get(part)
			if err != nil {
				return err
			}
			m, err := b.now(ctx, name, part, "")
			if err != nil {
				return err
			}
			if m == nil {
				kept.Examples[name][part] = results.Chip{Problem: noRoom}
				continue
			}
			kept.Examples[name][part] = results.Chip{Unit: string(p.Emulator.Counts), Step: m.step.Mean, Output: m.output.Mean,
				Flash: m.sizes.Flash, RAM: m.sizes.RAM(), Microjoules: m.microjoules}
		}
	}
	for name := range kept.Examples {
		if !slices.Contains(all, name) {
			delete(kept.Examples, name)
		}
	}
	kept.Measured, err = b.tools(ctx)
	return err
}

// everyExample is the section about all examples, made of what is kept in mcu.json.
func everyExample(kept *results.Chips) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("## Every example")
	line("")
	line("A step without outputs and, in brackets, the outputs: cycles of the ATmega328P, instructions of the others, means. Then flash and RAM of")
	line("the bare firmware. All chips' figures of every example are in [mcu.json](mcu.json), and the [gallery](../gallery.md) shows them.")
	line("")
	line("    go run ./internal/bench/mcu -examples NAMES   # measures those anew, or all, and writes this table and mcu.json")
	line("")
	head, rule := "| example |", "| --- |"
	for _, part := range everyChip {
		head, rule = head+" "+part+" | flash, RAM |", rule+" ---: | ---: |"
	}
	line("%s", head)
	line("%s", rule)
	var names []string
	for name := range kept.Examples {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		row := "| " + name + " |"
		for _, part := range everyChip {
			c, measured := kept.Examples[name][part]
			switch {
			case !measured:
				row += " - | |"
			case c.Problem != "":
				row += " " + c.Problem + " | |"
			default:
				row += fmt.Sprintf(" %s (%s) | %s, %s |", thousands(c.Step), thousands(c.Output), thousands(float64(c.Flash)), thousands(float64(c.RAM)))
			}
		}
		line("%s", row)
	}
	line("")
	line("Built and run with %s.", kept.Measured)
	line("")
	return b.String()
}

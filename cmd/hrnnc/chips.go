package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/internal/exttool"
)

func (a *app) chipsCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "chips [name]",
		Short: "List the chips that generated code runs on, or all that is known of one",
		Long: `List the chips that hrnnc knows: their flash, RAM and clock, the compiler, and the emulator that hrnnc bench and hrnnc verify
--mcu run them on. With a name, more of that chip, and where its numbers are from. --json has all that is known.`,
		Example: `  hrnnc chips
  hrnnc chips cortex-m4
  hrnnc chips cortex-m4 --json | jq '.chips[0].build'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			parts := chip.All()
			if len(args) == 1 {
				p, err := chip.Get(args[0])
				if err != nil {
					return err
				}
				parts = []*chip.Part{p}
			}
			switch {
			case a.json:
				var list []chipEntry
				for _, p := range parts {
					list = append(list, describe(p))
				}
				return a.printJSON(struct {
					Chips []chipEntry `json:"chips"`
				}{list})
			case len(args) == 1:
				return a.printChip(parts[0])
			}
			var rows [][]string
			for _, p := range parts {
				rows = append(rows, []string{p.Name, chipTitle(p), sized(p.Flash), sized(p.RAM), frequency(p), p.Build.Compiler, emulated(p), strings.Join(p.Aliases, ", ")})
			}
			return table(a.out, []string{"name", "chip", "flash", "RAM", "clock", "compiler", "runs here on", "also called"}, rows)
		},
	}
}

// chipEntry is a chip in JSON.
type chipEntry struct {
	Name string `json:"name"`
	*chip.Part
	// Missing are the packages that running its programs takes and that are not installed.
	Missing []string `json:"missing,omitempty"`
}

func describe(p *chip.Part) chipEntry {
	e := chipEntry{Name: p.Name, Part: p}
	for _, tool := range exttool.Missing(p.Tools()...) {
		e.Missing = append(e.Missing, exttool.Package(tool))
	}
	return e
}

// printChip prints what people ask of one chip.
func (a *app) printChip(p *chip.Part) error {
	lanes := "no packed arithmetic"
	if p.Lanes > 1 {
		lanes = fmt.Sprintf("%d numbers of 16 bits an instruction", p.Lanes)
	}
	rows := [][]string{
		{"chip", chipTitle(p)}, {"also called", strings.Join(p.Aliases, ", ")}, {"flash, RAM", sized(p.Flash) + ", " + sized(p.RAM)}, {"clock", frequency(p)},
		{"registers", fmt.Sprintf("%d bits, %s", p.Word, lanes)},
		{"compiler", strings.Join(append([]string{p.Build.Compiler, p.Build.Optimise}, p.Build.Flags...), " ")},
		{"runs here on", emulated(p)},
	}
	if p.Energy != nil {
		rows = append(rows, []string{"current", fmt.Sprintf("%g mA/MHz at %g V, %.3g nJ a cycle", p.Energy.Current, p.Energy.Volts, p.Energy.PerCycle())},
			[]string{"  from", p.Energy.Source})
	}
	for _, of := range slices.Sorted(maps.Keys(p.Sources)) {
		rows = append(rows, []string{of + " from", p.Sources[of]})
	}
	return table(a.out, []string{p.Name, ""}, rows)
}

func chipTitle(p *chip.Part) string {
	if p.Model != "" {
		return fmt.Sprintf("%s, as in %s", p.Title, p.Model)
	}
	return p.Title
}

func sized(bytes int) string {
	switch {
	case bytes == 0:
		return "-"
	case bytes >= 1<<20:
		return fmt.Sprintf("%d MB", bytes>>20)
	case bytes >= 10<<10:
		return fmt.Sprintf("%d KB", bytes>>10)
	}
	return fmt.Sprintf("%s B", thousands(bytes))
}

func frequency(p *chip.Part) string {
	if p.Clock == 0 {
		return "-"
	}
	return fmt.Sprintf("%g MHz", p.Clock)
}

// emulated says what runs a chip's programs and what it counts, or what is missing.
func emulated(p *chip.Part) string {
	e := p.Emulator
	var words string
	switch e.Program {
	case "":
		words = "nothing: compiled only"
	case "host":
		words = "itself, " + string(e.Counts)
	default:
		words = fmt.Sprintf("%s, %s", e.Program, e.Counts)
	}
	if missing := exttool.Missing(p.Tools()...); len(missing) > 0 {
		words += fmt.Sprintf("; missing %s", exttool.Package(missing[0]))
	}
	return words
}

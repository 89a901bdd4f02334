package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
)

func (a *app) chipsCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "chips [name]",
		Short: "List the chips that generated code runs on, or all that is known of one",
		Long: `List the chips that hrnnc knows. Microcontrollers: their flash, RAM and clock, the compiler, and the emulator that hrnnc
bench and hrnnc verify --mcu run them on. FPGAs: their logic, memories and pins, what hrnnc synth runs for them, and the boards that
carry them. With a name, more of that chip, and where its numbers are from. --json has all that is known.`,
		Example: `  hrnnc chips
  hrnnc chips cortex-m4
  hrnnc chips up5k                               # an FPGA: its boards and their pins
  hrnnc chips cortex-m4 --json | jq '.chips[0].build'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			parts := chip.All()
			if len(args) == 1 {
				p, err := chip.Any(args[0])
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
			case len(args) == 1 && parts[0].Kind == chip.FPGA:
				return a.printFPGA(parts[0])
			case len(args) == 1:
				return a.printChip(parts[0])
			}
			var rows, fpgas [][]string
			for _, p := range parts {
				if p.Kind == chip.FPGA {
					fpgas = append(fpgas, fpgaRow(p))
					continue
				}
				rows = append(rows, []string{p.Name, chipTitle(p), sized(p.Flash), sized(p.RAM), frequency(p), p.Build.Compiler, emulated(p), strings.Join(p.Aliases, ", ")})
			}
			if err := table(a.out, []string{"name", "chip", "flash", "RAM", "clock", "compiler", "runs here on", "also called"}, rows); err != nil {
				return err
			}
			fmt.Fprintln(a.out)
			return table(a.out, []string{"name", "FPGA", "LUTs", "block RAM", "multipliers", "pins", "synthesis", "place and route", "boards"}, fpgas)
		},
	}
}

// fpgaRow is an FPGA in the list.
func fpgaRow(p *chip.Part) []string {
	l := p.Logic
	return []string{p.Name, p.Model, fmt.Sprintf("%s of %s", diag.Grouped(l.LUTs), diag.GroupedCount(l.LUTInputs, "input")), memories(l), diag.Grouped(l.Multipliers), diag.Grouped(l.Pins),
		l.Synthesis.Command + missing("yosys"), placed(l), strings.Join(boards(l), ", ")}
}

// memories are those of an FPGA: block RAM, and what it has beside.
func memories(l *chip.Logic) string {
	of := func(r chip.RAM) string { return fmt.Sprintf("%d of %d kbit", r.Count, r.Bits>>10) }
	if l.Large.Count == 0 {
		return of(l.Block)
	}
	return of(l.Block) + ", " + of(l.Large)
}

// placed says what places designs on an FPGA, or that nothing does.
func placed(l *chip.Logic) string {
	if l.PlaceRoute.Command == "" {
		return "none"
	}
	return l.PlaceRoute.Command + missing(l.PlaceRoute.Command)
}

func missing(command string) string {
	if len(exttool.Missing(command)) == 0 {
		return ""
	}
	return "; missing " + exttool.Package(command)
}

func boards(l *chip.Logic) []string {
	var names []string
	for _, b := range l.Boards {
		names = append(names, b.Name)
	}
	return names
}

// printFPGA prints what people ask of one FPGA.
func (a *app) printFPGA(p *chip.Part) error {
	l := p.Logic
	rows := [][]string{
		{"FPGA", chipTitle(p)}, {"also called", strings.Join(p.Aliases, ", ")},
		{"LUTs", fmt.Sprintf("%s of %s, %s flip-flops", diag.Grouped(l.LUTs), diag.GroupedCount(l.LUTInputs, "input"), diag.Grouped(l.FlipFlops))},
		{"block RAM", describeRAM(l.Block)},
	}
	if l.Large.Count > 0 {
		rows = append(rows, []string{"large RAM", describeRAM(l.Large)})
	}
	if l.Multipliers > 0 {
		rows = append(rows, []string{"multipliers", fmt.Sprintf("%d, %s", l.Multipliers, l.Multiplier)})
	}
	rows = append(rows, []string{"pins", fmt.Sprintf("%d, in package %s", l.Pins, l.Package)},
		[]string{"synthesis", strings.Join(append([]string{l.Synthesis.Command}, l.Synthesis.Args...), " ") + missing("yosys")},
		[]string{"place and route", placed(l)})
	if w := l.Power; w != nil {
		rows = append(rows, []string{"power", fmt.Sprintf("%g V: %g mA, %g mA/MHz for the clock, %g to %g uA/MHz a LUT", w.Volts, w.Static, w.Clock, w.LUT[0], w.LUT[1])},
			[]string{"  of", w.Note}, []string{"  from", w.Source})
	}
	for _, b := range l.Boards {
		rows = append(rows, []string{"board " + b.Name, fmt.Sprintf("%s, %g MHz", b.Title, b.Clock)})
		for _, what := range slices.Sorted(maps.Keys(b.Pins)) {
			low := ""
			if slices.Contains(b.ActiveLow, what) {
				low = ", 0 is on"
			}
			rows = append(rows, []string{"  " + what, "pin " + strings.Join(b.Pins[what], ", ") + low})
		}
		if b.Note != "" {
			rows = append(rows, []string{"  note", b.Note})
		}
		rows = append(rows, []string{"  from", b.Source})
	}
	for _, of := range slices.Sorted(maps.Keys(p.Sources)) {
		rows = append(rows, []string{of + " from", p.Sources[of]})
	}
	return table(a.out, []string{p.Name, ""}, rows)
}

func describeRAM(r chip.RAM) string {
	return fmt.Sprintf("%d of %s, words of up to %d; %s", r.Count, diag.GroupedCount(r.Bits, "bit"), r.Width, r.Note)
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
		lanes = fmt.Sprintf("%s of 16 bits an instruction", diag.GroupedCount(p.Lanes, "number"))
	}
	rows := [][]string{
		{"chip", chipTitle(p)}, {"also called", strings.Join(p.Aliases, ", ")}, {"flash, RAM", sized(p.Flash) + ", " + sized(p.RAM)}, {"clock", frequency(p)},
		{"registers", fmt.Sprintf("%s, %s", diag.GroupedCount(p.Word, "bit"), lanes)},
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
	return fmt.Sprintf("%s B", diag.Grouped(bytes))
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

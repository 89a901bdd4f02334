package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/passes"
)

func (a *app) benchCmd() *cobra.Command {
	var o compiler.BenchOptions
	var weights, mcu string
	var set []string
	var cfg passes.Config
	c := &cobra.Command{
		Use:   "bench model.hrn",
		Short: "Measure a model on a simulated microcontroller: time, constant time, flash, RAM, energy",
		Long: `Generate C for a chip, build a firmware with the chip's compiler, run it on the chip's emulator and measure:

- the cycles or instructions of init, step, output and class, with the call: least, mean, most, and how many different counts there were.
  One count is constant time; odd and even steps are apart, since they may differ where a model's units alternate;
- the flash and RAM of a bare firmware: start-up code, the model and a loop that feeds it, no drivers. The stack is the deepest seen;
- the energy of a step, from the active current of the data sheet.

Inputs are all smallest, all largest, alternating, long runs and random. Every output and decision is compared with the fixed-level
interpreter. Exit code 1: a bit differs, or the chip, or flash and ram of target c, have no room for the model. hrnnc chips lists the
chips; esp8266 is compiled only.`,
		Example: `  hrnnc bench model.hrn --mcu atmega328p
  hrnnc bench model.hrn --mcu cortex-m4 --optimise 3 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Optimise != "" {
				level := strings.TrimPrefix(strings.TrimPrefix(o.Optimise, "-"), "O")
				if !strings.Contains(" 0 1 2 3 s z g fast ", " "+level+" ") {
					return misuse("--optimise %s is no level of optimisation", o.Optimise).Helpf("the levels are 0, 1, 2, 3, s, z, g and fast, as of gcc -O")
				}
				o.Optimise = "-O" + level
			}
			if o.Steps < 1 {
				return misuse("--steps %d runs nothing", o.Steps).Helpf("a step or more; 1000 is the default")
			}
			if mcu != "" { // before the model is read
				if _, err := chip.Get(mcu); err != nil {
					return err
				}
			}
			bar := a.progress()
			defer bar.clear()
			l, err := a.lower(args[0], weights, set, cfg, bar.say)
			if err != nil {
				return err
			}
			part, err := l.ChipFor(mcu)
			if err != nil {
				return err
			}
			o.Watch = bar.plan("measuring", 1).reach
			b, err := l.Bench(cmd.Context(), part, o)
			bar.clear()
			if err != nil {
				return err
			}
			a.warn(l.Warnings)
			if a.json {
				err = a.printJSON(b)
			} else {
				err = a.printBench(b)
			}
			if err == nil && !(b.Equal() && b.Fits()) {
				err = errFailed
			}
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&mcu, "mcu", "", "the chip; hrnnc chips lists them (default: mcu of the model's target c)")
	f.StringVar(&o.Optimise, "optimise", "", "level of optimisation: 0, 1, 2, 3, s (default: the chip's)")
	f.IntVar(&o.Steps, "steps", 1000, "steps to run, at least")
	f.Int64Var(&o.Seed, "seed", 0, "seed of the random inputs")
	targetSettingsFlag(c, &set)
	weightsFlag(c, &weights)
	passFlags(c, &cfg)
	return c
}

func (a *app) printBench(b *compiler.Benchmark) error {
	fmt.Fprintf(a.out, "%s on %s: %s, %s", b.Model, b.MCU, b.Title, b.Compiler)
	if b.Emulator != "" && b.Emulator != "host" {
		fmt.Fprintf(a.out, ", %s", b.Emulator)
	}
	fmt.Fprint(a.out, "\n\n")
	if b.Calls == nil {
		fmt.Fprintf(a.out, "the model's object: code %s, tables %s\n", diag.GroupedCount(b.Object.Program, "byte"), diag.GroupedCount(b.Object.Tables, "byte"))
		fmt.Fprintln(a.out, "compiled only: there is no emulator of this chip here")
		return nil
	}
	var rows [][]string
	for _, c := range b.Calls {
		name := c.Name
		row := []string{name, diag.Grouped(c.Runs), counted(c.Min), counted(c.Mean), counted(c.Max), "-", "-", "-"}
		if c.Distinct > 0 {
			row[5] = diag.Grouped(c.Distinct)
		}
		if b.Firmware != nil {
			row[6] = diag.Grouped(c.Stack)
		}
		if c.Microjoules > 0 {
			row[7] = strconv.FormatFloat(c.Microjoules, 'g', 3, 64)
		}
		rows = append(rows, row)
	}
	if err := table(a.out, []string{string(b.Unit), "calls", "least", "mean", "most", "counts", "stack, bytes", "microjoules"}, rows); err != nil {
		return err
	}
	fmt.Fprintln(a.out)
	if f := b.Firmware; f != nil {
		fmt.Fprintf(a.out, "flash  %s%s: code %s, tables %s\n", diag.GroupedCount(f.Flash, "byte"), of(b.Flash), diag.Grouped(f.Program), diag.Grouped(f.Tables))
		fmt.Fprintf(a.out, "RAM    %s%s: state %s, other variables %s, stack %s\n", diag.GroupedCount(f.RAM(), "byte"), of(b.RAM), diag.Grouped(f.State),
			diag.Grouped(f.Static-f.State), diag.Grouped(f.Stack))
	}
	fmt.Fprintf(a.out, "model  code %s, tables %s%s, with what a firmware leaves out", diag.GroupedCount(b.Object.Program, "byte"), diag.GroupedCount(b.Object.Tables, "byte"), of(b.FlashLimit))
	if b.Firmware != nil {
		fmt.Fprintf(a.out, "; state and stack of a call %s%s", diag.GroupedCount(b.ModelRAM(), "byte"), of(b.RAMLimit))
	}
	fmt.Fprintln(a.out)
	if b.Energy != nil {
		fmt.Fprintf(a.out, "energy %g mA/MHz at %g V (%s)", b.Energy.Current, b.Energy.Volts, b.Energy.Source)
		if b.EnergyNote != "" {
			fmt.Fprintf(a.out, "; %s", b.EnergyNote)
		}
		fmt.Fprintln(a.out)
	} else if b.EnergyNote != "" {
		fmt.Fprintf(a.out, "energy %s\n", b.EnergyNote)
	}
	if b.ConstantTime != nil {
		fmt.Fprintf(a.out, "constant time: %s\n", constantTime(b))
	}
	if !b.Fits() {
		fmt.Fprintln(a.out, "NO ROOM: the model takes more flash or RAM than flash and ram of target c allow")
	}
	verdict := "every output is the fixed-level interpreter's"
	if !b.Equal() {
		verdict = fmt.Sprintf("NOT EQUAL: %s; %s", diag.GroupedCount(b.Differing, "bit differs", "bits differ"), b.First)
	}
	fmt.Fprintf(a.out, "%s in %s: %s\n", diag.GroupedCount(b.Steps, "step"), diag.GroupedCount(b.Sequences, "sequence"), verdict)
	return nil
}

// constantTime says whether a model is, and which functions are not.
func constantTime(b *compiler.Benchmark) string {
	if *b.ConstantTime {
		return "yes, one count for each function, where odd and even steps are two"
	}
	var not []string
	for _, c := range b.Calls {
		if c.Name != "step" && c.Distinct > 1 {
			not = append(not, fmt.Sprintf("%s has %s counts", c.Name, diag.Grouped(c.Distinct)))
		}
	}
	return "no, " + strings.Join(not, ", ")
}

func of(all int) string {
	if all == 0 {
		return ""
	}
	return " of " + diag.Grouped(all)
}

// counted writes a count, with a digit behind the point where it is a mean.
func counted(v float64) string {
	if v == float64(int(v)) {
		return diag.Grouped(int(v))
	}
	whole := int(v)
	return fmt.Sprintf("%s.%d", diag.Grouped(whole), int((v-float64(whole))*10))
}

package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower/datapath/explore"
	"github.com/hrnnc/hrnnc/backends/lower/schedule"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/search/job"
)

// printReport prints what a compile made.
func (a *app) printReport(r compiler.Report) {
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "%s\t%s  ->  %s\n", r.Model, r.Input, r.Output)
	for _, l := range r.Layers {
		saturates := "cannot saturate (proven)"
		if l.Saturate {
			saturates = "saturates"
		}
		if l.Leak != nil {
			saturates += fmt.Sprintf(", leak %s; |%s| up to %.3g does not decay", dsl.LeakText(l.Leak), l.Name, l.Floor)
		}
		fmt.Fprintf(w, "  layer %s\t%s, blocks of %d, int%d, %s\n", l.Name, diag.GroupedCount(l.Units, "unit"), l.Block, l.Bits, saturates)
	}
	fmt.Fprintf(w, "  parameters\t%s (%s at their own widths)\n", diag.Grouped(r.Cost.Parameters), diag.GroupedCount((r.Cost.Bits+7)/8, "byte"))
	fmt.Fprintf(w, "  state\t%s\n", diag.GroupedCount((r.Cost.StateBits+7)/8, "byte"))
	fmt.Fprintf(w, "  a step\trecurrence %s, %s; input %s and %s\n", diag.GroupedCount(r.Cost.Recurrence.Adds, "addition"),
		diag.GroupedCount(r.Cost.Recurrence.Muls, "multiplication"), diag.Grouped(r.Cost.Input.Adds), diag.Grouped(r.Cost.Input.Muls))
	fmt.Fprintf(w, "  an output\t%s, %s\n", diag.GroupedCount(r.Cost.Readout.Adds, "addition"), diag.GroupedCount(r.Cost.Readout.Muls, "multiplication"))
	if r.Updates > 0 {
		fmt.Fprintf(w, "  saturated\t%s of %s state updates on the golden vectors (the input's extremes)\n", diag.Grouped(int(r.Saturated)), diag.Grouped(int(r.Updates)))
	}
	a.flush(w)
	if len(r.Passes) > 0 {
		fmt.Fprintln(a.out, "\npasses")
		w = tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
		for _, p := range r.Passes {
			lines := []string(p.Stats)
			if len(lines) == 0 {
				lines = []string{"nothing to do"}
			}
			for i, s := range lines {
				name := p.Pass
				if i > 0 {
					name = ""
				}
				fmt.Fprintf(w, "  %s\t%s\n", name, s)
			}
		}
		a.flush(w)
	}
	a.printTargets(r.Targets)
	if r.Schedule != nil {
		a.printSchedule(r)
	}
	if r.Architecture != nil {
		a.printArchitecture(r.Architecture)
	}
}

// printArchitecture shows how Verilog computes a step on its FPGA, beside the others that nothing beats.
func (a *app) printArchitecture(r *compiler.Architecture) {
	goal := ""
	if r.Rate > 0 {
		goal = fmt.Sprintf(" as the smallest that takes %g steps a second,", r.Rate)
	}
	c := r.Chosen
	fmt.Fprintf(a.out, "\narchitecture on %s at %g MHz: %s\n", r.Part, r.Clock, c.Arch)
	fmt.Fprintf(a.out, "  chosen%s of %d that were counted; no other beats those below\n", goal, r.Counted)
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\tLUTs\t\tcycles\t\tblock RAM\tsteps/s\t\n")
	row := func(what string, o *explore.Candidate, area, time string) {
		fmt.Fprintf(w, "\t%s\t%s\t%s\t%s\t%d\t%s\t  %s\n", diag.Grouped(o.Tables), area, diag.Grouped(o.StepCycles), time, o.Blocks,
			diag.Grouped(int(r.Clock*1e6/float64(o.StepCycles))), what)
	}
	row("chosen", &c, "", "")
	for i := range r.RunnerUp {
		o := &r.RunnerUp[i]
		row(fmt.Sprintf("%s; %d under update, %s, %d of the readout", o.Arch, o.Update, diag.GroupedCount(o.Product, "weight"), o.Readout), o, fmt.Sprintf("%+.0f %%", 100*(float64(o.Tables)/float64(c.Tables)-1)),
			fmt.Sprintf("%+.0f %%", 100*(float64(o.StepCycles)/float64(c.StepCycles)-1)))
	}
	a.flush(w)
	fmt.Fprintf(a.out, "\n  counted on the design: hrnnc synth --part %s measures\n", r.Part)
}

// printSchedule shows how C computes a step on its chip, beside the best that decide one thing otherwise.
func (a *app) printSchedule(r compiler.Report) {
	s := r.Schedule
	fmt.Fprintf(a.out, "\nschedule on %s, the quickest of %s that were priced\n", s.Chip, diag.Grouped(s.Priced))
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	for i, l := range s.Choice.Layers {
		fmt.Fprintf(w, "  %s\t%s\n", r.Layers[i].Name, l)
	}
	fmt.Fprintf(w, "  output\t%s\n", s.Choice.Readout)
	a.flush(w)
	fmt.Fprintf(a.out, "\n  %s by price, not measured: hrnnc bench --mcu %s measures\n", s.Price.Unit, s.Chip)
	w = tabwriter.NewWriter(a.out, 0, 8, 2, ' ', tabwriter.AlignRight)
	row := func(what string, p schedule.Price, step string) {
		fmt.Fprintf(w, "\t%s\t%s\t%s\t%s\t%s\t  %s\n", diag.Grouped(int(p.Step()+0.5)), step, diag.Grouped(int(p.Output+0.5)), diag.Grouped(p.Flash()), diag.Grouped(p.RAM()), what)
	}
	fmt.Fprintf(w, "\tstep\t\toutput\tflash\tRAM\t\n")
	row("chosen", s.Price, "")
	for _, o := range s.Others {
		row(o.Instead, o.Price, fmt.Sprintf("%+.1f %%", 100*(o.Price.Step()/s.Price.Step()-1)))
	}
	a.flush(w)
}

func (a *app) printTargets(targets map[string][]backends.Figure) {
	for _, t := range compiler.Targets {
		figures, ok := targets[t.Name()]
		if !ok {
			continue
		}
		fmt.Fprintf(a.out, "\n%s\n", t.Name())
		w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
		for _, f := range figures {
			value := strconv.FormatFloat(f.Value, 'f', -1, 64)
			if f.Value == float64(int(f.Value)) {
				value = diag.Grouped(int(f.Value))
			}
			fmt.Fprintf(w, "  %s\t%s %s\t%s\n", f.Name, value, f.Unit, f.Note)
		}
		a.flush(w)
	}
}

func (a *app) flush(w *tabwriter.Writer) {
	if err := w.Flush(); err != nil {
		fmt.Fprintln(a.err, err)
	}
}

// table prints rows in columns; numbers stand right.
func table(out io.Writer, head []string, rows [][]string) error {
	width := make([]int, len(head))
	for _, r := range append([][]string{head}, rows...) {
		for i, c := range r {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	for _, r := range slices.Concat([][]string{head}, rows) {
		var b strings.Builder
		for i, c := range r {
			pad := strings.Repeat(" ", width[i]-len([]rune(c)))
			if c != "" && strings.Trim(c, "0123456789,.-") == "" {
				b.WriteString(pad + c)
			} else {
				b.WriteString(c + pad)
			}
			b.WriteString("  ")
		}
		if _, err := fmt.Fprintln(out, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// tell prints a line about the course of things, for people.
func (a *app) tell(format string, args ...any) {
	if !a.quiet && !a.json {
		a.bar.clear()
		fmt.Fprintf(a.err, format+"\n", args...)
	}
}

// commandLine is what was typed.
func commandLine() string { return shellLine(os.Args[1:]) }

// resumeLine is what to type to go on with what was typed.
func resumeLine() string {
	args := slices.DeleteFunc(slices.Clone(os.Args[1:]), func(s string) bool { return s == "--force" || s == "--resume" })
	return shellLine(append(args, "--resume"))
}

// shellLine quotes arguments where a shell would take them apart.
func shellLine(args []string) string {
	line := "hrnnc"
	for _, a := range args {
		line += " " + job.Quote(a)
	}
	return line
}

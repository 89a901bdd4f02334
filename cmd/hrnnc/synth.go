package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/synth"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/passes"
)

// synthFiles are what -o gets.
var synthFiles = struct{ report, data, plan, wave, harness, log string }{"report.md", "synth.json", "floorplan.svg", "waveform.svg", "harness.v", "tools.log"}

func (a *app) synthCmd() *cobra.Command {
	o := compiler.SynthOptions{Options: synth.Options{Seeds: 3, Timeout: 15 * time.Minute}}
	var weights, part, tools, clock, out string
	var set []string
	var cfg passes.Config
	c := &cobra.Command{
		Use:   "synth model.hrn",
		Short: "Measure a model on an FPGA: LUTs, block RAM, highest clock, time and energy of a step",
		Long: `Generate Verilog, synthesise it with yosys, place and route it with nextpnr, and say what it takes:

- LUTs, flip-flops, carries, block RAM, large RAM and multipliers of the model alone. No multiplier is used without --dsp;
- the highest clock, over several seeds of the placement: the worst is what to build on. The model is placed within a harness of shift
  registers with three pins, so that its clock is its own. What the harness takes is apart;
- the cycles of a step, counted in simulation where Icarus Verilog is installed; the time and energy of one at the worst clock.

ecp5 and xc7 are synthesised only. With -o, a folder gets a report, drawings of the slowest placement and of a step's
waveform, and what the tools said.
Exit code 1: the part has no room, a tool did not end in time, or the slowest seed does not reach --clock or the rate.`,
		Example: `  hrnnc synth model.hrn --part up5k
  hrnnc synth model.hrn --part up5k --set verilog.butterflies=1 --clock 12MHz -o build/up5k
  hrnnc synth model.hrn --part hx8k --seeds 8 --json
  hrnnc synth model.hrn --part up5k --tools npm  # newer tools than the system's`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := folder(out); err != nil {
				return err
			}
			if o.Tools, err = toolsNamed(tools); err != nil {
				return err
			}
			if o.Seeds < 1 || o.Seeds > 100 {
				return misuse("--seeds %d is not from 1 to 100", o.Seeds).Helpf("3 is the default; more say better what a placement may turn out to be")
			}
			if clock != "" {
				if o.Clock, err = chip.ParseClock(clock); err != nil {
					return misuse("--clock: %v", err).Helpf("write it as  --clock 24MHz")
				}
			}
			if o.Rate < 0 {
				return misuse("--steps-per-second %g is no rate", o.Rate).Helpf("write it as  --steps-per-second 1000")
			}
			if part != "" { // before the model is read
				if _, err := chip.GetFPGA(part); err != nil {
					return err
				}
			}
			var into *fileio.Folder
			if out != "" {
				if into, err = fileio.OpenFolder(out); err != nil {
					return err
				}
				defer into.Close()
				f := synthFiles
				if err := into.Claim(f.report, f.data, f.plan, f.wave, f.harness, f.log); err != nil {
					return err
				}
			}
			bar := a.progress()
			defer bar.clear()
			l, err := a.lower(args[0], weights, set, cfg, bar.say)
			if err != nil {
				return err
			}
			p, err := l.FPGAFor(part)
			if err != nil {
				return err
			}
			o.Watch = bar.plan("synthesising", 1).reach
			s, err := l.Synth(cmd.Context(), p, o)
			if err != nil {
				return err
			}
			if into != nil {
				if err := writeSynthesis(into, s); err != nil {
					return err
				}
			}
			bar.clear()
			a.warn(l.Warnings)
			if a.json {
				err = a.printJSON(s)
			} else {
				err = printSynthesis(a.out, s)
				if err == nil && out != "" {
					_, err = fmt.Fprintf(a.out, "\nwritten to %s\n", out)
				}
			}
			if err == nil && !(s.ClockMet() && s.RateMet()) {
				err = errFailed
			}
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&part, "part", "", "the FPGA: "+strings.Join(chip.Names(chip.FPGA), ", ")+" (default: part of the model's target verilog)")
	f.IntVar(&o.Seeds, "seeds", o.Seeds, "placements to try")
	f.BoolVar(&o.Multipliers, "dsp", false, "let the synthesis use the part's multipliers")
	f.StringVar(&clock, "clock", "", "the clock that the model is to run at, as 24MHz (default: the model's, or else the worst of all seeds)")
	f.Float64Var(&o.Rate, "steps-per-second", 0, "the rate that is needed (default: the model's, or else none)")
	f.StringVar(&tools, "tools", "", "whose yosys and nextpnr: system, or npm for newer ones (default: the system's, npm's where they are missing)")
	f.DurationVar(&o.Timeout, "timeout", o.Timeout, "how long a tool may take before it is stopped")
	f.StringVarP(&out, "output", "o", "", "folder for the report, the drawing and the log of the tools")
	targetSettingsFlag(c, &set)
	weightsFlag(c, &weights)
	passFlags(c, &cfg)
	return c
}

func toolsNamed(name string) (synth.Tools, error) {
	if t := synth.Tools(name); slices.Contains([]synth.Tools{synth.Default, synth.System, synth.NPM}, t) {
		return t, nil
	}
	return "", misuse("--tools %s is none of system and npm", name).Helpf("system: those on the PATH; npm: those of YoWASP, which npm fetches")
}

// printSynthesis prints tables for people.
func printSynthesis(w io.Writer, s *compiler.Synthesis) error {
	fmt.Fprintln(w, synthTitle(s))
	fmt.Fprintln(w)
	head, rows := sizes(s)
	if err := table(w, head, rows); err != nil {
		return err
	}
	fmt.Fprintln(w)
	width := 0
	for _, r := range measures(s) {
		width = max(width, len(r[0]))
	}
	for _, r := range measures(s) {
		fmt.Fprintf(w, "%-*s  %s\n", width, r[0], r[1])
	}
	return nil
}

func synthTitle(s *compiler.Synthesis) string {
	return fmt.Sprintf("%s on %s: %s", s.Model, s.Part, strings.Join(slices.Concat([]string{s.Title}, s.Tools, s.Settings), ", "))
}

// sizes are the rows of the table of what is taken.
func sizes(s *compiler.Synthesis) (head []string, rows [][]string) {
	head = []string{"", "model", "harness", "part has"}
	for _, r := range []struct {
		name string
		of   func(synth.Size) int
	}{
		{"LUTs", func(s synth.Size) int { return s.LUTs }}, {"flip-flops", func(s synth.Size) int { return s.FlipFlops }},
		{"carries", func(s synth.Size) int { return s.Carries }}, {"block RAMs", func(s synth.Size) int { return s.Blocks }},
		{"large RAMs", func(s synth.Size) int { return s.Large }}, {"multipliers", func(s synth.Size) int { return s.Multipliers }},
	} {
		row := []string{r.name, diag.Grouped(r.of(s.Size)), "-", "-"}
		if s.Harness != nil {
			row[2] = diag.Grouped(r.of(*s.Harness))
		}
		if n := r.of(s.Has); n > 0 {
			row[3] = diag.Grouped(n)
		}
		if r.of(s.Size)+r.of(s.Has) > 0 {
			rows = append(rows, row)
		}
	}
	return head, rows
}

// measures are lines of a name and a text.
func measures(s *compiler.Synthesis) [][2]string {
	var rows [][2]string
	say := func(name, format string, args ...any) {
		rows = append(rows, [2]string{name, fmt.Sprintf(format, args...)})
	}
	if s.Worst == 0 {
		say("clock", "not known: nothing here places on this part")
	} else {
		say("logic cells", "%s placed, with the harness: a cell is a LUT, its carry and its flip-flop, or some of them", diag.Grouped(s.LogicCells))
		var seeds []string
		var slowest *synth.Path
		for _, seed := range s.Seeds {
			if seed.Problem != "" {
				seeds = append(seeds, fmt.Sprintf("none of seed %d (%s)", seed.Seed, seed.Problem))
				continue
			}
			seeds = append(seeds, fmt.Sprintf("%.1f", seed.MHz))
			if seed.MHz == s.Worst {
				slowest = seed.Path
			}
		}
		say("clock", "worst %.1f MHz, median %.1f, of %s", s.Worst, s.Median, strings.Join(seeds, ", "))
		if slowest != nil {
			say("slowest path", "%s to %s: %.1f ns through %d cells, %.1f of it on wires", slowest.From, slowest.To, slowest.Logic+slowest.Routing,
				slowest.Levels, slowest.Routing)
		}
		if !s.ClockMet() {
			say("TOO SLOW", "the worst seed reaches %.1f MHz of %g", s.Worst, s.Clock)
		}
	}
	counted := "as the testbench counted"
	if s.Counted == 0 {
		counted = "not counted: no iverilog"
	}
	if s.Cycles > 0 {
		at := ""
		if s.Micros > 0 {
			at = fmt.Sprintf("; %s us at %s MHz, %s a second", threeDigits(s.Micros), threeDigits(s.Clock), diag.GroupedCount(int(s.StepsPerSecond()), "step"))
		}
		say("step", "%s, %s%s", diag.GroupedCount(s.Cycles, "cycle"), counted, at)
	}
	if !s.RateMet() {
		say("TOO SLOW", "%s a second of %g", diag.GroupedCount(int(s.StepsPerSecond()), "step"), s.Rate)
	}
	if s.OutputCycles > 0 {
		at := ""
		if s.OutputMicro > 0 {
			at = fmt.Sprintf("; %s us", threeDigits(s.OutputMicro))
		}
		say("with outputs", "%s%s", diag.GroupedCount(s.OutputCycles, "cycle"), at)
	}
	if s.Energy != nil {
		say("energy", "%s to %s microjoules a step: %s", threeDigits(s.Energy[0]), threeDigits(s.Energy[1]), s.EnergyNote)
	} else if s.EnergyNote != "" {
		say("energy", "%s", s.EnergyNote)
	}
	return rows
}

func threeDigits(v float64) string {
	if v >= 100 {
		return diag.Grouped(int(v + 0.5))
	}
	return fmt.Sprintf("%.3g", v)
}

// writeSynthesis writes the files of -o.
func writeSynthesis(into *fileio.Folder, s *compiler.Synthesis) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	f := synthFiles
	files := []fileio.Content{{Name: f.report, Data: synthReport(s)}, {Name: f.data, Data: append(data, '\n')}, {Name: f.log, Data: s.Log}}
	if s.FloorPlan != nil {
		files = append(files, fileio.Content{Name: f.plan, Data: s.FloorPlan}, fileio.Content{Name: f.harness, Data: s.HarnessVerilog})
	} else if err := into.Remove(f.plan, f.harness); err != nil { // of another part
		return err
	}
	if s.Waveform != nil {
		files = append(files, fileio.Content{Name: f.wave, Data: s.Waveform})
	} else if err := into.Remove(f.wave); err != nil {
		return err
	}
	return into.Write(files...)
}

// synthReport is the report in Markdown.
func synthReport(s *compiler.Synthesis) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s on %s\n\n%s\n\n", s.Model, s.Part, synthTitle(s))
	head, rows := sizes(s)
	fmt.Fprintf(&b, "| %s |\n| --- | ---: | ---: | ---: |\n", strings.Join(head, " | "))
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(r, " | "))
	}
	b.WriteString("\n| | |\n| --- | --- |\n")
	for _, r := range measures(s) {
		fmt.Fprintf(&b, "| %s | %s |\n", r[0], r[1])
	}
	if s.FloorPlan != nil {
		fmt.Fprintf(&b, "\nThe slowest placement; `%s` has its harness, `%s` what the tools said:\n\n![floor plan](%s)\n", synthFiles.harness, synthFiles.log, synthFiles.plan)
	}
	if s.Waveform != nil {
		fmt.Fprintf(&b, "\nOne step, cycle by cycle, as the design takes it:\n\n![waveform](%s)\n", synthFiles.wave)
	}
	return b.Bytes()
}

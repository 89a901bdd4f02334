package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/datapath/explore"
	"github.com/hrnnc/hrnnc/backends/synth"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer/report"
)

// logicFlags are those of commands that choose an architecture for an FPGA.
type logicFlags struct{ part, clock, rate string }

func (l *logicFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&l.part, "part", "", "the FPGA that Verilog is for, as hrnnc chips lists them (default: part of the model's target verilog, or up5k)")
	f.StringVar(&l.clock, "clock", "", "of the FPGA, as 24MHz (default: clock of the model's target verilog, or 12MHz)")
	f.StringVar(&l.rate, "steps-per-second", "", "the rate that Verilog has to keep up with; the smallest design that does is made")
}

// forLogic gives target verilog what the flags say.
func (l *logicFlags) settings(set []string) []string {
	for key, value := range map[string]string{"part": l.part, "clock": l.clock, "steps_per_second": l.rate} {
		if value != "" {
			set = append(set, "verilog."+key+"="+value)
		}
	}
	return set
}

func (a *app) exploreCmd() *cobra.Command {
	var weights, out string
	var set []string
	var logic logicFlags
	var all, measure bool
	o := compiler.SynthOptions{Options: synth.Options{Seeds: 1, Timeout: 15 * time.Minute}, Keep: true}
	var cfg passes.Config
	c := &cobra.Command{
		Use:   "explore model.hrn",
		Short: "Show the architectures of a model on an FPGA: area against rate",
		Long: `Show the architectures of a model on an FPGA: area against rate. Every architecture is built, and its look-up tables, block RAM
and cycles are counted on its design, without synthesis; those that no other beats in both are the front. Tables are counted as yosys
makes them for an iCE40; on parts with other logic they are a guide.

With -o, a plot goes to an SVG file: points of the front have their names, the chosen one a ring, those that do not fit are grey.
With --synth, yosys and nextpnr measure those of the table; what they made is kept for the next time.`,
		Example: `  hrnnc explore model.hrn --part up5k
  hrnnc explore model.hrn --part hx8k --clock 48MHz --steps-per-second 16000   # which of them keeps up
  hrnnc explore model.hrn --part up5k -o front.svg
  hrnnc explore model.hrn --part up5k --synth    # LUTs and clock as the tools have them
  hrnnc explore model.hrn --all --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out != "" {
				if filepath.Ext(out) != ".svg" {
					return misuse("-o %s: the plot is an SVG file", diag.Short(out)).Helpf("write  -o front.svg")
				}
				if err := fileio.MayWrite(out); err != nil {
					return err
				}
			}
			bar := a.progress()
			defer bar.clear()
			l, err := a.lower(args[0], weights, logic.settings(set), cfg, bar.say)
			if err != nil {
				return err
			}
			bar.say("counting architectures")
			counting, measuring := bar.plan("counting", 1), bar.plan("measuring", 0)
			if measure {
				measuring.Resize(20)
			}
			s, err := l.Explore(counting.at)
			if err != nil {
				return err
			}
			e := explored{Survey: s, lowered: l}
			e.shown = s.Shown(l.Plan)
			if all {
				e.shown = s.All
			}
			if all || out != "" {
				bar.say("counting cycles of what does not fit")
				for i := range s.All {
					s.All[i].Measure(l.Plan)
				}
			}
			if measure {
				if err := e.measure(cmd.Context(), o, measuring); err != nil {
					return err
				}
			}
			if out != "" {
				if err := fileio.WriteFile(out, e.plot()); err != nil {
					return err
				}
			}
			bar.clear()
			a.warn(l.Warnings)
			if a.json {
				if err := a.printJSON(e.data()); err != nil {
					return err
				}
			} else if err := e.print(a.out, all); err != nil {
				return err
			}
			if s.Rate > 0 && s.Unmet != nil {
				return s.Unmet
			}
			return nil
		},
	}
	logic.add(c)
	c.Flags().BoolVar(&all, "all", false, "those too that another beats, or that do not fit")
	c.Flags().BoolVar(&measure, "synth", false, "measure those of the table with yosys and nextpnr")
	c.Flags().StringVarP(&out, "output", "o", "", "SVG file for a plot of area against rate")
	targetSettingsFlag(c, &set)
	weightsFlag(c, &weights)
	passFlags(c, &cfg)
	return c
}

// explored is what explore shows.
type explored struct {
	*explore.Survey
	lowered  *compiler.Lowered
	shown    []explore.Candidate
	measured []*compiler.Synthesis // of those shown, nil for one that has no room; empty where nothing was measured
}

// measure has the tools make those that are shown.
func (e *explored) measure(ctx context.Context, o compiler.SynthOptions, bar *stage) error {
	total := 0
	for _, c := range e.shown {
		total += c.Tables
	}
	bar.Resize(float64(total)) // tools take longer for larger designs
	done := 0
	for _, c := range e.shown {
		o.Multipliers = c.Arch.Multipliers
		o.Watch = func(what string, part float64) {
			bar.Set(float64(done) + part*float64(c.Tables))
			bar.Say(fmt.Sprintf("%s: %s", c.Arch, what))
		}
		made, err := e.lowered.As(c.Arch).Synth(ctx, e.Part, o)
		if unfit := (diag.List)(nil); errors.As(err, &unfit) && len(unfit) == 1 && unfit[0].Code == "fit" {
			made, err = nil, nil
		}
		if err != nil {
			return err
		}
		e.measured = append(e.measured, made)
		done += c.Tables
		bar.Set(float64(done))
	}
	return nil
}

// rate is the steps a second that a candidate takes.
func (e *explored) rate(c *explore.Candidate) float64 {
	return e.Clock * 1e6 / float64(c.Cycles(e.lowered.Plan))
}

// short names an architecture in a plot.
func short(c *explore.Candidate) string {
	if c.Kind == datapath.Parallel {
		return string(c.Kind)
	}
	return fmt.Sprintf("%s %d", c.Kind, c.Lanes)
}

// plot draws area against rate.
func (e *explored) plot() []byte {
	front := explore.Front(e.lowered.Plan, e.All)
	f := report.Front{About: fmt.Sprintf("%s on %s at %g MHz", e.lowered.Name(), e.Part.Title, e.Clock), X: "steps a second", Y: "look-up tables",
		Limit: float64(e.Part.Logic.LUTs), LimitName: "all of the part"}
	for i := range e.All {
		c := &e.All[i]
		p := report.FrontPoint{X: e.rate(c), Y: float64(c.Tables), Out: c.Why != "", Chosen: e.IsChosen(*c)}
		p.Front = slices.ContainsFunc(front, func(o explore.Candidate) bool { return o.Arch == c.Arch })
		if p.Front || p.Chosen {
			p.Label = short(c)
		}
		f.Points = append(f.Points, p)
	}
	slices.SortStableFunc(f.Points, func(a, b report.FrontPoint) int { return cmp.Compare(len(a.Label), len(b.Label)) }) // names lie on top
	return f.SVG()
}

// shownCandidate is one of explore's --json.
type shownCandidate struct {
	explore.Candidate
	Rate      float64             `json:"steps_per_second"`
	Synthesis *compiler.Synthesis `json:"synthesis,omitempty"`
}

func (e *explored) data() any {
	var rows []shownCandidate
	for i := range e.shown {
		row := shownCandidate{Candidate: e.shown[i], Rate: math.Floor(e.rate(&e.shown[i]))}
		if len(e.measured) > 0 {
			row.Synthesis = e.measured[i]
		}
		rows = append(rows, row)
	}
	return struct {
		Part       string             `json:"part"`
		Clock      float64            `json:"clock_mhz"`
		Rate       float64            `json:"steps_per_second,omitempty"`
		Candidates []shownCandidate   `json:"candidates"`
		Picked     *explore.Candidate `json:"picked,omitempty"`
	}{e.Part.Name, e.Clock, e.Rate, rows, e.Chosen}
}

func (e *explored) print(w io.Writer, all bool) error {
	fmt.Fprintf(w, "%s on %s at %g MHz: %s, %s\n\n", e.lowered.Name(), e.Part.Name, e.Clock, diag.GroupedCount(len(e.All), "architecture"),
		map[bool]string{true: "all of them", false: "those that no other beats"}[all])
	head := []string{"architecture", "lanes", "update", "product", "readout", "LUTs", "flip-flops", "block RAM", "cycles", "with outputs", "steps/s"}
	if len(e.measured) > 0 {
		head = append(head, "LUTs made", "off by", "MHz")
	}
	var rows [][]string
	for i := range e.shown {
		c := &e.shown[i]
		mark := c.Why
		if e.IsChosen(*c) {
			mark = strings.TrimSpace(mark + " <- chosen")
		}
		row := []string{string(c.Kind), strconv.Itoa(c.Lanes), strconv.Itoa(c.Update), strconv.Itoa(c.Product), strconv.Itoa(c.Readout),
			diag.Grouped(c.Tables), diag.Grouped(c.FlipFlops), strconv.Itoa(c.Blocks), diag.Grouped(c.Cycles(e.lowered.Plan)), diag.Grouped(c.OutputCycles),
			diag.Grouped(int(e.rate(c)))}
		if len(e.measured) > 0 {
			row = append(row, madeColumns(c, e.measured[i])...)
		}
		rows = append(rows, append(row, mark))
	}
	return table(w, append(head, ""), rows)
}

// madeColumns are the tables that synthesis makes, how far the count is off, and the clock.
func madeColumns(c *explore.Candidate, made *compiler.Synthesis) []string {
	if made == nil {
		return []string{"no room", "", ""}
	}
	clock := "-"
	if made.Worst > 0 {
		clock = fmt.Sprintf("%.1f", made.Worst)
	}
	return []string{diag.Grouped(made.Size.LUTs), fmt.Sprintf("%+.1f %%", 100*(float64(c.Tables)/float64(made.Size.LUTs)-1)), clock}
}

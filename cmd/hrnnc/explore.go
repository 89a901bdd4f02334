package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/backends/lower/datapath/explore"
	"github.com/hrnnc/hrnnc/passes"
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
	var weights string
	var set []string
	var logic logicFlags
	var all bool
	var cfg passes.Config
	c := &cobra.Command{
		Use:   "explore model.hrn",
		Short: "Show the architectures of a model on an FPGA: area against rate",
		Long: `Show the architectures of a model on an FPGA: area against rate. Every architecture is built, and its look-up tables, block RAM
and cycles are counted on its design, without synthesis; those that no other beats in both are the front.`,
		Example: `  hrnnc explore model.hrn --part up5k
  hrnnc explore model.hrn --part hx8k --clock 48MHz --steps-per-second 16000   # which of them keeps up
  hrnnc explore model.hrn --all --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			bar := a.progress()
			defer bar.clear()
			l, err := a.lower(args[0], weights, logic.settings(set), cfg, bar.say)
			if err != nil {
				return err
			}
			goal, candidates, err := l.Explore(bar.plan("counting", 1).at)
			bar.clear()
			if err != nil {
				return err
			}
			a.warn(l.Warnings)
			shown := candidates
			if !all {
				shown = explore.Front(l.Plan, candidates)
			}
			picked, pickErr := explore.Pick(l.Plan, goal, candidates)
			if a.json {
				return a.printJSON(struct {
					Part       string              `json:"part"`
					Clock      float64             `json:"clock_mhz"`
					Rate       float64             `json:"steps_per_second,omitempty"`
					Candidates []explore.Candidate `json:"candidates"`
					Picked     *explore.Candidate  `json:"picked,omitempty"`
				}{goal.Part.Name, goal.Clock, goal.Rate, shown, picked})
			}
			fmt.Fprintf(a.out, "%s on %s at %g MHz: %d architectures, %s\n\n", l.Name(), goal.Part.Name, goal.Clock, len(candidates),
				map[bool]string{true: "all of them", false: "those that no other beats"}[all])
			var rows [][]string
			for _, c := range shown {
				cycles := c.Cycles(l.Plan)
				mark := c.Why
				if picked != nil && c.Arch == picked.Arch {
					mark = strings.TrimSpace(mark + " <- chosen")
				}
				rows = append(rows, []string{string(c.Kind), strconv.Itoa(c.Lanes), strconv.Itoa(c.Update), strconv.Itoa(c.Product), strconv.Itoa(c.Readout),
					thousands(c.Tables), thousands(c.FlipFlops), strconv.Itoa(c.Blocks), thousands(cycles), thousands(c.OutputCycles),
					thousands(int(goal.Clock * 1e6 / float64(cycles))), mark})
			}
			if err := table(a.out, []string{"architecture", "lanes", "update", "product", "readout", "LUTs", "flip-flops", "block RAM", "cycles", "with outputs", "steps/s", ""}, rows); err != nil {
				return err
			}
			if goal.Rate > 0 && pickErr != nil {
				return pickErr
			}
			return nil
		},
	}
	logic.add(c)
	c.Flags().BoolVar(&all, "all", false, "those too that another beats, or that do not fit")
	targetSettingsFlag(c, &set)
	weightsFlag(c, &weights)
	passFlags(c, &cfg)
	return c
}

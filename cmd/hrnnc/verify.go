package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/passes"
)

func (a *app) verifyCmd() *cobra.Command {
	var o compiler.VerifyOptions
	var weights string
	var set, mcus []string
	var cfg passes.Config
	c := &cobra.Command{
		Use:   "verify model.hrn",
		Short: "Hold generated Go, C and Verilog against the reference, bit by bit",
		Long: `Run the generated code of every target, built by every compiler and simulator found here, on edge cases (all smallest,
all largest, alternating, long runs) and random sequences, and count the bits in which it differs from the fixed-level
interpreter. Each transform is pushed through with its unit vectors, which proves it: between roundings it is linear.

A level whose tools are missing is skipped, and said to be. Exit code 1: some bit differs, or a level that --level names
could not run. --mcu runs the C on the emulators of chips, alone or with the levels of --level.`,
		Example: `  hrnnc verify model.hrn
  hrnnc verify model.hrn --level c --level go --sequences 200
  hrnnc verify model.hrn --mcu atmega328p,cortex-m4
  hrnnc verify model.hrn --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range mcus {
				p, err := chip.Get(name)
				if err != nil {
					return err
				}
				if p.Kind == chip.FPGA {
					return diag.InFile("", "").Errorf("mcu", "%s is an FPGA", p.Name).Helpf("--level verilog compares what it computes")
				}
				if p.Emulator.Program == "" {
					return diag.InFile("", "").Errorf("mcu", "%s is compiled only: nothing here runs its programs", p.Name).
						Helpf("hrnnc bench %s --mcu %s says how large they are; hrnnc chips says what runs on what", args[0], p.Name)
				}
				o.Chips = append(o.Chips, p)
			}
			for _, level := range o.Levels {
				if level == "real" || level == "plan" {
					continue
				}
				if _, _, err := compiler.FindEngine(level); err != nil {
					return err
				}
			}
			bar := a.progress()
			defer bar.clear()
			l, err := a.lower(args[0], weights, set, cfg, bar.say)
			if err != nil {
				return err
			}
			levels := bar.plan("verifying", 1)
			o.Watch = func(level string, done float64) {
				levels.Set(done)
				bar.say("verifying " + level)
			}
			rows, err := l.Verify(cmd.Context(), o)
			bar.clear()
			if err != nil {
				return err
			}
			a.warn(l.Warnings)
			return a.printVerify(rows)
		},
	}
	f := c.Flags()
	f.IntVar(&o.Sequences, "sequences", 24, "short sequences a level")
	f.Int64Var(&o.Seed, "seed", 0, "seed of the random ones")
	f.StringSliceVar(&o.Levels, "level", nil, "only these: real, plan, go, c, verilog, or TARGET/ENGINE (default: all)")
	f.StringSliceVar(&mcus, "mcu", nil, "these chips, as hrnnc chips lists them")
	targetSettingsFlag(c, &set)
	weightsFlag(c, &weights)
	passFlags(c, &cfg)
	return c
}

func (a *app) printVerify(rows []compiler.Verification) error {
	equal, passed := true, true
	for _, r := range rows {
		equal, passed = equal && r.Equal(), passed && r.Passed()
	}
	if a.json {
		if err := a.printJSON(struct {
			Equal  bool                    `json:"equal"`
			Passed bool                    `json:"passed"`
			Levels []compiler.Verification `json:"levels"`
		}{equal, passed, rows}); err != nil {
			return err
		}
	} else if err := a.verifyTable(rows, equal, passed); err != nil {
		return err
	}
	if !passed {
		return errFailed
	}
	return nil
}

func (a *app) verifyTable(rows []compiler.Verification, equal, passed bool) error {
	var lines [][]string
	for _, r := range rows {
		line := []string{r.Level, thousands(r.Sequences), thousands(r.Steps), thousands(r.Differing), fmt.Sprintf("%.2f s", r.Seconds), r.Proof}
		switch {
		case r.Skipped != "":
			line = []string{r.Level, "-", "-", "-", "-", "skipped: " + r.Skipped}
		case r.Level == "real":
			line[3], line[5] = "-", fmt.Sprintf("within %.2g of the largest logit", r.Error)
		}
		lines = append(lines, line)
	}
	if err := table(a.out, []string{"level", "vectors", "steps", "differing bits", "time", "transform"}, lines); err != nil {
		return err
	}
	for _, r := range rows {
		if r.First != "" {
			fmt.Fprintf(a.out, "\n%s: %s\n", r.Level, r.First)
		}
	}
	switch {
	case !equal:
		fmt.Fprintln(a.out, "\nNOT EQUAL: please report it, with the model")
	case !passed:
		fmt.Fprintln(a.out, "\nNOT RUN: a level or chip that was named could not be compared")
	}
	return nil
}

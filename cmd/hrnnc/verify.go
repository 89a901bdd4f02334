package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/verilog/sim"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/passes"
)

func (a *app) verifyCmd() *cobra.Command {
	var o compiler.VerifyOptions
	var weights string
	var set, mcus, parts []string
	var formal, cover bool
	var seconds int
	var cfg passes.Config
	c := &cobra.Command{
		Use:   "verify model.hrn",
		Short: "Hold generated Go, C and Verilog against the reference, bit by bit",
		Long: `Run the generated code of every target, built by every compiler and simulator found here, on edge cases (all smallest,
all largest, alternating, long runs) and random sequences, and count the bits in which it differs from the fixed-level
interpreter. Each transform is pushed through with its unit vectors, which proves it: between roundings it is linear.

A level whose tools are missing is skipped, and said to be. Exit code 1: some bit differs, or a level that --level names
could not run; 4: the time of a proof was up before it was decided. --mcu runs the C on the emulators of chips, alone or with the levels of --level.

Of the Verilog, --netlist runs what yosys makes for an FPGA, cell by cell, and --formal proves properties for every input and
all pauses: the stream, reset, and for small models that outputs are those of the definition. --coverage says what the testbench reaches. docs/verification.md says more.`,
		Example: `  hrnnc verify model.hrn
  hrnnc verify model.hrn --level c --level go --sequences 200
  hrnnc verify model.hrn --mcu atmega328p,cortex-m4
  hrnnc verify model.hrn --netlist up5k,ecp5,xc7
  hrnnc verify model.hrn --formal
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
			for _, name := range parts {
				p, err := chip.GetFPGA(name)
				if err != nil {
					return err
				}
				o.FPGAs = append(o.FPGAs, p)
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
			var rows []compiler.Verification
			if !formal && !cover || o.Named() {
				if rows, err = l.Verify(cmd.Context(), o); err != nil {
					return err
				}
			}
			var proofs []sim.Proven
			if formal {
				if proofs, err = l.Prove(cmd.Context(), seconds, o.Watch); err != nil {
					return err
				}
			}
			var covered *sim.Coverage
			if cover {
				bar.say("counting coverage")
				if covered, err = l.Cover(cmd.Context()); err != nil {
					return err
				}
			}
			bar.clear()
			a.warn(l.Warnings)
			return a.printVerify(rows, proofs, covered)
		},
	}
	f := c.Flags()
	f.IntVar(&o.Sequences, "sequences", 24, "short sequences a level")
	f.Int64Var(&o.Seed, "seed", 0, "seed of the random ones")
	f.StringSliceVar(&o.Levels, "level", nil, "only these: real, plan, go, c, verilog, or TARGET/ENGINE (default: all)")
	f.StringSliceVar(&mcus, "mcu", nil, "these chips, as hrnnc chips lists them")
	f.StringSliceVar(&parts, "netlist", nil, "the Verilog after synthesis for these FPGAs")
	f.BoolVar(&formal, "formal", false, "prove properties of the Verilog, for every input")
	f.BoolVar(&cover, "coverage", false, "count the lines and bits of the Verilog that its testbench reaches")
	f.IntVar(&seconds, "seconds", 120, "for each proof, at most about so many")
	targetSettingsFlag(c, &set)
	weightsFlag(c, &weights)
	passFlags(c, &cfg)
	return c
}

func (a *app) printVerify(rows []compiler.Verification, proofs []sim.Proven, covered *sim.Coverage) error {
	equal, passed, decided := true, true, true
	for _, r := range rows {
		equal, passed = equal && r.Equal(), passed && r.Passed()
	}
	for _, p := range proofs {
		equal, passed = equal && p.Failed == "", passed && p.Enough()
		decided = decided && (p.Failed != "" || p.Enough())
	}
	if a.json {
		if err := a.printJSON(struct {
			Equal  bool                    `json:"equal"`
			Passed bool                    `json:"passed"`
			Levels []compiler.Verification `json:"levels,omitempty"`
			Proofs []provenRow             `json:"proofs,omitempty"`
			Cover  *coverageRow            `json:"coverage,omitempty"`
		}{equal, passed, rows, provenRows(proofs), coverageOf(covered)}); err != nil {
			return err
		}
	} else if err := a.verifyTables(rows, proofs, covered, equal, passed, decided); err != nil {
		return err
	}
	others := !slices.ContainsFunc(rows, func(r compiler.Verification) bool { return !r.Passed() })
	switch {
	case passed:
		return nil
	case equal && others && !decided:
		return errUndecided
	}
	return errFailed
}

func (a *app) verifyTables(rows []compiler.Verification, proofs []sim.Proven, covered *sim.Coverage, equal, passed, decided bool) error {
	if len(rows) > 0 {
		if err := a.levelTable(rows); err != nil {
			return err
		}
	}
	if len(proofs) > 0 {
		if len(rows) > 0 {
			fmt.Fprintln(a.out)
		}
		if err := a.proofTable(proofs); err != nil {
			return err
		}
	}
	if covered != nil {
		if len(rows)+len(proofs) > 0 {
			fmt.Fprintln(a.out)
		}
		if err := a.printCoverage(covered); err != nil {
			return err
		}
	}
	switch {
	case !equal:
		fmt.Fprintln(a.out, "\nNOT EQUAL: please report it, with the model")
	case !decided:
		fmt.Fprintln(a.out, "\nNOT DECIDED: the time was up before a whole step was searched; --seconds gives a proof more")
	case !passed:
		fmt.Fprintln(a.out, "\nNOT RUN: a level or chip that was named could not be compared")
	}
	return nil
}

func (a *app) levelTable(rows []compiler.Verification) error {
	var lines [][]string
	for _, r := range rows {
		line := []string{r.Level, diag.Grouped(r.Sequences), diag.Grouped(r.Steps), diag.Grouped(r.Differing), fmt.Sprintf("%.2f s", r.Seconds), r.Proof}
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
	return nil
}

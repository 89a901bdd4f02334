package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/passes"
)

func (a *app) reportCmd() *cobra.Command {
	var weights string
	var set []string
	var mcu string
	var logic logicFlags
	var explain bool
	var cfg passes.Config
	c := &cobra.Command{
		Use:   "report model.hrn",
		Short: "Print a model's numbers and what each pass did, without writing anything",
		Example: `  hrnnc report model.hrn
  hrnnc report model.hrn --mcu cortex-m4 --explain   # the schedule for a chip
  hrnnc report model.hrn --part up5k --steps-per-second 10000 --explain   # the architecture for an FPGA
  hrnnc report model.hrn --json | jq .cost`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			bar := a.progress()
			defer bar.clear()
			l, err := a.lower(args[0], weights, logic.settings(forChip(set, mcu)), cfg, bar.say)
			if err != nil {
				return err
			}
			l.Watch = bar.plan("generating", 1).at
			bar.say("generating")
			o, err := l.Compile(cmd.Context(), compiler.Targets)
			if err == nil && explain {
				err = a.explain(l, compiler.Targets, &o.Report)
			}
			bar.clear()
			if err != nil {
				return err
			}
			a.warn(l.Warnings)
			if a.json {
				return a.printJSON(o.Report)
			}
			a.printReport(o.Report)
			return nil
		},
	}
	chipFlags(c, &mcu, &explain)
	logic.add(c)
	targetSettingsFlag(c, &set)
	weightsFlag(c, &weights)
	passFlags(c, &cfg)
	return c
}

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.printVersion() },
	}
}

func (a *app) printVersion() error {
	if a.json {
		return a.printJSON(struct {
			Version string `json:"hrnnc"`
			Commit  string `json:"commit,omitempty"`
		}{compiler.Version, compiler.Commit()})
	}
	line := "hrnnc " + compiler.Version
	if c := compiler.Commit(); c != "" {
		line += " (commit " + c + ")"
	}
	_, err := fmt.Fprintln(a.out, line)
	return err
}

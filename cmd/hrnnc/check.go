package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data"
)

func (a *app) checkCmd() *cobra.Command {
	var weights string
	var only bool
	c := &cobra.Command{
		Use:   "check model.hrn...",
		Short: "Find every error in models and their weights, without compiling",
		Example: `  hrnnc check model.hrn
  hrnnc check --no-weights examples/*/model.hrn   # before training`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var all diag.List
			for _, file := range args {
				all = append(all, checkOne(file, weights, only)...)
			}
			if len(all) > 0 || a.json {
				a.diagnostics(all)
			}
			if all.HasErrors() {
				return errFailed
			}
			if !a.json {
				fmt.Fprintf(a.out, "%s: no errors\n", countFiles(len(args)))
			}
			return nil
		},
	}
	weightsFlag(c, &weights)
	c.Flags().BoolVar(&only, "no-weights", false, "the language only")
	return c
}

func countFiles(n int) string {
	if n == 1 {
		return "1 model"
	}
	return fmt.Sprintf("%d models", n)
}

func checkOne(file, weights string, only bool) diag.List {
	if only {
		m, _, errs := compiler.Check(file)
		return append(errs, onWindows(m)...)
	}
	m, err := compiler.Load(file, weights)
	if err == nil {
		return append(m.Warnings, onWindows(m.Checked)...)
	}
	return compiler.Diagnostics(err)
}

// onWindows warns of a model that is trained on windows and forgets nothing; of IR, nil, nothing is known.
func onWindows(m *dsl.Model) (out diag.List) {
	if m == nil {
		return nil
	}
	known := data.Find(m.Train["data"])
	windows := m.Train["window"] != "" || known != nil && known.OfWindows() && m.Train["stream"] != "yes"
	if d := m.KeepsAll(); d != nil && windows {
		out.Add(d)
	}
	return out
}

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/editing"
)

func (a *app) checkCmd() *cobra.Command {
	var weights string
	var only bool
	c := &cobra.Command{
		Use:   "check model.hrn...",
		Short: "Find every error in models, their blocks and their weights, without compiling",
		Example: `  hrnnc check model.hrn
  hrnnc check --no-weights examples/*/model.hrn   # before training`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var all diag.List
			var costs []string
			for _, file := range args {
				m, found := checkOne(file, weights, only)
				all = append(all, found...)
				if m != nil && m.Hop > 0 {
					costs = append(costs, m.Name+": "+restartCost(m))
				}
			}
			if len(all) > 0 || a.json {
				a.diagnostics(all)
			}
			if all.HasErrors() {
				return errFailed
			}
			if !a.json {
				fmt.Fprintf(a.out, "%s: no errors\n", countFiles(len(args)))
				for _, line := range costs {
					fmt.Fprintln(a.out, line)
				}
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

// checkOne gives the checked model, nil of IR and where there is none.
func checkOne(file, weights string, only bool) (*dsl.Model, diag.List) {
	if only {
		m, _, errs := compiler.Check(file)
		if !errs.HasErrors() {
			errs = append(errs, blocks(m)...)
		}
		return m, errs
	}
	m, err := compiler.Load(file, weights)
	if err == nil {
		return m.Checked, append(m.Warnings, blocks(m.Checked)...)
	}
	return nil, compiler.Diagnostics(err)
}

// restartCost says what the copies of a model that restarts take.
func restartCost(m *dsl.Model) string {
	copies, bits := m.Steps/m.Hop, 0
	for _, l := range m.Layers {
		bits += l.State.Size * l.State.Bits
	}
	if copies == 1 {
		return fmt.Sprintf("restart %d hop %d is one copy of the states, whose answers are of 1 to %s", m.Steps, m.Hop, diag.GroupedCount(m.Steps, "step"))
	}
	return fmt.Sprintf("restart %d hop %d keeps %d copies of the states: %s instead of %s, and a step takes %s as long; answers are of %d to %s",
		m.Steps, m.Hop, copies, diag.GroupedCount((copies*bits+7)/8, "byte"), diag.Grouped((bits+7)/8), diag.GroupedCount(copies, "time"), m.Steps-m.Hop+1, diag.GroupedCount(m.Steps, "step"))
}

// blocks finds what is wrong or odd in the blocks of a model; IR, nil, has none.
func blocks(m *dsl.Model) diag.List {
	if m == nil {
		return nil
	}
	return editing.Check(m)
}

package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/weights"
)

func (a *app) calibrateCmd() *cobra.Command {
	var input, weightsPath string
	c := &cobra.Command{
		Use:   "calibrate model.hrn --input X.npy",
		Short: "Measure how large the states get, and store it with the weights",
		Long: `Run the model at the real level on sequences that look like those in use, and store the largest |h| of every state in
the metadata of its safetensors file. Compiling takes the unit of a state's integers from it.`,
		Example: `  hrnnc calibrate model.hrn --input X.npy
  hrnnc calibrate model.hrn --input train.npz:x --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if input == "" {
				return usageError{fmt.Errorf("--input X.npy is missing")}
			}
			m, err := compiler.Load(args[0], weightsPath)
			if err != nil {
				return err
			}
			x, _, err := arraySequences(m, input, false)
			if err != nil {
				return err
			}
			f, err := weights.Open(m.Weights)
			if err != nil {
				return err
			}
			if f.Format != weights.Safetensors {
				return diag.InFile(m.Weights, "").Errorf("weights", "cannot hold ranges: it is %s", f.Format).
					Helpf("save the weights as safetensors, or write the range into the model: state h : int16[128] range 12.5")
			}
			progress, done := a.progress("calibrating")
			ranges, err := m.Calibrate(cmd.Context(), x, progress)
			done()
			if err != nil {
				return err
			}
			compiler.SetRanges(f, ranges)
			if err := weights.RewriteSafetensors(m.Weights, f); err != nil {
				return err
			}
			if a.json {
				a.printJSON(map[string]any{"weights": m.Weights, "ranges": ranges})
				return nil
			}
			a.printRanges(ranges)
			fmt.Fprintf(a.out, "stored in %s\n", m.Weights)
			return nil
		},
	}
	c.Flags().StringVar(&input, "input", "", "sequences: X.npy, or ARCHIVE.npz:NAME")
	weightsFlag(c, &weightsPath)
	return c
}

func (a *app) printRanges(ranges map[string]float64) {
	var names []string
	for n := range ranges {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		fmt.Fprintf(a.out, "largest |%s|: %.6g\n", n, ranges[n])
	}
}

package main

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/weights"
)

func (a *app) calibrateCmd() *cobra.Command {
	var input, weightsPath, output string
	c := &cobra.Command{
		Use:   "calibrate model.hrn --input X.npy",
		Short: "Measure how large the states get, and store it with the weights",
		Long: `Run the model at the real level on sequences that look like those in use, and store the largest |h| of every state in
the metadata of its safetensors file. Compiling takes the unit of a state's integers from it. Other weights files are left
as they are: -o writes a safetensors file with their tensors and the ranges.`,
		Example: `  hrnnc calibrate model.hrn --input X.npy
  hrnnc calibrate model.hrn --input train.npz:x --json
  hrnnc calibrate model.hrn --input X.npy -o model.safetensors    # the model names a .pth or .npz`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if input == "" {
				return usageError{fmt.Errorf("--input X.npy is missing")}
			}
			m, err := compiler.Load(args[0], weightsPath)
			if err != nil {
				return err
			}
			if into := cmp.Or(output, m.Weights); !fileio.IsStream(into) {
				lock, err := fileio.LockFile(into)
				if err != nil {
					return err
				}
				defer lock.Release()
			}
			x, _, err := arraySequences(m, input, false)
			if err != nil {
				return err
			}
			if err := a.mayEmitArrays([]string{output}); err != nil {
				return err
			}
			f, err := weights.Open(m.Weights)
			if err != nil {
				return err
			}
			bar := a.progress()
			bar.say("calibrating")
			ranges, err := m.Calibrate(cmd.Context(), x, bar.plan("calibrating", 1).at)
			bar.clear()
			if err != nil {
				return err
			}
			r := calibration{Weights: m.Weights, Ranges: ranges}
			compiler.SetRanges(f, ranges)
			switch {
			case output != "":
				r.Stored = output
				var data []byte
				if data, err = weights.Encode(output, f); err == nil {
					err = a.emit(output, func(w io.Writer) error { _, err := w.Write(data); return err })
				}
			case f.Format == weights.Safetensors:
				r.Stored = m.Weights
				err = weights.RewriteSafetensors(m.Weights, f)
			}
			if err != nil {
				return err
			}
			return a.printCalibration(m, r)
		},
	}
	c.Flags().StringVar(&input, "input", "", "sequences: X.npy, or ARCHIVE.npz:NAME")
	c.Flags().StringVarP(&output, "output", "o", "", "safetensors file to write, all tensors with the ranges (default: the weights file, where it is one)")
	weightsFlag(c, &weightsPath)
	return c
}

// calibration is what was measured, for scripts.
type calibration struct {
	Weights string             `json:"weights"`
	Ranges  map[string]float64 `json:"ranges"`
	Stored  string             `json:"stored,omitempty"` // the file that has the ranges now
}

func (a *app) printCalibration(m *compiler.Model, r calibration) error {
	if a.json {
		return a.printJSON(r)
	}
	a.printRanges(r.Ranges)
	switch {
	case r.Stored == "":
		base := filepath.Base(r.Weights)
		fmt.Fprintf(a.out, "not stored: %s is no safetensors file. Either\n  give -o %s, which gets its tensors and the ranges, and name that in the model;\n", r.Weights,
			strings.TrimSuffix(base, filepath.Ext(base))+".safetensors")
		fmt.Fprintln(a.out, "  or write the range into the model:")
		for _, s := range m.Real.States {
			fmt.Fprintf(a.out, "    state %s : int%d[%d] range %.6g\n", s.Name, s.Bits, s.Size, r.Ranges[s.Name])
		}
	case r.Stored != r.Weights:
		fmt.Fprintf(a.out, "stored in %s, with all tensors of %s\nnext:    write  weights \"%s\"  in %s, or give --weights %s\n", r.Stored, r.Weights, relativeTo(m.File, r.Stored), m.File, r.Stored)
	default:
		fmt.Fprintf(a.out, "stored in %s\n", r.Stored)
	}
	return nil
}

// relativeTo gives a path as a model names it.
func relativeTo(model, path string) string {
	if rel, err := filepath.Rel(filepath.Dir(model), path); err == nil && !filepath.IsAbs(path) {
		return filepath.ToSlash(rel)
	}
	return path
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

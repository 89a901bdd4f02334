package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/study"
)

func (a *app) runCmd() *cobra.Command {
	var level, input, output, answersFile, csvFile, labels string
	var raw bool
	var from study.Options
	var texts []string
	var cfg passes.Config
	c := &cobra.Command{
		Use:   "run model.hrn --input X.npy",
		Short: "Run sequences through the model at any level",
		Long: `Run sequences through the model. X is [sequences, steps, entries] integers, or [sequences, steps] for one entry or one
token a step; FILE.npz:NAME reads one array of an archive. --data reads a file as the training did, by the settings of
the train block, and needs no labels.

The level real gives float64 logits. The others give the int64 accumulators of docs/numerics.md section 3, the same
bits whichever it is; go, c and verilog really build and run the generated code. A mean is the sum over the steps. What
the model decides is printed and, with --answers, written: classes, bits of a threshold, or values in real units. --csv
writes it as a table, with the recording, the step and the time where the data says them.`,
		Example: `  hrnnc run model.hrn --input X.npy                          # reference, prints a summary
  hrnnc run model.hrn --input values.npy --raw               # values as in the training data
  hrnnc run model.hrn --data field.csv --answers D.npy       # a file like that of the training, labels or not
  hrnnc run model.hrn --data field.csv --csv -               # a decision a line: recording, step, time
  hrnnc run model.hrn --text "what a film"                   # words
  hrnnc run model.hrn --input X.npy --level c --output Y.npy --answers D.npy
  hrnnc run model.hrn --input test.npz:x --labels test.npz:y  # accuracy
  hrnnc run model.hrn --input X.npy --level c/clang-O2       # another compiler
  hrnnc run model.hrn --input X.npy -o - | python3 -c "..."  # into a pipe`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if given(input != "", from.Data != "", len(texts) > 0) != 1 {
				return usageError{fmt.Errorf("give one of --input X.npy, --data FILE and --text \"...\"")}
			}
			if level != "real" && level != "fixed" {
				if _, _, err := compiler.FindEngine(level); err != nil {
					return err
				}
			}
			if err := checkPasses(cfg); err != nil {
				return err
			}
			targetSet, _ := study.SplitSettings(from.Set)
			m, err := load(args[0], from.Weights, targetSet)
			if err != nil {
				return err
			}
			a.warn(m.Warnings)
			var x [][][]int64
			var s *study.Study // whose data set has the sequences; nil for an array
			var warnings diag.List
			if input != "" {
				x, warnings, err = arraySequences(m, input, raw)
			} else if x, s, err = study.Unlabelled(cmd.Context(), args[0], from, texts); err == nil {
				warnings = trainer.InputWarnings(s.Model, s.Set, &s.Set.Train, otherUnit)
			}
			if err != nil {
				return err
			}
			a.warn(warnings)
			if s != nil {
				s.Watch = watcher{a}
				s.TellNotes()
			}
			var want *npy.Array
			if labels != "" {
				if want, err = compiler.ReadArray(labels); err != nil {
					return err
				}
			}
			if err := a.mayEmitArrays([]string{output, answersFile}, csvFile); err != nil {
				return err
			}
			bar := a.progress()
			bar.say("running " + level)
			out, l, err := runLevel(cmd, m, level, x, cfg, bar.plan("running", 1).at)
			bar.clear()
			if err != nil {
				return err
			}
			said := newAnswers(m, out, l, s)
			for _, f := range []struct {
				path  string
				array *npy.Array
			}{{output, out.Y}, {answersFile, said.Array}} {
				if f.path == "" {
					continue
				}
				if err := a.emit(f.path, func(w io.Writer) error { return npy.Write(w, f.array) }); err != nil {
					return err
				}
			}
			var score *study.Agreement
			if want != nil {
				if score, err = study.Agree(m, out, l, said.Array, labels, want); err != nil {
					return err
				}
				said.know(score)
			}
			if err := a.writeAnswers(csvFile, said.columns, said.all); err != nil {
				return err
			}
			return a.printRun(out, said, []string{output, answersFile, csvFile}, score)
		},
	}
	f := c.Flags()
	f.StringVar(&input, "input", "", "sequences: X.npy, or ARCHIVE.npz:NAME")
	f.StringVar(&from.Data, "data", "", "recordings or texts as those of the training, without labels: a path")
	settingsFlag(c, &from.Set, aboutTraining|aboutData|aboutTargets, "with --data, a setting of the train block, as window=128; or one of a target, as verilog.butterflies=8")
	f.StringArrayVar(&texts, "text", nil, "a text, for models of words; may be given again")
	f.BoolVar(&raw, "raw", false, "the input holds values as in the data that the model was trained on, not yet integers")
	f.StringVar(&level, "level", "fixed", "real, fixed, go, c or verilog")
	f.StringVarP(&output, "output", "o", "", "where to write the outputs, Y.npy; - is standard output")
	f.StringVar(&answersFile, "answers", "", "where to write what is decided, D.npy: classes, bits of a threshold, or values in real units")
	f.StringVar(&csvFile, "csv", "", "where to write what is decided as CSV, with recording, step and time; - is standard output")
	f.StringVar(&labels, "labels", "", "right answers, to give the accuracy; of a regression the numbers, to give its error")
	weightsFlag(c, &from.Weights)
	passFlags(c, &cfg)
	return c
}

// given counts what is.
func given(flags ...bool) (n int) {
	for _, f := range flags {
		if f {
			n++
		}
	}
	return n
}

// arraySequences reads the sequences of an array: integers, or with raw values as in the training data.
func arraySequences(m *compiler.Model, path string, raw bool) (x [][][]int64, warnings diag.List, err error) {
	arr, err := compiler.ReadArray(path)
	if err != nil {
		return nil, nil, err
	}
	if raw {
		if arr, warnings, err = compiler.FromValues(path, arr, m.Loaded().Input); err != nil {
			return nil, nil, err
		}
	}
	x, err = compiler.Sequences(path, arr, m.Loaded().Input, m.Loaded().Longest())
	return x, warnings, err
}

func runLevel(cmd *cobra.Command, m *compiler.Model, level string, x [][][]int64, cfg passes.Config, progress compiler.Progress) (*compiler.Outputs, *compiler.Lowered, error) {
	if level == "real" {
		out, err := m.RunReal(cmd.Context(), x, progress)
		return out, nil, err
	}
	l, err := m.Lower(cfg)
	if err != nil {
		return nil, nil, err
	}
	out, err := l.Run(cmd.Context(), level, x, progress)
	return out, l, err
}

func (a *app) printRun(out *compiler.Outputs, said answers, files []string, score *study.Agreement) error {
	n := said.Shape[0]
	if a.json {
		return a.printJSON(struct {
			Level     string           `json:"level"`
			Sequences int              `json:"sequences"`
			Steps     int              `json:"steps"`
			Shape     []int            `json:"shape"`
			Output    string           `json:"output,omitempty"`
			Saturated int64            `json:"saturated"`
			Updates   int64            `json:"updates"`
			Classes   []string         `json:"classes,omitempty"`
			Answers   any              `json:"answers"`
			Places    []study.Answer   `json:"places,omitempty"` // where the last answer of each sequence is
			Score     *study.Agreement `json:"score,omitempty"`
		}{out.Level, n, out.T, out.Y.Shape, files[0], out.Saturated, out.Updates, said.output.Labels, said.nested(), said.places(), score})
	}
	fmt.Fprintf(a.out, "%s: %s of %s, outputs %s\n", out.Level, diag.GroupedCount(n, "sequence"), diag.GroupedCount(out.T, "step"), diag.Shape(out.Y.Shape))
	if out.Updates > 0 {
		fmt.Fprintf(a.out, "saturated: %s of %s state updates\n", diag.Grouped(int(out.Saturated)), diag.Grouped(int(out.Updates)))
	}
	if err := said.print(a); err != nil {
		return err
	}
	if score != nil {
		if err := a.printLabelled(score); err != nil {
			return err
		}
	}
	for _, f := range files {
		if f != "" {
			fmt.Fprintf(a.out, "written to %s\n", f)
		}
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/score"
	"github.com/hrnnc/hrnnc/trainer/study"
)

// evalFlags are the flags of hrnnc eval.
type evalFlags struct {
	data, weights  string
	set            []string
	splits, levels []string
	csv            string // file, or - for standard output; "" for none
	answers        bool   // with --json
	stream         streamFlags
}

func (a *app) evalCmd() *cobra.Command {
	var o evalFlags
	c := &cobra.Command{
		Use:   "eval model.hrn",
		Short: "Score weights on any part of a data set, at any level",
		Long: `Score a model on the parts of its data set. The level real is float32 as in training; fixed, go, c and verilog are the
integers that a chip computes, all the same bits (fixed takes the quickest of those that can run here). Values, classes and
words mean what they meant in training, whatever data set they are scored on.

Intervals are 95 % confidence intervals. Windows of one person or recording are not independent: an interval is over
persons, or recordings where there is one person only or none is known. A class that does not occur has a dash. --csv has
every decision or number with its recording, step and time. docs/training.md has the details.

--stream runs the model without end over whole recordings and judges its decisions as people who deploy such things do: how
soon they follow a change, how often they change for nothing, which events they find and how many they make up in an hour.
--tune proposes a decide block for the model. docs/streams.md says what is counted.`,
		Example: `  hrnnc eval model.hrn                          # the test part, real and fixed, class by class
  hrnnc eval model.hrn --split valid,test --level real
  hrnnc eval model.hrn --level fixed --csv decisions.csv   # what was decided where; - is standard output
  hrnnc eval model.hrn --data field.csv --split train --set hold=0 --set valid=0   # all of another file
  hrnnc eval model.hrn --data mnist --set limit=200 --level verilog
  hrnnc eval model.hrn --stream --background noise         # whole recordings: delay, flicker, events, false alarms an hour
  hrnnc eval model.hrn --stream --level fixed --smooth 8 --hold 16 --threshold 0.9
  hrnnc eval model.hrn --stream --background noise --tune valid --false-alarms 0.5   # prints the decide block to paste`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.eval(cmd.Context(), args[0], o) },
	}
	f := c.Flags()
	f.StringVar(&o.data, "data", "", "data set instead of the train block's")
	settingsFlag(c, &o.set, aboutTraining|aboutData|aboutTargets, "a setting of the train block, as hold=0, or of a target, as verilog.butterflies=8")
	f.StringSliceVar(&o.splits, "split", []string{"test"}, "train, valid or test")
	f.StringSliceVar(&o.levels, "level", []string{"real", "fixed"}, "real, fixed, go, c or verilog")
	f.StringVar(&o.csv, "csv", "", "where to write every decision or number as CSV; - is standard output")
	f.BoolVar(&o.answers, "decisions", false, "with --json: every decision or number too")
	weightsFlag(c, &o.weights)
	o.stream.add(c)
	return c
}

func (a *app) eval(ctx context.Context, file string, o evalFlags) error {
	for _, l := range o.levels {
		if l != "real" && l != "fixed" {
			if _, _, err := compiler.FindEngine(l); err != nil {
				return err
			}
		}
	}
	bar := a.progress()
	defer bar.clear()
	bar.say("reading data")
	for _, split := range o.splits {
		if !slices.Contains(study.Splits, split) {
			return usageError{fmt.Errorf("there is no split %q; the splits are %s", split, strings.Join(study.Splits, ", "))}
		}
	}
	if err := o.stream.check(); err != nil {
		return err
	}
	s, err := study.Trained(file, study.Options{Data: o.data, Set: o.set, Weights: o.weights, Stream: o.stream.on})
	if err != nil {
		return err
	}
	if o.stream.on {
		return a.evalStream(ctx, s, o, bar)
	}
	var parts []*data.Sequences
	var stages []*stage // a level of a part each
	for _, name := range o.splits {
		part, err := s.Part(name)
		if err != nil {
			return err
		}
		a.warn(trainer.InputWarnings(s.Model, s.Set, part, otherUnit))
		parts = append(parts, part)
		for _, level := range o.levels {
			stages = append(stages, bar.plan("scoring "+name+" at level "+level, float64(part.N)))
		}
	}
	if err := a.mayEmit(o.csv); err != nil {
		return err
	}
	var scores []study.Score
	columns := answerColumnsOf(s, parts...)
	columns.split, columns.known = true, true
	err = a.writeAnswers(o.csv, columns, func(write func(study.Answer) error) error {
		for k, split := range o.splits {
			for i, level := range o.levels {
				stage := stages[k*len(o.levels)+i]
				stage.Begin()
				s.Stage = stage
				var all []study.Answer
				score, err := s.Score(ctx, split, level, func(x study.Answer) error {
					if o.answers {
						all = append(all, x)
					}
					return write(x)
				})
				if err != nil {
					return err
				}
				score.Answers = all
				scores = append(scores, *score)
			}
		}
		return nil
	})
	bar.clear()
	switch {
	case err != nil:
		if len(scores) > 0 && !a.json {
			return errors.Join(a.printScores(scores), err)
		}
		return err
	case a.json:
		return a.printJSON(struct {
			Scores []study.Score `json:"scores"`
		}{scores})
	}
	if err := a.printScores(scores); err != nil {
		return err
	}
	if err := a.printDetails(scores, columns); err != nil {
		return err
	}
	if o.csv != "" {
		fmt.Fprintf(a.out, "written to %s\n", o.csv)
	}
	return nil
}

// otherUnit is what values beyond the input hint at.
const otherUnit = "check that the values have the unit of the training data"

// scoreHead names the columns of a table of scores, which rows fills.
func scoreHead(s *study.Score) []string {
	head := []string{"split", "level", "sequences"}
	if s.Counted == "steps" {
		head = append(head, "steps")
	}
	switch {
	case s.Regression:
		return append(head, numberHead...)
	case s.Labels != nil:
		return append(head, "accuracy", "95 % interval", "macro F1", "all right", "loss")
	}
	return append(head, "accuracy", "95 % interval", "macro F1", "loss")
}

// scoreRows are the lines of a score: one, or one for each output of a regression.
func scoreRows(s *study.Score) (rows [][]string) {
	start := []string{s.Split, s.Level, diag.Grouped(s.N)}
	if s.Counted == "steps" {
		start = append(start, diag.Grouped(s.Decisions))
	}
	for _, o := range s.Outputs {
		rows = append(rows, slices.Concat(start, numberCells(o)))
	}
	if s.Regression {
		return rows
	}
	row := append(start, fmt.Sprintf("%.4f", s.Accuracy), between(s.Interval, "%.3f"), partText(s.MacroF1))
	if s.Exact != nil {
		row = append(row, partText(*s.Exact))
	}
	loss := "-"
	if s.Loss != 0 {
		loss = fmt.Sprintf("%.5g", s.Loss)
	}
	return [][]string{append(row, loss)}
}

// numberHead and numberCells are the columns of a table of a regression's outputs.
var numberHead = []string{"output", "mean squared error", "its root", "95 % interval", "R2"}

func numberCells(o score.NumberScore) []string {
	return []string{shorten(o.Name, longestClass), fmt.Sprintf("%.5g", o.MSE), fmt.Sprintf("%.4g", o.RMSE), between(o.Interval, "%.4g"), partText(o.R2)}
}

// between spells an interval.
func between(i *score.Interval, format string) string {
	if i == nil {
		return "-"
	}
	return fmt.Sprintf(format+" to "+format, i.Low, i.High)
}

// partText is a part of 1 with four digits, or a dash.
func partText(p score.Part) string {
	if !p.Known() {
		return "-"
	}
	return fmt.Sprintf("%.4f", float64(p))
}

func (a *app) printScores(scores []study.Score) error {
	if len(scores) == 0 {
		return nil
	}
	var rows [][]string
	for i := range scores {
		rows = append(rows, scoreRows(&scores[i])...)
	}
	if err := table(a.out, scoreHead(&scores[0]), rows); err != nil {
		return err
	}
	said := ""
	for i := range scores {
		if text := over(&scores[i]); text != said {
			fmt.Fprintln(a.out, text)
			said = text
		}
	}
	return nil
}

// over says what the intervals of a score are over, and what needs no model.
func over(s *study.Score) string {
	interval := s.Interval
	if s.Regression && len(s.Outputs) > 0 {
		interval = s.Outputs[0].Interval
	}
	if s.Decisions == 0 {
		return s.Split + ": no answer counts"
	}
	text := fmt.Sprintf("%s: no interval, since all of it is of one %s", s.Split, strings.TrimSuffix(s.Of, "s"))
	if interval != nil {
		text = fmt.Sprintf("%s: 95 %% interval over %s %s", s.Split, diag.Grouped(interval.Units), s.Of)
	}
	switch {
	case s.Labels != nil:
		text += fmt.Sprintf("; always deciding what is more frequent is right in %s, always saying yes has a macro F1 of %s", partText(s.Baseline), partText(*s.BaselineF1))
	case !s.Regression && s.Baseline.Known():
		text += fmt.Sprintf("; always deciding the most frequent class is right in %s", partText(s.Baseline))
	}
	return text
}

// fewClasses are shown one by one.
const fewClasses = 30

// printDetails shows the classes or labels of every split at the last of its levels, what is taken for what, and where.
func (a *app) printDetails(scores []study.Score, columns answerColumns) error {
	for i := range scores {
		s := &scores[i]
		if i+1 < len(scores) && scores[i+1].Split == s.Split {
			continue
		}
		var err error
		switch {
		case s.Matrix != nil:
			fmt.Fprintf(a.out, "\n%s, %s:\n", s.Split, s.Level)
			err = errors.Join(a.printClassScores(s.Classes, s.Counted), a.printConfusion(s.Matrix))
		case s.Labels != nil:
			fmt.Fprintf(a.out, "\n%s, %s:\n", s.Split, s.Level)
			err = a.printLabelScores(s.Labels, s.Counted)
		}
		if err = errors.Join(err, a.printMistakes(s, columns)); err != nil {
			return err
		}
	}
	return nil
}

// printClassScores shows classes one by one; counted says what they are counted in.
func (a *app) printClassScores(classes []score.ClassScore, counted string) error {
	if len(classes) > fewClasses {
		return nil
	}
	var rows [][]string
	for _, c := range classes {
		rows = append(rows, []string{shorten(c.Name, longestClass), diag.Grouped(c.Count), partText(c.Recall), partText(c.Precision), partText(c.F1)})
	}
	return table(a.out, []string{"class", counted, "recall", "precision", "F1"}, rows)
}

func (a *app) printLabelScores(labels []score.LabelScore, counted string) error {
	var rows [][]string
	for _, l := range labels {
		rows = append(rows, []string{shorten(l.Name, longestRow), diag.Grouped(l.Count), partText(l.Recall), partText(l.Precision), partText(l.F1),
			partText(l.BaselineF1), partText(l.Accuracy), partText(l.BaselineAccuracy)})
	}
	return table(a.out, []string{"label", "true in " + counted, "recall", "precision", "F1", "always yes", "accuracy", "most frequent"}, rows)
}

// printMistakes lists the first wrong decisions, and where they are.
func (a *app) printMistakes(s *study.Score, columns answerColumns) error {
	if len(s.Mistakes) == 0 {
		return nil
	}
	columns.split = false
	head := []string{"wrong: sequence"}
	head = append(head, columns.head()[1:]...)
	head[slices.Index(head, "first_step")] = "from step"
	var rows [][]string
	for _, m := range s.Mistakes {
		row := columns.row(m)
		rows = append(rows, row[:len(row)-1]) // all are wrong
	}
	fmt.Fprintln(a.out)
	if err := table(a.out, head[:len(head)-1], rows); err != nil {
		return err
	}
	fmt.Fprintln(a.out, "--csv FILE has all of them")
	return nil
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// SplitScore is how well a model does on a part of a data set at one level.
type SplitScore struct {
	Split    string       `json:"split"`
	Level    string       `json:"level"`
	N        int          `json:"sequences"`
	Accuracy float64      `json:"accuracy"`           // not of a regression
	MacroF1  float64      `json:"macro_f1,omitempty"` // of classes: the mean of their F1
	Loss     float64      `json:"loss,omitempty"`     // as training minimises it
	Classes  []ClassScore `json:"classes,omitempty"`
	// Of a regression: every output, and the mean of their R2.
	Outputs []OutputScore `json:"outputs,omitempty"`
	R2      float64       `json:"r2,omitempty"`
	// confusion counts decisions, [true][decided]; outside those of each class that are no class.
	confusion [][]int
	outside   []int
	// regression says that there is a loss only.
	regression bool
}

func (a *app) evalCmd() *cobra.Command {
	var dataset, weightsFile string
	var set, splits, levels []string
	c := &cobra.Command{
		Use:   "eval model.hrn",
		Short: "Score weights on any part of a data set, at any level",
		Long: `Score a model on the parts of its data set. The level real is float32 as in training; fixed, go, c and verilog are the
integers that a chip computes, all the same bits (fixed takes the quickest of those that can run here). Values, classes and
words mean what they meant in training, whatever data set they are scored on.`,
		Example: `  hrnnc eval model.hrn                          # the test part, real and fixed, class by class
  hrnnc eval model.hrn --split valid,test --level real
  hrnnc eval model.hrn --data field.csv --split train --set hold=0 --set valid=0   # all of another file
  hrnnc eval model.hrn --data mnist --set limit=200 --level verilog`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, l := range levels {
				if l != "real" && l != "fixed" {
					if _, _, err := compiler.FindEngine(l); err != nil {
						return err
					}
				}
			}
			bar := a.progress()
			defer bar.clear()
			bar.say("reading data")
			t, err := prepareTrained(args[0], dataset, set, weightsFile)
			if err != nil {
				return err
			}
			var scores []SplitScore
			for _, name := range splits {
				part, err := t.part(name)
				if err != nil {
					return err
				}
				if part.N == 0 {
					return diag.InFile(t.set.Name, "").Errorf("data", "has no %s part", name).Helpf("choose another with --split, or  --set hold=0.2  --set valid=0.1")
				}
				a.warn(trainer.InputWarnings(t.model, t.set, part, otherUnit))
				for _, level := range levels {
					t.stage = bar.plan("scoring "+name+" at level "+level, float64(part.N))
					t.stage.begin()
					s, err := t.score(cmd.Context(), name, part, level)
					if err != nil {
						bar.clear()
						if len(scores) > 0 && !a.json {
							if err := a.printScores(scores); err != nil {
								return err
							}
						}
						return err
					}
					scores = append(scores, *s)
				}
			}
			bar.clear()
			if a.json {
				return a.printJSON(struct {
					Scores []SplitScore `json:"scores"`
				}{scores})
			}
			if err := a.printScores(scores); err != nil {
				return err
			}
			return a.printClassScores(scores)
		},
	}
	f := c.Flags()
	f.StringVar(&dataset, "data", "", "data set instead of the train block's")
	settingsFlag(c, &set, aboutTraining|aboutData|aboutTargets, "a setting of the train block, as hold=0, or of a target, as verilog.butterflies=8")
	f.StringSliceVar(&splits, "split", []string{"test"}, "train, valid or test")
	f.StringSliceVar(&levels, "level", []string{"real", "fixed"}, "real, fixed, go, c or verilog")
	weightsFlag(c, &weightsFile)
	return c
}

// otherUnit is what values beyond the input hint at.
const otherUnit = "check that the values have the unit of the training data"

func (t *training) part(name string) (*data.Sequences, error) {
	switch name {
	case "train":
		return &t.set.Train, nil
	case "valid":
		return &t.set.Valid, nil
	case "test":
		return &t.set.Test, nil
	}
	return nil, usageError{fmt.Errorf("there is no split %q; the splits are train, valid, test", name)}
}

// score measures one part at one level.
func (t *training) score(ctx context.Context, name string, part *data.Sequences, level string) (*SplitScore, error) {
	s := &SplitScore{Split: name, Level: level, N: part.N, regression: t.net.Loss == network.MeanSquared}
	switch {
	case s.regression:
		return s, t.scoreNumbers(ctx, s, part)
	case level == "real":
		return s, t.scoreReal(ctx, s, part)
	}
	return s, t.scoreFixed(ctx, s, part)
}

// scoreFixed measures the decisions of integers on one part, at any level but real.
func (t *training) scoreFixed(ctx context.Context, s *SplitScore, part *data.Sequences) error {
	l, err := t.lowered()
	if err != nil {
		return err
	}
	right, total := 0, 0
	err = trainer.EachBatch(ctx, t.net, t.source(part), fixedBatch, func(b *network.Batch) error {
		out, err := l.Run(ctx, quickest(s.Level), sequencesOf(b), nil)
		if err != nil {
			return err
		}
		want := decisionLabels(b, t.net)
		for i, got := range l.Decisions(out, l) {
			if want[i] < 0 {
				continue
			}
			total++
			if got == want[i] {
				right++
			}
			if !t.severalBits() {
				s.count(want[i], got, len(t.set.Classes))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.Accuracy = float64(right) / float64(max(total, 1))
	s.judgeClasses(t.set.Classes)
	return nil
}

// severalBits reports whether the model decides several bits, whose accuracy is counted bit by bit and which are no classes.
func (t *training) severalBits() bool {
	return t.net.Loss == network.BinaryCrossEntropy && t.net.Outputs() > 1
}

// scoreReal measures one part in float32.
func (t *training) scoreReal(ctx context.Context, s *SplitScore, part *data.Sequences) error {
	decided := func(y []float32) int64 { return int64(slices.Index(y, slices.Max(y))) }
	if t.net.Loss == network.BinaryCrossEntropy {
		decided = func(y []float32) int64 {
			if y[0] > float32(t.model.Output.Threshold) {
				return 1
			}
			return 0
		}
	}
	var visit func(i int, y []float32)
	if !t.severalBits() && !part.EachStep {
		visit = func(i int, y []float32) { s.count(int64(part.Label(i)), decided(y), len(t.set.Classes)) }
	}
	r, err := trainer.Score(ctx, t.net, t.source(part), visit)
	s.Loss, s.Accuracy = r.Mean(), r.Accuracy()
	s.judgeClasses(t.set.Classes)
	return err
}

// ClassScore is how well one class is decided.
type ClassScore struct {
	Name      string  `json:"name"`
	Count     int     `json:"count"`     // how many there are
	Recall    float64 `json:"recall"`    // of those, how many are decided to be of it
	Precision float64 `json:"precision"` // of all that are decided to be of it, how many are
	F1        float64 `json:"f1"`        // their harmonic mean
	decided   int
}

// judgeClasses scores every class by the confusion matrix, and gives the mean F1 of those that occur or are decided.
func (s *SplitScore) judgeClasses(names []string) {
	n := 0
	for c := range s.confusion {
		k := ClassScore{Name: names[c], Count: s.outside[c]}
		for i := range s.confusion {
			k.decided += s.confusion[i][c]
			k.Count += s.confusion[c][i]
		}
		hit := float64(s.confusion[c][c])
		k.Recall, k.Precision, k.F1 = hit/float64(max(k.Count, 1)), hit/float64(max(k.decided, 1)), 2*hit/float64(max(k.decided+k.Count, 1))
		if k.decided+k.Count > 0 {
			s.MacroF1 += k.F1
			n++
		}
		s.Classes = append(s.Classes, k)
	}
	s.MacroF1 /= float64(max(n, 1))
}

// count adds one decision to the confusion matrix.
func (s *SplitScore) count(want, got int64, classes int) {
	if want < 0 || want >= int64(classes) {
		return
	}
	if s.confusion == nil {
		s.outside = make([]int, classes)
		s.confusion = make([][]int, classes)
		for i := range s.confusion {
			s.confusion[i] = make([]int, classes)
		}
	}
	if got >= int64(classes) {
		s.outside[want]++
		return
	}
	s.confusion[want][got]++
}

// lowered compiles the model with the weights at hand.
func (t *training) lowered() (*compiler.Lowered, error) {
	m, err := load(t.file, t.weights, t.targetSet)
	if err != nil {
		return nil, err
	}
	return m.Lower(passes.Config{})
}

// fixedBatch is how many sequences go through generated code at a time.
const fixedBatch = 2000

// quickest is the level that computes the fixed level's bits in the least time here.
func quickest(level string) string {
	switch {
	case level != "fixed":
		return level
	case len(exttool.Missing("gcc")) == 0:
		return "c"
	case len(exttool.Missing("go")) == 0:
		return "go"
	}
	return "fixed"
}

// sequencesOf gives a batch as the compiler's levels take it.
func sequencesOf(b *network.Batch) [][][]int64 {
	out := make([][][]int64, b.N)
	for i := range out {
		out[i] = make([][]int64, b.T)
		for s := range out[i] {
			row := make([]int64, b.D)
			for j := range row {
				if b.Tokens != nil {
					row[j] = int64(b.Tokens[i*b.T+s])
				} else {
					row[j] = int64(b.X[(i*b.T+s)*b.D+j])
				}
			}
			out[i][s] = row
		}
	}
	return out
}

// decisionLabels are a batch's labels; for thresholds, a bit an output.
func decisionLabels(b *network.Batch, n *network.Network) []int64 {
	var out []int64
	for _, l := range b.Labels {
		if n.Loss != network.BinaryCrossEntropy {
			out = append(out, int64(l))
			continue
		}
		for i := range n.Outputs() {
			bit := int64(-1)
			if l >= 0 {
				bit = int64(l >> i & 1)
			}
			out = append(out, bit)
		}
	}
	return out
}

// MarshalJSON leaves the accuracy of a regression out.
func (s SplitScore) MarshalJSON() ([]byte, error) {
	type plain SplitScore
	v := struct {
		plain
		Accuracy *float64 `json:"accuracy,omitempty"`
	}{plain: plain(s)}
	if !s.regression {
		v.Accuracy = &s.Accuracy
	}
	return json.Marshal(v)
}

func (a *app) printScores(scores []SplitScore) error {
	head := []string{"split", "level", "sequences", "accuracy", "macro F1", "loss"}
	if len(scores) > 0 && scores[0].regression {
		head = []string{"split", "level", "sequences", "output", "mean squared error", "its root", "R2"}
	}
	var rows [][]string
	for _, s := range scores {
		rows = append(rows, s.rows()...)
	}
	return table(a.out, head, rows)
}

// fewClasses are shown one by one.
const fewClasses = 30

// printClassScores shows the classes of every split at the last of its levels.
func (a *app) printClassScores(scores []SplitScore) error {
	var rows [][]string
	for i, s := range scores {
		if len(s.Classes) > fewClasses || i+1 < len(scores) && scores[i+1].Split == s.Split {
			continue
		}
		for _, c := range s.Classes {
			rows = append(rows, []string{s.Split, s.Level, c.Name, thousands(c.Count), fmt.Sprintf("%.4f", c.Recall), fmt.Sprintf("%.4f", c.Precision), fmt.Sprintf("%.4f", c.F1)})
		}
	}
	if rows == nil {
		return nil
	}
	fmt.Fprintln(a.out)
	return table(a.out, []string{"split", "level", "class", "sequences", "recall", "precision", "F1"}, rows)
}

// rows are the lines of a score: one, or one for each output of a regression.
func (s *SplitScore) rows() (rows [][]string) {
	start := []string{s.Split, s.Level, thousands(s.N)}
	for _, o := range s.Outputs {
		rows = append(rows, append(slices.Clone(start), o.Name, fmt.Sprintf("%.5g", o.MSE), fmt.Sprintf("%.4g", o.RMSE), fmt.Sprintf("%.4f", o.R2)))
	}
	if s.regression {
		return rows
	}
	loss, f1 := "-", "-"
	if s.Loss != 0 {
		loss = fmt.Sprintf("%.5g", s.Loss)
	}
	if s.Classes != nil {
		f1 = fmt.Sprintf("%.4f", s.MacroF1)
	}
	return [][]string{append(start, fmt.Sprintf("%.4f", s.Accuracy), f1, loss)}
}

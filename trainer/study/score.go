package study

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/score"
)

// Score is how well a model does on a part of a data set at one level.
type Score struct {
	Split     string  `json:"split"`
	Level     string  `json:"level"`
	N         int     `json:"sequences"`
	Counted   string  `json:"counted"`   // what has an answer: sequences or steps
	Decisions int     `json:"decisions"` // answers that were scored: all but those of -1
	Loss      float64 `json:"loss,omitempty"`
	// Of decisions. Interval is that of Accuracy, nil where the part is of one person or recording only.
	Accuracy float64         `json:"accuracy"`
	Interval *score.Interval `json:"interval,omitempty"`
	Error    score.Part      `json:"standard_error"`
	// Baseline is the accuracy of always deciding what is most frequent.
	Baseline score.Part `json:"baseline_accuracy"`
	// Of classes, and of labels of which several can be true at once.
	MacroF1    score.Part         `json:"macro_f1"`
	BaselineF1 *score.Part        `json:"baseline_f1,omitempty"` // of labels: always saying yes
	Exact      *score.Part        `json:"exact,omitempty"`       // of labels: answers with every label right
	Classes    []score.ClassScore `json:"classes,omitempty"`
	Confusion  [][]int            `json:"confusion,omitempty"` // [true][decided]
	Labels     []score.LabelScore `json:"labels,omitempty"`
	// Of a regression: every output, and the mean of their R2.
	Outputs []score.NumberScore `json:"outputs,omitempty"`
	R2      score.Part          `json:"r2"`
	// Answers are all of them, where they were asked for.
	Answers []Answer `json:"answers,omitempty"`

	Matrix     *score.Confusion `json:"-"` // of classes: Confusion with their names; nil for labels and numbers
	Mistakes   []Answer         `json:"-"` // the first wrong ones
	Of         string           `json:"-"` // what is independent, in the plural: persons, recordings or sequences
	Regression bool             `json:"-"` // there are numbers, and no decisions
}

// MarshalJSON leaves out what a regression, or what decisions do not have.
func (s Score) MarshalJSON() ([]byte, error) {
	type plain Score
	v := struct {
		plain
		Accuracy *float64    `json:"accuracy,omitempty"`
		Error    *score.Part `json:"standard_error,omitempty"`
		Baseline *score.Part `json:"baseline_accuracy,omitempty"`
		MacroF1  *score.Part `json:"macro_f1,omitempty"`
		R2       *score.Part `json:"r2,omitempty"`
	}{plain: plain(s)}
	if s.Regression {
		v.R2 = &s.R2
	} else {
		v.Accuracy, v.Error, v.Baseline, v.MacroF1 = &s.Accuracy, &s.Error, &s.Baseline, &s.MacroF1
	}
	return json.Marshal(v)
}

// Splits are the parts of a data set.
var Splits = []string{"train", "valid", "test"}

// Part is one of Splits; an error where the data set has nothing in it.
func (s *Study) Part(split string) (*data.Sequences, error) {
	part := map[string]*data.Sequences{"train": &s.Set.Train, "valid": &s.Set.Valid, "test": &s.Set.Test}[split]
	if part == nil || part.N == 0 {
		return nil, diag.InFile(s.Set.Name, "").Errorf("data", "has no %s part", split).Helpf("choose another with --split, or  --set hold=0.2  --set valid=0.1")
	}
	return part, nil
}

// Score measures a part of the data set at one level: real, the float32 of training; fixed, the integers, by what computes them
// the quickest here; or one that compiler.FindEngine knows. see, where it is not nil, gets every answer, in order.
func (s *Study) Score(ctx context.Context, split, level string, see func(Answer) error) (*Score, error) {
	part, err := s.Part(split)
	if err != nil {
		return nil, err
	}
	return s.scorePart(ctx, split, part, level, see)
}

// scorePart is Score of any sequences for the model; name stands for them in what it gives.
func (s *Study) scorePart(ctx context.Context, name string, part *data.Sequences, level string, see func(Answer) error) (*Score, error) {
	w := s.newTally(name, part, level)
	if see != nil {
		w.see = see
	}
	loss := network.Result{}
	err := s.eachBatchOfAnswers(ctx, part, level, func(b *network.Batch, got []float64, r network.Result) error {
		loss.Loss, loss.Counted = loss.Loss+r.Loss, loss.Counted+r.Counted
		return w.add(b, got)
	})
	if err != nil {
		return nil, err
	}
	return w.score(loss), nil
}

// eachBatchOfAnswers runs a part at a level. got are the answers of a batch in order: a class, or a bit or number for each
// output. r is the loss, of level real.
func (s *Study) eachBatchOfAnswers(ctx context.Context, part *data.Sequences, level string, visit func(b *network.Batch, got []float64, r network.Result) error) error {
	if level == "real" {
		return trainer.EachBatch(ctx, s.Net, s.source(part), realBatch, func(b *network.Batch) error {
			rows := s.Net.Outputs()
			y := make([]float32, b.N*s.Net.Answers(b.T)*rows)
			r := s.Net.Evaluate(b, func(i int, row []float32) { copy(y[i*rows:], row) }) // tiles end in any order
			return visit(b, s.realAnswers(y, s.Net.Answers(b.T)), r)
		})
	}
	l, err := s.Lower()
	if err != nil {
		return err
	}
	return trainer.EachBatch(ctx, s.Net, s.source(part), fixedBatch, func(b *network.Batch) error {
		out, err := l.Run(ctx, quickest(level), sequencesOf(b), nil)
		if err != nil {
			return err
		}
		if s.Net.Loss == network.MeanSquared {
			return visit(b, l.Reals(out), network.Result{})
		}
		var got []float64
		for _, d := range l.Decisions(out, l) {
			got = append(got, float64(d))
		}
		return visit(b, got, network.Result{})
	})
}

// How many sequences are scored at a time: in float32, and through generated code.
const (
	realBatch  = 256
	fixedBatch = 2000
)

// realAnswers turns outputs in float32 into answers, so many a sequence.
func (s *Study) realAnswers(y []float32, answers int) (got []float64) {
	switch rows := s.Net.Outputs(); s.Net.Loss {
	case network.CrossEntropy:
		if s.Model.Output.Decide != nil {
			return s.decided(y, answers)
		}
		for ; len(y) > 0; y = y[rows:] {
			got = append(got, float64(slices.Index(y[:rows], slices.Max(y[:rows]))))
		}
	case network.BinaryCrossEntropy:
		for _, v := range y {
			bit := 0.0
			if v > float32(s.Model.Output.Threshold) {
				bit = 1
			}
			got = append(got, bit)
		}
	default:
		for _, v := range y {
			got = append(got, float64(v))
		}
	}
	return got
}

// decideSettings are those of the model's decide block, or decider.Default where it has none.
func (s *Study) decideSettings() decider.Settings {
	if s.Model.Output.Decide == nil {
		return decider.Default
	}
	settings := *s.Model.Output.Decide
	if i := slices.Index(s.Set.Classes, s.Model.Decide.StartLabel); settings.Start == decider.NoStart && i >= 0 {
		settings.Start = i // a label of the data
	}
	return settings
}

// decided are the answers of a decide block, which begins anew with every sequence.
func (s *Study) decided(y []float32, answers int) (got []float64) {
	settings := s.decideSettings()
	var d *decider.Real
	scores := make([]float64, s.Net.Outputs())
	for ; len(y) > 0; y = y[len(scores):] {
		if len(got)%answers == 0 {
			d = decider.NewReal(settings, 1)
		}
		for k := range scores {
			scores[k] = float64(y[k])
		}
		got = append(got, float64(d.Step(scores)))
	}
	return got
}

// severalBits reports whether the model decides bits that are no classes: their accuracy is counted bit by bit.
func (s *Study) severalBits() bool {
	return s.Net.Loss == network.BinaryCrossEntropy && (s.Net.Outputs() > 1 || len(s.Set.Targets) > 0)
}

// bitNames are what the bits of severalBits stand for.
func (s *Study) bitNames() []string {
	switch rows := s.Net.Outputs(); rows {
	case len(s.Model.Output.Labels):
		return s.Model.Output.Labels
	case len(s.Set.Targets):
		return s.Set.Targets
	case len(s.Set.Classes):
		return s.Set.Classes
	default:
		names := make([]string, rows)
		for i := range names {
			names[i] = fmt.Sprintf("bit %d of the class", i)
		}
		return names
	}
}

// outputNames are what the outputs of a regression stand for.
func (s *Study) OutputNames() []string {
	names := make([]string, s.Net.Outputs())
	for i := range names {
		switch {
		case s.Targets != nil:
			names[i] = s.Targets[i].Name
		case i < len(s.Set.Targets):
			names[i] = s.Set.Targets[i]
		default:
			names[i] = fmt.Sprintf("output %d", i)
		}
	}
	return names
}

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

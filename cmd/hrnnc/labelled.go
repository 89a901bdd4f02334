package main

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer/score"
	"github.com/hrnnc/hrnnc/trainer/study"
)

// newAnswers gives what a model says of sequences: those of a data set, or without a training those of an array.
func newAnswers(m *compiler.Model, out *compiler.Outputs, l *compiler.Lowered, s *study.Study) answers {
	a := answers{Array: m.Answers(out, l), output: m.Loaded().Output}
	if !a.IsInt() {
		for k := range a.width() {
			a.columns.outputs = append(a.columns.outputs, outputName(a.output, k))
		}
	}
	if s == nil {
		a.place = func(sequence, k int) study.Answer {
			if a.output.When != ir.EveryStep {
				k = out.T - 1
			}
			return study.Answer{Sequence: sequence, Step: k}
		}
		return a
	}
	part := &s.Set.Train // of sequences without labels, all are in it
	names := a.columns.outputs
	a.columns = answerColumnsOf(s, part)
	a.columns.split, a.columns.outputs = false, names
	a.place = func(sequence, k int) study.Answer { return s.Place(part, sequence, k) }
	return a
}

// outputName is what an output stands for.
func outputName(o ir.Output, k int) string {
	if k < len(o.Channels) && o.Channels[k].Name != "" {
		return o.Channels[k].Name
	}
	return fmt.Sprintf("output %d", k)
}

// all hands on every answer.
func (a answers) all(write func(study.Answer) error) error {
	for n := range a.Shape[0] {
		for k := range a.each() {
			if err := write(a.one(n, k)); err != nil {
				return err
			}
		}
	}
	return nil
}

// places says where the last answer of each sequence is; nil where that says nothing.
func (a answers) places() (out []study.Answer) {
	for n := range a.Shape[0] {
		if !a.isPlaced() {
			break
		}
		out = append(out, a.place(n, a.each()-1))
	}
	return out
}

// labelled is how well answers agree with labels.
type labelled struct {
	*compiler.Score
	Interval  *score.Interval    `json:"interval,omitempty"`
	MacroF1   *score.Part        `json:"macro_f1,omitempty"`
	Classes   []score.ClassScore `json:"classes,omitempty"`
	Confusion [][]int            `json:"confusion,omitempty"` // [true][decided]
	Labels    []score.LabelScore `json:"labels,omitempty"`
	// Of a regression, which has none of the above.
	Outputs []score.NumberScore `json:"outputs,omitempty"`

	confusion *score.Confusion
	counted   string // sequences or steps
}

// judge compares answers with the labels of a file, and lets them know what was right.
func judge(m *compiler.Model, out *compiler.Outputs, l *compiler.Lowered, file string, array *npy.Array, said *answers) (*labelled, error) {
	if said.output.Decision == ir.Logits {
		return judgeNumbers(file, array, said)
	}
	s, err := m.Accuracy(out, file, array, l)
	if err != nil {
		return nil, err
	}
	r := &labelled{Score: s, counted: "sequences"}
	if said.each() > 1 {
		r.counted = "steps"
	}
	var right score.Ratio
	width := said.width()
	several := score.NewLabels(said.bitNames())
	r.confusion = score.NewConfusion(said.classNames(out.Y.Shape[len(out.Y.Shape)-1]))
	for i := range said.Len() / width {
		truth, decided := s.Want[i*width:(i+1)*width], s.Got[i*width:(i+1)*width]
		if truth[0] < 0 {
			continue
		}
		for j := range truth {
			right.Count(i/said.each(), truth[j] == decided[j])
		}
		if width > 1 {
			several.Add(truth, decided)
		} else {
			r.confusion.Add(int(truth[0]), int(decided[0]))
		}
	}
	r.Interval = right.PartInterval("sequences")
	if width > 1 {
		r.confusion, r.Labels = nil, several.Scores()
		f1, _, _ := score.LabelMeans(r.Labels)
		r.MacroF1 = &f1
	} else {
		r.Confusion, r.Classes = r.confusion.Counts, r.confusion.Scores()
		f1 := score.MacroF1(r.Classes)
		r.MacroF1 = &f1
	}
	said.want, said.columns.known = s.Want, true
	return r, nil
}

// judgeNumbers compares the numbers of a regression with those that it should give: as many, in the same order.
func judgeNumbers(file string, array *npy.Array, said *answers) (*labelled, error) {
	want := array.Floats
	if array.IsInt() {
		want = make([]float64, len(array.Ints))
		for i, v := range array.Ints {
			want[i] = float64(v)
		}
	}
	if len(want) != said.Len() {
		return nil, diag.InFile(file, "").Errorf("data", "there are %d numbers to compare with, and the model gave %d", len(want), said.Len()).
			Helpf("save a number for each output of each answer, %s", diag.Shape(said.Shape))
	}
	if i := slices.IndexFunc(want, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }); i >= 0 {
		return nil, diag.InFile(file, "").Errorf("data", "entry %d is no number", i).Helpf("the numbers to compare with are finite")
	}
	width := said.width()
	sums := make([]score.Numbers, width)
	for i, v := range want {
		sums[i%width].Add(i/width/said.each(), v, said.Floats[i])
	}
	r := &labelled{}
	for k := range sums {
		r.Outputs = append(r.Outputs, sums[k].Score(outputName(said.output, k), 1, "sequences"))
	}
	said.numbers, said.columns.known = want, true
	return r, nil
}

// classNames are those of the classes that are told apart by so many outputs.
func (a answers) classNames(outputs int) (names []string) {
	if a.output.Decision == ir.Threshold {
		return []string{a.spell([]int64{0}, 1), a.spell([]int64{1}, 1)}
	}
	for c := range outputs {
		names = append(names, a.class(c))
	}
	return names
}

// bitNames are those of the outputs of a threshold.
func (a answers) bitNames() []string {
	names := make([]string, a.width())
	for j := range names {
		if names[j] = fmt.Sprintf("output %d", j); len(a.output.Labels) == len(names) {
			names[j] = a.output.Labels[j]
		}
	}
	return names
}

// printLabelled says how well answers agree with labels, and which are taken for which.
func (a *app) printLabelled(s *labelled) error {
	if s.Outputs != nil {
		var rows [][]string
		for _, o := range s.Outputs {
			rows = append(rows, numberCells(o))
		}
		return table(a.out, numberHead, rows)
	}
	fmt.Fprintf(a.out, "accuracy: %.4f (%s of %s)", s.Part, thousands(s.Right), thousands(s.Total))
	if s.Interval != nil {
		fmt.Fprintf(a.out, ", 95 %% interval %s over %s %s", between(s.Interval, "%.3f"), thousands(s.Interval.Units), s.Interval.Of)
	}
	fmt.Fprintln(a.out)
	if s.Labels != nil {
		return a.printLabelScores(s.Labels, s.counted)
	}
	return errors.Join(a.printClassScores(s.Classes, s.counted), a.printConfusion(s.confusion))
}

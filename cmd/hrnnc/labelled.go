package main

import (
	"errors"
	"fmt"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer/study"
)

// newAnswers gives what a model says of sequences: those of a data set, or without a training those of an array.
func newAnswers(m *compiler.Model, out *compiler.Outputs, l *compiler.Lowered, s *study.Study) answers {
	a := answers{Array: m.Answers(out, l), output: m.Loaded().Output}
	if !a.IsInt() {
		for k := range a.width() {
			a.columns.outputs = append(a.columns.outputs, study.OutputName(a.output, k))
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
	if part.Stream() && a.output.When == ir.EveryStep {
		a.steps = part.Steps
	}
	return a
}

// all hands on every answer.
func (a answers) all(write func(study.Answer) error) error {
	for n := range a.Shape[0] {
		for k := range a.own(n) {
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
		out = append(out, a.place(n, a.own(n)-1))
	}
	return out
}

// know lets answers know what was right.
func (a *answers) know(s *study.Agreement) {
	a.columns.known, a.numbers = true, s.Numbers
	if s.Score != nil {
		a.want = s.Want
	}
}

// printLabelled says how well answers agree with labels, and which are taken for which.
func (a *app) printLabelled(s *study.Agreement) error {
	if s.Outputs != nil {
		var rows [][]string
		for _, o := range s.Outputs {
			rows = append(rows, numberCells(o))
		}
		return table(a.out, numberHead, rows)
	}
	fmt.Fprintf(a.out, "accuracy: %.4f (%s of %s)", s.Part, diag.Grouped(s.Right), diag.Grouped(s.Total))
	if s.Interval != nil {
		fmt.Fprintf(a.out, ", 95 %% interval %s over %s %s", between(s.Interval, "%.3f"), diag.Grouped(s.Interval.Units), s.Interval.Of)
	}
	fmt.Fprintln(a.out)
	if s.Labels != nil {
		return a.printLabelScores(s.Labels, s.Counted)
	}
	return errors.Join(a.printClassScores(s.Classes, s.Counted), a.printConfusion(s.Matrix))
}

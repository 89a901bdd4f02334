package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer/score"
	"github.com/hrnnc/hrnnc/trainer/study"
)

// Of many answers a terminal shows the first ones; --json has all.
const (
	shownAnswers = 10 // sequences
	shownRuns    = 8  // stretches of equal answers of one sequence
	shownValues  = 8  // outputs of one answer
)

// answers is what a model says of sequences: [N, ...] classes, bits or values.
type answers struct {
	*npy.Array
	output ir.Output
	// place says where answer k of a sequence is; nil for step k of it.
	place func(sequence, k int) study.Answer
	// steps says how many answers are a sequence's own, of recordings of different lengths; nil for all.
	steps   func(sequence int) int
	columns answerColumns // of place
	want    []int64       // right answers, as the array has them; nil where unknown
	numbers []float64     // the same of a regression
}

// nested gives the answers as lists within lists, for JSON.
func (a answers) nested() any {
	list := a.nest(0, a.Len(), a.Shape)
	if a.steps == nil {
		return list
	}
	for n, one := range list.([]any) {
		list.([]any)[n] = one.([]any)[:a.own(n)]
	}
	return list
}

// own is how many answers there are of a sequence.
func (a answers) own(sequence int) int {
	if a.steps == nil {
		return a.each()
	}
	return a.steps(sequence)
}

func (a answers) nest(from, end int, shape []int) any {
	if len(shape) == 0 {
		if a.IsInt() {
			return a.Ints[from]
		}
		return a.Floats[from]
	}
	list := make([]any, shape[0])
	size := (end - from) / max(shape[0], 1)
	for i := range list {
		list[i] = a.nest(from+i*size, from+(i+1)*size, shape[1:])
	}
	return list
}

// each answer is so many entries: one class, or as many as there are outputs.
func (a answers) width() int {
	if a.output.Decision == ir.Argmax {
		return 1
	}
	return a.Shape[len(a.Shape)-1]
}

// text spells answer i: the name of a class, bits or values, at most so many.
func (a answers) text(i, most int) string {
	w := a.width()
	if a.IsInt() {
		return a.spell(a.Ints[i*w:(i+1)*w], most)
	}
	var words []string
	for _, v := range a.Floats[i*w : i*w+min(w, most)] {
		words = append(words, strconv.FormatFloat(v, 'g', 5, 64))
	}
	return joined(words, w)
}

// spell is text for a class or bits.
func (a answers) spell(decided []int64, most int) string {
	if labels := a.output.Labels; a.output.Decision == ir.Threshold && len(labels) == len(decided) {
		return score.Named(labels, decided)
	}
	var words []string
	for _, v := range decided[:min(len(decided), most)] {
		word := strconv.Itoa(int(v))
		if a.output.Decision == ir.Argmax {
			word = a.class(int(v))
		}
		words = append(words, word)
	}
	return joined(words, len(decided))
}

// joined are the first words of so many.
func joined(words []string, of int) string {
	text := strings.Join(words, " ")
	if len(words) < of {
		text += " ..."
	}
	return text
}

// class names a class.
func (a answers) class(c int) string {
	if c < len(a.output.Labels) {
		return a.output.Labels[c]
	}
	return strconv.Itoa(c)
}

// isPlaced reports whether more is known of a sequence than its number.
func (a answers) isPlaced() bool { return a.columns.recording || a.columns.person || a.columns.time }

// each is how many answers a sequence has.
func (a answers) each() int { return a.Len() / max(a.Shape[0]*a.width(), 1) }

// one gives answer k of a sequence, and where it is.
func (a answers) one(sequence, k int) study.Answer {
	out := study.Answer{Sequence: sequence, Step: k}
	if a.place != nil {
		out = a.place(sequence, k)
	}
	i := sequence*a.each() + k
	if a.want != nil {
		w := a.width()
		want, decided := a.want[i*w:(i+1)*w], a.Ints[i*w:(i+1)*w]
		if want[0] >= 0 {
			right := slices.Equal(want, decided)
			out.Label, out.Right = a.spell(want, w), &right
		}
	}
	if a.IsInt() {
		out.Decided = a.text(i, a.width())
	} else {
		w := a.width()
		if out.Said = a.Floats[i*w : (i+1)*w]; a.numbers != nil {
			out.Want = a.numbers[i*w : (i+1)*w]
		}
	}
	return out
}

// sequence spells the answers of sequence n; equal ones that follow each other are one, with their steps.
func (a answers) sequence(n int) string {
	perSequence := a.each()
	end := n*perSequence + a.own(n)
	var parts []string
	for i := n * perSequence; i < end; {
		if len(parts) == shownRuns {
			parts = append(parts, "...")
			break
		}
		text, start := a.text(i, shownValues), i
		for i < end && a.text(i, shownValues) == text {
			i++
		}
		if perSequence > 1 {
			text += " (" + a.stretch(n, start-n*perSequence, i-1-n*perSequence) + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// stretch spells the steps, and where it is known the time, from one answer of a sequence to another.
func (a answers) stretch(sequence, from, to int) string {
	first, last := a.one(sequence, from), a.one(sequence, to)
	text := fmt.Sprintf("step %s", diag.Grouped(first.Step))
	if to > from {
		text = fmt.Sprintf("steps %s to %s", diag.Grouped(first.Step), diag.Grouped(last.Step))
	}
	if first.Time != nil {
		text += fmt.Sprintf(", %.4g to %.4g s", *first.Time, *last.Time)
	}
	return text
}

// counts says how often each decision was made, the most frequent first; "" where nothing is decided.
func (a answers) counts() string {
	if !a.IsInt() || a.Len() == 0 {
		return ""
	}
	n := map[string]int{}
	for sequence := range a.Shape[0] {
		for k := range a.own(sequence) {
			n[a.text(sequence*a.each()+k, shownValues)]++
		}
	}
	found := slices.SortedFunc(maps.Keys(n), func(x, y string) int { return cmp.Or(n[y]-n[x], cmp.Compare(x, y)) })
	var words []string
	for _, text := range found {
		if len(words) == shownAnswers {
			words = append(words, "...")
			break
		}
		words = append(words, fmt.Sprintf("%s: %s", text, diag.Grouped(n[text])))
	}
	return strings.Join(words, "; ")
}

// print shows the first answers, and how often each class was given.
func (a answers) print(to *app) error {
	what := "decision"
	if !a.IsInt() {
		what = "outputs"
	}
	head, rows := []string{"sequence", what}, [][]string{}
	if a.isPlaced() {
		head = append(a.columns.places(), what)
	}
	for n := range min(a.Shape[0], shownAnswers) {
		row := []string{diag.Grouped(n)}
		if a.isPlaced() {
			row = a.columns.placed(a.place(n, a.own(n)-1))
		}
		rows = append(rows, append(row, a.sequence(n)))
	}
	if err := table(to.out, head, rows); err != nil {
		return err
	}
	if more := a.Shape[0] - len(rows); more > 0 {
		fmt.Fprintf(to.out, "     ... and %s more; --csv FILE, --answers FILE.npy and --json have all\n", diag.Grouped(more))
	}
	if counts := a.counts(); counts != "" && a.Len() > 1 {
		fmt.Fprintf(to.out, "in all   %s\n", counts)
	}
	return nil
}

package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/ir"
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
}

// nested gives the answers as lists within lists, for JSON.
func (a answers) nested() any { return a.nest(0, a.Len(), a.Shape) }

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

// text spells answer i: the name of a class, bits or values.
func (a answers) text(i int) string {
	w := a.width()
	if labels := a.output.Labels; a.output.Decision == ir.Threshold && len(labels) == w {
		return named(labels, a.Ints[i*w:(i+1)*w])
	}
	var words []string
	for j := i * w; j < (i+1)*w; j++ {
		switch {
		case len(words) == shownValues:
			return strings.Join(words, " ") + " ..."
		case !a.IsInt():
			words = append(words, strconv.FormatFloat(a.Floats[j], 'g', 5, 64))
		case a.output.Decision == ir.Argmax:
			words = append(words, a.class(int(a.Ints[j])))
		default:
			words = append(words, strconv.Itoa(int(a.Ints[j])))
		}
	}
	return strings.Join(words, " ")
}

// named spells bits by the names of those that are 1.
func named(labels []string, bits []int64) string {
	var set []string
	for i, b := range bits {
		if b == 1 {
			set = append(set, labels[i])
		}
	}
	switch {
	case len(set) > 0:
		return strings.Join(set, "+")
	case len(labels) == 1:
		return "not " + labels[0]
	}
	return "-"
}

// class names a class.
func (a answers) class(c int) string {
	if c < len(a.output.Labels) {
		return a.output.Labels[c]
	}
	return strconv.Itoa(c)
}

// sequence spells the answers of sequence n; equal ones that follow each other are counted.
func (a answers) sequence(n int) string {
	perSequence := a.Len() / a.Shape[0] / a.width()
	var parts []string
	for i := n * perSequence; i < (n+1)*perSequence; {
		if len(parts) == shownRuns {
			parts = append(parts, "...")
			break
		}
		text, start := a.text(i), i
		for i < (n+1)*perSequence && a.text(i) == text {
			i++
		}
		if i-start > 1 {
			text += fmt.Sprintf(" (%s steps)", thousands(i-start))
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// counts says how often each decision was made, the most frequent first; "" where nothing is decided.
func (a answers) counts() string {
	if !a.IsInt() || a.Len() == 0 {
		return ""
	}
	n := map[string]int{}
	for i := range a.Len() / a.width() {
		n[a.text(i)]++
	}
	found := slices.SortedFunc(maps.Keys(n), func(x, y string) int { return cmp.Or(n[y]-n[x], cmp.Compare(x, y)) })
	var words []string
	for _, text := range found {
		if len(words) == shownAnswers {
			words = append(words, "...")
			break
		}
		words = append(words, fmt.Sprintf("%s: %s", text, thousands(n[text])))
	}
	return strings.Join(words, "; ")
}

// print shows the first answers, and how often each class was given.
func (a answers) print(to *app) error {
	what := "decision"
	if !a.IsInt() {
		what = "outputs"
	}
	var rows [][]string
	for n := range min(a.Shape[0], shownAnswers) {
		rows = append(rows, []string{thousands(n), a.sequence(n)})
	}
	if err := table(to.out, []string{"sequence", what}, rows); err != nil {
		return err
	}
	if more := a.Shape[0] - len(rows); more > 0 {
		fmt.Fprintf(to.out, "     ... and %s more; --answers FILE.npy and --json have all\n", thousands(more))
	}
	if counts := a.counts(); counts != "" && a.Len() > 1 {
		fmt.Fprintf(to.out, "in all   %s\n", counts)
	}
	return nil
}

package score

import "strings"

// Labels counts decisions about several things that can be true at once.
type Labels struct {
	Names []string
	// Of each label: true ones that were found, all true ones, and all that were said to be true.
	hits, count, decided []int
	total, exact         int
}

// NewLabels counts nothing yet.
func NewLabels(names []string) *Labels {
	n := len(names)
	return &Labels{Names: names, hits: make([]int, n), count: make([]int, n), decided: make([]int, n)}
}

// Add takes in the bits of one answer, which are 0 or 1, and gives how many are right.
func (l *Labels) Add(truth, decided []int64) (right int) {
	for j, want := range truth {
		l.count[j] += int(want)
		l.decided[j] += int(decided[j])
		l.hits[j] += int(want & decided[j])
		if want == decided[j] {
			right++
		}
	}
	l.total++
	if right == len(truth) {
		l.exact++
	}
	return right
}

// LabelScore is how well a label is decided, beside what needs no model.
type LabelScore struct {
	ClassScore
	Accuracy         Part `json:"accuracy"`
	BaselineAccuracy Part `json:"baseline_accuracy"` // of always deciding what is more frequent
	BaselineF1       Part `json:"baseline_f1"`       // of always saying yes
}

// Scores judges the labels one by one.
func (l *Labels) Scores() []LabelScore {
	out := make([]LabelScore, len(l.Names))
	for j, name := range l.Names {
		wrong := l.count[j] + l.decided[j] - 2*l.hits[j]
		out[j] = LabelScore{classScore(name, l.hits[j], l.count[j], l.decided[j]), part(l.total-wrong, l.total),
			part(max(l.count[j], l.total-l.count[j]), l.total), part(2*l.count[j], l.total+l.count[j])}
	}
	return out
}

// Total counts the answers, each with all its labels.
func (l *Labels) Total() int { return l.total }

// Exact is the part of the answers with every label right.
func (l *Labels) Exact() Part { return part(l.exact, l.total) }

// LabelMeans are means over the labels that occur: of F1, and of what needs no model. NaN where none occurs.
func LabelMeans(scores []LabelScore) (f1, baselineF1, baselineAccuracy Part) {
	n := Part(0)
	for _, s := range scores {
		if s.Count > 0 {
			f1, baselineF1, n = f1+s.F1, baselineF1+s.BaselineF1, n+1
		}
		baselineAccuracy += s.BaselineAccuracy
	}
	return f1 / n, baselineF1 / n, baselineAccuracy / Part(len(scores))
}

// Named spells bits by the names of those that are 1.
func Named(labels []string, bits []int64) string {
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
	return "none"
}

package study

import (
	"math"
	"slices"

	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/score"
)

// mostMistakes are kept of a score.
const mostMistakes = 8

// tally scores the answers of one part at one level as they come.
type tally struct {
	of    *Study
	part  *data.Sequences
	split string
	level string
	see   func(Answer) error

	at       int    // answers taken in, counted or not
	each     int    // answers of a sequence
	whose    string // what is independent
	units    []int  // by sequence
	right    score.Ratio
	mistakes []Answer
	// One of them, by what the model gives.
	confusion *score.Confusion
	labels    *score.Labels
	numbers   []score.Numbers
	wanted    []float64 // of a regression, by answer of the sequence at hand, in the units of the data
}

func (s *Study) newTally(split string, part *data.Sequences, level string) *tally {
	w := &tally{of: s, part: part, split: split, level: level, each: s.Net.Answers(part.T), see: func(Answer) error { return nil }}
	w.whose, w.units = part.Independent()
	switch {
	case s.Net.Loss == network.MeanSquared:
		w.numbers = make([]score.Numbers, s.Net.Outputs())
		w.wanted = make([]float64, w.each*len(w.numbers))
	case s.severalBits():
		w.labels = score.NewLabels(s.bitNames())
	default:
		w.confusion = score.NewConfusion(s.Set.Classes)
	}
	return w
}

// add takes in the answers of a batch.
func (w *tally) add(b *network.Batch, got []float64) error {
	width := 1
	if w.confusion == nil {
		width = w.of.Net.Outputs()
	}
	for i := range len(got) / width {
		unit := w.units[w.at/w.each]
		a := w.of.Place(w.part, w.at/w.each, w.at%w.each)
		a.Split, a.Level = w.split, w.level
		k := w.at % w.each
		if w.numbers != nil && k == 0 {
			w.part.Targets(w.at/w.each, w.wanted)
		}
		w.at++
		said := got[i*width : (i+1)*width]
		switch {
		case w.numbers != nil:
			want := b.Targets[i*width : (i+1)*width]
			if math.IsNaN(float64(want[0])) {
				continue // does not count
			}
			for k := range w.numbers {
				w.numbers[k].Add(unit, float64(want[k]), said[k])
			}
			a.Want, a.Said = slices.Clone(w.wanted[k*width:(k+1)*width]), inUnits(w.of, said)
		case b.Labels[i] < 0:
			continue // does not count
		case w.labels != nil:
			w.addBits(&a, unit, b.Labels[i], said)
		default:
			w.addClass(&a, unit, int(b.Labels[i]), int(said[0]))
		}
		if a.Right != nil && !*a.Right && len(w.mistakes) < mostMistakes {
			w.mistakes = append(w.mistakes, a)
		}
		if err := w.see(a); err != nil {
			return err
		}
	}
	return nil
}

// addBits takes in the bits of an answer, of which label has the right ones.
func (w *tally) addBits(a *Answer, unit int, label int32, said []float64) {
	want, decided := make([]int64, len(said)), make([]int64, len(said))
	for j := range said {
		want[j], decided[j] = int64(label>>j&1), int64(said[j])
	}
	right := w.labels.Add(want, decided)
	for j := range said {
		w.right.Count(unit, j < right) // in any order
	}
	a.Label, a.Decided = score.Named(w.labels.Names, want), score.Named(w.labels.Names, decided)
	a.Right = new(bool)
	*a.Right = right == len(said)
}

func (w *tally) addClass(a *Answer, unit, want, said int) {
	w.confusion.Add(want, said)
	w.right.Count(unit, want == said)
	a.Label, a.Decided = w.of.className(want), w.of.className(said)
	a.Right = new(bool)
	*a.Right = want == said
}

// score sums up. r has the loss, where the level has one.
func (w *tally) score(r network.Result) *Score {
	s := &Score{Split: w.split, Level: w.level, N: w.part.N, Counted: "sequences", Of: w.whose, Mistakes: w.mistakes, Regression: w.numbers != nil}
	if w.part.EachStep {
		s.Counted = "steps"
	}
	if r.Counted > 0 {
		s.Loss = r.Mean()
	}
	if w.numbers != nil {
		w.scoreNumbers(s)
		return s
	}
	s.Accuracy, s.Interval, s.Error = float64(w.right.Mean()), w.right.PartInterval(w.whose), score.Part(w.right.StandardError())
	if w.right.Answers() == 0 {
		s.Accuracy = 0
	}
	if w.labels != nil {
		s.Decisions, s.Labels = w.labels.Total(), w.labels.Scores()
		exact := w.labels.Exact()
		f1, baselineF1, baseline := score.LabelMeans(s.Labels)
		s.MacroF1, s.BaselineF1, s.Baseline, s.Exact = f1, &baselineF1, baseline, &exact
		return s
	}
	c := w.confusion
	s.Matrix, s.Confusion, s.Classes, s.Decisions = c, c.Counts, c.Scores(), c.Total()
	s.MacroF1 = score.MacroF1(s.Classes)
	if len(s.Classes) > 0 {
		s.Baseline = score.Part(float64(c.Of(c.Largest())) / float64(c.Total()))
	}
	return s
}

func (w *tally) scoreNumbers(s *Score) {
	residual := 0.0
	for k, name := range w.of.OutputNames() {
		gain := 1.0
		if w.of.Targets != nil {
			gain = w.of.Targets[k].Gain
		}
		o := w.numbers[k].Score(name, gain, w.whose)
		s.Outputs, s.Decisions = append(s.Outputs, o), w.numbers[k].Answers()
		s.R2 += o.R2 / score.Part(len(w.numbers))
		residual += w.numbers[k].Score(name, 1, w.whose).MSE / float64(len(w.numbers))
	}
	s.Loss = residual
}

// Package stream says how good decisions about recordings without end are, step by step, as people who deploy them ask: how
// often they are right, how soon they follow a change, how often they change for nothing, which events they find and how many
// they make up. It runs no model and makes no decision. Start with Rules and Tally; events.go says what an event is.
package stream

import (
	"math"
	"slices"

	"github.com/hrnnc/hrnnc/trainer/score"
)

// Recording is one recording, step by step.
type Recording struct {
	Unit int // of what is independent: recordings of one person have one number
	// Truth is the class of every step, -1 where it does not count. Decided is what was decided there, a class or below 0 for none.
	Truth, Decided []int32
}

// Rules say how decisions are judged.
type Rules struct {
	Classes    []string
	Background int     // the class that is no event; -1: all are
	Period     float64 // seconds a step
	Warmup     int     // so many steps at the beginning of every recording do not count
	Tolerance  int     // how many steps an event may be missed by
}

// Score is how good decisions are.
type Score struct {
	Recordings int     `json:"recordings"`
	Steps      int     `json:"steps"` // that count
	Hours      float64 `json:"hours"` // of them
	Warmup     float64 `json:"warmup_seconds"`
	Tolerance  float64 `json:"tolerance_seconds"`
	Background string  `json:"background,omitempty"`
	// Of steps. Interval is that of Accuracy, nil where all is of one person or recording.
	Accuracy  score.Part         `json:"accuracy"`
	Interval  *score.Interval    `json:"interval,omitempty"`
	MacroF1   score.Part         `json:"macro_f1"`
	Baseline  score.Part         `json:"baseline_accuracy"` // of always deciding the most frequent class
	Classes   []score.ClassScore `json:"classes"`
	Confusion [][]int            `json:"confusion"` // [true][decided]
	Delay     Delay              `json:"delay"`
	// Flicker are changes of the decision that no change of the truth calls for.
	Flicker score.RateScore `json:"flicker"`
	Events  Events          `json:"events"`
	ByClass []Events        `json:"events_by_class"`

	Matrix *score.Confusion `json:"-"` // Confusion with its names
	Of     string           `json:"-"` // what is independent, in the plural
}

// Delay is how long after a change of the truth the decision follows.
type Delay struct {
	Changes  int `json:"changes"`
	Followed int `json:"followed"` // of them: the decision became the new class before it ended
	// Median and P90 are the seconds in which half of the changes, and 90 % of them, are followed; null where fewer ever are.
	Median score.Part `json:"median_seconds"`
	P90    score.Part `json:"p90_seconds"`
}

// Tally judges recordings as they come.
type Tally struct {
	rules      Rules
	recordings int
	steps      int
	right      score.Ratio
	confusion  *score.Confusion
	delays     []int // in steps; never for a change that was not followed
	flicker    score.Rate
	events     eventTally
	byClass    []eventTally
}

const never = math.MaxInt

// New judges nothing yet.
func New(rules Rules) *Tally {
	return &Tally{rules: rules, confusion: score.NewConfusion(rules.Classes), byClass: make([]eventTally, len(rules.Classes))}
}

// Add takes in a recording.
func (t *Tally) Add(r Recording) {
	t.recordings++
	counted := t.addSteps(r)
	segments := segmentsOf(r.Truth)
	t.addDelays(r, segments)
	t.flicker.Add(r.Unit, t.needless(r, segments), t.rules.hours(counted))
	t.addEvents(r, segments)
}

func (r Rules) hours(steps int) float64 { return float64(steps) * r.Period / 3600 }

// addSteps judges every step, and gives how many count.
func (t *Tally) addSteps(r Recording) (counted int) {
	for s := t.rules.Warmup; s < len(r.Truth); s++ {
		if want := r.Truth[s]; want >= 0 {
			counted++
			t.confusion.Add(int(want), int(r.Decided[s]))
			t.right.Count(r.Unit, want == r.Decided[s])
		}
	}
	t.steps += counted
	return counted
}

// segment is a stretch of one class. Steps within it may not count; the first and the last do.
type segment struct {
	class    int32
	from, to int // steps; to is one behind the last
	gap      int // the first of the steps before it that do not count; from where there are none
}

// segmentsOf parts a recording where its class changes.
func segmentsOf(truth []int32) (out []segment) {
	for s, class := range truth {
		if class < 0 {
			continue
		}
		if n := len(out); n > 0 && out[n-1].class == class {
			out[n-1].to = s + 1
			continue
		}
		gap := 0
		if n := len(out); n > 0 {
			gap = out[n-1].to
		}
		out = append(out, segment{class, s, s + 1, gap})
	}
	return out
}

// addDelays looks when the decision follows each change of the truth.
func (t *Tally) addDelays(r Recording, segments []segment) {
	for k, s := range segments {
		if k == 0 || s.from < t.rules.Warmup {
			continue
		}
		delay := slices.Index(r.Decided[s.from:s.to], s.class)
		if delay < 0 {
			delay = never
		}
		t.delays = append(t.delays, delay)
	}
}

// needless counts the changes of the decision from one step that counts to the next, but for one into the class of each segment
// that begins with another decision.
func (t *Tally) needless(r Recording, segments []segment) (changes int) {
	before := int32(-1)
	for _, s := range segments {
		if s.to <= t.rules.Warmup {
			continue
		}
		from := max(s.from, t.rules.Warmup)
		if before < 0 {
			before = r.Decided[from]
		}
		needed := 0
		if before != s.class {
			needed = 1
		}
		made := 0
		for step := from; step < s.to; step++ {
			if r.Truth[step] >= 0 && r.Decided[step] != before {
				made++
				before = r.Decided[step]
			}
		}
		changes += max(0, made-needed)
	}
	return changes
}

// quantile gives the seconds that part p of some steps does not exceed; NaN where that is for ever.
func quantile(steps []int, p, period float64) score.Part {
	if len(steps) == 0 {
		return score.Part(math.NaN())
	}
	sorted := slices.Sorted(slices.Values(steps))
	d := sorted[max(0, int(math.Ceil(p*float64(len(sorted))))-1)]
	if d == never {
		return score.Part(math.NaN())
	}
	return score.Part(float64(d) * period)
}

// Score sums up; of names what is independent, in the plural.
func (t *Tally) Score(of string) Score {
	c := t.confusion
	out := Score{Recordings: t.recordings, Steps: t.steps, Hours: t.rules.hours(t.steps), Of: of,
		Warmup: float64(t.rules.Warmup) * t.rules.Period, Tolerance: float64(t.rules.Tolerance) * t.rules.Period,
		Accuracy: t.right.Mean(), Interval: t.right.PartInterval(of), Classes: c.Scores(), Confusion: c.Counts, Matrix: c,
		Flicker: t.flicker.Score(of), Baseline: score.Part(math.NaN())}
	if t.rules.Background >= 0 {
		out.Background = t.rules.Classes[t.rules.Background]
	}
	out.MacroF1 = score.MacroF1(out.Classes)
	if t.steps > 0 {
		out.Baseline = score.Part(float64(c.Of(c.Largest())) / float64(t.steps))
	}
	out.Delay = Delay{Changes: len(t.delays), Median: quantile(t.delays, 0.5, t.rules.Period), P90: quantile(t.delays, 0.9, t.rules.Period)}
	for _, d := range t.delays {
		if d != never {
			out.Delay.Followed++
		}
	}
	out.Events = t.events.score("", of, t.rules.Period)
	for class, e := range t.byClass {
		if class != t.rules.Background {
			out.ByClass = append(out.ByClass, e.score(t.rules.Classes[class], of, t.rules.Period))
		}
	}
	return out
}

package stream

import (
	"slices"

	"github.com/hrnnc/hrnnc/trainer/score"
)

// An event is a segment of a class other than the background's that begins after the warm-up. It is hit when the decision
// becomes its class from the tolerance before its beginning to the tolerance behind its end: a decision that was that class
// long before is none about this event. One decision hits one event, the first that it may. A decision for a class that hits
// none, and that did not come back to a class within an event of it, is a false alarm, where a step of it counts. sed_eval
// matches beginnings alike (Mesaros, Heittola, Virtanen, Applied Sciences 6(6), 2016); time an hour is taken of is that of the
// background, as for wake words, or where there is none, all that counts.

// Events is how well events of one class, or of all, are found.
type Events struct {
	Class       string          `json:"class,omitempty"`
	Events      int             `json:"events"`
	Hits        int             `json:"hits"`
	Misses      int             `json:"misses"`
	Recall      score.Part      `json:"recall"`
	Interval    *score.Interval `json:"recall_interval,omitempty"`
	Precision   score.Part      `json:"precision"` // hits of hits and false alarms
	F1          score.Part      `json:"f1"`
	FalseAlarms score.RateScore `json:"false_alarms"`
	// Latency is the median time from the beginning of an event to its hit, in seconds; below 0 where that comes before.
	Latency score.Part `json:"median_latency_seconds"`
}

// MissRate is the part of the events that is missed.
func (e Events) MissRate() score.Part { return 1 - e.Recall }

// eventTally counts events of one class, or of all.
type eventTally struct {
	found     score.Ratio
	alarms    score.Rate
	latencies []int // of the hits, in steps
}

// found is what became of the events of one class in one recording.
type found struct {
	hit       []bool // of the events after the warm-up, in order
	latencies []int  // of those that were hit
	alarms    int
}

func (e *eventTally) add(unit int, f found, hours float64) {
	for _, hit := range f.hit {
		e.found.Count(unit, hit)
	}
	e.latencies = append(e.latencies, f.latencies...)
	e.alarms.Add(unit, f.alarms, hours)
}

// decision is a stretch in which one class is decided.
type decision struct{ from, to int }

// decisionsFor gives the stretches of one class.
func decisionsFor(class int32, decided []int32) (out []decision) {
	for s, c := range decided {
		switch {
		case c != class:
		case s > 0 && decided[s-1] == class:
			out[len(out)-1].to = s + 1
		default:
			out = append(out, decision{s, s + 1})
		}
	}
	return out
}

// addEvents matches events and decisions of a recording, class by class.
func (t *Tally) addEvents(r Recording, segments []segment) {
	hours := t.rules.hours(t.quiet(r.Truth))
	var all found
	for class := range t.rules.Classes {
		if class == t.rules.Background {
			continue
		}
		f := t.find(r, int32(class), segments)
		t.byClass[class].add(r.Unit, f, hours)
		all.hit, all.latencies, all.alarms = append(all.hit, f.hit...), append(all.latencies, f.latencies...), all.alarms+f.alarms
	}
	t.events.add(r.Unit, all, hours)
}

// quiet counts the steps of the background, or where there is none, all that count.
func (t *Tally) quiet(truth []int32) (n int) {
	for s := t.rules.Warmup; s < len(truth); s++ {
		if b := t.rules.Background; truth[s] >= 0 && (b < 0 || int(truth[s]) == b) {
			n++
		}
	}
	return n
}

// find matches the events and the decisions of one class.
func (t *Tally) find(r Recording, class int32, segments []segment) (out found) {
	var events []segment
	for _, s := range segments {
		if s.class == class {
			events = append(events, s)
		}
	}
	const missed = never
	latency := slices.Repeat([]int{missed}, len(events))
	next := 0 // the first event that a later decision may be about
	for _, d := range decisionsFor(class, r.Decided) {
		for next < len(events) && events[next].to+t.rules.Tolerance <= d.from {
			next++
		}
		within, hits := false, -1
		for k := next; k < len(events) && hits < 0 && t.about(events[k], d); k++ {
			if within = true; latency[k] == missed {
				hits = k
			}
		}
		switch {
		case hits >= 0:
			latency[hits] = d.from - events[hits].from
		case !within && d.from >= t.rules.Warmup && counts(r.Truth[d.from:d.to]):
			out.alarms++
		}
	}
	for k, s := range events {
		if s.from < t.rules.Warmup {
			continue
		}
		out.hit = append(out.hit, latency[k] != missed)
		if latency[k] != missed {
			out.latencies = append(out.latencies, latency[k])
		}
	}
	return out
}

// about reports whether a decision that begins before the end of an event may be about it: it begins within the tolerance, or
// among the steps before the event that do not count and lasts until the event.
func (t *Tally) about(s segment, d decision) bool {
	return d.from >= s.from-t.rules.Tolerance || d.from >= s.gap && d.to > s.from
}

// counts reports whether some step does.
func counts(truth []int32) bool {
	return slices.ContainsFunc(truth, func(c int32) bool { return c >= 0 })
}

func (e *eventTally) score(class, of string, period float64) Events {
	out := Events{Class: class, Events: e.found.Answers(), Hits: len(e.latencies), Recall: e.found.Mean(), Interval: e.found.PartInterval(of),
		FalseAlarms: e.alarms.Score(of), Latency: quantile(e.latencies, 0.5, period)}
	out.Misses = out.Events - out.Hits
	out.Precision = ratio(out.Hits, out.Hits+out.FalseAlarms.Count)
	out.F1 = ratio(2*out.Hits, out.Events+out.Hits+out.FalseAlarms.Count)
	return out
}

func ratio(n, of int) score.Part { return score.Part(float64(n) / float64(of)) }

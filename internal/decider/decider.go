// Package decider turns the scores of a stream, step by step, into a decision that does not flicker: scores are smoothed, a class
// must lead by enough to take over, and then stays for a while. It is the one reference for what docs/numerics.md section 3 says
// ("The decide block"); generated code computes the same bits. Start with Settings and New; Real does it for floats.
package decider

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// The limits of settings.
const (
	MostHold   = 65535 // steps
	MostSmooth = 1024  // steps
)

// Settings is what a model says in its decide block.
type Settings struct {
	Hold      int     // steps after a change in which there is no other, 0 to MostHold
	Smooth    int     // S, the steps that scores are smoothed over: a power of two, 1 (not at all) to MostSmooth
	Threshold float64 // p, 0.5 to below 1: how probable the leader must be against the class decided on
	Start     int     // the first decision, or NoStart
}

// NoStart says that the first step's best class is the first decision.
const NoStart = -1

// Default is a block without settings: a class takes over as soon as it leads.
var Default = Settings{Smooth: 1, Threshold: 0.5, Start: NoStart}

// Check says which setting is beyond its limits, for decisions between so many classes.
func (s Settings) Check(classes int) error {
	switch {
	case s.Hold < 0 || s.Hold > MostHold:
		return fmt.Errorf("hold, %d, is none of 0 to %d steps", s.Hold, MostHold)
	case s.Smooth < 1 || s.Smooth > MostSmooth || bits.OnesCount(uint(s.Smooth)) != 1:
		return fmt.Errorf("smooth, %d, is none of 1, 2, 4, 8 to %d", s.Smooth, MostSmooth)
	case !(s.Threshold >= 0.5 && s.Threshold < 1):
		return fmt.Errorf("threshold, %v, is not from 0.5 to below 1", s.Threshold)
	case s.Start != NoStart && (s.Start < 0 || s.Start >= classes):
		return fmt.Errorf("start, %d, is none of the classes 0 to %d", s.Start, classes-1)
	}
	return nil
}

// Lead is by how much a class must lead in the logits, ln(p / (1-p)): where it has the probability p in a softmax of the two.
func (s Settings) Lead() float64 { return math.Log(s.Threshold / (1 - s.Threshold)) }

// Threshold is the p of a lead, the inverse of Settings.Lead.
func Threshold(lead float64) float64 { return 1 / (1 + math.Exp(-lead)) }

// Odd brings scores of odd steps to the unit of even ones where units alternate: 181 = round(2^8 / sqrt 2), three additions.
var Odd = arith.Requant{Mul: 181, Shift: 8}

// Rule is Settings in integers, for scores of a unit.
type Rule struct {
	Hold   int
	Smooth int           // log2 S
	Margin int64         // T: by how much an average, S times a score, must lead; at least 1
	Start  int           // or NoStart
	Odd    arith.Requant // of the scores of odd t (the first step is t = 1); arith.Identity where units do not alternate
}

// Rule gives the integers of settings. One of a score at even t is worth unit, and at odd t unit/sqrt(2) where it alternates.
func (s Settings) Rule(unit float64, alternates bool) (Rule, error) {
	margin := math.RoundToEven(s.Lead() / unit * float64(s.Smooth))
	if !(margin < 1<<62) {
		return Rule{}, fmt.Errorf("no score leads by the threshold, %v", s.Threshold)
	}
	r := Rule{Hold: s.Hold, Smooth: bits.TrailingZeros(uint(s.Smooth)), Margin: max(1, int64(margin)), Start: s.Start, Odd: arith.Identity}
	if alternates {
		r.Odd = Odd
	}
	return r, nil
}

// Average is the next one: a - round(a/S) + y, with the first halves up. Averages of scores from lo to hi stay from S*lo to S*hi.
func (r *Rule) Average(a, y int64) int64 {
	return a - arith.Requant{Mul: 1, Shift: r.Smooth}.Apply(a) + y
}

// Decider is a stream's decider. Its zero time is before the first step.
type Decider struct {
	Rule     Rule
	T        int     // steps done
	Averages []int64 // S times the smoothed scores, at the unit of even steps
	Class    int     // the decision; before the first step Start, or 0
	Rest     int     // steps in which it cannot change
	Changed  bool    // the last step changed it
}

// New gives a decider of the scores of a unit (see Settings.Rule).
func New(s Settings, unit float64, alternates bool) (*Decider, error) {
	r, err := s.Rule(unit, alternates)
	if err != nil {
		return nil, err
	}
	return r.New(), nil
}

// New gives a decider before the first step.
func (r *Rule) New() *Decider {
	return &Decider{Rule: *r, Class: max(0, r.Start)}
}

// Clone gives a decider in the same state, which goes its own way.
func (d *Decider) Clone() *Decider {
	out := *d
	out.Averages = slices.Clone(d.Averages)
	return &out
}

// Step takes the scores of a step, one a class, and gives the decision. The phase is that of the scores' unit: arith.Odd at odd t, of the
// oldest course where the model restarts.
func (d *Decider) Step(phase int, scores []int64) int {
	d.T++
	if d.T == 1 {
		d.Averages = make([]int64, len(scores))
	}
	best := 0
	for k, y := range scores {
		if phase == arith.Odd {
			y = d.Rule.Odd.Apply(y)
		}
		if d.T == 1 {
			d.Averages[k] = y << d.Rule.Smooth
		} else {
			d.Averages[k] = d.Rule.Average(d.Averages[k], y)
		}
		if d.Averages[k] > d.Averages[best] {
			best = k
		}
	}
	d.Changed = false
	switch {
	case d.T == 1 && d.Rule.Start == NoStart:
		d.Class = best
	case d.T == 1:
	case d.Rest > 0:
		d.Rest--
	case d.Averages[best]-d.Averages[d.Class] >= d.Rule.Margin:
		d.Class, d.Rest, d.Changed = best, d.Rule.Hold, true
	}
	return d.Class
}

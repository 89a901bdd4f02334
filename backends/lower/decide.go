package lower

import (
	"fmt"
	"math"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/ir"
)

// DecideError is a decide block that a model's outputs cannot meet. Help says what would be right.
type DecideError struct{ Reason, Help string }

func (e *DecideError) Error() string { return e.Reason }

// decide gives the integers of the decide block, nil where there is none: its widths are proven from those of the outputs, since
// averages never leave the range of the scores (decider.Rule.Average).
func (x *extractor) decide(r *Readout) (*Decide, error) {
	s := x.m.Output.Decide
	if s == nil {
		return nil, nil
	}
	rule, err := s.Rule(r.Unit.Unit, r.Unit.Parity)
	if err != nil {
		return nil, &DecideError{err.Error(), "choose a lower threshold"}
	}
	even, odd := x.table.Phases[arith.Even][x.m.Y], x.table.Phases[arith.Odd][x.m.Y]
	scores := make([]arith.Interval, len(even))
	var all arith.Interval
	for k := range scores {
		o := arith.Between(rule.Odd.Apply(odd[k].Lo), rule.Odd.Apply(odd[k].Hi))
		scores[k] = even[k].Union(o)
		all = all.Union(scores[k])
	}
	d := &Decide{Rule: rule, ScoreBits: all.Bits(), AverageBits: all.Bits() + rule.Smooth}
	if d.AverageBits+1 > ir.MaxBits {
		return nil, &WidthError{fmt.Sprintf("the average of %d outputs of %d bits does not fit %d bits", s.Smooth, d.ScoreBits, ir.MaxBits-1), "smooth over fewer steps, or " + fewerBits}
	}
	return d, reachable(rule, s, scores, x.m.Output.Labels, r.Unit.Unit)
}

// reachable reports a class that never leads by the margin, whatever the input.
func reachable(rule decider.Rule, s *decider.Settings, scores []arith.Interval, labels []string, unit float64) error {
	for k, mine := range scores {
		lowest := int64(math.MaxInt64)
		for other, i := range scores {
			if other != k {
				lowest = min(lowest, i.Lo)
			}
		}
		lead := mine.Hi - lowest // at most, of any two decisions
		if lead <= 0 || lead<<rule.Smooth >= rule.Margin || k == rule.Start {
			continue // without a lead no threshold is to blame
		}
		class := fmt.Sprintf("class %d", k)
		if len(labels) == len(scores) {
			class = fmt.Sprintf("class %d, %s,", k, labels[k])
		}
		most := decider.Threshold(unit * float64(lead))
		return &DecideError{fmt.Sprintf("%s never leads by the threshold, %v: its output leads another by %.3g at most, which is a probability of %.4g", class, s.Threshold, unit*float64(lead), most),
			fmt.Sprintf("write  threshold = %.2g,  or less", math.Floor(100*most)/100)}
	}
	return nil
}

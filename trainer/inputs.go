package trainer

import (
	"fmt"
	"math"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer/data"
)

const (
	// watchedSequences is how many training sequences the input's range is compared with.
	watchedSequences = 2000
	// clampedOften is the part of a channel's values from which clamping them deserves a warning.
	clampedOften = 0.01
	// mostLabels are counted; sets with more are generated, and have every class.
	mostLabels = 1 << 27
	// fewLevels is how many integers a channel must reach to either side; below it, rounding leaves little of it.
	fewLevels = 4
)

// DataWarnings says what of a data set does not suit a model, though it can be trained.
func DataWarnings(m *dsl.Model, set *data.Set) (out diag.List) {
	known := data.Find(set.Name)
	if set.Train.Windows() || known != nil && known.OfWindows() {
		steps := set.Train.T
		if set.Train.Stream() {
			steps = 0
		}
		if d := m.OnWindows(steps, set.Kind.Knows("window")); d != nil {
			out.Add(d)
		}
	}
	return append(append(out, classWarnings(m, set)...), InputWarnings(m, set, &set.Train, "normalise = channel  in the train block gives every channel variance 1, which  / 32  of an i8 suits; "+
		"or change the divisor of the input")...)
}

// InputWarnings compares a part's values with the integers of a model's input: channels of which many values are beyond its
// range, and channels of which rounding leaves next to nothing. help says what to do about it.
func InputWarnings(m *dsl.Model, set *data.Set, part *data.Sequences, help string) diag.List {
	if m.Input.Vocab > 0 || part.N == 0 {
		return nil
	}
	lo, hi := m.Input.Range()
	channels := watchInput(part, 1/m.Input.Scale, float64(lo), float64(hi))
	var beyond, lost []string
	for d, c := range channels {
		switch name := channelName(set, d); {
		case float64(c.clamped) > clampedOften*float64(c.n) && !(d < len(set.Channels) && set.Channels[d].Clamps):
			beyond = append(beyond, fmt.Sprintf("%s (%.2g to %.2g, %.0f %% of them)", name, c.lowest*m.Input.Scale, c.most*m.Input.Scale, 100*float64(c.clamped)/float64(c.n)))
		case c.inexact && c.most > c.lowest && max(c.most, -c.lowest) < fewLevels && float64(hi) >= 2*fewLevels:
			lost = append(lost, fmt.Sprintf("%s (%.2g to %.2g)", name, c.lowest*m.Input.Scale, c.most*m.Input.Scale))
		}
	}
	var out diag.List
	warn := func(names []string, text string) {
		if len(names) == 0 {
			return
		}
		out.Add(diag.At(m.Input.Span).Warningf("range", "%s: %s", text, listed(names)).
			Helpf("%s", help))
	}
	warn(beyond, fmt.Sprintf("values are clamped, since %s reaches from %.4g to %.4g only", m.Input.Name, float64(lo)*m.Input.Scale, float64(hi)*m.Input.Scale))
	warn(lost, fmt.Sprintf("values are rounded to a few integers, since one of %s is worth %.4g", m.Input.Name, m.Input.Scale))
	return out
}

// watched is what the values of a channel are, in units of the input.
type watched struct {
	n, clamped   int
	inexact      bool // some value is no integer
	lowest, most float64
}

func watchInput(s *data.Sequences, per, lo, hi float64) []watched {
	out := make([]watched, s.D)
	for d := range out {
		out[d].lowest, out[d].most = math.Inf(1), math.Inf(-1)
	}
	x := make([]float64, s.T*s.D)
	n := min(s.N, watchedSequences)
	for i := range n {
		s.Values(i*s.N/n, x)
		for j, v := range x {
			c, u := &out[j%s.D], v*per
			c.n++
			if u < lo-0.5 || u > hi+0.5 {
				c.clamped++
			}
			c.inexact = c.inexact || math.Abs(u-math.Round(u)) > 1e-3
			c.lowest, c.most = min(c.lowest, u), max(c.most, u)
		}
	}
	return out
}

func channelName(set *data.Set, d int) string {
	if d < len(set.Channels) && set.Channels[d].Name != "" {
		return set.Channels[d].Name
	}
	return fmt.Sprintf("value %d", d)
}

// listed names the first few.
func listed(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// classWarnings are about classes and outputs that do not go together, and about parts that lack classes.
func classWarnings(m *dsl.Model, set *data.Set) diag.List {
	if set.Train.N*set.Train.T > mostLabels {
		return nil
	}
	out := set.Warnings(set.CountClasses())
	if set.Classes == nil {
		return out
	}
	at := diag.At(m.Output.Span)
	switch rows, classes := m.Readout.Matrix.Shape[0], len(set.Classes); {
	case m.Output.Decision == ir.Threshold && rows == 1 && strings.EqualFold(m.Output.Name, set.Classes[0]):
		out.Add(at.Warningf("output", "the output is called %s, and is 1 for %s, which comes second in the data set", m.Output.Name, set.Classes[1]).
			Helpf("call it %s, or name the classes so that %s comes second in the alphabet", set.Classes[1], set.Classes[0]))
	case m.Output.Decision == ir.Argmax && rows > classes:
		out.Add(at.Warningf("data", "the model has %s, the data set %s", diag.Count(rows, "output"), diag.Count(classes, "class")).Helpf("give V %s", diag.Count(classes, "row")))
	}
	return out
}

package data

import (
	"fmt"
	"math"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// normaliseSet scales the channels of all parts, by what the training part is like when the options or the set say so.
func (p *pool) normaliseSet(s *Set, o *Options) {
	how := o.Normalise
	if how == "" {
		how = p.normalise
	}
	if m := o.Meaning; m != nil && len(m.Channels) == len(s.Channels) {
		for d, c := range m.Channels {
			s.Channels[d].Scale, s.Channels[d].Offset = c.Scale, c.Offset
		}
		setAffine(s)
		amplified(s, o.Amplify)
		return // what was done is in them
	}
	setAffine(s)
	if how == "channel" || how == "range" {
		stats := s.Train.measureValues(1, s.Train.channels)
		for d := range s.Channels {
			scale, offset := stats[d%s.Train.channels].affine(how)
			c := &s.Channels[d]
			c.Scale, c.Offset = c.Scale*scale, c.Offset*scale+offset
		}
		setAffine(s)
		to := map[string]string{"channel": "mean 0 and variance 1", "range": "-1 to 1"}[how]
		p.note("each channel scaled to %s over the training part", to)
	}
	if len(o.Amplify) > 0 {
		p.amplify(s, o.Amplify)
	}
}

// checkAmplify wants a factor for all values of a step, or one for each.
func checkAmplify(name string, by []float64, channels []Channel) error {
	if len(by) < 2 || len(by) == len(channels) {
		return nil
	}
	return fail(name, "").Errorf(code, "amplify has %d factors; values of a step: %d", len(by), len(channels)).
		Helpf("give one for all, or one for each:  %s", diag.Names(channelNames(channels)))
}

// amplify multiplies the values of a step, which a frame has several of.
func (p *pool) amplify(s *Set, by []float64) {
	for i := range s.Channels {
		c, factor := &s.Channels[i], factorOf(i, s, by)
		c.Scale, c.Offset = c.Scale*factor, c.Offset*factor
	}
	setAffine(s)
	amplified(s, by)
	p.note("values of a step amplified by %s", strings.Trim(fmt.Sprint(by), "[]"))
}

func factorOf(channel int, s *Set, by []float64) float64 { return by[channel%s.Train.channels%len(by)] }

// amplified marks the channels whose values are meant to be beyond the input's range.
func amplified(s *Set, by []float64) {
	for i := range s.Channels {
		s.Channels[i].Clamps = len(by) > 0 && factorOf(i, s, by) > 1
	}
}

// setAffine gives the parts the scales and offsets of the channels.
func setAffine(s *Set) {
	scale, offset := make([]float64, len(s.Channels)), make([]float64, len(s.Channels))
	for d, c := range s.Channels {
		scale[d], offset[d] = c.Scale, c.Offset
	}
	for _, part := range []*Sequences{&s.Train, &s.Valid, &s.Test} {
		part.scale, part.offset = scale, offset
	}
}

// statistics are those of one channel.
type statistics struct {
	n                   int
	sum, squares        float64 // about shift, so that a large mean costs no precision
	shift, lowest, most float64
}

// measure reads every so many-th sequence once, channel by channel.
func measure(s *Sequences, every int) []statistics {
	return s.measureValues(every, s.D)
}

// measureValues is measure where a step has several values of each of d channels.
func (s *Sequences) measureValues(every, d int) []statistics {
	x := make([]float64, s.T*s.D)
	return measureRows(s.N, every, d, func(i int) []float64 {
		s.Values(i, x)
		return x[:s.Steps(i)*s.D]
	})
}

func measureTargets(s *Sequences, every int) []statistics {
	y := make([]float64, s.answers()*s.Outputs)
	return measureRows(s.N, every, s.Outputs, func(i int) []float64 {
		s.Targets(i, y)
		return y
	})
}

// measureRows is of the d columns of what read gives for each sequence. NaN is what does not count.
func measureRows(n, every, d int, read func(i int) []float64) []statistics {
	out := make([]statistics, d)
	for i := 0; i < n; i += every {
		for j, v := range read(i) {
			if !isNaN(v) {
				out[j%d].add(v)
			}
		}
	}
	return out
}

func (c *statistics) add(v float64) {
	if c.n == 0 {
		c.shift, c.lowest, c.most = v, v, v
	}
	c.n++
	c.sum += v - c.shift
	c.squares += (v - c.shift) * (v - c.shift)
	c.lowest, c.most = min(c.lowest, v), max(c.most, v)
}

func (c *statistics) mean() float64 { return c.shift + c.sum/float64(c.n) }

// deviation is that of the population, as the literature's scripts divide by n.
func (c *statistics) deviation() float64 {
	m := c.sum / float64(c.n)
	return math.Sqrt(max(0, c.squares/float64(c.n)-m*m))
}

func (c *statistics) values() Values {
	return Values{c.lowest, c.most, c.mean(), c.deviation()}
}

// affine is what normalises the channel; one that never changes is only moved.
func (c *statistics) affine(how string) (scale, offset float64) {
	centre, width := c.mean(), c.deviation()
	if how == "range" {
		centre, width = (c.most+c.lowest)/2, (c.most-c.lowest)/2
	}
	if c.values().Constant() {
		width = 1
	}
	return 1 / width, -centre / width
}

package data

import (
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// order says where the values of each step lie within a stored sequence: step t is the d values at
// cells[t*d+j]. It is how images become steps, channels are chosen, and steps are left out or permuted.
type order struct {
	d     int
	cells []int32
	steps []int32 // the step that each was before any was left out or moved
}

// order is the set's own order of steps, with the layout and the channels that the options choose.
func (p *pool) order(name string, o *Options) (*order, error) {
	f := p.frame
	if f.image {
		return imageOrder(f, p.layoutOf(o)), nil
	}
	if p.vocabulary != nil {
		return newOrder(f.steps, 1, func(t, _ int) int { return t }), nil
	}
	channels, err := p.channelIndex(name, o)
	if err != nil {
		return nil, err
	}
	steps := f.steps
	if p.lengths != nil {
		steps = max(1, o.Subsample) * max(1, o.Frame) // of one step; all others are like it
	}
	return newOrder(steps, len(channels), func(t, j int) int { return t*f.channels + channels[j] }), nil
}

func newOrder(steps, d int, cell func(t, j int) int) *order {
	o := &order{d: d}
	for t := range steps {
		o.steps = append(o.steps, int32(t))
		for j := range d {
			o.cells = append(o.cells, int32(cell(t, j)))
		}
	}
	return o
}

func imageOrder(f frame, layout string) *order {
	lines, columns := f.steps, f.channels
	switch layout {
	case "rows":
		return newOrder(lines, columns, func(t, j int) int { return t*columns + j })
	case "columns":
		return newOrder(columns, lines, func(t, j int) int { return j*columns + t })
	}
	return newOrder(lines*columns, 1, func(t, _ int) int { return t })
}

// channelIndex is which stored channels a step has.
func (p *pool) channelIndex(name string, o *Options) ([]int, error) {
	var out []int
	wanted := o.Channels
	if len(wanted) == 0 {
		wanted = p.channelsUsed
	}
	if len(wanted) == 0 || slices.Equal(wanted, []string{"all"}) {
		for c := range p.channels {
			out = append(out, c)
		}
		return out, nil
	}
	var names []string
	for _, c := range p.channels {
		names = append(names, c.Name)
	}
	for _, w := range wanted {
		c := slices.Index(names, w)
		if n, err := strconv.Atoi(w); c < 0 && err == nil && n >= 0 && n < len(names) {
			c = n
		}
		if c < 0 {
			return nil, fail(name, "").Errorf(code, "there is no channel %q", w).Helpf("the channels are %s", diag.Names(names))
		}
		out = append(out, c)
	}
	return out, nil
}

// subsample keeps every k-th step.
func (o *order) subsample(k int) {
	var index []int
	for t := 0; t < len(o.steps); t += k {
		index = append(index, t)
	}
	o.choose(index)
}

// permute moves the steps as numpy.random.RandomState(seed).permutation does: new step t is old step permutation[t].
func (o *order) permute(seed uint32) { o.choose(numpyPermutation(seed, len(o.steps))) }

// frame joins every k steps to one, whose last step is what it is called by, and leaves out what is left over at the front.
func (o *order) frame(k int) {
	skip := len(o.steps) % k
	o.cells, o.d = o.cells[skip*o.d:], o.d*k
	var steps []int32
	for t := skip + k - 1; t < len(o.steps); t += k {
		steps = append(steps, o.steps[t])
	}
	o.steps = steps
}

func (o *order) choose(index []int) {
	cells, steps := make([]int32, 0, len(index)*o.d), make([]int32, 0, len(index))
	for _, t := range index {
		cells = append(cells, o.cells[t*o.d:(t+1)*o.d]...)
		steps = append(steps, o.steps[t])
	}
	o.cells, o.steps = cells, steps
}

// runs joins cells that follow each other.
func (o *order) runs() []run {
	var out []run
	for _, c := range o.cells {
		if last := len(out) - 1; last >= 0 && out[last].from+out[last].length == c {
			out[last].length++
			continue
		}
		out = append(out, run{c, 1})
	}
	return out
}

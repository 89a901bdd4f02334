package data

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// part says where a sequence belongs.
type part uint8

// The parts. A reader leaves unassigned what the files do not assign; split deals those.
const (
	unassigned part = iota
	train
	valid
	test
	unused // would tell the training part what the held-out part holds
	numParts
)

// pool is a data set as read: its sequences of all parts in one row.
type pool struct {
	kind Kind
	n    int
	// Storage of the sequences. x holds frame.size() values of each, or tokens.
	x, y       source
	frame      frame
	vocabulary []string
	// texts replaces x for text: the tokens are made once the training part is known.
	texts    *texts
	eachStep bool
	labels   bool // outputs are labels, each 0 or 1
	outputs  int
	targets  []string // names of the outputs, nil where they have none
	parts    []part
	filed    []part // as the files have them
	groups   []int32
	// personsKnown says that groups are persons, though each may have one recording.
	personsKnown bool
	persons      []string // names of the groups, by their number; nil where they have their own numbers
	// recordings and stretches say which recording each window is of, and which stretch of one label; nil for all but windows.
	recordings, stretches []int32
	lengths               []int32  // stored steps of each unbroken recording; nil for sequences of one length
	first                 []int32  // the step of its recording that each window begins with
	recordingNames        []string // as persons
	classes               []string
	channels              []Channel // of frame.channels, or the one of an image

	layout, normalise string   // the set's own choice
	channelsUsed      []string // the set's own choice, nil for all
	length            int      // tokens of a text
	padded            bool     // to the longest
	overlap           int      // how many windows before one share steps with it
	notes             []string
	hz                float64 // steps a second, as read; 0 where unknown
	timed             string  // as a set has it

	source, licence string
}

// Channels by number have no better name.
func numbered(n int, scale float64) []Channel {
	out := make([]Channel, n)
	for i := range out {
		out[i] = Channel{Name: strconv.Itoa(i), Scale: scale}
	}
	return out
}

// targetNames are those of the numbers to give.
func (p *pool) targetNames() []string {
	out := slices.Clone(p.targets)
	for k := len(out); k < p.outputs; k++ {
		what := "target "
		if p.labels {
			what = "label "
		}
		out = append(out, what+strconv.Itoa(k))
	}
	return out
}

// set deals the sequences to the parts and lays out their steps.
func (p *pool) set(name string, o Options) (*Set, error) {
	if p.n == 0 {
		return nil, fail(name, "").Errorf(code, "the data set has no sequence").Helpf("check its files and the window")
	}
	if p.n > math.MaxInt32 {
		return nil, fail(name, "").Errorf(code, "%d sequences are too many", p.n).Helpf("use fewer, or a longer stride")
	}
	if o.Unlabelled {
		p.forgetAnswers()
	}
	indices, err := p.deal(name, &o)
	if err != nil {
		return nil, err
	}
	if p.texts != nil {
		if err := p.encode(name, indices[train], &o); err != nil {
			return nil, err
		}
	}
	every, err := p.sequences(name, &o)
	if err != nil {
		return nil, err
	}
	if err := p.checkAugment(name, &o, every.channels); err != nil {
		return nil, err
	}
	if err := p.classesAs(name, o.Meaning, every); err != nil {
		return nil, err
	}
	s := &Set{Name: name, Kind: p.kind, Classes: p.classes, Hz: cmp.Or(o.Hz, p.hz), Timed: p.timed, Vocabulary: p.vocabulary, Source: p.source, Licence: p.licence,
		Train: every.choose(indices[train]), Valid: every.choose(indices[valid]), Test: every.choose(indices[test])}
	if p.outputs > 0 {
		s.Labels = p.labels
		s.Targets = p.targetNames()
	}
	if p.vocabulary == nil {
		if s.Channels, err = p.chosenChannels(name, &o); err != nil {
			return nil, err
		}
		if err := p.channelsAs(name, o.Meaning, s.Channels, o.Frame); err != nil {
			return nil, err
		}
		if o.Meaning == nil {
			if err := checkAmplify(name, o.Amplify, s.Channels); err != nil {
				return nil, err
			}
		}
		if o.Augment.Rotate > 0 && o.Meaning == nil {
			if s.Train.sensors, err = findSensors(name, s.Channels); err != nil {
				return nil, err
			}
			p.note("%s are turned at random", diag.Names(s.Train.sensors.names()))
		}
		s.Channels = framed(s.Channels, o.Frame)
		p.normaliseSet(s, &o)
	}
	if s.Notes = p.notes; p.padded || p.texts != nil {
		s.Length = p.frame.steps
	}
	return s, nil
}

// checkAugment refuses to change training sequences of d channels so much that nothing may be left of them.
func (p *pool) checkAugment(name string, o *Options, d int) error {
	if o.Meaning != nil {
		return nil // nothing is trained
	}
	if shift := o.Augment.Shift; !p.frame.image && shift >= p.frame.steps && shift > 0 {
		return fail(name, "").Errorf(code, "augment_shift is 0 to %d for sequences of %s, not %d", p.frame.steps-1, diag.Count(p.frame.steps, "step"), shift).Helpf("a few steps are enough")
	}
	if n := len(o.Augment.Drop); n > 1 && n != d {
		return fail(name, "").Errorf(code, "augment_drop has %s; channels: %d", diag.Count(n, "probability"), d).Helpf("give one for all, or one for each")
	}
	if len(o.Augment.Drop) > 0 && slices.Max(o.Augment.Drop) > 0 && d == 1 {
		return fail(name, "").Errorf(code, "augment_drop would blank whole sequences: they have one channel").Helpf("remove it; augment_noise and augment_scale suit one channel")
	}
	return nil
}

// forgetAnswers leaves the sequences alone: one part, and -1 for the label of each.
func (p *pool) forgetAnswers() {
	p.y, p.classes, p.outputs, p.eachStep = unanswered{}, nil, 0, false
	for i, of := range p.parts {
		if of != unused {
			p.parts[i] = unassigned
		}
	}
}

// sequences lays out the steps of all sequences in the way the options say.
func (p *pool) sequences(name string, o *Options) (*Sequences, error) {
	every := max(1, o.Subsample) * max(1, o.Frame)
	s := &Sequences{N: p.n, Vocabulary: len(p.vocabulary), EachStep: p.eachStep, Outputs: p.outputs, Groups: p.groups,
		x: p.x, y: p.y, frame: p.frame}
	order, err := p.order(name, o)
	if err != nil {
		return nil, err
	}
	s.D = order.d
	if o.Subsample > 1 {
		order.subsample(o.Subsample)
		p.note("every %d. step", o.Subsample)
	}
	if o.Permute > 0 {
		order.permute(uint32(o.Permute))
		p.note("steps permuted by numpy.random.RandomState(%d).permutation(%d)", o.Permute, len(order.steps))
	}
	s.channels = order.d
	if o.Frame > 1 {
		if o.Frame > len(order.steps) {
			return nil, fail(name, "").Errorf(code, "frame = %d joins more steps than a sequence has, which are %d", o.Frame, len(order.steps)).
				Helpf("choose a smaller  frame")
		}
		order.frame(o.Frame)
		s.D = order.d
		p.note("%s joined to one", diag.Count(o.Frame, "step"))
	}
	if s.T, s.pick = len(order.steps), order.runs(); p.lengths != nil {
		s.T, s.stream = p.unbroken(int(order.steps[0]), every)
	}
	first := 0
	if o.Permute == 0 && len(order.steps) > 0 { // permuted steps count as the model takes them
		first = int(order.steps[0])
	}
	s.origins = p.remember(first, every)
	if p.eachStep && (o.Subsample > 1 || o.Permute > 0 || o.Frame > 1) {
		s.steps = order.steps
	}
	return s, nil
}

// note adds a note, once: the files of a folder give rise to the same ones.
func (p *pool) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(p.notes, n) {
		p.notes = append(p.notes, n)
	}
}

// chosenChannels are the channels of a step.
func (p *pool) chosenChannels(name string, o *Options) ([]Channel, error) {
	if p.frame.image {
		return p.imageChannels(o), nil
	}
	index, err := p.channelIndex(name, o)
	if err != nil {
		return nil, err
	}
	out := make([]Channel, len(index))
	for j, c := range index {
		out[j] = p.channels[c]
	}
	return out, nil
}

// framed are the channels of k joined steps.
func framed(channels []Channel, k int) []Channel {
	if k <= 1 {
		return channels
	}
	var out []Channel
	for t := range k {
		for _, c := range channels {
			c.Name += stepOf(t, k)
			out = append(out, c)
		}
	}
	return out
}

// stepOf is what follows the name of a channel at step t of k that are joined.
func stepOf(t, k int) string { return fmt.Sprintf(", step %d of %d", t+1, k) }

// imageChannels names the pixels of a step: all have the scale of the one channel of the image.
func (p *pool) imageChannels(o *Options) []Channel {
	pixel := p.channels[0]
	n, what := 1, ""
	switch p.layoutOf(o) {
	case "rows":
		n, what = p.frame.channels, "column "
	case "columns":
		n, what = p.frame.steps, "row "
	default:
		return []Channel{pixel}
	}
	out := slices.Repeat([]Channel{pixel}, n)
	for i := range out {
		out[i].Name = what + strconv.Itoa(i)
	}
	return out
}

func (p *pool) layoutOf(o *Options) string {
	if o.Layout != "" {
		return o.Layout
	}
	return p.layout
}

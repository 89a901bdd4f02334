package data

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// series gathers sequences of d values a step, which may differ in their steps, with one answer each.
type series struct {
	o        *Options
	p        *pool
	d        int // 0 before the first sequence
	values   []float64
	cuts     []cut
	labels   *files.Words
	classes  []int32 // a label each, numbers of labels; -1 for none
	targets  []float64
	outputs  int
	channels []string       // names; nil for numbers
	places   []diag.Builder // of the sequences
}

func newSeries(name string, o *Options) *series {
	return &series{o: o, p: &pool{kind: Series | Streams | Varied, source: name}, labels: files.NewWords()}
}

// add takes a sequence in: its values step by step, a missing one NaN.
func (s *series) add(at diag.Builder, values []float64, label int32, of part) {
	s.places = append(s.places, at)
	s.cuts = append(s.cuts, cut{from: len(s.values) / s.d, steps: len(values) / s.d, part: of, recording: int32(len(s.cuts)), group: int32(len(s.cuts))})
	s.values = append(s.values, values...)
	s.classes = append(s.classes, label)
}

// finish makes a pool of the sequences: all of them, padded in front to the longest or to  length,  or windows of them.
func (s *series) finish(name string) (*pool, error) {
	if len(s.cuts) == 0 {
		return nil, fail(name, "").Errorf(code, "has no sequence").Helpf("check that it is the right file")
	}
	p := s.p
	if s.outputs == 0 && !s.o.Unlabelled {
		numbers, classes := s.labels.AsClasses(s.classes)
		p.classes = classes
		if err := checkClasses(fail(name, ""), classes); len(classes) > 0 && err != nil {
			return nil, err
		}
		for i := range s.cuts {
			s.cuts[i].label = numbers[i]
		}
	}
	p.channels = named(s.channels, s.unit)
	if s.channels == nil {
		p.channels = numbered(s.d, s.unit(0))
	}
	g := &gapped{x: s.values, d: s.d, cuts: s.cuts, steps: s.o.Window > 0 || s.o.Stream, place: s.place, value: s.value,
		named: func(c int) string { return "dimension " + p.channels[c].Name }}
	if err := g.resolve(p, s.o.Missing); err != nil {
		return nil, err
	}
	rec := recordings{values: files.Exactly(s.values, s.d), d: s.d, cuts: used(g.cuts)}
	if len(rec.cuts) == 0 {
		return nil, fail(name, "").Errorf(code, "no sequence is left: all lack values").Helpf("missing = interpolate  fills them in")
	}
	if s.outputs > 0 {
		rec.answers, rec.width, rec.ofCuts = files.Exactly(s.targets, s.outputs), s.outputs, true
		p.outputs = s.outputs
	}
	length := s.o.Length
	if length == 0 && s.o.Window == 0 && !s.o.Stream && (s.o.Meaning.length() > 0 || !rec.equal()) {
		p.padded = true
		length = cmp.Or(s.o.Meaning.length(), rec.longest())
		p.note("sequences have %d to %s", rec.shortest(), diag.Count(rec.longest(), "step"))
	}
	laid := *s.o
	laid.Length = length
	if err := rec.lay(name, p, &laid); err != nil {
		return nil, err
	}
	if s.o.Window == 0 && !s.o.Stream { // sequences, not recordings
		p.groups, p.recordings, p.stretches = nil, nil, nil
		p.kind &^= Grouped
	}
	return p, nil
}

// place is the sequence that a step is of.
func (s *series) place(step int) diag.Builder {
	i, _ := slices.BinarySearchFunc(s.cuts, step+1, func(c cut, step int) int { return cmp.Compare(c.from+c.steps, step) })
	return s.places[i]
}

// value says what value i is.
func (s *series) value(i int) string {
	k, _ := slices.BinarySearchFunc(s.cuts, i/s.d+1, func(c cut, step int) int { return cmp.Compare(c.from+c.steps, step) })
	return fmt.Sprintf("step %d of dimension %s", i/s.d-s.cuts[k].from, s.p.channels[i%s.d].Name)
}

// unit is what one count in the file is worth.
func (s *series) unit(int) float64 {
	if s.o.Unit == 0 {
		return 1
	}
	return s.o.Unit
}

func (r recordings) equal() bool {
	return !slices.ContainsFunc(r.cuts, func(c cut) bool { return c.steps != r.cuts[0].steps })
}

func (r recordings) longest() (most int) {
	for _, c := range r.cuts {
		most = max(most, c.steps)
	}
	return most
}

func (r recordings) shortest() int {
	least := r.longest()
	for _, c := range r.cuts {
		least = min(least, c.steps)
	}
	return least
}

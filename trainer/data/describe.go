package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
)

// Description is what a report says of a data set.
type Description struct {
	Name    string `json:"name"`
	Source  string `json:"source"`
	Licence string `json:"licence,omitempty"`
	// Train, Valid and Test are the numbers of sequences.
	Train      int  `json:"train"`
	Valid      int  `json:"valid"`
	Test       int  `json:"test"`
	Steps      int  `json:"steps"`
	Inputs     int  `json:"inputs"`
	Vocabulary int  `json:"vocabulary,omitempty"`
	EachStep   bool `json:"each_step"`
	Outputs    int  `json:"outputs,omitempty"`
	// LabelledSteps is the number of steps of the training part that count, when each step has a label: all but those of -1.
	LabelledSteps int `json:"labelled_steps,omitempty"`
	// TrainingSteps are all of them. Of unbroken recordings, Steps are those of the longest of any part.
	TrainingSteps int             `json:"training_steps"`
	Stream        bool            `json:"stream,omitempty"`
	Parts         []Part          `json:"parts"`
	Classes       []ClassCount    `json:"classes,omitempty"`
	Labels        []ClassCount    `json:"labels,omitempty"` // of several at once
	Targets       []TargetValues  `json:"targets,omitempty"`
	Channels      []ChannelValues `json:"channels,omitempty"`
	Notes         []string        `json:"notes,omitempty"`
}

// ClassCount is a class and how many sequences of each part have it, or how many steps when each step has a label.
type ClassCount struct {
	Name  string `json:"name"`
	Train int    `json:"train"`
	Valid int    `json:"valid"`
	Test  int    `json:"test"`
}

// Part is what a part of a set is of.
type Part struct {
	Name       string   `json:"name"` // training, validation or test
	Sequences  int      `json:"sequences"`
	Persons    []string `json:"persons,omitempty"`    // nil where they are unknown
	Recordings []string `json:"recordings,omitempty"` // nil where they are unknown
}

// ChannelValues is what the values of a channel are like in the training part.
type ChannelValues struct {
	Channel
	Values
}

// TargetValues is what a number to give is like in the training part.
type TargetValues struct {
	Name string `json:"name"`
	Values
}

// Values is what numbers are like.
type Values struct {
	Min       float64 `json:"min"`
	Max       float64 `json:"max"`
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"deviation"`
}

// Constant reports whether the numbers never change, but for the last bits of a float64.
func (v Values) Constant() bool {
	return v.Max-v.Min <= max(1e-15*max(v.Max, -v.Min), 1e-300)
}

// Fingerprint is a hash of the set: its parts, scales and classes, and every so many-th sequence of its training part.
func (s *Set) Fingerprint() string {
	h := sha256.New()
	t := &s.Train
	fmt.Fprintln(h, s.Name, s.Classes, s.Channels, len(s.Vocabulary), t.N, t.T, t.D, s.Valid.N, s.Test.N)
	values, tokens := make([]float64, t.T*t.D), make([]int32, t.T)
	labels, targets := make([]int32, t.T), make([]float64, t.T*max(t.Outputs, 1))
	for i := 0; i < t.N; i += 1 + t.N/fingerprintSequences {
		if t.Vocabulary > 0 {
			t.Tokens(i, tokens)
			fmt.Fprintln(h, tokens)
		} else {
			t.Values(i, values)
			fmt.Fprintln(h, values)
		}
		if t.Outputs > 0 {
			t.Targets(i, targets)
			fmt.Fprintln(h, targets)
		} else {
			t.Labels(i, labels)
			fmt.Fprintln(h, labels)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Digest is a hash of all that training and validation see: every value, token, label and number of the two parts, whatever the set
// is called and wherever it lies.
func (s *Set) Digest() string {
	h := sha256.New()
	fmt.Fprintln(h, s.Classes, s.Targets, s.Labels, s.Channels, s.Vocabulary)
	for _, part := range []*Sequences{&s.Train, &s.Valid} {
		fmt.Fprintln(h, part.N, part.T, part.D, part.Vocabulary, part.EachStep, part.Outputs)
		values, tokens := make([]float64, part.T*part.D), make([]int32, part.T)
		labels, targets := make([]int32, part.answers()), make([]float64, part.answers()*max(part.Outputs, 1))
		var buf []byte
		for i := range part.N {
			buf = binary.LittleEndian.AppendUint32(buf[:0], uint32(part.Steps(i)))
			if part.Vocabulary > 0 {
				part.Tokens(i, tokens)
				buf = appendInts(buf, tokens)
			} else {
				part.Values(i, values)
				buf = appendFloats(buf, values)
			}
			if part.Outputs > 0 {
				part.Targets(i, targets)
				buf = appendFloats(buf, targets)
			} else {
				part.Labels(i, labels)
				buf = appendInts(buf, labels)
			}
			h.Write(buf)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func appendFloats(buf []byte, values []float64) []byte {
	for _, v := range values {
		buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(v))
	}
	return buf
}

func appendInts(buf []byte, values []int32) []byte {
	for _, v := range values {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(v))
	}
	return buf
}

// fingerprintSequences is about how many sequences a fingerprint is taken of.
const fingerprintSequences = 256

// describedValues is about how many training values are read to describe them; of a larger set, sequences at equal
// distances.
const describedValues = 1 << 26

// Describe reads what a report says of a set.
func (s *Set) Describe() Description {
	t := &s.Train
	d := Description{Name: s.Name, Source: s.Source, Licence: s.Licence, Train: t.N, Valid: s.Valid.N, Test: s.Test.N,
		Steps: t.T, Inputs: t.D, Vocabulary: t.Vocabulary, EachStep: t.EachStep, Outputs: t.Outputs, Stream: t.Stream(), Notes: s.Notes}
	for i := range t.N {
		d.TrainingSteps += t.Steps(i)
	}
	switch {
	case s.Labels:
		d.Labels = s.CountClasses()
	case t.Outputs > 0:
		d.Targets = s.targetValues(1 + t.N*t.answers()*t.Outputs/describedValues)
	default:
		d.Classes = s.CountClasses()
		for _, c := range d.Classes {
			if t.EachStep {
				d.LabelledSteps += c.Train
			}
		}
	}
	for i, part := range s.parts() {
		persons, recordings := part.sources()
		d.Parts = append(d.Parts, Part{partNames[i], part.N, persons, recordings})
	}
	if t.Vocabulary > 0 {
		return d
	}
	for c, m := range measure(t, 1+t.N*t.T*t.D/describedValues) {
		d.Channels = append(d.Channels, ChannelValues{s.Channels[c], m.values()})
	}
	return d
}

// TargetValues measures the numbers that the training part should give, output by output.
func (s *Set) TargetValues() []TargetValues { return s.targetValues(1) }

func (s *Set) targetValues(every int) (out []TargetValues) {
	for k, m := range measureTargets(&s.Train, every) {
		out = append(out, TargetValues{s.Targets[k], m.values()})
	}
	return out
}

// partNames are what the parts are called, in the order of parts.
var partNames = [...]string{"training", "validation", "test"}

func (s *Set) parts() []*Sequences { return []*Sequences{&s.Train, &s.Valid, &s.Test} }

// CountClasses counts the classes in every part, or the labels of which there may be several at once; nil for a set without.
func (s *Set) CountClasses() []ClassCount {
	names, count := s.Classes, (*Sequences).countLabels
	if s.Labels {
		names, count = s.Targets, (*Sequences).countOnes
	}
	if names == nil {
		return nil
	}
	var counts [3][]int
	for k, part := range s.parts() {
		counts[k] = count(part, len(names))
	}
	out := make([]ClassCount, len(names))
	for c, name := range names {
		out[c] = ClassCount{name, counts[0][c], counts[1][c], counts[2][c]}
	}
	return out
}

// countLabels counts the labels of each class that count.
func (s *Sequences) countLabels(classes int) []int {
	out, labels := make([]int, classes), make([]int32, s.answers())
	for i := range s.N {
		s.Labels(i, labels)
		for _, class := range labels {
			if class >= 0 {
				out[class]++
			}
		}
	}
	return out
}

// countOnes counts the answers that have each label.
func (s *Sequences) countOnes(labels int) []int {
	out, row := make([]int, labels), make([]float64, s.answers()*labels)
	for i := range s.N {
		s.Targets(i, row)
		for k, v := range row {
			out[k%labels] += int(v)
		}
	}
	return out
}

// Lacking names the classes that each part has none of, by the part's name. Empty parts are left out.
func (s *Set) Lacking(counts []ClassCount) map[string][]string {
	out := map[string][]string{}
	for k, part := range s.parts() {
		for _, c := range counts {
			if part.N > 0 && [...]int{c.Train, c.Valid, c.Test}[k] == 0 {
				out[partNames[k]] = append(out[partNames[k]], c.Name)
			}
		}
	}
	return out
}

package data

import "slices"

// Sequences are N sequences of T steps (recordings that are read unbroken may have fewer: Steps), with what is to be learned of each: a class or numbers, for the
// whole sequence or for every step. Steps are D values, or one token. Values stay in their stored type (bytes for
// images) and are converted when read. Reading is safe from several goroutines.
type Sequences struct {
	N, T, D int
	// Vocabulary is the number of tokens, 0 when the steps are values.
	Vocabulary int
	// EachStep says that every step has labels or targets, not the sequence as a whole.
	EachStep bool
	// Outputs is the number of targets (regression), 0 when there are labels.
	Outputs int
	// Groups is the person, speaker or recording that each sequence is from, length N; nil when unknown.
	Groups []int32

	// channels is how many of the D values are of one step before steps are joined to frames.
	channels int
	origins  *origins
	x, y     source
	index    []int32 // which sequence of x and y each is; nil: the same
	pick     []run   // where the T*D values lie within a sequence of x, in order
	steps    []int32 // which step of y each is, when EachStep; nil: the same
	// relabel is the class that each class of y is; nil: the same
	relabel []int32
	stream  *stream  // of unbroken recordings; nil for sequences of one length
	sensors *sensors // that  augment_rotate  turns; nil: none
	frame   frame
	scale   []float64 // of each channel; nil: 1 and 0
	offset  []float64
}

// run is a stretch of values that lie one after the other in a sequence as stored.
type run struct{ from, length int32 }

// frame is how a sequence lies in storage, before steps and channels are picked: steps by channels, or lines by
// columns of an image.
type frame struct {
	steps, channels int
	image           bool
}

func (f frame) size() int { return f.steps * f.channels }

// Values gives the T*D values of sequence i, step by step, in real units: dst[t*D+d].
func (s *Sequences) Values(i int, dst []float64) {
	dst = dst[:s.T*s.D]
	if s.stream != nil {
		s.Piece(i, 0, dst)
		return
	}
	if len(s.pick) == 1 {
		s.x.Floats(s.at(i), int(s.pick[0].from), dst)
	} else {
		s.gather(s.Raw(i), dst)
	}
	s.affine(dst)
}

// Converted gives the same sequences with values in another unit: scale times the number in the file plus offset, for each of
// the D channels.
func (s *Sequences) Converted(scale, offset []float64) *Sequences {
	out := *s
	out.scale, out.offset = scale, offset
	return &out
}

// Per gives the same sequences with values that count units.
func (s *Sequences) Per(unit float64) *Sequences {
	scale, offset := make([]float64, s.D), make([]float64, s.D)
	for d := range scale {
		scale[d] = 1 / unit
		if s.scale != nil {
			scale[d], offset[d] = s.scale[d]/unit, s.offset[d]/unit
		}
	}
	return s.Converted(scale, offset)
}

// Stored says how sequences lie in storage, before steps are picked and joined: their steps, 0 where they are images, and the values of
// one that a step is made of.
func (s *Sequences) Stored() (steps, channels int) {
	if s.frame.image {
		return 0, s.channels
	}
	return s.frame.steps, s.channels
}

// Image says how images become steps: their lines and columns, and where in one, line by line, each of the T*D values lies. lines is 0
// where sequences are no images.
func (s *Sequences) Image() (lines, columns int, pixels []int) {
	if !s.frame.image {
		return 0, 0, nil
	}
	for _, r := range s.pick {
		for k := range r.length {
			pixels = append(pixels, int(r.from+k))
		}
	}
	return s.frame.steps, s.frame.channels, pixels
}

// Affine gives the gain and the offset that make each of the D values of a step of the number in the file.
func (s *Sequences) Affine() (gain, offset []float64) {
	if s.scale == nil {
		return slices.Repeat([]float64{1}, s.D), make([]float64, s.D)
	}
	return s.scale, s.offset
}

// Raw reads all of a sequence as it lies in storage.
func (s *Sequences) Raw(i int) []float64 {
	raw := make([]float64, s.frame.size())
	s.x.Floats(s.at(i), 0, raw)
	return raw
}

// gather picks the values of the steps from a stored sequence.
func (s *Sequences) gather(raw, dst []float64) {
	at := 0
	for _, r := range s.pick {
		at += copy(dst[at:], raw[r.from:r.from+r.length])
	}
}

// affine turns stored numbers into real values.
func (s *Sequences) affine(x []float64) {
	if s.scale == nil {
		return
	}
	if s.D == 1 {
		scale, offset := s.scale[0], s.offset[0]
		for j, v := range x {
			x[j] = float64(v*scale) + offset // two roundings: never one multiply-add
		}
		return
	}
	for t := 0; t < len(x); t += s.D {
		for d, v := range x[t : t+s.D] {
			x[t+d] = float64(v*s.scale[d]) + s.offset[d]
		}
	}
}

// Tokens gives the T tokens of sequence i, each 0 to Vocabulary-1.
func (s *Sequences) Tokens(i int, dst []int32) {
	at := 0
	for _, r := range s.pick {
		s.x.Ints(s.at(i), int(r.from), dst[at:at+int(r.length)])
		at += int(r.length)
	}
}

// Labels gives the class of sequence i in dst[0], or of every step in dst[:T] when EachStep, where -1 is a step that
// does not count.
func (s *Sequences) Labels(i int, dst []int32) {
	switch {
	case !s.EachStep:
		s.y.Ints(s.at(i), 0, dst[:1])
	case s.stream != nil:
		s.PieceLabels(i, 0, dst[:s.T])
		return
	case s.steps == nil:
		s.y.Ints(s.at(i), 0, dst[:s.T])
	default:
		for t, from := range s.steps {
			s.y.Ints(s.at(i), int(from), dst[t:t+1])
		}
	}
	s.renumber(dst[:s.answers()])
}

// Label is the class of sequence i, or of its last step when EachStep.
func (s *Sequences) Label(i int) int32 {
	var label [1]int32
	if s.EachStep && s.stream != nil {
		s.PieceLabels(i, s.Steps(i)-1, label[:])
		return label[0]
	}
	last := 0
	if s.EachStep {
		last = s.T - 1
		if s.steps != nil {
			last = int(s.steps[last])
		}
	}
	s.y.Ints(s.at(i), last, label[:])
	s.renumber(label[:])
	return label[0]
}

// answers is how many labels a sequence has, or rows of targets.
func (s *Sequences) answers() int {
	if s.EachStep {
		return s.T
	}
	return 1
}

// Targets gives the Outputs numbers that sequence i should give, or T*Outputs, step by step, when EachStep.
func (s *Sequences) Targets(i int, dst []float64) {
	switch {
	case !s.EachStep:
		s.y.Floats(s.at(i), 0, dst[:s.Outputs])
	case s.stream != nil:
		s.PieceTargets(i, 0, dst[:s.T*s.Outputs])
	case s.steps == nil:
		s.y.Floats(s.at(i), 0, dst[:s.T*s.Outputs])
	default:
		for t, from := range s.steps {
			s.y.Floats(s.at(i), int(from)*s.Outputs, dst[t*s.Outputs:(t+1)*s.Outputs])
		}
	}
}

func (s *Sequences) at(i int) int {
	if s.index == nil {
		return i
	}
	return int(s.index[i])
}

// choose gives the sequences with the given numbers, in that order.
func (s *Sequences) choose(index []int32) Sequences {
	out := *s
	out.N, out.index, out.Groups = len(index), index, nil
	if s.Groups == nil {
		return out
	}
	out.Groups = make([]int32, len(index))
	for j, i := range index {
		out.Groups[j] = s.Groups[i]
	}
	return out
}

// Joined is a part followed by at most so many sequences of another part of the same set, at equal distances.
func (s *Sequences) Joined(other *Sequences, most int) *Sequences {
	out := *s
	out.index, out.Groups = nil, nil
	for i := range s.N {
		out.index = append(out.index, int32(s.at(i)))
	}
	n := min(most, other.N)
	for i := range n {
		out.index = append(out.index, int32(other.at(i*other.N/n)))
	}
	out.N = len(out.index)
	return &out
}

package data

import (
	"cmp"
	"math"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// Recordings read unbroken (stream = yes) are sequences of different lengths with an answer at every step. T is that of the longest.
// Behind its end a recording begins again, so that values stay like those of a sensor, and no step there counts: its label is -1, its
// targets are NaN.

// stream says where the steps of unbroken recordings lie.
type stream struct {
	lengths []int32 // steps of each stored sequence
	every   int     // stored steps of one step
	answer  int     // which of them has its answer
}

// Stream reports whether the sequences are unbroken recordings.
func (s *Sequences) Stream() bool { return s.stream != nil }

// Steps is how many steps of sequence i are its own: all T, or those of an unbroken recording, which may be fewer.
func (s *Sequences) Steps(i int) int {
	if s.stream == nil {
		return s.T
	}
	return int(s.stream.lengths[s.at(i)])
}

// Piece gives the values of an unbroken recording from a step on, as Values does: as many as dst takes.
func (s *Sequences) Piece(i, from int, dst []float64) {
	steps, width := s.Steps(i), s.stream.every*s.frame.channels
	contiguous := len(s.pick) == 1 && int(s.pick[0].length) == width
	for at := from % steps; len(dst) > 0; at = 0 {
		n := min(steps-at, len(dst)/s.D)
		if contiguous {
			s.x.Floats(s.at(i), at*width, dst[:n*s.D])
		} else {
			s.gatherSteps(i, at, dst[:n*s.D])
		}
		s.affine(dst[:n*s.D])
		dst = dst[n*s.D:]
	}
}

// gatherSteps picks the values of steps that do not lie one behind the other.
func (s *Sequences) gatherSteps(i, from int, dst []float64) {
	base := from * s.stream.every * s.frame.channels
	for ; len(dst) > 0; base += s.stream.every * s.frame.channels {
		for _, r := range s.pick {
			s.x.Floats(s.at(i), base+int(r.from), dst[:r.length])
			dst = dst[r.length:]
		}
	}
}

// PieceLabels gives the labels of an unbroken recording from a step on, as Labels does.
func (s *Sequences) PieceLabels(i, from int, dst []int32) {
	for t := range dst {
		if dst[t] = -1; from+t < s.Steps(i) {
			s.y.Ints(s.at(i), s.stream.answerOf(from+t), dst[t:t+1])
		}
	}
	s.renumber(dst)
}

// PieceTargets gives the targets of an unbroken recording from a step on, as Targets does.
func (s *Sequences) PieceTargets(i, from int, dst []float64) {
	for t := range len(dst) / s.Outputs {
		row := dst[t*s.Outputs : (t+1)*s.Outputs]
		if from+t < s.Steps(i) {
			s.y.Floats(s.at(i), s.stream.answerOf(from+t)*s.Outputs, row)
			continue
		}
		for k := range row {
			row[k] = math.NaN()
		}
	}
}

func (s *stream) answerOf(step int) int { return step*s.every + s.answer }

// unbroken makes each cut of so many steps a sequence of its own length, with an answer at every step.
func (r recordings) unbroken(name string, p *pool, shortest int) error {
	if r.ofCuts {
		return fail(name, "").Errorf(code, "stream = yes wants numbers to give at every step, and each recording has them once").
			Helpf("cut windows:  window = 128;  or give a table with a step a row")
	}
	x, y := array{Numbers: r.values, starts: []int32{}}, array{Numbers: r.answers, starts: []int32{}}
	longest := 0
	for k, c := range r.cuts {
		if c.steps < shortest {
			continue
		}
		longest = max(longest, c.steps)
		x.starts, y.starts = append(x.starts, int32(c.from*r.d)), append(y.starts, int32(c.from*max(1, r.width)))
		p.groups, p.parts = append(p.groups, c.group), append(p.parts, c.part)
		p.recordings, p.stretches, p.first = append(p.recordings, c.recording), append(p.stretches, int32(k)), append(p.first, int32(c.first))
		p.lengths = append(p.lengths, int32(c.steps))
	}
	if r.answers == nil {
		y.Numbers = r.labelsOfCuts()
	}
	if longest == 0 {
		return fail(name, "").Errorf(code, "no recording has %s, which  frame  joins to one", diag.Count(shortest, "step")).Helpf("choose a smaller  frame")
	}
	p.kind |= Grouped
	p.n, p.x, p.y, p.eachStep = len(p.lengths), x, y, true
	p.frame = frame{steps: longest, channels: r.d}
	p.note("recordings as they are, unbroken, with an answer at every step")
	return nil
}

// labelsOfCuts gives every step the label of its cut.
func (r recordings) labelsOfCuts() files.Packed[int32] {
	end := 0
	for _, c := range r.cuts {
		end = max(end, c.from+c.steps)
	}
	out := make(files.Packed[int32], end)
	for _, c := range r.cuts {
		for i := range c.steps {
			out[c.from+i] = c.label
		}
	}
	return out
}

// unbroken lays out recordings of which a step is so many stored ones, and gives the steps of the longest.
func (p *pool) unbroken(answer, every int) (longest int, out *stream) {
	out = &stream{every: every, answer: answer}
	for _, n := range p.lengths {
		steps := (int(n)-1-answer)/every + 1
		out.lengths = append(out.lengths, int32(steps))
		longest = max(longest, steps)
	}
	return longest, out
}

// shortest is how many stored steps one step takes.
func (o *Options) shortest() int { return 1 + (max(1, o.Frame)-1)*max(1, o.Subsample) }

// holdEnd moves the end of what a part has, all of one recording, to another: no other recording is there to be held out whole.
func (p *pool) holdEnd(name string, to, from part, fraction float64, shortest int) {
	var own []int // sequences of the part, in the order of the recording
	total := 0
	for i, part := range p.parts {
		if part == from {
			own = append(own, i)
			total += int(p.lengths[i])
		}
	}
	slices.SortStableFunc(own, func(i, j int) int { return cmp.Compare(p.first[i], p.first[j]) })
	want, moved := int(math.Round(fraction*float64(total))), 0
	for k := len(own) - 1; k >= 0 && want-moved >= shortest; k-- {
		i, rest := own[k], want-moved
		switch front := int(p.lengths[i]) - rest; {
		case front <= 0 && k > 0:
			p.parts[i] = to
			moved += int(p.lengths[i])
			continue
		case front >= shortest:
			p.split(i, front, to)
			moved += rest
		}
		break
	}
	if moved > 0 {
		p.note("%s part: the last %s of recording %s, since there is no other", name, diag.Count(moved, "row"), spell([]int32{p.recordings[own[0]]}, p.recordingNames))
	}
}

// split makes the stored steps of an unbroken recording from some step on a sequence of its own, which is of another part.
func (p *pool) split(i, at int, to part) {
	p.x = split{p.x, p.n, i, at * p.frame.channels}
	p.y = split{p.y, p.n, i, at * max(1, p.outputs)}
	p.lengths = append(p.lengths, p.lengths[i]-int32(at))
	p.lengths[i] = int32(at)
	p.first = append(p.first, p.first[i]+int32(at))
	p.parts, p.filed = append(p.parts, to), append(p.filed, p.filed[i])
	p.recordings, p.stretches = append(p.recordings, p.recordings[i]), append(p.stretches, p.stretches[i])
	if p.groups != nil {
		p.groups = append(p.groups, p.groups[i])
	}
	p.n++
}

// split is a source with one sequence more, the last: another one's values from some on.
type split struct {
	source
	number, of, from int
}

func (s split) Floats(i, from int, dst []float64) {
	if i == s.number {
		i, from = s.of, s.from+from
	}
	s.source.Floats(i, from, dst)
}

func (s split) Ints(i, from int, dst []int32) {
	if i == s.number {
		i, from = s.of, s.from+from
	}
	s.source.Ints(i, from, dst)
}

// fitsStream refuses settings that unbroken recordings have no use for.
func (o *Options) fitsStream(name string) error {
	if !o.Stream {
		return nil
	}
	for _, s := range []struct {
		name  string
		given bool
	}{{"window", o.Window > 0}, {"stride", o.Stride > 0}, {"length", o.Length > 0}, {"permute", o.Permute > 0}, {"layout", o.Layout != ""},
		{"augment_shift", o.Augment.Shift > 0}, {"augment_warp", o.Augment.Warp > 0}} {
		if s.given {
			return fail(name, "").Errorf(code, "%s is for sequences of one length, and stream = yes reads recordings unbroken", s.name).
				Helpf("remove  %s;  truncate  says how many steps are trained on at a time, and pieces begin anywhere", s.name)
		}
	}
	return nil
}

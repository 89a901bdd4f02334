package data

import (
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// recordings are long series of d values a step, one after the other, and what is to be cut from them.
type recordings struct {
	values files.Numbers
	d      int
	cuts   []cut
	// answers are those of the steps, so many numbers each; nil where a cut has one label. A window has those of its last step,
	// or with eachStep of all.
	answers  files.Numbers
	width    int
	eachStep bool
	// ofCuts says that there are answers for each recording, by its number, not for each step.
	ofCuts bool
}

// cut is a stretch of one recording with one label.
type cut struct {
	from, steps int // in steps, from the start of all values
	first       int // the step of its recording that it begins with, below 0 where it is padded
	label       int32
	group       int32
	recording   int32
	part        part
}

// lay makes the sequences of a pool as the options say: windows within each cut; nothing is copied. Without a window each cut is one
// sequence, and all must be equally long, or are padded to a length, or are unbroken.
func (r recordings) lay(name string, p *pool, o *Options) error {
	if o.Horizon > 0 && !o.Unlabelled {
		var err error
		if r, err = r.ahead(name, p, o); err != nil {
			return err
		}
	}
	if o.Stream {
		return r.unbroken(name, p, o.shortest())
	}
	return r.windows(name, p, o.Window, o.Stride, o.Length)
}

// windows cuts windows of the given steps, stride apart, or takes whole cuts.
func (r recordings) windows(name string, p *pool, window, stride, length int) error {
	if window == 0 {
		return r.whole(name, p, length)
	}
	if stride == 0 {
		stride = window
	}
	p.note("windows of %s, %d apart", diag.Count(window, "step"), stride)
	return r.cut(name, p, window, stride)
}

// placeCuts counts the steps of each recording, through all its cuts.
func (r recordings) placeCuts() {
	next := map[int32]int{}
	for i := range r.cuts {
		c := &r.cuts[i]
		c.first = next[c.recording]
		next[c.recording] += c.steps
	}
}

func (r recordings) cut(name string, p *pool, window, stride int) error {
	x := array{Numbers: r.values, size: window * r.d, starts: []int32{}}
	y := array{Numbers: r.answers, size: r.width}
	if r.eachStep {
		y.size = window * r.width
	}
	var labels files.Packed[int32]
	short, longest := 0, 0
	for k, c := range r.cuts {
		longest = max(longest, c.steps)
		if c.steps < window {
			short++
		}
		for at := 0; at+window <= c.steps; at += stride {
			x.starts = append(x.starts, int32((c.from+at)*r.d))
			answer := (c.from+at+window)*r.width - y.size
			if r.ofCuts {
				answer = int(c.recording) * r.width
			}
			y.starts = append(y.starts, int32(answer))
			labels, p.groups, p.parts = append(labels, c.label), append(p.groups, c.group), append(p.parts, c.part)
			p.recordings, p.stretches, p.first = append(p.recordings, c.recording), append(p.stretches, int32(k)), append(p.first, int32(c.first+at))
		}
	}
	if len(labels) == 0 {
		return fail(name, "").Errorf(code, "no recording has %s; the longest has %d", diag.Count(window, "step"), longest).
			Helpf("choose a shorter  window;  a recording is rows of one %s that follow each other, not shuffled and no others between them", r.rowsOf())
	}
	if short > 0 {
		p.note("%d of %d recordings have fewer than %s and are left out", short, len(r.cuts), diag.Count(window, "step"))
	}
	p.kind |= Grouped
	p.overlap = (window - 1) / stride
	p.n, p.x, p.frame = len(labels), x, frame{steps: window, channels: r.d}
	if p.y, p.eachStep = y, r.eachStep; r.answers == nil {
		p.y = array{Numbers: labels, size: 1}
	}
	return nil
}

// rowsOf is what the rows of a recording have in common.
func (r recordings) rowsOf() string {
	if r.answers != nil {
		return "id"
	}
	return "id and one label"
}

// UnequalError says that recordings differ in length where no setting says what of them is a sequence.
type UnequalError struct {
	Kind              Kind
	Shortest, Longest int // steps
	diagnostic        *diag.Diagnostic
}

func (e *UnequalError) Error() string { return e.diagnostic.Error() }

// Unwrap gives the diagnostic.
func (e *UnequalError) Unwrap() error { return e.diagnostic }

// whole makes each cut a sequence.
func (r recordings) whole(name string, p *pool, length int) error {
	if length == 0 {
		shortest, longest := r.cuts[0].steps, r.cuts[0].steps
		for _, c := range r.cuts {
			shortest, longest = min(shortest, c.steps), max(longest, c.steps)
		}
		if shortest == longest {
			return r.cut(name, p, shortest, shortest)
		}
		window := 128 // or the largest power of two that fits into each
		for window > max(1, shortest) {
			window /= 2
		}
		unbroken := ""
		if slices.ContainsFunc(r.cuts, func(c cut) bool { return c.first > 0 }) {
			unbroken = ";  or take them unbroken, since labels change within them:  stream = yes"
		}
		return &UnequalError{p.kind, shortest, longest, fail(name, "").Errorf(code, "its recordings have different lengths, %d to %s", shortest, diag.Count(longest, "step")).
			Helpf("cut windows:  window = %d,  stride = %d;  or pad and cut them all:  length = %d%s", window, max(1, window/2), longest, unbroken)}
	}
	size := length * r.d
	if len(r.cuts) > maxPadded/size {
		return fail(name, "").Errorf(code, "%s of %d steps are too much", diag.Count(len(r.cuts), "recording"), length).Helpf("choose a shorter  length")
	}
	out := r
	out.values = files.Exactly(pad(r.cuts, length, r.d, 0, r.values.Floats), r.d)
	switch {
	case r.answers == nil || r.ofCuts:
	case !files.IsFloat(r.answers):
		out.answers = pad(r.cuts, length, r.width, -1, r.answers.Ints)
	case r.eachStep && slices.ContainsFunc(r.cuts, func(c cut) bool { return c.steps < length }):
		return fail(name, "").Errorf(code, "some recordings are shorter than length = %d, and steps that pad them have no numbers to give", length).
			Helpf("cut windows:  window = 128,  stride = 64")
	default:
		out.answers = files.Exactly(pad(r.cuts, length, r.width, 0, r.answers.Floats), r.width)
	}
	out.cuts = slices.Clone(r.cuts)
	for i := range out.cuts {
		out.cuts[i].first += min(0, out.cuts[i].steps-length)
		out.cuts[i].from, out.cuts[i].steps = i*length, length
	}
	p.note("recordings padded in front with zeros, or cut, to %s", diag.Count(length, "step"))
	return out.cut(name, p, length, length)
}

// pad gives each cut the same number of steps, of width numbers each: its first ones, behind a filler.
func pad[S int32 | float64](cuts []cut, length, width int, filler S, read func(from int, dst []S)) files.Packed[S] {
	out := files.Packed[S](slices.Repeat([]S{filler}, len(cuts)*length*width))
	for i, c := range cuts {
		steps := min(c.steps, length)
		read(c.from*width, out[((i+1)*length-steps)*width:(i+1)*length*width])
	}
	return out
}

// maxPadded is how many values padding may make, so that a short file cannot fill the memory.
const maxPadded = 1 << 28

package data

// recordings are long series of d values a step, one after the other, and what is to be cut from them.
type recordings struct {
	values numbers
	d      int
	cuts   []cut
}

// cut is a stretch of one recording with one label.
type cut struct {
	from, steps int // in steps, from the start of all values
	label       int32
	group       int32
	recording   int32
	part        part
}

// windows makes the sequences of a pool: windows of the given steps, stride apart, within each cut; nothing is copied.
// Without a window each cut is one sequence, and all must be equally long, or are padded to length.
func (r recordings) windows(name string, p *pool, window, stride, length int) error {
	if window == 0 {
		return r.whole(name, p, length)
	}
	if stride == 0 {
		stride = window
	}
	p.note("windows of %d steps, %d apart", window, stride)
	return r.cut(name, p, window, stride)
}

func (r recordings) cut(name string, p *pool, window, stride int) error {
	a := array{numbers: r.values, size: window * r.d, starts: []int32{}}
	var labels packed[int32]
	short := 0
	for k, c := range r.cuts {
		if c.steps < window {
			short++
		}
		for at := 0; at+window <= c.steps; at += stride {
			a.starts = append(a.starts, int32((c.from+at)*r.d))
			labels, p.groups, p.parts = append(labels, c.label), append(p.groups, c.group), append(p.parts, c.part)
			p.recordings, p.stretches = append(p.recordings, c.recording), append(p.stretches, int32(k))
		}
	}
	if len(labels) == 0 {
		return fail(name, "").Errorf(code, "no recording has %d steps", window).Helpf("choose a shorter  window")
	}
	if short > 0 {
		p.note("%d of %d recordings have fewer than %d steps and are left out", short, len(r.cuts), window)
	}
	p.kind |= Grouped
	p.overlap = (window - 1) / stride
	p.n, p.x, p.y, p.frame = len(labels), a, array{numbers: labels, size: 1}, frame{steps: window, channels: r.d}
	return nil
}

// whole makes each cut a sequence.
func (r recordings) whole(name string, p *pool, length int) error {
	equal := true
	for _, c := range r.cuts {
		equal = equal && c.steps == r.cuts[0].steps
	}
	if equal && length == 0 {
		return r.cut(name, p, r.cuts[0].steps, r.cuts[0].steps)
	}
	if length == 0 {
		return fail(name, "").Errorf(code, "its recordings have different lengths").Helpf("cut windows:  window = 128,  stride = 64;  or pad and cut them all:  length = 128")
	}
	size := length * r.d
	if len(r.cuts) > maxPadded/size {
		return fail(name, "").Errorf(code, "%d recordings of %d steps are too much", len(r.cuts), length).Helpf("choose a shorter  length")
	}
	x := make(packed[float32], len(r.cuts)*size)
	padded := recordings{values: x, d: r.d}
	for i, c := range r.cuts {
		steps := min(c.steps, length)
		r.values.floats(c.from*r.d, x[(i+1)*size-steps*r.d:(i+1)*size])
		c.from, c.steps = i*length, length
		padded.cuts = append(padded.cuts, c)
	}
	p.note("recordings padded in front with zeros, or cut, to %d steps", length)
	return padded.cut(name, p, length, length)
}

// maxPadded is how many values padding may make, so that a short file cannot fill the memory.
const maxPadded = 1 << 28

package data

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Augment changes training sequences a little each time they are read. The zero value changes nothing. Shifts, warps
// and erasing act on the sequence as stored, so that they mean the same under any layout and permutation; rotation, scale, noise
// and dropped channels act on the steps that the model sees.
type Augment struct {
	// Rotate turns all sensors of three axes by up to so many degrees about one axis of any direction, the same way for the whole
	// sequence: a device that sits a little differently. What is turned is in the units of the sensor, about its zero.
	Rotate float64
	// Shift moves the sequence by up to so many stored steps; the step at the edge is repeated.
	Shift int
	// Warp is the standard deviation of how far a step moves where the sequence is stretched and squeezed smoothly, as a part
	// of its length; the ends stay.
	Warp float64
	// Noise is the standard deviation of what is added to each value.
	Noise float64
	// Scale is the standard deviation of the factor of the whole sequence, about 1.
	Scale float64
	// Drop is the probability of each channel to be 0 for the whole sequence, so that none is relied on alone: one for all
	// channels, or one for each. None is no dropping.
	Drop []float64
	// ShiftPixels moves an image by up to so many pixels each way; zeros come in.
	ShiftPixels int
	// Erase sets a square of up to so many pixels to zero.
	Erase int
}

// Augmented is Values, or of an unbroken recording Piece from a step on, changed as a says by the numbers that rng draws.
func (s *Sequences) Augmented(i, from int, a Augment, rng *rand.Rand, dst []float64) {
	if s.stream != nil {
		s.Piece(i, from, dst)
		s.seen(dst, a, rng)
		return
	}
	dst = dst[:s.T*s.D]
	if a.Shift == 0 && a.Warp == 0 && a.ShiftPixels == 0 && a.Erase == 0 {
		s.Values(i, dst)
	} else {
		raw := s.Raw(i)
		a.stored(raw, s.frame, rng)
		s.gather(raw, dst)
		s.affine(dst)
	}
	s.seen(dst, a, rng)
}

// seen changes the steps that the model sees.
func (s *Sequences) seen(x []float64, a Augment, rng *rand.Rand) {
	if a.Rotate > 0 && s.sensors != nil {
		s.rotate(x, someRotation(a.Rotate, rng))
	}
	a.values(x, s.channels, rng)
}

// stored changes a sequence as it lies in storage.
func (a Augment) stored(raw []float64, f frame, rng *rand.Rand) {
	if !f.image {
		if a.Warp > 0 {
			warpSteps(raw, f.channels, a.Warp, rng)
		}
		shiftSteps(raw, f.channels, within(a.Shift, rng))
		return
	}
	if a.ShiftPixels > 0 {
		shiftImage(raw, f, within(a.ShiftPixels, rng), within(a.ShiftPixels, rng))
	}
	if a.Erase > 0 {
		erase(raw, f, 1+rng.IntN(a.Erase), rng)
	}
}

// within draws from -n to n.
func within(n int, rng *rand.Rand) int { return rng.IntN(2*n+1) - n }

// shiftSteps moves steps of d values later by k, or earlier when k is negative.
func shiftSteps(x []float64, d, k int) {
	steps := len(x) / d
	k = max(-steps+1, min(k, steps-1))
	if k >= 0 {
		copy(x[k*d:], x)
		for t := 1; t <= k; t++ {
			copy(x[t*d:], x[:d])
		}
		return
	}
	last := slices.Clone(x[len(x)-d:])
	copy(x, x[-k*d:])
	for t := steps + k; t < steps; t++ {
		copy(x[t*d:], last)
	}
}

// warpSteps moves each of the steps of d values in time by the sum of half a sine and a whole sine over the sequence, whose
// heights are drawn: a tempo that rises and falls. What lies between two steps is interpolated.
func warpSteps(x []float64, d int, deviation float64, rng *rand.Rand) {
	old, last := slices.Clone(x), len(x)/d-1
	length := float64(last + 1)
	half, whole := deviation*length*rng.NormFloat64(), deviation*length*rng.NormFloat64()/2
	for t := range last + 1 {
		turn := math.Pi * float64(t) / float64(max(last, 1))
		at := min(max(float64(t)+half*math.Sin(turn)+whole*math.Sin(2*turn), 0), float64(last))
		from := min(int(at), max(last-1, 0))
		part := at - float64(from)
		for c := range d {
			a, b := old[from*d+c], old[min(from+1, last)*d+c]
			x[t*d+c] = a + part*(b-a)
		}
	}
}

func shiftImage(x []float64, f frame, down, right int) {
	old := slices.Clone(x)
	clear(x)
	for line := range f.steps {
		from := line - down
		if from < 0 || from >= f.steps {
			continue
		}
		for column := range f.channels {
			if c := column - right; c >= 0 && c < f.channels {
				x[line*f.channels+column] = old[from*f.channels+c]
			}
		}
	}
}

// erase blanks a square of the given side that lies wholly in the image, or all of it.
func erase(x []float64, f frame, side int, rng *rand.Rand) {
	height, width := min(side, f.steps), min(side, f.channels)
	top, left := rng.IntN(f.steps-height+1), rng.IntN(f.channels-width+1)
	for line := top; line < top+height; line++ {
		clear(x[line*f.channels+left : line*f.channels+left+width])
	}
}

// values changes the values that the model sees: x is the steps of a sequence, of d values each.
func (a Augment) values(x []float64, d int, rng *rand.Rand) {
	if a.Scale > 0 {
		factor := float64(1 + a.Scale*rng.NormFloat64())
		for j := range x {
			x[j] *= factor
		}
	}
	if a.Noise > 0 {
		for j := range x {
			x[j] += float64(a.Noise * rng.NormFloat64())
		}
	}
	if len(a.Drop) > 0 {
		for c := range d {
			if rng.Float64() < a.Drop[c%len(a.Drop)] {
				dropChannel(x[c:], d)
			}
		}
	}
}

// dropChannel sets the first of every d values to zero.
func dropChannel(x []float64, d int) {
	for i := 0; i < len(x); i += d {
		x[i] = 0
	}
}

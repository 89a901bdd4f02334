package frontend

import "math/bits"

// Rhythm says how early or late the last beat came, for a model that is given the marks of beats beside the slopes of ECG: a byte with each
// step of theirs. A ventricular beat comes early, and a pause follows it. Divisions round towards 0. The zero value is ready for the first step.
//
//  1. An interval is the steps from one mark to the next, 255 at most, which is 4.25 s. Before the second mark the byte is 0.
//  2. The mean is in 64ths of a step, and the first interval to begin with. An interval i has the byte 32*(64*i - mean) / mean, -127 to 127,
//     with the mean of those before it. One that is half as long as the mean is -16.
//  3. Then the mean moves by (64*i - mean) / 2^k. With n the number of intervals, this one included, but 16 at most, k is the number of bits
//     of n less 1: the mean follows quickly at first, and the last interval has 1/16 of it later. It stays from 64 to 64*255.
//  4. The byte stays until the next mark.
type Rhythm struct {
	mean  uint16
	since uint8 // steps since the last mark
	count uint8 // intervals so far; 16 stands for all from there on
	begun bool  // a mark was there
	early int8  // the byte
}

// Push takes a step, and whether a beat has its mark within it. It gives that step's byte.
func (r *Rhythm) Push(mark bool) int8 {
	if r.since < 255 {
		r.since++
	}
	if mark {
		if r.begun {
			r.interval(64 * int32(r.since))
		}
		r.begun, r.since = true, 0
	}
	return r.early
}

// interval takes one, in 64ths of a step.
func (r *Rhythm) interval(i int32) {
	r.count = min(r.count+1, 16)
	if r.count == 1 {
		r.mean = uint16(i)
	}
	mean := int32(r.mean)
	late := i - mean
	r.early = int8(max(-127, min(32*late/mean, 127))) // 32*64*254 is below 2^19
	r.mean = uint16(mean + late/(1<<(bits.Len8(r.count)-1)))
}

// Rhythms are the bytes of steps that have a mark or not.
func Rhythms(marked []bool) []int8 {
	var r Rhythm
	out := make([]int8, len(marked))
	for t, mark := range marked {
		out[t] = r.Push(mark)
	}
	return out
}

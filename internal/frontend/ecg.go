package frontend

import "math/bits"

// The front end of an electrocardiogram turns one lead into two bytes every sixtieth of a second: how fast the voltage rises or falls, at
// once and over longer, each in a unit that follows its own mean over the last ten seconds. So a beat is seen against those before it: a
// wide one stands out where beats are narrow. It looks for no R peak. Samples are integers of 16 bits, 360 a second.
// Shifts and divisions are of numbers that are not negative, and drop what is left over.
//
//  1. A step is ECGHop samples, which at 360 Hz is one period of the American mains, so that their hum adds up to nothing: s is their sum.
//     Before the first step s was what it is then.
//  2. Fast slope: s - s of the step before. Slow slope: the sum of the last five s, less the sum of the five before. Below 2^21.
//  3. Level of each slope d: the mean of a = 16*|d|. It is 0 before the first step. With k the number of bits of the number of steps, this
//     one included, but 9 at most, it rises by (a - level) >> k, or falls by (level - a) >> k. It stays below 2^25.
//  4. The byte: 64*|d| / level, 127 at most, with the sign of d. The level is that after step 3, but 2^8 at least for the fast slope and
//     2^11 for the slow one, so that silence stays silent. A slope of 4 times the mean is 16.
const (
	ECGHop  = 6
	ECGRate = 360 // samples a second
	// NumSlopes are a fast and a slow one.
	NumSlopes = 2

	slowSpan  = 5
	levelBits = 9
)

var leastLevel = [NumSlopes]int32{1 << 8, 1 << 11}

// ECG is the front end's memory; its zero value is ready for the first sample.
type ECG struct {
	sum    int32               // of the samples of the step that is being filled
	before [2 * slowSpan]int32 // the sums of the last steps, the newest first
	slow   int32
	level  [NumSlopes]int32
	steps  uint16 // so far; 2^8 stands for all from there on
	filled uint8
}

// Push takes the next sample. With the last one of a step it gives that step's bytes, and ok.
func (e *ECG) Push(sample int16) (x [NumSlopes]int8, ok bool) {
	e.sum += int32(sample)
	if e.filled++; e.filled < ECGHop {
		return x, false
	}
	s := e.sum
	e.sum, e.filled = 0, 0
	if e.steps == 0 {
		for i := range e.before {
			e.before[i] = s
		}
	}
	e.steps = min(e.steps+1, 1<<(levelBits-1))
	e.slow += s - 2*e.before[slowSpan-1] + e.before[2*slowSpan-1]
	slopes := [NumSlopes]int32{s - e.before[0], e.slow}
	copy(e.before[1:], e.before[:])
	e.before[0] = s
	for i, d := range slopes {
		x[i] = e.scaled(i, d)
	}
	return x, true
}

// scaled is a slope in the unit of its level.
func (e *ECG) scaled(i int, d int32) int8 {
	steep, k, level := max(d, -d), bits.Len16(e.steps), e.level[i]
	if a := 16 * steep; a > level {
		level += (a - level) >> k
	} else {
		level -= (level - a) >> k
	}
	e.level[i] = level
	x := int8(min(64*steep/max(level, leastLevel[i]), 127)) // 64*2^21 = 2^27
	if d < 0 {
		return -x
	}
	return x
}

// Slopes are the bytes of a recording; samples behind its last whole step give none.
func Slopes(samples []int16) [][NumSlopes]int8 {
	var e ECG
	out := make([][NumSlopes]int8, 0, len(samples)/ECGHop)
	for _, s := range samples {
		if x, ok := e.Push(s); ok {
			out = append(out, x)
		}
	}
	return out
}

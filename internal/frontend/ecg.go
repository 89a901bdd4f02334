package frontend

// The front end of an electrocardiogram turns one lead into a byte every sixtieth of a second: how fast the voltage rises or falls, in a
// unit that follows the steepest slopes of the last ten seconds. It looks for no R peak. Samples are integers of 16 bits, 360 a second.
// Shifts of negative numbers do not occur; a division drops its remainder.
//
//  1. A step is ECGHop samples, which at 360 Hz is one period of the American mains, so that their hum adds up to nothing: s is their sum.
//  2. Slope: d = s - s of the step before; 0 at the first step. |d| < 2^19.
//  3. Level: 16 times the slope that counts as steep. It starts at its least, 2^10, and then, with a = 16*|d|,
//     rises where a > level, by min(a - level, level) >> 3, so that a spark cannot lift it far,
//     and falls otherwise, by level >> 10, but not below 2^10. The level stays below 2^23.
//  4. The byte: 1024*|d| / level, 127 at most, with the sign of d; the level is that after step 3. A slope as steep as the level says is 64.
const (
	ECGHop  = 6
	ECGRate = 360 // samples a second
	// ECGUnit is the byte of a slope that is as steep as the level.
	ECGUnit = 64

	leastLevel = 1 << 10
)

// ECG is the front end's memory; its zero value is ready for the first sample.
type ECG struct {
	sum, before, level int32 // the level is 0 before the first step
	filled             uint8
}

// Push takes the next sample. With the last one of a step it gives that step's byte, and ok.
func (e *ECG) Push(sample int16) (x int8, ok bool) {
	e.sum += int32(sample)
	if e.filled++; e.filled < ECGHop {
		return 0, false
	}
	if e.level == 0 {
		e.before, e.level = e.sum, leastLevel
	}
	d := e.sum - e.before
	e.before, e.sum, e.filled = e.sum, 0, 0
	steep := max(d, -d)
	if a := 16 * steep; a > e.level {
		e.level += min(a-e.level, e.level) >> 3
	} else {
		e.level = max(leastLevel, e.level-e.level>>10)
	}
	x = int8(min(1024*steep/e.level, 127)) // 1024*2^19 = 2^29
	if d < 0 {
		x = -x
	}
	return x, true
}

// Slopes are the bytes of a recording; samples behind its last whole step give none.
func Slopes(samples []int16) []int8 {
	var e ECG
	out := make([]int8, 0, len(samples)/ECGHop)
	for _, s := range samples {
		if x, ok := e.Push(s); ok {
			out = append(out, x)
		}
	}
	return out
}

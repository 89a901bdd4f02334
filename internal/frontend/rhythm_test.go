package frontend

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// marks are steps with a mark after each of so many steps.
func marks(intervals ...int) (out []bool) {
	for _, i := range intervals {
		out = append(append(out, make([]bool, i-1)...), true)
	}
	return out
}

// TestRhythmOfABeat: a beat that comes early is negative until the next mark, the one after its pause positive; a regular rhythm is 0.
func TestRhythmOfABeat(t *testing.T) {
	steady := slices.Repeat([]int{50}, 20)
	x := Rhythms(marks(append(steady, 25, 75, 50, 50)...))
	for step, v := range x {
		want := int8(0)
		switch at := step + 1 - 20*50; {
		case at >= 25 && at < 100:
			want = -16 // 32*(25-50)/50
		case at >= 100 && at < 150:
			want = 17 // a mean of 50 - 25/16
		}
		if v != want && step < 20*50+150 {
			t.Fatalf("step %d: %d, not %d", step, v, want)
		}
	}
	if last := x[len(x)-1]; last != 0 {
		t.Errorf("a steady rhythm is %d again", last)
	}
}

// TestRhythmDefined holds the integers to the definition, written down a second time: any marks, silence, and one step after another.
func TestRhythmDefined(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for range 200 {
		longest := 1 + rng.IntN(400)
		var intervals []int
		for range 100 {
			intervals = append(intervals, 1+rng.IntN(longest))
		}
		steps := marks(intervals...)
		var want []int8
		mean, n, last, now := 0, 0, -1, 0
		for step, mark := range steps {
			if mark && last >= 0 {
				i := 64 * min(step-last, 255)
				if n++; n == 1 {
					mean = i
				}
				now = max(-127, min(32*(i-mean)/mean, 127))
				share := []int{0, 1, 2, 2, 4, 4, 4, 4, 8, 8, 8, 8, 8, 8, 8, 8, 16}[min(n, 16)]
				mean += (i - mean) / share
				if mean < 64 || mean > 64*255 {
					t.Fatalf("a mean of %d", mean)
				}
			}
			if mark {
				last = step
			}
			want = append(want, int8(now))
		}
		if got := Rhythms(steps); !slices.Equal(got, want) {
			t.Fatalf("intervals %v: %v, not %v", intervals, got, want)
		}
	}
}

// TestRhythmBits pins the bytes of a few marks: what models were trained on must not change.
func TestRhythmBits(t *testing.T) {
	var r Rhythm
	var got []int8
	for _, mark := range marks(9, 48, 52, 30, 66, 50, 21, 23, 240, 49, 1) {
		if x := r.Push(mark); mark {
			got = append(got, x)
		}
	}
	if want := []int8{0, 0, 2, -12, 20, 2, -17, -13, 127, -6, -31}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

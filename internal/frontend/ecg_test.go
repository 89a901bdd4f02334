package frontend

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// beats is a lead with a beat a second: a triangle of 80 ms, so many counts high, over a baseline.
func beats(seconds int, height, baseline float64) []int16 {
	out := make([]int16, seconds*ECGRate)
	for n := range out {
		const half = ECGRate * 40 / 1000
		at := math.Abs(float64(n%ECGRate - ECGRate/2))
		out[n] = int16(baseline + height*max(0, 1-at/half))
	}
	return out
}

// steepest is the largest magnitude from a second on.
func steepest(x []int8, from int) (most int) {
	for _, v := range x[from*ECGRate/ECGHop:] {
		most = max(most, int(v), -int(v))
	}
	return most
}

// TestSlopesScale lets beats of any height have the same slopes once the level has found them, over any baseline, and nothing else any.
func TestSlopesScale(t *testing.T) {
	for _, height := range []float64{100, 300, 2000, 20000} {
		for _, baseline := range []float64{-10000, 0, 1024} {
			x := Slopes(beats(60, height, baseline))
			if most := steepest(x, 40); most < 60 || most > 100 {
				t.Errorf("beats of %v over %v: slopes of %d", height, baseline, most)
			}
			for i, v := range x {
				if at := i*ECGHop%ECGRate - ECGRate/2; (at < -40 || at > 40) && v != 0 {
					t.Fatalf("step %d, between beats: %d", i, v)
				}
			}
		}
	}
	if most := steepest(Slopes(make([]int16, 10*ECGRate)), 0); most != 0 {
		t.Errorf("silence has slopes of %d", most)
	}
}

// TestSlopesMains hears nothing of the mains of 60 Hz, whatever their phase.
func TestSlopesMains(t *testing.T) {
	for phase := range 6 {
		hum := make([]int16, 10*ECGRate)
		for n := range hum {
			hum[n] = int16(math.Round(500 * math.Sin(2*math.Pi*(60*float64(n)/ECGRate+float64(phase)/37))))
		}
		if most := steepest(Slopes(hum), 0); most > 6 {
			t.Errorf("phase %d: slopes of %d", phase, most)
		}
	}
}

// TestSlopesSpark forgets a spark soon: beats three seconds after it have more than a third of their slopes.
func TestSlopesSpark(t *testing.T) {
	samples := beats(60, 300, 0)
	for n := range 12 {
		samples[40*ECGRate+n] = []int16{math.MaxInt16, math.MinInt16}[n/6%2]
	}
	if most := steepest(Slopes(samples), 43); most < 20 {
		t.Errorf("slopes of %d after a spark", most)
	}
}

// TestSlopesExtremes keeps every intermediate result within 32 bits, which 64 bits show.
func TestSlopesExtremes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, period := range []int{1, 2, 3, 6, 12, 300} {
		samples := make([]int16, 20000)
		for n := range samples {
			samples[n] = []int16{math.MaxInt16, math.MinInt16}[n/period%2]
			if period == 1 {
				samples[n] = int16(rng.Uint32())
			}
		}
		var want []int8
		level, before := int64(1024), int64(0)
		for i := 0; i+ECGHop <= len(samples); i += ECGHop {
			s := int64(0)
			for _, v := range samples[i : i+ECGHop] {
				s += int64(v)
			}
			if i == 0 {
				before = s
			}
			steep := max(s-before, before-s)
			if 16*steep > level {
				level += min(16*steep-level, level) / 8
			} else {
				level = max(1024, level-level/1024)
			}
			x := min(1024*steep/level, 127)
			if s < before {
				x = -x
			}
			if before = s; level >= 1<<23 {
				t.Fatalf("a level of %d", level)
			}
			want = append(want, int8(x))
		}
		if !slices.Equal(Slopes(samples), want) {
			t.Errorf("period %d: 32 bits are not enough", period)
		}
	}
}

// TestSlopesBits pins the bytes of one signal: what chips were built for must not change.
func TestSlopesBits(t *testing.T) {
	x := Slopes(beats(2, 200, 1024))
	want := []int8{14, 127, 127, 67, -127, -127}
	if got := x[ECGRate/ECGHop/2-3 : ECGRate/ECGHop/2+3]; !slices.Equal(got, want) {
		t.Errorf("the first beat is %v", got)
	}
}

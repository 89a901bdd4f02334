package frontend

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// beats is a lead with a beat a second: a triangle so many counts high over a baseline, so many milliseconds wide at its foot, the last one
// of another width.
func beats(seconds int, height, baseline, width, last float64) []int16 {
	out := make([]int16, seconds*ECGRate)
	for n := range out {
		half := ECGRate * width / 2000
		if n >= (seconds-1)*ECGRate {
			half = ECGRate * last / 2000
		}
		at := math.Abs(float64(n%ECGRate - ECGRate/2))
		out[n] = int16(baseline + height*max(0, 1-at/half))
	}
	return out
}

// steepest is the largest magnitude of a slope in some seconds.
func steepest(x [][NumSlopes]int8, slope, from, to int) (most int) {
	for _, v := range x[from*ECGRate/ECGHop : to*ECGRate/ECGHop] {
		most = max(most, int(v[slope]), -int(v[slope]))
	}
	return most
}

// TestSlopesScale lets beats of any height have the same slopes, over any baseline, and nothing between beats.
func TestSlopesScale(t *testing.T) {
	for _, height := range []float64{300, 2000, 20000} {
		for _, baseline := range []float64{-10000, 0, 1024} {
			x := Slopes(beats(60, height, baseline, 100, 100))
			for i := range NumSlopes {
				if most, first := steepest(x, i, 40, 60), steepest(x, i, 20, 40); most < 16 || most > 60 || most-first > 1 || first-most > 1 {
					t.Errorf("beats of %v over %v: slope %d is %d, and was %d", height, baseline, i, most, first)
				}
			}
			for i, v := range x {
				if at := i*ECGHop%ECGRate - ECGRate/2; (at < -40 || at > 90) && v != [NumSlopes]int8{} {
					t.Fatalf("step %d, between beats: %v", i, v)
				}
			}
		}
	}
	if x := Slopes(make([]int16, 10*ECGRate)); steepest(x, 0, 0, 10) != 0 || steepest(x, 1, 0, 10) != 0 {
		t.Error("silence has slopes")
	}
}

// TestSlopesWidth has a wide beat stand out among narrow ones, and not among wide ones.
func TestSlopesWidth(t *testing.T) {
	among := func(width float64) float64 {
		x := Slopes(beats(60, 300, 0, width, 200))
		return float64(steepest(x, 1, 59, 60)) / float64(steepest(x, 1, 40, 59))
	}
	if narrow, wide := among(80), among(200); narrow < 1.25 || wide > 1.05 {
		t.Errorf("a wide beat is %.2f times as steep as narrow ones, and %.2f times as wide ones", narrow, wide)
	}
}

// TestSlopesMains hears nothing of the mains of 60 Hz, whatever their phase.
func TestSlopesMains(t *testing.T) {
	for phase := range 6 {
		hum := make([]int16, 10*ECGRate)
		for n := range hum {
			hum[n] = int16(math.Round(500 * math.Sin(2*math.Pi*(60*float64(n)/ECGRate+float64(phase)/37))))
		}
		x := Slopes(hum)
		if fast, slow := steepest(x, 0, 0, 10), steepest(x, 1, 0, 10); fast > 2 || slow > 2 {
			t.Errorf("phase %d: slopes of %d and %d", phase, fast, slow)
		}
	}
}

// TestSlopesExtremes holds the integers of 32 bits to the definition in 64.
func TestSlopesExtremes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, period := range []int{1, 2, 3, 6, 12, 30, 300} {
		samples := make([]int16, 20000)
		for n := range samples {
			samples[n] = []int16{math.MaxInt16, math.MinInt16}[n/period%2]
			if period == 1 {
				samples[n] = int16(rng.Uint32())
			}
		}
		if !slices.Equal(Slopes(samples), defined(t, samples)) {
			t.Errorf("period %d: 32 bits are not enough", period)
		}
	}
	if wide := beats(60, 300, 1024, 100, 160); !slices.Equal(Slopes(wide), defined(t, wide)) {
		t.Error("beats differ")
	}
}

// defined is the definition, written down a second time.
func defined(t *testing.T, samples []int16) (out [][NumSlopes]int8) {
	t.Helper()
	var sums []int64
	for i := 0; i+ECGHop <= len(samples); i += ECGHop {
		s := int64(0)
		for _, v := range samples[i : i+ECGHop] {
			s += int64(v)
		}
		sums = append(sums, s)
	}
	at := func(step int) int64 { return sums[max(0, step)] }
	var level [NumSlopes]int64
	for step := range sums {
		slow := int64(0)
		for k := range 5 {
			slow += at(step-k) - at(step-5-k)
		}
		var x [NumSlopes]int8
		for i, d := range []int64{at(step) - at(step-1), slow} {
			steep, part := max(d, -d), int64(1)<<min(9, bits.Len(uint(step+1)))
			change := (16*steep - level[i]) / part
			if level[i] += change; level[i] >= 1<<25 {
				t.Fatalf("a level of %d", level[i])
			}
			x[i] = int8(min(127, 64*steep/max(level[i], []int64{256, 2048}[i])))
			if d < 0 {
				x[i] = -x[i]
			}
		}
		out = append(out, x)
	}
	return out
}

// TestSlopesBits pins the bytes of one signal: what chips were built for must not change.
func TestSlopesBits(t *testing.T) {
	x := Slopes(beats(3, 200, 1024, 100, 100))
	want := [][NumSlopes]int8{{21, 1}, {50, 8}, {48, 19}, {8, 29}, {-46, 35}, {-44, 33}, {-25, 21}}
	if got := x[2*60+27 : 2*60+34]; !slices.Equal(got, want) {
		t.Errorf("the third beat is %v", got)
	}
}

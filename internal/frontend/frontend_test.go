package frontend

import (
	"hash/crc32"
	"math"
	"math/bits"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// reference computes the features of a frame in float64, without any rounding but that of log8.
func reference(frame *[FrameSamples]int16) (out [NumBands]float64) {
	var z [FrameSamples]float64
	for n := 1; n < FrameSamples; n++ {
		s := math.Sin(math.Pi * float64(n) / FrameSamples)
		z[n] = (float64(frame[n]) - float64(frame[n-1])*31/32) * s * s
	}
	for b := range out {
		energy := 0.0
		for k := BandEdges[b]; k < BandEdges[b+1]; k++ {
			var sum complex128
			for n, v := range z {
				sum += complex(v, 0) * cmplx.Exp(complex(0, -2*math.Pi*float64(n*k)/FrameSamples))
			}
			energy += real(sum)*real(sum) + imag(sum)*imag(sum)
		}
		energy /= FrameSamples * FrameSamples
		out[b] = max(0, 8*math.Log2(energy))
	}
	return out
}

func tone(hz, amplitude float64) (frame [FrameSamples]int16) {
	for n := range frame {
		frame[n] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(n)/8000)))
	}
	return frame
}

// ends are the front ends, by name.
var ends = map[string]func(*[FrameSamples]int16) [NumBands]uint8{"bands": Bands, "lean": LeanBands}

// TestBandsAgainstReference holds the integers against floating point: noise of any loudness, and of tones the band that has
// the energy. Truncation takes half a unit in the mean and the straight line of log8 another; bands much weaker than others
// are coarser.
func TestBandsAgainstReference(t *testing.T) {
	for name, bands := range ends {
		t.Run(name, func(t *testing.T) { againstReference(t, bands) })
	}
}

func againstReference(t *testing.T, bands func(*[FrameSamples]int16) [NumBands]uint8) {
	rng := rand.New(rand.NewPCG(1, 1))
	var off []float64
	for _, loudness := range []float64{30, 300, 3000, 10000} {
		for range 20 {
			var frame [FrameSamples]int16
			for n := range frame {
				frame[n] = int16(max(-32768, min(32767, loudness*rng.NormFloat64())))
			}
			want := reference(&frame)
			for b, got := range bands(&frame) {
				off = append(off, float64(got)-want[b])
				if math.Abs(float64(got)-want[b]) > 6 {
					t.Errorf("loudness %v, band %d: %d, in floating point %.1f", loudness, b, got, want[b])
				}
			}
		}
	}
	if mean, deviation := stat.MeanStdDev(off, nil); math.Abs(mean+0.9) > 0.3 || deviation > 0.8 {
		t.Errorf("off by %.2f in the mean, deviation %.2f", mean, deviation)
	}
	for b := range NumBands {
		hz := float64(BandEdges[b]+BandEdges[b+1]-1) / 2 * 8000 / FrameSamples
		for _, amplitude := range []float64{100, 3000, 32000} {
			frame := tone(hz, amplitude)
			got, want := bands(&frame), reference(&frame)
			for other := range got {
				if got[other] > got[b] {
					t.Errorf("a tone of %.0f Hz is in band %d, not %d: %v", hz, other, b, got)
				}
			}
			if math.Abs(float64(got[b])-want[b]) > 3 {
				t.Errorf("a tone of %.0f Hz: %d, in floating point %.1f", hz, got[b], want[b])
			}
		}
	}
}

// TestBandsExtremes checks that no input overflows 16-bit parts or the feature's byte.
func TestBandsExtremes(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	frames := [][FrameSamples]int16{{}, tone(3900, 32767)}
	for _, period := range []int{1, 2, 3, 4, 8, 64, 128} {
		var square [FrameSamples]int16
		for n := range square {
			square[n] = math.MaxInt16
			if n/period%2 == 1 {
				square[n] = math.MinInt16
			}
		}
		frames = append(frames, square)
	}
	for range 200 {
		var f [FrameSamples]int16
		for n := range f {
			f[n] = []int16{math.MinInt16, math.MaxInt16, 0, 1}[rng.IntN(4)]
		}
		frames = append(frames, f)
	}
	for i := range frames {
		z, _, silent := windowed(&frames[i], leanWindow)
		if silent {
			continue
		}
		var x [leanPoints]point
		for n := range x {
			x[bits.Reverse8(uint8(n))>>1] = point{z[2*n], z[2*n+1]}
		}
		leanFFT(&x)
		var power uint64
		for _, p := range leanPowers(&x) {
			power += uint64(p)
		}
		for k, p := range x {
			if max(p.re, p.im, -p.re, -p.im) > math.MaxInt16 || power > math.MaxUint32 {
				t.Fatalf("frame %d, point %d: %v; a power of %d", i, k, p, power)
			}
		}
		re, im := z, [FrameSamples]int32{}
		fft(&re, &im)
		for k := range re {
			if max(re[k], im[k], -re[k], -im[k]) > math.MaxInt16 {
				t.Fatalf("frame %d, bin %d: %d, %d", i, k, re[k], im[k])
			}
		}
		for name, bands := range ends {
			for _, f := range bands(&frames[i]) {
				if f >= 240 {
					t.Fatalf("frame %d: feature %d of %s", i, f, name)
				}
			}
		}
	}
	silence, step := [FrameSamples]int16{}, [FrameSamples]int16{}
	for n := range step {
		step[n] = 1
	}
	for name, bands := range ends {
		if bands(&silence) != [NumBands]uint8{} || bands(&step) != [NumBands]uint8{} {
			t.Errorf("silence has features of %s", name)
		}
	}
}

// TestFrontEndBits pins the tables and the features of one frame: what chips were built for must not change.
func TestFrontEndBits(t *testing.T) {
	var table []byte
	for _, part := range [][]int32{tables().hann[:], tables().cos[:], tables().sin[:]} {
		for _, v := range part {
			table = append(table, byte(v), byte(v>>8))
		}
	}
	if got := crc32.ChecksumIEEE(table); got != 0xf846c90f {
		t.Errorf("the tables have CRC %#x", got)
	}
	frame := tone(440, 1000)
	want := [NumBands]uint8{3: 106, 4: 6}
	if got := Bands(&frame); got != want {
		t.Errorf("440 Hz is %v", got)
	}
	for n := range frame {
		frame[n] = int16(n * n * 97)
	}
	got := LeanBands(&frame)
	if got := crc32.ChecksumIEEE(got[:]); got != 0xf018abb9 {
		t.Errorf("lean bands have CRC %#x", got)
	}
}

func TestFeatures(t *testing.T) {
	for samples, want := range map[int]int{1: 1, 255: 1, 256: 1, 383: 1, 384: 2, 1148: 7} {
		if got := len(Features(make([]int16, samples), Bands)); got != want {
			t.Errorf("%d samples give %d frames", samples, got)
		}
	}
}

func BenchmarkBands(b *testing.B) {
	frame := tone(440, 1000)
	for name, bands := range ends {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				bands(&frame)
			}
		})
	}
}

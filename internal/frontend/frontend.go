// Package frontend turns sound, and electrocardiograms, into features with integers alone, so that a chip computes the same bits as the
// training that the features were learned from: examples/digits/chip/frontend.c and examples/ecg/chip/slopes.c are it in C. Files and data
// sets are others' business. Start with Bands, ECG and Rhythm; Features, Slopes and Rhythms take a whole recording.
package frontend

import (
	"math"
	"math/bits"
	"sync"
)

// The front end turns sound into features with integers alone, so that a chip computes the same bits. A frame is 256
// samples of 16 bits, the next one starts 128 samples later (at 8 kHz: 32 ms, every 16 ms); it gives 16 bytes, the
// energy of 16 bands in steps of an eighth of an octave (0.376 dB), 0 for silence. Shifts of negative numbers round down.
//
//  1. Pre-emphasis: y[0] = 0, y[n] = x[n] - x[n-1] + (x[n-1] >> 5). 18 bits.
//  2. Hann window: z[n] = y[n]*hann[n] >> 15, hann[n] = round(32767 * sin(pi n/256)^2). The product fits 32 bits.
//  3. Block exponent: s is the shift that brings the largest |z| to 13 bits and 0.5: 2^13 <= max|z| * 2^s < 2^14;
//     z[n] <<= s, or z[n] >>= -s. When all z are 0, all features are 0.
//  4. A complex FFT of 256 points, radix 2, decimation in time, in place, on 16-bit parts: input in bit-reversed order;
//     in the stage of half-width h (1, 2, 4, ... 128), butterfly j of a group takes a and b, h apart, and
//     w = cos[128/h*j] - i*sin[128/h*j], cos[k] = round(32767 * cos(pi k/128)), sin likewise:
//     t = (b*w + 2^14) >> 15 for each part;  a = (a + t + 1) >> 1;  b = (a - t + 1) >> 1 with the a from before.
//     The halving keeps every part below 2^15.
//  5. Power of bin k: re^2 + im^2. Energy of band b: the sum over the bins BandEdges[b] to BandEdges[b+1]-1; 32 bits.
//  6. With m the number of bits of the energy e, less one: lg = 8*m + (the 3 bits of e below its leading one). The
//     feature is lg - 16*s, or 0 when that is negative or e is 0: 8*log2 of the energy that step 5 would give without
//     the exponent of step 3. It stays below 240: by Parseval, all bins together have at most (2^16)^2 * 3/8.
const (
	FrameSamples = 256
	FrameHop     = 128
	NumBands     = 16

	fftStages = 8
)

// BandEdges are the bins where the bands start: equally wide in mel (2595 log10(1 + f/700)) from 62.5 Hz to 4 kHz at
// 31.25 Hz a bin.
var BandEdges = [NumBands + 1]int{2, 5, 8, 12, 16, 21, 26, 32, 38, 45, 54, 63, 73, 85, 97, 112, 128}

// frontTables are the tables of the front end.
type frontTables struct {
	hann     [FrameSamples]int32
	cos, sin [FrameSamples / 2]int32
	reversed [FrameSamples]uint8
}

var tables = sync.OnceValue(func() *frontTables {
	t := &frontTables{}
	for n := range t.hann {
		s := math.Sin(math.Pi * float64(n) / FrameSamples)
		t.hann[n] = int32(math.Round(32767 * s * s))
		t.reversed[n] = bits.Reverse8(uint8(n))
	}
	for k := range t.cos {
		angle := math.Pi * float64(k) / (FrameSamples / 2)
		t.cos[k] = int32(math.Round(32767 * math.Cos(angle)))
		t.sin[k] = int32(math.Round(32767 * math.Sin(angle)))
	}
	return t
})

// Bands computes the features of one frame.
func Bands(frame *[FrameSamples]int16) (features [NumBands]uint8) {
	z, shift, silent := windowed(frame, func(n int) int { return n })
	if silent {
		return features
	}
	var re, im [FrameSamples]int32
	for n, v := range z {
		re[tables().reversed[n]] = v
	}
	fft(&re, &im)
	for b := range features {
		var energy uint32
		for k := BandEdges[b]; k < BandEdges[b+1]; k++ {
			energy += uint32(re[k]*re[k] + im[k]*im[k])
		}
		if energy > 0 {
			features[b] = uint8(max(0, log8(energy)-16*shift))
		}
	}
	return features
}

// windowed does steps 1 to 3 with the window's entry at(n) for sample n.
func windowed(frame *[FrameSamples]int16, at func(n int) int) (z [FrameSamples]int32, shift int, silent bool) {
	t := tables()
	largest := int32(0)
	for n := 1; n < FrameSamples; n++ {
		before := int32(frame[n-1])
		y := int32(frame[n]) - before + before>>5
		z[n] = y * t.hann[at(n)] >> 15
		largest = max(largest, z[n], -z[n])
	}
	if largest == 0 {
		return z, 0, true
	}
	shift = 14 - bits.Len32(uint32(largest))
	for n, v := range z {
		if shift >= 0 {
			z[n] = v << shift
		} else {
			z[n] = v >> -shift
		}
	}
	return z, shift, false
}

// fft is step 4.
func fft(re, im *[FrameSamples]int32) {
	t := tables()
	for stage := range fftStages {
		half := 1 << stage
		for group := 0; group < FrameSamples; group += 2 * half {
			for j := range half {
				a, b, k := group+j, group+j+half, j<<(fftStages-1-stage)
				c, s := t.cos[k], t.sin[k]
				tr := (re[b]*c + im[b]*s + 1<<14) >> 15
				ti := (im[b]*c - re[b]*s + 1<<14) >> 15
				re[a], re[b] = (re[a]+tr+1)>>1, (re[a]-tr+1)>>1
				im[a], im[b] = (im[a]+ti+1)>>1, (im[a]-ti+1)>>1
			}
		}
	}
}

// log8 is 8*log2 of e, the mantissa taken as a straight line.
func log8(e uint32) int {
	m := bits.Len32(e) - 1
	return 8*m + int(uint64(e)<<3>>m)&7
}

// Features computes the frames of a recording, each by Bands or LeanBands; one that is shorter than a frame gets silence in front.
func Features(samples []int16, bands func(*[FrameSamples]int16) [NumBands]uint8) [][NumBands]uint8 {
	if len(samples) < FrameSamples {
		samples = append(make([]int16, FrameSamples-len(samples)), samples...)
	}
	var out [][NumBands]uint8
	for from := 0; from+FrameSamples <= len(samples); from += FrameHop {
		out = append(out, bands((*[FrameSamples]int16)(samples[from:])))
	}
	return out
}

package frontend

import (
	"math"
	"math/bits"
	"sync"
)

// The lean front end has the frames, bands and unit of Bands, in half the operations: the samples are real, so that a complex FFT of
// half as many points has all that is to know about them. Steps 1 to 3 and 6 are those of Bands, but that hann[n] is hann[256-n] where n is above 128, and between them
//
//  4. A complex FFT of 128 points z[2n] + i*z[2n+1], decimation in time, in place, on 16-bit parts, input in bit-reversed order; all
//     w[k] = cos[k] - i*sin[k], cos[k] = round(32767 * cos(pi k/128)), sin likewise, and b*w rounds each part: (sum + 2^14) >> 15.
//     Three stages of radix 4, of quarter-width h = 1, 4, 16: butterfly j of a group takes a, b, c, d, h apart, which become
//     b*w[128j/h], c*w[64j/h] and d*w[192j/h], as they are where j is 0; with p = a+b, q = a-b, r = c+d and v = c-d the four are
//     then (p+r+2) >> 2, (q-i*v+2) >> 2, (p-r+2) >> 2 and (q+i*v+2) >> 2, each part for itself.
//     A stage of radix 2, of half-width 64: b*w[2j], as it is where j is 0, and then (a+b+1) >> 1 and (a-b+1) >> 1.
//  5. For k from 1 to 64, with A = Z[k] + conj(Z[128-k]), B = Z[k] - conj(Z[128-k]) and T = -i*B*w[k], rounded likewise: the spectrum
//     at bin k is A + T, and at bin 128-k A - T, but for a conjugation. It is four times that of Bands, so that 32 more is
//     subtracted in step 6.
//
// Stages divide by as many as they add up, so that parts stay below 2^15: |z| is at most 2^14 * sqrt 2. Products of step 5 stay
// below 2^15 * 2^15.5, and by Parseval all bins have a power of at most 2^31.
func LeanBands(frame *[FrameSamples]int16) (features [NumBands]uint8) {
	z, shift, silent := windowed(frame, leanWindow)
	if silent {
		return features
	}
	var x [leanPoints]point
	for n := range x {
		x[bits.Reverse8(uint8(n))>>1] = point{z[2*n], z[2*n+1]}
	}
	leanFFT(&x)
	powers := leanPowers(&x)
	for b := range features {
		var energy uint32
		for k := BandEdges[b]; k < BandEdges[b+1]; k++ {
			energy += powers[k]
		}
		if energy > 0 {
			features[b] = uint8(max(0, log8(energy)-16*shift-32))
		}
	}
	return features
}

// leanWindow folds the window, which rounds entries 64 and 192 otherwise.
func leanWindow(n int) int { return min(n, FrameSamples-n) }

const leanPoints = FrameSamples / 2

type point struct{ re, im int32 }

// circle is the table of w.
var circle = sync.OnceValue(func() *[3 * FrameSamples / 4]point {
	var out [3 * FrameSamples / 4]point
	for k := range out {
		sin, cos := math.Sincos(math.Pi * float64(k) / (FrameSamples / 2))
		out[k] = point{int32(math.Round(32767 * cos)), int32(math.Round(32767 * sin))}
	}
	return &out
})

// turned is b*w[k].
func (b point) turned(w point) point {
	return point{(b.re*w.re + b.im*w.im + 1<<14) >> 15, (b.im*w.re - b.re*w.im + 1<<14) >> 15}
}

// leanFFT is step 4.
func leanFFT(x *[leanPoints]point) {
	w := circle()
	for h := 1; h < leanPoints/2; h *= 4 {
		for j := range h {
			for i := j; i < leanPoints; i += 4 * h {
				a, b, c, d := x[i], x[i+h], x[i+2*h], x[i+3*h]
				if j > 0 {
					b, c, d = b.turned(w[128*j/h]), c.turned(w[64*j/h]), d.turned(w[192*j/h])
				}
				p, q := point{a.re + b.re, a.im + b.im}, point{a.re - b.re, a.im - b.im}
				r, v := point{c.re + d.re, c.im + d.im}, point{c.re - d.re, c.im - d.im}
				x[i], x[i+h] = point{(p.re + r.re + 2) >> 2, (p.im + r.im + 2) >> 2}, point{(q.re + v.im + 2) >> 2, (q.im - v.re + 2) >> 2}
				x[i+2*h], x[i+3*h] = point{(p.re - r.re + 2) >> 2, (p.im - r.im + 2) >> 2}, point{(q.re - v.im + 2) >> 2, (q.im + v.re + 2) >> 2}
			}
		}
	}
	for j := range leanPoints / 2 {
		a, b := x[j], x[j+leanPoints/2]
		if j > 0 {
			b = b.turned(w[2*j])
		}
		x[j] = point{(a.re + b.re + 1) >> 1, (a.im + b.im + 1) >> 1}
		x[j+leanPoints/2] = point{(a.re - b.re + 1) >> 1, (a.im - b.im + 1) >> 1}
	}
}

// leanPowers is step 5: the power of every bin.
func leanPowers(x *[leanPoints]point) (powers [leanPoints]uint32) {
	power := func(re, im int32) uint32 { return uint32(re)*uint32(re) + uint32(im)*uint32(im) }
	for k := 1; k <= leanPoints/2; k++ {
		y, z := x[k], x[leanPoints-k]
		a := point{y.re + z.re, y.im - z.im}
		b := point{y.re - z.re, y.im + z.im}.turned(circle()[k])
		powers[leanPoints-k] = power(a.re-b.im, a.im+b.re)
		powers[k] = power(a.re+b.im, a.im-b.re)
	}
	return powers
}

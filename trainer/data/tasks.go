package data

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// The copy task's alphabet, as Foucault et al. (ICLR 2025) have it.
const (
	copyBlank   = 0
	copySymbols = 8 // 1 to 8
	copyMarker  = 9
	copyLength  = 10
)

// copyTask (Arjovsky, Shah, Bengio: Unitary Evolution RNNs, ICML 2016) has 10 symbols, length blanks, the marker and 9 blanks; the answer at each step is a blank, and in the last 10
// steps the symbols.
func copyTask(length int) recipe {
	t := length + 2*copyLength
	r := recipe{t: t, d: 1, labels: t, eachStep: true}
	r.classes = []string{"blank"}
	for s := 1; s <= copySymbols; s++ {
		r.classes = append(r.classes, strconv.Itoa(s))
	}
	r.vocabulary = append(slices.Clone(r.classes), "marker")
	r.fill = func(rng *rand.Rand, x, y []float32) {
		for i := range copyLength {
			symbol := float32(1 + rng.IntN(copySymbols))
			x[i], y[t-copyLength+i] = symbol, symbol
		}
		x[t-copyLength] = copyMarker
	}
	return r
}

// addingTask (Hochreiter, Schmidhuber: Long Short-Term Memory, 1997) has a number in [0, 1) and a marker a step; one step of each half is marked.
func addingTask(length int) recipe {
	r := recipe{t: length, d: 2, labels: 1, outputs: 1}
	r.channels = []Channel{{Name: "number", Scale: 1}, {Name: "marker", Scale: 1}}
	r.fill = func(rng *rand.Rand, x, y []float32) {
		half := length / 2
		for t := range length {
			x[2*t] = rng.Float32()
		}
		for _, t := range []int{rng.IntN(half), half + rng.IntN(length-half)} {
			x[2*t+1] = 1
			y[0] += x[2*t]
		}
	}
	return r
}

// parityTask has bits as tokens; the class is their sum modulo 2.
func parityTask(length int) recipe {
	r := recipe{t: length, d: 1, labels: 1, vocabulary: []string{"0", "1"}, classes: []string{"even", "odd"}}
	r.fill = func(rng *rand.Rand, x, y []float32) {
		ones := 0
		for t := range length {
			bit := rng.IntN(2)
			x[t], ones = float32(bit), ones+bit
		}
		y[0] = float32(ones % 2)
	}
	return r
}

// The curves: ten classes, each a sum of a few slow sines that are the same for every seed.
const (
	curveClasses   = 10
	curveHarmonics = 4
	curveSeed      = 1
)

// curve is a template: amplitude and phase of each harmonic of the sequence's length.
type curve [curveHarmonics][2]float64

// at is the template at a place in [0, 1].
func (c *curve) at(place float64) float64 {
	v := 0.0
	for k, h := range c {
		v += h[0] * math.Sin(2*math.Pi*float64(k+1)*place+h[1])
	}
	return v
}

// curvesTask is in the manner of MNIST-1D: it shifts a template by up to a tenth of its length, scales it by 0.7 to 1.3, tilts it, and adds noise.
func curvesTask(length int) recipe {
	r := recipe{t: length, d: 1, labels: 1, channels: []Channel{{Name: "curve", Scale: 1}}}
	templates := curveTemplates()
	for c := range templates {
		r.classes = append(r.classes, strconv.Itoa(c))
	}
	r.fill = func(rng *rand.Rand, x, y []float32) {
		class := rng.IntN(curveClasses)
		shift, scale, tilt := 0.2*rng.Float64()-0.1, 0.7+0.6*rng.Float64(), 0.5*rng.NormFloat64()
		for t := range x {
			place := float64(t) / float64(length)
			x[t] = float32(scale*templates[class].at(place+shift) + tilt*(place-0.5) + 0.15*rng.NormFloat64())
		}
		y[0] = float32(class)
	}
	return r
}

func curveTemplates() *[curveClasses]curve {
	rng := rand.New(rand.NewPCG(curveSeed, 0))
	var out [curveClasses]curve
	for c := range out {
		for k := range out[c] {
			out[c][k] = [2]float64{rng.NormFloat64() / float64(k+1), 2 * math.Pi * rng.Float64()}
		}
	}
	return &out
}

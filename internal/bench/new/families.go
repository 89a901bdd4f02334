package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// family is a kind of series that a public formula makes.
type family struct {
	name                        string
	steps, classes, train, test int
	// draw makes the series of a class.
	draw func(rng *rand.Rand, class int, x []float64)
}

// families are those of the archive that are simulated, at its sizes but for TwoPatterns, which has 1,000 there; and one whose
// classes differ by far less than their series do in common, as those of spectrographs.
var families = []family{
	{"CBF", 128, 3, 30, 900, cylinderBellFunnel},
	{"SyntheticControl", 60, 6, 300, 300, controlChart},
	{"TwoPatterns", 128, 4, 200, 1000, twoPatterns},
	{"Spectra", 286, 4, 40, 400, spectrum()},
}

// cylinderBellFunnel is of Saito, Local feature extraction and its applications using a library of bases, 1994.
func cylinderBellFunnel(rng *rand.Rand, class int, x []float64) {
	from := 16 + rng.IntN(17)
	to := from + 32 + rng.IntN(65)
	height := 6 + rng.NormFloat64()
	for t := range x {
		x[t] = rng.NormFloat64()
		if t < from || t > to {
			continue
		}
		part := float64(t-from) / float64(to-from)
		x[t] += height * []float64{1, part, 1 - part}[class]
	}
}

// controlChart is of Alcock and Manolopoulos, Time-series similarity queries employing a feature-based approach, 1999: normal,
// cyclic, rising, falling, and shifted upward and downward.
func controlChart(rng *rand.Rand, class int, x []float64) {
	amplitude, period := 10+5*rng.Float64(), 10+5*rng.Float64()
	slope, shift := 0.2+0.3*rng.Float64(), 7.5+12.5*rng.Float64()
	at := float64(len(x)) * (1 + rng.Float64()) / 3
	for t := range x {
		time, after := float64(t), 0.0
		if time >= at {
			after = 1
		}
		x[t] = 30 + 2*(6*rng.Float64()-3) + []float64{0, amplitude * math.Sin(2*math.Pi*time/period), slope * time, -slope * time, shift * after, -shift * after}[class]
	}
}

// twoPatterns is of Geurts, Contributions to decision tree induction, 2002: two steps, each up or down, in noise.
func twoPatterns(rng *rand.Rand, class int, x []float64) {
	for t := range x {
		x[t] = rng.NormFloat64()
	}
	half := len(x) / 2
	for k := range 2 {
		length := half/4 + rng.IntN(half/4+1)
		from, sign := k*half+rng.IntN(half-length+1), 1-2*float64(class>>k&1)
		for i := range length {
			x[from+i] = -5 * sign
			if i >= length/2 {
				x[from+i] = 5 * sign
			}
		}
	}
}

// spectrum draws a common curve of bumps, and for each class some that are far smaller.
func spectrum() func(rng *rand.Rand, class int, x []float64) {
	type bump struct{ at, width, height float64 }
	fixed := rand.New(rand.NewPCG(5, 5))
	draw := func(n int, height float64) (out []bump) {
		for range n {
			out = append(out, bump{fixed.Float64(), 0.02 + 0.08*fixed.Float64(), height * fixed.NormFloat64()})
		}
		return out
	}
	const small = 0.06
	common, classes := draw(8, 1), [4][]bump{}
	for c := range classes {
		classes[c] = draw(4, small)
	}
	return func(rng *rand.Rand, class int, x []float64) {
		add := func(bumps []bump, factor float64) {
			for _, b := range bumps {
				for t := range x {
					z := (float64(t)/float64(len(x)) - b.at) / b.width
					x[t] += factor * b.height * math.Exp(-z*z/2)
				}
			}
		}
		clear(x)
		add(common, 1+0.05*rng.NormFloat64())
		add(classes[class], 1+0.3*rng.NormFloat64())
		var own []bump
		for range 6 {
			own = append(own, bump{rng.Float64(), 0.05 + 0.2*rng.Float64(), 0.6 * small * rng.NormFloat64()})
		}
		add(own, 1)
		for t := range x {
			x[t] += 0.05 * small * rng.NormFloat64()
		}
	}
}

// writeFamilies writes each family's training and test file into a folder of its name, as .ts, each series at mean 0 and
// variance 1.
func writeFamilies(folder string) error {
	for _, f := range families {
		dir := filepath.Join(folder, f.name)
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		rng := rand.New(rand.NewPCG(7, 7))
		for _, part := range []struct {
			name string
			n    int
		}{{"TRAIN", f.train}, {"TEST", f.test}} {
			var b strings.Builder
			fmt.Fprintf(&b, "@problemName %s\n@timeStamps false\n@univariate true\n@equalLength true\n@seriesLength %d\n@classLabel true", f.name, f.steps)
			for c := range f.classes {
				fmt.Fprintf(&b, " %d", c+1)
			}
			b.WriteString("\n@data\n")
			x := make([]float64, f.steps)
			for i := range part.n {
				f.draw(rng, i%f.classes, x)
				standardise(x)
				for t, v := range x {
					if t > 0 {
						b.WriteByte(',')
					}
					fmt.Fprintf(&b, "%.6f", v)
				}
				fmt.Fprintf(&b, ":%d\n", i%f.classes+1)
			}
			if err := os.WriteFile(filepath.Join(dir, f.name+"_"+part.name+".ts"), []byte(b.String()), 0o666); err != nil {
				return err
			}
		}
	}
	return nil
}

func standardise(x []float64) {
	sum, squares := 0.0, 0.0
	for _, v := range x {
		sum += v
	}
	mean := sum / float64(len(x))
	for _, v := range x {
		squares += (v - mean) * (v - mean)
	}
	for t := range x {
		x[t] = (x[t] - mean) / math.Sqrt(squares/float64(len(x)))
	}
}

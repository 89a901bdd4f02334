package design

import (
	"fmt"
	"math"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data"
)

// facts are what a design follows from.
type facts struct {
	n, steps, values int
	images           bool
	binary           bool // all targets are 0 or 1
	unit             float64
	// What follows is of values as the model sees them, after they are normalised where they are.
	//
	// deviation is the root of their mean square.
	deviation float64
	// apart is how far neighbours are apart, in the median: the root of the mean squared difference of a training sequence and
	// the one nearest to it. 0 where it is not known.
	apart float64
	// most is the largest magnitude, and nearly that which all but one of a thousand values are below.
	most, nearly float64
}

// Not more is looked at.
const (
	lookedSequences = 200
	lookedValues    = 2048    // of a sequence, when it is compared
	readValues      = 1 << 23 // of all
)

// look reads the training part.
func look(set *data.Set, normalise bool) facts {
	s := &set.Train
	f := facts{n: s.N, steps: s.T, values: s.D, images: set.Kind.Knows("layout"), binary: zerosAndOnes(s), unit: 1}
	if s.Vocabulary > 0 || s.N == 0 {
		return f
	}
	if len(set.Channels) > 0 {
		f.unit = set.Channels[0].Scale
	}
	rows := sample(s, normalise)
	var all []float64
	squares := 0.0
	for _, row := range rows {
		for _, v := range row {
			squares += v * v
			all = append(all, math.Abs(v))
		}
	}
	slices.Sort(all)
	f.deviation = math.Sqrt(squares / float64(len(all)))
	f.most, f.nearly = all[len(all)-1], all[len(all)-1-len(all)/1000]
	if !s.Stream() { // recordings begin anywhere: how far they are apart says nothing
		f.apart = median(nearest(rows))
	}
	return f
}

// sample reads sequences at equal distances, and so many values of each at equal distances, each channel at mean 0 and
// variance 1 where they are to be normalised.
func sample(s *data.Sequences, normalise bool) [][]float64 {
	rows := make([][]float64, min(s.N, lookedSequences, max(2, readValues/(s.T*s.D))))
	sum, squares := make([]float64, s.D), make([]float64, s.D)
	for i := range rows {
		rows[i] = make([]float64, s.T*s.D)
		s.Values(i*s.N/len(rows), rows[i])
		for j, v := range rows[i] {
			sum[j%s.D] += v
		}
	}
	count := float64(len(rows) * s.T)
	for _, row := range rows {
		for j, v := range row {
			d := v - sum[j%s.D]/count
			squares[j%s.D] += d * d
		}
	}
	stride := max(1, s.T*s.D/lookedValues)
	for i, row := range rows {
		var kept []float64
		for j := 0; j < len(row); j += stride {
			mean, deviation := sum[j%s.D]/count, math.Sqrt(squares[j%s.D]/count)
			switch {
			case !normalise:
				mean, deviation = 0, 1
			case deviation == 0:
				deviation = 1
			}
			kept = append(kept, (row[j]-mean)/deviation)
		}
		rows[i] = kept
	}
	return rows
}

// nearest gives for each row how far it is from the nearest other.
func nearest(rows [][]float64) []float64 {
	out := slices.Repeat([]float64{math.Inf(1)}, len(rows))
	for i, x := range rows {
		for j, y := range rows[:i] {
			sum := 0.0
			for k, v := range x {
				sum += (v - y[k]) * (v - y[k])
			}
			distance := math.Sqrt(sum / float64(len(x)))
			out[i], out[j] = min(out[i], distance), min(out[j], distance)
		}
	}
	return out
}

func median(v []float64) float64 {
	if len(v) < 2 {
		return 0
	}
	slices.Sort(v)
	return v[len(v)/2]
}

// zerosAndOnes reports whether all targets are 0 or 1, and some are either.
func zerosAndOnes(s *data.Sequences) bool {
	if s.Outputs == 0 || s.N == 0 {
		return false
	}
	width := s.Outputs
	if s.EachStep {
		width *= s.T
	}
	row, seen := make([]float64, width), map[float64]bool{}
	for i := range s.N {
		s.Targets(i, row)
		for _, v := range row {
			if v != 0 && v != 1 {
				return false
			}
			seen[v] = true
		}
	}
	return len(seen) == 2
}

// sentence says what the data set is.
func (f facts) sentence(d *Design) string {
	s := &d.set.Train
	what := diag.Count(f.values, "value")
	switch {
	case s.Vocabulary > 0:
		what = "one of " + diag.Count(s.Vocabulary, "token")
	case f.values == 1:
		what = "one value"
	}
	answers := diag.Count(len(d.set.Classes), "class")
	if s.Outputs > 0 {
		answers = diag.Count(s.Outputs, "number")
		if s.Outputs == 1 {
			answers = "one number"
		}
	}
	if s.EachStep {
		answers += " at every step"
	}
	if s.Stream() {
		return fmt.Sprintf("%d unbroken recordings of up to %s of %s, %s.", f.n, diag.Count(f.steps, "step"), what, answers)
	}
	return fmt.Sprintf("%s to train on, %s of %s, %s.", diag.Count(f.n, "sequence"), diag.Count(f.steps, "step"), what, answers)
}

package score

import "math"

// Numbers adds up what one output of a regression gave beside what it should have given.
type Numbers struct {
	errors              Ratio   // squared
	shift, sum, squares float64 // of what was to be given, about shift: so a large mean costs no precision
}

// Add takes in an answer of a unit.
func (s *Numbers) Add(unit int, want, got float64) {
	if s.Answers() == 0 {
		s.shift = want
	}
	s.errors.Add(unit, (got-want)*(got-want))
	s.sum += want - s.shift
	s.squares += (want - s.shift) * (want - s.shift)
}

// NumberScore is how well a regression gives one of its numbers.
type NumberScore struct {
	Name string  `json:"name"`
	MSE  float64 `json:"mse"`
	RMSE float64 `json:"rmse"`
	// R2 is the part of the variance that is explained: 1 for no error, 0 for what always giving the mean would do. It is null
	// where there is no variance.
	R2       Part      `json:"r2"`
	Interval *Interval `json:"rmse_interval,omitempty"` // of RMSE
}

// Score judges the output, called name, in units of which one is gain of what was taken in. of names the units of answers.
func (s *Numbers) Score(name string, gain float64, of string) NumberScore {
	mse := float64(s.errors.Mean())
	out := NumberScore{Name: name, MSE: mse * gain * gain, RMSE: math.Sqrt(mse) * math.Abs(gain), R2: Part(math.NaN())}
	n := float64(s.errors.Answers())
	if variance := s.squares/n - s.sum/n*s.sum/n; variance > 1e-12 {
		out.R2 = Part(1 - mse/variance)
	}
	if i := s.errors.RootInterval(of); i != nil {
		i.Low, i.High = i.Low*math.Abs(gain), i.High*math.Abs(gain)
		out.Interval = i
	}
	return out
}

// Answers counts what was taken in.
func (s *Numbers) Answers() int { return s.errors.Answers() }

package optim

import "math"

// Schedule says how the learning rate changes: the factor on it at any moment of training.
type Schedule struct {
	Kind   Kind
	Gamma  float64 // Step: factor an interval
	Every  int     // Step: epochs of an interval
	Floor  float64 // Cosine: the factor at the end
	Warmup float64 // epochs over which the rate rises linearly from zero
}

// Kind names a schedule.
type Kind string

// The schedules.
const (
	Constant Kind = "constant"
	Step     Kind = "step"   // times Gamma every Every epochs, as torch's StepLR
	Cosine   Kind = "cosine" // half a cosine from 1 to Floor over the whole training
)

// At gives the factor after epoch epochs, a fraction within one, of a training of total epochs.
func (s Schedule) At(epoch, total float64) float64 {
	factor := 1.0
	switch s.Kind {
	case Step:
		factor = math.Pow(s.Gamma, math.Floor(epoch/float64(max(s.Every, 1))))
	case Cosine:
		factor = s.Floor + (1-s.Floor)*(1+math.Cos(math.Pi*min(epoch/total, 1)))/2
	}
	if epoch < s.Warmup {
		factor *= epoch / s.Warmup
	}
	return factor
}

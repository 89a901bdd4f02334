package optim

import (
	"slices"

	"github.com/hrnnc/hrnnc/trainer/network"
)

// Average is an exponential moving average of parameters over the steps of training. Steps at a high learning rate wander about
// a minimum, and most of that is gone from their average.
type Average struct {
	Decay  float64     // how much of the average a step leaves, below 1
	Values [][]float32 // a parameter each
}

// NewAverage begins with the parameters as they are; it is nil when decay is 0.
func NewAverage(decay float64, params []*network.Param) *Average {
	if decay == 0 {
		return nil
	}
	a := &Average{Decay: decay, Values: make([][]float32, len(params))}
	for i, p := range params {
		a.Values[i] = slices.Clone(p.Latent)
	}
	return a
}

// Update takes in the parameters after a step, counted from 1. Early steps leave less, or the first weights would be remembered
// for too long.
func (a *Average) Update(params []*network.Param, step int) {
	n := float64(step)
	left := float32(min(a.Decay, n/(n+10)))
	for i, p := range params {
		if p.Fixed {
			continue
		}
		for j, v := range p.Latent {
			a.Values[i][j] = left*a.Values[i][j] + (1-left)*v
		}
	}
}

// Swap exchanges parameters and averages.
func (a *Average) Swap(params []*network.Param) {
	for i, p := range params {
		for j, v := range p.Latent {
			p.Latent[j], a.Values[i][j] = a.Values[i][j], v
		}
	}
}

package main

import (
	"runtime"
	"time"

	"github.com/hrnnc/hrnnc/internal/bench/machine"
	"github.com/hrnnc/hrnnc/trainer/kernels"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/optim"
)

// run is what a process that trained says of itself. dense.py prints the same.
type run struct {
	Seconds   []float64 `json:"seconds"`   // of each step, by the clock
	Processor []float64 `json:"processor"` // seconds of each step that the process had processors, all threads together
	Loss      []float64 `json:"loss"`      // of the batch, before each step
	Norm      []float64 `json:"norm"`      // Euclidean, of the gradient of all parameters
	BeforeKiB int       `json:"before_kib"`
	PeakKiB   int       `json:"peak_kib"` // resident memory, at most: before the first step, and at the end
	Version   string    `json:"version"`
	Kernels   string    `json:"kernels"` // what multiplies
}

// train takes steps in hrnnc's trainer, on the same batch each time.
func (c *configuration) train(dir string, steps int) (*run, error) {
	n, b, err := c.readStart(dir)
	if err != nil {
		return nil, err
	}
	adam := optim.NewAdam()
	r := &run{BeforeKiB: peakMemory(), Version: runtime.Version(), Kernels: kernels.Set()}
	for range steps {
		clock, processor := time.Now(), machine.Seconds()
		result := n.Step(b)
		adam.Step(n.Params, func(*network.Param) float64 { return rate })
		optim.ClampSigns(n.Params)
		n.Refresh()
		r.Seconds = append(r.Seconds, time.Since(clock).Seconds())
		r.Processor = append(r.Processor, machine.Seconds()-processor)
		r.Loss = append(r.Loss, result.Mean())
		r.Norm = append(r.Norm, optim.ClipNorm(n.Params, 0))
	}
	r.PeakKiB = peakMemory()
	return r, nil
}

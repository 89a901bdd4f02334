package main

import (
	"context"
	"fmt"
	"math"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// OutputScore is how well a regression gives one of its numbers, in the units of the data set.
type OutputScore struct {
	Name string  `json:"name"`
	MSE  float64 `json:"mse"`
	RMSE float64 `json:"rmse"`
	// R2 is the part of the variance that is explained: 1 for no error, 0 for what always giving the mean would do.
	R2 float64 `json:"r2"`
}

// errorSum adds up what one output gave beside what it should have given.
type errorSum struct {
	n, residual         float64
	shift, sum, squares float64 // about shift, so that a large mean costs no precision
}

func (e *errorSum) add(want, got float64) {
	if e.n == 0 {
		e.shift = want
	}
	e.n++
	e.sum += want - e.shift
	e.squares += (want - e.shift) * (want - e.shift)
	e.residual += (got - want) * (got - want)
}

// scoreNumbers measures a regression on one part.
func (t *training) scoreNumbers(ctx context.Context, s *SplitScore, part *data.Sequences) error {
	rows := t.net.Outputs()
	sums := make([]errorSum, rows)
	each := func(b *network.Batch, output func(i int) float64) {
		for i, want := range b.Targets {
			sums[i%rows].add(float64(want), output(i))
		}
	}
	var l *compiler.Lowered
	var err error
	if s.Level != "real" {
		if l, err = t.lowered(); err != nil {
			return err
		}
	}
	err = trainer.EachBatch(ctx, t.net, t.source(part), fixedBatch, func(b *network.Batch) error {
		if l == nil {
			y := t.outputs(b)
			each(b, func(i int) float64 { return float64(y[i]) })
			return nil
		}
		out, err := l.Run(ctx, quickest(s.Level), sequencesOf(b), nil)
		if err != nil {
			return err
		}
		y := l.Reals(out)
		each(b, func(i int) float64 { return y[i] })
		return nil
	})
	if err != nil {
		return err
	}
	residual, n := 0.0, 0.0
	for k, e := range sums {
		residual, n = residual+e.residual, n+e.n
		s.Outputs = append(s.Outputs, t.outputScore(k, e))
		s.R2 += s.Outputs[k].R2 / float64(rows)
	}
	s.Loss = residual / max(n, 1)
	return nil
}

// outputScore turns the errors of output k into the units of the data set.
func (t *training) outputScore(k int, e errorSum) OutputScore {
	s := OutputScore{Name: fmt.Sprintf("output %d", k), MSE: e.residual / max(e.n, 1)}
	if variance := e.squares - e.sum*e.sum/max(e.n, 1); variance > 1e-12 {
		s.R2 = 1 - e.residual/variance
	}
	if t.targets != nil {
		s.Name, s.MSE = t.targets[k].Name, s.MSE*t.targets[k].Gain*t.targets[k].Gain
	}
	s.RMSE = math.Sqrt(s.MSE)
	return s
}

// outputs are those of a batch in float32, [N or N*T][outputs].
func (t *training) outputs(b *network.Batch) []float32 {
	y := make([]float32, len(b.Targets))
	t.net.Evaluate(b, func(i int, row []float32) { copy(y[i*len(row):], row) })
	return y
}

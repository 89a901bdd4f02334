package interp

import (
	"math"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/internal/hadamard"
	"github.com/hrnnc/hrnnc/ir"
)

var realKernels = map[ir.Op]kernel[float64]{
	ir.OpInput: func(r *run[float64], v *ir.Value, args [][]float64) ([]float64, error) {
		x, err := input(r, v, args)
		if r.m.Input.Kind == ir.Token {
			return x, err
		}
		return each(x, func(n float64) float64 { return n * r.m.Input.Scale }), err
	},
	ir.OpState:   state[float64],
	ir.OpConst:   func(r *run[float64], v *ir.Value, _ [][]float64) ([]float64, error) { return r.constant(v).Real, nil },
	ir.OpOneHot:  oneHot[float64],
	ir.OpEmbed:   embed[float64],
	ir.OpColumn:  column[float64],
	ir.OpMatVec:  matVec[float64],
	ir.OpSigns:   signs[float64],
	ir.OpPermute: permute[float64],
	ir.OpAdd:     add[float64],
	ir.OpRelu:    relu[float64],
	ir.OpScale: func(r *run[float64], v *ir.Value, args [][]float64) ([]float64, error) {
		return each(args[0], func(a float64) float64 { return a * v.Factor[r.phase()] }), nil
	},
	ir.OpLeak: func(_ *run[float64], v *ir.Value, args [][]float64) ([]float64, error) {
		return leak(v, args[0], func(a float64, l int) float64 { return a * arith.Kept(l) }), nil
	},
	ir.OpHadamard: func(_ *run[float64], v *ir.Value, args [][]float64) ([]float64, error) {
		z := append([]float64(nil), args[0]...)
		hadamard.Transform(z, v.Block)
		if v.Norm {
			z = each(z, func(a float64) float64 { return a / math.Sqrt(float64(v.Block)) })
		}
		return z, nil
	},
}

// RealResult is what a sequence gives at the real level.
type RealResult struct {
	Y   [][]float64 // logits: one row, or one a step when the output is at every step
	Max []float64   // largest |h| seen, a state
	// Decisions, with a decide block, is what it decides of every step.
	Decisions []int
}

// RunReal runs one sequence, x[step][entry], in float64. A mean is divided by the number of steps, of the oldest course where the model restarts.
func RunReal(m *ir.Module, x [][]int64) (RealResult, error) {
	if err := CheckInput(m, x); err != nil {
		return RealResult{}, err
	}
	r := newRun(m, realKernels)
	res := RealResult{Max: make([]float64, len(m.States))}
	var decide *decider.Real
	if d := m.Output.Decide; d != nil {
		decide = decider.NewReal(*d, 1)
	}
	for _, row := range x {
		if err := r.step(row, func() { largest(r, res.Max) }); err != nil {
			return res, err
		}
		if m.Output.When == ir.EveryStep {
			res.Y = append(res.Y, r.y())
			if decide != nil {
				res.Decisions = append(res.Decisions, decide.Step(r.y()))
			}
		}
	}
	switch m.Output.When {
	case ir.AtLast:
		res.Y = [][]float64{r.y()}
	case ir.Mean:
		res.Y = [][]float64{each(r.sums[arith.Even], func(a float64) float64 { return a / float64(r.t) })}
	}
	return res, nil
}

// largest notes the largest |h| of each state.
func largest(r *run[float64], most []float64) {
	for i, s := range r.states {
		for _, h := range s {
			most[i] = max(most[i], math.Abs(h))
		}
	}
}

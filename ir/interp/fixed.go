package interp

import (
	"fmt"
	"math/bits"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/internal/hadamard"
	"github.com/hrnnc/hrnnc/ir"
)

var fixedKernels = map[ir.Op]kernel[int64]{
	ir.OpInput:   input[int64],
	ir.OpState:   state[int64],
	ir.OpConst:   func(r *run[int64], v *ir.Value, _ [][]int64) ([]int64, error) { return r.constant(v).Ints, nil },
	ir.OpOneHot:  oneHot[int64],
	ir.OpEmbed:   embed[int64],
	ir.OpColumn:  column[int64],
	ir.OpMatVec:  matVec[int64],
	ir.OpSigns:   signs[int64],
	ir.OpPermute: permute[int64],
	ir.OpAdd:     add[int64],
	ir.OpRelu:    relu[int64],
	ir.OpExt:     same,
	ir.OpTrunc:   same,
	ir.OpSat:     saturate,
	ir.OpRequant: requant,
	ir.OpLeak: func(_ *run[int64], v *ir.Value, args [][]int64) ([]int64, error) {
		return leak(v, args[0], arith.Leaked), nil
	},
	ir.OpHadamard: func(r *run[int64], v *ir.Value, args [][]int64) ([]int64, error) {
		z := append([]int64(nil), args[0]...)
		if v.Staged != nil {
			hadamard.Staged(z, v.Block, v.Staged[r.phase()])
		} else {
			hadamard.Transform(z, v.Block)
		}
		return z, nil
	},
}

func same(_ *run[int64], _ *ir.Value, args [][]int64) ([]int64, error) { return args[0], nil }

func saturate(_ *run[int64], v *ir.Value, args [][]int64) ([]int64, error) {
	lo, hi := int64(-1)<<(v.Type.Bits-1), int64(1)<<(v.Type.Bits-1)-1
	return each(args[0], func(a int64) int64 { return min(max(a, lo), hi) }), nil
}

// requant refuses a product beyond 63 bits, which Apply could not see.
func requant(r *run[int64], v *ir.Value, args [][]int64) ([]int64, error) {
	q := v.Requant[r.phase()]
	for _, a := range args[0] {
		if hi, lo := bits.Mul64(magnitude(a), magnitude(q.Mul)); hi != 0 || lo >= 1<<62 {
			return nil, fmt.Errorf("%d * %d overflows", a, q.Mul)
		}
		if p := a * q.Mul; q.Shift < 0 && arith.SignedBits(p)-q.Shift > 64 {
			return nil, fmt.Errorf("%d << %d overflows", p, -q.Shift)
		}
	}
	return each(args[0], q.Apply), nil
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return uint64(-a)
	}
	return uint64(a)
}

// fits fails when a value leaves its width: range analysis was wrong.
func fits(r *run[int64], id ir.ID) error {
	v := r.m.Values[id]
	if len(v.Type.Shape) == 0 {
		return nil
	}
	for i, n := range r.values[id] {
		if arith.SignedBits(n) > v.Type.Bits {
			return fmt.Errorf("entry %d, %d, does not fit its %d bits: range analysis is wrong", i, n, v.Type.Bits)
		}
	}
	return nil
}

// FixedResult is what a sequence gives at the fixed level.
type FixedResult struct {
	Y         [][]int64 // accumulators: one row, or one a step when the output is at every step
	Decisions []int     // with a decide block: what it decides, of every step
	Steps     int
	Saturated int64 // state entries that were clamped
	Updates   int64 // state entries computed
}

// RunFixed runs one sequence, x[step][entry], in integers, and checks that every value fits the width its type
// promises. A mean is the sum over the steps, as docs/numerics.md section 3 has it.
func RunFixed(m *ir.Module, x [][]int64) (FixedResult, error) {
	if err := CheckInput(m, x); err != nil {
		return FixedResult{}, err
	}
	r := newRun(m, fixedKernels)
	r.check = fits
	var res FixedResult
	decide, err := newDecider(m)
	if err != nil {
		return FixedResult{}, err
	}
	for _, row := range x {
		if err := r.step(row, func() { r.countSaturation(&res) }); err != nil {
			return res, err
		}
		res.Steps++
		if m.Output.When == ir.EveryStep {
			res.Y = append(res.Y, r.y())
			if decide != nil {
				res.Decisions = append(res.Decisions, decide.Step(r.phase(), r.y()))
			}
		}
	}
	switch m.Output.When {
	case ir.AtLast:
		res.Y = [][]int64{r.y()}
	case ir.Mean:
		res.Y = [][]int64{meanSum(m, r.sums)}
	}
	return res, nil
}

// newDecider is that of the decide block, or nil.
func newDecider(m *ir.Module) (*decider.Decider, error) {
	if m.Output.Decide == nil {
		return nil, nil
	}
	unit := m.Values[m.Y].Type.Scale
	return decider.New(*m.Output.Decide, unit.Unit, unit.Parity)
}

func meanSum(m *ir.Module, sums arith.Phased[[]int64]) []int64 {
	odd := sums[arith.Odd]
	if m.Values[m.Y].Type.Scale.Parity {
		odd = each(odd, arith.SqrtHalf.Apply)
	}
	return zip([][]int64{sums[arith.Even], odd}, func(a, b int64) int64 { return a + b })
}

func (r *run[T]) countSaturation(res *FixedResult) {
	for id, v := range r.m.Values {
		if v.Op != ir.OpSat {
			continue
		}
		before := r.values[v.Args[0]]
		for i, after := range r.values[id] {
			if before[i] != after {
				res.Saturated++
			}
		}
	}
	for _, s := range r.m.States {
		res.Updates += int64(s.Size)
	}
}

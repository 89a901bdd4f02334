package passes

import (
	"math"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/numerics"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/form"
)

// biases rounds the constants of a sum to integers of a unit.
func (q *quantizer) biases(s *form.Sum, scale ir.Scale) error {
	for i, b := range s.Biases {
		v, err := q.constant(b.Const, scale)
		if err != nil {
			return err
		}
		s.Biases[i] = form.Bias{Const: v, Factor: arith.Both(1.0)}
	}
	return nil
}

// constant rounds a real constant vector to integers of a unit; one for even and one for odd steps where it alternates. The
// odd one is rounded from the real numbers in its own unit, which stands for the factor that parity gave it.
func (q *quantizer) constant(b *ir.Value, scale ir.Scale) (*ir.Value, error) {
	even, err := roundAll(b, scale.Unit)
	if err != nil {
		return nil, err
	}
	v := &ir.Value{Op: ir.OpConst, Name: b.Name, Span: b.Span,
		Type: ir.Type{Bits: q.new.ConstBits(even), Shape: even.Shape, Scale: scale}}
	if !scale.Parity {
		v.Const = even
		return v, nil
	}
	odd, err := roundAll(b, scale.Unit*math.Sqrt2/2)
	if err != nil {
		return nil, err
	}
	v.Phases = &arith.Phased[*ir.Tensor]{even, odd}
	v.Type.Bits = q.new.ConstBits(even, odd)
	return v, nil
}

func roundAll(b *ir.Value, unit float64) (*ir.Tensor, error) {
	t := &ir.Tensor{Name: b.Const.Name, Shape: b.Const.Shape, Unit: unit, Weight: "int"}
	for i, r := range b.Const.Real {
		n, ok := numerics.RoundHalfEven(r / unit)
		if !ok {
			return nil, diag.At(b.Span).Errorf("range", "entry %d of %s, %v, is too large for units of %.3g", i, b.Const.Name, r, unit).
				Helpf("check the weights file; calibrate with data that reaches larger states")
		}
		t.Ints = append(t.Ints, n)
		t.Real = append(t.Real, unit*float64(n))
	}
	return t, nil
}

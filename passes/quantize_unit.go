package passes

import (
	"fmt"
	"math"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/numerics"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/form"
)

// inflow is the one product that flows into a state, or nil.
func (q *quantizer) inflow(u *form.Update, s ir.State) (*form.Term, error) {
	var in *form.Term
	for i := range u.Terms {
		t := &u.Terms[i]
		if t.Product == form.None {
			v := q.old.Value(t.ID)
			for v.Op == ir.OpScale {
				v = q.old.Value(v.Args[0])
			}
			return nil, diag.At(v.Span).Errorf("unit", "%s flows into %s without a matrix", v.Op, s.Name).
				Helpf("multiply it by a param, as in U*x")
		}
		if in != nil {
			return nil, diag.At(q.old.Value(t.Product).Span).Errorf("unit", "two terms with units of their own flow into %s", s.Name).
				Helpf("a state takes its unit from one product; join the inputs into one vector and the matrices side by side")
		}
		in = t
	}
	return in, nil
}

// unit chooses the state's unit lambda = lambda_0 * 2^-e and gives e.
func (q *quantizer) unit(u *form.Update, in *form.Term, s *ir.State, alternates bool) (e int, err error) {
	lambda0 := 1.0
	switch {
	case in != nil:
		if lambda0, err = q.productUnit(in, *s); err != nil {
			return 0, err
		}
	case len(u.Biases) > 0:
		lambda0 = largestMagnitude(u.Biases[0].Const.Const.Real)
	}
	most, err := q.largest(u, in, *s)
	if err != nil {
		return 0, err
	}
	if alternates {
		most *= math.Sqrt2
	}
	e = numerics.StateShift(s.Bits, s.HeadroomBits, most, lambda0)
	if e < -60 || e > 60 {
		return 0, diag.At(s.Span).Errorf("range", "state %s reaches %.3g in units of %.3g: no shift of 60 bits brings that to int%d", s.Name, most, lambda0, s.Bits).
			Helpf("calibrate again (hrnnc calibrate model.hrn --input X.npy), or check the input's scale")
	}
	s.Scale = ir.Scale{Unit: math.Ldexp(lambda0, -e), Parity: alternates}
	q.stats = append(q.stats, fmt.Sprintf("%s: unit %.4g, shift e = %d, largest |%s| %.4g", s.Name, s.Scale.Unit, e, s.Name, most))
	if l := u.Leak.Most(); l > 0 {
		q.stats = append(q.stats, fmt.Sprintf("%s: entries up to %.3g, %d units, do not decay: half of what its smallest leak divides by",
			s.Name, s.Scale.Unit*float64(arith.Floor(l).Magnitude()), arith.Floor(l).Magnitude()))
	}
	return e, nil
}

func largestMagnitude(v []float64) float64 {
	most := 0.0
	for _, x := range v {
		most = max(most, math.Abs(x))
	}
	if most == 0 {
		return 1
	}
	return most
}

// productUnit is the real value of one in the integer product.
func (q *quantizer) productUnit(in *form.Term, s ir.State) (float64, error) {
	v := q.old.Value(in.Product)
	w := q.old.Value(v.Args[0]).Const
	if w == nil || w.Ints == nil {
		return 0, diag.At(v.Span).Errorf("type", "the weights %s are real numbers", q.old.Value(v.Args[0]).Name).
			Helpf("give them a type: param %s : int4, ternary, binary or int2 to int16", q.old.Value(v.Args[0]).Name)
	}
	switch source := in.Source; {
	case v.Op == ir.OpColumn:
		return w.Unit, nil
	case source.Kind == form.Vector:
		return w.Unit * q.old.Input.Scale, nil
	case source.Kind == form.Embed:
		return w.Unit * q.old.Value(q.old.Value(source.Value).Args[0]).Const.Unit, nil
	case source.Kind == form.State && q.new.States[source.State].Scale.Unit != 0:
		return q.new.States[source.State].Scale.Unit * w.Unit, nil
	}
	return 0, diag.At(v.Span).Errorf("unit", "what flows into %s is not an input or an updated state", s.Name).
		Helpf("write U*x, U*onehot(t), U*embed(E, t), or B*relu(h1) with h1 updated above")
}

// largest is M: the calibrated maximum of |h|, or a bound for a known number of steps.
func (q *quantizer) largest(u *form.Update, in *form.Term, s ir.State) (float64, error) {
	if s.Max > 0 {
		return s.Max, nil
	}
	if steps, from := q.remembered(u); steps > 0 && in != nil && in.Source.Kind == form.Vector {
		q.stats = append(q.stats, fmt.Sprintf("%s: no calibration; its range is proven from %s, which is wide", s.Name, from))
		return steps * q.largestInflow(u, in, s), nil
	}
	return 0, diag.At(s.Span).Errorf("range", "the range of state %s is not known", s.Name).
		Helpf("measure it (hrnnc calibrate model.hrn --input X.npy), or say it: state %s : int%d[%d] range 12.5", s.Name, s.Bits, s.Size)
}

// remembered is how many of its largest inflows a state can be made of: as many as there are steps, and with a leak no more than
// 2^l, the sum of what is left of all of them; 0 where no number bounds them.
func (q *quantizer) remembered(u *form.Update) (steps float64, from string) {
	steps, from = float64(q.old.Steps), "the steps"
	if l := u.Leak.Most(); l > 0 && (q.old.Steps == 0 || math.Ldexp(1, l) < steps) {
		return math.Ldexp(1, l), "the leak"
	}
	return steps, from
}

// largestInflow bounds ||U x + b|| over every input (docs/numerics.md section 4).
func (q *quantizer) largestInflow(u *form.Update, in *form.Term, s ir.State) float64 {
	w := q.old.Value(q.old.Value(in.Product).Args[0]).Const
	lo, hi := q.old.Input.Range()
	most := max(math.Abs(float64(lo)), math.Abs(float64(hi))) * q.old.Input.Scale
	cols, sq := w.Shape[1], 0.0
	for i := range s.Size {
		row := 0.0
		for _, v := range w.Real[i*cols : i*cols+cols] {
			row += math.Abs(v) * most
		}
		for _, b := range u.Biases {
			row += math.Abs(b.Const.Const.Real[i])
		}
		sq += row * row
	}
	return math.Sqrt(sq)
}

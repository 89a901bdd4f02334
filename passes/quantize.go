package passes

import (
	"math"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/bounds"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/form"
)

// quantize replaces real values by integers as docs/numerics.md section 3 has it: h = lambda * g, with lambda the unit
// of the product that flows in times 2^-e, so that nothing but shifts is left. It is the one pass that changes meaning.
// It expects what parity leaves; it leaves exact transforms followed by one requantisation, saturated states, and widths
// from interval arithmetic. Units are chosen in quantize_unit.go, what flows in and constants become integers in
// quantize_inflow.go and quantize_const.go.
func quantize(m *ir.Module) (*ir.Module, Stats, error) {
	q := quantizer{old: m, new: header(m)}
	q.new.Level = ir.Fixed
	for i := range m.States {
		if err := q.state(i); err != nil {
			return nil, nil, err
		}
	}
	if err := q.readout(); err != nil {
		return nil, nil, err
	}
	out := sweepDead(q.new)
	endless := *out
	endless.Steps = 0
	table, err := bounds.Of(&endless)
	if err != nil {
		return nil, nil, diag.At(m.Output.Span).Errorf("width", "%v", err).
			Helpf("use fewer state or weight bits, or calibrate with data that reaches larger states")
	}
	return fitWidths(out, table, false), q.stats, nil
}

type quantizer struct {
	old, new *ir.Module
	stats    Stats
}

func (q *quantizer) state(i int) error {
	u, err := form.UpdateOf(q.old, i)
	if err != nil {
		return err
	}
	s := &q.new.States[i]
	in, err := q.inflow(u, *s)
	if err != nil {
		return err
	}
	alternates, err := rounding(u, *s)
	if err != nil {
		return err
	}
	e, err := q.unit(u, in, s, alternates)
	if err != nil {
		return err
	}
	if err := q.wantFactors(u, in, *s); err != nil {
		return err
	}
	u.Terms, u.Saturates, u.Name = nil, true, s.Name+"_transformed"
	x := u.Recurrence.Put(q.new)
	if in != nil {
		a, err := q.term(in, e, *s)
		if err != nil {
			return err
		}
		u.Terms = []form.Term{{ID: a}}
	}
	if err := q.biases(&u.Sum, s.Scale); err != nil {
		return err
	}
	u.PutSum(q.new, x)
	return nil
}

// rounding turns the factors of a recurrence, which parity leaves as powers of two, into shifts, and reports whether the unit
// alternates.
func rounding(u *form.Update, s ir.State) (alternates bool, err error) {
	for ph, f := range u.Factor {
		fraction, e := math.Frexp(f)
		if fraction != 0.5 || e < -60 || e > 60 {
			return false, diag.At(u.Span).Errorf("unit", "the recurrence of %s is multiplied by %v: that is no shift", s.Name, f).
				Helpf("hadamard(%s) alone keeps the norm of the state; nothing else multiplies it", s.Name)
		}
		u.Round[ph] = arith.Requant{Mul: 1, Shift: 1 - e}
	}
	switch u.Round[arith.Even].Shift - u.Round[arith.Odd].Shift {
	case 0:
		return false, nil
	case 1:
		return true, nil
	}
	return false, diag.At(u.Span).Errorf("unit", "the recurrence of %s is multiplied by %v at even and by %v at odd steps", s.Name,
		u.Factor[arith.Even], u.Factor[arith.Odd]).Helpf("hadamard(%s) alone keeps the norm of the state; nothing else multiplies it", s.Name)
}

// wantFactors refuses factors on what flows in that units cannot stand for: parity multiplies by sqrt(2) and divides by it, at
// odd steps alone.
func (q *quantizer) wantFactors(u *form.Update, in *form.Term, s ir.State) error {
	inflow := arith.Both(1.0)
	if s.Scale.Parity {
		inflow[arith.Odd] = math.Sqrt2
	}
	for _, b := range u.Biases {
		if err := wantFactor(b.Factor, inflow, b.Const, s.Name); err != nil {
			return err
		}
	}
	if in == nil {
		return nil
	}
	if in.Source.Kind == form.State && q.new.States[in.Source.State].Scale.Parity {
		inflow[arith.Odd] = map[bool]float64{true: 1, false: math.Sqrt2 / 2}[s.Scale.Parity]
	}
	return wantFactor(in.Factor, inflow, q.old.Value(in.Product), s.Name)
}

func wantFactor(got, want arith.Phased[float64], v *ir.Value, into string) error {
	if got == want {
		return nil
	}
	return diag.At(v.Span).Errorf("unit", "%s is multiplied by %v at even and by %v at odd steps on its way to %s; units stand for %v and %v",
		v.Op, got[arith.Even], got[arith.Odd], into, want[arith.Even], want[arith.Odd]).
		Helpf("multiply the weights by the factor, or start from IR that is not scaled")
}

// wide is the type of a value whose width interval arithmetic will fit.
func (q *quantizer) wide(n int, scale ir.Scale) ir.Type { return form.Wide(q.new, n, scale) }

func (q *quantizer) readout() error {
	sum := form.Readout(q.old)
	at := q.old.Value(q.old.Y).Span
	if len(sum.Terms) != 1 || len(sum.Biases) > 1 {
		return readoutError(at)
	}
	t := &sum.Terms[0]
	if t.Product == form.None || t.Source.Kind != form.State {
		return readoutError(at)
	}
	product := q.old.Value(t.Product)
	w := q.old.Value(product.Args[0])
	if w.Const == nil || w.Const.Ints == nil {
		return readoutError(at)
	}
	state := q.new.States[t.Source.State]
	want := arith.Both(1.0)
	if state.Scale.Parity {
		want[arith.Odd] = math.Sqrt2 / 2
	}
	if err := wantFactor(t.Factor, want, product, q.old.Output.Name); err != nil {
		return err
	}
	for _, b := range sum.Biases {
		if err := wantFactor(b.Factor, arith.Both(1.0), b.Const, q.old.Output.Name); err != nil {
			return err
		}
	}
	scale := ir.Scale{Unit: state.Scale.Unit * w.Const.Unit, Parity: state.Scale.Parity}
	like := ir.Value{Op: ir.OpMatVec, Args: []ir.ID{q.matrix(w), q.vector(product.Args[1])},
		Type: q.wide(w.Const.Shape[0], scale), Name: product.Name, Span: product.Span}
	t.ID = q.new.Add(&like)
	if err := q.biases(&sum, scale); err != nil {
		return err
	}
	q.new.Y = sum.Put(q.new, form.None, ir.Value{Type: like.Type, Name: "y", Span: at})
	return nil
}

func readoutError(at diag.Span) error {
	return diag.At(at).Errorf("readout", "the output is not one matrix times one state, plus a constant").
		Helpf("write  y = V*relu(h) + c  or  y = V*h + c, with V of type binary, ternary or int2 to int16")
}

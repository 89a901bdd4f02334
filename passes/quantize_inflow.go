package passes

import (
	"fmt"
	"math/bits"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/numerics"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/form"
)

// term writes what flows in, in the state's unit: the product, rescaled where units do not alternate alike, shifted by e.
func (q *quantizer) term(in *form.Term, e int, s ir.State) (ir.ID, error) {
	v := q.old.Value(in.Product)
	w := q.old.Value(v.Args[0])
	matrix := q.matrix(w)
	product := func(x ir.ID) ir.ID {
		return q.new.Add(&ir.Value{Op: v.Op, Args: []ir.ID{matrix, x}, Type: q.wide(s.Size, ir.Scale{}), Name: v.Name, Span: v.Span})
	}
	shift := arith.Both(arith.Requant{Mul: 1, Shift: -e})
	name := s.Name + "_input"
	if in.Source.Kind == form.State {
		x := q.rescaled(product(q.vector(v.Args[1])), in.Factor[arith.Odd], v.Span)
		return q.requant(x, shift, s.Scale, name, v.Span), nil
	}
	// Half a unit in a at odd t: see docs/numerics.md, parity scaling.
	f := max(0, e+numerics.Exponent(w.Const)+bits.Len(uint(w.Const.Shape[1]-1)))
	tooWide := diag.At(v.Span).Errorf("width", "what flows into %s does not fit 62 bits once scaled by sqrt(2)", s.Name).
		Helpf("use fewer state bits (int%d has %d) or fewer weight bits", s.Bits, s.Bits)
	alternates := in.Factor[arith.Odd] != 1
	x := q.vector(v.Args[1])
	switch {
	case alternates && v.Op == ir.OpColumn:
		if f > 60 {
			return 0, tooWide
		}
		shift[arith.Odd] = arith.Requant{Mul: numerics.RoundSqrt2(f), Shift: f - e}
	case alternates:
		odd, ok := numerics.ParityInput(f, q.largestInput(v.Args[1]))
		if !ok {
			return 0, tooWide
		}
		x = q.requant(x, arith.Phased[arith.Requant]{arith.Identity, odd}, ir.Scale{}, "x_scaled", v.Span)
		shift[arith.Odd].Shift = f - e
	}
	return q.requant(product(x), shift, s.Scale, name, v.Span), nil
}

// matrix writes a constant of integer weights.
func (q *quantizer) matrix(w *ir.Value) ir.ID {
	id := q.new.AddConst(w.Const, w.Span)
	q.new.Value(id).Name = w.Name
	zero := 0
	for _, n := range w.Const.Ints {
		if n == 0 {
			zero++
		}
	}
	if zero > 0 {
		q.stats = append(q.stats, fmt.Sprintf("%s: %d of %d weights are zero", w.Const.Name, zero, len(w.Const.Ints)))
	}
	return id
}

// requant adds a requantisation as wide as integers get; the range pass finds its width.
func (q *quantizer) requant(x ir.ID, r arith.Phased[arith.Requant], scale ir.Scale, name string, at diag.Span) ir.ID {
	return q.new.Add(&ir.Value{Op: ir.OpRequant, Args: []ir.ID{x}, Requant: r,
		Type: q.wide(q.new.Value(x).Type.Len(), scale), Name: name, Span: at})
}

// largestInput is the largest magnitude of an input or embedding entry.
func (q *quantizer) largestInput(id ir.ID) int64 {
	v := q.old.Value(id)
	most := int64(0)
	if v.Op == ir.OpEmbed {
		for _, n := range q.old.Value(v.Args[0]).Const.Ints {
			most = max(most, n, -n)
		}
		return most
	}
	lo, hi := q.old.Input.Range()
	return max(hi, -lo)
}

// rescaled multiplies odd steps by sqrt(2) or 1/sqrt(2) where two units meet that do not alternate alike.
func (q *quantizer) rescaled(x ir.ID, odd float64, at diag.Span) ir.ID {
	if odd == 1 {
		return x
	}
	r := arith.Phased[arith.Requant]{arith.Identity, arith.Sqrt2}
	if odd < 1 {
		r[arith.Odd] = arith.SqrtHalf
	}
	return q.requant(x, r, ir.Scale{}, "", at)
}

// vector writes the integer form of an input, an embedding or an updated state.
func (q *quantizer) vector(id ir.ID) ir.ID {
	if j := q.old.Updates(id); j >= 0 {
		return q.new.States[j].Next
	}
	v := q.old.Value(id)
	c := *v
	c.Args = nil
	switch v.Op {
	case ir.OpInput:
		if q.old.Input.Kind == ir.Vector {
			lo, hi := q.old.Input.Range()
			c.Type.Bits = max(arith.SignedBits(lo), arith.SignedBits(hi))
		}
	case ir.OpConst:
		c.Type.Bits = q.new.ConstBits(v.Const)
	default:
		for _, a := range v.Args {
			c.Args = append(c.Args, q.vector(a))
		}
		c.Type.Bits = ir.MaxBits
		if v.Op == ir.OpRelu {
			c.Type.Scale = q.new.Value(c.Args[0]).Type.Scale
		}
	}
	return q.new.Add(&c)
}

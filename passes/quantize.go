package passes

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/bounds"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/numerics"
	"github.com/hrnnc/hrnnc/ir"
)

// quantize replaces real values by integers as docs/numerics.md section 3 has it: h = lambda * g, with lambda the unit
// of the product that flows in times 2^-e, so that nothing but shifts is left. It is the one pass that changes meaning.
// It expects what parity leaves; it leaves exact transforms followed by one requantisation, saturated states, and widths
// from interval arithmetic.
func quantize(m *ir.Module, _ Options) (*ir.Module, Stats, error) {
	q := quantizer{old: m, new: header(m), to: map[ir.ID]ir.ID{}}
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
	to       map[ir.ID]ir.ID // next value of each state
	stats    Stats
}

// inflow is the term that feeds a state: a product, the factor parity gave it, and the unit of its integers.
type inflow struct {
	product *ir.Value
	factor  [2]float64
	lambda0 float64
	span    diag.Span
}

func (q *quantizer) state(i int) error {
	u, err := takeApart(q.old, i)
	if err != nil {
		return err
	}
	s := &q.new.States[i]
	in, err := q.inflow(u, *s)
	if err != nil {
		return err
	}
	alternates := u.factor[arith.Even] != u.factor[arith.Odd]
	most, err := q.largest(u, in, *s)
	if err != nil {
		return err
	}
	if alternates {
		most *= math.Sqrt2
	}
	e := numerics.StateShift(s.Bits, s.HeadroomBits, most, in.lambda0)
	if e < -60 || e > 60 {
		return diag.At(s.Span).Errorf("range", "state %s reaches %.3g in units of %.3g: no shift of 60 bits brings that to int%d", s.Name, most, in.lambda0, s.Bits).
			Helpf("calibrate again (hrnnc calibrate model.hrn --input X.npy), or check the input's scale")
	}
	s.Scale = ir.Scale{Unit: math.Ldexp(in.lambda0, -e), Parity: alternates}
	q.stats = append(q.stats, fmt.Sprintf("%s: unit %.4g, shift e = %d, largest |%s| %.4g", s.Name, s.Scale.Unit, e, s.Name, most))
	x := q.recurrence(i, u, *s)
	if in.product != nil {
		a, err := q.term(in, e, *s)
		if err != nil {
			return err
		}
		x = q.add(x, a, *s)
	}
	for _, b := range biases(q.old, u) {
		c, err := q.constant(b, s.Scale)
		if err != nil {
			return err
		}
		x = q.add(x, c, *s)
	}
	t := ir.Type{Bits: s.Bits, Shape: []int{s.Size}, Scale: s.Scale}
	s.Next = q.new.Add(&ir.Value{Op: ir.OpSat, Args: []ir.ID{x}, Type: t, Name: s.Name + "_next", Span: s.Span})
	q.to[q.old.States[i].Next] = s.Next
	return nil
}

// biases are the constants among an update's terms: parity leaves them scaled.
func biases(m *ir.Module, u *update) []*ir.Value {
	out := u.biases
	for _, id := range u.terms {
		if v := m.Value(id); v.Op == ir.OpScale && m.Value(v.Args[0]).Op == ir.OpConst {
			out = append(out, m.Value(v.Args[0]))
		}
	}
	return out
}

func (q *quantizer) inflow(u *update, s ir.State) (inflow, error) {
	in := inflow{lambda0: 1, factor: [2]float64{1, 1}, span: s.Span}
	for _, id := range u.terms {
		v, factor := q.old.Value(id), [2]float64{1, 1}
		if v.Op == ir.OpScale {
			v, factor = q.old.Value(v.Args[0]), v.Factor
		}
		if v.Op == ir.OpConst {
			continue
		}
		if in.product != nil {
			return in, diag.At(v.Span).Errorf("unit", "two terms with units of their own flow into %s", s.Name).
				Helpf("a state takes its unit from one product; join the inputs into one vector and the matrices side by side")
		}
		unit, err := q.productUnit(v, s)
		if err != nil {
			return in, err
		}
		in = inflow{product: v, factor: factor, lambda0: unit, span: v.Span}
	}
	if in.product == nil && len(biases(q.old, u)) > 0 {
		in.lambda0 = largestMagnitude(biases(q.old, u)[0].Const.Real)
	}
	return in, nil
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
func (q *quantizer) productUnit(v *ir.Value, s ir.State) (float64, error) {
	if v.Op != ir.OpMatVec && v.Op != ir.OpColumn {
		return 0, diag.At(v.Span).Errorf("unit", "%s flows into %s without a matrix", v.Op, s.Name).
			Helpf("multiply it by a param, as in U*x")
	}
	w := q.old.Value(v.Args[0]).Const
	if w.Ints == nil {
		return 0, diag.At(v.Span).Errorf("type", "the weights %s are real numbers", w.Name).
			Helpf("give them a type: param %s : int4, ternary, binary or int2 to int16", w.Name)
	}
	if v.Op == ir.OpColumn {
		return w.Unit, nil
	}
	x := q.old.Value(v.Args[1])
	switch x.Op {
	case ir.OpInput:
		return w.Unit * q.old.Input.Scale, nil
	case ir.OpEmbed:
		return w.Unit * q.old.Value(x.Args[0]).Const.Unit, nil
	}
	j := q.reads(v.Args[1])
	if j < 0 || q.new.States[j].Scale.Unit == 0 {
		return 0, diag.At(v.Span).Errorf("unit", "what flows into %s is not an input or an updated state", s.Name).
			Helpf("write U*x, U*onehot(t), U*embed(E, t), or B*relu(h1) with h1 updated above")
	}
	return q.new.States[j].Scale.Unit * w.Unit, nil
}

// reads is the state whose next value a vector is, through relu, or -1.
func (q *quantizer) reads(id ir.ID) int {
	for q.old.Value(id).Op == ir.OpRelu {
		id = q.old.Value(id).Args[0]
	}
	return nextOf(q.old, id)
}

// largest is M: the calibrated maximum of |h|, or a bound for a known number of steps.
func (q *quantizer) largest(u *update, in inflow, s ir.State) (float64, error) {
	if s.Max > 0 {
		return s.Max, nil
	}
	if q.old.Steps > 0 && in.product != nil && in.product.Op == ir.OpMatVec && q.old.Value(in.product.Args[1]).Op == ir.OpInput {
		q.stats = append(q.stats, s.Name+": no calibration; its range is proven from the steps, which is wide")
		return float64(q.old.Steps) * q.largestInflow(u, in, s), nil
	}
	return 0, diag.At(s.Span).Errorf("range", "the range of state %s is not known", s.Name).
		Helpf("measure it (hrnnc calibrate model.hrn --input X.npy), or say it: state %s : int%d[%d] range 12.5", s.Name, s.Bits, s.Size)
}

// largestInflow bounds ||U x + b|| over every input (docs/numerics.md section 4).
func (q *quantizer) largestInflow(u *update, in inflow, s ir.State) float64 {
	w := q.old.Value(in.product.Args[0]).Const
	lo, hi := q.old.Input.Range()
	most := max(math.Abs(float64(lo)), math.Abs(float64(hi))) * q.old.Input.Scale
	cols, sq := w.Shape[1], 0.0
	for i := range s.Size {
		row := 0.0
		for _, v := range w.Real[i*cols : i*cols+cols] {
			row += math.Abs(v) * most
		}
		for _, b := range biases(q.old, u) {
			row += math.Abs(b.Const.Real[i])
		}
		sq += row * row
	}
	return math.Sqrt(sq)
}

// wide is the type of a value whose width interval arithmetic will fit.
func wide(n int, scale ir.Scale) ir.Type {
	return ir.Type{Bits: ir.MaxBits, Shape: []int{n}, Scale: scale}
}

func (q *quantizer) add(a, b ir.ID, s ir.State) ir.ID {
	return q.new.Add(&ir.Value{Op: ir.OpAdd, Args: []ir.ID{a, b}, Type: wide(s.Size, s.Scale), Span: s.Span})
}

func (q *quantizer) vectorConst(name, weight string, ints []int64) ir.ID {
	t := intTensor(name, weight, 0, ints)
	return q.new.Add(&ir.Value{Op: ir.OpConst, Const: t, Type: ir.Type{Bits: constBits(q.new, t), Shape: t.Shape}, Name: name})
}

func (q *quantizer) recurrence(i int, u *update, s ir.State) ir.ID {
	n, at := q.new, u.hadamard.Span
	g := ir.Type{Bits: s.Bits, Shape: []int{s.Size}, Scale: s.Scale}
	x := n.Add(&ir.Value{Op: ir.OpState, Index: i, Type: g, Name: s.Name, Span: s.Span})
	if u.inner.negates() {
		c := q.vectorConst(s.Name+"_presigns", "sign", u.inner.sign)
		x = n.Add(&ir.Value{Op: ir.OpSigns, Args: []ir.ID{x, c}, Type: wide(s.Size, s.Scale), Span: at})
	}
	shifts := [2]int{-exponent(u.factor[arith.Even]), -exponent(u.factor[arith.Odd])}
	h := &ir.Value{Op: ir.OpHadamard, Block: u.hadamard.Block, Args: []ir.ID{x}, Type: wide(s.Size, ir.Scale{}), Name: s.Name + "_transformed", Span: at}
	if u.hadamard.Staged != nil {
		h.Staged, h.Type.Scale = &shifts, s.Scale
	}
	x = n.Add(h)
	if h.Staged == nil {
		x = q.requant(x, [2]arith.Requant{{Mul: 1, Shift: shifts[0]}, {Mul: 1, Shift: shifts[1]}}, s.Scale, s.Name+"_rounded", at)
	}
	if u.outer.moves() {
		index := make([]int64, s.Size)
		for i, j := range u.outer.index {
			index[i] = int64(j)
		}
		x = n.Add(&ir.Value{Op: ir.OpPermute, Args: []ir.ID{x, q.vectorConst(s.Name+"_order", "index", index)}, Type: wide(s.Size, s.Scale), Span: at})
	}
	if u.outer.negates() {
		x = n.Add(&ir.Value{Op: ir.OpSigns, Args: []ir.ID{x, q.vectorConst(s.Name+"_signs", "sign", u.outer.sign)}, Type: wide(s.Size, s.Scale), Span: at})
	}
	return x
}

// exponent is log2 of a power of two.
func exponent(f float64) int {
	_, e := math.Frexp(f)
	return e - 1
}

// requant adds a requantisation as wide as integers get; the range pass finds its width.
func (q *quantizer) requant(x ir.ID, r [2]arith.Requant, scale ir.Scale, name string, at diag.Span) ir.ID {
	v := q.new.Value(x)
	return q.new.Add(&ir.Value{Op: ir.OpRequant, Args: []ir.ID{x}, Requant: r,
		Type: ir.Type{Bits: ir.MaxBits, Shape: v.Type.Shape, Scale: scale}, Name: name, Span: at})
}

// term writes what flows in, in the state's unit: the product, rescaled where units do not alternate alike, shifted by e.
func (q *quantizer) term(in inflow, e int, s ir.State) (ir.ID, error) {
	v := in.product
	w := q.old.Value(v.Args[0])
	matrix := q.new.Add(&ir.Value{Op: ir.OpConst, Const: w.Const, Type: ir.Type{Bits: constBits(q.new, w.Const), Shape: w.Const.Shape}, Name: w.Name, Span: w.Span})
	product := func(x ir.ID) ir.ID {
		return q.new.Add(&ir.Value{Op: v.Op, Args: []ir.ID{matrix, x}, Type: wide(s.Size, ir.Scale{}), Name: v.Name, Span: v.Span})
	}
	shift := [2]arith.Requant{{Mul: 1, Shift: -e}, {Mul: 1, Shift: -e}}
	name := s.Name + "_input"
	if q.reads(v.Args[1]) >= 0 {
		x := q.rescaled(product(q.vector(v.Args[1])), in.factor, v.Span)
		return q.requant(x, shift, s.Scale, name, v.Span), nil
	}
	// Half a unit in a at odd t: see docs/numerics.md, parity scaling.
	f := max(0, e+numerics.Exponent(w.Const)+bits.Len(uint(w.Const.Shape[1]-1)))
	alternates := in.factor[arith.Odd] != 1
	if v.Op == ir.OpColumn {
		if alternates {
			if f > 60 {
				return 0, q.tooWide(in, s)
			}
			shift[arith.Odd] = arith.Requant{Mul: numerics.RoundSqrt2(f), Shift: f - e}
		}
		return q.requant(product(q.vector(v.Args[1])), shift, s.Scale, name, v.Span), nil
	}
	x := q.vector(v.Args[1])
	if alternates {
		odd, ok := numerics.ParityInput(f, q.largestInput(v.Args[1]))
		if !ok {
			return 0, q.tooWide(in, s)
		}
		x = q.requant(x, [2]arith.Requant{{Mul: 1}, odd}, ir.Scale{}, "x_scaled", v.Span)
		shift[arith.Odd].Shift = f - e
	}
	return q.requant(product(x), shift, s.Scale, name, v.Span), nil
}

func (q *quantizer) tooWide(in inflow, s ir.State) error {
	return diag.At(in.span).Errorf("width", "what flows into %s does not fit 62 bits once scaled by sqrt(2)", s.Name).
		Helpf("use fewer state bits (int%d has %d) or fewer weight bits", s.Bits, s.Bits)
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
func (q *quantizer) rescaled(x ir.ID, factor [2]float64, at diag.Span) ir.ID {
	odd := factor[arith.Odd]
	if odd == 1 {
		return x
	}
	r := [2]arith.Requant{{Mul: 1}, arith.Sqrt2}
	if odd < 1 {
		r[arith.Odd] = arith.SqrtHalf
	}
	return q.requant(x, r, ir.Scale{}, "", at)
}

// vector writes the integer form of an input, an embedding or an updated state.
func (q *quantizer) vector(id ir.ID) ir.ID {
	if j := nextOf(q.old, id); j >= 0 {
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
		c.Type.Bits = constBits(q.new, v.Const)
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

// constant rounds a real constant vector to integers of a unit; one for even and one for odd steps where it alternates.
func (q *quantizer) constant(b *ir.Value, scale ir.Scale) (ir.ID, error) {
	even, err := roundAll(b, scale.Unit)
	if err != nil {
		return 0, err
	}
	v := &ir.Value{Op: ir.OpConst, Name: b.Name, Span: b.Span,
		Type: ir.Type{Bits: constBits(q.new, even), Shape: even.Shape, Scale: scale}}
	if !scale.Parity {
		v.Const = even
		return q.new.Add(v), nil
	}
	odd, err := roundAll(b, scale.Unit*math.Sqrt2/2)
	if err != nil {
		return 0, err
	}
	v.Phases = &[2]*ir.Tensor{even, odd}
	v.Type.Bits = constBits(q.new, even, odd)
	return q.new.Add(v), nil
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

func (q *quantizer) readout() error {
	var product, offset *ir.Value
	at := q.old.Value(q.old.Y).Span
	for _, id := range addends(q.old, q.old.Y) {
		v := q.old.Value(id)
		if v.Op == ir.OpScale {
			v = q.old.Value(v.Args[0])
		}
		switch {
		case v.Op == ir.OpMatVec && product == nil && q.reads(v.Args[1]) >= 0:
			product = v
		case v.Op == ir.OpConst && offset == nil:
			offset = v
		default:
			return readoutError(at)
		}
	}
	if product == nil || q.old.Value(product.Args[0]).Const.Ints == nil {
		return readoutError(at)
	}
	w := q.old.Value(product.Args[0])
	state := q.new.States[q.reads(product.Args[1])]
	scale := ir.Scale{Unit: state.Scale.Unit * w.Const.Unit, Parity: state.Scale.Parity}
	matrix := q.new.Add(&ir.Value{Op: ir.OpConst, Const: w.Const, Type: ir.Type{Bits: constBits(q.new, w.Const), Shape: w.Const.Shape}, Name: w.Name, Span: w.Span})
	q.new.Y = q.new.Add(&ir.Value{Op: ir.OpMatVec, Args: []ir.ID{matrix, q.vector(product.Args[1])},
		Type: wide(w.Const.Shape[0], scale), Name: product.Name, Span: product.Span})
	if offset == nil {
		return nil
	}
	c, err := q.constant(offset, scale)
	if err != nil {
		return err
	}
	q.new.Y = q.new.Add(&ir.Value{Op: ir.OpAdd, Args: []ir.ID{q.new.Y, c}, Type: wide(w.Const.Shape[0], scale), Name: "y", Span: at})
	return nil
}

func readoutError(at diag.Span) error {
	return diag.At(at).Errorf("readout", "the output is not one matrix times one state, plus a constant").
		Helpf("write  y = V*relu(h) + c  or  y = V*h + c, with V of type binary, ternary or int2 to int16")
}

// Explain finds the diagnostic in an error of a pass.
func Explain(err error) (*diag.Diagnostic, bool) {
	var d *diag.Diagnostic
	ok := errors.As(err, &d)
	return d, ok
}

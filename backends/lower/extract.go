package lower

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/bounds"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/form"
)

// Extract reads a plan off a fixed-level module as the passes leave it. The error says which value has no place in a
// plan; after the pipeline that is the compiler's own fault.
func Extract(m *ir.Module) (*Plan, error) {
	table, err := bounds.Of(m)
	if err != nil {
		return nil, err
	}
	x := extractor{m: m, table: table}
	p := &Plan{Name: m.Name, Input: m.Input, Steps: m.Steps, Hop: m.Hop, Output: m.Output}
	for i := range m.States {
		l, err := x.layer(i)
		if err != nil {
			return nil, fmt.Errorf("state %s: %w", m.States[i].Name, err)
		}
		p.Layers = append(p.Layers, l)
	}
	if p.Readout, err = x.readout(); err != nil {
		return nil, fmt.Errorf("output %s: %w", m.Output.Name, err)
	}
	if p.Decide, err = x.decide(&p.Readout); err != nil {
		return nil, fmt.Errorf("output %s: %w", m.Output.Name, err)
	}
	return p, nil
}

// WidthError is a model that no width of integers can run; the compiler refuses it. Help says what would be right.
type WidthError struct{ Reason, Help string }

func (e *WidthError) Error() string { return e.Reason }

const fewerBits = "use fewer state bits, weight bits or steps"

type extractor struct {
	m     *ir.Module
	table *bounds.Table
}

func (x *extractor) bits(id ir.ID) int { return x.m.Value(id).Type.Bits }

// misplaced is an error about a value that no plan has a place for.
func (x *extractor) misplaced(id ir.ID, why string) error {
	return diag.At(x.m.Value(id).Span).Errorf("ir", "%s %s", form.Named(x.m, id), why)
}

func (x *extractor) layer(i int) (Layer, error) {
	s := x.m.States[i]
	u, err := form.UpdateOf(x.m, i)
	if err != nil {
		return Layer{}, err
	}
	l := Layer{Name: s.Name, N: s.Size, Block: u.Block, K: bits.TrailingZeros(uint(u.Block)), Bits: s.Bits,
		Staged: u.Staged, ZBits: x.bits(u.Transform), Round: u.Round, Leak: u.Leak, Signs: signs(u.Outer), RBits: x.bits(u.Whole),
		SumBits: max(x.bits(u.Total), s.Bits), Saturate: u.Saturates}
	if u.Inner.Moves() {
		return l, x.misplaced(u.Transform, "is permuted before it transforms")
	}
	if u.Inner.Negates() {
		l.PreSigns = signs(u.Inner)
	}
	if u.Outer.Moves() {
		l.Perm = u.Outer.Index
	}
	if l.Bias, err = x.bias(u.Sum); err != nil {
		return l, err
	}
	for _, t := range u.Terms {
		if l.Term != nil {
			return l, x.misplaced(t.ID, "is one term too many")
		}
		if l.Term, err = x.term(t); err != nil {
			return l, err
		}
	}
	return l, nil
}

var identity = arith.Both(arith.Identity)

// bias is the one constant of a sum, or nil.
func (x *extractor) bias(s form.Sum) (b arith.Phased[[]int64], err error) {
	for i, c := range s.Biases {
		if i > 0 {
			return b, x.misplaced(c.ID, "is one constant too many")
		}
		if b = arith.Both(c.Const.Tensors()[0].Ints); c.Const.Phases != nil {
			b[arith.Odd] = c.Const.Phases[arith.Odd].Ints
		}
	}
	return b, nil
}

func signs(p form.SignedPermutation) []int8 {
	s := make([]int8, len(p.Sign))
	for i, n := range p.Sign {
		s[i] = int8(n)
	}
	return s
}

func (x *extractor) term(f form.Term) (*Term, error) {
	if f.Product == form.None || len(f.Rescale) > 2 {
		return nil, x.misplaced(f.ID, "is no product of a matrix, shifted")
	}
	product := x.m.Value(f.Product)
	t := &Term{In: identity, Mid: identity, Out: identity, Matrix: x.matrix(product), AccBits: product.Type.Bits}
	x.outgoing(t, f.Product, f.Rescale)
	if product.Op == ir.OpColumn {
		x.oneHot(t)
		return t, nil
	}
	return t, x.source(t, f.Source)
}

// outgoing reads the shift by e and, inside it, the rescale by sqrt(2).
func (x *extractor) outgoing(t *Term, product ir.ID, after []ir.ID) {
	t.MidBits, t.MidMulBits = t.AccBits, t.AccBits
	if len(after) == 2 {
		v := x.m.Value(after[1])
		t.Mid, t.MidBits = v.Requant, v.Type.Bits
		t.MidMulBits = x.productBits(product, v.Requant)
	}
	t.OutBits = t.MidBits
	if len(after) > 0 {
		v := x.m.Value(after[0])
		t.Out, t.OutBits = v.Requant, max(v.Type.Bits, x.productBits(v.Args[0], v.Requant))
	}
}

// productBits is the width of v*Mul plus its rounding constant: the wider of what even and odd t need, each with its own v.
func (x *extractor) productBits(id ir.ID, r arith.Phased[arith.Requant]) int {
	bits := 0
	for ph, q := range r {
		i, err := bounds.Product(x.table.HullAt(id, ph), q)
		if err != nil {
			return ir.MaxBits
		}
		bits = max(bits, i.Bits())
	}
	return bits
}

// oneHot moves the factor of the token's 1 from the shift to the input, where docs/numerics.md has it.
func (x *extractor) oneHot(t *Term) {
	t.Source = FromOneHot
	most := int64(1)
	for ph := range t.Out {
		t.In[ph].Mul, t.Out[ph].Mul = t.Out[ph].Mul, 1
		most = max(most, t.In[ph].Mul)
	}
	t.InBits = arith.SignedBits(most)
	t.InMulBits = t.InBits
	acc := arith.Interval{}
	for _, w := range t.Matrix.Ints {
		acc.Lo, acc.Hi = min(acc.Lo, w*most), max(acc.Hi, w*most)
	}
	t.AccBits = acc.Bits()
	t.MidBits, t.MidMulBits = t.AccBits, t.AccBits
}

func (x *extractor) source(t *Term, f form.Source) error {
	t.InBits, t.InMulBits = x.bits(f.ID), x.bits(f.ID)
	if f.Rescale != form.None {
		v := x.m.Value(f.Rescale)
		t.In, t.InBits, t.InMulBits = v.Requant, v.Type.Bits, x.productBits(f.Value, v.Requant)
	}
	switch f.Kind {
	case form.State:
		t.Source, t.Layer, t.Relu = FromState, f.State, f.Relu
		t.Held = x.table.Hull(f.Value)
	case form.Vector:
		t.Source = FromVector
	case form.Embed:
		t.Source, t.Embed = FromEmbed, x.m.Value(x.m.Value(f.Value).Args[0]).Const
	default:
		return x.misplaced(f.Value, "is no source of a term")
	}
	return nil
}

func (x *extractor) matrix(v *ir.Value) Matrix {
	w := x.m.Value(v.Args[0])
	return Matrix{Name: w.Const.Name, Rows: w.Type.Shape[0], Cols: w.Type.Shape[1], Ints: w.Const.Ints, Bits: w.Const.Bits}
}

func (x *extractor) readout() (Readout, error) {
	sum := form.Readout(x.m)
	y := x.m.Value(x.m.Y)
	r := Readout{Unit: y.Type.Scale, YBits: y.Type.Bits}
	var err error
	if r.Bias, err = x.bias(sum); err != nil {
		return r, err
	}
	for _, t := range sum.Terms {
		if r.Matrix.Ints != nil || t.Product == form.None || len(t.Rescale) > 0 || t.Source.Kind != form.State {
			return r, x.misplaced(t.ID, "has no place in a readout: it is not one matrix times one updated state")
		}
		r.Layer, r.Relu, r.Matrix = t.Source.State, t.Source.Relu, x.matrix(x.m.Value(t.Product))
		r.YBits = max(r.YBits, x.bits(t.Product))
	}
	if r.Matrix.Ints == nil {
		return r, x.misplaced(x.m.Y, "reads no matrix")
	}
	return r, x.decision(&r)
}

// decision fills in what the mean and the threshold need.
func (x *extractor) decision(r *Readout) error {
	out := x.m.Output
	threshold := out.Threshold
	if out.When == ir.Mean {
		if err := x.mean(r); err != nil {
			return err
		}
		threshold *= float64(x.m.Steps)
	}
	if out.Decision != ir.Threshold {
		return nil
	}
	for ph := range r.Threshold {
		unit := r.Unit.Unit
		if out.When != ir.Mean {
			unit = r.Unit.At(ph)
		}
		t := math.Floor(threshold / unit)
		if math.Abs(t) >= 1<<62 {
			return &WidthError{fmt.Sprintf("the threshold %v is beyond every output", out.Threshold), "choose one that outputs can reach"}
		}
		r.Threshold[ph] = int64(t)
	}
	return nil
}

// mean widens the sum for every step, and for the rescale of the odd steps' sum.
func (x *extractor) mean(r *Readout) error {
	steps := arith.Phased[int64]{arith.Even: int64(x.m.Steps / 2), arith.Odd: int64(x.m.Steps+1) / 2}
	var sums arith.Phased[arith.Interval]
	for ph, n := range steps {
		hull := x.table.HullAt(x.m.Y, ph)
		if float64(hull.Magnitude())*float64(n) >= 1<<60 {
			return &WidthError{fmt.Sprintf("the sum of %d outputs of %d bits does not fit 62 bits", x.m.Steps, hull.Bits()), fewerBits}
		}
		// Fewer steps add up to less, none to 0.
		sums[ph] = arith.Interval{Lo: min(hull.Lo*n, -1), Hi: max(hull.Hi*n, 1)}
	}
	even, odd := sums[arith.Even], sums[arith.Odd]
	r.MeanBits = max(even.Bits(), odd.Bits())
	if r.Unit.Parity {
		product, err := bounds.Product(odd, arith.SqrtHalf)
		if err != nil {
			return &WidthError{fmt.Sprintf("the rescaled sum of %d outputs: %v", steps[arith.Odd], err), fewerBits}
		}
		half := arith.SqrtHalf
		r.Rescale, r.RescaleBits = &half, product.Bits()
		odd = arith.Interval{Lo: half.Apply(odd.Lo), Hi: half.Apply(odd.Hi)}
	}
	total := arith.Interval{Lo: even.Lo + odd.Lo, Hi: even.Hi + odd.Hi}
	r.MeanBits = max(r.MeanBits, total.Bits())
	return nil
}

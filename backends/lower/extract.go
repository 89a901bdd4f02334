package lower

import (
	"fmt"
	"math"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/bounds"
	"github.com/hrnnc/hrnnc/ir"
)

// Extract reads a plan off a fixed-level module as the passes leave it. The error says which value has no place in a
// plan; after the pipeline that is the compiler's own fault.
func Extract(m *ir.Module) (*Plan, error) {
	table, err := bounds.Of(m)
	if err != nil {
		return nil, err
	}
	x := extractor{m: m, table: table}
	p := &Plan{Name: m.Name, Input: m.Input, Steps: m.Steps, Output: m.Output}
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

// through skips values that only change a width.
func (x *extractor) through(id ir.ID) ir.ID {
	for {
		v := x.m.Value(id)
		if v.Op != ir.OpExt && v.Op != ir.OpTrunc {
			return id
		}
		id = v.Args[0]
	}
}

// addends lists the terms of a sum, seen through width changes.
func (x *extractor) addends(id ir.ID) []ir.ID {
	id = x.through(id)
	v := x.m.Value(id)
	if v.Op == ir.OpAdd {
		return append(x.addends(v.Args[0]), x.addends(v.Args[1])...)
	}
	return []ir.ID{id}
}

func (x *extractor) layer(i int) (Layer, error) {
	s := x.m.States[i]
	next := x.m.Value(s.Next)
	sum := s.Next
	l := Layer{Name: s.Name, N: s.Size, Bits: s.Bits, Signs: allOnes(s.Size), Round: identity}
	if next.Op == ir.OpSat {
		sum, l.Saturate = next.Args[0], true
	}
	l.SumBits = max(x.m.Value(x.through(sum)).Type.Bits, s.Bits)
	for _, id := range x.addends(sum) {
		v := x.m.Value(id)
		switch {
		case v.Op == ir.OpConst:
			l.Bias = bias(v)
		case l.K == 0 && l.Block == 0 && x.isRecurrence(id, i):
			if err := x.recurrence(&l, id); err != nil {
				return l, err
			}
		case l.Term == nil:
			t, err := x.term(id)
			if err != nil {
				return l, err
			}
			l.Term = t
		default:
			return l, fmt.Errorf("%%%d = %s is one term too many", id, v.Op)
		}
	}
	if l.Block == 0 {
		return l, fmt.Errorf("it has no transform")
	}
	return l, nil
}

var identity = [2]arith.Requant{{Mul: 1}, {Mul: 1}}

func allOnes(n int) []int8 {
	s := make([]int8, n)
	for i := range s {
		s[i] = 1
	}
	return s
}

func bias(v *ir.Value) [2][]int64 {
	if v.Phases != nil {
		return [2][]int64{v.Phases[arith.Even].Ints, v.Phases[arith.Odd].Ints}
	}
	return [2][]int64{v.Const.Ints, v.Const.Ints}
}

// isRecurrence reports whether a term comes from a state as the last step left it.
func (x *extractor) isRecurrence(id ir.ID, state int) bool {
	for {
		v := x.m.Value(id)
		switch v.Op {
		case ir.OpState:
			return v.Index == state
		case ir.OpSigns, ir.OpPermute, ir.OpRequant, ir.OpHadamard, ir.OpExt, ir.OpTrunc:
			id = v.Args[0]
		default:
			return false
		}
	}
}

// recurrence reads signs(permute(requant(hadamard(signs(state))))), each but the transform optional.
func (x *extractor) recurrence(l *Layer, id ir.ID) error {
	l.RBits = x.m.Value(x.through(id)).Type.Bits
	for {
		id = x.through(id)
		v := x.m.Value(id)
		switch {
		case v.Op == ir.OpState:
			if l.Block == 0 {
				return fmt.Errorf("it has no transform")
			}
			return nil
		case v.Op == ir.OpSigns && l.Block == 0:
			l.Signs = signs(x.m.Value(v.Args[1]).Const)
		case v.Op == ir.OpSigns:
			l.PreSigns = signs(x.m.Value(v.Args[1]).Const)
		case v.Op == ir.OpPermute && l.Block == 0:
			for _, j := range x.m.Value(v.Args[1]).Const.Ints {
				l.Perm = append(l.Perm, int(j))
			}
		case v.Op == ir.OpRequant && l.Block == 0:
			l.Round = v.Requant
		case v.Op == ir.OpHadamard && l.Block == 0:
			x.transform(l, v)
		default:
			return fmt.Errorf("%%%d = %s has no place in a recurrence", id, v.Op)
		}
		id = v.Args[0]
	}
}

func (x *extractor) transform(l *Layer, v *ir.Value) {
	l.Block, l.ZBits = v.Block, v.Type.Bits
	for m := v.Block; m > 1; m /= 2 {
		l.K++
	}
	if v.Staged == nil {
		return
	}
	l.Staged = true
	l.Round = [2]arith.Requant{{Mul: 1, Shift: v.Staged[arith.Even]}, {Mul: 1, Shift: v.Staged[arith.Odd]}}
}

func signs(t *ir.Tensor) []int8 {
	s := make([]int8, len(t.Ints))
	for i, n := range t.Ints {
		s[i] = int8(n)
	}
	return s
}

// term reads requants(product(requant(source))).
func (x *extractor) term(id ir.ID) (*Term, error) {
	t := &Term{In: identity, Mid: identity, Out: identity}
	var after []ir.ID
	for x.m.Value(id).Op == ir.OpRequant {
		after = append(after, id)
		id = x.through(x.m.Value(id).Args[0])
	}
	product := x.m.Value(id)
	if len(after) > 2 || (product.Op != ir.OpMatVec && product.Op != ir.OpAdders && product.Op != ir.OpColumn) {
		return nil, fmt.Errorf("%%%d = %s is no product of a matrix", id, product.Op)
	}
	t.Matrix = x.matrix(product)
	t.AccBits = product.Type.Bits
	x.outgoing(t, id, after)
	if product.Op == ir.OpColumn {
		return t, x.oneHot(t)
	}
	return t, x.source(t, product.Args[1])
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
		t.Out, t.OutBits = v.Requant, max(v.Type.Bits, x.productBits(x.through(v.Args[0]), v.Requant))
	}
}

// productBits is the width of v*Mul plus its rounding constant: the wider of what even and odd t need, each with its own v.
func (x *extractor) productBits(id ir.ID, r [2]arith.Requant) int {
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
func (x *extractor) oneHot(t *Term) error {
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
	return nil
}

func (x *extractor) source(t *Term, id ir.ID) error {
	var ok bool
	if t.Layer, t.Relu, ok = x.updated(id); ok {
		t.Source = FromState
		t.InBits = x.m.Value(id).Type.Bits
		t.InMulBits = t.InBits
		return nil
	}
	id = x.through(id)
	v := x.m.Value(id)
	if v.Op == ir.OpRequant {
		t.In, t.InBits = v.Requant, v.Type.Bits
		id = x.through(v.Args[0])
		t.InMulBits = x.productBits(id, t.In)
		v = x.m.Value(id)
	} else {
		t.InBits, t.InMulBits = v.Type.Bits, v.Type.Bits
	}
	switch {
	case v.Op == ir.OpInput:
		t.Source = FromVector
		return nil
	case v.Op == ir.OpEmbed:
		t.Source, t.Embed = FromEmbed, x.m.Value(v.Args[0]).Const
		return nil
	}
	return fmt.Errorf("%%%d = %s is no source of a term", id, v.Op)
}

// updated recognises the new value of a state, through relu.
func (x *extractor) updated(id ir.ID) (layer int, relu, ok bool) {
	for {
		for i, s := range x.m.States {
			if s.Next == id {
				return i, relu, true
			}
		}
		v := x.m.Value(id)
		switch v.Op {
		case ir.OpRelu:
			relu = true
		case ir.OpExt, ir.OpTrunc:
		default:
			return 0, false, false
		}
		id = v.Args[0]
	}
}

func (x *extractor) matrix(v *ir.Value) Matrix {
	w := x.m.Value(v.Args[0])
	return Matrix{Name: w.Const.Name, Rows: w.Type.Shape[0], Cols: w.Type.Shape[1], Ints: w.Const.Ints, Bits: w.Const.Bits, Adders: v.Adders}
}

func (x *extractor) readout() (Readout, error) {
	var r Readout
	y := x.m.Value(x.m.Y)
	r.Unit, r.YBits = y.Type.Scale, y.Type.Bits
	for _, id := range x.addends(x.m.Y) {
		v := x.m.Value(id)
		switch {
		case v.Op == ir.OpConst:
			r.Bias = bias(v)
		case (v.Op == ir.OpMatVec || v.Op == ir.OpAdders) && r.Matrix.Ints == nil:
			r.Matrix = x.matrix(v)
			r.YBits = max(r.YBits, v.Type.Bits)
			var ok bool
			if r.Layer, r.Relu, ok = x.updated(v.Args[1]); !ok {
				return r, fmt.Errorf("%%%d = %s reads no updated state", id, v.Op)
			}
		default:
			return r, fmt.Errorf("%%%d = %s has no place in a readout", id, v.Op)
		}
	}
	if r.Matrix.Ints == nil {
		return r, fmt.Errorf("it has no matrix")
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
	steps := [2]int64{arith.Even: int64(x.m.Steps / 2), arith.Odd: int64(x.m.Steps+1) / 2}
	var sums [2]arith.Interval
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

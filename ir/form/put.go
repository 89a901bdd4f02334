package form

import (
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// Put appends an update to a module, and makes it that of its state: state [permute] [signs] hadamard [scale or requant]
// [leak] [permute] [signs], then the terms, whose IDs are values of the module, then the biases, at the fixed level clamped or
// narrowed to the state's width. There the integers get the unit of n.States[u.State], and the widest type, which range
// analysis fits.
func (u *Update) Put(n *ir.Module) ir.ID { return u.PutSum(n, u.Recurrence.Put(n)) }

// PutSum is Put for a recurrence that stands in the module already.
func (u *Update) PutSum(n *ir.Module, recurrence ir.ID) ir.ID {
	s := &n.States[u.State]
	x := u.Sum.Put(n, recurrence, ir.Value{Type: Wide(n, s.Size, s.Scale), Span: u.Span})
	if n.Level == ir.Fixed {
		v := &ir.Value{Op: ir.OpTrunc, Args: []ir.ID{x}, Type: Wide(n, s.Size, s.Scale), Proof: u.Proof, Span: s.Span}
		if v.Type.Bits = s.Bits; u.Saturates {
			v.Op = ir.OpSat
		}
		x = n.Add(v)
	}
	n.Value(x).Name = s.Name + "_next"
	s.Next = x
	return x
}

// Put appends the recurrence alone.
func (r *Recurrence) Put(n *ir.Module) ir.ID {
	s := n.States[r.State]
	t := Wide(n, s.Size, s.Scale)
	if n.Level == ir.Fixed {
		t.Bits = s.Bits
	}
	return r.Apply(n, n.Add(&ir.Value{Op: ir.OpState, Index: r.State, Type: t, Name: s.Name, Span: s.Span}))
}

// Apply is Put for a state whose value stands in the module already.
func (r *Recurrence) Apply(n *ir.Module, x ir.ID) ir.ID {
	s := n.States[r.State]
	t := Wide(n, s.Size, s.Scale)
	x = r.Inner.put(n, x, t, s.Name+"_units", s.Name+"_presigns", r.Span)
	h := &ir.Value{Op: ir.OpHadamard, Args: []ir.ID{x}, Block: r.Block, Norm: r.Norm, Type: t, Name: r.Name, Span: r.Span}
	if r.Staged {
		h.Staged = &arith.Phased[int]{r.Round[arith.Even].Shift, r.Round[arith.Odd].Shift}
	}
	x = n.Add(h)
	switch {
	case n.Level == ir.Real && r.Factor != steady:
		x = n.Add(&ir.Value{Op: ir.OpScale, Args: []ir.ID{x}, Factor: r.Factor, Type: t, Span: r.Span})
	case n.Level == ir.Fixed && !r.Staged:
		h.Type.Scale = ir.Scale{}
		x = n.Add(&ir.Value{Op: ir.OpRequant, Args: []ir.ID{x}, Requant: r.Round, Type: t, Name: s.Name + "_rounded", Span: r.Span})
	}
	if r.Leak != nil {
		x = n.Add(&ir.Value{Op: ir.OpLeak, Args: []ir.ID{x}, Leak: r.Leak, Type: t, Name: s.Name + "_leaked", Span: r.Span})
	}
	return r.Outer.put(n, x, t, s.Name+"_order", s.Name+"_signs", r.Span)
}

// Put adds the terms and the biases of a sum to a value, or to nothing where that is None; additions are like the value given.
func (s Sum) Put(n *ir.Module, x ir.ID, like ir.Value) ir.ID {
	for _, t := range s.Terms {
		x = add(n, x, t.ID, like)
	}
	for _, b := range s.Biases {
		x = add(n, x, b.Put(n), like)
	}
	return x
}

func add(n *ir.Module, x, y ir.ID, like ir.Value) ir.ID {
	if x == None {
		return y
	}
	sum := like
	sum.Op, sum.Args = ir.OpAdd, []ir.ID{x, y}
	for i, a := range sum.Args {
		if v := n.Value(a); v.Type.Bits < like.Type.Bits {
			t := v.Type
			t.Bits = like.Type.Bits
			sum.Args[i] = n.Add(&ir.Value{Op: ir.OpExt, Args: []ir.ID{a}, Type: t, Span: like.Span})
		}
	}
	return n.Add(&sum)
}

// Put appends the constant, scaled where it has a factor.
func (b Bias) Put(n *ir.Module) ir.ID {
	c := *b.Const
	return Scale(n, n.Add(&c), b.Factor)
}

// Scale appends a value times a factor of the real level, where that changes anything.
func Scale(n *ir.Module, x ir.ID, factor arith.Phased[float64]) ir.ID {
	if factor == steady {
		return x
	}
	v := n.Value(x)
	return n.Add(&ir.Value{Op: ir.OpScale, Args: []ir.ID{x}, Factor: factor, Type: v.Type, Span: v.Span})
}

// Wide is the type of a vector of n's level: at the fixed one as wide as integers get, until range analysis fits it.
func Wide(n *ir.Module, size int, scale ir.Scale) ir.Type {
	t := ir.Type{Shape: []int{size}}
	if n.Level == ir.Fixed {
		t.Bits, t.Scale = ir.MaxBits, scale
	}
	return t
}

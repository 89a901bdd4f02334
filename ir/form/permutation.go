package form

import (
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// SignedPermutation maps a vector v to the vector whose entry i is Sign[i] * v[Index[i]].
type SignedPermutation struct {
	Sign  []int64 // 1 or -1 each
	Index []int
}

// Identity is the map of n entries that changes nothing.
func Identity(n int) SignedPermutation {
	p := SignedPermutation{make([]int64, n), make([]int, n)}
	for i := range n {
		p.Sign[i], p.Index[i] = 1, i
	}
	return p
}

// then applies a signs or permute value to the map's result.
func (p SignedPermutation) then(op ir.Op, by []int64) SignedPermutation {
	q := Identity(len(by))
	for i, x := range by {
		if op == ir.OpSigns {
			q.Sign[i], q.Index[i] = p.Sign[i]*x, p.Index[i]
		} else {
			q.Sign[i], q.Index[i] = p.Sign[x], p.Index[x]
		}
	}
	return q
}

// Rows gives the map whose result i is this map's result index[i].
func (p SignedPermutation) Rows(index []int) SignedPermutation {
	q := Identity(len(index))
	for i, j := range index {
		q.Sign[i], q.Index[i] = p.Sign[j], p.Index[j]
	}
	return q
}

// Moves reports whether some entry changes its place.
func (p SignedPermutation) Moves() bool {
	for i, j := range p.Index {
		if i != j {
			return true
		}
	}
	return false
}

// Negates reports whether some entry changes its sign.
func (p SignedPermutation) Negates() bool {
	for _, s := range p.Sign {
		if s < 0 {
			return true
		}
	}
	return false
}

// put appends the map of a vector, leaving out what is the identity; the constants get the names.
func (p SignedPermutation) put(n *ir.Module, x ir.ID, t ir.Type, order, signs string, at diag.Span) ir.ID {
	if p.Moves() {
		index := make([]int64, len(p.Index))
		for i, j := range p.Index {
			index[i] = int64(j)
		}
		c := n.AddConst(ir.IntTensor(order, "index", 0, index), at)
		x = n.Add(&ir.Value{Op: ir.OpPermute, Args: []ir.ID{x, c}, Type: t, Span: at})
	}
	if p.Negates() {
		c := n.AddConst(ir.IntTensor(signs, "sign", 1, p.Sign), at)
		x = n.Add(&ir.Value{Op: ir.OpSigns, Args: []ir.ID{x, c}, Type: t, Span: at})
	}
	return x
}

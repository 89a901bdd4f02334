package passes

import (
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// update is the next value of one state at the real level, taken apart:
//
//	h' = factor * outer(hadamard(inner(h))) + terms + biases
//
// where inner and outer are signed permutations.
type update struct {
	inner    signedPermutation
	outer    signedPermutation
	hadamard *ir.Value
	factor   [2]float64
	terms    []ir.ID
	biases   []*ir.Value
}

// signedPermutation maps v to sign[i] * v[index[i]].
type signedPermutation struct {
	sign  []int64
	index []int
}

func identity(n int) signedPermutation {
	p := signedPermutation{make([]int64, n), make([]int, n)}
	for i := range n {
		p.sign[i], p.index[i] = 1, i
	}
	return p
}

// then applies a signs or permute value to the map's result.
func (p signedPermutation) then(v *ir.Value, by []int64) signedPermutation {
	q := identity(len(by))
	for i, x := range by {
		if v.Op == ir.OpSigns {
			q.sign[i], q.index[i] = p.sign[i]*x, p.index[i]
		} else {
			q.sign[i], q.index[i] = p.sign[x], p.index[x]
		}
	}
	return q
}

// rows gives the map whose result i is this map's result index[i].
func (p signedPermutation) rows(index []int) signedPermutation {
	q := identity(len(index))
	for i, j := range index {
		q.sign[i], q.index[i] = p.sign[j], p.index[j]
	}
	return q
}

func (p signedPermutation) moves() bool {
	for i, j := range p.index {
		if i != j {
			return true
		}
	}
	return false
}

func (p signedPermutation) negates() bool {
	for _, s := range p.sign {
		if s < 0 {
			return true
		}
	}
	return false
}

// takeApart reads the update of a state, or says where it is something this compiler cannot run without a multiplier.
func takeApart(m *ir.Module, state int) (*update, error) {
	s := m.States[state]
	u := &update{factor: [2]float64{1, 1}}
	for _, id := range addends(m, s.Next) {
		v := m.Value(id)
		if v.Op == ir.OpConst {
			u.biases = append(u.biases, v)
			continue
		}
		if root := stateRoot(m, id); root != state {
			u.terms = append(u.terms, id)
			continue
		}
		if u.hadamard != nil {
			return nil, diag.At(v.Span).Errorf("update", "the update of %s has two recurrent terms", s.Name).
				Helpf("one hadamard(%s) an update is what hrnnc can run", s.Name)
		}
		if err := u.recurrence(m, id, s); err != nil {
			return nil, err
		}
	}
	if u.hadamard == nil {
		return nil, diag.At(s.Span).Errorf("update", "the update of %s has no recurrent term", s.Name).
			Helpf("write  %s <- hadamard(%s) + ...", s.Name, s.Name)
	}
	return u, nil
}

// recurrence follows one term from the outside in to the state.
func (u *update) recurrence(m *ir.Module, id ir.ID, s ir.State) error {
	var chain []*ir.Value
	for m.Value(id).Op != ir.OpState {
		chain = append(chain, m.Value(id))
		id = m.Value(id).Args[len(m.Value(id).Args)-argFromEnd(m.Value(id).Op)]
	}
	p := identity(s.Size)
	for i := len(chain) - 1; i >= 0; i-- {
		v := chain[i]
		switch v.Op {
		case ir.OpSigns, ir.OpPermute:
			p = p.then(v, m.Value(v.Args[1]).Const.Ints)
		case ir.OpScale:
			u.factor[arith.Even] *= v.Factor[arith.Even]
			u.factor[arith.Odd] *= v.Factor[arith.Odd]
		case ir.OpHadamard:
			if u.hadamard != nil {
				return diag.At(v.Span).Errorf("update", "the update of %s transforms twice", s.Name).
					Helpf("one hadamard an update is what hrnnc can run")
			}
			u.hadamard, u.inner, p = v, p, identity(s.Size)
		default:
			return diag.At(v.Span).Errorf("update", "the recurrence of %s is not linear: %s stands inside it", s.Name, v.Op).
				Helpf("HadamRNN has no activation inside the recurrence; put relu in the readout: y = V*relu(%s) + c", s.Name)
		}
	}
	u.outer = p
	if u.hadamard == nil {
		return diag.At(s.Span).Errorf("update", "the recurrence of %s has no hadamard", s.Name).
			Helpf("write  %s <- hadamard(%s) + ...", s.Name, s.Name)
	}
	return nil
}

// argFromEnd says which operand carries the vector: the last for a matrix product, the first otherwise.
func argFromEnd(op ir.Op) int {
	switch op {
	case ir.OpSigns, ir.OpPermute, ir.OpAdd:
		return 2
	}
	return 1
}

// addends lists the terms of a sum.
func addends(m *ir.Module, id ir.ID) []ir.ID {
	v := m.Value(id)
	if v.Op == ir.OpAdd {
		return append(addends(m, v.Args[0]), addends(m, v.Args[1])...)
	}
	return []ir.ID{id}
}

// stateRoot is the state whose last value a term reads, or -1. Values behind a relu or a product of an updated state
// are rooted in that state's update, so a search stops at any state's next value.
func stateRoot(m *ir.Module, id ir.ID) int {
	for first := true; ; first = false {
		v := m.Value(id)
		if !first && nextOf(m, id) >= 0 {
			return -1
		}
		switch {
		case v.Op == ir.OpState:
			return v.Index
		case len(v.Args) == 0:
			return -1
		}
		id = v.Args[len(v.Args)-argFromEnd(v.Op)]
	}
}

// nextOf is the state whose next value this is, or -1.
func nextOf(m *ir.Module, id ir.ID) int {
	for i, s := range m.States {
		if s.Next == id {
			return i
		}
	}
	return -1
}

// put writes an update in canonical order: [signs] hadamard [scale] [permute] [signs], then the terms, then one bias.
func (u *update) put(n *ir.Module, state int, terms []ir.ID, bias *ir.Tensor) ir.ID {
	s := n.States[state]
	at := u.hadamard.Span
	add := func(op ir.Op, name string, args ...ir.ID) ir.ID {
		return n.Add(&ir.Value{Op: op, Args: args, Type: vector(s.Size), Name: name, Span: at})
	}
	x := n.Add(&ir.Value{Op: ir.OpState, Index: state, Type: vector(s.Size), Name: s.Name, Span: s.Span})
	if u.inner.negates() {
		x = add(ir.OpSigns, "", x, constant(n, intTensor(s.Name+"_presigns", "sign", 1, u.inner.sign), u.hadamard))
	}
	h := *u.hadamard
	h.Args = []ir.ID{x}
	x = n.Add(&h)
	if u.factor != [2]float64{1, 1} {
		x = add(ir.OpScale, "", x)
		n.Value(x).Factor = u.factor
	}
	if u.outer.moves() {
		index := make([]int64, s.Size)
		for i, j := range u.outer.index {
			index[i] = int64(j)
		}
		x = add(ir.OpPermute, "", x, constant(n, intTensor(s.Name+"_order", "index", 0, index), u.hadamard))
	}
	if u.outer.negates() {
		x = add(ir.OpSigns, "", x, constant(n, intTensor(s.Name+"_signs", "sign", 1, u.outer.sign), u.hadamard))
	}
	for _, t := range terms {
		x = add(ir.OpAdd, "", x, t)
	}
	if bias != nil {
		x = add(ir.OpAdd, "", x, constant(n, bias, u.hadamard))
	}
	n.Value(x).Name = s.Name + "_next"
	return x
}

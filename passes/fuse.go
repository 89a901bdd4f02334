package passes

import (
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// fuse rewrites each update to
//
//	h' = signs(permute(hadamard(presigns(h)))) + terms + bias
//
// Signs and permutations compose; biases add up; a permutation in front of the transform is taken away by renumbering
// the state's units, which permutes the rows of what flows in and the columns of what reads it. All of it is exact
// (biases are added in float64). It expects plain sums and one transform an update and leaves at most one of each op.
func fuse(m *ir.Module, _ Options) (*ir.Module, Stats, error) {
	f := fuser{old: m, new: header(m), to: map[ir.ID]ir.ID{}, units: make([][]int, len(m.States))}
	for i := range m.States {
		if err := f.state(i); err != nil {
			return nil, nil, err
		}
	}
	y, err := f.copy(m.Y)
	if err != nil {
		return nil, nil, err
	}
	f.new.Y = y
	return sweepDead(f.new), f.stats, nil
}

// header is a copy of a module without its values.
func header(m *ir.Module) *ir.Module {
	n := *m
	n.Values = nil
	n.States = append([]ir.State(nil), m.States...)
	return &n
}

type fuser struct {
	old, new *ir.Module
	to       map[ir.ID]ir.ID
	units    [][]int // new unit i of a state is its old unit units[state][i]; nil for no change
	stats    Stats
}

func (f *fuser) state(i int) error {
	u, err := takeApart(f.old, i)
	if err != nil {
		return err
	}
	s := f.old.States[i]
	if u.inner.moves() {
		f.units[i] = u.inner.index
		f.stats = append(f.stats, "units of "+s.Name+" renumbered")
		u.outer = u.outer.rows(u.inner.index)
		u.inner = u.inner.renumbered()
	}
	var terms []ir.ID
	for _, t := range u.terms {
		n, err := f.term(t, f.units[i])
		if err != nil {
			return err
		}
		terms = append(terms, n)
	}
	if len(u.biases) > 1 {
		f.stats = append(f.stats, count(len(u.biases), "", "biases of "+s.Name+" added up"))
	}
	next := u.put(f.new, i, terms, f.bias(u, s, f.units[i]))
	f.to[s.Next] = next
	f.new.States[i].Next = next
	return nil
}

// renumbered is a map whose result i now reads entry i: its entries have been renumbered.
func (p signedPermutation) renumbered() signedPermutation {
	q := identity(len(p.index))
	copy(q.sign, p.sign)
	return q
}

// bias adds up the biases and renumbers them; nil when there is none.
func (f *fuser) bias(u *update, s ir.State, units []int) *ir.Tensor {
	if len(u.biases) == 0 {
		return nil
	}
	sum := &ir.Tensor{Name: u.biases[0].Const.Name, Shape: []int{s.Size}, Real: make([]float64, s.Size), Unit: 1, Weight: "real"}
	for _, b := range u.biases {
		for i, v := range b.Const.Real {
			sum.Real[i] += v
		}
	}
	return pickRows(sum, units)
}

// term copies what flows into a state, its rows renumbered.
func (f *fuser) term(id ir.ID, units []int) (ir.ID, error) {
	v := f.old.Value(id)
	if units == nil {
		return f.copy(id)
	}
	if v.Op != ir.OpMatVec && v.Op != ir.OpColumn {
		return 0, diag.At(v.Span).Errorf("update", "a permuted recurrence cannot take %s without a matrix", v.Op).
			Helpf("multiply it by a param, as in U*x")
	}
	x, err := f.copy(v.Args[1])
	if err != nil {
		return 0, err
	}
	w := f.matrix(v.Args[0], v.Args[1])
	return f.new.Add(&ir.Value{Op: v.Op, Args: []ir.ID{constant(f.new, pickRows(w, units), v), x},
		Type: v.Type, Name: v.Name, Span: v.Span}), nil
}

// matrix is a constant matrix with its columns renumbered to suit the vector it multiplies.
func (f *fuser) matrix(id, vector ir.ID) *ir.Tensor {
	w := f.old.Value(id).Const
	for f.old.Value(vector).Op == ir.OpRelu {
		vector = f.old.Value(vector).Args[0]
	}
	if i := nextOf(f.old, vector); i >= 0 {
		return pickColumns(w, f.units[i])
	}
	return w
}

// copy copies a value and what it needs.
func (f *fuser) copy(id ir.ID) (ir.ID, error) {
	if n, ok := f.to[id]; ok {
		return n, nil
	}
	v := *f.old.Value(id)
	if i := nextOf(f.old, id); i >= 0 || v.Op == ir.OpState {
		return 0, diag.At(v.Span).Errorf("update", "a state is read before its update").
			Helpf("write the update of a state before the lines that use it")
	}
	if v.Op == ir.OpMatVec {
		x, err := f.copy(v.Args[1])
		if err != nil {
			return 0, err
		}
		v.Args = []ir.ID{constant(f.new, f.matrix(v.Args[0], v.Args[1]), &v), x}
	} else {
		args := make([]ir.ID, len(v.Args))
		for i, a := range v.Args {
			n, err := f.copy(a)
			if err != nil {
				return 0, err
			}
			args[i] = n
		}
		v.Args = args
	}
	f.to[id] = f.new.Add(&v)
	return f.to[id], nil
}

// pickRows gives the tensor whose row i is row index[i]; an index of nil keeps them.
func pickRows(t *ir.Tensor, index []int) *ir.Tensor {
	if index == nil {
		return t
	}
	cols := len(t.Real) / t.Shape[0]
	return rearrange(t, func(i int) int { return index[i/cols]*cols + i%cols })
}

// pickColumns gives the matrix whose column i is column index[i].
func pickColumns(t *ir.Tensor, index []int) *ir.Tensor {
	if index == nil {
		return t
	}
	cols := t.Shape[1]
	return rearrange(t, func(i int) int { return i/cols*cols + index[i%cols] })
}

func rearrange(t *ir.Tensor, from func(int) int) *ir.Tensor {
	n := *t
	n.Real = make([]float64, len(t.Real))
	for i := range n.Real {
		n.Real[i] = t.Real[from(i)]
	}
	if t.Ints != nil {
		n.Ints = make([]int64, len(t.Ints))
		for i := range n.Ints {
			n.Ints[i] = t.Ints[from(i)]
		}
	}
	return &n
}

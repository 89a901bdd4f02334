package passes

import (
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/form"
)

// fuse rewrites each update to
//
//	h' = signs(permute(hadamard(presigns(h)))) + terms + bias
//
// Signs and permutations compose; biases add up; a permutation in front of the transform is taken away by renumbering
// the state's units, which permutes the rows of what flows in and the columns of what reads it. All of it is exact
// (biases are added in float64). It expects plain sums and one transform an update and leaves at most one of each op.
func fuse(m *ir.Module) (*ir.Module, Stats, error) {
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

type fuser struct {
	old, new *ir.Module
	to       map[ir.ID]ir.ID
	units    [][]int // new unit i of a state is its old unit units[state][i]; nil for no change
	stats    Stats
}

func (f *fuser) state(i int) error {
	u, err := form.UpdateOf(f.old, i)
	if err != nil {
		return err
	}
	s := f.old.States[i]
	if u.Inner.Moves() {
		f.units[i] = u.Inner.Index
		f.stats = append(f.stats, "units of "+s.Name+" renumbered")
		u.Outer = u.Outer.Rows(u.Inner.Index)
		u.Inner = form.SignedPermutation{Sign: u.Inner.Sign, Index: form.Identity(s.Size).Index} // its entries are renumbered
	}
	for k, t := range u.Terms {
		if u.Terms[k].ID, err = f.term(t.ID, f.units[i]); err != nil {
			return err
		}
	}
	if len(u.Biases) > 1 {
		f.stats = append(f.stats, diag.Count(len(u.Biases), "", "biases of "+s.Name+" added up"))
	}
	u.Biases = oneBias(u.Biases, f.units[i], u.Span)
	f.to[s.Next] = u.Put(f.new)
	return nil
}

// oneBias adds up biases, renumbered; those that alternate stay apart.
func oneBias(biases []form.Bias, units []int, at diag.Span) []form.Bias {
	var out []form.Bias
	for _, b := range biases {
		t := pickRows(b.Const.Const, units)
		i := slices.IndexFunc(out, func(o form.Bias) bool { return o.Factor == b.Factor })
		if i < 0 {
			sum := &ir.Tensor{Name: t.Name, Shape: t.Shape, Real: slices.Clone(t.Real), Unit: 1, Weight: "real"}
			out = append(out, form.Bias{Factor: b.Factor, Const: &ir.Value{Op: ir.OpConst, Const: sum, Type: b.Const.Type, Name: t.Name, Span: at}})
			continue
		}
		for r, v := range t.Real {
			out[i].Const.Const.Real[r] += v
		}
	}
	return out
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
	return f.new.Add(&ir.Value{Op: v.Op, Args: []ir.ID{f.new.AddConst(pickRows(w, units), v.Span), x},
		Type: v.Type, Name: v.Name, Span: v.Span}), nil
}

// matrix is a constant matrix with its columns renumbered to suit the vector it multiplies.
func (f *fuser) matrix(id, vector ir.ID) *ir.Tensor {
	w := f.old.Value(id).Const
	if i, _, ok := form.Updated(f.old, vector); ok {
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
	if f.old.Updates(id) >= 0 || v.Op == ir.OpState {
		return 0, diag.At(v.Span).Errorf("update", "a state is read before its update").
			Helpf("write the update of a state before the lines that use it")
	}
	if v.Op == ir.OpMatVec {
		x, err := f.copy(v.Args[1])
		if err != nil {
			return 0, err
		}
		v.Args = []ir.ID{f.new.AddConst(f.matrix(v.Args[0], v.Args[1]), v.Span), x}
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

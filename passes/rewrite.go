package passes

import (
	"slices"

	"github.com/hrnnc/hrnnc/ir"
)

// rewriter builds a new module while walking an old one in order.
type rewriter struct {
	old, new *ir.Module
	to       []ir.ID // new value of each old one
}

func newRewriter(m *ir.Module) *rewriter {
	return &rewriter{old: m, new: header(m), to: make([]ir.ID, len(m.Values))}
}

// header is a copy of a module without its values.
func header(m *ir.Module) *ir.Module {
	n := *m
	n.Values, n.States = nil, slices.Clone(m.States)
	return &n
}

// keep copies an old value with its operands renamed.
func (r *rewriter) keep(id ir.ID) ir.ID {
	v := *r.old.Values[id]
	v.Args = slices.Clone(v.Args)
	for i, a := range v.Args {
		v.Args[i] = r.to[a]
	}
	return r.new.Add(&v)
}

// finish renames the results and drops what nothing reads.
func (r *rewriter) finish() *ir.Module {
	for i, s := range r.old.States {
		r.new.States[i].Next = r.to[s.Next]
	}
	r.new.Y = r.to[r.old.Y]
	return sweepDead(r.new)
}

// each rewrites a module value by value: f gives the new value of an old one.
func each(m *ir.Module, f func(r *rewriter, id ir.ID, v *ir.Value) (ir.ID, error)) (*ir.Module, error) {
	r := newRewriter(m)
	for id, v := range m.Values {
		n, err := f(r, ir.ID(id), v)
		if err != nil {
			return nil, err
		}
		r.to[id] = n
	}
	return r.finish(), nil
}

// sweepDead drops values that no state and no output needs.
func sweepDead(m *ir.Module) *ir.Module {
	live := make([]bool, len(m.Values))
	var mark func(id ir.ID)
	mark = func(id ir.ID) {
		if live[id] {
			return
		}
		live[id] = true
		for _, a := range m.Values[id].Args {
			mark(a)
		}
	}
	for _, s := range m.States {
		mark(s.Next)
	}
	mark(m.Y)
	n := header(m)
	to := make([]ir.ID, len(m.Values))
	for id, v := range m.Values {
		if !live[id] {
			continue
		}
		c := *v
		c.Args = slices.Clone(v.Args)
		for i, a := range c.Args {
			c.Args[i] = to[a]
		}
		to[id] = n.Add(&c)
	}
	for i := range n.States {
		n.States[i].Next = to[n.States[i].Next]
	}
	n.Y = to[n.Y]
	return n
}

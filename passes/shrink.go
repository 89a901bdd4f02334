package passes

import (
	"errors"
	"fmt"
	"math"

	"github.com/hrnnc/hrnnc/internal/bounds"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// shrink gives every value the smallest width that range analysis proves to hold it, and replaces saturations that
// cannot fire. Both are exact because the analysis covers every input and, with a known number of steps, every
// sequence of that length, or, where a state leaks, of any (docs/numerics.md section 4). It expects any fixed-level module and keeps its shape.
func shrink(m *ir.Module) (*ir.Module, Stats, error) {
	table, err := bounds.Of(m)
	if narrow := (*bounds.TypeError)(nil); errors.As(err, &narrow) {
		v := m.Value(narrow.ID)
		return nil, nil, diag.At(v.Span).Errorf("width", "%s has a type of %d bits and may need %d", v.Op, v.Type.Bits, narrow.Need).
			Helpf("give it a wider type, and clamp what a state takes with sat")
	}
	if err != nil {
		return nil, nil, diag.At(m.Output.Span).Errorf("width", "%v", err).
			Helpf("use fewer state or weight bits")
	}
	out := fitWidths(m, table, true)
	before, after := totalBits(m), totalBits(out)
	var stats Stats
	if before > after {
		stats = append(stats, fmt.Sprintf("widths add up to %d bits instead of %d", after, before))
	}
	for i, s := range m.States {
		if n := table.Norm[i]; !math.IsInf(n, 1) {
			stats = append(stats, fmt.Sprintf("||%s|| stays below %.4g %s", s.Name, n, overSteps(m.Steps)))
		}
		if m.Value(s.Next).Op == ir.OpSat && out.Value(out.States[i].Next).Op != ir.OpSat {
			stats = append(stats, "the saturation of "+s.Name+" cannot fire and is gone")
		}
	}
	return out, stats, nil
}

// overSteps says how long a bound holds.
func overSteps(n int) string {
	if n == 0 {
		return "for ever"
	}
	return fmt.Sprintf("over %d steps", n)
}

func totalBits(m *ir.Module) int {
	n := 0
	for _, v := range m.Values {
		n += v.Type.Bits * v.Type.Len()
	}
	return n
}

// fitWidths rebuilds a module with the widths of a table, extending operands where an addition needs it. A saturation
// whose operand is narrower than its result is an extension; with drop, so is one whose operand just fits.
func fitWidths(m *ir.Module, table *bounds.Table, drop bool) *ir.Module {
	r := newRewriter(m)
	for id, v := range m.Values {
		switch v.Op {
		case ir.OpExt, ir.OpTrunc:
			if m.Updates(ir.ID(id)) < 0 {
				r.to[id] = r.to[v.Args[0]]
				continue
			}
			r.to[id] = resize(r.new, r.to[v.Args[0]], v.Type.Bits, v)
			continue
		case ir.OpSat:
			if fits := table.Hull(v.Args[0]).Bits(); fits < v.Type.Bits || drop && fits == v.Type.Bits {
				r.to[id] = dropSaturation(r, m, ir.ID(id), table)
				continue
			}
		}
		n := r.keep(ir.ID(id))
		r.to[id] = n
		if len(v.Type.Shape) == 0 || v.Op == ir.OpState || v.Op == ir.OpSat {
			continue
		}
		w := r.new.Value(n)
		w.Type.Bits = table.Hull(ir.ID(id)).Bits()
		if v.Op == ir.OpAdd {
			widenOperands(r.new, n)
			r.to[id] = ir.ID(len(r.new.Values) - 1)
		}
		if v.Op == ir.OpHadamard {
			w.Type.Bits = max(w.Type.Bits, r.new.Value(w.Args[0]).Type.Bits)
		}
		if m.Updates(ir.ID(id)) >= 0 && w.Type.Bits != v.Type.Bits {
			r.to[id] = resize(r.new, r.to[id], v.Type.Bits, v)
		}
	}
	return r.finish()
}

func dropSaturation(r *rewriter, m *ir.Module, id ir.ID, table *bounds.Table) ir.ID {
	v := m.Value(id)
	hull := table.Hull(v.Args[0])
	n := resize(r.new, r.to[v.Args[0]], v.Type.Bits, v)
	r.new.Value(n).Proof = fmt.Sprintf("from %d to %d, within %d bits", hull.Lo, hull.Hi, v.Type.Bits)
	if s := m.Updates(id); s >= 0 && !math.IsInf(table.Norm[s], 1) {
		r.new.Value(n).Proof += fmt.Sprintf("; norm at most %.6g %s", table.Norm[s], overSteps(m.Steps))
	}
	return n
}

// resize adds an ext or trunc to a width.
func resize(m *ir.Module, x ir.ID, bits int, like *ir.Value) ir.ID {
	op := ir.OpExt
	if m.Value(x).Type.Bits > bits {
		op = ir.OpTrunc
	}
	t := m.Value(x).Type
	t.Bits = bits
	return m.Add(&ir.Value{Op: op, Args: []ir.ID{x}, Type: t, Name: like.Name, Span: like.Span, Proof: like.Proof})
}

// widenOperands puts extensions before an addition just added, so that all three widths agree.
func widenOperands(m *ir.Module, id ir.ID) {
	sum := m.Value(id)
	m.Values = m.Values[:id]
	for _, a := range sum.Args {
		sum.Type.Bits = max(sum.Type.Bits, m.Value(a).Type.Bits)
	}
	for i, a := range sum.Args {
		if x := m.Value(a); x.Type.Bits < sum.Type.Bits {
			sum.Args[i] = resize(m, a, sum.Type.Bits, &ir.Value{Span: sum.Span})
		}
	}
	m.Add(sum)
}

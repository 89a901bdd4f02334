package passes

import (
	"math"
	"math/bits"
	"slices"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/form"
)

// parity takes 1/sqrt(m) out of the transforms. For an even order 2^k it is the power of two 2^-(k/2). For an odd one
// the state's unit alternates, h_t = mu_t g_t with mu_t = 1 at even t and 1/sqrt(2) at odd t, so that the factor is
// 2^-((k-1)/2) at odd t and 2^-((k+1)/2) at even t; what flows in at odd t is multiplied by sqrt(2), and what reads the
// state at odd t is divided by it (docs/numerics.md, parity scaling). Exact in real arithmetic.
// It expects the updates that fuse leaves, and leaves transforms without norm; a module that has none is left as it is.
func parity(m *ir.Module) (*ir.Module, Stats, error) {
	if !slices.ContainsFunc(m.Values, func(v *ir.Value) bool { return v.Norm }) {
		return m, nil, nil
	}
	p := balancer{old: m, new: header(m), to: map[ir.ID]ir.ID{}, odd: make([]bool, len(m.States))}
	var stats Stats
	for i, s := range m.States {
		u, err := form.UpdateOf(m, i)
		if err != nil {
			return nil, nil, err
		}
		p.odd[i] = u.Norm && bits.TrailingZeros(uint(u.Block))%2 == 1
		if p.odd[i] {
			stats = append(stats, "the unit of "+s.Name+" alternates by sqrt(2)")
		}
		p.update(u)
	}
	y := form.Readout(m)
	for k, t := range y.Terms {
		y.Terms[k].ID = p.scaled(t, arith.Both(1.0))
	}
	v := m.Value(m.Y)
	p.new.Y = y.Put(p.new, form.None, ir.Value{Type: v.Type, Name: v.Name, Span: v.Span})
	return sweepDead(p.new), stats, nil
}

type balancer struct {
	old, new *ir.Module
	to       map[ir.ID]ir.ID
	odd      []bool // states whose unit alternates
}

// update takes 1/sqrt(2^k) out of a transform.
func (p *balancer) update(u *form.Update) {
	if k := bits.TrailingZeros(uint(u.Block)); u.Norm {
		u.Norm = false
		u.Factor[arith.Even] *= math.Ldexp(1, -(k+1)/2)
		u.Factor[arith.Odd] *= math.Ldexp(1, -(k / 2))
	}
	inflow := arith.Both(1.0)
	if p.odd[u.State] {
		inflow[arith.Odd] = math.Sqrt2
	}
	for k, t := range u.Terms {
		u.Terms[k].ID = p.scaled(t, inflow)
	}
	for k := range u.Biases {
		for ph := range inflow {
			u.Biases[k].Factor[ph] *= inflow[ph]
		}
	}
	next := p.old.States[u.State].Next
	p.to[next] = u.Put(p.new)
}

// scaled copies a term and multiplies it, folding the factor of a state that it reads into the same scale.
func (p *balancer) scaled(t form.Term, factor arith.Phased[float64]) ir.ID {
	if t.Source.Kind == form.State && p.odd[t.Source.State] {
		if factor[arith.Odd] == 1 {
			factor[arith.Odd] = math.Sqrt2 / 2
		} else {
			factor[arith.Odd] = 1
		}
	}
	return form.Scale(p.new, p.plain(t.ID), factor)
}

// plain copies a value as it is, in the units its operands now have.
func (p *balancer) plain(id ir.ID) ir.ID {
	if n, ok := p.to[id]; ok {
		return n
	}
	v := *p.old.Value(id)
	args := make([]ir.ID, len(v.Args))
	for i, a := range v.Args {
		args[i] = p.plain(a)
	}
	v.Args = args
	p.to[id] = p.new.Add(&v)
	return p.to[id]
}

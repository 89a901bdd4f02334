package passes

import (
	"math"
	"math/bits"
	"slices"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// parity takes 1/sqrt(m) out of the transforms. For an even order 2^k it is the power of two 2^-(k/2). For an odd one
// the state's unit alternates, h_t = mu_t g_t with mu_t = 1 at even t and 1/sqrt(2) at odd t, so that the factor is
// 2^-((k-1)/2) at odd t and 2^-((k+1)/2) at even t; what flows in at odd t is multiplied by sqrt(2), and what reads the
// state at odd t is divided by it (docs/numerics.md, parity scaling). Exact in real arithmetic.
// It expects the updates that fuse leaves, and leaves transforms without norm; a module that has none is left as it is.
func parity(m *ir.Module, _ Options) (*ir.Module, Stats, error) {
	if !slices.ContainsFunc(m.Values, func(v *ir.Value) bool { return v.Norm }) {
		return m, nil, nil
	}
	p := balancer{old: m, new: header(m), to: map[ir.ID]ir.ID{}, odd: make([]bool, len(m.States))}
	var stats Stats
	for i, s := range m.States {
		u, err := takeApart(m, i)
		if err != nil {
			return nil, nil, err
		}
		k := bits.TrailingZeros(uint(u.hadamard.Block))
		p.odd[i] = k%2 == 1
		if p.odd[i] {
			stats = append(stats, "the unit of "+s.Name+" alternates by sqrt(2)")
		}
		p.update(i, u, k)
	}
	y := addends(m, m.Y)
	p.new.Y = p.copy(y[0])
	for _, id := range y[1:] {
		v := m.Value(m.Y)
		p.new.Y = p.new.Add(&ir.Value{Op: ir.OpAdd, Args: []ir.ID{p.new.Y, p.copy(id)}, Type: v.Type, Name: v.Name, Span: v.Span})
	}
	return sweepDead(p.new), stats, nil
}

type balancer struct {
	old, new *ir.Module
	to       map[ir.ID]ir.ID
	odd      []bool // states whose unit alternates
}

func (p *balancer) update(i int, u *update, k int) {
	h := *u.hadamard
	h.Norm = false
	u.hadamard = &h
	u.factor = [2]float64{math.Ldexp(1, -(k+1)/2), math.Ldexp(1, -(k / 2))}
	inflow := [2]float64{1, 1}
	if p.odd[i] {
		inflow[arith.Odd] = math.Sqrt2
	}
	var terms []ir.ID
	for _, t := range u.terms {
		terms = append(terms, p.scaled(t, inflow))
	}
	s := p.old.States[i]
	if len(u.biases) > 0 {
		b := p.new.Add(&ir.Value{Op: ir.OpConst, Const: u.biases[0].Const, Type: u.biases[0].Type, Name: u.biases[0].Name, Span: u.biases[0].Span})
		terms = append(terms, p.scale(b, inflow))
	}
	next := u.put(p.new, i, terms, nil)
	p.to[s.Next] = next
	p.new.States[i].Next = next
}

// scaled copies a term and multiplies it, folding the factor of a state that it reads into the same scale.
func (p *balancer) scaled(id ir.ID, factor [2]float64) ir.ID {
	v := p.old.Value(id)
	if v.Op == ir.OpMatVec {
		if i := p.reads(v.Args[1]); i >= 0 && p.odd[i] {
			if factor[arith.Odd] == 1 {
				factor[arith.Odd] = math.Sqrt2 / 2
			} else {
				factor[arith.Odd] = 1
			}
		}
	}
	return p.scale(p.plain(id), factor)
}

func (p *balancer) scale(id ir.ID, factor [2]float64) ir.ID {
	if factor == [2]float64{1, 1} {
		return id
	}
	v := p.new.Value(id)
	return p.new.Add(&ir.Value{Op: ir.OpScale, Args: []ir.ID{id}, Factor: factor, Type: v.Type, Span: v.Span})
}

// reads is the state whose next value a vector is, through relu, or -1.
func (p *balancer) reads(id ir.ID) int {
	for p.old.Value(id).Op == ir.OpRelu {
		id = p.old.Value(id).Args[0]
	}
	return nextOf(p.old, id)
}

// copy copies a value that is not part of an update.
func (p *balancer) copy(id ir.ID) ir.ID { return p.scaled(id, [2]float64{1, 1}) }

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

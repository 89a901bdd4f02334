package bounds

import (
	"math"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// tightenByNorm bounds the norm of each state over the model's steps and reports whether any bound beats its width.
//
// One step turns g into sat(D r + a), with r the rounded S g scaled by 2^-shift. S multiplies the norm by sqrt(m),
// rounding moves each of n entries by at most 1/2, signs and permutations keep the norm, saturation shrinks it:
//
//	||g_t|| <= sqrt(m) 2^-shift ||g_(t-1)|| + sqrt(n)/2 + max ||a||
//
// with the shifts and the a of odd and even t alternating (docs/numerics.md section 4). A small factor covers float64's own rounding.
func (a *analysis) tightenByNorm() bool {
	better := false
	for i, s := range a.m.States {
		u, ok := a.update(i, s)
		if !ok {
			continue
		}
		norm, most := 0.0, 0.0
		for t := 1; t <= a.m.Steps; t++ {
			norm = norm*u.gain[t&1] + u.rounding[t&1] + u.inflow[t&1]
			most = max(most, norm)
			if most > float64(width(s.Bits).Hi)*math.Sqrt(float64(s.Size)) {
				break
			}
		}
		most *= 1 + 1e-9
		if most < float64(width(s.Bits).Hi)*math.Sqrt(float64(s.Size)) {
			a.Norm[i] = most
			a.unclamped[a.beforeSaturation(s.Next)] = int64(math.Ceil(most))
			better = true
		}
	}
	return better
}

// beforeSaturation is the sum that a next value clamps: the norm bound holds for it too, since the induction above
// reaches it before saturation shrinks anything.
func (a *analysis) beforeSaturation(id ir.ID) ir.ID {
	for a.m.Values[id].Op == ir.OpSat || a.m.Values[id].Op == ir.OpTrunc {
		id = a.m.Values[id].Args[0]
	}
	return id
}

// update is what the norm bound needs to know of one state's update.
type update struct {
	gain     [2]float64
	rounding [2]float64
	inflow   [2]float64
}

// update reads a state's next value as a sum in which exactly one term is the rounded transform of the state itself.
func (a *analysis) update(state int, s ir.State) (update, bool) {
	terms := a.terms(s.Next)
	var u update
	inflow := [2][]arith.Interval{make([]arith.Interval, s.Size), make([]arith.Interval, s.Size)}
	found := false
	for _, id := range terms {
		h, round, ok := a.recurrence(id, state)
		if !ok {
			for ph := range inflow {
				inflow[ph] = zip(inflow[ph], a.Phases[ph][id], func(x, y arith.Interval) arith.Interval {
					return arith.Between(x.Lo+y.Lo, x.Hi+y.Hi)
				})
			}
			continue
		}
		if found || h.Staged != nil {
			return u, false
		}
		found = true
		for ph, r := range round {
			u.gain[ph] = math.Sqrt(float64(h.Block)) * math.Ldexp(float64(r.Mul), -r.Shift)
			if r.Shift > 0 {
				u.rounding[ph] = math.Sqrt(float64(s.Size)) / 2
			}
		}
	}
	for ph := range inflow {
		sq := 0.0
		for _, x := range inflow[ph] {
			m := float64(x.Magnitude())
			sq += m * m
		}
		u.inflow[ph] = math.Sqrt(sq)
	}
	return u, found
}

// terms lists what a next value adds up, seen through saturation and widening.
func (a *analysis) terms(id ir.ID) []ir.ID {
	v := a.m.Values[id]
	switch v.Op {
	case ir.OpAdd:
		return append(a.terms(v.Args[0]), a.terms(v.Args[1])...)
	case ir.OpSat, ir.OpTrunc, ir.OpExt:
		return a.terms(v.Args[0])
	}
	return []ir.ID{id}
}

// recurrence recognises the rounded transform of a state.
func (a *analysis) recurrence(id ir.ID, state int) (h *ir.Value, round [2]arith.Requant, ok bool) {
	round = [2]arith.Requant{{Mul: 1}, {Mul: 1}}
	for {
		v := a.m.Values[id]
		switch v.Op {
		case ir.OpSigns, ir.OpPermute, ir.OpExt, ir.OpTrunc:
		case ir.OpRequant:
			round = v.Requant
		case ir.OpHadamard:
			return v, round, a.stateBehind(v.Args[0]) == state
		default:
			return nil, round, false
		}
		id = v.Args[0]
	}
}

package bounds

import (
	"math"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir/form"
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
		f, err := form.UpdateOf(a.m, i)
		if err != nil || f.Staged {
			continue
		}
		u := a.update(f)
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
			// The induction reaches the sum before saturation shrinks anything.
			a.unclamped[f.Total] = int64(math.Ceil(most))
			better = true
		}
	}
	return better
}

// update is what the norm bound needs to know of one state's update.
type update struct {
	gain     arith.Phased[float64]
	rounding arith.Phased[float64]
	inflow   arith.Phased[float64]
}

func (a *analysis) update(f *form.Update) (u update) {
	n := a.m.States[f.State].Size
	for ph := range u.gain {
		u.gain[ph] = math.Sqrt(float64(f.Block)) * math.Ldexp(float64(f.Round[ph].Mul), -f.Round[ph].Shift)
		if f.Round[ph].Shift > 0 {
			u.rounding[ph] = math.Sqrt(float64(n)) / 2
		}
		inflow := make([]arith.Interval, n)
		for _, id := range f.Added() {
			inflow = zip(inflow, a.Phases[ph][id], func(x, y arith.Interval) arith.Interval {
				return arith.Between(x.Lo+y.Lo, x.Hi+y.Hi)
			})
		}
		sq := 0.0
		for _, x := range inflow {
			m := float64(x.Magnitude())
			sq += m * m
		}
		u.inflow[ph] = math.Sqrt(sq)
	}
	return u
}

package bounds

import (
	"math"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir/form"
)

// tightenByNorm bounds the norm of a state over the model's steps, or for ever where it leaks, and reports whether the bound beats its
// width.
//
// One step turns g into sat(D r + a), with r the rounded S g scaled by 2^-shift, less what leaks. S multiplies the norm by
// sqrt(m), rounding moves each of n entries by at most 1/2, signs and permutations keep the norm, saturation shrinks it:
//
//	||g_t|| <= (1 - 2^-l) (sqrt(m) 2^-shift ||g_(t-1)|| + sqrt(n)/2) + sqrt(n)/2 + max ||a||
//
// with the largest l of the state, or no factor and one rounding less without a leak, and with the shifts and the a of odd and
// even t alternating (docs/numerics.md section 4). A small factor covers float64's own rounding.
func (a *analysis) tightenByNorm(i int) bool {
	s := a.m.States[i]
	f, err := form.UpdateOf(a.m, i)
	if err != nil || f.Leak == nil && (f.Staged || a.m.Steps == 0) {
		return false
	}
	limit := float64(width(s.Bits).Hi) * math.Sqrt(float64(s.Size))
	most := a.update(f).most(a.m.Steps, limit) * (1 + 1e-9)
	if most >= limit {
		return false
	}
	a.Norm[i] = most
	// The induction reaches the sum before saturation shrinks anything.
	a.unclamped[f.Total] = int64(math.Ceil(most))
	return true
}

// update is what the norm bound needs to know of one state's update: the norm after a step is at most gain times that before
// it, plus rounding and inflow.
type update struct {
	gain     arith.Phased[float64]
	rounding arith.Phased[float64]
	inflow   arith.Phased[float64]
	leaks    bool
}

// after is the most that the norm is after a step at a phase.
func (u update) after(norm float64, ph int) float64 {
	return norm*u.gain[ph] + u.rounding[ph] + u.inflow[ph]
}

// most is the largest norm over some steps, 0 for any number; beyond a limit its number does not matter.
//
// From 0 the norms after every second step never shrink, since the map is monotonic; its fixed point bounds them for ever.
func (u update) most(steps int, limit float64) float64 {
	forever := math.Inf(1)
	if both := u.gain[arith.Even] * u.gain[arith.Odd]; u.leaks && both < 1 { // IR may have other shifts
		twice := u.after(u.after(0, arith.Odd), arith.Even)
		even := twice / (1 - both)
		forever = max(even, u.after(even, arith.Odd))
	}
	if steps == 0 {
		return forever
	}
	norm, most := 0.0, 0.0
	for t := 1; t <= steps && most <= min(limit, forever); t++ {
		norm = u.after(norm, t&1)
		most = max(most, norm)
	}
	return min(most, forever)
}

func (a *analysis) update(f *form.Update) (u update) {
	u.leaks = f.Leak != nil
	n := a.m.States[f.State].Size
	half := math.Sqrt(float64(n)) / 2 // of one rounding
	for ph := range u.gain {
		gain, rounding := math.Sqrt(float64(f.Block))*math.Ldexp(float64(f.Round[ph].Mul), -f.Round[ph].Shift), 0.0
		switch {
		case f.Staged:
			rounding = half * stagedRounding(f.Block, f.Round[ph].Shift)
		case f.Round[ph].Shift > 0:
			rounding = half
		}
		if f.Leak != nil {
			kept := arith.Kept(f.Leak.Most())
			gain, rounding = gain*kept, rounding*kept+half
		}
		u.gain[ph], u.rounding[ph], u.inflow[ph] = gain, rounding, a.inflow(f, ph)
	}
	return u
}

// stagedRounding is by how many roundings of the last kind those between the stages move a state: each halving adds one, and
// what stages add is carried on by those behind it.
func stagedRounding(block, shift int) float64 {
	moved, stages := 0.0, 0
	for ; 1<<stages < block; stages++ {
		moved *= math.Sqrt2
		if arith.Halves(stages+1, shift) {
			moved = moved/2 + 1
		}
	}
	if rest := arith.Rest(stages, shift); rest > 0 {
		moved = math.Ldexp(moved, -rest) + 1
	}
	return moved
}

// inflow is the largest norm of what is added at even or at odd t.
func (a *analysis) inflow(f *form.Update, ph int) float64 {
	n := a.m.States[f.State].Size
	lo, hi := make([]float64, n), make([]float64, n) // which hold sums of what is too wide, too
	for _, id := range f.Added() {
		for i, x := range a.Phases[ph][id] {
			lo[i], hi[i] = lo[i]+float64(x.Lo), hi[i]+float64(x.Hi)
		}
	}
	sq := 0.0
	for i := range lo {
		m := max(hi[i], -lo[i])
		sq += m * m
	}
	return math.Sqrt(sq)
}

package step

import (
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// A leak stands between the rounding of the transform and the signs: of r it leaves r - floor((r + 2^(l-1)) / 2^l). So the half
// that rounds may be added ahead, but neither the bias nor anything else that is taken back behind the signs. Shifts are by
// constants: blocks that leak otherwise have loops of their own.

// run is words that leak alike: by the l of each lane.
type run struct {
	from, to int
	leaks    [2]int
}

// runs are the words of the state, cut where they leak otherwise, up to the period in which they repeat.
func (l *layer) runs() (runs []run, period int) {
	words := l.words()
	at := make([][2]int, words)
	for w := range at {
		at[w] = [2]int{l.Leak.At(l.unit(w, 0), l.N), l.Leak.At(l.unit(w, l.lanes-1), l.N)}
	}
	block := min(l.Block, words)
	if l.across() {
		block = l.gap
	}
	repeats := func(period int) bool { return slices.Equal(at[period:], at[:words-period]) }
	for period = block; words%period != 0 || !repeats(period); period += block {
	}
	for w := 0; w < period; w += block {
		if n := len(runs); n > 0 && runs[n-1].leaks == at[w] {
			runs[n-1].to += block
		} else {
			runs = append(runs, run{w, w + block, at[w]})
		}
	}
	if len(runs) == 1 { // they all leak alike
		runs[0].to, period = words, words
	}
	return runs, period
}

// eachRun makes loops over all words, from one number up to another, apart for those that leak otherwise; around is what such
// loops count from, and leaks what their words lose.
func (l *layer) eachRun(loop func(from, to int) []Stmt) (out []Stmt) {
	if l.Leak == nil {
		return loop(0, l.words())
	}
	if l.c.Rated {
		return l.eachBlock(loop)
	}
	runs, period := l.runs()
	if period < l.words() {
		l.around = Counter("q")
	}
	for _, r := range runs {
		l.leaks = r.leaks
		out = append(out, loop(r.from, r.to)...)
	}
	if l.around != nil {
		out = []Stmt{For{Var: "q", To: l.words(), By: period, Independent: true, Body: out}}
	}
	l.around = nil
	return out
}

// eachBlock makes a loop over the blocks, whose rates are in a table: floor((r*2^(m-l) + 2^(m-1)) / 2^m) is what a leak of l takes, for
// any m from l.
func (l *layer) eachBlock(loop func(from, to int) []Stmt) []Stmt {
	most, rates := l.Leak.Most(), make([]int64, l.N/l.Block)
	for b := range rates {
		rates[b] = 1 << (most - l.Leak.At(b*l.Block, l.N))
	}
	if l.rates == nil {
		l.rates = l.table("rates_"+l.Name, fmt.Sprintf("What leaks of each block of %s, in parts of 1 in %d.", l.Name, 1<<most), rates)
	}
	widths := []int{l.upd.sum.Bits}
	for ph := range arith.Both(0) {
		r := l.most(ph)
		widths = append(widths, arith.Between(r.Lo*slices.Max(rates), r.Hi*slices.Max(rates)+1<<most).Bits())
	}
	q := Counter("q")
	s, rate := let("rate", As(Load(l.rates, q), l.calc(widths...)))
	l.around, l.rate = Times(q, int64(l.Block)), rate
	out := append([]Stmt{s}, loop(0, l.Block)...)
	l.around, l.rate = nil, nil
	return []Stmt{For{Var: "q", To: l.N / l.Block, By: 1, Independent: true, Body: out}}
}

// from is an index within the loops of eachRun.
func (l *layer) from(index *Expr) *Expr {
	if l.around == nil {
		return index
	}
	return sum(l.around, index)
}

// leaksAhead reports whether the transform leaks in loops of its own: a permuted state takes units of any block.
func leaksAhead(l *lower.Layer) bool { return l.Leak != nil && l.Perm != nil && !l.Leak.Even() }

// leakAhead rounds the transform, and takes from it what leaks.
func (l *layer) leakAhead(ph int) []Stmt {
	if !leaksAhead(l.Layer) {
		return nil
	}
	return l.eachRun(func(from, to int) []Stmt {
		i := l.from(Counter("i"))
		s, r := let("r", l.rounded(As(Load(l.z, i), l.upd.sum), ph))
		body := []Stmt{s, Store{l.z.Name, i, As(l.kept(r, 0, ph), l.z.Elem)}}
		return []Stmt{For{Var: "i", From: from, To: to, By: 1, Independent: true, Body: body}}
	})
}

// rounded is a value of the transform behind its rounding.
func (l *layer) rounded(z *Expr, ph int) *Expr {
	n := shiftLeft(l.Layer, ph)
	if l.c.Ahead {
		return Shr(z, n)
	}
	return Round(z, n)
}

// most is what a rounded value can be.
func (l *layer) most(ph int) arith.Interval {
	z, n := arith.OfBits(l.ZBits), shiftLeft(l.Layer, ph)
	r := arith.Requant{Mul: 1, Shift: n}
	return arith.Between(r.Apply(z.Lo), r.Apply(z.Hi))
}

// kept is what a leak leaves of a rounded value of the unit in a lane. Its bound is that of the value, which it never is further
// from 0 than; intervals do not see that.
func (l *layer) kept(r *Expr, lane, ph int) *Expr {
	k, most := l.leaks[lane], l.most(ph)
	if l.rate != nil {
		e := Sub(r, As(Round(Mul(As(r, l.rate.Type), l.rate), l.Leak.Most()), r.Type))
		e.Claim = &most
		return e
	}
	lost := Round(r, k)
	if most.Hi+1<<(k-1) > r.Type.Range().Hi { // the same, in the type of r
		lost = Shr(Add(Shr(r, k-1), Const(r.Type, 1)), 1)
	}
	e := Sub(r, lost)
	e.Claim = &most
	return e
}

// keptPair is kept of both lanes of 16 bits, which have no shift but a halving: of a lane that comes negated, with the halves that
// round the negative.
//
// With -x at hand, r = floor((x + 1) / 2) is -floor(-x / 2), and r - floor((r + 2^(l-1)) / 2^l) is the negative of
// -r - floor((-r + 2^(l-1) - 1) / 2^l).
func (u *update) keptPair(z *Expr, ph int, name func(string, *Expr) *Expr) *Expr {
	n, k, flip := shiftLeft(u.Layer, ph), u.leaks[0], int64(0)
	if n > 1 {
		u.fail("pairs round by one bit at most behind the transform")
	}
	if u.across() {
		flip = 1
	}
	lanes := func(lo, hi int64) *Expr {
		if lo == hi {
			return Const(u.work, lo)
		}
		t := u.work
		t.Lanes = 1
		return Pack(Const(t, lo), Const(t, hi))
	}
	if n == 1 {
		z = HalfAdd(z, lanes(1, 1-flip))
	}
	r := name("r", z)
	lost := HalfAdd(r, lanes(1<<(k-1), 1<<(k-1)-flip))
	for range k - 1 {
		lost = HalfAdd(lost, Const(u.work, 0))
	}
	e := Sub(r, lost)
	most := u.most(ph)
	most.Lo = max(min(most.Lo, -most.Hi), u.work.Range().Lo)
	most.Hi = min(-most.Lo, u.work.Range().Hi)
	e.Claim = &most
	return e
}

// keptLanes is kept of both lanes of 32 bits without sign, of values with an offset that 2^l divides.
func (u *update) keptLanes(r *Expr, name func(string, *Expr) *Expr) *Expr {
	k := u.leaks[0]
	r = name("t", r)
	lost := Shr(Add(r, Const(u.bits(), 1<<(k-1))), k)
	e := Sub(As(r, u.work), As(lost, u.work))
	e.Claim = &arith.Interval{Lo: 0, Hi: 2<<u.base() - 1}
	return As(e, u.bits())
}

// lanesLeakAlike reports whether both units of every pair leak alike.
func lanesLeakAlike(l *lower.Layer) bool {
	gap, across := pairGap(l)
	if l.Leak == nil || across { // of one block
		return true
	}
	for i := range gap {
		if l.Leak.At(i, l.N) != l.Leak.At(i+gap, l.N) {
			return false
		}
	}
	return true
}

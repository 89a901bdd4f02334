package step

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// A word of two lanes of 32 bits is updated as a whole. What is shifted and masked has lanes without sign: with an offset, no lane
// is negative, and what a shift brings from the upper lane into the lower is masked away. A sign inverts as many bits as the
// offset leaves. The tables of the bias take all offsets back, and leave the one with which the clamp knows a lane in range by
// the bits above it.

// lanewise reports whether the update of a layer fits lanes of 32 bits, offsets included.
func lanewise(l *lower.Layer) bool {
	even, odd := l.Round[arith.Even], l.Round[arith.Odd]
	if even.Mul != 1 || odd.Mul != 1 || min(even.Shift, odd.Shift) < 0 || max(even.Shift, odd.Shift) >= l.ZBits {
		return false
	}
	spread := max(even.Shift, odd.Shift) - min(even.Shift, odd.Shift)
	if l.Leak != nil && (!lanesLeakAlike(l) || l.Leak.Most() > l.ZBits-min(even.Shift, odd.Shift)) {
		return false
	}
	return l.ZBits+spread <= 29 && l.SumBits <= 30 && l.Bits < 31 && (l.Term == nil || l.Term.OutBits <= 30)
}

// bare reports whether the update runs on lanes without sign.
func (l *layer) bare() bool { return l.lanes == 2 && l.c.Lane == 32 && !l.c.Apart }

// bits is the type of lanes without sign.
func (l *layer) bits() Int {
	t := l.work
	t.Unsigned = true
	return t
}

// base is the exponent of the offset of a rounded transform: the same at even and odd steps, so that the signs are.
func (l *layer) base() int {
	return l.ZBits - min(l.Round[arith.Even].Shift, l.Round[arith.Odd].Shift)
}

// offset is what a transform has in front of its rounding, with the half that rounds.
func (l *layer) offset(ph int) int64 {
	n := l.Round[ph].Shift
	o := int64(1) << (l.base() + n)
	if n > 0 {
		o += 1 << (n - 1)
	}
	return o
}

// raise is what the last pass adds to the first word of each of its groups, which the butterflies bring to all of them.
func (l *layer) raise(ph int) int64 {
	switch {
	case l.upd.joined != nil:
		return l.upd.joined.raised(l, ph)
	case l.c.Ahead:
		return l.upd.ahead[ph]
	case !l.bare():
		return 0
	case l.across():
		return 1 << (l.ZBits - 1) // ahead of the stage between the lanes
	case l.c.Fused:
		return l.offset(ph)
	}
	return 0
}

// clamped reports whether values can leave the range of the state.
func (l *layer) clamped() bool { return l.Saturate && l.SumBits > l.Bits }

// bareSum is the new value of both units of a word.
func (u *update) bareSum(z *Expr, where site, ph int, name func(string, *Expr) *Expr) *Expr {
	n := u.offset(ph)
	if u.across() {
		// lo + hi, and lo + ^hi, which is lo - hi - 1.
		z = name("u", As(z, u.bits()))
		all := int64(1) << u.ZBits
		s := Add(Swap(z), Xor(z, u.lanesOf(0, all-1)))
		if u.ZBits < u.Bits+u.K+1 {
			s.Claim = &arith.Interval{Lo: all/2 - 1, Hi: all + all/2 - 1}
		}
		z = name("s", Add(s, u.lanesOf(n-all, n-all+1)))
	} else {
		z = As(Add(z, Const(u.work, n-u.raise(ph))), u.bits())
	}
	r := Shr(z, u.Round[ph].Shift)
	if u.Leak != nil {
		r = u.keptLanes(r, name)
	}
	if u.signs != nil {
		r = Xor(r, LoadRaw(u.signs, where.position))
	}
	if r.Op != OpVar {
		r = name("r", r)
	}
	v := As(r, u.work)
	if t := u.bias[ph]; t != nil {
		v = Add(v, Load(t, where.position))
	} else {
		v = Add(v, Const(u.work, u.bareConstant(0, ph)))
	}
	if a := u.term.bareEntry(where, ph, name); a != nil {
		v = Add(v, name("f", a))
	}
	if u.clamped() {
		return Sub(Crop(v, u.Bits), Const(u.work, 1<<(u.Bits-1)))
	}
	return v.Claimed(u.Bits)
}

// bareRemarks says what follows.
func (u *update) bareRemarks() []Stmt {
	out := []Stmt{Remark{"Rounded, with signs, plus what flows in and the bias, clamped. With their offsets no lane is negative."}}
	if u.across() {
		out = append([]Stmt{Remark{"The last stage, between the lanes: lo + hi, and lo + ^hi + 1, which is lo - hi."}}, out...)
	}
	return out
}

// lanesOf is a constant of two lanes without sign.
func (l *layer) lanesOf(lo, hi int64) *Expr {
	t := l.bits()
	t.Lanes = 1
	return Pack(Const(t, lo), Const(t, hi))
}

// bareConstant is what is added to a unit's rounded transform: its bias, and what takes the offsets back. An entry that is inverted,
// of w bits, is 2^w - 1 less than its negative.
func (u *update) bareConstant(unit, ph int) int64 {
	c := -u.offsetOf(unit)
	if u.Signs[unit] < 0 {
		c = u.offsetOf(unit) - (2<<u.base() - 1)
	}
	if u.Bias[ph] != nil {
		c += u.Bias[ph][unit]
	}
	if u.clamped() {
		c += 1 << (u.Bits - 1)
	}
	return c - u.term.bareOffset(ph)
}

// offsetOf is what is left of the offset of a unit's rounded transform, of which some leaks.
func (u *update) offsetOf(unit int) int64 {
	base := int64(1) << u.base()
	if k := u.LeakOf(unit); k > 0 {
		return base - base>>k
	}
	return base
}

// bareTables makes the tables of an update on lanes without sign: a word of each for two units.
func (u *update) bareTables() {
	negates := slices.Contains(u.Signs, -1)
	if negates {
		m := make([]int64, u.N)
		for i, s := range u.Signs {
			if s < 0 {
				m[i] = 2<<u.base() - 1
			}
		}
		u.signs = u.tableOf(u.bits(), "signs_"+u.Name, fmt.Sprintf("Signs of the rows of the recurrence of %s: a lane that is not 0 negates.", u.Name), u.inOrder(m))
	}
	var c arith.Phased[[]int64]
	for ph := range c {
		for i := range u.N {
			c[ph] = append(c[ph], u.bareConstant(i, ph))
		}
	}
	doc := func(ph int, when string) string {
		d := fmt.Sprintf("Bias of %s%s, less the offsets of the lanes", u.Name, when)
		if u.Leak == nil || u.Leak.Even() {
			d += fmt.Sprintf(", %d", -u.bareConstantWithout(ph))
		}
		if negates {
			d += ", and 1 more where the transform is negated"
		}
		return d + "."
	}
	same := func(v []int64) bool { return !slices.ContainsFunc(v, func(n int64) bool { return n != v[0] }) }
	switch {
	case same(c[arith.Even]) && same(c[arith.Odd]) && !negates && u.Bias[arith.Even] == nil && u.Bias[arith.Odd] == nil:
	case slices.Equal(c[arith.Even], c[arith.Odd]):
		u.bias = arith.Both(u.tableOf(u.work, "bias_"+u.Name, doc(arith.Even, ""), u.inOrder(c[arith.Even])))
	default:
		for ph, when := range []string{arith.Even: "even", arith.Odd: "odd"} {
			u.bias[ph] = u.tableOf(u.work, "bias_"+strings.Join([]string{u.Name, when}, "_"), doc(ph, " at "+when+" steps"), u.inOrder(c[ph]))
		}
	}
}

// bareConstantWithout is the constant of a unit without bias and sign.
func (u *update) bareConstantWithout(ph int) int64 {
	c := -u.offsetOf(0) - u.term.bareOffset(ph)
	if u.clamped() {
		c += 1 << (u.Bits - 1)
	}
	return c
}

// laned reports whether a term is multiplied and rounded in both lanes of a word.
func (t *term) laned() bool {
	w := t.t
	if w == nil || !t.bare() || w.Source == lower.FromOneHot || t.product != Rows && t.product != Coupled || w.AccBits > 29 {
		return false
	}
	for ph, out := range w.Out {
		if w.Mid[ph] != arith.Identity || out.Mul != 1 || out.Shift >= w.AccBits {
			return false
		}
	}
	return true
}

// inWords reports whether the product is made where a word needs it; wordsAhead, whether words of it are made ahead.
func (t *term) inWords() bool {
	return t.laned() && t.t.Source == lower.FromVector && t.t.Matrix.Cols <= min(t.c.Unroll, 2)
}

func (t *term) wordsAhead() bool { return t.laned() && !t.inWords() && t.product == Coupled }

// bareOffset is what the lanes of a term have too much.
func (t *term) bareOffset(ph int) int64 {
	if t.t == nil || !t.inWords() && !t.wordsAhead() || t.t.Out[ph].Shift <= 0 {
		return 0
	}
	return 1 << (t.t.AccBits - 1 - t.t.Out[ph].Shift)
}

// bareEntry is what flows into a word, its offset included; nil for nothing.
func (t *term) bareEntry(where site, ph int, name func(string, *Expr) *Expr) *Expr {
	if t.t == nil {
		return nil
	}
	if !t.inWords() && !t.wordsAhead() {
		lane := t.work
		lane.Lanes = 1
		entry := func(unit *Expr) *Expr { return t.entry(unit, unit, nil, ph, lane, name) }
		return Pack(entry(where.unit), entry(sum(where.unit, At(t.gap))))
	}
	var e *Expr
	switch {
	case t.wordsAhead():
		e = Load(t.ahead, where.at)
	default:
		e = Const(t.work, 0)
		for c := range t.t.Matrix.Cols {
			e = Add(e, Mul(Load(t.columns, sum(where.position, At(c*t.words()))), t.x[c]))
		}
	}
	n := t.t.Out[ph].Shift
	if n <= 0 {
		return Shl(e, -n)
	}
	e = As(Add(e, Const(t.work, 1<<(t.t.AccBits-1)+1<<(n-1))), t.bits())
	return As(Shr(e, n), t.work)
}

// apart is the new values of two units, one after the other.
func (u *update) apart(z, unit *Expr, ph int, name func(string, *Expr) *Expr) *Expr {
	lo, hi := As(Lane(z, 0), u.sum), As(Lane(z, 1), u.sum)
	if u.across() {
		lo, hi = name("lo", lo), name("hi", hi)
		lo, hi = u.claimed(Add(lo, hi)), u.claimed(Sub(lo, hi))
	}
	above := sum(unit, At(u.gap))
	lane := u.work
	lane.Lanes = 1
	value := u.single
	together := u.clamped() && u.SumBits <= 31 && u.Bits <= 31 // one clamp for both
	if together {
		value = u.unclamped
	}
	lo = name("s", value(lo, unit, unit, 0, ph, name))
	hi = name("t", value(hi, above, above, 1, ph, name))
	v := Pack(As(lo, lane), As(hi, lane))
	if together {
		half := Const(u.work, 1<<(u.Bits-1))
		return Sub(Crop(Add(v, half), u.Bits), half)
	}
	return v
}

package step

import (
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// update builds what stands behind the transform: rounding, signs, what flows in, the bias and the clamp. Its tables stand in
// the order of the units, or with Fused, in the order in which they are updated.
type update struct {
	*layer
	sum      Int // that it is calculated in
	before   []Stmt
	term     *term
	presigns *Array
	perm     *Array
	signs    *Array
	bias     arith.Phased[*Array]
	record   arith.Phased[*record]
	joined   *joined
	masks    *Array // of pairs
	// ahead is what Ahead adds to the first value of each group of the last pass: the half that rounds, plus lift << shift.
	ahead, lift arith.Phased[int64]
	// packedBias is how many bits each phase's constant has in a lane of a table of pairs; 0 where the phases have tables.
	packedBias int
}

func (l *layer) newUpdate() update {
	u := update{layer: l}
	if m, negates := masks(l.PreSigns); negates {
		u.presigns = l.table("presigns_"+l.Name, fmt.Sprintf("Signs in front of the transform of %s: -1 negates, 0 does not.", l.Name), m)
	}
	if l.Perm != nil {
		order := make([]int64, l.N)
		for i, j := range l.Perm {
			order[i] = int64(j)
		}
		u.perm = l.table("order_"+l.Name, fmt.Sprintf("Unit i of %s takes entry order[i] of the transform.", l.Name), order)
	}
	u.term = l.newTerm()
	u.before = u.term.before
	widths := []int{l.ZBits, l.RBits, l.SumBits}
	if !l.c.Merged && l.maxShift() > 0 {
		widths[0] = l.ZBits + 1 // with the half that rounds
	}
	if l.Leak != nil {
		for ph := range arith.Both(0) {
			r := l.most(ph)
			widths = append(widths, arith.Between(r.Lo, r.Hi+1).Bits())
		}
	}
	if l.Term != nil {
		widths = append(widths, l.Term.OutBits)
	}
	bias := arith.Phased[[]int64]{u.constants(arith.Even), u.constants(arith.Odd)}
	if l.c.Merged {
		for _, c := range bias {
			z, b := arith.OfBits(l.ZBits), hull(c)
			widths = append(widths, arith.Between(z.Lo+b.Lo, z.Hi+b.Hi).Bits())
		}
	}
	if l.c.Ahead {
		for ph := range u.ahead {
			if n := shiftLeft(l.Layer, ph); n > 0 {
				u.ahead[ph] = 1 << (n - 1)
			}
		}
	}
	u.sum = l.calc(widths...)
	if l.c.Sum > 0 {
		u.sum = Int{Bits: l.c.Sum, Lanes: 1}
	}
	switch {
	case l.bare():
		u.sum = l.work
		u.bareTables()
		return u
	case l.lanes == 2 && !l.c.Apart:
		u.sum = l.work
	}
	if l.c.Product == Joined {
		u.joined = u.newJoined()
		return u
	}
	if l.c.Record > 0 {
		u.record = u.newRecords(bias)
		return u
	}
	u.tables(bias)
	return u
}

func (l *layer) maxShift() int {
	return max(shiftLeft(l.Layer, arith.Even), shiftLeft(l.Layer, arith.Odd))
}

// shift is what is left to shift behind the constants: nothing with a leak, which wants a rounded value.
func (u *update) shift(ph int) int {
	if u.Leak != nil {
		return 0
	}
	return shiftLeft(u.Layer, ph)
}

// masks are -1 for a sign of -1 and 0 for +1: v ^ mask is v or -v - 1.
func masks(signs []int8) (out []int64, negates bool) {
	for _, s := range signs {
		m := int64(0)
		if s < 0 {
			m, negates = -1, true
		}
		out = append(out, m)
	}
	return out, negates
}

// flipped reports whether a unit's entry of the transform comes negated: the upper lane of a stage between the lanes is taken as
// hi - lo, which is one instruction with the other lane.
func (u *update) flipped(unit int) bool {
	return u.across() && unit&u.gap != 0 && u.c.Lane <= 16
}

// negated reports whether the bits of the value of a unit are to be inverted.
func (u *update) negated(unit int) bool { return (u.Signs[unit] < 0) != u.flipped(unit) }

// constants are what is added to each unit's entry, inverted where it is negated: with Merged in front of the shift, where it
// holds the half that rounds; else behind it.
//
// With v = s*round(x) wanted and x or its negative at hand: -round(x, n) = floor((~x + 2^(n-1)) / 2^n) for n > 0, so a sign needs
// no more than its inversion, and where the half stands ahead of the inversion, one: -round(x, n) = floor(~(x + 2^(n-1)) / 2^n) + 1. An entry that comes as -x = ~x + 1 owes 1 in front of the shift. For n = 0, -x is ~x + 1.
func (u *update) constants(ph int) []int64 {
	n := u.shift(ph)
	out := make([]int64, u.N)
	for i := range out {
		front := int64(0)
		switch {
		case n == 0 && u.negated(i):
			front = 1
		case n > 0 && u.flipped(i) && u.Signs[i] > 0:
			front = 1
		case n > 0 && u.flipped(i):
			front = -1
		}
		bias := -u.below()
		if u.Bias[ph] != nil {
			bias += u.Bias[ph][i]
		}
		switch {
		case u.c.Merged && n > 0:
			out[i] = bias<<n + 1<<(n-1) + front
		case n == 0:
			out[i] = bias + front
		default:
			if front != 0 {
				u.fail("pairs across the lanes want the bias merged with the rounding")
			}
			out[i] = bias
			if u.c.Ahead && u.negated(i) {
				out[i]++
			}
		}
	}
	return out
}

// below is what the constants take from the sum of every unit and the clamp adds again.
func (u *update) below() int64 {
	if u.c.Below {
		return arith.OfBits(u.Bits).Hi
	}
	return 0
}

// raiseBy adds lift << shift to what the transform of a phase gives, from which the constants then take it back: -lift of a unit that is
// not negated, lift of one that is.
func (u *update) raiseBy(ph int, lift int64, constants []int64) {
	u.lift[ph] = lift
	u.ahead[ph] += lift << u.shift(ph)
	for i := range constants {
		if u.negated(i) {
			constants[i] += lift
		} else {
			constants[i] -= lift
		}
	}
}

// inOrder lists a number a unit in the order of the tables, lower lanes first; that of the units where they are updated apart.
func (u *update) inOrder(v []int64) []int64 {
	if u.c.Apart {
		return v
	}
	out := make([]int64, 0, len(v))
	for _, w := range u.order() {
		for lane := range u.lanes {
			out = append(out, v[u.unit(w, lane)])
		}
	}
	return out
}

// tables makes a table for the signs and one or two for the constants.
func (u *update) tables(bias arith.Phased[[]int64]) {
	var signs []int8
	for i := range u.N {
		s := int8(1)
		if u.negated(i) {
			s = -1
		}
		signs = append(signs, s)
	}
	elem := func(v ...int64) Int {
		if u.lanes == 2 && !u.c.Apart {
			return u.work
		}
		return Int{Bits: lane(hull(v).Bits()), Lanes: 1}
	}
	if m, negates := masks(signs); negates {
		u.signs = u.tableOf(elem(m...), "signs_"+u.Name, fmt.Sprintf("Signs of the rows of the recurrence of %s: -1 negates, 0 does not.", u.Name), u.inOrder(m))
	}
	what := "Bias of " + u.Name
	if u.c.Merged {
		what += ", scaled by the rounding shift, with its half"
	}
	zero := func(v []int64) bool { return !slices.ContainsFunc(v, func(n int64) bool { return n != 0 }) }
	both := elem(append(slices.Clone(bias[arith.Even]), bias[arith.Odd]...)...)
	switch {
	case zero(bias[arith.Even]) && zero(bias[arith.Odd]):
	case slices.Equal(bias[arith.Even], bias[arith.Odd]):
		t := u.tableOf(both, "bias_"+u.Name, what+".", u.inOrder(bias[arith.Even]))
		u.bias = arith.Both(t)
	default:
		u.bias[arith.Even] = u.tableOf(both, "bias_"+u.Name+"_even", what+" at even steps.", u.inOrder(bias[arith.Even]))
		u.bias[arith.Odd] = u.tableOf(both, "bias_"+u.Name+"_odd", what+" at odd steps.", u.inOrder(bias[arith.Odd]))
	}
}

// prepare makes what the update needs of the input, ahead of its loop.
func (u *update) prepare(ph int) []Stmt { return u.term.prepare(ph) }

// site is where a word stands: its index, its place in the tables, and the unit in its lower lane.
type site struct{ at, position, unit *Expr }

// updateWord makes the new state of one word from its value behind the transform and stores it. suffix tells the names of
// several words apart.
func (l *layer) updateWord(z *Expr, where site, suffix string, ph int) []Stmt {
	u := &l.upd
	var out []Stmt
	named := map[string]*Expr{}
	name := func(hint string, e *Expr) *Expr {
		if v := named[hint]; v != nil {
			return v
		}
		s, v := let(hint+suffix, e)
		out = append(out, s)
		named[hint] = v
		return v
	}
	var g *Expr
	switch {
	case l.lanes == 1:
		g = name("g", u.single(z, where.at, where.position, 0, ph, name))
	case l.c.Apart:
		g = u.apart(z, where.unit, ph, name)
	case l.bare():
		if suffix == "" || suffix == "0" {
			out = append(out, u.bareRemarks()...)
		}
		g = name("g", u.bareSum(z, where, ph, name))
	default:
		g = name("g", u.pair(z, where, ph, name))
	}
	out = append(out, Store{l.state.Name, where.at, As(g, l.state.Elem)})
	return append(out, l.builder.readout.collect(l, g, where.at)...)
}

// single is the new value of one unit, which stands in a lane.
func (u *update) single(z, at, position *Expr, lane, ph int, name func(string, *Expr) *Expr) *Expr {
	v := u.unclamped(z, at, position, lane, ph, name)
	if u.Saturate {
		return Clamp(Add(v, Const(u.sum, u.below())), u.Bits)
	}
	return v.Claimed(u.Bits)
}

// unclamped is single before the clamp, of the unit in a lane.
func (u *update) unclamped(z, at, position *Expr, lane, ph int, name func(string, *Expr) *Expr) *Expr {
	if u.joined != nil {
		return u.joined.value(u, z, position, ph, name)
	}
	u.readRecord(position, ph, name)
	v := As(z, u.sum)
	if u.Leak != nil && !leaksAhead(u.Layer) {
		v = u.kept(name([]string{"r", "u"}[lane], u.rounded(v, ph)), lane, ph)
	}
	mask, constant := u.parts(position, ph, name)
	if mask != nil {
		v = Xor(v, mask)
	}
	n := u.shift(ph)
	a := u.term.entry(at, position, u.record[ph], ph, u.sum, name)
	if u.c.Merged && constant != nil {
		v, constant = Add(v, constant), nil
		v = Shr(v, n)
	} else if u.c.Ahead {
		v = Shr(v, n)
	} else {
		v = Round(v, n)
	}
	if a != nil {
		v = Add(v, a)
	}
	if constant != nil {
		v = Add(v, constant)
	}
	return v
}

// pair is the new values of two units in lanes of 16 bits.
func (u *update) pair(z *Expr, where site, ph int, name func(string, *Expr) *Expr) *Expr {
	if u.across() {
		z = name("s", u.crossStage(z, ph))
	}
	u.readRecord(where.position, ph, name)
	v := As(z, u.sum)
	if u.Leak != nil {
		v = u.keptPair(v, ph, name)
	}
	mask, constant := u.parts(where.position, ph, name)
	if mask != nil {
		v = Xor(v, mask)
	}
	a := u.term.entry(where.at, where.position, u.record[ph], ph, u.sum, name)
	return u.pairSum(v, constant, a, ph)
}

// readRecord reads the words of a record in the order of the table, which a pointer walks.
func (u *update) readRecord(position *Expr, ph int, name func(string, *Expr) *Expr) {
	if r := u.record[ph]; r != nil {
		for w := range r.per {
			r.word(position, w, name)
		}
	}
}

// crossStage is the last stage, between the lanes of a word: lo + hi and, flipped, hi - lo. Where it ends a pair that staged
// rounding halves, the flipped half is -floor((lo - hi + 1) / 2) = floor((hi - lo) / 2).
func (u *update) crossStage(z *Expr, ph int) *Expr {
	lo, hi := Lane(z, 0), Lane(z, 1)
	if u.Staged && arith.Halves(u.K, u.Round[ph].Shift) {
		return Pack(HalfAdd(Add(lo, Const(lo.Type, 1)), hi), HalfSub(hi, lo))
	}
	return Pack(Add(lo, hi), Sub(hi, lo))
}

// pairSum adds in lanes of 16 bits. A sum that leaves them stays at their end, which the clamp takes back, unless what is added
// next could bring it back further than that.
func (u *update) pairSum(v, constant, a *Expr, ph int) *Expr {
	n := u.shift(ph)
	if n > 1 || n == 1 && (constant == nil || !u.c.Merged) {
		u.fail("pairs round by one bit at most behind the transform, together with the bias")
		return v
	}
	switch {
	case n == 1:
		v = HalfAdd(v, constant)
	case constant != nil:
		moved := int64(0)
		if r := u.record[ph]; r != nil {
			moved = max(r.raised[ph], -r.raised[ph])
		}
		if a != nil && 1<<(u.term.t.OutBits-1)+moved+1<<(u.Bits-1) > 1<<(u.work.Bits-1) {
			u.fail("what flows in is too large to be added behind a sum that saturates")
			return v
		}
		v = SatAdd(v, constant)
	}
	if a != nil {
		v = SatAdd(v, a)
	}
	return Clamp(v, u.Bits)
}

// parts are the mask and the constant of a word, in the type of the sum; nil where there is none.
func (u *update) parts(position *Expr, ph int, name func(string, *Expr) *Expr) (mask, constant *Expr) {
	if r := u.record[ph]; r != nil {
		return r.parts(position, ph, name)
	}
	if u.signs != nil {
		mask = As(Load(u.signs, position), u.sum)
	}
	if t := u.bias[ph]; t != nil {
		constant = As(Load(t, position), u.sum)
	}
	return mask, constant
}

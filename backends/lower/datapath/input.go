package datapath

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// inflow is what flows into a layer, ready to meet its weights.
type inflow struct {
	values []*Expr        // Product of them a cycle, a cycle after their group's number
	every  arith.Interval // of a value
	cycles int            // from the start of a step on until the first may be used; 0 where it waits already
	// shift is what is still to be shifted behind the product: that of the term, less what the values took upon them.
	shift arith.Phased[int]
}

// scaled is how an input's entries are converted: X' = In(X), with the left shifts that even and odd steps differ by behind the
// product done in advance, which costs nothing here.
func scaled(t *lower.Term, x arith.Interval) (in arith.Phased[arith.Requant], out arith.Phased[int]) {
	in = t.In
	out = arith.Phased[int]{t.Out[0].Shift, t.Out[1].Shift}
	if t.Mid == identityBoth && out[0] != out[1] {
		ph := arith.Even
		if out[arith.Odd] < out[arith.Even] {
			ph = arith.Odd
		}
		by := out[1-ph] - out[ph]
		if exact := in[ph].Shift == 0 && in[ph].Mul > 0; exact && by < 24 {
			in[ph].Mul <<= by
			out[ph] = out[1-ph]
		}
	}
	for ph := range in {
		in[ph] = shortest(in[ph], x)
	}
	return in, out
}

// shortest is the map with the smallest factor that gives the same for every integer of a range.
func shortest(r arith.Requant, x arith.Interval) arith.Requant {
	if r.Shift <= 0 || x.Hi-x.Lo > 1<<12 {
		return r
	}
	for shift := range r.Shift {
		drop := r.Shift - shift
		q := arith.Requant{Mul: (r.Mul + 1<<(drop-1)) >> drop, Shift: shift}
		same := true
		for v := x.Lo; v <= x.Hi && same; v++ {
			same = q.Apply(v) == r.Apply(v)
		}
		if same {
			return q
		}
	}
	return r
}

func applied(r arith.Phased[arith.Requant], x arith.Interval) arith.Interval {
	var out arith.Interval
	for i, q := range r {
		at := arith.Interval{Lo: q.Apply(x.Lo), Hi: q.Apply(x.Hi)}
		if at.Lo > at.Hi {
			at.Lo, at.Hi = at.Hi, at.Lo
		}
		if i == 0 {
			out = at
		}
		out = out.Union(at)
	}
	return out
}

// width is that of a value of a range; the value is signed where the range has negative numbers.
func width(i arith.Interval) (bits int, signed bool) {
	if i.Lo < 0 {
		return i.Bits(), true
	}
	return max(1, i.Bits()-1), false
}

// tableInput is how many bits an input may have to be converted by a table in logic.
const tableInput = 4

// vectorIn takes the entries of a vector from the input's side, converts them as they come, and keeps those of the step that
// runs. lanes of them are read a cycle, those of group.
func (b *builder) vectorIn(name string, t *lower.Term, lanes int, group *Expr) inflow {
	lo, hi := b.p.Input.Range()
	x := arith.Interval{Lo: lo, Hi: hi}
	in, shift := scaled(t, x)
	f := inflow{every: applied(in, x), shift: shift}
	bits, signed := width(f.every)
	d := b.p.Input.Size
	odd := b.odd
	if b.buffered {
		odd = b.nextOdd
	}
	value, busy, cycles := b.convert(name, b.inData, b.accept, odd, in, x, f.every, b.buffered)
	if !b.buffered {
		f.values, f.cycles = []*Expr{value}, cycles
		return f
	}
	value = value.To(bits).typed(signed)
	push := b.accept
	if busy != nil {
		b.converting = append(b.converting, busy)
		was := b.Reg(name+"_was_converting", 1).ResetTo(0).Set(busy).Ref() // a reset forgets the entry
		push = b.Wire(name+"_converted", And(was, busy.Not()))
	}
	if group == nil {
		f.values = b.shiftedIn(name, value, push, d)
		return f
	}
	f.values = b.doubled(name, value, push, d, lanes, group)
	return f
}

// conversionCycles are those that vectorIn takes from a step's start until the entry is there.
func (b *builder) conversionCycles(t *lower.Term) int {
	lo, hi := b.p.Input.Range()
	in, _ := scaled(t, arith.Interval{Lo: lo, Hi: hi})
	if b.p.Input.Size > 1 || in == identityBoth || b.p.Input.Bits <= tableInput {
		return 0
	}
	return b.p.Input.Bits
}

// tableProducts reports whether products are looked up: each entry's multiples in block RAM, a read for each weight. It is worth it
// where many short weights meet an input at a time.
func tableProducts(w weights, d, lanes, units int) bool {
	products := lanes * units
	return d > lanes && d%lanes == 0 && w.bits >= 3 && w.bits <= 5 && products >= 4 && products <= 16 && d/lanes<<(w.bits+1) <= 256
}

// multiples takes the entries of a vector as they come and fills tables with what every weight makes of them, in two halves. Each of
// entries, weights a cycle after group, gives a product a cycle later. lanes of them are of one unit.
func (b *builder) multiples(name string, t *lower.Term, w weights, lanes int, group *Expr, entries []*Expr) (products []*Expr, f inflow) {
	lo, hi := b.p.Input.Range()
	x := arith.Interval{Lo: lo, Hi: hi}
	in, shift := scaled(t, x)
	f = inflow{every: applied(in, x), shift: shift}
	xBits, signed := width(f.every)
	most := int64(1) << (w.bits - 1)
	bits := arith.Interval{Lo: min(-most*f.every.Hi, most*f.every.Lo), Hi: max((most-1)*f.every.Hi, -most*f.every.Lo)}.Bits()
	d := b.p.Input.Size

	value, busy, _ := b.convert(name, b.inData, b.accept, b.nextOdd, in, x, f.every, true)
	value = value.To(xBits).typed(signed)
	push := b.accept
	filling := b.Reg(name+"_filling", 1, "an entry's multiples are written").ResetTo(0)
	all := filling.Ref()
	if busy != nil {
		was := b.Reg(name+"_was_converting", 1).ResetTo(0).Set(busy).Ref() // a reset forgets the entry
		push = b.Wire(name+"_converted", And(was, busy.Not()))
		all = Or(all, Or(busy, push))
	}
	b.converting = append(b.converting, b.Wire(name+"_busy_", all))

	half := b.Reg(name+"_half", 1, "the half that is read").ResetTo(0)
	half.When(b.start, half.Ref().Not())
	n := counts(d)
	at := b.Reg(name+"_at", n, "the entry that comes").ResetTo(0)
	entry := b.Reg(name, xBits)
	entry.Signed = signed
	entry.When(push, value)
	code := b.Reg(name+"_code", w.bits, "the weight").ResetTo(0)
	turned := b.Reg(name+"_turned", 1, "the multiples are those of the negative weights")
	// 0, x, 2x ...; the multiple with 2^(p-1) is negated, and stands for -2^(p-1).
	turn := b.Wire(name+"_turns", And(code.Ref().Top(), turned.Ref().Not()))
	sum := b.RegSigned(name+"_multiple", bits)
	next := b.Wire(name+"_next", AddCarry(NotIf(turn, sum.Ref()), Gate(turn.Not(), entry.Ref().signed().To(bits)), turn).AsSigned())
	sum.When(filling.Ref(), next)
	sum.When(push, Int(bits, 0))
	code.When(And(filling.Ref(), turn.Not()), Add(code.Ref(), Const(w.bits, 1)))
	turned.When(turn, One())
	turned.When(push, Zero())
	ends := b.Wire(name+"_ends", And(filling.Ref(), code.Ref().All()))
	filling.When(ends, Zero())
	filling.When(push, One())
	at.When(ends, Mux(at.Ref().Is(d-1), Const(n, 0), Add(at.Ref(), Const(n, 1))))

	groups := d / lanes
	g := counts(groups)
	low := count(lanes)
	into := at.Ref().Slice(n-1, low).To(g)
	group1 := b.Delayed(name+"_group", group)
	for i, weight := range entries {
		m := b.Memory(Memory{Name: laned(name+"_multiples", len(entries), i), Bits: bits, Signed: true, Depth: 2 << (g + w.bits), Style: Block})
		when := filling.Ref()
		if low > 0 {
			when = And(when, at.Ref().Slice(low-1, 0).Is(i%lanes))
		}
		m.Write(when, Cat(half.Ref().Not(), into, code.Ref()), sum.Ref().AsUnsigned())
		products = append(products, b.Read(m, laned(name+"_product", len(entries), i), Cat(half.Ref(), group1, weight), nil))
	}
	return products, f
}

// shiftedIn keeps a vector in registers: it is shifted in while the step before runs, and moves on as a whole.
func (b *builder) shiftedIn(name string, value, push *Expr, d int) []*Expr {
	out := make([]*Expr, d)
	next := value
	for j := d - 1; j >= 0; j-- {
		coming := b.Reg(fmt.Sprintf("%s_next%d", name, j), value.Bits)
		coming.Signed = value.Signed
		coming.When(push, next)
		next = coming.Ref()
		now := b.Reg(fmt.Sprintf("%s%d", name, j), value.Bits)
		now.Signed = value.Signed
		now.When(b.start, coming.Ref())
		out[j] = now.Ref()
	}
	return out
}

// doubled keeps a vector in block RAM, in two halves: one is filled while the other is read.
func (b *builder) doubled(name string, value, push *Expr, d, lanes int, group *Expr) []*Expr {
	half := b.Reg(name+"_half", 1, "the half that is read").ResetTo(0)
	half.When(b.start, half.Ref().Not())
	n := counts(d)
	at := b.Reg(name+"_at", n, "the entry that comes").ResetTo(0)
	at.When(push, Mux(at.Ref().Is(d-1), Const(n, 0), Add(at.Ref(), Const(n, 1))))
	groups := (d + lanes - 1) / lanes
	g := counts(groups)
	low := count(lanes) // lanes is a power of two, or all
	into := Const(g, 0)
	if n > low {
		into = at.Ref().Slice(n-1, low).To(g)
	}
	var out []*Expr
	for l := range lanes {
		m := b.Memory(Memory{Name: laned(name+"_entries", lanes, l), Bits: value.Bits, Signed: value.Signed, Depth: 1<<g + groups, Style: Block})
		when := push
		if low > 0 {
			when = And(push, at.Ref().Slice(low-1, 0).Is(l))
		}
		m.Write(when, Cat(half.Ref().Not(), into), value.AsUnsigned())
		out = append(out, b.Read(m, laned(name+"_entry", lanes, l), Cat(half.Ref(), group), nil))
	}
	return out
}

// laned is a name, numbered where there are several lanes.
func laned(name string, lanes, lane int) string {
	if lanes == 1 {
		return name
	}
	return fmt.Sprintf("%s%d", name, lane)
}

// convert maps an integer of a range by a requantisation, which differs between even and odd steps: as it is, by a table, or
// bit by bit from load on, the lowest bit first, so that one short adder does. busy is nil where the value is there at once
// (through) or in the cycle after load; else it is 1 from the cycle after load for cycles cycles, and the value stays.
func (b *builder) convert(name string, data, load, odd *Expr, r arith.Phased[arith.Requant], x, y arith.Interval, through bool) (value, busy *Expr, cycles int) {
	bits, signed := width(y)
	kept := func(e *Expr) *Expr {
		if through {
			return e
		}
		k := b.Reg(name, e.Bits)
		k.Signed = e.Signed
		k.When(load, e)
		return k.Ref()
	}
	if r == identityBoth {
		return kept(data), nil, 0
	}
	if data.Bits <= tableInput {
		kept := kept(data)
		at := kept.AsUnsigned()
		if r[0] != r[1] {
			at = Cat(odd, at)
		}
		init := make([]int64, 1<<at.Bits)
		for i := range init {
			v := int64(i) & int64(mask(data.Bits))
			if data.Signed {
				v = int64(signExtend(uint64(v), data.Bits))
			}
			init[i] = r[i>>data.Bits&1].Apply(v)
		}
		m := b.Memory(Memory{Name: name + "_table", Bits: bits, Signed: signed, Depth: len(init), Style: Logic, Init: init,
			Doc: "what an entry is worth at even and at odd steps"})
		return b.Wire(name+"_scaled", Lookup(m, at)), nil, 0
	}
	v, busy := b.bitByBit(name, data, load, odd, r)
	return v.To(bits).typed(signed), busy, data.Bits
}

// bitByBit computes (data*Mul + half) >> Shift with an adder of Mul's width: a cycle a bit, the lowest first.
func (b *builder) bitByBit(name string, data, load, odd *Expr, r arith.Phased[arith.Requant]) (value, busy *Expr) {
	n := data.Bits
	shift := max(0, r[0].Shift, r[1].Shift)
	var factor arith.Phased[int64]
	for ph, q := range r {
		factor[ph] = q.Mul << (shift - q.Shift)
	}
	half := int64(0)
	if shift > 0 {
		half = 1 << (shift - 1)
	}
	// acc holds what is above the bits that are done: at most the larger of factor and half.
	w := arith.SignedBits(max(factor[0], factor[1], half)) + 1
	bit := b.Reg(name+"_bits", n+1, "what is left of the entry, under a 1")
	rest := bit.Ref()
	busy = b.Wire(name+"_busy", rest.Slice(n, 1).Any())
	top := Zero()
	if data.Signed {
		top = b.Wire(name+"_top", rest.Slice(n, 1).Is(1), "the bit at hand is the sign: its product is subtracted")
	}
	bit.When(busy, Cat(Zero(), rest.Slice(n, 1)))
	bit.When(load, Cat(One(), data.AsUnsigned()))
	bit.ResetTo(0)
	// Bit k of what is added: the bit at hand, in those steps in which bit k of the factor, or of its negative, is 1.
	patterns := map[int]*Expr{}
	addend := make([]*Expr, w)
	for k := range w {
		pattern := 0
		for i := range 4 {
			f := factor[i&1]
			if i >= 2 {
				f = -f
			}
			pattern |= int(f>>k&1) << i
		}
		if !data.Signed {
			pattern = pattern&3 | pattern&3<<2
		}
		e := patterns[pattern]
		if e == nil {
			always := func(two int) *Expr { // of the two phases
				return Mux(odd, Const(1, uint64(two>>1)), Const(1, uint64(two&1)))
			}
			e = And(rest.Bit(0), Mux(top, always(pattern>>2), always(pattern&3)))
			if !e.constant() && e.Op != OpSlice {
				e = b.Wire(fmt.Sprintf("%s_adds%d", name, len(patterns)), e)
			}
			patterns[pattern] = e
		}
		addend[w-1-k] = e
	}
	acc := b.RegSigned(name+"_acc", w)
	s := b.Wire(name+"_sum", Add(acc.Ref().To(w+1), Cat(addend...).AsSigned().To(w+1)).AsSigned())
	acc.When(busy, s.Slice(w, 1).AsSigned())
	acc.When(load, Int(w, half))
	if shift >= n {
		return acc.Ref().Down(shift - n), busy
	}
	low := b.Reg(name+"_low", n, "the bits that are done")
	low.When(busy, pushed(s.Bit(0), low.Ref()))
	v := Cat(acc.Ref(), low.Ref()).AsSigned()
	return v.Down(shift), busy
}

// pushed puts a bit on top of a value and drops the lowest.
func pushed(top, v *Expr) *Expr {
	if v.Bits == 1 {
		return top
	}
	return Cat(top, v.Slice(v.Bits-1, 1))
}

// tokens keeps the token of the step that runs; where the next one comes in meanwhile, from the cycle of start on.
func (b *builder) tokens() *Expr {
	if !b.buffered {
		t := b.Reg("token", b.inData.Bits)
		t.When(b.accept, b.inData)
		return t.Ref()
	}
	next := b.Reg("token_next", b.inData.Bits)
	next.When(b.accept, b.inData)
	t := b.Reg("token", b.inData.Bits)
	t.When(b.start, next.Ref())
	return b.Wire("token_now", Mux(b.start, next.Ref(), t.Ref()))
}

// embedded looks up the entries of the token's vector, already converted: lanes of them a cycle, those of group.
func (b *builder) embedded(name string, t *lower.Term, token *Expr, lanes int, group *Expr) inflow {
	var x arith.Interval
	for _, v := range t.Embed.Ints {
		x = x.Union(arith.Interval{Lo: v, Hi: v})
	}
	in, shift := scaled(t, x)
	f := inflow{every: applied(in, x), shift: shift}
	bits, signed := width(f.every)
	d := t.Matrix.Cols
	at, g := token, 0
	if group != nil {
		at, g = Cat(at, group), group.Bits
	}
	vocab := b.p.Input.Vocab
	depth := vocab << g
	if in[0] != in[1] {
		at = Cat(b.oddNow, at)
		depth += 1 << (at.Bits - 1)
	}
	entry := func(word, field int) int64 {
		ph := word >> (token.Bits + g) & 1
		if in[0] == in[1] {
			ph = 0
		}
		tok, col := word>>g&(1<<token.Bits-1), word&(1<<g-1)*lanes+field
		if tok >= vocab || col >= d {
			return 0
		}
		return in[ph].Apply(t.Embed.Ints[tok*d+col])
	}
	f.values = b.wideRom(name+"_embedding", bits, signed, depth, lanes, entry, at, t.Embed.Name+": the tokens' vectors, as they meet the weights")
	return f
}

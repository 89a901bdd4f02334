package datapath

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// visited is the unit that lane u updates as the sub-th of the k-th word.
func (e *engine) visited(group, u int) int {
	k, sub := group/e.subs, group%e.subs
	if !e.fused {
		return k
	}
	free := e.laneMask(e.l.K - 1)
	i, rest := 0, k
	for j := range e.at {
		if free>>j&1 == 0 {
			i |= rest & 1 << j
			rest >>= 1
		}
	}
	if e.minus {
		top := 1 << (e.l.K - 1)
		return e.unitIn(i, free, e.pairBank(u))&^top | sub*top
	}
	return e.unitIn(i, free, u*e.subs+sub)
}

// pairBank is the lower bank of the u-th pair that the last stage joins.
func (e *engine) pairBank(u int) int {
	r := (e.l.K - 1) % e.w
	return u>>r<<(r+1) | u&(1<<r-1)
}

// groups is the number of groups of units.
func (e *engine) groups() int { return e.l.N / e.units }

// lane is a unit under update.
type lane struct {
	z          *Expr // its recurrence in a register, two cycles after its group's number
	inverted   *Expr // z is inverted, at the same time
	minus      *Expr
	sign, bias *Expr // one cycle after; two
	leak       *Expr // which, two cycles after
	acc        number
	g          *Expr
	clamped    *Expr
}

// datapath adds what an engine computes with.
func (e *engine) datapath() {
	e.Scope(e.name)
	defer e.Scope("")
	l := e.l
	late := 3 + e.extra
	on := e.chain("update_", e.u.on, late, true)
	var sub []*Expr
	if e.u.sub != nil {
		sub = e.chain("sub_", e.u.sub, late, false)
	}
	odd := e.chain("odd_", e.odd, 2+e.extra, false)
	lanes := make([]*lane, e.units)
	for u := range lanes {
		lanes[u] = &lane{}
	}

	e.Section("%s: signs and biases, a word for a group of units in the order of their update", l.Name)
	e.Of(e.index, lower.PartRecurrence, lower.PartBias)
	e.signsAndBiases(lanes)

	e.Section("%s: the banks. A word is read in a cycle, added in the next, and written two or three cycles after it was read", l.Name)
	e.Of(e.index, lower.PartState)
	banks := e.banks(on, sub)

	e.Section("%s: butterflies: a bank's new word is what it has, plus or minus its partner's", l.Name)
	e.Of(e.index, lower.PartRecurrence)
	e.butterflies(banks, lanes, on, sub)

	if l.Term != nil {
		e.Section("%s: what flows in: digits of the weights times the entries, added up", l.Name)
		e.Of(e.index, lower.PartInflow)
		e.inflow(lanes, on, odd)
	}

	e.Section("%s: the update: the rounded row plus bias in one cycle, what flows in and the clamp in the next.\nRounding is a carry into the same adders", l.Name)
	e.Of(e.index, lower.PartRecurrence, lower.PartInflow, lower.PartBias)
	for u, la := range lanes {
		name := laned("g", len(lanes), u)
		total := e.recurrence(name, l, row{la.z, la.inverted, la.minus}, odd[1], la.bias, la.leak)
		in := number{}
		if l.Term != nil {
			in = shiftedOut(e.flows.shift, la.acc, odd[2+e.extra])
		}
		la.g, la.clamped = e.settled(name, l, total, in)
	}
	e.ShowLater(l.Name, e.u.on, 2, lanes[0].z)
	e.write(banks, lanes, on, sub)
	switch {
	case e.mean != nil:
		e.addUp(lanes, late)
	case e.readUnits > 0:
		e.readout()
	}
}

// addUp gives the mean what is written.
func (e *engine) addUp(lanes []*lane, late int) {
	in := summed{written: e.written, state: e.state, region: len(e.engines), pends: And(e.endUpdate, And(e.last, e.answers()))}
	for _, la := range lanes {
		in.g = append(in.g, la.g)
	}
	in.align = func(name string, x *Expr) *Expr {
		s := e.Reg(name, x.Bits)
		s.When(e.u.on, x)
		return s.Ref()
	}
	in.complete = e.delay("last_group_", e.endUpdate, late+e.ahead(), true)
	e.sums(e.mean, in)
}

// signsAndBiases looks up what belongs to the units.
func (e *engine) signsAndBiases(lanes []*lane) {
	signs, biases, leaks := e.constants(e.l, e.slots())
	for u, la := range lanes {
		if signs != nil {
			la.sign = signs[u]
		}
		if biases != nil {
			la.bias = e.Delayed(laned("bias", e.units, u), biases[u])
		}
		if leaks != nil {
			la.leak = e.Delayed(laned("leak", e.units, u), leaks[u])
		}
	}
}

// slots are the units in the order of their updates.
func (e *engine) slots() slots {
	return slots{at: e.u.group, groups: e.groups(), lanes: e.units, unit: e.visited, odd: e.odd}
}

// bank is one memory of the state.
type bank struct {
	m      *Memory
	number int
	q      *Expr // the word at the address before
	upper  *Expr // the unit that is addressed is the upper one of its pair
	at     *Expr // its address
	s      *Signal
	h      *Expr // what the stage makes of it, two cycles before it is written
	here   *Expr // when it is written: the unit goes to the partner
}

// parity is bit j of the number of the bank that a unit lies in.
func (e *engine) parity(i *Expr, j int) *Expr {
	var parts []*Expr
	for k := j; k < e.at; k += e.w {
		parts = append([]*Expr{i.Bit(k)}, parts...)
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return Cat(parts...).Parity()
}

// unitWord is the number of the word that a unit lies in.
func unitWord(u *Expr, e *engine) *Expr {
	if e.at <= e.w {
		return Const(e.word, 0)
	}
	return u.Slice(e.at-1, e.w)
}

// meets reports whether a word of a bank may be wanted in a cycle in which another takes its place: while the second half of a word's
// units is updated, and the first half is written back meanwhile, and where layers pass their state on.
func (e *engine) meets() bool {
	return len(e.engines) > 1 || e.subs > 1 && e.cycles > 1 && e.cycles <= 3+e.extra
}

// banks adds the memories with their reads.
func (e *engine) banks(on, sub []*Expr) []*bank {
	l := e.l
	out := make([]*bank, 1<<e.w)
	depth := groupsOf(l.N, 1<<e.w)
	if e.half != nil {
		depth += 1 << e.word
	}
	depth = e.depth(depth, e.word+map[bool]int{true: 1}[e.half != nil])
	own := Const(e.word, 0)
	stride := Const(e.word, 0)
	if e.at > e.w {
		own = e.i.Slice(e.at-1, e.w)
		if l.K > e.w {
			stride = e.mask.Ref().Slice(l.K-1, e.w).To(e.word)
		}
	}
	var parities []*Expr
	if e.w > 0 {
		for j := range e.w {
			parities = append(parities, e.Wire(laned("parity", e.w, j), e.parity(e.i, j)))
		}
	}
	var order *Expr
	if l.Perm != nil {
		order = e.rom("order", e.word+max(e.w, 1), false, l.N, func(i int) int64 {
			u := l.Perm[i]
			return int64(u>>e.w<<max(e.w, 1) | e.bankOf(u))
		}, e.i, "where the integer of the transform lies that a unit takes: the word, and the bank in the low bits")
	}
	var port stateAccess
	if e.state != nil {
		port = e.state.access(e.builder, e.index, e.at, e.l.Bits)
		e.port = port
	}
	for n := range out {
		b := &bank{number: n}
		out[n] = b
		at := own
		if e.w > 0 {
			b.upper = e.upper(n, parities)
			at = Or(own, Gate(b.upper, stride))
		}
		if order != nil {
			at = Mux(on[0], order.Slice(order.Bits-1, max(e.w, 1)), at)
		}
		if e.source != nil {
			at = Mux(e.sourceOn, e.source, at)
		}
		if e.state != nil {
			at = Mux(port.on, unitWord(port.address, e), at)
		}
		if e.half != nil {
			at = Cat(e.half.Ref(), at)
		}
		b.at = e.Wire(laned("read_at", len(out), n), within(e.context(), at))
		b.m = e.Memory(Memory{Name: laned("bank", len(out), n), Bits: e.mem, Signed: true, Depth: depth, Style: Block, Old: e.meets()})
		b.q = e.Read(b.m, laned("q", len(out), n), b.at, e.keeps())
		e.words = append(e.words, b.q)
	}
	e.Show(l.Name, nil, out[0].at, out[0].q)
	if e.state != nil {
		word := e.words[0]
		if e.w > 0 {
			var number []*Expr
			for j := range e.w {
				number = append([]*Expr{e.parity(port.address, j)}, number...)
			}
			e.portBank = e.Wire("state_bank", Cat(number...))
			word = pick(e.Delayed("state_from", e.portBank), e.words)
		}
		e.state.words = append(e.state.words, word.To(e.l.Bits).AsSigned())
		e.state.busy = append(e.state.busy, on[1:]...)
	}
	if order != nil && e.w > 0 {
		e.orderBank = e.Delayed("order_bank", order.Slice(e.w-1, 0))
	}
	return out
}

// keeps is the read enable of the banks: a word whose update takes so long that its first units are written meanwhile is read once.
func (e *engine) keeps() *Expr {
	if !e.fused || e.subs*e.cycles < e.cycles+4+e.extra {
		return nil
	}
	if e.enable == nil {
		e.enable = e.Wire("read_on_", And(e.u.on, e.u.wordFirst.Not()).Not(), "a word is read once for its update")
	}
	return e.enable
}

// upper is 1 where the unit that a bank gives is the upper one of its pair.
func (e *engine) upper(bank int, parities []*Expr) *Expr {
	of := func(j int) *Expr {
		if bank>>j&1 == 1 {
			return parities[j].Not()
		}
		return parities[j]
	}
	if e.w == 1 {
		return of(0)
	}
	var any *Expr
	for j := range e.w {
		t := And(e.residue.Ref().Bit(j), of(j))
		if any == nil {
			any = t
		} else {
			any = Or(any, t)
		}
	}
	return e.Wire(fmt.Sprintf("upper%d", bank), any)
}

// butterflies adds a stage's adders: a bank's new word is what it has, plus or minus what its partner has. They are written, or go
// through the update.
func (e *engine) butterflies(banks []*bank, lanes []*lane, on, sub []*Expr) {
	l := e.l
	if e.w > 0 {
		e.addStages(banks, on, sub)
	}
	stage1 := Zero()
	if e.transforming != nil {
		stage1 = e.Delayed("stage_1", e.stageOn)
	}
	for _, b := range banks {
		if e.stages() == 0 {
			continue
		}
		width := e.mem
		shared := e.fused && (e.subs == 1 || e.minus && e.isPairBank(b.number))
		if shared {
			continue
		}
		b.s = e.RegSigned(fmt.Sprintf("s%d", b.number), width)
		b.s.Set(b.h.To(width).AsSigned())
		b.s.When(And(e.first, stage1), Int(width, 0))
	}
	for u, la := range lanes {
		name := laned("z", len(lanes), u)
		var z *Expr
		gated := e.stages() == 0
		shared := -1
		switch {
		case !e.fused:
			z = e.words[0]
			if e.orderBank != nil {
				z = pick(e.orderBank, e.words)
			}
			z = z.To(min(z.Bits, max(l.ZBits, l.Bits)))
		case e.subs == 1:
			z, shared = banks[u].h, u
		case e.minus:
			z, shared = banks[e.pairBank(u)].h, e.pairBank(u)
			la.minus = And(sub[1], e.Delayed(laned("upper_", len(lanes), u), banks[shared].upper).Not())
		default:
			var all []*Expr
			for c := range e.subs {
				all = append(all, banks[u*e.subs+c].h)
			}
			z = pick(sub[1], all)
		}
		if e.fused {
			limit := l.ZBits
			if e.minus {
				limit++
			}
			z = z.To(max(min(z.Bits, limit), map[bool]int{true: e.mem}[shared >= 0 && e.stages() > 0]))
		}
		if gated {
			z = Gate(e.first.Not(), z)
		}
		inverted := la.sign
		if la.minus != nil {
			la.minus = e.Wire(name+"_minus", la.minus)
			if inverted == nil {
				inverted = la.minus
			} else {
				inverted = Xor(inverted, la.minus)
			}
		}
		if inverted != nil {
			if shared >= 0 && e.stages() > 0 {
				inverted = And(inverted, on[1])
			}
			inverted = e.Wire(name+"_inverts", inverted)
			z = NotIf(inverted, z)
			la.inverted = e.Delayed(name+"_inverted", inverted)
		}
		if la.minus != nil {
			la.minus = e.Delayed(name+"_minus2", la.minus)
		}
		r := e.RegSigned(name, z.Bits)
		r.Set(z.AsSigned())
		if e.stages() > 0 && shared >= 0 {
			r.When(And(e.first, stage1), Int(z.Bits, 0))
			banks[shared].s = r
		}
		la.z = r.Ref()
	}
}

func (e *engine) isPairBank(n int) bool { return n>>((e.l.K-1)%e.w)&1 == 0 }

// pick is one of several values of one width, by a number; there is a power of two of them.
func pick(at *Expr, all []*Expr) *Expr {
	for j := 0; len(all) > 1; j++ {
		var next []*Expr
		for k := 0; k < len(all); k += 2 {
			next = append(next, Mux(at.Bit(j), all[k+1], all[k]))
		}
		all = next
	}
	return all[0]
}

func (e *engine) addStages(banks []*bank, on, sub []*Expr) {
	l := e.l
	var residue1 *Expr
	if e.residue != nil {
		residue1 = e.Delayed("residue_1", e.residue.Ref())
	}
	values := make([]*Expr, len(banks))
	for n, b := range banks {
		values[n] = b.q
	}
	if l.PreSigns != nil {
		values = e.preSigned(values)
	}
	halve := e.halves()
	for n, b := range banks {
		name := fmt.Sprintf("f%d", n)
		partner := values[n^1]
		if e.w > 1 {
			partner = nil
			for j := range e.w {
				p := Gate(residue1.Bit(j), values[n^1<<j])
				if partner == nil {
					partner = p
				} else {
					partner = Or(partner, p)
				}
			}
		}
		minus := e.Delayed(fmt.Sprintf("minus%d", n), b.upper, "the bank has the upper unit of a pair, which is subtracted")
		if e.minus && e.isPairBank(n) {
			minus = Mux(on[1], sub[1], minus)
			minus = e.Wire(fmt.Sprintf("subtract%d", n), minus)
		}
		wide := e.mem + 1
		f := e.Wire(name, AddCarry(partner.To(wide), NotIf(minus, values[n].To(wide)), minus).AsSigned())
		if halve != nil {
			half := Mux(halve, f.Down(1).To(wide), f).AsSigned()
			f = e.Wire(name+"_halved", AddCarry(half, Const(wide, 0).AsSigned(), And(halve, f.Bit(0))).AsSigned())
		}
		b.h = f
	}
}

// halves is 1 where staged rounding halves behind the stage whose words have been read, nil where it never does.
func (e *engine) halves() *Expr {
	l := e.l
	var any *Expr
	for s := range l.K {
		even, odd := l.Halves(s+1, arith.Even), l.Halves(s+1, arith.Odd)
		at := e.mask.Ref().Bit(s)
		switch {
		case !even && !odd:
			continue
		case !even:
			at = And(at, e.odd)
		case !odd:
			at = And(at, e.odd.Not())
		}
		if any == nil {
			any = at
		} else {
			any = Or(any, at)
		}
	}
	if any == nil {
		return nil
	}
	return e.Delayed("halve", any, "the sums of the stage are halved, half up")
}

// preSigned negates in front of the first stage.
func (e *engine) preSigned(q []*Expr) []*Expr {
	l := e.l
	at := Const(1, 0)
	if e.at > e.w {
		at = e.i.Slice(e.at-1, e.w)
	}
	signs := e.wideRom("first_signs", 1, false, groupsOf(l.N, 1<<e.w), len(q), func(word, bank int) int64 {
		u := e.unitIn(word<<e.w, 1<<e.w-1, bank)
		if l.PreSigns[u] < 0 {
			return 1
		}
		return 0
	}, at, "signs in front of the transform: 1 negates the word of a bank")
	first := e.Delayed("first_stage", e.mask.Ref().Bit(0))
	var out []*Expr
	for n, v := range q {
		negate := e.Wire(fmt.Sprintf("negate%d", n), And(first, signs[n]))
		out = append(out, e.Wire(fmt.Sprintf("signed%d", n), AddCarry(NotIf(negate, v), Int(v.Bits, 0), negate).AsSigned()))
	}
	return out
}

// write puts the results back.
func (e *engine) write(banks []*bank, lanes []*lane, on, sub []*Expr) {
	l := e.l
	late := len(on) - 1
	written := on[late]
	if !e.u.last.constant() {
		written = e.delay("ends_", And(e.u.on, e.u.last), late, true)
	}
	var stage2 *Expr
	if e.transforming != nil {
		stage2 = e.delay("stage_", e.stageOn, 2, true)
	}
	// Which bank a lane's unit goes to.
	var into []*Expr
	switch {
	case e.w == 0 || e.subs == 1 && e.fused:
	case !e.fused:
		for j := range e.w {
			into = append(into, e.delay(laned("into", e.w, j), e.parity(e.u.i, j), late, false))
		}
	}
	e.written = written
	e.Show(l.Name, written, lanes[0].acc.Value, lanes[0].g)
	if e.state != nil {
		for _, la := range lanes {
			if la.clamped != nil {
				c := e.Reg("clamped", 1).ResetTo(0)
				c.Set(And(written, la.clamped))
				if e.state.clamped == nil {
					e.state.clamped = c.Ref()
				} else {
					e.state.clamped = Or(e.state.clamped, c.Ref())
				}
			}
		}
	}
	for n, b := range banks {
		u := 0
		here := One()
		switch {
		case e.w == 0:
		case !e.fused:
			for j, p := range into {
				if n>>j&1 == 0 {
					p = p.Not()
				}
				here = And(here, p)
			}
		case e.subs == 1:
			u = n
		case e.minus:
			r := (l.K - 1) % e.w
			low := n &^ (1 << r)
			for v := range lanes {
				if e.pairBank(v) == low {
					u = v
				}
			}
			other := banks[low].here
			if other == nil {
				other = e.delay(laned("other", len(lanes), u), Xor(banks[low].upper, e.u.sub), late, false)
				banks[low].here = other
			}
			here = other
			if n == low {
				here = other.Not()
			}
		default:
			u = n / e.subs
			here = sub[late].Is(n % e.subs)
		}
		when := And(written, here)
		data := lanes[u].g.To(e.mem)
		var at *Expr
		switch {
		case e.half != nil || e.stages() == 0 && !e.fused:
			own := Const(e.word, 0)
			if e.at > e.w {
				own = e.u.i.Slice(e.at-1, e.w)
			}
			if e.half != nil {
				own = Cat(e.half.Ref().Not(), own)
			}
			own = within(e.context(), own)
			if n == 0 {
				e.updateAt = e.delay("update_at", own, late, false)
			}
			at = e.updateAt
			if stage2 != nil {
				at = Mux(written, at, e.delay(laned("write_at", len(banks), n), b.at, 2, false))
			}
		case e.subs*e.cycles > 1:
			// A word's address stays for the cycles of its update.
			before := e.Delayed(laned("read_at_", len(banks), n), b.at)
			word := e.delay(laned("read_at_", len(banks), n)+"_", before, e.extra, false)
			w := e.Reg(laned("write_at", len(banks), n), b.at.Bits)
			if e.moves == nil {
				first := e.delay("word_first_", e.u.wordFirst, 1+e.extra, false)
				e.moves = And(on[1+e.extra], first.Not())
				if e.transforming != nil {
					e.stageMoves = e.Delayed("stage_now", e.stageOn)
				}
				if e.extra == 0 && e.transforming != nil {
					e.moves, e.stageMoves = Or(e.moves, e.stageMoves), nil
				}
				e.moves = e.Wire("address_moves", e.moves)
			}
			w.When(e.moves, word)
			if e.stageMoves != nil {
				w.When(e.stageMoves, before)
			}
			at = w.Ref()
		default:
			chain := e.chain(laned("write_at", len(banks), n)+"_", b.at, late, false)
			at = chain[late]
			if stage2 != nil {
				at = Mux(written, at, chain[2])
			}
		}
		if stage2 != nil {
			when = Or(when, stage2)
			data = Mux(written, data, b.s.Ref().To(e.mem))
		}
		if e.state != nil {
			here := e.port.write
			if e.w > 0 {
				here = And(here, e.portBank.Is(n))
			}
			here = e.Wire(laned("state_writes", len(banks), n), here)
			to := unitWord(e.port.address, e)
			if e.half != nil {
				to = Cat(e.half.Ref(), to)
			}
			when, at, data = Or(when, here), Mux(here, to, at), Mux(here, e.port.data.To(e.mem), data.AsSigned())
		}
		b.m.Write(when, at, data.AsUnsigned())
		if n == 0 {
			e.Show(l.Name, when, at)
		}
	}
}

// inflow adds the product of what flows in with the weights of the units under update.
func (e *engine) inflow(lanes []*lane, on, odd []*Expr) {
	t := e.l.Term
	w := weightsOf(t.Matrix.Ints)
	table := t.Source == lower.FromVector && e.buffered && tableProducts(w, e.cols, e.lanes, e.units)
	switch {
	case t.Source == lower.FromOneHot:
		e.oneHot(lanes)
		return
	case table:
	case t.Source == lower.FromVector:
		var group *Expr
		if e.cycles > 1 {
			group = e.u.col
		}
		e.flows = e.vectorIn("x", t, e.lanes, group)
	case t.Source == lower.FromEmbed:
		e.flows = e.embedded("x", t, e.tokens(), e.lanes, e.u.col)
	case t.Source == lower.FromState:
		e.flows = e.fromBelow(t)
	}
	at, depth := e.u.group, e.groups()
	column := func(word int) (group, col int) { return word, 0 }
	if e.cycles > 1 {
		at, depth, column = e.weightAddress()
	}
	entries := e.wideRom("weights", w.bits, false, depth, e.units*e.lanes, func(word, field int) int64 {
		group, col := column(word)
		u, c := field/e.lanes, e.column(col, field%e.lanes)
		if group >= e.groups() || c >= t.Matrix.Cols {
			return 0
		}
		return w.code(t.Matrix.Ints[e.visited(group, u)*t.Matrix.Cols+c])
	}, at, t.Matrix.Name+": a word for a group of units and columns")
	var products []*Expr
	if table {
		products, e.flows = e.multiples("x", t, w, e.lanes, e.u.col, entries)
	}
	first2 := One()
	if e.cycles > 1 {
		first2 = e.delay("column_first_", e.u.first, 2, false)
	}
	acc := bound(&t.Matrix, e.flows.every).Bits()
	for u, la := range lanes {
		var all []number
		for v := range e.lanes {
			if table {
				all = append(all, number{Value: products[u*e.lanes+v]})
				continue
			}
			name := laned(laned("product", len(lanes), u), e.lanes, v)
			zero := Zero()
			if e.cols%e.lanes != 0 && v >= e.cols%e.lanes && w.binary {
				zero = e.delay("column_last_", e.u.last, 1, false)
			}
			all = append(all, e.product(name, w, entries[u*e.lanes+v], e.flows.values[v], zero)...)
		}
		name := laned("acc", len(lanes), u)
		n := e.sum(name, all, acc)
		if e.cycles > 1 {
			r := e.RegSigned(name, acc)
			r.Set(e.plus(name+"_next", acc, Gate(first2.Not(), r.Ref()).AsSigned(), n))
			la.acc = number{Value: r.Ref()}
		} else {
			la.acc = number{Value: e.Delayed(name, n.Value)}
			if n.Carry != nil {
				la.acc.Carry = e.Delayed(name+"_carry", n.Carry)
			}
		}
		la.acc = e.mid(name, e.l, la.acc, odd[2])
	}
}

// column is the matrix's column of a group and a lane.
func (e *engine) column(group, lane int) int {
	if e.below == nil {
		return group*e.lanes + lane
	}
	f := e.below
	n := group*e.lanes + lane
	return f.unitIn(n>>f.w<<f.w, 1<<f.w-1, n&(1<<f.w-1))
}

// weightAddress numbers groups of units and of columns: side by side where that takes no more block RAM, else by a counter.
func (e *engine) weightAddress() (at *Expr, depth int, split func(int) (group, col int)) {
	n := e.u.col.Bits
	if 1<<n == e.cycles {
		return Cat(e.u.group, e.u.col), e.groups() << n, func(w int) (int, int) { return w >> n, w & (1<<n - 1) }
	}
	depth = e.groups() * e.cycles
	c := counts(depth)
	r := e.Reg("weight_at", c)
	r.When(e.u.on, Add(r.Ref(), Const(c, 1)))
	r.When(e.start, Const(c, 0))
	return r.Ref(), depth, func(w int) (int, int) { return w / e.cycles, w % e.cycles }
}

// fromBelow takes the new state of the layer below.
func (e *engine) fromBelow(t *lower.Term) inflow {
	f := e.below
	groups := 1 << f.w / e.lanes
	x := arith.OfBits(f.l.Bits)
	var picked *Expr
	if groups > 1 {
		picked = e.Delayed("below_bank", e.u.col.Slice(count(groups)-1, 0))
	}
	if t.Relu {
		x.Lo = 0
	}
	out := inflow{every: applied(t.In, x), shift: arith.Phased[int]{t.Out[0].Shift, t.Out[1].Shift}}
	for v := range e.lanes {
		var all []*Expr
		for g := range groups {
			all = append(all, f.words[g*e.lanes+v].To(f.l.Bits).AsSigned())
		}
		value := pick(picked, all)
		name := laned("below", e.lanes, v)
		if value.Op != OpRef {
			value = e.Wire(name, value)
		}
		if t.Relu {
			value = Gate(value.Top().Not(), value.Slice(max(0, value.Bits-2), 0))
		}
		out.values = append(out.values, e.requant(name+"_in", t.In, value, out.every))
	}
	return out
}

// requant maps a value in the same cycle.
func (e *engine) requant(name string, r arith.Phased[arith.Requant], value *Expr, y arith.Interval) *Expr {
	if r == identityBoth {
		return value
	}
	if value.Op != OpRef {
		value = e.Wire(name+"_of", value)
	}
	var p arith.Phased[number]
	for ph, q := range r {
		v := value.signed()
		if q.Mul != 1 {
			wide := v.Bits + arith.SignedBits(q.Mul)
			v = e.times([]string{name + "_even", name + "_odd"}[ph], v, q.Mul, max(wide, q.Shift+2))
		}
		p[ph] = number{Value: v}.rounded(q.Shift)
	}
	n := byPhase(e.odd, p, r[0] == r[1])
	bits, _ := width(y)
	return e.plus(name, bits+1, Int(1, 0), n)
}

// oneHot looks up what the token adds.
func (e *engine) oneHot(lanes []*lane) {
	e.flows = inflow{}
	for u, v := range e.columnOf(e.l.Term, e.slots(), e.tokens(), e.odd) {
		lanes[u].acc = number{Value: e.delay(laned("inflow", len(lanes), u), v, 2+e.extra, false).AsSigned()}
	}
}

// readout adds up the outputs from the banks.
func (e *engine) readout() {
	e.Section("The outputs: %s", e.p.Readout.Matrix.Name)
	e.Of(0, lower.PartReadout)
	r := &e.p.Readout
	m := &r.Matrix
	w := weightsOf(m.Ints)
	groups := groupsOf(m.Rows, e.readRows)
	words := e.l.N / e.readUnits
	at, depth, split := e.scanAddress(e.group.Ref(), e.i.Slice(e.at-1, min(e.at-1, count(e.readUnits))), words, groups, e.readOn)
	entries := e.readoutWeights(w, e.readRows, e.readUnits, depth, func(word, row, v int) int64 {
		group, k := split(word)
		n := k*e.readUnits + v
		u := e.unitIn(n>>e.w<<e.w, 1<<e.w-1, n&(1<<e.w-1))
		if group*e.readRows+row >= m.Rows {
			return 1
		}
		return m.Ints[(group*e.readRows+row)*m.Cols+u]
	}, at)
	subs := 1 << e.w / e.readUnits
	var picked *Expr
	if subs > 1 {
		picked = e.Delayed("read_bank", e.i.Slice(e.w-1, count(e.readUnits)))
	}
	rows := &rows{lanes: e.readRows, groups: groups, words: words, valid: e.readOn, begin: e.beginRow, end: e.endRow, group: e.group.Ref(), late: 2}
	var values, zero []*Expr
	x := arith.OfBits(e.l.Bits)
	for v := range e.readUnits {
		var all []*Expr
		for s := range subs {
			all = append(all, e.words[s*e.readUnits+v].To(e.l.Bits).AsSigned())
		}
		value := pick(picked, all)
		if value.Op != OpRef {
			value = e.Wire(laned("unit", e.readUnits, v), value)
		}
		none := Zero()
		if r.Relu {
			none = value.Top()
			value = value.Slice(max(0, value.Bits-2), 0)
			x.Lo = 0
		}
		values, zero = append(values, value), append(zero, none)
	}
	most := min(OutputBits(e.p), bound(m, x).Bits())
	for k := range e.readRows {
		var all []number
		for v := range e.readUnits {
			name := laned(laned("read", e.readRows, k), e.readUnits, v)
			all = append(all, e.product(name, w, entries[k*e.readUnits+v], values[v], zero[v])...)
		}
		rows.products = append(rows.products, e.sum(laned("read", e.readRows, k), all, most))
	}
	held, _ := e.outputs(rows)
	e.Define(e.held, held)
}

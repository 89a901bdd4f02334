package datapath

import (
	"fmt"
	"math/bits"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// streaming is the architecture whose state passes through a delay line a stage, Lanes units a cycle: the state is read from its
// memory, transformed, updated and written back in one pass, and the next pass follows as soon as the first unit is back.
//
// A step begins (start) when its update does: its input has come in while the state passed through the transform. Of a word of
// units, addressed in cycle 0, weights, signs, biases and the transform's results are there in cycle 1; products and rows in
// cycle 2; their sums in cycle 3, in which the word is written.
type streaming struct {
	*builder
	l     *lower.Layer
	order []int // the units as they leave the transform, where a permutation changes that; nil: as they enter
	words int   // of the state: Lanes units each
	k     int   // bits of a word's number
	late  int   // cycles from a word's address in the update until it is written

	reading *Signal // the readout addresses the state, at scanAt
	scanAt  *Signal
	hold    *Signal // no pass may begin
	back    *Expr   // a cycle before the first word of a step is written
	allBack *Signal // where a permutation lets the next pass wait for more than the first word
	half    *Expr   // of the memory that holds the state; nil where it has one
	mean    *mean   // nil where the output is none
	memory  *bundle
	stored  []*Expr    // what it holds at the address before, inverted
	ports   *statePort // to the state; nil where there are none
	port    stateAccess
	runs    []*Expr // a step is in the pass

	begins *Signal // the update addresses its first word
	unit   []*Expr // the number of the word under update, from its address on
	on     []*Expr // that there is one
	end    []*Expr // that it is the last
	g      []*Expr // the new state, late cycles after a word's address
}

// buildStreaming is the architecture Streaming.
func buildStreaming(p *lower.Plan, a Arch, name string, reserved []string) (*Design, error) {
	s := &streaming{builder: &builder{Design: New(name, reserved...), p: p, a: a, overlapped: true}}
	if err := s.check(); err != nil {
		return nil, err
	}
	s.words, s.k = s.l.N/s.a.Lanes, counts(s.l.N/s.a.Lanes)
	if s.l.Perm != nil {
		s.order = make([]int, s.l.N)
		for unit, from := range s.l.Perm {
			s.order[from] = unit
		}
	}
	s.late = 3 + moreCycles(s.l)
	s.open()
	s.begins = s.Ahead("begins", 1, "the update addresses its first word")
	s.Define(s.idle, s.begins.Ref())
	if p.Output.When == ir.Mean {
		s.mean = s.newMean(s.l, s.slots())
		s.openMean(s.mean)
	}
	if a.StatePort {
		s.openPorts()
	}
	flows := s.inflow()
	s.update(s.pass(), flows)
	if s.mean != nil {
		s.addUp()
	} else {
		s.readout()
	}
	s.close()
	if s.ports != nil {
		s.closePorts()
	}
	s.Prune()
	s.Doc = s.doc()
	return s.Design, nil
}

// check refuses what the architecture cannot do.
func (s *streaming) check() error {
	p := s.p
	s.l = folded(&p.Layers[0])
	l := s.l
	for _, n := range []*int{&s.a.Lanes, &s.a.Readout} {
		if *n == 0 {
			*n = 1
		}
	}
	switch lanes := s.a.Lanes; {
	case len(p.Layers) > 1:
		return refused("arch", "a streaming design has one layer: the next one needs the whole state of the one below; a serial design takes stacked layers")
	case l.Perm != nil && lanes > 1:
		return refused("lanes", "%d values a cycle: the units of a permutation are written to the state one by one; take 1, or a serial design", lanes)
	case lanes < 1 || lanes&(lanes-1) != 0 || lanes > l.Block:
		return refused("lanes", "%d values a cycle: a streaming design of this model takes a power of two up to %d, the order of its transform", lanes, l.Block)
	case s.a.Readout < 1:
		return refused("readout", "%d weights of the readout a cycle: at least 1 is needed", s.a.Readout)
	case s.a.Weights == Logic:
		return refused("weights", "a streaming design has its weights in block RAM; those in logic are for parallel designs")
	}
	cols := 1
	if t := l.Term; t != nil && t.Source != lower.FromOneHot {
		cols = t.Matrix.Cols
	}
	switch {
	case s.a.Update != 0 && s.a.Update != s.a.Lanes:
		return refused("update", "%d units are updated a cycle: a streaming design updates them as they pass, %d with these butterflies", s.a.Update, s.a.Lanes)
	case s.a.Product != 0 && s.a.Product != cols:
		return refused("product", "%d weights of a unit a cycle: a streaming design takes all %d at once; a serial one takes one after another", s.a.Product, cols)
	case cols*s.a.Lanes > mostProducts:
		return refused("lanes", "%d weights meet the input in a cycle (%d a unit, %d units): a streaming design takes up to %d; a serial one takes one after another",
			cols*s.a.Lanes, cols, s.a.Lanes, mostProducts)
	}
	return nil
}

// mostProducts is how many weights of the input a streaming design multiplies in a cycle.
const mostProducts = 64

// inflow takes the input.
func (s *streaming) inflow() inflow {
	t := s.l.Term
	s.Section("The input: what waits moves on when an update begins")
	s.Of(0, lower.PartInput)
	if t == nil {
		return inflow{}
	}
	switch t.Source {
	case lower.FromOneHot:
		return inflow{values: []*Expr{s.tokens()}}
	case lower.FromEmbed:
		return s.embedded("x", t, s.tokens(), t.Matrix.Cols, nil)
	}
	return s.vectorIn("x", t, 1, nil)
}

// latency is the cycles from the beginning of a pass to that of its update.
func (s *streaming) latency() int {
	n := s.network().latency()
	if s.l.PreSigns != nil {
		n++
	}
	return n
}

func (s *streaming) network() feedback {
	l := s.l
	return feedback{m: l.Block, lanes: s.a.Lanes, most: l.ZBits, ascending: l.Staged, shortest: 32}
}

// pass sends the state through the transform.
func (s *streaming) pass() flow {
	l, lanes := s.l, s.a.Lanes
	s.reading = s.Ahead("reading", 1, "the readout takes the state")
	s.hold = s.Ahead("hold", 1, "outputs wait: no pass begins")
	s.scanAt = s.Ahead("scan_at", s.k)

	s.Section("A pass begins as soon as an input is there and the first word of the state is back")
	s.Of(0, lower.PartRecurrence)
	comes := s.full.Ref()
	if len(s.converting) > 0 && s.latency() > InputBits(s.p)+1 {
		c := s.Reg("comes", 1, "a step's last entry has come: by the update it is converted").ResetTo(0)
		c.When(s.begins.Ref(), Zero())
		c.When(And(s.accept, s.lastBeat), One())
		comes = c.Ref()
	}
	run := s.Reg("run", 1, "the state is read, word after word").ResetTo(0)
	away := s.Reg("away", 1, "the state is not yet back").ResetTo(0)
	word := s.Reg("word", s.k).ResetTo(0)
	busy := Or(run.Ref(), away.Ref(), s.hold.Ref())
	var rests *Signal
	if s.mean != nil && s.latency()+s.late < s.words+s.mean.constants() {
		rests = s.Reg("rests", 1, "the constants of a mean's bias add up").ResetTo(0)
		busy = Or(busy, rests.Ref())
	}
	start := s.Wire("pass_begins", And(comes, busy.Not()))
	step := start
	if s.words > 1 {
		step = s.Wire("step", Or(start, run.Ref()))
		lastWord := s.Wire("last_word", word.Ref().Is(s.words-1))
		word.When(step, Mux(lastWord, Const(s.k, 0), Add(word.Ref(), Const(s.k, 1))))
		run.Set(And(step, lastWord.Not()))
	} else {
		word.Set(Const(s.k, 0))
		run.Set(Zero())
	}
	if rests != nil {
		end := And(step, word.Ref().Is(s.words-1))
		rests.When(s.delay("rested", end, 1+s.mean.constants(), true), Zero())
		rests.When(end, One())
	}
	began := s.chain("began_", s.begins.Ref(), s.late, true)
	s.back = began[s.late-1]
	back := began[s.late]
	if s.waitsFor() > 0 {
		s.allBack = s.Ahead("back", 1, "all is written that the next pass reads before the rest is")
		back = s.allBack.Ref()
	}
	away.When(back, Zero())
	away.When(start, One())

	s.Show("pass", nil, start, run.Ref(), away.Ref())
	s.Show("pass", step, word.Ref())
	s.runs = append(s.runs, run.Ref(), away.Ref(), s.hold.Ref(), comes)
	if rests != nil {
		s.runs = append(s.runs, rests.Ref())
	}

	s.Section("The complement of the state: %d word%s of %d unit%s", s.words, plural(s.words), lanes, plural(lanes))
	s.Of(0, lower.PartState)
	address, together := Mux(s.reading.Ref(), s.scanAt.Ref(), word.Ref()), lanes
	if s.ports != nil {
		address, together = Mux(s.port.on, s.portWord(), address), 1
	}
	depth := s.words
	if s.collides() {
		depth += 1 << s.k
		half := s.Reg("half", 1, "the half of the memory that holds the state, once it has passed").ResetTo(0)
		half.When(start, half.Ref().Not())
		s.half = half.Ref()
		address = Cat(Xor(s.half, run.Ref()), address)
	}
	address = s.Wire("read_at", address)
	s.memory = s.bundle(Memory{Name: "state", Bits: l.Bits, Depth: depth, Style: Block, Signed: true}, lanes, together)
	s.stored = s.memory.read(s.Design, "state_word", address, nil)
	in := flow{lanes: s.stored, begin: step}
	if perBlock := l.Block / lanes; perBlock >= s.words {
		in.begin = start
	} else if perBlock > 1 {
		in.begin = s.Wire("block_begins", And(step, word.Ref().Slice(count(perBlock)-1, 0).Any().Not()))
	}
	if l.PreSigns != nil {
		in = s.preSigned(in, word.Ref())
	}
	f := s.network()
	if l.Staged {
		parity := s.Reg("pass_odd", 1, "the parity of the step whose state passes")
		parity.When(start, s.nextOdd)
		in.tag = parity.Ref()
		f.halve = func(stage int, tag *Expr) *Expr {
			even, odd := l.Halves(stage, arith.Even), l.Halves(stage, arith.Odd)
			switch {
			case even && odd:
				return One()
			case odd:
				return tag
			case even:
				return tag.Not()
			}
			return Zero()
		}
	}
	return f.build(s.Design, in)
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// preSigned negates units in front of the transform, exactly: the complement of -x is x - 1.
func (s *streaming) preSigned(in flow, word *Expr) flow {
	signs := s.wideRom("first_signs", 1, false, s.words, s.a.Lanes, func(word, lane int) int64 {
		return int64(1-s.l.PreSigns[word*s.a.Lanes+lane]) / 2
	}, word, "signs in front of the transform: 1 negates a unit")
	out := flow{begin: s.delay("signed_begins", in.begin, 1, true)}
	for i, x := range in.lanes {
		n := x.Bits + 1
		e := s.Wire(laned("negated", s.a.Lanes, i), Add(NotIf(signs[i], x).To(n), Repeat(n, signs[i]).AsSigned()).AsSigned())
		out.lanes = append(out.lanes, s.Delayed(laned("signed", s.a.Lanes, i), e))
	}
	return out
}

// enters is the unit of a word of the state, in a lane.
func (s *streaming) enters(word, lane int) int { return word*s.a.Lanes + lane }

// leaves is the unit that leaves the transform with a word, in a lane.
func (s *streaming) leaves(word, lane int) int {
	if s.order != nil {
		return s.order[word]
	}
	return s.enters(word, lane)
}

// waitsFor is the number of the unit, in the order of the updates, behind which the next pass may read the state from its
// beginning: each unit is written before it is read.
func (s *streaming) waitsFor() int {
	last := 0
	for at, unit := range s.order {
		last = max(last, at-unit)
	}
	return last
}

// collides tells whether a pass would overwrite units that it has not yet read.
func (s *streaming) collides() bool {
	for at, unit := range s.order {
		if unit-at >= s.latency()+s.late {
			return true
		}
	}
	return false
}

// writeAt is where the word under update goes.
func (s *streaming) writeAt() *Expr {
	at := s.unit[s.late]
	if s.order != nil {
		at = s.rom("order", s.k, false, s.words, func(i int) int64 { return int64(s.order[i]) }, s.unit[s.late-1],
			"the units in the order in which they leave the transform")
	}
	if s.half != nil {
		to := s.Reg("half_written", 1)
		to.When(s.begins.Ref(), s.half)
		at = Cat(s.delay("half_written_", to.Ref(), s.late-1, false), at)
	}
	return at
}

// slots are the units in the order of their updates.
func (s *streaming) slots() slots {
	out := slots{groups: s.words, lanes: s.a.Lanes, odd: s.oddNow, unit: s.leaves}
	if s.unit != nil {
		out.at = s.unit[0]
	}
	return out
}

// update is the pass's last part: from what leaves the transform to the memory of the state.
func (s *streaming) update(z flow, flows inflow) {
	l, lanes, late := s.l, s.a.Lanes, s.late
	s.Section("The update follows the transform: %d unit%s a cycle", lanes, plural(lanes))
	s.Of(0, lower.PartRecurrence)
	on, unit, last := s.begins.Ref(), Const(s.k, 0), One()
	if s.words > 1 {
		at := s.Reg("unit", s.k, "the number of the word").ResetTo(0)
		updating := s.Reg("updating", 1).ResetTo(0)
		s.Define(s.begins, And(z.begin, updating.Ref().Not()))
		on = s.Wire("update", Or(z.begin, updating.Ref()))
		last = s.Wire("last_unit", at.Ref().Is(s.words-1))
		at.When(on, Mux(last, Const(s.k, 0), Add(at.Ref(), Const(s.k, 1))))
		updating.Set(And(on, last.Not()))
		unit = at.Ref()
	} else {
		s.Define(s.begins, z.begin)
	}
	s.unit = s.chain("unit_", unit, late, false)
	s.on = s.chain("update_", on, late, true)
	s.end = s.chain("update_ends_", And(on, last), late, true)

	s.Section("Signs, biases and weights")
	s.Of(0, lower.PartRecurrence, lower.PartInflow, lower.PartBias)
	signs, biases, leaks := s.constants(l, s.slots())
	accs := make([]number, lanes)
	var shift arith.Phased[int] // that is left of them
	if l.Term != nil {
		accs, shift = s.products(flows)
	}
	odd := s.chain("odd_", s.odd, late-1, false)
	s.Show("update", nil, on)
	s.Show("update", on, unit)
	for i := range lanes {
		name := func(what string) string { return laned(what, lanes, i) }
		s.Section("The new state%s", map[bool]string{true: fmt.Sprintf(", lane %d", i)}[lanes > 1])
		s.Of(0, lower.PartRecurrence, lower.PartInflow, lower.PartBias)
		value := z.lanes[i].Not().AsSigned()
		exact := l.Rest(0) == 0 || l.Rest(1) == 0 // the complement's one is added: none may be before the first step
		r := row{}
		reg := s.RegSigned(name("z"), value.Bits)
		if exact {
			value = Gate(s.first.Not(), value)
		}
		if signs != nil {
			value = NotIf(signs[i], value).AsSigned()
			r.inverted = s.Delayed(name("z_inverted"), signs[i])
		}
		reg.Set(value)
		if !exact {
			reg.When(s.first, Int(value.Bits, 0))
		}
		r.value = reg.Ref()
		var bias *Expr
		if biases != nil {
			bias = s.Delayed(name("bias"), biases[i])
		}
		var leak *Expr
		if leaks != nil {
			leak = s.Delayed(name("leak"), leaks[i])
		}
		total := s.recurrence(name("g"), l, r, odd[1], bias, leak)
		in := number{}
		if l.Term != nil {
			in = shiftedOut(shift, accs[i], odd[late-1])
		}
		g, clamped := s.settled(name("g"), l, total, in)
		s.g = append(s.g, g)
		if i == 0 {
			s.ShowLater("update", on, 2, r.value)
			s.ShowLater("update", on, late, accs[i].Value, g)
		}
		s.clamps(name("clamped"), clamped)
	}
	inverted := make([]*Expr, lanes)
	for i, g := range s.g {
		inverted[i] = g.Not()
	}
	if s.allBack != nil {
		s.Define(s.allBack, And(s.on[late], s.unit[late].Is(s.waitsFor())))
	}
	to := s.writeAt()
	if s.ports == nil {
		s.memory.write(s.on[late], to, inverted)
		return
	}
	word := s.portWord()
	if s.half != nil {
		word = Cat(s.half, word)
	}
	for i, m := range s.memory.parts {
		when := s.port.write
		if lanes > 1 {
			when = And(when, s.port.address.Slice(count(lanes)-1, 0).Is(i))
		}
		m.Write(Or(s.on[late], when), Mux(s.port.on, word, to), Mux(s.port.on, s.port.data.Not(), inverted[i]).AsUnsigned())
	}
}

// openPorts opens the ports to the state.
func (s *streaming) openPorts() {
	inner, word, regions := counts(s.l.N), s.l.Bits, 1
	if s.mean != nil {
		sum, _ := width(s.mean.every)
		inner, word, regions = max(inner, s.mean.address()), max(word, sum), 2
	}
	s.quiet = s.Ahead("quiet", 1, "no step runs or waits")
	s.ports = s.openState(regions, inner, word)
	s.port = s.ports.access(s.builder, 0, counts(s.l.N), s.l.Bits)
}

// portWord is the word of the unit that the ports address.
func (s *streaming) portWord() *Expr {
	if s.words == 1 {
		return Const(s.k, 0)
	}
	return s.port.address.Slice(s.port.address.Bits-1, count(s.a.Lanes))
}

// clamps tells the ports that a unit was saturated.
func (s *streaming) clamps(name string, clamped *Expr) {
	if s.ports == nil || clamped == nil {
		return
	}
	c := s.Reg(name, 1).ResetTo(0)
	c.Set(And(s.on[s.late], clamped))
	if s.ports.clamped == nil {
		s.ports.clamped = Zero()
	}
	s.ports.clamped = Or(s.ports.clamped, c.Ref())
}

// closePorts says what the ports read, and when.
func (s *streaming) closePorts() {
	var units []*Expr
	for _, x := range s.stored {
		units = append(units, x.Not().AsSigned())
	}
	unit := units[0]
	if s.a.Lanes > 1 {
		unit = pick(s.Delayed("state_lane", s.port.address.Slice(count(s.a.Lanes)-1, 0)), units)
	}
	s.ports.words = append([]*Expr{unit.AsSigned()}, s.ports.words...)
	busy := append(append(append([]*Expr{}, s.runs...), s.on[1:]...), s.waiting...)
	if s.words > 1 {
		busy = append(busy, s.on[0])
	}
	s.Define(s.quiet, Or(busy...).Not())
	s.closeState(s.ports)
}

// products are what flows into the units under update, late cycles after their address, and the shift that is left of them:
// where even and odd steps shift alike, it is done before they wait in registers, so that the update has less to do.
func (s *streaming) products(flows inflow) ([]number, arith.Phased[int]) {
	t, lanes := s.l.Term, s.a.Lanes
	out, shift := make([]number, lanes), flows.shift
	early := t.Source != lower.FromOneHot && t.Mid == identityBoth && shift[0] == shift[1]
	slots := s.slots()
	if t.Source == lower.FromOneHot {
		for i, v := range s.columnOf(t, slots, flows.values[0], s.odd) {
			out[i].Value = s.delay(laned("inflow", lanes, i), v, s.late-1, false).AsSigned()
		}
		return out, shift
	}
	d := t.Matrix.Cols
	w := weightsOf(t.Matrix.Ints)
	entries := s.wideRom("weights", w.bits, false, s.words, lanes*d, func(word, field int) int64 {
		return w.code(t.Matrix.Ints[slots.unit(word, field/d)*d+field%d])
	}, slots.at, t.Matrix.Name+": a word for the units of a cycle")
	most := bound(&t.Matrix, flows.every).Bits()
	odd2 := s.delay("odd_product", s.odd, 2, false)
	for i := range lanes {
		var all []number
		for j := range d {
			all = append(all, s.product(laned(laned("product", lanes, i), d, j), w, entries[i*d+j], flows.values[j], nil)...)
		}
		name := laned("acc", lanes, i)
		n := s.sum(name, all, most)
		if early {
			n = number{s.Wire(name+"_exact", n.Value), n.Carry}.rounded(shift[0])
		}
		out[i] = number{Value: s.Delayed(name, n.Value)}
		if n.Carry != nil {
			out[i].Carry = s.Delayed(name+"_carry", n.Carry)
		}
		out[i] = s.mid(name, s.l, out[i], odd2)
	}
	if early {
		shift = arith.Phased[int]{}
	}
	return out, shift
}

// readShape is how many rows of the readout add up at once, and whether they do while the units are updated.
func (s *streaming) readShape() (rows int, fly bool) {
	all := s.p.Readout.Matrix.Rows
	rows = min(all, max(1, s.a.Readout/s.a.Lanes))
	rows = groupsOf(all, groupsOf(all, rows))
	return rows, rows == all && s.p.Output.When != ir.Mean
}

// readout adds up the outputs: all of them while the units are updated, or some at a time from the memory of the state.
func (s *streaming) readout() {
	n, fly := s.readShape()
	r := &rows{lanes: n, groups: groupsOf(s.p.Readout.Matrix.Rows, n), words: s.words, late: 2, group: Const(1, 0)}
	if fly {
		s.Section("The outputs add up as the units are written")
		s.Of(0, lower.PartReadout)
		later := s.late - 1
		r.valid, r.end = s.on[s.late], s.end[s.late]
		r.begin = s.unit[s.late].Any().Not()
		if s.words == 1 {
			r.begin = One()
		}
		r.odd = s.delay("outputs_odd", s.odd, later, false)
		if s.p.Decide != nil {
			r.first = s.delay("outputs_first", s.first, later, false)
		}
		if s.p.Output.When != ir.EveryStep {
			r.emit = s.delay("outputs_leave", s.last, later, false)
		}
		r.flows = true
		var g []*Expr
		for i := range s.a.Lanes {
			g = append(g, s.Delayed(laned("unit_new", s.a.Lanes, i), s.g[i]))
		}
		s.Define(s.reading, Zero())
		s.Define(s.scanAt, Const(s.k, 0))
		s.multiply(r, g, s.leaves, s.unit[s.late], s.words, func(word int) (int, int) { return 0, word })
		_, left := s.outputs(r)
		two := s.Reg("under_way", 2, "steps whose outputs have not left, in unary").ResetTo(0)
		one := And(s.back, s.emits())
		two.When(left, Cat(Zero(), two.Ref().Bit(1)))
		two.When(one, Cat(two.Ref().Bit(0), One()))
		two.When(And(one, left), two.Ref())
		s.Define(s.hold, two.Ref().Bit(1))
		s.runs = append(s.runs, two.Ref().Any())
		return
	}
	s.Section("The outputs add up from the state, %d at a time, before the next pass", n)
	s.Of(0, lower.PartReadout)
	c := s.scan(r, s.end[s.late], One())
	var g []*Expr
	for _, x := range s.stored {
		g = append(g, x.Not().AsSigned())
	}
	at, depth, split := s.scanAddress(r.group, c.at, s.words, r.groups, r.valid)
	s.multiply(r, g, s.enters, at, depth, split)
	held, _ := s.outputs(r)
	s.Define(c.held, held)
}

// addUp gives the mean what is written. No pass begins before the outputs of a sequence have left.
func (s *streaming) addUp() {
	align := func(name string, x *Expr) *Expr { return s.delay(name, x, s.late-1, false) }
	s.Define(s.reading, Zero())
	s.Define(s.scanAt, Const(s.k, 0))
	s.Define(s.hold, s.mean.pending.Ref())
	s.sums(s.mean, summed{g: s.g, written: s.on[s.late], complete: s.end[s.late], pends: And(s.back, s.last), align: align, state: s.ports, region: 1})
}

// scanner walks over the state's words, once for each group of rows.
type scanner struct {
	at   *Expr
	held *Signal // the end of a group has to wait
}

// scan adds a scanner that begins behind the last word of a step with outputs; no pass begins meanwhile.
func (s *streaming) scan(r *rows, written, ready *Expr) scanner {
	emits := s.emits()
	if !emits.constant() { // of the step whose last word is written
		emits = s.delay("emits", emits, s.late-1, false)
	}
	scanning := s.Reg("scanning", 1, "the state is read for the outputs").ResetTo(0)
	waits := s.Reg("outputs_wait", 1, "a step has outputs: the next pass waits").ResetTo(0)
	held := s.Ahead("scan_held", 1)
	at, last, first := Const(s.k, 0), One(), One()
	var counter *Signal
	if s.words > 1 {
		counter = s.Reg("scan", s.k).ResetTo(0)
		at = counter.Ref()
		last, first = s.Wire("scan_last", at.Is(s.words-1)), at.Any().Not()
	}
	on := s.Wire("scan_on", And(scanning.Ref(), ready, And(last, held.Ref()).Not()))
	if s.words > 1 {
		counter.When(on, Mux(last, Const(s.k, 0), Add(at, Const(s.k, 1))))
	}
	s.Show("readout", nil, scanning.Ref())
	s.Show("readout", scanning.Ref(), at)
	ends := And(on, last)
	if r.groups > 1 {
		n := counts(r.groups)
		group := s.Reg("rows", n, "the outputs that add up").ResetTo(0)
		lastGroup := s.Wire("rows_last", group.Ref().Is(r.groups-1))
		group.When(ends, Mux(lastGroup, Const(n, 0), Add(group.Ref(), Const(n, 1))))
		r.group = group.Ref()
		ends = And(ends, lastGroup)
	}
	scanning.When(ends, Zero())
	scanning.When(And(written, emits), One())
	waits.When(ends, Zero())
	waits.When(And(s.back, s.emits()), One())
	s.Define(s.reading, scanning.Ref())
	s.Define(s.scanAt, at)
	s.Define(s.hold, waits.Ref())
	r.valid, r.begin, r.end = on, first, last
	return scanner{at: at, held: held}
}

// multiply gives rows their products with units, which come a cycle after at, the address of their weights: unit tells which.
func (s *streaming) multiply(r *rows, units []*Expr, unit func(word, lane int) int, at *Expr, depth int, split func(int) (group, word int)) {
	m, x := &s.p.Readout.Matrix, arith.OfBits(s.l.Bits)
	lanes := len(units)
	w := weightsOf(m.Ints)
	entries := s.readoutWeights(w, r.lanes, lanes, depth, func(word, row, lane int) int64 {
		group, k := split(word)
		if group*r.lanes+row >= m.Rows || k >= s.words {
			return 1
		}
		return m.Ints[(group*r.lanes+row)*m.Cols+unit(k, lane)]
	}, at)
	zero := make([]*Expr, lanes)
	if s.p.Readout.Relu {
		x.Lo = 0
		for i, v := range units {
			zero[i], units[i] = v.Top(), v.Slice(max(0, v.Bits-2), 0)
		}
	}
	most := min(OutputBits(s.p), bound(m, x).Bits())
	for k := range r.lanes {
		var all []number
		for i := range lanes {
			all = append(all, s.product(laned(laned("read", r.lanes, k), lanes, i), w, entries[k*lanes+i], units[i], zero[i])...)
		}
		r.products = append(r.products, s.sum(laned("read", r.lanes, k), all, most))
	}
}

// doc is the schedule in words.
func (s *streaming) doc() []string {
	l := s.l
	n, fly := s.readShape()
	out := []string{
		fmt.Sprintf("%s: %d units of %d bits pass through %s, %s a cycle, each stage with a delay line or between lanes.",
			l.Name, l.N, l.Bits, several(bits.Len(uint(l.Block))-1, "stage"), several(s.a.Lanes, "unit")),
		fmt.Sprintf("A word of the state leaves the transform %d cycles after its address, is updated, and is written %d cycles later.",
			s.latency()+1, s.late-1),
	}
	if s.waitsFor() > 0 {
		out = append(out, "The permutation is the order in which units are written: the next pass begins when it reads nothing that is not written.")
	} else {
		out = append(out, "As soon as the first word is back the next pass may begin. The next input comes in meanwhile.")
	}
	switch {
	case s.mean != nil:
		out = append(out, fmt.Sprintf("Of a mean the units are added up over the steps, and meet the readout once, behind the last: %s over %d words.",
			several(groupsOf(s.p.Readout.Matrix.Rows, s.mean.rows), "walk"), s.mean.sums))
	case fly:
		out = append(out, fmt.Sprintf("The readout, %s at once, adds up as the units are written, and takes no cycles of its own.", several(n, "row")))
	default:
		out = append(out, fmt.Sprintf("The readout walks over the state before the next pass, %s at once: %s of %d cycles.",
			several(n, "row"), several(groupsOf(s.p.Readout.Matrix.Rows, n), "walk"), s.words))
	}
	return out
}

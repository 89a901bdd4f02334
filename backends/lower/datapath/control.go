package datapath

import (
	"fmt"
	"math/bits"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// builder makes the design of a plan: what all architectures share. An architecture embeds it, opens the ports, builds its
// units and then closes them.
type builder struct {
	*Design
	p *lower.Plan
	a Arch

	// Of the step that runs, from the cycle after start on. The first step of a sequence is odd.
	first, last, odd *Expr
	// start is 1 in the cycle in which a step begins: its input is complete and the design idle.
	start *Expr
	idle  *Signal // given by the architecture: a step may begin
	quiet *Signal // the same: no step runs or waits; nil where idle says so

	inData, accept *Expr
	outReady       *Expr
	lastBeat       *Expr    // the beat that would pass now is the last of its step
	nextOdd        *Expr    // the parity of the step whose input comes in
	overlapped     bool     // set before the ports are opened: the input always comes in while the step before runs
	buffered       bool     // it does: also where it has several entries
	oddNow         *Expr    // odd, from the cycle of start on: as tables are addressed
	converting     []*Expr  // an entry is being converted: the next has to wait
	waiting        []*Expr  // an input is on its way into a step
	out            struct { // the output's ports
		valid, data, class, changed, bit, last *Signal
	}
	block   *decide // the decide block; nil for none
	inReady *Signal
	full    *Signal // a step's whole input waits

	courses *courses // nil where nothing restarts
	again   *Expr    // the beat at hand is one that came before; nil where inputs are not repeated
	takes   *Signal  // the engine takes it
}

// delay is a value n cycles later. A value that is a condition for something to be written is cleared by reset.
func (b *builder) delay(name string, e *Expr, n int, cleared bool) *Expr {
	for i := range n {
		r := b.Reg(fmt.Sprintf("%s%d", name, i+1), e.Bits)
		r.Signed = e.Signed
		r.Set(e)
		if cleared {
			r.ResetTo(0)
		}
		e = r.Ref()
	}
	return e
}

// chain is a value now and at each of the next n cycles.
func (b *builder) chain(name string, e *Expr, n int, cleared bool) []*Expr {
	out := []*Expr{e}
	for i := range n {
		r := b.Reg(fmt.Sprintf("%s%d", name, i+1), e.Bits)
		r.Signed = e.Signed
		r.Set(out[i])
		if cleared {
			r.ResetTo(0)
		}
		out = append(out, r.Ref())
	}
	return out
}

// smallTable is how many words a table may have to lie in logic: fewer than a block RAM is worth.
const smallTable = 32

// rom is a constant table's word a cycle after its address, signed or not.
func (b *builder) rom(name string, width int, signed bool, depth int, entry func(int) int64, address *Expr, doc string) *Expr {
	init := make([]int64, depth)
	for i := range init {
		init[i] = entry(i)
	}
	m := Memory{Name: name, Doc: doc, Bits: width, Depth: depth, Signed: signed, Init: init, Style: Block}
	if n := counts(depth); address.Bits > n { // the rest are zeros, as of the only group
		address = address.Slice(n-1, 0)
	}
	if depth <= smallTable {
		m.Style = Logic
		return b.Delayed(name+"_word", Lookup(b.Memory(m), address))
	}
	return b.Read(b.Memory(m), name+"_word", address, nil)
}

// wideRom is a table of words of several fields, each of which is given a cycle after the address. Tables wider than 64 bits are
// split.
func (b *builder) wideRom(name string, width int, signed bool, depth, fields int, entry func(word, field int) int64, address *Expr, doc string) []*Expr {
	var out []*Expr
	most := max(1, 64/width)
	for low := 0; low < fields; low += most {
		n := min(most, fields-low)
		part := name
		if fields > most {
			part = fmt.Sprintf("%s_%d", name, low/most)
		}
		word := b.rom(part, width*n, false, depth, func(i int) int64 {
			v := uint64(0)
			for f := range n {
				v |= uint64(entry(i, low+f)) & mask(width) << (f * width)
			}
			return int64(v)
		}, address, doc)
		for f := range n {
			out = append(out, word.Slice(f*width+width-1, f*width).typed(signed))
		}
	}
	return out
}

// count is the number of bits that number n things; 0 for one.
func count(n int) int { return bits.Len(uint(n - 1)) }

// counts is count, but at least 1: the width of a signal that numbers n things.
func counts(n int) int { return max(1, count(n)) }

// InputBits is the width of in_data for a plan.
func InputBits(p *lower.Plan) int {
	if p.Input.Kind == ir.Token {
		return counts(p.Input.Vocab)
	}
	return p.Input.Bits
}

// OutputBits is the width of out_data: an output's, or that of a mean's sum.
func OutputBits(p *lower.Plan) int {
	if p.Output.When == ir.Mean {
		return max(p.Readout.MeanBits, p.Readout.YBits)
	}
	return p.Readout.YBits
}

// open adds the ports of a model and the control of its steps.
func (b *builder) open() {
	p := b.p
	valid := b.Input(InValid, 1)
	b.inReady = b.Output(InReady, 1)
	what := "an entry of the input"
	if p.Input.Kind == ir.Token {
		what = "a token"
	}
	lo, hi := p.Input.Range()
	b.inData = b.Input(InData, InputBits(p), fmt.Sprintf("%s, %d to %d", what, lo, hi))
	if p.Input.Signed {
		b.inData = b.inData.AsSigned()
	}
	inLast := b.Input(InLast, 1, "with the last beat of a sequence")
	b.out.valid = b.Output(OutValid, 1)
	b.outReady = b.Input(OutReady, 1)
	b.out.data = b.Output(OutData, OutputBits(p), "an output, signed")
	rows := p.Readout.Matrix.Rows
	switch p.Output.Decision {
	case ir.Argmax:
		if p.Decide != nil {
			b.out.class = b.Output(OutClass, counts(rows), "with out_last: the class decided on")
			b.out.changed = b.Output(OutChanged, 1, "with out_last: it is another than that of the step before")
			break
		}
		b.out.class = b.Output(OutClass, counts(rows), "with out_last: the index of the largest output, the first of equals")
	case ir.Threshold:
		b.out.bit = b.Output(OutBit, 1, "whether the output is above its threshold")
	}
	b.out.last = b.Output(OutLast, 1, "with the last output of a step")

	d := p.Input.Size
	b.buffered = d > 1 || b.overlapped
	b.Section("Steps: the input comes one entry a beat%s", map[bool]string{true: ", while the step before may still run"}[b.buffered])
	b.Of(0, lower.PartInput)
	b.idle = b.Ahead("free", 1, "a step may begin")
	var beat *Signal
	b.lastBeat = One()
	beats := func() {
		if d > 1 && beat == nil {
			beat = b.Reg("beat", counts(d)).ResetTo(0)
			b.lastBeat = b.Wire("last_beat", beat.Ref().Is(d-1))
		}
	}
	ready := b.inReady
	if p.Courses() > 1 {
		beats()
		valid, b.inData, inLast = b.feed(valid, b.inData, inLast, beat)
		ready = b.takes
	}
	b.accept = b.Wire("accept", And(valid, ready.Ref()))
	last := b.Reg("last", 1, "the step is the last of its sequence").ResetTo(1)
	first := b.Reg("first", 1, "the step is the first of its sequence: the state is zero").ResetTo(1)
	odd := b.Reg("odd", 1, "the number of the step is odd; the first is number 1").ResetTo(0)
	b.last, b.first, b.odd = last.Ref(), first.Ref(), odd.Ref()
	endsSequence := inLast
	if beats(); d > 1 {
		beat.When(b.accept, Mux(b.lastBeat, Const(beat.Bits, 0), Add(beat.Ref(), Const(beat.Bits, 1))))
	}
	if b.buffered {
		b.full = b.Reg("full", 1, "the whole input of a step waits").ResetTo(0)
		ends := b.Reg("ends", 1, "it is the last of its sequence")
		ends.When(b.accept, inLast)
		endsSequence = ends.Ref()
		b.start = b.Wire("start", And(b.full.Ref(), b.idle.Ref()))
	} else {
		b.start = b.accept
	}
	b.Show("steps", nil, b.start)
	last.When(b.start, endsSequence)
	if p.Hop > 0 {
		b.turns()
	} else {
		first.When(b.start, b.last)
		b.nextOdd = Or(b.last, b.odd.Not())
		odd.When(b.start, b.nextOdd)
	}
	b.oddNow = b.odd
	if b.overlapped {
		b.oddNow = b.Wire("odd_now", Mux(b.start, b.nextOdd, b.odd))
	}
}

// close gives the input's side its values, when all that takes entries is built.
func (b *builder) close() {
	b.Section("The input's side")
	b.Of(0, lower.PartInput)
	if !b.buffered {
		b.ready(b.idle.Ref())
		return
	}
	ready := b.full.Ref().Not()
	complete := And(b.accept, b.lastBeat)
	if len(b.converting) > 0 {
		waits := b.Reg("completes", 1, "the last entry of a step is being converted").ResetTo(0)
		waits.When(b.converting[0].Not(), Zero())
		waits.When(complete, One())
		complete = b.Wire("complete", And(waits.Ref(), b.converting[0].Not()))
		ready = And(ready, waits.Ref().Not())
		b.waiting = append(b.waiting, waits.Ref())
	}
	b.waiting = append(append(b.waiting, b.full.Ref()), b.converting...)
	for _, c := range b.converting {
		ready = And(ready, c.Not())
	}
	b.ready(ready)
	b.full.When(b.start, Zero())
	b.full.When(complete, One())
}

// ready says when a beat is taken: from the input's side only while none is repeated.
func (b *builder) ready(e *Expr) {
	if b.takes != nil {
		b.Define(b.takes, e)
		e = And(b.takes.Ref(), b.again.Not())
	}
	b.Drive(b.inReady, e)
}

// emits tells of a step whether its outputs leave.
func (b *builder) emits() *Expr {
	if b.p.Output.When == ir.EveryStep {
		return b.answers()
	}
	return And(b.last, b.answers())
}

// Measure counts a model's design's cycles, on its control alone, and says them in front.
func (d *Design) Measure(p *lower.Plan) {
	d.measure(p)
	d.Doc = append([]string{fmt.Sprintf("A step takes %s, one in which outputs leave %d.", several(d.StepCycles, "cycle"), d.OutputCycles)}, d.Doc...)
}

// Settled is the number of the step in its sequence from which on nothing of the sequence before is left to do.
const Settled = 5

// measure counts a design's StepCycles and OutputCycles as Play does, while neither side waits. No cycle depends on data, so that
// what handshakes depend on is all that runs; and a step that begins as another one did ends as that.
func (d *Design) measure(p *lower.Plan) {
	s := NewSimulator(d.cone(d.Port(InReady), d.Port(OutValid)))
	s.Clock(true)
	s.Clock(true)
	s.Set(InValid, 1)
	s.Set(OutReady, 1)
	d.StepCycles, d.OutputCycles = 0, 0
	// step feeds a step, and gives the cycles until its last beat is taken.
	step := func(last bool) int {
		began := s.Cycle
		for beat := p.Input.Size; beat > 0; s.Clock(false) {
			s.Set(InLast, truth(last && beat == 1))
			if s.Get(InReady) == 1 {
				beat--
			}
			if s.Cycle-began > 1<<26 {
				panic("datapath: " + d.Name + " takes no input")
			}
		}
		return s.Cycle - began
	}
	type ended struct {
		cycles int
		state  []uint64
	}
	seen := map[string]ended{}
	// Sequences of several lengths, so that every kind of step meets every other.
	began := false
	for _, steps := range []int{Settled + 1, 1, 1, 4, 2, 3, 1} {
		for t := 1; t <= steps; t++ {
			state, ok := s.state()
			key := fmt.Sprint(state, t == steps)
			end, again := seen[key]
			if ok && again {
				s.restore(end.state)
			} else {
				end.cycles = step(t == steps)
				if end.state, ok = s.state(); ok {
					seen[key] = end
				}
			}
			if began {
				d.OutputCycles = max(d.OutputCycles, end.cycles)
				if t >= Settled {
					d.StepCycles = end.cycles
				}
			}
			began = true
		}
	}
}

var identityBoth = arith.Both(arith.Identity)

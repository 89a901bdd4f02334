package datapath

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// streaming builds a design whose state passes through a delay line a stage, Lanes units a cycle: the state is read from its
// memory, transformed, updated and written back in one pass, and the next pass follows as soon as the first unit is back.
type streaming struct {
	*Design
	p     *lower.Plan
	l     *lower.Layer
	a     Arch
	words int // of the state: Lanes units each
	ports streamPorts

	have           *Signal // an input waits for its step
	xs             []*Expr // X' of the step under update
	tokenNow       *Expr   // the token of the step under update
	firstA, oddA   *Expr   // of the step whose input waits
	lastA          *Expr
	first, odd     *Expr // of the step under update
	last           *Expr
	begins         *Signal // the update begins: its first values arrive in the next cycle
	state          []*Memory
	ri             *Signal // the readout's address in the state
	reading, held  *Signal
	stateWords     []*Expr
	writes, finish *Expr // a word is written; it is the last
	unit2          *Expr
}

type streamPorts struct {
	inValid, inData, inLast, outReady   *Expr
	inReady, outValid, outData, outLast *Signal
	outClass, outBit                    *Signal
}

// buildStreaming is the architecture Streaming.
func buildStreaming(p *lower.Plan, a Arch, name string, reserved []string) (*Design, error) {
	if len(p.Layers) > 1 {
		return nil, fmt.Errorf("a streaming design has one layer; a serial one takes stacked layers")
	}
	l := &p.Layers[0]
	switch {
	case l.Perm != nil:
		return nil, fmt.Errorf("a streaming design takes the units in their order; a serial one takes permutations")
	case l.PreSigns != nil:
		return nil, fmt.Errorf("a streaming design has no signs before the transform; a serial one has")
	case a.Lanes < 1 || a.Lanes&(a.Lanes-1) != 0 || a.Lanes > l.Block:
		return nil, fmt.Errorf("lanes are a power of two, at most the order of the transform, %d", l.Block)
	case l.Term != nil && l.Term.Source == lower.FromState:
		return nil, fmt.Errorf("a streaming design has one layer")
	case l.Term != nil && l.Term.Mid != arith.Both(arith.Identity):
		return nil, fmt.Errorf("a streaming design does not rescale a product; a serial one does")
	case p.Output.When == ir.Mean:
		return nil, fmt.Errorf("a streaming design takes no mean")
	case l.Term != nil && l.Term.Source != lower.FromOneHot && l.Term.Matrix.Cols*l.Term.Matrix.Bits > 64:
		return nil, fmt.Errorf("a streaming design takes at most 64 bits of weights a unit; a serial one takes one weight after another")
	case l.Term != nil && l.Term.In != arith.Both(arith.Identity) && p.Input.Kind != ir.Token && p.Input.Bits > 10:
		return nil, fmt.Errorf("a streaming design takes entries of at most 10 bits; a serial one takes wider ones")
	case l.Term != nil && l.Term.Source == lower.FromEmbed:
		return nil, fmt.Errorf("a streaming design takes no embedding; a serial one does")
	}
	s := &streaming{Design: New(name, reserved...), p: p, l: l, a: a, words: l.N / a.Lanes}
	s.input()
	s.pass()
	s.readout()
	s.Prune()
	s.OutputCycles = 2*l.N + p.Readout.Matrix.Rows*(l.N+8) // at most; counted in place of it
	return s.Design, s.clocked(p)
}

// input takes beats, makes X' of them, and holds what a step needs until its update begins. The next step's beats are taken from
// then on.
func (s *streaming) input() {
	in := s.p.Input
	token := in.Kind == ir.Token
	width := in.Bits
	if token {
		width = counterBits(in.Vocab)
	}
	s.ports.inValid = s.Input(InValid, 1)
	s.ports.inReady = s.Output(InReady, 1)
	s.ports.inData = s.Input(InData, width)
	s.ports.inLast = s.Input(InLast, 1)
	s.ports.outValid = s.Output(OutValid, 1)
	s.ports.outReady = s.Input(OutReady, 1)

	s.Section("the input: a step's entries wait until its update begins")
	s.have = s.Reg("have", 1, "all entries of a step are here").ResetTo(0)
	ended := s.Reg("ended", 1, "the last entry is on its way").ResetTo(0)
	ready := s.Wire("ready", Or(s.have.Ref(), ended.Ref()).Not())
	s.Drive(s.ports.inReady, ready)
	accept := s.Wire("accept", And(s.ports.inValid, ready))
	lastBeat := One()
	firstBeat := One()
	d := 1
	if !token {
		d = in.Size
	}
	if d > 1 {
		k := counterBits(d)
		beat := s.Reg("beat", k).ResetTo(0)
		lastBeat = beat.Ref().Is(d - 1)
		firstBeat = beat.Ref().Is(0)
		beat.When(accept, Mux(lastBeat, Const(k, 0), Add(beat.Ref(), Const(k, 1))))
	}
	whole := s.Wire("whole", And(accept, lastBeat))
	ended.Set(whole)
	s.begins = s.Ahead("begins", 1, "the update begins in the next cycle")
	s.have.When(ended.Ref(), One())
	s.have.When(s.begins.Ref(), Zero())

	fresh := s.Reg("fresh", 1, "the next step is the first of its sequence").ResetTo(1)
	fresh.When(whole, s.ports.inLast)
	firstA := s.Reg("first_waits", 1)
	firstA.When(And(accept, firstBeat), fresh.Ref())
	lastA := s.Reg("last_waits", 1)
	lastA.When(whole, s.ports.inLast)
	oddA := s.Reg("odd_waits", 1, "the number of the step is odd; the first is number 1").ResetTo(0)
	oddA.When(And(accept, firstBeat), Or(fresh.Ref(), oddA.Ref().Not()))
	s.firstA, s.lastA, s.oddA = firstA.Ref(), lastA.Ref(), oddA.Ref()
	taken := func(name string, e *Expr) *Expr {
		r := s.Reg(name, e.Bits)
		r.Signed = e.Signed
		r.When(s.begins.Ref(), e)
		return r.Ref()
	}
	s.first, s.last, s.odd = taken("first", s.firstA), taken("last", s.lastA), taken("odd", s.oddA)
	s.Section("entries, as the weights take them")
	if token {
		raw := s.Reg("token_waits", width)
		raw.When(accept, s.ports.inData)
		s.tokenNow = s.Wire("token", Mux(s.begins.Ref(), raw.Ref(), taken("token_taken", raw.Ref())))
		return
	}
	beatNow := s.Reg("arrives", 1).ResetTo(0)
	beatNow.Set(accept)
	raw := s.Reg("entry", width)
	raw.Signed = in.Signed
	raw.When(accept, s.ports.inData)
	odd := Or(fresh.Ref(), oddA.Ref().Not())
	if d > 1 {
		odd = s.Wire("odd_arrives", Mux(firstBeat, odd, oddA.Ref()))
	}
	x := s.scaled(raw.Ref(), odd)
	waits := make([]*Signal, d)
	for j := range waits {
		waits[j] = s.Reg(fmt.Sprintf("x%d_waits", j), x.Bits)
		waits[j].Signed = true
	}
	for j := range waits { // entries shift through: the first ends up at the far end
		if j == d-1 {
			waits[j].When(beatNow.Ref(), x)
		} else {
			waits[j].When(beatNow.Ref(), waits[j+1].Ref())
		}
		s.xs = append(s.xs, taken(fmt.Sprintf("x%d", j), waits[j].Ref()))
	}
}

// scaled is X' of an entry that arrives: itself at even steps, sqrt(2) 2^f of it at odd ones, from a table.
func (s *streaming) scaled(entry, odd *Expr) *Expr {
	t := s.l.Term
	if t == nil || t.In == arith.Both(arith.Identity) {
		return entry.signed()
	}
	lo, hi := s.p.Input.Range()
	depth := 1 << entry.Bits
	table := make([]int64, 2*depth)
	widest := 1
	for x := lo; x <= hi; x++ {
		for ph := range t.In {
			y := t.In[ph].Apply(x)
			table[ph*depth+int(x)&(depth-1)] = y
			widest = max(widest, arith.SignedBits(y))
		}
	}
	m := s.Memory(Memory{Name: "scaled", Bits: widest, Depth: 2 * depth, Style: Block, Signed: true, Init: table,
		Doc: "X' of an entry at even steps, then at odd ones"})
	return s.Read(m, "scaled_entry", Cat(odd, s.ports.inData), nil)
}

// pass sends the state through the transform and the update, back into its memory.
func (s *streaming) pass() {
	l, lanes := s.l, s.a.Lanes
	k := counterBits(s.words)
	s.reading = s.Ahead("reading", 1, "the readout takes the state")
	s.held = s.Ahead("held", 1, "the state waits for the readout")
	s.ri = s.Ahead("readout_address", k)

	s.Section("a pass begins as soon as an input waits and the first unit of the state is back")
	run := s.Reg("run", 1, "the state is read, word after word").ResetTo(0)
	started := s.Reg("started", 1, "from there until the update begins").ResetTo(0)
	word := s.Reg("word", k).ResetTo(0)
	start := s.Wire("start", And(s.have.Ref(), Or(started.Ref(), run.Ref(), s.held.Ref()).Not()))
	step := s.Wire("step", Or(start, run.Ref()))
	lastWord := s.Wire("last_word", word.Ref().Is(s.words-1))
	word.When(step, Mux(lastWord, Const(k, 0), Add(word.Ref(), Const(k, 1))))
	run.Set(And(step, lastWord.Not()))
	started.Set(And(Or(start, started.Ref()), s.begins.Ref().Not()))

	s.Section("the complement of the state, in %d memor%s of %d words", lanes, plural(lanes, "y", "ies"), s.words)
	address := s.Wire("state_address", Mux(s.reading.Ref(), s.ri.Ref(), word.Ref()))
	var in []*Expr
	for i := range lanes {
		m := s.Memory(Memory{Name: indexed("state", i), Bits: l.Bits, Depth: s.words, Style: Block, Signed: true})
		s.state = append(s.state, m)
		in = append(in, s.Read(m, indexed("state_word", i), address, nil))
	}
	s.stateWords = in
	begin := start
	if perBlock := l.Block / lanes; perBlock < s.words {
		begin = step
		if perBlock > 1 {
			begin = s.Wire("block_begins", And(step, word.Ref().Slice(counterBits(perBlock)-1, 0).Any().Not()))
		}
	}
	f := feedback{m: l.Block, lanes: lanes, most: l.ZBits, ascending: l.Staged, shortest: 32}
	flowIn := flow{lanes: in, begin: begin}
	if l.Staged {
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
		flowIn.tag = s.oddA
	}
	out := f.build(s.Design, flowIn)
	s.update(out)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// update is the pass's last part.
func (s *streaming) update(z flow) {
	l, lanes := s.l, s.a.Lanes
	k := counterBits(s.words)
	s.Section("the update follows the transform: a unit a lane and cycle")
	unit := s.Reg("unit", k).ResetTo(0)
	updating := s.Reg("updating", 1).ResetTo(0)
	s.Define(s.begins, And(z.begin, updating.Ref().Not()))
	on := s.Wire("addressed", Or(z.begin, updating.Ref()))
	lastUnit := s.Wire("last_unit", unit.Ref().Is(s.words-1))
	unit.When(on, Mux(lastUnit, Const(k, 0), Add(unit.Ref(), Const(k, 1))))
	updating.Set(And(on, lastUnit.Not()))
	odd := s.Wire("odd_addressed", Mux(s.begins.Ref(), s.oddA, s.odd))

	unit1, unit2 := s.Delayed("unit1", unit.Ref()), (*Expr)(nil)
	unit2 = s.Delayed("unit2", unit1)
	on1 := s.Reg("on1", 1).ResetTo(0)
	on1.Set(on)
	on2 := s.Reg("on2", 1).ResetTo(0)
	on2.Set(on1.Ref())
	end1 := s.Delayed("end1", And(on, lastUnit))
	s.finish = s.Delayed("end2", end1, "the last unit is written")
	s.writes, s.unit2 = on2.Ref(), unit2

	u := updateUnit{layer: l, odd: s.Delayed("odd2", s.odd)}
	constants := s.constants(unit.Ref(), odd)
	weights := make([]*Expr, lanes)
	if l.Term != nil {
		weights = s.weights(unit.Ref())
	}
	for i := range lanes {
		s.lane(i, u, z.lanes[i], constants[i], weights[i])
	}
}

// laneConstants are a unit's sign and bias, a cycle after its address; nil where it has none.
type laneConstants struct{ sign, bias *Expr }

func (s *streaming) constants(unit, odd *Expr) []laneConstants {
	l, lanes := s.l, s.a.Lanes
	out := make([]laneConstants, lanes)
	negative := false
	for _, g := range l.Signs {
		negative = negative || g < 0
	}
	bias := 0
	if l.Bias[0] != nil {
		for ph := range l.Bias {
			for _, b := range l.Bias[ph] {
				if b != 0 {
					bias = max(bias, arith.SignedBits(b))
				}
			}
		}
	}
	width := bias
	if negative {
		width++
	}
	if width == 0 {
		return out
	}
	phases := 1
	for i := range l.Bias[0] {
		if l.Bias[0][i] != l.Bias[1][i] {
			phases = 2
		}
	}
	address, per := unit, 1<<unit.Bits
	if phases == 2 {
		address = Cat(odd, unit)
	} else {
		per = s.words
	}
	for i := range lanes {
		init := make([]int64, (phases-1)*per+s.words)
		for ph := range phases {
			for w := range s.words {
				j := w*lanes + i
				var v int64
				if bias > 0 {
					v = l.Bias[ph][j] & (1<<bias - 1)
				}
				if negative && l.Signs[j] < 0 {
					v |= 1 << bias
				}
				init[ph*per+w] = v
			}
		}
		m := s.Memory(Memory{Name: indexed("constants", i), Bits: width, Depth: len(init), Style: Block, Init: init, Doc: "sign and bias of a unit"})
		word := s.Read(m, indexed("constant", i), address, nil)
		if bias > 0 {
			out[i].bias = word.Slice(bias-1, 0).AsSigned()
		}
		if negative {
			out[i].sign = word.Top()
		}
	}
	return out
}

// weights are those of each lane, a cycle after the unit's address, the first in the low bits.
func (s *streaming) weights(unit *Expr) []*Expr {
	m, lanes := &s.l.Term.Matrix, s.a.Lanes
	perUnit := m.Cols
	address, columns := unit, 1
	if s.l.Term.Source == lower.FromOneHot {
		perUnit, columns = 1, m.Cols
		address = Cat(s.tokenNow, unit)
	}
	per := 1 << unit.Bits
	if columns == 1 {
		per = s.words
	}
	width := m.Bits
	lanesAtOnce := min(lanes, 64/(perUnit*width))
	out := make([]*Expr, lanes)
	for from := 0; from < lanes; from += lanesAtOnce {
		count := min(lanesAtOnce, lanes-from)
		init := make([]int64, (columns-1)*per+s.words)
		for i := range init {
			c, w := i/per, i%per
			for f := range count * perUnit {
				row, col := w*lanes+from+f/perUnit, f%perUnit
				if columns > 1 {
					col = c
				}
				if w < s.words {
					init[i] |= stored(m.Ints[row*m.Cols+col], width) << (f * width)
				}
			}
		}
		mem := s.Memory(Memory{Name: indexed("weights", from/lanesAtOnce), Bits: count * perUnit * width, Depth: len(init), Style: Block, Init: init, Doc: m.Name})
		word := s.Read(mem, indexed("weight", from/lanesAtOnce), address, nil)
		for i := range count {
			out[from+i] = word.Slice((i+1)*perUnit*width-1, i*perUnit*width)
		}
	}
	return out
}

// lane is the update of one unit a cycle.
func (s *streaming) lane(i int, u updateUnit, z *Expr, c laneConstants, weights *Expr) {
	t := s.l.Term
	s.Section("lane %d", i)
	// before the first step the state is zero
	zs := s.Delayed(indexed("z", i), u.negated(c.sign, Gate(s.first.Not(), z.Not())))
	var sign, bias, acc *Expr
	if c.sign != nil {
		sign = s.Delayed(indexed("sign", i), c.sign)
	}
	if c.bias != nil {
		bias = s.Delayed(indexed("bias", i), c.bias)
	}
	if t != nil {
		width := t.Matrix.Bits
		switch t.Source {
		case lower.FromOneHot:
			even, odd := t.In[arith.Even].Apply(1), t.In[arith.Odd].Apply(1)
			acc = s.tokenProduct(i, weights, width, even, odd)
		default:
			p := product(s.Design, indexed("product", i), weights, width, s.xs, max(t.AccBits, 2))
			acc = s.Delayed(indexed("acc", i), p.To(max(t.AccBits, 2)))
		}
	}
	g := u.add(s.Design, indexed("lane", i)+"_", zs, acc, bias, sign)
	s.state[i].Write(s.writes, s.unit2, g.Not().AsUnsigned())
}

// tokenProduct is a weight times what a token's 1 is worth at even and odd steps.
func (s *streaming) tokenProduct(i int, w *Expr, width int, even, odd int64) *Expr {
	n := max(s.l.Term.AccBits, 2)
	times := func(one int64) *Expr {
		if width == 1 {
			return Mux(w, Int(n, -one), Int(n, one))
		}
		table := make([]int64, 1<<width)
		for v := range table {
			signed := int64(v) << (64 - width) >> (64 - width)
			table[v] = signed * one
		}
		out := Int(n, table[0])
		for v := 1; v < len(table); v++ {
			out = Mux(w.Is(v), Int(n, table[v]), out)
		}
		return out
	}
	e := times(even)
	if even != odd {
		e = Mux(s.odd, times(odd), e)
	}
	return s.Delayed(indexed("acc", i), e)
}

// readout computes the outputs of a step that has some from the state's memory, row after row, Lanes weights a cycle.
func (s *streaming) readout() {
	p, r := s.p, &s.p.Readout
	rows, lanes := r.Matrix.Rows, s.a.Lanes
	k, rk := counterBits(s.words), counterBits(rows)
	every := p.Output.When == ir.EveryStep
	emitsSoon, emits := s.lastA, s.Delayed("emits", s.last, "the step whose last unit is written has outputs")
	if every {
		emitsSoon, emits = One(), One()
	}
	s.Section("the readout: row after row, %d weight%s a cycle", lanes, plural(lanes, "", "s"))
	taken := s.Ahead("taken", 1, "an output leaves")
	done := s.Ahead("row_done", 1)
	held := s.Reg("waits", 1).ResetTo(0)
	row := s.Reg("row", rk).ResetTo(0)
	lastRow := s.Wire("last_row", row.Ref().Is(rows-1))
	ends := s.Wire("outputs_end", And(taken.Ref(), lastRow))
	held.When(s.begins.Ref(), emitsSoon)
	held.When(ends, Zero())
	s.Define(s.held, held.Ref())
	scan := s.Reg("scan", 1, "the state is read").ResetTo(0)
	at := s.Reg("at", k).ResetTo(0)
	lastAt := s.Wire("last_at", at.Ref().Is(s.words-1))
	at.When(scan.Ref(), Mux(lastAt, Const(k, 0), Add(at.Ref(), Const(k, 1))))
	scan.When(Or(And(s.finish, s.writes, emits), And(taken.Ref(), lastRow.Not())), One())
	scan.When(And(scan.Ref(), lastAt), Zero())
	row.When(taken.Ref(), Mux(lastRow, Const(rk, 0), Add(row.Ref(), Const(rk, 1))))
	s.Define(s.reading, scan.Ref())
	s.Define(s.ri, at.Ref())

	width := r.Matrix.Bits
	atOnce := min(lanes, 64/width)
	var terms []*Expr
	words := make([]*Expr, lanes)
	for from := 0; from < lanes; from += atOnce {
		count := min(atOnce, lanes-from)
		per := 1 << k
		if rows == 1 {
			per = s.words
		}
		init := make([]int64, (rows-1)*per+s.words)
		for i := range init {
			o, w := i/per, i%per
			for f := range count {
				if w < s.words {
					init[i] |= stored(r.Matrix.Ints[o*r.Matrix.Cols+w*lanes+from+f], width) << (f * width)
				}
			}
		}
		m := s.Memory(Memory{Name: indexed("readout_weights", from/atOnce), Bits: count * width, Depth: len(init), Style: Block, Init: init, Doc: r.Matrix.Name})
		address := at.Ref()
		if rows > 1 {
			address = Cat(row.Ref(), at.Ref())
		}
		word := s.Read(m, indexed("readout_weight", from/atOnce), address, nil)
		for i := range count {
			words[from+i] = word.Slice((i+1)*width-1, i*width)
		}
	}
	for i, word := range s.stateWords {
		g := word.Not()
		if r.Relu {
			g = s.Wire(indexed("positive", i), Gate(g.Top().Not(), g.Slice(g.Bits-2, 0)))
		}
		terms = append(terms, product(s.Design, indexed("y_product", i), words[i], width, []*Expr{g}, 64))
	}
	product := sumOf(s.Design, "y_products", terms, 64)
	sum := s.Delayed("product_of_words", product)
	yBits := max(r.YBits, sum.Bits)
	y := s.RegSigned("y", yBits)
	scan1 := s.Reg("scan1", 1).ResetTo(0)
	scan1.Set(scan.Ref())
	scan2 := s.Reg("scan2", 1).ResetTo(0)
	scan2.Set(scan1.Ref())
	first2 := s.Delayed("first_of_row2", s.Delayed("first_of_row1", at.Ref().Is(0)))
	end1 := s.Reg("end_of_row1", 1).ResetTo(0)
	end1.Set(And(scan.Ref(), lastAt))
	end2 := s.Reg("end_of_row2", 1).ResetTo(0)
	end2.Set(end1.Ref())
	s.Define(done, end2.Ref())
	begin := Int(yBits, 0)
	if bias := s.rowConstants("outputs_bias", r.Bias, row.Ref()); bias != nil {
		begin = bias.To(yBits)
	}
	y.When(scan2.Ref(), Add(Mux(first2, begin, y.Ref()), sum.To(yBits)).AsSigned())

	s.Section("outputs")
	valid := s.Reg("valid", 1).ResetTo(0)
	valid.When(s.ports.outReady, Zero())
	valid.When(done.Ref(), One())
	s.Drive(s.ports.outValid, valid.Ref())
	s.Define(taken, And(valid.Ref(), s.ports.outReady))
	s.ports.outData = s.Output(OutData, yBits)
	s.Drive(s.ports.outData, y.Ref().AsUnsigned())
	switch p.Output.Decision {
	case ir.Argmax:
		s.ports.outClass = s.Output(OutClass, rk)
		best := s.RegSigned("largest", yBits)
		class := s.Reg("class", rk)
		better := s.Wire("larger", Or(row.Ref().Is(0), Less(best.Ref(), y.Ref())))
		best.When(And(taken.Ref(), better), y.Ref())
		class.When(And(taken.Ref(), better), row.Ref())
		s.Drive(s.ports.outClass, Mux(better, row.Ref(), class.Ref()))
	case ir.Threshold:
		s.ports.outBit = s.Output(OutBit, 1)
		limit := func(ph int) *Expr {
			n := max(yBits, arith.SignedBits(r.Threshold[ph]))
			return Less(Int(n, r.Threshold[ph]), y.Ref().To(n))
		}
		above := limit(arith.Even)
		if r.Threshold[0] != r.Threshold[1] {
			above = Mux(s.odd, limit(arith.Odd), above)
		}
		s.Drive(s.ports.outBit, above)
	}
	s.ports.outLast = s.Output(OutLast, 1)
	s.Drive(s.ports.outLast, lastRow)
}

// rowConstants is a row's constant of the step's parity from a small table; nil where all are zero.
func (s *streaming) rowConstants(name string, v arith.Phased[[]int64], row *Expr) *Expr {
	width, differ := 0, false
	for ph := range v {
		for i, b := range v[ph] {
			if b != 0 {
				width = max(width, arith.SignedBits(b))
			}
			differ = differ || b != v[0][i]
		}
	}
	if width == 0 {
		return nil
	}
	rows := len(v[0])
	init := make([]int64, 2<<row.Bits)
	for ph := range v {
		for i := range rows {
			init[ph<<row.Bits+i] = v[ph][i]
		}
	}
	address := Cat(s.odd, row)
	if !differ {
		init, address = init[:1<<row.Bits], row
	}
	m := s.Memory(Memory{Name: name, Bits: width, Depth: len(init), Style: Logic, Signed: true, Init: init})
	return s.Wire(name+"_of_row", Lookup(m, address))
}

package datapath

import (
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// mean is the readout of a mean, deferred: what the readout takes of a unit is added up over the steps of a sequence, and meets
// the weights once, behind the last. The bias, which every step adds, comes of constants 1, 2^p, 2^2p ... that are added up as
// units are and whose weights are the bias's digits. Where odd steps have another unit than even ones, each have their sums.
type mean struct {
	w         weights
	step      int // bits between digits of the bias
	digits    int // of the bias of a phase
	phases    int // of biases: 2 where those of even and of odd steps differ
	sums      int // words: the groups of units and the constants
	split     bool
	at        *Signal
	pending   *Signal // the outputs of the last step are not added up
	reading   *Signal
	row       *Signal
	odd       *Signal // the sums of the odd steps are read
	held      *Signal
	rows      int // that add up at once
	units     slots
	every     arith.Interval // of a sum
	rescaling *Signal
}

// summed is what is added up: the new values of the units, group after group, and the step they are of.
type summed struct {
	g        []*Expr // of a group
	written  *Expr   // 1 while they stand there
	complete *Expr   // 1 with the last group of a step
	pends    *Expr   // 1 once in a last step, before complete: its outputs are to be added up
	// align gives a value of the running step (odd, first, last) as it is for the groups that stand there, and behind them until
	// those of the next step come.
	align  func(name string, x *Expr) *Expr
	state  *statePort // nil where there is none
	region int        // of its addresses
}

// digitsOf writes a number in digits of some bits: those of two's complement, or with step 1 -1, 0 and 1.
func digitsOf(v int64, step int) []int64 {
	var out []int64
	for v != 0 {
		var d int64
		if step == 1 {
			if v&1 != 0 {
				d = 2 - v&3
			}
		} else {
			d = int64(signExtend(uint64(v)&mask(step), step))
		}
		out = append(out, d)
		v = (v - d) >> step
	}
	return out
}

// newMean plans the sums of a layer's units.
func (b *builder) newMean(l *lower.Layer, units slots) *mean {
	r := &b.p.Readout
	m := &mean{step: 1, phases: 1, split: r.Rescale != nil, units: units}
	m.rows = min(max(1, b.a.Readout/units.lanes), r.Matrix.Rows)
	if m.split {
		m.rows = 1
	}
	all := append([]int64{}, r.Matrix.Ints...)
	for _, q := range all {
		if q < -1 || q > 1 {
			m.step = max(m.step, arith.SignedBits(q))
		}
	}
	if r.Bias[0] != nil {
		for ph, bias := range r.Bias {
			for i, v := range bias {
				digits := digitsOf(v, m.step)
				m.digits = max(m.digits, len(digits))
				all = append(all, digits...)
				if v != r.Bias[0][i] && ph > 0 {
					m.phases = 2
				}
			}
		}
		if m.digits > 0 {
			all = append(all, 0)
		}
	}
	if units.lanes > 1 && m.digits > 0 {
		all = append(all, 0)
	}
	m.w = weightsOf(all)
	m.sums = units.groups + m.constants()
	m.every = b.sumRange(m, l)
	return m
}

// secondStep is 1 in the second step of a sequence, or of a course.
func (b *builder) secondStep() *Expr {
	if b.courses != nil {
		return b.courses.second
	}
	second := b.Reg("second", 1, "the step is the second of its sequence")
	second.When(b.start, b.first)
	return second.Ref()
}

// constants is the number of words that stand for the bias.
func (m *mean) constants() int { return m.digits * m.phases }

// sumRange is the range of a sum.
func (b *builder) sumRange(m *mean, l *lower.Layer) arith.Interval {
	x := arith.OfBits(l.Bits)
	if b.p.Readout.Relu {
		x.Lo = 0
	}
	steps := int64(max(1, b.p.Steps))
	if m.split {
		steps = (steps + 1) / 2
	}
	x.Lo, x.Hi = x.Lo*steps, x.Hi*steps
	if m.digits > 0 {
		x.Hi = max(x.Hi, steps<<(m.step*(m.digits-1)))
	}
	return x
}

// address is the bits of a sum's address: the step's parity where both have their own, the unit of a group, the word.
func (m *mean) address() int {
	n := counts(m.sums) + count(m.units.lanes)
	if m.split {
		n++
	}
	return n
}

// openMean adds what says when sums are added up and read.
func (b *builder) openMean(m *mean) {
	m.at = b.Reg("sum_at", counts(m.sums), "the word of sums").ResetTo(0)
	m.held = b.Ahead("hold", 1)
	m.pending = b.Reg("pending", 1, "the outputs of a sequence are not all added up: no update may begin").ResetTo(0)
	m.reading = b.Reg("reading", 1, "the outputs add up").ResetTo(0)
	groups := groupsOf(b.p.Readout.Matrix.Rows, m.rows)
	m.row = b.Reg("rows", counts(groups), "the outputs that add up").ResetTo(0)
}

// sums adds the memory of sums and its readout.
func (b *builder) sums(m *mean, in summed) {
	r := &b.p.Readout
	b.Section("The mean: units add up over the steps")
	b.Of(0, lower.PartReadout)
	b.Show("mean", nil, m.pending.Ref(), m.reading.Ref())
	b.Show("mean", m.reading.Ref(), m.row.Ref(), m.at.Ref())
	bits, signed := width(m.every)

	odd := in.align("sum_odd", b.odd)
	first := in.align("sum_first", b.first)
	fresh := first
	if m.split {
		fresh = in.align("sum_fresh", Or(b.first, b.secondStep()))
	}
	lastStep := in.align("sum_last", And(b.last, b.answers()))
	context := b.context()
	if context != nil {
		context = in.align("sum_context", context)
	}

	at := m.at.Ref()
	atLast := b.Wire("sum_at_last", at.Is(m.sums-1))
	adding, whole := in.written, in.complete
	var biasOn, constant *Expr
	if m.constants() > 0 {
		on := b.Reg("bias_on", 1, "the constants of the bias add up").ResetTo(0)
		on.When(atLast, Zero())
		on.When(in.complete, One())
		w := m.step*(m.digits-1) + 1
		one := b.Reg("bias_one", w, "a constant of the bias")
		next := Const(w, 0)
		if w > m.step {
			next = one.Ref().Slice(w-m.step-1, 0).To(w - m.step).Up(m.step)
		}
		constant = one.Ref()
		if m.phases == 2 {
			phase := b.Reg("bias_odd", 1, "the constant is that of odd steps")
			phase.Set(And(on.Ref(), phase.Ref().Not()))
			one.When(phase.Ref(), next)
			constant = Gate(Xor(phase.Ref(), odd).Not(), constant)
		} else {
			one.Set(next)
		}
		one.When(on.Ref().Not(), Const(w, 1))
		adding = Or(in.written, on.Ref())
		whole = And(on.Ref(), atLast)
		constant = Mux(on.Ref(), constant, Const(w, 0))
		biasOn = on.Ref()
	}
	adding = b.Wire("sum_adds", adding)

	// The readout's walk.
	groups := groupsOf(r.Matrix.Rows, m.rows)
	begin := b.delay("sums_whole", And(whole, lastStep), 1, true)
	read := m.reading.Ref()
	converting := Zero()
	if m.split {
		m.odd = b.Reg("read_odd", 1, "the sums of the odd steps are read, and rescaled; then those of the even ones follow")
		c := b.Reg("rescaling", 1).ResetTo(0)
		m.rescaling = c
		converting = c.Ref()
	}
	readOn := b.Wire("read_on", And(read, Or(And(atLast, m.held.Ref()), converting).Not()))
	endPass := And(readOn, atLast)
	endRow := endPass
	if m.split {
		endRow = And(endPass, m.odd.Ref().Not())
		m.odd.When(endPass, m.odd.Ref().Not())
		m.odd.When(begin, One())
		m.rescaling.When(And(endPass, m.odd.Ref()), One())
	}
	endRead := endRow
	if groups > 1 {
		lastGroup := m.row.Ref().Is(groups - 1)
		m.row.When(endRow, Mux(lastGroup, Const(m.row.Bits, 0), Add(m.row.Ref(), Const(m.row.Bits, 1))))
		endRead = And(endRow, lastGroup)
	} else {
		m.row.Set(Const(1, 0))
	}
	endRead = b.Wire("read_ends", endRead)
	m.reading.When(endRead, Zero())
	m.reading.When(begin, One())
	m.pending.When(endRead, Zero())
	m.pending.When(in.pends, One())
	n := m.at.Bits
	m.at.When(Or(adding, readOn), Mux(atLast, Const(n, 0), Add(at, Const(n, 1))))

	// The sums.
	readAt, depth := at, m.sums
	if m.split {
		readAt, depth = Cat(Mux(read, m.odd.Ref(), odd), at), m.sums+1<<n
	}
	readAt, depth = within(context, readAt), b.depth(depth, readAt.Bits)
	writes := b.Delayed("sum_writes", adding)
	writeAt := b.Delayed("sum_write_at", readAt)
	var words []*Expr
	var port stateAccess
	unit := count(m.units.lanes)
	if in.state != nil {
		port = in.state.access(b, in.region, m.address(), bits)
		at := port.address.Slice(n+unit-1, unit)
		if m.split {
			at = Cat(port.address.Top(), at)
		}
		readAt = b.Wire("sum_read_at", Mux(And(port.on, Or(read, adding).Not()), at, readAt))
		writes = b.Wire("sum_written", Or(writes, port.write))
		writeAt = b.Wire("sum_written_at", Mux(port.write, at, writeAt))
		in.state.busy = append(in.state.busy, m.pending.Ref(), adding, b.delay("sum_busy", adding, 2, true))
	}
	for u, g := range in.g {
		name := laned("sum", len(in.g), u)
		mem := b.Memory(Memory{Name: name + "s", Bits: bits, Signed: signed, Depth: depth, Style: Block})
		word := b.Read(mem, name, readAt, nil)
		words = append(words, word)
		if r.Relu {
			g = Gate(g.Top().Not(), g.Slice(max(0, g.Bits-2), 0))
		}
		w := g.Bits
		if constant != nil {
			w = max(w, constant.Bits+1)
			c := constant
			if u > 0 {
				c = Const(1, 0)
			}
			g = Mux(biasOn, c.To(w), g.To(w)).typed(g.Signed)
		}
		came := b.Delayed(name+"_adds", g)
		next := b.Wire(name+"_next", Add(Gate(fresh.Not(), word).To(bits), came.To(bits))).AsUnsigned()
		when := writes
		if in.state != nil {
			next = Mux(port.write, port.data.AsUnsigned(), next)
			if unit > 0 {
				when = Or(b.Delayed(name+"_writes", adding), And(port.write, port.address.Slice(unit-1, 0).Is(u)))
			}
		}
		mem.Write(when, writeAt, next)
	}
	if in.state != nil {
		word := words[0]
		if unit > 0 {
			word = pick(b.Delayed("state_unit", port.address.Slice(unit-1, 0)), words)
		}
		if m.split { // after one step there are no even ones
			word = Gate(Or(b.Delayed("state_odd_sums", port.address.Top()), b.first.Not()), word)
		}
		in.state.words = append(in.state.words, word)
	}

	b.Section("The outputs: %s", r.Matrix.Name)
	b.Of(0, lower.PartReadout)
	address := at
	tableDepth := groups * m.sums
	if groups > 1 {
		if m.sums == 1<<n {
			address = Cat(m.row.Ref(), at)
		} else {
			c := counts(tableDepth)
			counter := b.Reg("readout_at", c).ResetTo(0)
			step := Add(counter.Ref(), Const(c, 1))
			if m.split { // a row is walked twice
				row := b.Reg("row_at", c, "where the row's weights begin").ResetTo(0)
				row.When(endRow, step)
				row.When(endRead, Const(c, 0))
				counter.When(readOn, step)
				counter.When(And(endPass, m.odd.Ref()), row.Ref())
			} else {
				counter.When(readOn, step)
			}
			counter.When(endRead, Const(c, 0))
			address = counter.Ref()
		}
	}
	entries := b.readoutWeights(m.w, m.rows, len(in.g), tableDepth, func(word, row, u int) int64 {
		group, k := word/m.sums, word%m.sums
		if m.sums == 1<<n {
			group, k = word>>n, word&(1<<n-1)
		}
		row += group * m.rows
		switch {
		case row >= r.Matrix.Rows:
			if m.w.binary {
				return 1
			}
			return 0
		case k < m.units.groups:
			return r.Matrix.Ints[row*r.Matrix.Cols+m.units.unit(k, u)]
		case u > 0:
			return 0
		}
		k -= m.units.groups
		digits := digitsOf(r.Bias[k%m.phases][row], m.step)
		if k/m.phases >= len(digits) {
			return 0
		}
		return digits[k/m.phases]
	}, address)
	rows := &rows{lanes: m.rows, groups: groups, words: m.sums, valid: readOn, begin: at.Any().Not(), end: atLast, group: m.row.Ref(), late: 2}
	zero := Zero()
	if m.split {
		rows.emit = m.odd.Ref().Not()
		zero = b.Delayed("no_even", And(m.odd.Ref().Not(), first), "there was one step: none of an even number")
	}
	most := OutputBits(b.p)
	for k := range m.rows {
		var all []number
		for u, word := range words {
			all = append(all, b.product(laned(laned("read", m.rows, k), len(words), u), m.w, entries[k*len(words)+u], word, zero)...)
		}
		rows.products = append(rows.products, b.sum(laned("read", m.rows, k), all, most))
		rows.start = append(rows.start, Int(most, 0))
	}
	if m.split {
		even := b.delay("sums_even", m.odd.Ref().Not(), rows.late, false)
		rows.start[0] = Gate(even, b.rescaled(m, rows, And(endPass, m.odd.Ref()), most))
	}
	held, _ := b.outputs(rows)
	b.Define(m.held, held)
}

// rescaled is the sum of the odd steps' outputs in the unit of the even ones, bit by bit.
func (b *builder) rescaled(m *mean, r *rows, endOdd *Expr, bits int) *Expr {
	y := b.Ahead("odd_sum", bits, "an output of the odd steps")
	r.sum0 = y
	ends := b.delay("odd_ends", endOdd, r.late+1, true)
	v, busy := b.bitByBit("rescaled", y.Ref().AsSigned(), ends, Zero(), arith.Both(*b.p.Readout.Rescale))
	was := b.Delayed("was_rescaling", busy)
	m.rescaling.When(And(was, busy.Not()), Zero())
	return v.To(bits).AsSigned()
}

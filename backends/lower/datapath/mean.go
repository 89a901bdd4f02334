package datapath

import (
	"github.com/hrnnc/hrnnc/internal/arith"
)

// mean is the readout of a mean, deferred: what the readout takes of a unit is added up over the steps of a sequence, and meets
// the weights once, behind the last. The bias, which every step adds, comes of constants 1, 2^p, 2^2p ... that are added up as
// units are and whose weights are the bias's digits. Where odd steps have another unit than even ones, each have their sums.
type mean struct {
	w       weights
	step    int // bits between digits of the bias
	digits  int // of the bias of a phase
	phases  int // of biases: 2 where those of even and of odd steps differ
	sums    int // words: the groups of units and the constants
	split   bool
	at      *Signal
	pending *Signal // the outputs of the last step are not added up
	reading *Signal
	row     *Signal
	odd     *Signal // the sums of the odd steps are read
	held    *Signal
	end     *Expr
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

func (e *engine) newMean() *mean {
	r := &e.p.Readout
	m := &mean{step: 1, phases: 1, split: r.Rescale != nil}
	all := append([]int64{}, r.Matrix.Ints...)
	for _, q := range all {
		if q < -1 || q > 1 {
			m.step = max(m.step, arith.SignedBits(q))
		}
	}
	if r.Bias[0] != nil {
		for ph, b := range r.Bias {
			for i, v := range b {
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
	if e.units > 1 && m.digits > 0 {
		all = append(all, 0)
	}
	m.w = weightsOf(all)
	m.sums = e.groups() + m.constants()
	return m
}

// constants is the number of words that stand for the bias.
func (m *mean) constants() int { return m.digits * m.phases }

// every is the range of a sum.
func (e *engine) sumRange(m *mean) arith.Interval {
	x := arith.OfBits(e.l.Bits)
	if e.p.Readout.Relu {
		x.Lo = 0
	}
	steps := int64(max(1, e.p.Steps))
	if m.split {
		steps = (steps + 1) / 2
	}
	x.Lo, x.Hi = x.Lo*steps, x.Hi*steps
	if m.digits > 0 {
		x.Hi = max(x.Hi, steps<<(m.step*(m.digits-1)))
	}
	return x
}

// sumAddress is the bits of a sum's address: the step's parity where both have their own, the unit of a group, the word.
func (e *engine) sumAddress(m *mean) int {
	n := counts(m.sums) + count(e.units)
	if m.split {
		n++
	}
	return n
}

// meanControl adds what runs when: after the update of a last step its sums are read, while the next step may begin.
func (e *engine) meanControl() {
	m := e.mean
	n := counts(m.sums)
	m.at = e.Reg("sum_at", n, "the word of sums").ResetTo(0)
	m.held = e.Ahead("hold", 1)
	m.pending = e.Reg("pending", 1, "the outputs of a sequence are not all added up: no update may begin").ResetTo(0)
	m.reading = e.Reg("reading", 1, "the outputs add up").ResetTo(0)
	groups := groupsOf(e.p.Readout.Matrix.Rows, e.readRows)
	m.row = e.Reg("rows", counts(groups), "the outputs that add up").ResetTo(0)
}

// adds builds the sums' memory and its readout. written is 1 when a group's new values stand at the lanes.
func (e *engine) meanDatapath(lanes []*lane, written *Expr, late int) {
	m := e.mean
	r := &e.p.Readout
	e.Section("The mean: units add up over the steps")
	every := e.sumRange(m)
	bits, signed := width(every)

	// What the step was, while its values come.
	capture := func(name string, x *Expr) *Expr {
		s := e.Reg(name, 1)
		s.When(e.u.on, x)
		return s.Ref()
	}
	odd := capture("sum_odd", e.odd)
	first := capture("sum_first", e.first)
	fresh := first
	if m.split {
		second := e.Reg("second", 1, "the step is the second of its sequence")
		second.When(e.start, e.first)
		fresh = capture("sum_fresh", Or(e.first, second.Ref()))
	}
	lastStep := capture("sum_last", e.last)
	lastWritten := e.delay("last_group_", e.endUpdate, late+e.ahead(), true)

	at := m.at.Ref()
	atLast := e.Wire("sum_at_last", at.Is(m.sums-1))
	adding := written
	var constant *Expr
	whole := lastWritten
	if m.constants() > 0 {
		on := e.Reg("bias_on", 1, "the constants of the bias add up").ResetTo(0)
		on.When(atLast, Zero())
		on.When(lastWritten, One())
		w := m.step*(m.digits-1) + 1
		one := e.Reg("bias_one", w, "a constant of the bias")
		next := Const(w, 0)
		if w > m.step {
			next = one.Ref().Slice(w-m.step-1, 0).To(w - m.step).Up(m.step)
		}
		constant = one.Ref()
		if m.phases == 2 {
			phase := e.Reg("bias_odd", 1, "the constant is that of odd steps")
			phase.Set(And(on.Ref(), phase.Ref().Not()))
			one.When(phase.Ref(), next)
			constant = Gate(Xor(phase.Ref(), odd).Not(), constant)
		} else {
			one.Set(next)
		}
		one.When(on.Ref().Not(), Const(w, 1))
		adding = Or(written, on.Ref())
		whole = And(on.Ref(), atLast)
		constant = Mux(on.Ref(), constant, Const(w, 0))
		e.biasOn = on.Ref()
	}
	adding = e.Wire("sum_adds", adding)

	// The readout's walk.
	groups := groupsOf(r.Matrix.Rows, e.readRows)
	begin := e.Delayed("sums_whole", And(whole, lastStep))
	read := m.reading.Ref()
	converting := Zero()
	if m.split {
		m.odd = e.Reg("read_odd", 1, "the sums of the odd steps are read, and rescaled; then those of the even ones follow")
		c := e.Reg("rescaling", 1).ResetTo(0)
		e.rescaling = c
		converting = c.Ref()
	}
	readOn := e.Wire("read_on", And(read, Or(And(atLast, m.held.Ref()), converting).Not()))
	endPass := And(readOn, atLast)
	endRow := endPass
	if m.split {
		endRow = And(endPass, m.odd.Ref().Not())
		m.odd.When(endPass, m.odd.Ref().Not())
		m.odd.When(begin, One())
		e.rescaling.When(And(endPass, m.odd.Ref()), One())
	}
	endRead := endRow
	if groups > 1 {
		lastGroup := m.row.Ref().Is(groups - 1)
		m.row.When(endRow, Mux(lastGroup, Const(m.row.Bits, 0), Add(m.row.Ref(), Const(m.row.Bits, 1))))
		endRead = And(endRow, lastGroup)
	} else {
		m.row.Set(Const(1, 0))
	}
	endRead = e.Wire("read_ends", endRead)
	m.reading.When(endRead, Zero())
	m.reading.When(begin, One())
	m.pending.When(endRead, Zero())
	m.pending.When(And(e.endUpdate, e.last), One())
	n := m.at.Bits
	m.at.When(Or(adding, readOn), Mux(atLast, Const(n, 0), Add(at, Const(n, 1))))

	// The sums.
	readAt, depth := at, m.sums
	if m.split {
		readAt, depth = Cat(Mux(read, m.odd.Ref(), odd), at), m.sums+1<<n
	}
	writes := e.Delayed("sum_writes", adding)
	writeAt := e.Delayed("sum_write_at", readAt)
	var words []*Expr
	var port stateAccess
	unit := count(e.units)
	if e.state != nil {
		port = e.state.access(e.builder, len(e.engines), e.sumAddress(m), bits)
		at := port.address.Slice(n+unit-1, unit)
		if m.split {
			at = Cat(port.address.Top(), at)
		}
		readAt = e.Wire("sum_read_at", Mux(And(port.on, Or(read, adding).Not()), at, readAt))
		writes = e.Wire("sum_written", Or(writes, port.write))
		writeAt = e.Wire("sum_written_at", Mux(port.write, at, writeAt))
		e.state.busy = append(e.state.busy, m.pending.Ref(), adding, e.delay("sum_busy", adding, 2, true))
	}
	for u, la := range lanes {
		name := laned("sum", len(lanes), u)
		mem := e.Memory(Memory{Name: name + "s", Bits: bits, Signed: signed, Depth: depth, Style: Block})
		word := e.Read(mem, name, readAt, nil)
		words = append(words, word)
		g := la.g
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
			g = Mux(e.biasOn, c.To(w), g.To(w)).typed(g.Signed)
		}
		came := e.Delayed(name+"_adds", g)
		next := e.Wire(name+"_next", Add(Gate(fresh.Not(), word).To(bits), came.To(bits))).AsUnsigned()
		when := writes
		if e.state != nil {
			next = Mux(port.write, port.data.AsUnsigned(), next)
			if unit > 0 {
				when = Or(e.Delayed(name+"_writes", adding), And(port.write, port.address.Slice(unit-1, 0).Is(u)))
			}
		}
		mem.Write(when, writeAt, next)
	}
	if e.state != nil {
		word := words[0]
		if unit > 0 {
			word = pick(e.Delayed("state_unit", port.address.Slice(unit-1, 0)), words)
		}
		if m.split { // after one step there are no even ones
			word = Gate(Or(e.Delayed("state_odd_sums", port.address.Top()), e.first.Not()), word)
		}
		e.state.words = append(e.state.words, word)
	}

	e.Section("The outputs: %s", r.Matrix.Name)
	address := at
	tableDepth := groups * m.sums
	if groups > 1 {
		if m.sums == 1<<n {
			address = Cat(m.row.Ref(), at)
		} else {
			c := counts(tableDepth)
			counter := e.Reg("readout_at", c).ResetTo(0)
			step := Add(counter.Ref(), Const(c, 1))
			if m.split { // a row is walked twice
				row := e.Reg("row_at", c, "where the row's weights begin").ResetTo(0)
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
	entries := e.readoutWeights(m.w, e.readRows, len(lanes), tableDepth, func(word, row, u int) int64 {
		group, k := word/m.sums, word%m.sums
		if m.sums == 1<<n {
			group, k = word>>n, word&(1<<n-1)
		}
		row += group * e.readRows
		switch {
		case row >= r.Matrix.Rows:
			if m.w.binary {
				return 1
			}
			return 0
		case k < e.groups():
			return r.Matrix.Ints[row*r.Matrix.Cols+e.visited(k, u)]
		case u > 0:
			return 0
		}
		k -= e.groups()
		digits := digitsOf(r.Bias[k%m.phases][row], m.step)
		if k/m.phases >= len(digits) {
			return 0
		}
		return digits[k/m.phases]
	}, address)
	rows := &rows{lanes: e.readRows, groups: groups, words: m.sums, valid: readOn, begin: at.Any().Not(), end: atLast, group: m.row.Ref(), late: 2}
	zero := Zero()
	if m.split {
		rows.emit = m.odd.Ref().Not()
		zero = e.Delayed("no_even", And(m.odd.Ref().Not(), first), "there was one step: none of an even number")
	}
	most := OutputBits(e.p)
	for k := range e.readRows {
		var all []number
		for u, word := range words {
			all = append(all, e.product(laned(laned("read", e.readRows, k), len(words), u), m.w, entries[k*len(words)+u], word, zero)...)
		}
		rows.products = append(rows.products, e.sum(laned("read", e.readRows, k), all, most))
		rows.start = append(rows.start, Int(most, 0))
	}
	if m.split {
		even := e.delay("sums_even", m.odd.Ref().Not(), rows.late, false)
		rows.start[0] = Gate(even, e.rescaled(rows, And(endPass, m.odd.Ref()), most))
	}
	held, _ := e.outputs(rows)
	e.Define(m.held, held)
}

// rescaled is the sum of the odd steps' outputs in the unit of the even ones, bit by bit.
func (e *engine) rescaled(r *rows, endOdd *Expr, bits int) *Expr {
	y := e.Ahead("odd_sum", bits, "an output of the odd steps")
	r.sum0 = y
	ends := e.delay("odd_ends", endOdd, r.late+1, true)
	v, busy := e.bitByBit("rescaled", y.Ref().AsSigned(), ends, Zero(), arith.Both(*e.p.Readout.Rescale))
	was := e.Delayed("was_rescaling", busy)
	e.rescaling.When(And(was, busy.Not()), Zero())
	return v.To(bits).AsSigned()
}

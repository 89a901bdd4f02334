package datapath

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// rows is the readout's side that adds up: lanes rows at a time, group after group.
type rows struct {
	lanes  int
	groups int // of rows
	words  int // cycles a group takes at least
	// valid, begin and end go with a word of products: that there is one, and that it is a group's first or last. They hold
	// when the address of what is multiplied is given; late cycles after it the products stand in sums.
	valid, begin, end *Expr
	group             *Expr // of rows, counts(groups) bits; advances after its end
	late              int
	products          []number
	// start is what a lane's sum begins with, late cycles after begin; nil takes the bias of the step.
	start []*Expr
	// emit says, with the end of a group, that its sums leave; nil: always.
	emit *Expr
	// sum0 is given the first lane's sum; nil where nobody asks for it.
	sum0 *Signal
	// odd is the parity of the step whose rows add up; nil: that of the step that runs.
	odd *Expr
	// first says that it is the first of its sequence; nil: as odd.
	first *Expr
	// flows says that the ends of groups cannot be held back: sums wait where they are for those before them to leave, and no
	// more than two steps may have outputs under way.
	flows bool
}

func groupsOf(n, lanes int) int { return (n + lanes - 1) / lanes }

// outputBias is what each lane's sum begins with, late cycles after a group's begin.
func (b *builder) outputBias(r *rows) []*Expr {
	ro := &b.p.Readout
	if ro.Bias[0] == nil {
		return nil
	}
	width := 1
	byPhase := false
	for i := range ro.Bias[0] {
		width = max(width, arith.SignedBits(ro.Bias[0][i]), arith.SignedBits(ro.Bias[1][i]))
		byPhase = byPhase || ro.Bias[0][i] != ro.Bias[1][i]
	}
	at, depth := r.group, r.groups
	if byPhase {
		at, depth = Cat(b.parityOf(r), at), r.groups+1<<r.group.Bits
	}
	if r.words <= r.late { // the next group, or step, may begin before
		at = b.delay("bias_at", at, r.late-1, false)
	}
	return b.wideRom("output_bias", width, true, depth, r.lanes, func(word, lane int) int64 {
		ph := word >> r.group.Bits & 1
		row := word&(1<<r.group.Bits-1)*r.lanes + lane
		if row >= len(ro.Bias[0]) {
			return 0
		}
		return ro.Bias[ph][row]
	}, at, "what the outputs begin with, at even and at odd steps")
}

// outputs adds up rows and hands them to the output's side. It gives what holds back the end of a group: results that are not
// taken, or on their way; and left, that the last output of a step leaves.
func (b *builder) outputs(r *rows) (busy, left *Expr) {
	bits := OutputBits(b.p)
	n := b.p.Readout.Matrix.Rows
	valid := b.chain("sums", r.valid, r.late, true)
	begin := b.chain("begins", r.begin, r.late, false)
	ends := And(r.valid, r.end)
	if r.emit != nil {
		ends = And(ends, r.emit)
	}
	end := b.chain("ends", ends, r.late, true)
	whole := end
	if r.emit != nil {
		whole = b.chain("groups_end", And(r.valid, r.end), r.late, true)
	}
	start := r.start
	after := b.biasAfter(r)
	if start == nil && !after {
		start = b.outputBias(r)
	}
	sums, held := make([]*Expr, r.lanes), make([]*Signal, r.lanes)
	var y0 *Expr
	for k := range sums {
		y := b.RegSigned(laned("y", r.lanes, k), bits)
		if k == 0 {
			y0 = y.Ref()
		}
		from := Int(bits, 0)
		if start != nil {
			from = start[k].To(bits)
		}
		before := Mux(begin[r.late], from, y.Ref())
		if after {
			before = y.Ref()
		}
		sums[k] = b.plus(laned("y", r.lanes, k)+"_next", bits, before.AsSigned(), r.products[k])
		y.When(valid[r.late], sums[k])
		if after { // the next group begins with nothing
			y.When(whole[r.late], Int(bits, 0)).ResetTo(0)
		}
		if r.flows {
			sums[k] = y.Ref()
		}
	}
	if r.sum0 != nil {
		b.Define(r.sum0, y0.AsUnsigned())
	}
	complete := end[r.late]
	odd := b.delay("sums_odd", b.parityOf(r), r.late, false)
	var first *Expr
	if b.p.Decide != nil {
		first = b.delay("sums_first", b.firstOf(r), r.late, false)
	}

	b.Section("The outputs leave")
	b.Of(0, lower.PartOutput)
	at := counts(n)
	row := b.Reg("out_row", at, "the output that waits").ResetTo(0)
	lastRow := b.Wire("out_row_last", row.Ref().Is(n-1))
	var waits *Expr
	done := complete // sums become outputs
	var free *Signal
	if r.flows {
		kept := b.Reg("sums_parity", 1)
		kept.When(complete, odd)
		odd = kept.Ref()
		if first != nil {
			kept := b.Reg("sums_of_first", 1)
			kept.When(complete, first)
			first = kept.Ref()
		}
		wait := b.Reg("sums_wait", 1, "complete sums wait for the outputs before them to leave").ResetTo(0)
		free = b.Ahead("free", 1, "no output waits, or the last one leaves")
		done = b.Wire("move", And(wait.Ref(), free.Ref()))
		wait.When(done, Zero())
		wait.When(complete, One())
	}
	for k := range held {
		held[k] = b.RegSigned(laned("output", r.lanes, k), bits)
	}
	taken := b.Ahead("taken", 1)
	lastOfGroup := One()
	if r.lanes == 1 {
		ov := b.Reg("waits", 1, "an output waits to be taken").ResetTo(0)
		ov.When(taken.Ref(), Zero())
		ov.When(done, One())
		waits = ov.Ref()
	} else {
		c := counts(r.lanes + 1)
		more := b.Reg("left", c, "outputs that wait to be taken").ResetTo(0)
		waits = b.Wire("waits", more.Ref().Any())
		lastOfGroup = more.Ref().Is(1)
		more.When(taken.Ref(), Sub(more.Ref(), Const(c, 1)))
		size := Const(c, uint64(r.lanes))
		if rest := n % r.lanes; rest != 0 {
			lastGroup := b.delay("last_group", r.group.Is(r.groups-1), r.late, false)
			size = Mux(lastGroup, Const(c, uint64(rest)), size)
		}
		more.When(done, size)
	}
	offered, output := waits, held[0].Ref()
	if after {
		output = b.biased(output, row.Ref(), done, odd)
		summed := b.Reg("biased", 1, "the output that waits has its bias").ResetTo(0)
		summed.Set(And(offered, taken.Ref().Not()))
		offered = summed.Ref()
	}
	if b.p.Decide != nil {
		offered = b.decides(output, row.Ref(), offered, taken, done, first, odd)
	} else if b.p.Output.Decision == ir.Argmax {
		compared := b.Reg("compared", 1, "the output that waits has been compared with the largest").ResetTo(0)
		compared.Set(And(offered, taken.Ref().Not()))
		offered = compared.Ref()
	}
	b.Define(taken, And(offered, b.outReady))
	waiting := And(waits, And(taken.Ref(), lastOfGroup).Not())
	if r.flows {
		b.Define(free, waiting.Not())
	}
	for k := range held {
		if k+1 < len(held) {
			held[k].When(taken.Ref(), held[k+1].Ref())
		}
		held[k].When(done, sums[k])
	}
	row.When(taken.Ref(), Mux(lastRow, Const(at, 0), Add(row.Ref(), Const(at, 1))))
	b.Drive(b.out.valid, offered)
	b.Drive(b.out.data, output.AsUnsigned())
	b.Drive(b.out.last, lastRow)
	if b.p.Decide != nil {
		b.decided(row.Ref(), taken.Ref(), lastRow)
	} else {
		b.decision(output, row.Ref(), taken.Ref(), done, odd)
	}
	left = And(taken.Ref(), lastRow)
	if r.flows {
		return nil, left
	}
	if r.words <= r.late {
		for _, e := range end[1:] {
			waiting = Or(waiting, e)
		}
	}
	return b.Wire("held", waiting, "outputs wait: the next ones may not be done"), left
}

// biasAfter reports whether outputs get their bias as they leave: one adder, where sums of several lanes that begin with it take a
// choice a bit and lane. The table is looked up in logic.
func (b *builder) biasAfter(r *rows) bool {
	bias := b.p.Readout.Bias
	return r.start == nil && r.sum0 == nil && !r.flows && r.lanes > 1 && bias[0] != nil && 2<<counts(len(bias[0])) <= 2*smallTable
}

// biased is the output that waits with the bias of its row, a cycle later. done is 1 when the outputs of a step of parity odd are set.
func (b *builder) biased(y, row, done, odd *Expr) *Expr {
	bias := b.p.Readout.Bias
	width, byPhase := 1, false
	for i := range bias[0] {
		width = max(width, arith.SignedBits(bias[0][i]), arith.SignedBits(bias[1][i]))
		byPhase = byPhase || bias[0][i] != bias[1][i]
	}
	at, phases := row, 1
	if byPhase {
		parity := b.Reg("bias_odd", 1, "the outputs are of an odd step")
		parity.When(done, odd)
		at, phases = Cat(parity.Ref(), row), 2
	}
	table := make([]int64, phases<<row.Bits)
	for ph := range phases {
		copy(table[ph<<row.Bits:], bias[ph])
	}
	m := b.Memory(Memory{Name: "output_bias", Bits: width, Depth: len(table), Style: Logic, Signed: true, Init: table, Doc: "of even steps, then of odd ones"})
	word := b.Wire("output_bias_word", Lookup(m, at))
	return b.Delayed("output_biased", Add(y, word.To(y.Bits)).AsSigned())
}

// parityOf is that of the step whose rows add up.
func (b *builder) parityOf(r *rows) *Expr {
	if r.odd != nil {
		return r.odd
	}
	return b.odd
}

// firstOf says of that step whether it is the first of its sequence, whatever its course.
func (b *builder) firstOf(r *rows) *Expr {
	switch {
	case r.first != nil:
		return r.first
	case b.courses != nil:
		return b.courses.begun
	}
	return b.first
}

// decision drives the class or the bit. done is 1 when the outputs of a step of parity odd are set.
func (b *builder) decision(y, row, taken, done, odd *Expr) {
	ro := &b.p.Readout
	switch b.p.Output.Decision {
	case ir.Argmax:
		best := b.RegSigned("best", y.Bits)
		class := b.Reg("best_row", row.Bits)
		better := b.Delayed("better", Or(row.Any().Not(), Less(best.Ref(), y)))
		best.When(And(taken, better), y)
		class.When(And(taken, better), row)
		b.Drive(b.out.class, Mux(better, row, class.Ref()))
	case ir.Threshold:
		limit := func(t int64) *Expr { return Int(y.Bits+1, clampTo(t, y.Bits+1)) }
		at := limit(ro.Threshold[arith.Even])
		if ro.Threshold[0] != ro.Threshold[1] && b.p.Output.When != ir.Mean {
			output := b.Reg("output_odd", 1, "the outputs are of an odd step")
			output.When(done, odd)
			at = Mux(output.Ref(), limit(ro.Threshold[arith.Odd]), at)
		}
		b.Drive(b.out.bit, Less(at.AsSigned(), y.To(y.Bits+1)))
	}
}

func clampTo(v int64, bits int) int64 {
	if bits >= 64 {
		return v
	}
	lo, hi := -int64(1)<<(bits-1), int64(1)<<(bits-1)-1
	return min(max(v, lo), hi)
}

// readoutWeights is the table of the readout: words of lanes rows times values columns, a group of rows after another.
func (b *builder) readoutWeights(w weights, lanes, values, depth int, weight func(word, row, value int) int64, at *Expr) []*Expr {
	m := &b.p.Readout.Matrix
	return b.wideRom("readout_weights", w.bits, false, depth, lanes*values, func(word, field int) int64 {
		return w.code(weight(word, field/values, field%values))
	}, at, fmt.Sprintf("%s, %d rows of %d columns a word", m.Name, lanes, values))
}

// scanAddress is where the weights of a group of rows and a word of units lie: side by side where the words are a power of two,
// else by a counter that step moves on. split tells group and word of an address.
func (b *builder) scanAddress(group, word *Expr, words, groups int, step *Expr) (at *Expr, depth int, split func(int) (group, word int)) {
	depth = groups * words
	split = func(at int) (int, int) { return at / words, at % words }
	switch {
	case groups == 1:
		return word, depth, split
	case words&(words-1) == 0 && words == 1:
		return group, depth, split
	case words&(words-1) == 0:
		return Cat(group, word), depth, split
	}
	c := counts(depth)
	counter := b.Reg("readout_at", c).ResetTo(0)
	counter.When(step, Mux(counter.Ref().Is(depth-1), Const(c, 0), Add(counter.Ref(), Const(c, 1))))
	return counter.Ref(), depth, split
}

package datapath

import (
	"fmt"

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
}

func groupsOf(n, lanes int) int { return (n + lanes - 1) / lanes }

// bias is what each lane's sum begins with, late cycles after a group's begin.
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
		at, depth = Cat(b.odd, at), r.groups+1<<r.group.Bits
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
// taken, or on their way.
func (b *builder) outputs(r *rows) (busy *Expr) {
	bits := OutputBits(b.p)
	n := b.p.Readout.Matrix.Rows
	valid := b.chain("sums", r.valid, r.late, true)
	begin := b.chain("begins", r.begin, r.late, false)
	ends := And(r.valid, r.end)
	if r.emit != nil {
		ends = And(ends, r.emit)
	}
	end := b.chain("ends", ends, r.late, true)
	start := r.start
	if start == nil {
		start = b.outputBias(r)
	}
	sums := make([]*Expr, r.lanes)
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
		sums[k] = b.plus(laned("y", r.lanes, k)+"_next", bits, Mux(begin[r.late], from, y.Ref()).AsSigned(), r.products[k])
		y.When(valid[r.late], sums[k])
	}
	done := end[r.late]
	if r.sum0 != nil {
		b.Define(r.sum0, y0.AsUnsigned())
	}

	b.Section("The outputs leave")
	at := counts(n)
	row := b.Reg("out_row", at, "the output that waits").ResetTo(0)
	lastRow := b.Wire("out_row_last", row.Ref().Is(n-1))
	var waits *Expr
	held := make([]*Signal, r.lanes)
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
		left := b.Reg("left", c, "outputs that wait to be taken").ResetTo(0)
		waits = b.Wire("waits", left.Ref().Any())
		lastOfGroup = left.Ref().Is(1)
		left.When(taken.Ref(), Sub(left.Ref(), Const(c, 1)))
		size := Const(c, uint64(r.lanes))
		if rest := n % r.lanes; rest != 0 {
			lastGroup := b.delay("last_group", r.group.Is(r.groups-1), r.late, false)
			size = Mux(lastGroup, Const(c, uint64(rest)), size)
		}
		left.When(done, size)
	}
	b.Define(taken, And(waits, b.outReady))
	for k := range held {
		if k+1 < len(held) {
			held[k].When(taken.Ref(), held[k+1].Ref())
		}
		held[k].When(done, sums[k])
	}
	row.When(taken.Ref(), Mux(lastRow, Const(at, 0), Add(row.Ref(), Const(at, 1))))
	b.Drive(b.out.valid, waits)
	b.Drive(b.out.data, held[0].Ref().AsUnsigned())
	b.Drive(b.out.last, lastRow)
	b.decision(r, held[0].Ref(), row.Ref(), taken.Ref(), done)

	pending := And(waits, And(taken.Ref(), lastOfGroup).Not())
	if r.words <= r.late {
		for _, e := range end[1:] {
			pending = Or(pending, e)
		}
	}
	return b.Wire("held", pending, "outputs wait: the next ones may not be done")
}

// decision drives the class or the bit. done is 1 when the output is set.
func (b *builder) decision(r *rows, y, row, taken, done *Expr) {
	ro := &b.p.Readout
	switch b.p.Output.Decision {
	case ir.Argmax:
		best := b.RegSigned("best", y.Bits)
		class := b.Reg("best_row", row.Bits)
		better := b.Wire("better", Or(row.Any().Not(), Less(best.Ref(), y)))
		best.When(And(taken, better), y)
		class.When(And(taken, better), row)
		b.Drive(b.out.class, Mux(better, row, class.Ref()))
	case ir.Threshold:
		limit := func(t int64) *Expr { return Int(y.Bits+1, clampTo(t, y.Bits+1)) }
		at := limit(ro.Threshold[arith.Even])
		if ro.Threshold[0] != ro.Threshold[1] && b.p.Output.When != ir.Mean {
			odd := b.Reg("output_odd", 1, "the outputs are of an odd step")
			odd.When(done, b.delay("sums_odd", b.odd, r.late, false))
			at = Mux(odd.Ref(), limit(ro.Threshold[arith.Odd]), at)
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

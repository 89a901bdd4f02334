package datapath

import (
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/decider"
)

// decide is the decide block, on the outputs as they leave one after another: each waits for some cycles more, in which its average
// is read and changed, compared with the largest so far, and the lead over the class decided on is measured.
type decide struct {
	y, row      *Expr // the output that waits, of so many
	taken       *Signal
	offered     *Expr // it waits
	first, odd  *Expr // its step is the first of its sequence, of odd number
	average     *Expr // the output's, when it is known
	best, mine  *Signal
	bestRow     *Signal
	class       *Signal
	rest        *Signal // steps in which the class stays; nil without hold
	better      *Expr
	leads       *Expr // the largest leads by enough
	averages    *Memory
	averageWord *Expr
}

// decides adds the block: offered says that y, the output of a row, waits, and what is given back that it is ready to be taken. done is
// 1 when the outputs of a step are set, of which first and odd tell.
func (b *builder) decides(y, row, offered *Expr, taken *Signal, done, first, odd *Expr) (ready *Expr) {
	if b.p.Decide == nil {
		return offered
	}
	rule := b.p.Decide
	b.Section("The class decided on")
	b.Of(0, lower.PartOutput)
	of := b.Reg("decide_first", 1, "the outputs are of the first step of a sequence")
	of.When(done, first)
	d := &decide{y: y, row: row, offered: offered, taken: taken, first: of.Ref()}
	if rule.Odd != arith.Identity {
		of := b.Reg("decide_odd", 1, "the outputs are of an odd step")
		of.When(done, odd)
		d.odd = of.Ref()
	}
	b.block = d
	rows := b.p.Readout.Matrix.Rows
	d.class = b.Reg("class", row.Bits, "the class decided on")
	bits := rule.AverageBits
	score := b.score(d)
	d.average = score.To(bits).AsSigned()
	if rule.Keeps() {
		d.averages = b.Memory(Memory{Name: "averages", Bits: bits, Signed: true, Depth: rows, Style: Block, Doc: "S times the averages of the outputs"})
		b.averages(d, score)
	}
	d.best, d.bestRow, d.mine = b.RegSigned("best", bits), b.Reg("best_row", row.Bits), b.RegSigned("mine", bits, "of the class decided on")
	d.better = b.Delayed("better", Or(row.Any().Not(), Less(d.best.Ref(), d.average)))
	b.waits(d, "compared", "the output that waits has been compared with the largest")
	mine := b.Wire("is_mine", Equal(row, d.class.Ref()))
	largest := b.Wire("largest", Mux(d.better, d.average, d.best.Ref()).AsSigned())
	lead := b.Delayed("lead", Difference(bits+1, largest, Mux(mine, d.average, d.mine.Ref()).AsSigned()).AsUnsigned(), "of the largest over that of the class, which is no larger in the end")
	b.waits(d, "measured", "its lead is known")
	d.leads = b.Delayed("leads", Less(lead, Const(bits+1, uint64(rule.Margin))).Not())
	b.waits(d, "decided", "and whether that is enough")
	d.best.When(And(taken.Ref(), d.better), d.average)
	d.bestRow.When(And(taken.Ref(), d.better), row)
	d.mine.When(And(taken.Ref(), mine), d.average)
	return d.offered
}

// waits puts a cycle between an output and its way out.
func (b *builder) waits(d *decide, name, doc string) {
	s := b.Reg(name, 1, doc).ResetTo(0)
	s.Set(And(d.offered, d.taken.Ref().Not()))
	d.offered = s.Ref()
}

// score is the output at the unit of even steps: at odd ones times 181/256, which is 5 * 36 + 1, two sums and one.
func (b *builder) score(d *decide) *Expr {
	rule := b.p.Decide
	if rule.Odd == arith.Identity {
		return d.y.To(rule.ScoreBits).AsSigned()
	}
	n := d.y.Bits + 8
	y := d.y.To(n)
	five := b.Delayed("fifth", Add(y, y.Up(2).To(n)).AsSigned(), "5 times the output")
	b.waits(d, "fifth_waits", "it is known")
	most := b.Delayed("most", Add(five.Up(5).To(n), five.Up(2).To(n)).AsSigned(), "180 times the output")
	b.waits(d, "most_waits", "it is known")
	all := b.Wire("scaled", Add(most, y).AsSigned(), "181 times the output")
	rounded := b.Wire("scaled_rounded", AddCarry(all.Down(8), Int(n-8, 0), all.Bit(7)).AsSigned())
	score := b.Delayed("score", Mux(d.odd, rounded, d.y).AsSigned(), "the output at the unit of even steps")
	b.waits(d, "score_waits", "it is known")
	return score.To(rule.ScoreBits).AsSigned()
}

// averages makes the next average of the output that waits: a - round(a / S) + y, and at the first step S y.
func (b *builder) averages(d *decide, score *Expr) {
	rule := b.p.Decide
	bits := rule.AverageBits
	old := b.Read(d.averages, "average", d.row, nil)
	d.averageWord = old
	b.waits(d, "average_waits", "the average that was is read")
	kept := b.Wire("keeps", AddCarry(old, old.Down(rule.Smooth).To(bits).Not(), old.Bit(rule.Smooth-1).Not()).AsSigned())
	less := b.Delayed("kept", kept, "what is left of the average that was")
	b.waits(d, "kept_waits", "what is left of it is known")
	sum := b.Wire("average_sum", Add(less, score.To(bits)).AsSigned())
	next := Mux(d.first, score.Up(rule.Smooth).To(bits), sum).AsSigned()
	d.average = b.Delayed("average_next", next)
	b.waits(d, "average_known", "the average is known")
	d.averages.Write(d.taken.Ref(), d.row, d.average.AsUnsigned())
}

// decided drives the class, with the last output of a step.
func (b *builder) decided(row, taken, lastRow *Expr) {
	d, rule := b.block, b.p.Decide
	change := And(d.leads, d.first.Not())
	last := And(taken, lastRow)
	if rule.Hold > 0 {
		bits := count(rule.Hold + 1)
		d.rest = b.Reg("rest", bits, "steps in which the class stays")
		rests := b.Wire("rests", d.rest.Ref().Any())
		change = And(change, rests.Not())
		left := Mux(rests, Sub(d.rest.Ref(), Const(bits, 1)), Const(bits, 0))
		d.rest.When(last, Mux(d.first, Const(bits, 0), Mux(change, Const(bits, uint64(rule.Hold)), left)))
	}
	change = b.Wire("changes", change)
	takes := change
	if rule.Start == decider.NoStart {
		takes = Or(change, d.first)
	}
	class := Mux(takes, Mux(d.better, row, d.bestRow.Ref()), d.class.Ref())
	if rule.Start != decider.NoStart {
		class = Mux(d.first, Const(row.Bits, uint64(rule.Start)), class)
	}
	class = b.Wire("class_next", class)
	d.class.When(last, class)
	b.Drive(b.out.class, class)
	b.Drive(b.out.changed, change)
}

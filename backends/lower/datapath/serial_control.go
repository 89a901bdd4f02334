package datapath

import (
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/ir"
)

// stages is the number of stages before the update.
func (e *engine) stages() int {
	if e.fused {
		return e.l.K - 1
	}
	return e.l.K
}

func (e *engine) isReadout() bool { return e.index == e.p.Readout.Layer && e.p.Output.When != ir.Mean }

func (e *engine) isMean() bool { return e.index == e.p.Readout.Layer && e.p.Output.When == ir.Mean }

func (e *engine) isLast() bool { return e.index == len(e.p.Layers)-1 }

// waits are the cycles that passes wait for what is written before them.
type waits struct{ start, stage, update, read, idle int }

func (e *engine) waits() waits {
	var w waits
	n, stages := e.l.N, e.stages()
	update := e.updatePass()
	first := update
	cycles := 0
	if stages > 0 {
		first = e.stagePass(0)
		for s := range stages - 1 {
			w.stage = max(w.stage, gap(e.stagePass(s), e.stagePass(s+1), n))
		}
		w.update = gap(e.stagePass(stages-1), update, n)
		cycles = stages*(len(first.reads)+w.stage) - w.stage + w.update
	}
	if more := e.conversion - 1 - cycles; more > 0 {
		if stages > 0 {
			w.update += more
		} else {
			w.start = more
		}
	}
	// Words of the next step's first stage are not written before the last of the update.
	w.idle = max(e.ahead()+e.extra, gap(update, first, n)-1)
	if m := e.mean; m != nil {
		if tail := update.late + m.constants() + 1; cycles < tail { // sums are still added up
			w.idle = max(w.idle, tail)
		}
	}
	if e.readUnits > 0 {
		w.read = max(e.ahead(), gap(update, e.readPass(e.readUnits), n))
	}
	return w
}

// control adds an engine's counters and what runs when.
func (e *engine) control() {
	l := e.l
	e.Scope(e.name)
	defer e.Scope("")
	if e.isReadout() {
		e.readUnits, e.readRows = e.readShape()
	}
	e.Section("%s: what runs when", l.Name)
	e.Of(e.index, lower.PartRecurrence)
	if e.isMean() {
		e.mean = e.newMean(e.l, e.slots())
		e.readRows = e.mean.rows
		e.openMean(e.mean)
	}
	w := e.waits()
	stages := e.stages()
	if stages > 0 {
		e.transforming = e.Reg("transforming", 1, "a stage of the transform").ResetTo(0)
	}
	e.updating = e.Reg("updating", 1, "the update").ResetTo(0)
	if e.readUnits > 0 {
		e.reading = e.Reg("reading", 1, "the outputs add up").ResetTo(0)
		e.held = e.Ahead("hold", 1)
	}
	ready := One()
	if e.below != nil {
		ready = e.below.done.Ref()
	}
	if e.isLast() {
		for _, other := range e.engines[:e.index] {
			if other != e.below {
				ready = And(ready, other.done.Ref())
			}
		}
	}

	if e.mean != nil {
		ready = And(ready, e.mean.pending.Ref().Not())
	}

	// Waiting.
	settled := One()
	if most := max(w.start, w.stage, w.update, w.read, w.idle); most > 0 {
		n := counts(most + 1)
		e.wait = e.Reg("wait", n, "cycles until all is written, or converted, that is read next").ResetTo(0)
		settled = e.wait.Ref().Any().Not()
		e.wait.When(settled.Not(), Sub(e.wait.Ref(), Const(n, 1)))
	}
	on := func(s *Signal) *Expr {
		if s == nil {
			return Zero()
		}
		return And(s.Ref(), settled)
	}
	e.stageOn = on(e.transforming)
	updateOn := And(on(e.updating), ready)
	if e.wait != nil || !ready.constant() {
		e.stageOn = e.Wire("stage_on", e.stageOn)
		updateOn = e.Wire("update_on", updateOn)
	}

	// The counters.
	i := e.Reg("i", e.at, "the number of the word's first unit").ResetTo(0)
	e.i = i.Ref()
	mask := e.strides()
	next := e.Wire("next", AddCarry(i.Ref().To(e.at+1), mask.To(e.at+1), One()))
	var endWord *Expr
	if n := l.N; n == 1 {
		endWord = One()
	} else if n&(n-1) == 0 {
		endWord = next.Bit(e.at)
	} else {
		endWord = e.Wire("end_word", Or(i.Ref(), mask).Is(n-1))
	}
	u := &e.u
	u.i, u.on = i.Ref(), updateOn
	groupEnds := One()
	u.first, u.last = One(), One()
	if e.cycles > 1 {
		n := counts(e.cycles)
		col := e.Reg("column", n, "the group of columns").ResetTo(0)
		u.col = col.Ref()
		u.first = col.Ref().Any().Not()
		u.last = e.Wire("column_last", col.Ref().Is(e.cycles-1))
		col.When(updateOn, Mux(u.last, Const(n, 0), Add(col.Ref(), Const(n, 1))))
		groupEnds = u.last
	}
	wordEnds := groupEnds
	u.wordFirst = u.first
	if e.subs > 1 {
		n := count(e.subs)
		sub := e.Reg("sub", n, "the group of units within the word").ResetTo(0)
		u.sub = sub.Ref()
		sub.When(And(updateOn, groupEnds), Add(sub.Ref(), Const(n, 1)))
		wordEnds = And(groupEnds, sub.Ref().All())
		u.wordFirst = And(u.wordFirst, sub.Ref().Any().Not())
	}
	step := Or(e.stageOn, And(updateOn, wordEnds))
	if e.readUnits > 0 {
		read := on(e.reading)
		e.endRow = endWord
		e.readOn = e.Wire("read_on", And(read, And(endWord, e.held.Ref()).Not()))
		step = Or(step, e.readOn)
	}
	step = e.Wire("step", step)
	after := And(next.Slice(e.at-1, 0), mask.Not())
	if l.N&(l.N-1) != 0 {
		after = Mux(endWord, Const(e.at, 0), after)
	}
	if l.N == 1 {
		after = Const(1, 0)
	}
	i.When(step, after)

	// The passes.
	pass := e.Wire("pass_ends", And(step, endWord))
	endUpdate := And(pass, e.updating.Ref())
	e.endUpdate = endUpdate
	begins := e.start
	e.pause(e.start, w.start)
	if stages > 0 {
		endStage := And(pass, e.transforming.Ref())
		e.pause(endStage, w.stage)
		begins = And(endStage, e.mask.Ref().Bit(stages-1))
		e.pause(begins, w.update)
		e.transforming.When(begins, Zero())
		e.transforming.When(e.start, One())
	}
	e.updating.When(endUpdate, Zero())
	e.updating.When(begins, One())
	e.pause(endUpdate, w.idle)
	if e.mask != nil {
		shift := Or(e.start, pass)
		low := e.start
		if l.K == 1 {
			e.mask.When(shift, low)
		} else {
			e.mask.When(shift, Cat(e.mask.Ref().Slice(l.K-2, 0), low))
		}
		if e.residue != nil {
			r := e.residue.Ref()
			e.residue.When(pass, Cat(r.Slice(e.w-2, 0), r.Top()))
			e.residue.When(e.start, Const(e.w, 1))
		}
	}
	busy := e.updating.Ref()
	if e.transforming != nil {
		busy = Or(busy, e.transforming.Ref())
	}
	if e.readUnits > 0 {
		e.readControl(pass)
		e.waitRead = w.read
		busy = Or(busy, e.reading.Ref())
	}
	e.idleParts = append(e.idleParts, busy.Not(), settled)
	e.showControl(i, busy)
	e.bundle()
	if !e.isLast() {
		e.done = e.Reg("updated", 1, "in this step").ResetTo(0)
		written := e.delay("written", endUpdate, 3+e.extra+e.ahead(), true)
		e.done.When(written, One())
		e.done.When(e.start, Zero())
	}
	if l.Perm != nil {
		e.half = e.Reg("half", 1, "the half of the banks that holds the state").ResetTo(0)
		e.half.When(e.delay("moves", endUpdate, e.ahead(), true), e.half.Ref().Not())
		if e.courses != nil { // the courses of an input take the same half
			e.half.When(And(e.start, e.courses.newest.Not()), e.half.Ref().Not())
		}
	}
	if e.below != nil {
		f := e.below
		u := e.u
		low := f.w - count(e.lanes)
		at := Const(f.word, 0)
		if e.cycles > 1 && e.u.col.Bits > low {
			at = u.col.Slice(u.col.Bits-1, low).To(f.word)
		}
		f.source, f.sourceOn = at, u.on
	}
}

// showControl has a timing diagram show what runs when.
func (e *engine) showControl(i *Signal, busy *Expr) {
	for _, phase := range []*Signal{e.transforming, e.updating, e.reading} {
		if phase != nil {
			e.Show(e.l.Name, nil, phase.Ref())
		}
	}
	if e.mask != nil {
		e.ShowPhase(e.l.Name, busy, e.mask)
	}
	e.Show(e.l.Name, busy, i.Ref())
	e.Show(e.l.Name, e.updating.Ref(), e.u.sub, e.u.col)
	if e.readUnits > 0 && e.readRows < e.p.Readout.Matrix.Rows {
		e.Show(e.l.Name, e.reading.Ref(), e.group.Ref())
	}
}

// strides adds the registers of the stride and gives the bits of a unit's number that are free in a word.
func (e *engine) strides() *Expr {
	l := e.l
	if l.K == 0 {
		return Const(e.at, 0)
	}
	e.mask = e.Reg("stride", l.K, "one-hot: partners of a stage are so far apart").ResetTo(0)
	m := e.mask.Ref()
	if e.w > 1 {
		e.residue = e.Reg("residue", e.w, "one-hot: the number of the stride's bit, modulo the bits of a bank's number")
	}
	var parts []*Expr
	for j := range e.at {
		bit := Zero()
		if j < l.K {
			bit = m.Bit(j)
		}
		if j < e.w && e.w > 1 {
			free := e.residue.Ref().Bit(j).Not()
			if !e.fused {
				free = And(free, e.transforming.Ref())
			} else if e.readUnits > 0 {
				free = And(free, e.reading.Ref().Not())
			}
			bit = Or(bit, free)
		}
		if j < count(max(1, e.readUnits)) {
			bit = Or(bit, e.reading.Ref())
		}
		parts = append([]*Expr{bit}, parts...)
	}
	mask := Cat(parts...)
	if e.w > 1 || e.readUnits > 1 {
		mask = e.Wire("free", mask, "the bits of i that are free in a word")
	}
	return mask
}

// readShape splits the weights of the readout that are taken in a cycle into units and rows.
func (e *engine) readShape() (units, rows int) {
	best := 0
	all := e.p.Readout.Matrix.Rows
	for v := 1; v <= min(e.a.Readout, 1<<e.w); v *= 2 {
		r := min(e.a.Readout/v, all)
		if c := groupsOf(all, r) * e.l.N / v; best == 0 || c <= best {
			best, units, rows = c, v, r
		}
	}
	return units, groupsOf(all, groupsOf(all, rows))
}

// pause holds an engine for some cycles.
func (e *engine) pause(when *Expr, cycles int) {
	if cycles > 0 {
		e.wait.When(when, Const(e.wait.Bits, uint64(cycles)))
	}
}

// readControl steps through the groups of rows.
func (e *engine) readControl(pass *Expr) {
	groups := groupsOf(e.p.Readout.Matrix.Rows, e.readRows)
	endRow := And(pass, e.reading.Ref())
	endRead := endRow
	n := counts(groups)
	e.group = e.Reg("rows", n, "the outputs that add up").ResetTo(0)
	if groups > 1 {
		lastGroup := e.Wire("rows_last", e.group.Ref().Is(groups-1))
		e.group.When(endRow, Mux(lastGroup, Const(n, 0), Add(e.group.Ref(), Const(n, 1))))
		endRead = And(endRow, lastGroup)
	} else {
		e.group.Set(Const(1, 0))
	}
	e.beginRow = e.i.Slice(e.i.Bits-1, min(e.i.Bits-1, count(e.readUnits))).Any().Not()
	if e.l.N <= e.readUnits {
		e.beginRow = One()
	}
	e.reading.When(endRead, Zero())
}

// reads begins the readout when the last engine has updated its layer.
func (s *serial) reads() {
	last, e := s.engines[len(s.engines)-1], s.engines[s.p.Readout.Layer]
	if e.readUnits == 0 {
		return
	}
	begin := And(last.endUpdate, s.emits())
	e.reading.When(begin, One())
	if e == last {
		e.pause(begin, e.waitRead)
	}
}

// bundle delays what an update begins with where an order is looked up first, and numbers its groups.
func (e *engine) bundle() {
	u := &e.u
	if n := e.ahead(); n > 0 {
		late := func(name string, x *Expr, cleared bool) *Expr {
			if x == nil || x.constant() {
				return x
			}
			return e.delay(name, x, n, cleared)
		}
		u.on = late("update_on_", u.on, true)
		u.first = late("first_", u.first, false)
		u.last = late("last_", u.last, false)
		u.wordFirst = late("word_first_", u.wordFirst, false)
		u.i = late("i_", u.i, false)
		u.col = late("column_", u.col, false)
	}
	u.group = u.i
	if e.fused {
		u.group = fieldsOf(u.i, e.laneMask(e.l.K-1))
	}
	if u.sub != nil {
		if u.group == nil {
			u.group = u.sub
		} else {
			u.group = Cat(u.group, u.sub)
		}
	}
	if u.group == nil {
		u.group = Const(1, 0)
	}
}

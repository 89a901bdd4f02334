package datapath

import (
	"fmt"
	"math/bits"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// parallel builds a design with every butterfly in space: the state lies in registers, and a step is a cycle. What flows in comes
// through a pipeline in front of it, as a constant of each unit or through adders that units share; signs and biases are folded in.
// Behind a step with outputs the pipeline waits for these.
type parallel struct {
	*builder
	l     *lower.Layer
	move  *Expr // the pipeline moves on
	moves *Signal
}

// Limits of a parallel design.
const (
	parallelUnits = 256
	parallelPairs = 80000 // of terms in the rows of the input's weights, among which adders are shared
	parallelTable = 1 << 16
)

// buildParallel is the architecture Parallel.
func buildParallel(p *lower.Plan, a Arch, d *Design) (*Design, error) {
	refuse := func(format string, args ...any) (*Design, error) {
		return nil, refused("arch", "a parallel design "+format, args...)
	}
	if len(p.Layers) > 1 {
		return refuse("has one layer; a serial one takes stacked layers")
	}
	l := folded(&p.Layers[0])
	t := l.Term
	cols := 1
	if t != nil && t.Source != lower.FromOneHot {
		cols = t.Matrix.Cols
	}
	switch {
	case a.Lanes > 1:
		return nil, refused("lanes", "%d butterflies a cycle: a parallel design has one for every pair of values", a.Lanes)
	case a.Update > 1:
		return nil, refused("update", "%d units are updated a cycle: a parallel design updates all %d at once", a.Update, l.N)
	case a.Product != 0 && a.Product != cols:
		return nil, refused("product", "%d weights of a unit a cycle: a parallel design takes all %d at once; a serial one takes one after another", a.Product, cols)
	case l.N > parallelUnits:
		return refuse("has at most %d units, not %d, since every butterfly is in space; a streaming one takes more", parallelUnits, l.N)
	case l.Staged && l.PreSigns != nil:
		return refuse("has no signs before a transform that rounds between its stages; a serial one has")
	case p.Output.When == ir.Mean:
		return refuse("takes no mean; a streaming or serial one does")
	case a.StatePort:
		return refuse("has no port for its state; a streaming or serial one has")
	case t != nil && t.Source == lower.FromVector && t.Mid != identityBoth:
		return refuse("does not rescale a product; a serial one does")
	case t != nil && t.Source == lower.FromVector && termPairs(&t.Matrix) > parallelPairs:
		return refuse("has adders for each weight of the input, for which %d of %d bits are too many; a serial one has them in block RAM", len(t.Matrix.Ints), t.Matrix.Bits)
	case p.Input.Kind == ir.Token && l.N*2*p.Input.Vocab > parallelTable:
		return refuse("has a constant of each unit for each token, %d in all; a serial one takes them from one table", l.N*p.Input.Vocab)
	}
	e := &parallel{builder: &builder{Design: d, p: p, a: a}, l: l}
	d.Doc = append(d.Doc, fmt.Sprintf("%s: %d units in parallel, every butterfly in space.", p.Name, l.N))
	e.open()
	e.moves = e.Ahead("move", 1, "the pipeline moves on: outputs are not in its way")
	e.move = e.moves.Ref()
	e.Define(e.idle, e.move)
	addends, at := e.inflow()
	e.recur(addends, at)
	e.close()
	e.Prune()
	return d, nil
}

// termPairs is how many pairs of terms the rows of a matrix have, when it is written with shifts and additions.
func termPairs(m *lower.Matrix) int {
	pairs := 0
	for r := range m.Rows {
		terms := 0
		for _, w := range m.Ints[r*m.Cols : (r+1)*m.Cols] {
			terms += arith.Digits(w)
		}
		pairs += terms * terms / 2
	}
	return pairs
}

// at is where a step is in the pipeline.
type at struct{ valid, first, last, odd *Expr }

// next is a stage later.
func (e *parallel) next(name string, s at) at {
	valid := e.Reg(name+"_valid", 1).ResetTo(0)
	valid.When(e.move, s.valid)
	e.Show("pipeline", nil, valid.Ref())
	return at{valid.Ref(), e.kept(name+"_first", s.first), e.kept(name+"_last", s.last), e.kept(name+"_odd", s.odd)}
}

// kept is a value a stage later.
func (e *parallel) kept(name string, v *Expr, doc ...string) *Expr {
	if v == nil || v.constant() {
		return v
	}
	r := e.Reg(name, v.Bits, doc...)
	r.Signed = v.Signed
	r.When(e.move, v)
	return r.Ref()
}

// inflow is the pipeline in front of the recurrence: what is added to each unit, bias and all.
func (e *parallel) inflow() (addends []*Expr, s at) {
	e.Section("The step that came in: its flags stand a cycle after its last beat, and so does its input")
	e.Of(0, lower.PartInput)
	valid := e.Reg("in_valid_1", 1).ResetTo(0)
	valid.When(e.move, e.start)
	e.Show("pipeline", nil, valid.Ref())
	s = at{valid.Ref(), e.first, e.last, e.odd}
	if e.p.Input.Kind == ir.Token {
		return e.ofToken(s)
	}
	var x []*Expr
	if e.buffered {
		x = e.shiftedIn("x", e.inData, e.accept, e.p.Input.Size)
	} else {
		r := e.Reg("x", e.inData.Bits)
		r.Signed = e.inData.Signed
		r.When(e.start, e.inData)
		x = []*Expr{r.Ref()}
	}
	t := e.l.Term
	if t == nil {
		return e.added(make([]number, e.l.N), s)
	}
	lo, hi := e.p.Input.Range()
	every := arith.Interval{Lo: lo, Hi: hi}
	in, shift := scaled(t, every)
	if in != identityBoth {
		e.Section("X' of the input: at even and at odd steps a product with a constant")
		e.Of(0, lower.PartInflow)
		each := applied(in, every)
		width, signed := width(each)
		for j := range x {
			var p arith.Phased[*Expr]
			for ph, q := range in {
				p[ph] = e.requantised(numbered([]string{"even", "odd"}[ph], j), x[j], q, width)
			}
			x[j] = e.kept(numbered("scaled", j), Mux(s.odd, p[1], p[0]).typed(signed))
		}
		s, every = e.next("scaled", s), each
	}
	e.Section("the products: additions that units share")
	e.Of(0, lower.PartInflow)
	sums := e.products(t, x, every)
	s = e.next("products", s)
	shifted := map[*Expr]number{}
	flows := make([]number, len(sums))
	for i, v := range sums {
		if _, made := shifted[v]; !made {
			shifted[v] = shiftedOut(shift, number{Value: v}, s.odd)
		}
		flows[i] = shifted[v]
	}
	return e.added(flows, s)
}

// requantised is (x * Mul + half) >> Shift in a width that holds it.
func (e *parallel) requantised(name string, x *Expr, q arith.Requant, width int) *Expr {
	if q == arith.Identity {
		return x.signed().To(max(width, x.signed().Bits)).To(width).AsUnsigned()
	}
	bits := max(x.Bits+1+bits.Len64(uint64(max(q.Mul, -q.Mul))), q.Shift+2, width+max(q.Shift, 0))
	v := x.signed().To(bits)
	if q.Mul != 1 {
		v = e.times(name, x, q.Mul, bits)
	}
	n := number{Value: v}.rounded(q.Shift)
	if n.Carry == nil {
		return n.Value.To(width).AsUnsigned()
	}
	return e.Wire(name+"_rounded", AddCarry(n.Value.To(width), Int(width, 0), n.Carry)).AsUnsigned()
}

// products is the matrix times what flows in, each different row in registers once.
func (e *parallel) products(t *lower.Term, x []*Expr, every arith.Interval) []*Expr {
	m := &t.Matrix
	g := arith.ShareAdders(m.Ints, m.Rows, m.Cols)
	type node struct {
		value *Expr
		in    arith.Interval
	}
	var nodes []node
	for _, v := range x {
		nodes = append(nodes, node{v.signed(), every})
	}
	shifted := func(i arith.Interval, by int) arith.Interval { return arith.Interval{Lo: i.Lo << by, Hi: i.Hi << by} }
	for i, n := range g.Nodes {
		a, b := nodes[n.A], nodes[n.B]
		ia, ib := shifted(a.in, n.ShiftA), shifted(b.in, n.ShiftB)
		sum := arith.Interval{Lo: ia.Lo + ib.Lo, Hi: ia.Hi + ib.Hi}
		if n.Sub {
			sum = arith.Interval{Lo: ia.Lo - ib.Hi, Hi: ia.Hi - ib.Lo}
		}
		w := sum.Bits()
		va, vb := a.value.Up(n.ShiftA).To(w), b.value.Up(n.ShiftB).To(w)
		v := Add(va, vb)
		if n.Sub {
			v = Sub(va, vb)
		}
		nodes = append(nodes, node{e.Wire(fmt.Sprintf("shared%d", i), v.AsSigned()), sum})
	}
	made := map[arith.AdderTerm]*Expr{}
	out := make([]*Expr, m.Rows)
	for r, o := range g.Out {
		if o.Node < 0 {
			out[r] = Int(1, 0)
			continue
		}
		if made[o] == nil {
			v := nodes[o.Node].value.Up(o.Shift)
			if o.Neg {
				v = Sub(Int(v.Bits+1, 0), v.To(v.Bits+1)).AsSigned()
			}
			made[o] = e.kept(fmt.Sprintf("product%d", len(made)), v)
		}
		out[r] = made[o]
	}
	return out
}

// added adds each unit's bias to what flows into it, in registers: units of the same share them.
func (e *parallel) added(in []number, s at) ([]*Expr, at) {
	e.Section("what is added to each unit: what flows in, and its bias")
	e.Of(0, lower.PartInflow, lower.PartBias)
	type sum struct {
		in        number
		even, odd int64
	}
	made := map[sum]*Expr{}
	out := make([]*Expr, e.l.N)
	for i := range out {
		k := sum{in: in[i]}
		if b := e.l.Bias; b[0] != nil {
			k.even, k.odd = b[0][i], b[1][i]
		}
		if made[k] == nil {
			name := numbered("added", len(made))
			n := max(arith.SignedBits(k.even), arith.SignedBits(k.odd))
			v := Int(n, k.even)
			if k.even != k.odd {
				v = Mux(s.odd, Int(n, k.odd), v).AsSigned()
			}
			switch flow := in[i]; {
			case flow.Value == nil || flow.Value.constant() && flow.Value.Value == 0:
			case flow.Carry == nil && v.constant() && v.Value == 0:
				v = flow.Value
			default:
				v = e.plus(name+"_sum", max(n, flow.Value.Bits)+1, v, flow)
			}
			made[k] = e.kept(name, v)
		}
		out[i] = made[k]
	}
	return out, e.next("added", s)
}

// ofToken looks up what is added to each unit: a constant of it, of the token and of the parity.
func (e *parallel) ofToken(s at) ([]*Expr, at) {
	l, t := e.l, e.l.Term
	token := e.Reg("token", e.inData.Bits)
	token.When(e.start, e.inData)
	if t == nil {
		return e.added(make([]number, l.N), s)
	}
	vocab := e.p.Input.Vocab
	values := make([][]int64, l.N) // of parity and token
	width, differ := 1, false
	for i := range values {
		values[i] = make([]int64, 2*vocab)
		for ph := range 2 {
			for v := range vocab {
				a := t.Out[ph].Apply(t.Mid[ph].Apply(ofToken(t, i, v, ph)))
				if l.Bias[ph] != nil {
					a += l.Bias[ph][i]
				}
				values[i][ph*vocab+v] = a
				width = max(width, arith.SignedBits(a))
			}
		}
		for v := range vocab {
			differ = differ || values[i][v] != values[i][vocab+v]
		}
	}
	address, depth := token.Ref(), vocab
	if differ {
		address, depth = Cat(s.odd, address), 1<<token.Bits+vocab
	}
	e.Section("what is added to each unit, of a token: its column and the unit's bias")
	e.Of(0, lower.PartInflow, lower.PartBias)
	perWord := max(1, 64/width)
	var out []*Expr
	for low := 0; low < l.N; low += perWord {
		n := min(perWord, l.N-low)
		init := make([]int64, depth)
		for at := range init {
			ph, v := at>>token.Bits, at&(1<<token.Bits-1)
			for f := range n {
				if v < vocab {
					init[at] |= int64(uint64(values[low+f][ph*vocab+v]) & mask(width) << (f * width))
				}
			}
		}
		m := Memory{Name: numbered("columns", low/perWord), Bits: n * width, Depth: depth, Init: init, Style: Block}
		var word *Expr
		if depth <= smallTable {
			m.Style = Logic
			word = e.kept(numbered("column", low/perWord), Lookup(e.Memory(m), address))
		} else {
			word = e.Read(e.Memory(m), numbered("column", low/perWord), address, e.move)
		}
		for f := range n {
			out = append(out, word.Slice(f*width+width-1, f*width).AsSigned())
		}
	}
	return out, e.next("added", s)
}

// ofToken is a unit's product with a token's vector.
func ofToken(t *lower.Term, unit, token, ph int) int64 {
	m := &t.Matrix
	if t.Source == lower.FromOneHot {
		return m.Ints[unit*m.Cols+token] * t.In[ph].Apply(1)
	}
	var sum int64
	for c, v := range t.Embed.Ints[token*m.Cols : token*m.Cols+m.Cols] {
		sum += m.Ints[unit*m.Cols+c] * t.In[ph].Apply(v)
	}
	return sum
}

// value is an integer as a wire has it: that, or its negative.
type value struct {
	wire     *Expr
	negative bool
}

// recur is the recurrence, and the readout behind it.
func (e *parallel) recur(addends []*Expr, s at) {
	l := e.l
	e.Section("The state: zero before a sequence")
	e.Of(0, lower.PartState)
	g := make([]*Signal, l.N)
	z := make([]value, l.N)
	for i := range g {
		g[i] = e.RegSigned(fmt.Sprintf("g%d", i), l.Bits).ResetTo(0)
		z[i] = value{g[i].Ref(), l.PreSigns != nil && l.PreSigns[i] < 0}
	}
	for stage, stride := 1, 1; stride < l.Block; stage, stride = stage+1, stride*2 {
		e.Section("Butterflies of units %d apart", stride)
		e.Of(0, lower.PartRecurrence)
		for i := range z {
			if i&stride == 0 {
				z[i], z[i|stride] = e.butterfly(stage, stride, i, z[i], z[i|stride], s.odd)
			}
		}
	}
	e.Section("The update: sign, rounding, what flows in, saturation")
	e.Of(0, lower.PartRecurrence, lower.PartBias)
	step := e.Wire("step", And(e.move, s.valid), "the state takes a step")
	news := make([]*Expr, l.N)
	for i := range news {
		from := i
		if l.Perm != nil {
			from = l.Perm[i]
		}
		r := row{value: z[from].wire}
		if z[from].negative {
			r.minus = One()
		}
		if (l.Signs[i] < 0) != z[from].negative {
			r.inverted = One()
			r.value = r.value.Not()
		}
		name := fmt.Sprintf("next%d", i)
		kept := roundedRow(l, r, s.odd)
		if k := l.LeakOf(i); k != 0 {
			v := e.whole(name, l, kept, []int{k})
			kept = number{Value: e.plus(name+"_kept", v.Bits, v, leak(v, []int{k}, r.negative(), nil))}
		}
		news[i], _ = e.settled(name, l, addends[i].signed(), kept)
		g[i].When(step, news[i])
	}
	e.Show(l.Name, nil, step)
	for _, unit := range g[:min(len(g), 4)] {
		e.Show(l.Name, nil, unit.Ref())
	}
	e.readout(g, step, s)
}

// butterfly is the sum and the difference of two values.
func (e *parallel) butterfly(stage, stride, i int, a, b value, odd *Expr) (sum, difference value) {
	l := e.l
	n := max(a.wire.Bits, b.wire.Bits) + 1
	if l.ZBits > 0 {
		n = min(n, max(l.ZBits, n-1))
	}
	x, y := a.wire.To(n), b.wire.To(n)
	name := func(what string) string { return fmt.Sprintf("%s%d_%d", what, stride, i) }
	plus := e.Wire(name("sum"), Add(x, y).AsSigned())
	minus := e.Wire(name("difference"), Sub(x, y).AsSigned())
	sum, difference = value{plus, a.negative}, value{minus, a.negative}
	if a.negative != b.negative {
		sum, difference = difference, sum
	}
	even, odds := l.Halves(stage, arith.Even), l.Halves(stage, arith.Odd)
	if !even && !odds {
		return sum, difference
	}
	halved := func(name string, v *Expr) *Expr {
		half := e.Wire(name, AddCarry(v.Down(1), Int(v.Bits-1, 0), v.Bit(0)).AsSigned())
		switch {
		case even && odds:
			return half
		case odds:
			return e.Wire(name+"_or_not", Mux(odd, half.To(v.Bits), v).AsSigned())
		}
		return e.Wire(name+"_or_not", Mux(odd, v, half.To(v.Bits)).AsSigned())
	}
	return value{halved(name("sum_half"), sum.wire), false}, value{halved(name("difference_half"), difference.wire), false}
}

// readout takes a few units a cycle past as many products, row after row; the pipeline waits until the outputs have left.
func (e *parallel) readout(g []*Signal, step *Expr, s at) {
	ro := &e.p.Readout
	m := &ro.Matrix
	n := len(g)
	lanes := 1
	for lanes*2 <= min(max(e.a.Readout, 1), n) && n%(lanes*2) == 0 {
		lanes *= 2
	}
	words := n / lanes
	e.Section("The readout: %d unit%s a cycle, row after row. The pipeline waits until all outputs of the step have left", lanes, plural(lanes))
	e.Of(0, lower.PartReadout)
	emits := s.last
	if e.p.Output.When == ir.EveryStep {
		emits = One()
	}
	pending := e.Reg("pending", 1, "outputs of the state are to leave").ResetTo(0)
	ended := e.Reg("ended", 1, "the state is that of a sequence's last step")
	odd := e.Reg("state_odd", 1, "of the step whose state it is")
	reading := e.Reg("reading", 1, "the state is read").ResetTo(0)
	e.Define(e.moves, pending.Ref().Not())
	ended.When(step, s.last)
	odd.When(step, s.odd)
	r := &rows{lanes: 1, groups: m.Rows, words: words, odd: odd.Ref()}
	if e.p.Decide != nil {
		first := e.Reg("state_of_first", 1, "it is that of the first step of a sequence")
		first.When(step, s.first)
		r.first = first.Ref()
	}

	wb, rb := counts(words), counts(m.Rows)
	word := e.Reg("word", wb).ResetTo(0)
	row := e.Reg("row", rb).ResetTo(0)
	e.Show("readout", nil, pending.Ref(), reading.Ref())
	e.Show("readout", reading.Ref(), row.Ref(), word.Ref())
	first, lastWord := word.Ref().Is(0), word.Ref().Is(words-1)
	if words == 1 {
		first, lastWord = One(), One()
	}
	held := e.Ahead("hold", 1, "outputs wait")
	reads := e.Wire("reads", And(reading.Ref(), And(lastWord, held.Ref()).Not()))
	lastRow := e.Wire("last_row", row.Ref().Is(m.Rows-1))
	word.When(reads, Mux(lastWord, Const(wb, 0), Add(word.Ref(), Const(wb, 1))))
	row.When(And(reads, lastWord), Mux(lastRow, Const(rb, 0), Add(row.Ref(), Const(rb, 1))))
	reading.When(And(reads, lastWord, lastRow), Zero())
	reading.When(step, emits)

	w := weightsOf(m.Ints)
	address, depth, split := e.scanAddress(row.Ref(), word.Ref(), words, m.Rows, reads)
	entries := e.readoutWeights(w, 1, lanes, depth, func(at, _, lane int) int64 {
		r, k := split(at)
		if r >= m.Rows {
			return 0
		}
		return m.Ints[r*m.Cols+k*lanes+lane]
	}, address)
	x := arith.Interval{Lo: -1 << (e.l.Bits - 1), Hi: 1<<(e.l.Bits-1) - 1}
	if ro.Relu {
		x.Lo = 0
	}
	most := min(OutputBits(e.p), bound(m, x).Bits())
	var all []number
	for k := range lanes {
		name := laned("read", lanes, k)
		var units []*Expr
		for j := k; j < n; j += lanes {
			units = append(units, g[j].Ref())
		}
		unit := e.Delayed(name+"_unit", e.pick(units, word.Ref()))
		var zero *Expr
		if ro.Relu {
			zero = unit.Top()
		}
		all = append(all, e.product(name, w, entries[k], unit, zero)...)
	}
	sum := e.sum("read", all, most)
	late := 2
	if len(all) > 2 { // the tree has a cycle of its own
		late++
		sum.Value = e.Delayed("read_total", sum.Value)
		if sum.Carry != nil {
			sum.Carry = e.Delayed("read_carry", sum.Carry)
		}
	}
	r.valid, r.begin, r.end, r.group, r.late, r.products = reads, first, lastWord, row.Ref(), late, []number{sum}
	busy, left := e.outputs(r)
	e.Define(held, busy)
	e.Section("The next step may come; behind a sequence the state is zero again")
	e.Of(0, lower.PartState)
	done := e.Wire("outputs_left", left)
	pending.When(done, Zero())
	pending.When(step, emits)
	for i := range g {
		g[i].When(And(done, ended.Ref()), Int(e.l.Bits, 0))
	}
}

// pick is the value of a number among some, by a tree.
func (e *parallel) pick(all []*Expr, at *Expr) *Expr {
	for bit := 0; len(all) > 1; bit++ {
		var next []*Expr
		for i := 0; i < len(all); i += 2 {
			if i+1 == len(all) {
				next = append(next, all[i])
				continue
			}
			next = append(next, Mux(at.Bit(bit), all[i+1], all[i]))
		}
		all = next
	}
	return all[0]
}

func numbered(name string, i int) string { return fmt.Sprintf("%s%d", name, i) }

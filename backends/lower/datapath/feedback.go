package datapath

import (
	"fmt"
	"math/bits"

	"github.com/hrnnc/hrnnc/backends/lower"
)

// feedback is a transform whose stages are delay lines that feed back: a block of m values enters, Lanes of them a cycle, in
// natural order, and leaves in natural order, m/Lanes - 1 cycles and one a stage later. The next block may enter at once, or
// any time later: the lines run on.
type feedback struct {
	m     int // order of the transform, a power of two
	lanes int // a power of two, at most m
	// most is the width that holds every value inside, 0 for a bit more a stage.
	most int
	// ascending runs the stages in the order of their strides, as staged rounding has them. Otherwise the longest lines come
	// first, where values are narrowest.
	ascending bool
	// halve says whether the sums are halved after a stage, which is counted from 1; nil for never. tag is what began with
	// the block that passes.
	halve func(stage int, tag *Expr) *Expr
	// shortest is the length of the shortest line in block RAM; 0 keeps all lines in flip-flops.
	shortest int
	// plain makes the last stage give the values themselves, not their complements.
	plain bool
}

// flow is a stream of values inside a design: lanes side by side, begin in the cycle before the first values of a block, and
// tag, which holds from that cycle's end on until the next block begins; nil where nothing follows the blocks.
//
// Lanes hold the complements of their values, ~x = -x - 1, in every bit. A butterfly needs one of its operands in both forms,
// because a carry chain subtracts by adding a complement; of a complement that comes from a flip-flop, the form that waits in a
// line and the difference share a table a bit.
type flow struct {
	lanes []*Expr
	begin *Expr
	tag   *Expr
	plain bool // lanes hold the values themselves; the first stage alone may take them
	// inverses are the lanes' opposite forms, nil where an inverter makes it: see across.
	inverses []*Expr
}

// latency is the cycles from the values that enter to those that leave.
func (f feedback) latency() int { return f.m/f.lanes - 1 + bits.Len(uint(f.m)) - 1 }

// strides lists the stages by stride, in their order.
func (f feedback) strides() []int {
	var out []int
	for s := 1; s < f.m; s *= 2 {
		if f.ascending {
			out = append(out, s)
		} else {
			out = append([]int{s}, out...)
		}
	}
	return out
}

// build adds the stages to a design.
func (f feedback) build(d *Design, in flow) flow {
	longest := 0
	for s := f.m / 2 / f.lanes; s >= max(1, f.shortest) && f.shortest > 0; s /= 2 {
		longest = max(longest, s)
	}
	var at *Expr
	if longest > 0 {
		n := bits.Len(uint(longest - 1))
		d.Section("addresses of the lines in block RAM: every line takes the low bits that it has")
		d.Of(0, lower.PartRecurrence)
		count := d.Reg("line", n).ResetTo(0)
		count.Set(Add(count.Ref(), Const(n, 1)))
		at = count.Ref()
	}
	strides := f.strides()
	for i, stride := range strides {
		plain := f.plain && i == len(strides)-1
		if stride < f.lanes {
			next := 0
			if i+1 < len(strides) && f.halve == nil && strides[i+1] < f.lanes {
				next = strides[i+1]
			}
			in = f.across(d, in, stride, next, plain)
		} else {
			in = f.line(d, in, stride/f.lanes, at, plain)
		}
		if f.halve == nil {
			continue
		}
		if when := f.halve(i+1, in.tag); !when.constant() || when.Value == 1 {
			for l, x := range in.lanes { // ~((x + 1) >> 1) = (~x - 1) >> 1
				less := d.Wire(f.name("less", stride, l), Sum(x.Bits+1, x, Int(1, -1)))
				in.lanes[l] = d.Wire(f.name("half", stride, l), Mux(when, less.Down(1), x))
			}
		}
	}
	return in
}

func (f feedback) name(what string, stride, lane int) string {
	if f.lanes == 1 {
		return fmt.Sprintf("%s%d", what, stride)
	}
	return fmt.Sprintf("%s%d_%d", what, stride, lane)
}

func (f feedback) width(bits int) int {
	if f.most > 0 {
		return min(bits+1, max(f.most, bits))
	}
	return bits + 1
}

// later passes begin and tag on, so many cycles after they came.
func (f feedback) follow(d *Design, in flow, stride int, begin *Expr) flow {
	out := flow{begin: begin}
	if in.tag != nil {
		tag := d.Reg(f.name("tag", stride, 0), in.tag.Bits)
		tag.When(begin, in.tag)
		out.tag = tag.Ref()
	}
	return out
}

// across is a stage between lanes; next is the stride of a stage that follows at once, 0 for none.
//
// A difference takes the opposite form of one operand, whose inverters lie in front of the carry chain. Of the two lowest bits, where the
// chain begins, the opposite form comes from flip-flops of its own instead: a table of four inputs each, as an inverter is one.
func (f feedback) across(d *Design, in flow, stride, next int, plain bool) flow {
	d.Section("stage of pairs %d apart: between lanes", stride)
	d.Of(0, lower.PartRecurrence)
	begin := d.Reg(f.name("begin", stride, 0), 1).ResetTo(0)
	begin.Set(in.begin)
	out := f.follow(d, in, stride, begin.Ref())
	out.lanes, out.inverses = make([]*Expr, f.lanes), make([]*Expr, f.lanes)
	for l, x := range in.lanes {
		if l&stride != 0 {
			continue
		}
		// ~(a + b) = ~a + ~b + 1 and ~(a - b) = ~a + b
		n := f.width(x.Bits)
		upper := l | stride
		other := in.lanes[upper]
		var sum, difference *Expr
		if in.plain {
			sum = d.Wire(f.name("sum", stride, l), Add(x.To(n), other.To(n))).Not()
			difference = d.Wire(f.name("difference", stride, l), Add(x.Not().To(n), other.To(n)))
		} else {
			opposite := other.Not()
			if in.inverses != nil && in.inverses[upper] != nil {
				opposite = in.inverses[upper]
			}
			sum = d.Wire(f.name("sum", stride, l), AddCarry(x.To(n), other.To(n), One()))
			difference = d.Wire(f.name("difference", stride, l), Add(x.To(n), opposite.To(n)))
		}
		y := d.Delayed(f.name("y", stride, l), f.given(sum, plain))
		out.lanes[l] = y
		out.lanes[upper] = d.Delayed(f.name("y", stride, upper), f.given(difference, plain))
		if x.Bits < 2 || l&next == 0 { // whose first operands next takes these
			continue
		}
		sumLow, differenceLow := lowest(x, other, in.plain)
		for i, lane := range []int{l, upper} {
			inverse := d.Delayed(f.name("low", stride, lane), []*Expr{sumLow, differenceLow}[i], "the opposite form of the lowest bits")
			out.inverses[lane] = Cat(out.lanes[lane].Not().Slice(n-1, 2), inverse).AsSigned()
		}
	}
	return out
}

// lowest are the two lowest bits of a + b and a - b, from the complements of a and b or, plain, from these.
func lowest(a, b *Expr, plain bool) (sum, difference *Expr) {
	if !plain {
		a, b = a.Not(), b.Not()
	}
	bits := func(carry *Expr) *Expr {
		return Cat(Xor(a.Bit(1), b.Bit(1), carry), Xor(a.Bit(0), b.Bit(0)))
	}
	return bits(And(a.Bit(0), b.Bit(0))), bits(And(a.Bit(0).Not(), b.Bit(0)))
}

// given is a value from its complement, or that.
func (f feedback) given(complement *Expr, plain bool) *Expr {
	if plain {
		return complement.Not()
	}
	return complement
}

// line is a stage whose pairs are n cycles apart: the first n values wait in a line of n; while the next n enter, sums leave
// and differences wait, and leave while the n after that enter.
func (f feedback) line(d *Design, in flow, n int, at *Expr, plain bool) flow {
	stride := n * f.lanes
	d.Section("stage of pairs %d apart: a line of %d", stride, n)
	d.Of(0, lower.PartRecurrence)
	k := bits.Len(uint(n - 1)) // bits that count the line
	time := d.Reg(f.name("time", stride, 0), k+1, "of the block in this stage")
	time.Set(Add(time.Ref(), Const(k+1, 1)))
	time.When(in.begin, Const(k+1, 0))
	phase := time.Ref().Bit(k)
	armed := d.Reg(f.name("armed", stride, 0), 1, "the first sum has not left").ResetTo(0)
	armed.Set(Or(in.begin, And(armed.Ref(), phase.Not())))
	begin := d.Wire(f.name("begin", stride, 0), And(armed.Ref(), phase))
	out := f.follow(d, in, stride, begin)
	pairs := make([]pair, f.lanes)
	for l, x := range in.lanes {
		pairs[l] = f.pair(d, x, phase, stride, l)
	}
	if f.shortest > 0 && n >= f.shortest {
		var fed []*Expr
		for _, p := range pairs {
			fed = append(fed, p.fed)
		}
		m := d.bundle(Memory{Name: f.name("line", stride, 0), Bits: fed[0].Bits, Depth: n, Style: Block, Signed: true,
			Doc: "a word is read a cycle ahead and written where it was read"}, f.lanes, f.lanes)
		for l, word := range m.read(d, f.name("first", stride, 0), at.To(k), nil) {
			d.Define(pairs[l].front, word)
		}
		m.write(One(), d.Delayed(f.name("written", stride, 0), at.To(k)), fed)
	} else {
		for l, p := range pairs {
			line := p.fed
			for i := range n {
				line = d.Delayed(fmt.Sprintf("%s_%d", f.name("line", stride, l), i), line)
			}
			d.Define(p.front, line)
		}
	}
	for l, p := range pairs {
		y := d.RegSigned(f.name("y", stride, l), p.fed.Bits)
		front := p.front.Ref()
		sum := d.Wire(f.name("sum", stride, l), Add(front, p.x.To(front.Bits)))
		y.Set(f.given(Mux(phase, sum, front).Not(), plain))
		out.lanes = append(out.lanes, y.Ref())
	}
	return out
}

// pair is a lane of a line: what enters, what entered a line's length ago, and what is fed to the line.
type pair struct {
	x, fed *Expr
	front  *Signal
}

func (f feedback) pair(d *Design, complement, phase *Expr, stride, lane int) pair {
	w := f.width(complement.Bits)
	front := d.Ahead(f.name("front", stride, lane), w, "what entered the line a line's length ago")
	front.Signed = true
	x := d.Wire(f.name("x", stride, lane), complement.Not())
	fed := d.Wire(f.name("fed", stride, lane), Mux(phase, Sub(front.Ref(), x.To(w)), x.To(w)))
	return pair{x: x, fed: fed, front: front}
}

package datapath

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// weights says how the entries of a matrix lie in tables and how they meet values.
type weights struct {
	bits   int // of an entry in a table
	binary bool
	two    bool // some entry takes a digit of two
}

// weightsOf chooses the shortest code for entries: a bit for +1 and -1, else two's complement.
func weightsOf(ints []int64) weights {
	w := weights{bits: 1, binary: true}
	for _, q := range ints {
		if q != 1 && q != -1 {
			w.binary = false
		}
		w.bits = max(w.bits, arith.SignedBits(q))
	}
	if w.binary {
		w.bits = 1
		return w
	}
	for _, q := range ints {
		for i := 0; i < w.bits; i += 2 {
			high, mid, low := q>>(i+1)&1, q>>i&1, int64(0)
			if i > 0 {
				low = q >> (i - 1) & 1
			}
			w.two = w.two || mid == low && high != mid
		}
	}
	w.bits = max(w.bits, 2)
	return w
}

// code is an entry as the table has it: for binary weights a bit that negates.
func (w weights) code(q int64) int64 {
	if w.binary {
		return (1 - q) / 2
	}
	return q
}

// digits is the number of additions that a product takes, each of -2, -1, 0, 1 or 2 times the value.
func (w weights) digits() int { return (w.bits + 1) / 2 }

// number is Value + Carry, where Carry is one bit or nil for none: what is left of a sum until an adder takes the carry.
type number struct {
	Value *Expr
	Carry *Expr
}

// product begins the product of an entry with a value: digits times the value, in registers a cycle later. Where zero is 1
// (nil: never) the value counts as 0. Signed and of the least width that its digits need. (Booth, "A signed binary
// multiplication technique", 1951, two bits a digit.) Where multipliers are allowed one of them makes it.
func (b *builder) product(name string, w weights, entry, value, zero *Expr) []number {
	if zero != nil && zero.constant() && zero.Value == 0 {
		zero = nil
	}
	value = value.signed()
	var out []number
	bit := func(i int) *Expr {
		if i < 0 {
			return Zero()
		}
		return entry.Bit(min(i, w.bits-1))
	}
	if w.binary {
		return []number{b.digit(name, value, entry, nil, zero)}
	}
	if b.a.Multipliers && w.digits() > 1 {
		if zero != nil {
			value = Gate(zero.Not(), value)
		}
		// The registers stand before the multiplier: yosys 0.23 joins those behind one wrongly where there are two.
		weight, factor := b.Delayed(name+"_weight", entry.AsSigned()), b.Delayed(name+"_factor", value)
		return []number{{Value: b.Wire(name, Mul(weight, factor))}}
	}
	for i := range w.digits() {
		high, mid, low := bit(2*i+1), bit(2*i), bit(2*i-1)
		same := Xor(mid, low).Not()
		none := And(same, Xor(high, mid).Not())
		if i == 0 {
			none = And(mid.Not(), high.Not())
			same = mid.Not()
		}
		if 2*i+1 >= w.bits { // the highest digit of an odd number of bits is -1, 0 or 1
			none, same = same, nil
		}
		if !w.two {
			same = nil
		}
		if zero != nil {
			none = Or(none, zero)
		}
		n := b.digit(fmt.Sprintf("%s_digit%d", name, i), value, high, same, none)
		n.Value = n.Value.AsSigned()
		n = n.up(2 * i)
		out = append(out, n)
	}
	return out
}

// up is a number times 2^n.
func (n number) up(k int) number {
	if k == 0 {
		return n
	}
	low := Const(k, 0)
	if n.Carry != nil {
		low = Repeat(k, n.Carry)
	}
	return number{Cat(n.Value, low).AsSigned(), n.Carry}
}

func (b *builder) digit(name string, value, negate, double, none *Expr) number {
	v := value
	if double != nil {
		v = Mux(double, value.Up(1), value.To(value.Bits+1)).AsSigned()
	}
	r := b.RegSigned(name, v.Bits)
	r.Set(NotIf(negate, v).AsSigned())
	c := b.Reg(name+"_negated", 1)
	c.Set(negate)
	if none != nil {
		r.When(none, Int(v.Bits, 0))
		c.When(none, Zero())
	}
	return number{r.Ref(), c.Ref()}
}

// sum adds numbers in a tree, each adder taking a carry; one carry may be left. most is the width that holds the whole sum.
func (b *builder) sum(name string, all []number, most int) number {
	var carries []*Expr
	var values []*Expr
	for _, n := range all {
		values = append(values, n.Value)
		if n.Carry != nil {
			carries = append(carries, n.Carry)
		}
	}
	i := 0
	for len(values) > 1 {
		var next []*Expr
		for k := 0; k+1 < len(values); k += 2 {
			bits := min(max(values[k].Bits, values[k+1].Bits)+1, most+1)
			carry := Zero()
			if len(carries) > 0 {
				carry, carries = carries[0], carries[1:]
			}
			s := AddCarry(values[k].To(bits), values[k+1].To(bits), carry).AsSigned()
			next = append(next, b.Wire(fmt.Sprintf("%s_sum%d", name, i), s))
			i++
		}
		if len(values)%2 == 1 {
			next = append(next, values[len(values)-1])
		}
		values = next
	}
	n := number{Value: values[0]}
	for _, c := range carries {
		if n.Carry != nil { // more carries than adders: only where a sum has one value of several
			panic("datapath: carries without adders")
		}
		n.Carry = c
	}
	return n
}

// plus adds a number to a value of bits bits, modulo 2^bits, under a name.
func (b *builder) plus(name string, bits int, value *Expr, n number) *Expr {
	carry := n.Carry
	if carry == nil {
		carry = Zero()
	}
	return b.Wire(name, AddCarry(value.To(bits), n.Value.To(bits), carry).AsSigned())
}

// times is a value times a constant by shifts and additions, in a wire; the width holds every product.
func (b *builder) times(name string, value *Expr, factor int64, bits int) *Expr {
	g := arith.ShareAdders([]int64{factor}, 1, 1)
	nodes := []*Expr{value.signed()}
	for i, n := range g.Nodes {
		x, y := nodes[n.A].Up(n.ShiftA).To(bits), nodes[n.B].Up(n.ShiftB).To(bits)
		s := Add(x, y)
		if n.Sub {
			s = Sub(x, y)
		}
		nodes = append(nodes, b.Wire(fmt.Sprintf("%s_%d", name, i), s.AsSigned()))
	}
	o := g.Out[0]
	if o.Node < 0 {
		return Int(bits, 0)
	}
	v := nodes[o.Node].Up(o.Shift).To(bits).AsSigned()
	if o.Neg {
		v = b.Wire(name+"_negated", Sub(Int(bits, 0), v).AsSigned())
	}
	return v
}

// rounded is a number shifted to the right by half-up rounding, or to the left: what is left of the rounding is a carry.
func (n number) rounded(shift int) number {
	switch {
	case shift < 0:
		return n.up(-shift)
	case shift == 0:
		return n
	}
	v := n.Value.To(max(n.Value.Bits, shift+1))
	half := v.Bit(shift - 1)
	if n.Carry != nil {
		rest := n.Carry
		if shift > 1 {
			rest = And(rest, v.Slice(shift-2, 0).All())
		}
		half = Or(half, rest)
	}
	return number{v.Down(shift), half}
}

// byPhase is one number at even steps and another at odd ones.
func byPhase(odd *Expr, p arith.Phased[number], same bool) number {
	if same {
		return p[0]
	}
	bits := max(p[0].Value.Bits, p[1].Value.Bits)
	out := number{Value: Mux(odd, p[1].Value.To(bits), p[0].Value.To(bits)).AsSigned()}
	if p[0].Carry != nil || p[1].Carry != nil {
		carry := func(n number) *Expr {
			if n.Carry == nil {
				return Zero()
			}
			return n.Carry
		}
		out.Carry = Mux(odd, carry(p[1]), carry(p[0]))
	}
	return out
}

// bound is the range of a matrix times a vector of entries in a range.
func bound(m *lower.Matrix, x arith.Interval) arith.Interval {
	var all arith.Interval
	for r := range m.Rows {
		var lo, hi int64
		for _, w := range m.Ints[r*m.Cols : (r+1)*m.Cols] {
			lo += min(w*x.Lo, w*x.Hi)
			hi += max(w*x.Lo, w*x.Hi)
		}
		all = all.Union(arith.Interval{Lo: lo, Hi: hi})
	}
	return all
}

// columnOf looks up what a token's column of a matrix adds to units, shifts and all, a cycle after their address; later is the
// parity of the step at that time.
func (b *builder) columnOf(t *lower.Term, s slots, token, later *Expr) []*Expr {
	m := &t.Matrix
	worth := func(q int64, ph int) int64 { return t.Out[ph].Apply(t.Mid[ph].Apply(q * t.In[ph].Apply(1))) }
	var x arith.Interval
	same := true
	for _, q := range m.Ints {
		for ph := range 2 {
			v := worth(q, ph)
			x = x.Union(arith.Interval{Lo: v, Hi: v})
		}
		same = same && worth(q, 0) == worth(q, 1)
	}
	w := weightsOf(m.Ints)
	direct := w.bits > 4 || same && x.Bits() <= w.bits
	width, byPhase := w.bits, false
	if direct {
		width, byPhase = x.Bits(), !same
	}
	group := s.at.Bits
	at := Cat(token, s.at)
	depth := m.Cols << group
	if byPhase {
		at, depth = Cat(s.odd, at), depth+1<<at.Bits
	}
	entries := b.wideRom("weights", width, direct, depth, s.lanes, func(word, lane int) int64 {
		ph := 0
		if byPhase {
			ph = word >> (at.Bits - 1) & 1
		}
		column, g := word>>group&(1<<token.Bits-1), word&(1<<group-1)
		if column >= m.Cols || g >= s.groups {
			return 0
		}
		q := m.Ints[s.unit(g, lane)*m.Cols+column]
		if direct {
			return worth(q, ph)
		}
		return w.code(q)
	}, at, m.Name+": the tokens' columns, one after another")
	if direct {
		return entries
	}
	init := make([]int64, 2<<w.bits)
	for i := range init {
		q := int64(signExtend(uint64(i)&mask(w.bits), w.bits))
		if w.binary {
			q = 1 - 2*int64(i&1)
		}
		v := worth(q, i>>w.bits)
		if x.Lo <= v && v <= x.Hi {
			init[i] = v
		}
	}
	var out []*Expr
	for lane, entry := range entries {
		table := b.Memory(Memory{Name: laned("worth", s.lanes, lane), Bits: x.Bits(), Signed: true, Depth: len(init), Init: init, Style: Logic,
			Doc: "what a weight adds, at even and at odd steps"})
		out = append(out, Lookup(table, Cat(later, entry)))
	}
	return out
}

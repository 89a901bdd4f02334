package datapath

import (
	"fmt"
	"math/bits"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// Op is what an expression does with its arguments.
type Op string

// The operations. Those of two arguments take equal widths; conditions are one bit wide.
const (
	OpConst  Op = "const"
	OpRef    Op = "ref"    // a signal
	OpLookup Op = "lookup" // the word of a memory of style Logic at Args[0]
	OpSlice  Op = "slice"  // Bits bits of a named Args[0], from bit Low up
	OpCat    Op = "cat"    // Args side by side, the first on top
	OpExtend Op = "extend" // Args[0] with copies of its sign on top, or with zeros where it has none
	OpNot    Op = "not"
	OpAnd    Op = "and"
	OpOr     Op = "or"
	OpXor    Op = "xor"
	OpGate   Op = "gate"   // Args[1] where Args[0] is 1, else 0
	OpNotIf  Op = "not if" // Args[1], every bit of it inverted where Args[0] is 1
	OpMux    Op = "mux"    // Args[1] where Args[0] is 1, else Args[2]
	OpAll    Op = "all"    // 1 where all bits are 1
	OpAny    Op = "any"
	OpParity Op = "parity"
	OpEqual  Op = "equal"
	OpLess   Op = "less"
	OpAdd    Op = "add" // modulo 2^Bits, as all sums
	OpSub    Op = "sub"
	// OpAddCarry is Args[0] + Args[1] + Args[2], the last one bit wide and the carry into the one adder. A wire names it.
	OpAddCarry Op = "add carry"
	OpMul      Op = "mul" // of both arguments' widths together
)

// Expr is a value of Bits bits, at most 64; Signed where it stands for a two's complement integer.
type Expr struct {
	Op     Op
	Bits   int
	Signed bool
	Args   []*Expr
	Signal *Signal // OpRef
	Memory *Memory // OpLookup
	Value  uint64  // OpConst
	Low    int     // OpSlice
}

func mask(n int) uint64 {
	if n >= 64 {
		return ^uint64(0)
	}
	return 1<<n - 1
}

// Const is an unsigned constant.
func Const(n int, v uint64) *Expr { return &Expr{Op: OpConst, Bits: n, Value: v & mask(n)} }

// Int is a signed constant.
func Int(n int, v int64) *Expr {
	return &Expr{Op: OpConst, Bits: n, Signed: true, Value: uint64(v) & mask(n)}
}

// Smallest is a signed constant of the fewest bits that hold it.
func Smallest(v int64) *Expr { return Int(arith.SignedBits(v), v) }

// Zero and One are conditions.
func Zero() *Expr { return Const(1, 0) }

// One is the condition that always holds.
func One() *Expr { return Const(1, 1) }

func (e *Expr) constant() bool { return e.Op == OpConst }

// AsSigned reads the same bits as a two's complement integer.
func (e *Expr) AsSigned() *Expr { return e.typed(true) }

// AsUnsigned reads the same bits as an integer without sign.
func (e *Expr) AsUnsigned() *Expr { return e.typed(false) }

func (e *Expr) typed(signed bool) *Expr {
	if e.Signed == signed {
		return e
	}
	out := *e
	out.Signed = signed
	return &out
}

// Slice is bits high down to low.
func (e *Expr) Slice(high, low int) *Expr {
	n := high - low + 1
	if low < 0 || n < 1 || high >= e.Bits {
		panic(fmt.Sprintf("datapath: bits %d to %d of %d", high, low, e.Bits))
	}
	if n == e.Bits {
		return e.AsUnsigned()
	}
	switch e.Op {
	case OpConst:
		return Const(n, e.Value>>low)
	case OpRef:
		return &Expr{Op: OpSlice, Bits: n, Args: []*Expr{e}, Low: low}
	case OpSlice:
		return e.Args[0].Slice(e.Low+high, e.Low+low)
	case OpCat:
		return e.sliceCat(high, low)
	case OpExtend:
		a := e.Args[0]
		switch {
		case high < a.Bits:
			return a.Slice(high, low)
		case low < a.Bits:
			return a.Slice(a.Bits-1, low).typed(a.Signed).To(n).AsUnsigned()
		case a.Signed:
			return Repeat(n, a.Top())
		}
		return Const(n, 0)
	case OpNot:
		return e.Args[0].Slice(high, low).Not()
	case OpAnd, OpOr, OpXor:
		return binary(e.Op, e.Args[0].Slice(high, low), e.Args[1].Slice(high, low))
	case OpGate:
		return Gate(e.Args[0], e.Args[1].Slice(high, low))
	case OpNotIf:
		return NotIf(e.Args[0], e.Args[1].Slice(high, low))
	case OpMux:
		return Mux(e.Args[0], e.Args[1].Slice(high, low), e.Args[2].Slice(high, low))
	}
	panic(fmt.Sprintf("datapath: bits of %s without a name: give it one with Wire", e.Op))
}

func (e *Expr) sliceCat(high, low int) *Expr {
	var parts []*Expr
	top := e.Bits - 1
	for _, a := range e.Args {
		bottom := top - a.Bits + 1
		if h, l := min(high, top), max(low, bottom); h >= l {
			parts = append(parts, a.Slice(h-bottom, l-bottom))
		}
		top = bottom - 1
	}
	return Cat(parts...)
}

// Bit is one bit.
func (e *Expr) Bit(i int) *Expr { return e.Slice(i, i) }

// Top is the highest bit: the sign of a signed value.
func (e *Expr) Top() *Expr { return e.Bit(e.Bits - 1) }

// Down leaves out the lowest n bits: an arithmetic shift to the right of a signed value.
func (e *Expr) Down(n int) *Expr {
	switch {
	case n == 0:
		return e
	case n >= e.Bits && e.Signed:
		return e.Top().AsSigned()
	case n >= e.Bits:
		return Zero()
	}
	return e.Slice(e.Bits-1, n).typed(e.Signed)
}

// Up puts n zeros below: a product with 2^n.
func (e *Expr) Up(n int) *Expr {
	if n == 0 {
		return e
	}
	return Cat(e, Const(n, 0)).typed(e.Signed)
}

// To extends a value to n bits, or cuts it to its lowest n bits, which the caller knows to hold it.
func (e *Expr) To(n int) *Expr {
	switch {
	case n == e.Bits:
		return e
	case n < e.Bits:
		return e.Slice(n-1, 0).typed(e.Signed)
	case e.Op == OpConst:
		v := e.Value
		if e.Signed && v>>(e.Bits-1)&1 == 1 {
			v |= ^mask(e.Bits)
		}
		return &Expr{Op: OpConst, Bits: n, Signed: e.Signed, Value: v & mask(n)}
	case e.Op == OpExtend && e.Signed == e.Args[0].Signed:
		return e.Args[0].To(n)
	}
	return &Expr{Op: OpExtend, Bits: n, Signed: e.Signed, Args: []*Expr{e}}
}

// Cat puts values side by side, the first on top.
func Cat(parts ...*Expr) *Expr {
	var args []*Expr
	n := 0
	for _, p := range parts {
		n += p.Bits
		switch {
		case p.Op == OpCat:
			args = append(args, p.Args...)
		case len(args) > 0 && p.constant() && args[len(args)-1].constant():
			last := args[len(args)-1]
			args[len(args)-1] = Const(last.Bits+p.Bits, last.Value<<p.Bits|p.Value)
		case len(args) > 0 && below(args[len(args)-1], p) != nil:
			args[len(args)-1] = below(args[len(args)-1], p)
		default:
			args = append(args, p.AsUnsigned())
		}
	}
	if len(args) == 1 {
		return args[0]
	}
	return &Expr{Op: OpCat, Bits: n, Args: args}
}

// below joins bits of a signal with those that stand right below them in it; nil where they do not.
func below(high, low *Expr) *Expr {
	s, highest, bottom := bitsOf(high)
	t, top, least := bitsOf(low)
	if s == nil || t == nil || s.Signal != t.Signal || top != bottom-1 {
		return nil
	}
	return s.Slice(highest, least)
}

// bitsOf is the signal that an expression takes bits of, and the highest and the lowest of them; nil for other expressions.
func bitsOf(e *Expr) (ref *Expr, high, low int) {
	switch {
	case e.Op == OpRef:
		return e, e.Bits - 1, 0
	case e.Op == OpSlice && e.Args[0].Op == OpRef:
		return e.Args[0], e.Low + e.Bits - 1, e.Low
	}
	return nil, 0, 0
}

// Repeat is n copies of a bit.
func Repeat(n int, b *Expr) *Expr {
	if n == 1 {
		return b.AsUnsigned()
	}
	if b.constant() {
		return Const(n, -b.Value)
	}
	return &Expr{Op: OpExtend, Bits: n, Args: []*Expr{b.AsSigned()}}
}

// Not inverts every bit.
func (e *Expr) Not() *Expr {
	switch e.Op {
	case OpConst:
		return &Expr{Op: OpConst, Bits: e.Bits, Signed: e.Signed, Value: ^e.Value & mask(e.Bits)}
	case OpNot:
		return e.Args[0].typed(e.Signed)
	}
	return &Expr{Op: OpNot, Bits: e.Bits, Signed: e.Signed, Args: []*Expr{e}}
}

// And is the bitwise and of all.
func And(all ...*Expr) *Expr { return fold(OpAnd, all) }

// Or is the bitwise or of all.
func Or(all ...*Expr) *Expr { return fold(OpOr, all) }

// Xor is the bitwise exclusive or of all.
func Xor(all ...*Expr) *Expr { return fold(OpXor, all) }

func fold(op Op, all []*Expr) *Expr {
	out := all[0]
	for _, e := range all[1:] {
		out = binary(op, out, e)
	}
	return out
}

func binary(op Op, a, b *Expr) *Expr {
	same(op, a, b)
	if a.constant() {
		a, b = b, a
	}
	if b.constant() {
		zero, ones := b.Value == 0, b.Value == mask(b.Bits)
		switch {
		case op == OpAnd && zero, op == OpOr && ones:
			return b
		case op == OpAnd && ones, op != OpAnd && zero:
			return a
		case op == OpXor && ones:
			return a.Not()
		}
	}
	return &Expr{Op: op, Bits: a.Bits, Signed: a.Signed && b.Signed, Args: []*Expr{a, b}}
}

func same(op Op, a, b *Expr) {
	if a.Bits != b.Bits {
		panic(fmt.Sprintf("datapath: %s of %d and %d bits", op, a.Bits, b.Bits))
	}
}

func condition(op Op, c *Expr) {
	if c.Bits != 1 {
		panic(fmt.Sprintf("datapath: %s takes a condition of one bit, not %d", op, c.Bits))
	}
}

// Gate is e where c is 1, else 0.
func Gate(c, e *Expr) *Expr {
	condition(OpGate, c)
	switch {
	case c.constant() && c.Value == 1:
		return e
	case c.constant(), e.constant() && e.Value == 0:
		return &Expr{Op: OpConst, Bits: e.Bits, Signed: e.Signed}
	case e.Bits == 1 && !e.Signed:
		return And(c, e)
	}
	return &Expr{Op: OpGate, Bits: e.Bits, Signed: e.Signed, Args: []*Expr{c, e}}
}

// NotIf is e, every bit of it inverted where c is 1: -e - 1 of a signed value.
func NotIf(c, e *Expr) *Expr {
	condition(OpNotIf, c)
	if c.constant() {
		if c.Value == 1 {
			return e.Not()
		}
		return e
	}
	if e.Bits == 1 && !e.Signed {
		return Xor(c, e)
	}
	return &Expr{Op: OpNotIf, Bits: e.Bits, Signed: e.Signed, Args: []*Expr{c, e}}
}

// Mux is a where c is 1, else b.
func Mux(c, a, b *Expr) *Expr {
	condition(OpMux, c)
	same(OpMux, a, b)
	switch {
	case c.constant() && c.Value == 1:
		return a
	case c.constant():
		return b
	case a.constant() && b.constant() && a.Value == b.Value, a == b:
		return a
	case a.Bits == 1 && a.constant() && b.constant():
		if a.Value == 1 {
			return c.AsUnsigned()
		}
		return c.Not()
	case b.constant() && b.Value == 0:
		return Gate(c, a)
	}
	return &Expr{Op: OpMux, Bits: a.Bits, Signed: a.Signed && b.Signed, Args: []*Expr{c, a, b}}
}

func reduce(op Op, e *Expr) *Expr {
	if e.Bits == 1 {
		return e.AsUnsigned()
	}
	if e.constant() {
		one := e.Value == mask(e.Bits)
		switch op {
		case OpAny:
			one = e.Value != 0
		case OpParity:
			one = bits.OnesCount64(e.Value)&1 == 1
		}
		if one {
			return One()
		}
		return Zero()
	}
	return &Expr{Op: op, Bits: 1, Args: []*Expr{e}}
}

// All is 1 where every bit is, Any where one is, Parity where an odd number is.
func (e *Expr) All() *Expr { return reduce(OpAll, e) }

// Any is 1 where one bit is.
func (e *Expr) Any() *Expr { return reduce(OpAny, e) }

// Parity is 1 where an odd number of bits is.
func (e *Expr) Parity() *Expr { return reduce(OpParity, e) }

// Equal is 1 where both have the same bits.
func Equal(a, b *Expr) *Expr {
	same(OpEqual, a, b)
	if a.constant() && b.constant() {
		if a.Value == b.Value {
			return One()
		}
		return Zero()
	}
	if b.constant() && b.Bits == 1 {
		if b.Value == 1 {
			return a.AsUnsigned()
		}
		return a.Not().AsUnsigned()
	}
	return &Expr{Op: OpEqual, Bits: 1, Args: []*Expr{a, b}}
}

// Is is 1 where the value is the constant.
func (e *Expr) Is(v int) *Expr { return Equal(e, Const(e.Bits, uint64(v)).typed(e.Signed)) }

// Less is 1 where a < b, both signed or both without sign.
func Less(a, b *Expr) *Expr {
	same(OpLess, a, b)
	if a.Signed != b.Signed {
		panic("datapath: comparison of a signed value with one without sign")
	}
	return &Expr{Op: OpLess, Bits: 1, Args: []*Expr{a, b}}
}

// Add is a + b modulo 2^Bits.
func Add(a, b *Expr) *Expr {
	same(OpAdd, a, b)
	if a.constant() {
		a, b = b, a
	}
	if b.constant() && b.Value == 0 {
		return a
	}
	return &Expr{Op: OpAdd, Bits: a.Bits, Signed: a.Signed && b.Signed, Args: []*Expr{a, b}}
}

// Sub is a - b modulo 2^Bits.
func Sub(a, b *Expr) *Expr {
	same(OpSub, a, b)
	if b.constant() && b.Value == 0 {
		return a
	}
	return &Expr{Op: OpSub, Bits: a.Bits, Signed: a.Signed && b.Signed, Args: []*Expr{a, b}}
}

// Sum is a + b as a signed integer of n bits, which hold it.
func Sum(n int, a, b *Expr) *Expr { return Add(a.signed().To(n), b.signed().To(n)).AsSigned() }

// Difference is a - b as a signed integer of n bits, which hold it.
func Difference(n int, a, b *Expr) *Expr { return Sub(a.signed().To(n), b.signed().To(n)).AsSigned() }

// signed is the same number as a two's complement integer, a bit wider where it had no sign.
func (e *Expr) signed() *Expr {
	if e.Signed {
		return e
	}
	return e.To(e.Bits + 1).AsSigned()
}

// AddCarry is a + b + c modulo 2^Bits, in one adder. It is to be named by a wire.
func AddCarry(a, b, c *Expr) *Expr {
	same(OpAddCarry, a, b)
	condition(OpAddCarry, c)
	if c.constant() && c.Value == 0 {
		return Add(a, b)
	}
	return &Expr{Op: OpAddCarry, Bits: a.Bits, Signed: a.Signed && b.Signed, Args: []*Expr{a, b, c}}
}

// Mul is the product of two signed integers: a multiplier where the part has one.
func Mul(a, b *Expr) *Expr {
	a, b = a.signed(), b.signed()
	return &Expr{Op: OpMul, Bits: a.Bits + b.Bits, Signed: true, Args: []*Expr{a, b}}
}

// Lookup is the word of a memory of style Logic, in the same cycle.
func Lookup(m *Memory, address *Expr) *Expr {
	if m.Style != Logic {
		panic("datapath: " + m.Name + " is read through a port")
	}
	return &Expr{Op: OpLookup, Bits: m.Bits, Signed: m.Signed, Args: []*Expr{address}, Memory: m}
}

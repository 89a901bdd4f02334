package step

import (
	"fmt"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// Op is the operation of an expression.
type Op string

// The operations. Operands have the type of the result where nothing else is said, and the exact result fits it: nothing
// wraps, nothing widens by itself. With two lanes each works on both.
const (
	OpConst   Op = "const"   // Value, in every lane
	OpVar     Op = "var"     // Name: a Let, the variable of a For (type Index)
	OpLoad    Op = "load"    // entry Args[0] (type Index) of the array Name; the type is the entry's, signed
	OpPhase   Op = "phase"   // Args[0] at even t, Args[1] at odd t
	OpAdd     Op = "add"     // a + b
	OpSub     Op = "sub"     // a - b
	OpMul     Op = "mul"     // a * b; with lanes, b is a plain integer of a lane's type
	OpMulWide Op = "mulwide" // a * b in a type twice as wide as the operands'
	OpNeg     Op = "neg"     // -a
	OpShl     Op = "shl"     // a * 2^Value
	OpShr     Op = "shr"     // floor(a / 2^Value)
	OpRound   Op = "round"   // floor((a + 2^(Value-1)) / 2^Value), Value > 0; a + 2^(Value-1) fits too
	OpHalfAdd Op = "halfadd" // floor((a + b) / 2): the sum itself need not fit
	OpHalfSub Op = "halfsub" // floor((a - b) / 2)
	OpSatAdd  Op = "satadd"  // a + b, clamped to the type
	OpAnd     Op = "and"     // bit by bit
	OpXor     Op = "xor"     // bit by bit: with -1 the complement, with 0 nothing
	OpMin     Op = "min"     // the smaller
	OpMax     Op = "max"     // the larger; with 0, relu
	OpClamp   Op = "clamp"   // a, clamped to Value bits, signed
	OpCrop    Op = "crop"    // a, clamped to Value bits, unsigned: from 0 to 2^Value-1
	OpExt     Op = "ext"     // a in a wider type
	OpTrunc   Op = "trunc"   // a in a narrower type that holds it
	OpField   Op = "field"   // bits At to At+Value-1 of a, of each lane, as a signed number where Signed, in a type of its own
	OpPack    Op = "pack"    // two lanes from plain integers: the lower, the upper
	OpLane    Op = "lane"    // lane Value of a, as a plain integer
	OpSwap    Op = "swap"    // the lanes of a, exchanged
	OpDot     Op = "dot"     // Args[2] + lo*lo + hi*hi of two pairs of 16 bits, in 32
)

// Expr is a value. Claim, where it is set, is a range that interval arithmetic cannot see and the plan has proven otherwise: by
// norms of an orthogonal transform, or by the number of steps. The verifier takes it, the interpreter checks it.
type Expr struct {
	Op     Op
	Type   Int
	Args   []*Expr
	Name   string
	Value  int64
	At     int
	Signed bool
	Claim  *arith.Interval
}

// Claimed gives the expression with a claim that it fits some bits.
func (e *Expr) Claimed(bits int) *Expr {
	return e.within(arith.OfBits(bits))
}

// within is Claimed of an interval.
func (e *Expr) within(i arith.Interval) *Expr {
	c := *e
	c.Claim = &i
	return &c
}

// Const is a number.
func Const(t Int, v int64) *Expr { return &Expr{Op: OpConst, Type: t, Value: v} }

// At is an index.
func At(i int) *Expr { return Const(Index, int64(i)) }

// Var is what a name stands for.
func Var(t Int, name string) *Expr { return &Expr{Op: OpVar, Type: t, Name: name} }

// Counter is the variable of a For.
func Counter(name string) *Expr { return Var(Index, name) }

// Load is an entry of an array.
func Load(a *Array, index *Expr) *Expr { return LoadAs(a.Elem, a.Name, index) }

// LoadAs is an entry of the array of a name, which a Choose may have given. One that is unsigned comes in the next signed type.
func LoadAs(elem Int, name string, index *Expr) *Expr {
	return &Expr{Op: OpLoad, Type: loaded(elem), Name: name, Args: []*Expr{index}}
}

// LoadRaw is an entry of an array in the very type of the entry, unsigned too.
func LoadRaw(a *Array, index *Expr) *Expr {
	return &Expr{Op: OpLoad, Type: a.Elem, Name: a.Name, Args: []*Expr{index}}
}

// ByPhase is one value at even t and another at odd t.
func ByPhase(even, odd *Expr) *Expr {
	return &Expr{Op: OpPhase, Type: even.Type, Args: []*Expr{even, odd}}
}

func binary(op Op, a, b *Expr) *Expr {
	if a.Type != b.Type {
		panic(fmt.Sprintf("step: %s of %v and %v", op, a.Type, b.Type))
	}
	return &Expr{Op: op, Type: a.Type, Args: []*Expr{a, b}}
}

// Add is a + b; a zero is left out.
func Add(a, b *Expr) *Expr {
	switch {
	case isZero(b):
		return a
	case isZero(a):
		return b
	case a.Op == OpConst && b.Op == OpConst:
		return Const(a.Type, a.Value+b.Value)
	}
	return binary(OpAdd, a, b)
}

// Sub is a - b; a zero is left out.
func Sub(a, b *Expr) *Expr {
	if isZero(b) {
		return a
	}
	return binary(OpSub, a, b)
}

// Mul is a * b; a factor of 1 is left out, a power of two becomes a shift.
func Mul(a, b *Expr) *Expr {
	if b.Op == OpConst {
		return Times(a, b.Value)
	}
	if a.Type.Lanes > 1 {
		return &Expr{Op: OpMul, Type: a.Type, Args: []*Expr{a, b}}
	}
	return binary(OpMul, a, b)
}

// Times is a * c.
func Times(a *Expr, c int64) *Expr {
	switch {
	case a.Op == OpConst:
		return Const(a.Type, a.Value*c)
	case c == 0:
		return Const(a.Type, 0)
	case c == 1:
		return a
	case c == -1:
		return Neg(a)
	case c > 0 && c&(c-1) == 0:
		return Shl(a, log2(c))
	}
	lane := a.Type
	lane.Lanes = 1
	return &Expr{Op: OpMul, Type: a.Type, Args: []*Expr{a, Const(lane, c)}}
}

func log2(c int64) int {
	n := 0
	for ; c > 1; c >>= 1 {
		n++
	}
	return n
}

// MulWide is a * b in a type twice as wide.
func MulWide(a, b *Expr) *Expr {
	e := binary(OpMulWide, a, b)
	e.Type.Bits *= 2
	return e
}

// Neg is -a.
func Neg(a *Expr) *Expr { return &Expr{Op: OpNeg, Type: a.Type, Args: []*Expr{a}} }

func shift(op Op, a *Expr, n int) *Expr {
	if n == 0 {
		return a
	}
	return &Expr{Op: op, Type: a.Type, Args: []*Expr{a}, Value: int64(n)}
}

// Shl is a * 2^n.
func Shl(a *Expr, n int) *Expr { return shift(OpShl, a, n) }

// Shr is floor(a / 2^n).
func Shr(a *Expr, n int) *Expr { return shift(OpShr, a, n) }

// Round is a / 2^n, halves up.
func Round(a *Expr, n int) *Expr { return shift(OpRound, a, n) }

// HalfAdd is floor((a + b) / 2).
func HalfAdd(a, b *Expr) *Expr { return binary(OpHalfAdd, a, b) }

// HalfSub is floor((a - b) / 2).
func HalfSub(a, b *Expr) *Expr { return binary(OpHalfSub, a, b) }

// SatAdd is a + b, clamped to the type.
func SatAdd(a, b *Expr) *Expr { return binary(OpSatAdd, a, b) }

// And is a & b.
func And(a, b *Expr) *Expr { return binary(OpAnd, a, b) }

// Xor is a ^ b.
func Xor(a, b *Expr) *Expr { return binary(OpXor, a, b) }

// Min is the smaller.
func Min(a, b *Expr) *Expr { return binary(OpMin, a, b) }

// Max is the larger.
func Max(a, b *Expr) *Expr { return binary(OpMax, a, b) }

// Relu is max(a, 0).
func Relu(a *Expr) *Expr { return Max(a, Const(a.Type, 0)) }

// Clamp is a within bits.
func Clamp(a *Expr, bits int) *Expr { return shift(OpClamp, a, bits) }

// Below is what a value to be clamped to some bits is less the largest that they hold, where it is made so; else nil.
func Below(e *Expr, bits int) *Expr {
	if e.Op == OpAdd && e.Args[1].Op == OpConst && e.Args[1].Value == 1<<(bits-1)-1 {
		return e.Args[0]
	}
	return nil
}

// Crop is a within 0 and 2^bits-1.
func Crop(a *Expr, bits int) *Expr { return shift(OpCrop, a, bits) }

// As is a in a type as wide or wider, or narrower where that holds it.
func As(a *Expr, t Int) *Expr {
	switch {
	case a.Type == t:
		return a
	case a.Op == OpConst:
		return Const(t, a.Value)
	case a.Type != Index && (t.Bits > a.Type.Bits || t == Index):
		return &Expr{Op: OpExt, Type: t, Args: []*Expr{a}}
	}
	return &Expr{Op: OpTrunc, Type: t, Args: []*Expr{a}}
}

// Field is bits at to at+width-1 of a, in a type.
func Field(a *Expr, at, width int, signed bool, t Int) *Expr {
	return &Expr{Op: OpField, Type: t, Args: []*Expr{a}, At: at, Value: int64(width), Signed: signed}
}

// Pack is two plain integers as lanes.
func Pack(lo, hi *Expr) *Expr {
	e := binary(OpPack, lo, hi)
	e.Type.Lanes = 2
	return e
}

// Lane is lane i of a.
func Lane(a *Expr, i int) *Expr {
	t := a.Type
	t.Lanes = 1
	return &Expr{Op: OpLane, Type: t, Args: []*Expr{a}, Value: int64(i)}
}

// Swap is a with its lanes exchanged.
func Swap(a *Expr) *Expr { return &Expr{Op: OpSwap, Type: a.Type, Args: []*Expr{a}} }

// Dot is acc + lo*lo + hi*hi of two pairs of 16 bits.
func Dot(a, b, acc *Expr) *Expr {
	return &Expr{Op: OpDot, Type: acc.Type, Args: []*Expr{a, b, acc}}
}

// Bits is how many bits a plain integer has at most, its sign included, by what it is made of: loads and names have those of their
// type.
func Bits(e *Expr) int {
	of := func(i int) int { return Bits(e.Args[i]) }
	if e.Type.Lanes != 1 || e.Type == Index {
		return 32
	}
	most := e.Type.Bits
	if e.Type.Unsigned {
		most++
	}
	n := most
	switch e.Op {
	case OpConst:
		n = arith.SignedBits(e.Value)
	case OpAdd, OpSub:
		n = max(of(0), of(1)) + 1
	case OpMul:
		n = of(0) + of(1)
	case OpNeg:
		n = of(0) + 1
	case OpShl:
		n = of(0) + int(e.Value)
	case OpShr:
		n = of(0) - int(e.Value)
	case OpRound:
		n = of(0) - int(e.Value) + 1
	case OpXor, OpPhase:
		n = max(of(0), of(1))
	case OpExt, OpTrunc:
		if a := e.Args[0]; a.Type.Lanes == 1 && a.Type != Index {
			n = of(0)
		}
	case OpClamp:
		n = int(e.Value)
	case OpField:
		n = int(e.Value)
		if !e.Signed {
			n++
		}
	}
	if e.Claim != nil {
		n = min(n, e.Claim.Bits())
	}
	return max(1, min(n, most))
}

// Requant is r of a, which is as wide already as the product and its rounding need.
func Requant(a *Expr, r arith.Requant) *Expr {
	a = Times(a, r.Mul)
	switch {
	case r.Shift > 0:
		return Round(a, r.Shift)
	case r.Shift < 0:
		return Shl(a, -r.Shift)
	}
	return a
}

func isZero(e *Expr) bool { return e.Op == OpConst && e.Value == 0 }

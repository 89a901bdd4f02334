package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// radix writes one pass of the transform: log stages on rows that lie stride apart, all of them in registers, so that the
// tile is read and written once for log stages.
//
// A butterfly leaves a+b and a-b. The difference is a subtraction and the sum is b*1 + a: rounded once, so the same
// number, but on processors that have pipes for adding beside pipes for multiplying, both of them work.
func radix(s isa, log int) {
	n := 1 << log
	text(fmt.Sprintf("radix%d%s", n, s.suffix), "func(x []float32, stride int)",
		fmt.Sprintf("replaces rows i, i+stride, ..., i+%d*stride by their transform, for i = 0..stride-1 of every %d*stride rows.", n-1, n))
	group := base("x")
	stop := end("x", group)
	step := number("stride")
	SHLQ(U8(6), step) // rows to bytes
	p := GP64()
	r := spread(p, step, n)
	span := GP64()
	MOVQ(step, span)
	SHLQ(U8(log), span)
	b := butterflies{isa: s, free: s.fixed()}
	b.one = b.take()
	bits := GP32()
	MOVL(U32(0x3f800000), bits)
	VMOVD(bits, b.one.(Vec).AsX())
	VBROADCASTSS(b.one.(Vec).AsX(), b.one)

	Label("group")
	CMPQ(group, stop)
	JAE(LabelRef("done"))
	MOVQ(group, p)
	last := GP64()
	LEAQ(Mem{Base: group, Index: step, Scale: 1}, last)
	Label("column")
	r.move()
	b.pass(r, n)
	ADDQ(U8(s.width), p)
	CMPQ(p, last)
	JB(LabelRef("column"))
	ADDQ(span, group)
	JMP(LabelRef("group"))
	Label("done")
	done()
}

// rows are addresses of rows a variable step apart. An address has one scale out of 1, 2, 4 and 8, so that odd multiples
// of the step and every eighth row need registers of their own.
type rows struct {
	base []Register       // of row 0, 8, 16, ...
	odd  map[int]Register // 1, 3, 5, 7 steps, where needed
}

// spread prepares addresses of n rows from p on; move sets them after p has moved.
func spread(p, step Register, n int) rows {
	r := rows{base: []Register{p}, odd: map[int]Register{1: step}}
	for odd := 3; odd < min(n, 8); odd += 2 {
		v := GP64()
		if odd == 3 {
			LEAQ(Mem{Base: step, Index: step, Scale: 2}, v)
		} else {
			LEAQ(Mem{Base: r.odd[odd-2], Index: step, Scale: 2}, v)
		}
		r.odd[odd] = v
	}
	for k := 8; k < n; k += 8 {
		r.base = append(r.base, GP64())
	}
	return r
}

func (r rows) move() {
	for i := 1; i < len(r.base); i++ {
		LEAQ(Mem{Base: r.base[i-1], Index: r.odd[1], Scale: 8}, r.base[i])
	}
}

// row is the memory offset bytes into row k.
func (r rows) row(k, offset int) Mem {
	m := at(r.base[k/8], offset)
	k %= 8
	if k == 0 {
		return m
	}
	scale := 1
	for k%2 == 0 {
		k, scale = k/2, scale*2
	}
	return m.Idx(r.odd[k], uint8(scale))
}

// butterflies emits stages in registers that it places itself: the largest radix needs every one.
type butterflies struct {
	isa
	free []Register
	one  Register
}

func (b *butterflies) take() Register {
	r := b.free[0]
	b.free = b.free[1:]
	return r
}

func (b *butterflies) give(r Register) { b.free = append([]Register{r}, b.free...) }

// pair turns x and y, which may be memory, into x+y in x and x-y in the register that it gives.
func (b *butterflies) pair(x Register, y Op) Register {
	d := b.take()
	VSUBPS(y, x, d)
	VFMADD231PS(y, b.one, x)
	if r, ok := y.(Register); ok {
		b.give(r)
	}
	return d
}

// stages transforms v, distant pairs first. Memory may stand in its last quarter.
func (b *butterflies) stages(v []Op) {
	for h := len(v) / 2; h > 0; h /= 2 {
		for i := range v {
			if i&h == 0 {
				v[i+h] = b.pair(v[i].(Register), v[i+h])
			}
		}
	}
}

// pass transforms n rows. The first stage takes its second operands from memory. Where the rows, the constant and one
// register to work in are more than there are, the last differences wait in their rows, which are read by then, until
// the sums are done and stored.
func (b *butterflies) pass(r rows, n int) {
	half := n / 2
	waiting := max(0, n+2-b.count)
	sums, differences := make([]Op, half), make([]Op, half)
	for i := range half {
		x, y := b.take(), r.row(i+half, 0)
		VMOVUPS(r.row(i, 0), x)
		d := b.pair(x, y)
		sums[i], differences[i] = x, d
		if i >= half-waiting {
			VMOVUPS(d, y)
			b.give(d)
			differences[i] = y
		}
	}
	for k, v := range [][]Op{sums, differences} {
		b.stages(v)
		for i := range v {
			VMOVUPS(v[i], r.row(k*half+i, 0))
			b.give(v[i].(Register))
		}
	}
}

package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// accumulators is how many registers sum at a time: the latency of a fused multiply-add times how many start in a cycle,
// on every processor that has these sets.
const accumulators = 8

// columnSums is how many sums of columns each row has when it is alone. It is the same for all sets, so that they add in the
// same order and give the same bits; for AVX2 it makes use of all accumulators.
const columnSums = accumulators / 2

// pitch is the distance of two rows in bytes: a constant, or a register that holds it.
type pitch struct {
	bytes int
	reg   Register
}

// add moves a pointer by k pitches, a power of two.
func (p pitch) add(k int, pointer Register) {
	if p.reg == nil {
		ADDQ(U32(k*p.bytes), pointer)
		return
	}
	LEAQ(Mem{Base: pointer, Index: p.reg, Scale: uint8(k)}, pointer)
}

// rows gives the memory of a part of row k out of n behind a pointer, wherever the pointer is by then. Parts follow each
// other, width apart, unless high points at the second.
func (p pitch) rows(n, width int, pointer, high Register) func(k, part int) Mem {
	row := func(pointer Register, k int) Mem { return at(pointer, k*p.bytes) }
	if p.reg != nil {
		r := spread(pointer, p.reg, n)
		row = func(pointer Register, k int) Mem { return rows{base: []Register{pointer}, odd: r.odd}.row(k, 0) }
	}
	return func(k, part int) Mem {
		if part == 1 && high != nil {
			return row(high, k)
		}
		return row(pointer, k).Offset(part * width)
	}
}

// panel is the one product behind the three matrix kernels:
//
//	dst[k] (+)= sum over j < n of w[k][j] * v[j]
//
// where dst[k] and v[j] are rows and w[k][j] is a number. The kernels differ in where these lie and in what dst starts from.
type panel struct {
	isa
	prefix   string   // of labels
	dst, w   Register // moved along
	dstHigh  Register // of the second part of rows, where it does not follow the first; moved along
	v        Register
	count    Register // rows of dst; counted down
	n        Op
	dstPitch pitch
	wPitch   pitch // from w[k] to w[k+1]
	wStep    pitch // from w[k][j] to w[k][j+1]
	// start gives what a part of dst starts from; it may be its memory. bias, where it is set, holds a number a row to
	// start from instead.
	start func(m Mem) Register
	bias  Register // moved along

	// What emit sets for its blocks.
	rowOfDst, rowOfW func(k, part int) Mem
	column, left     Register // v[j], and columns left
	begin            Register // w at the begin of a block
}

// emit writes the rows in blocks: as many at a time as there are accumulators, then half as many, and so on.
func (p panel) emit() {
	most := accumulators / p.parts()
	p.rowOfDst = p.dstPitch.rows(most, p.width, p.dst, p.dstHigh)
	p.rowOfW = p.wPitch.rows(most, 0, p.w, nil)
	p.column, p.left, p.begin = GP64(), GP64(), GP64()
	top := p.label("rows", most)
	Label(top)
	CMPQ(p.count, U8(most))
	JL(LabelRef(p.label("rows", most/2)))
	p.block(most)
	SUBQ(U8(most), p.count)
	JMP(LabelRef(top))
	for k := most / 2; k > 0; k /= 2 {
		Label(p.label("rows", k))
		TESTQ(U32(k), p.count)
		JZ(LabelRef(p.label("rows", k/2)))
		p.block(k)
	}
	Label(p.label("rows", 0))
}

func (p panel) label(name string, k int) string { return fmt.Sprintf("%s%s%d", p.prefix, name, k) }

// block writes k rows. With few of them it takes several columns at a time, each into sums of their own, so that there
// are always enough independent sums.
func (p panel) block(k int) {
	columns := max(1, columnSums/k)
	sums := make([][][]Register, columns) // [column][row][part]
	for c := range sums {
		for i := range k {
			var row []Register
			for part := range p.parts() {
				switch {
				case c > 0:
					row = append(row, p.zero())
				case p.bias != nil:
					row = append(row, p.broadcast(at(p.bias, i*floatBytes)))
				default:
					row = append(row, p.start(p.rowOfDst(i, part)))
				}
			}
			sums[c] = append(sums[c], row)
		}
	}
	// w itself walks along the columns and is put back for the next block: its rows hang on it.
	MOVQ(p.w, p.begin)
	MOVQ(p.v, p.column)
	MOVQ(p.n, p.left)
	if columns > 1 {
		p.loop(p.label("columns", k), sums)
	}
	p.loop(p.label("column", k), sums[:1])
	MOVQ(p.begin, p.w)
	for c := columns / 2; c > 0; c /= 2 {
		for j := range c {
			for i := range k {
				for part := range p.parts() {
					VADDPS(sums[j+c][i][part], sums[j][i][part], sums[j][i][part])
				}
			}
		}
	}
	for i := range k {
		for part := range p.parts() {
			VMOVUPS(sums[0][i][part], p.rowOfDst(i, part))
		}
	}
	p.dstPitch.add(k, p.dst)
	if p.dstHigh != nil {
		p.dstPitch.add(k, p.dstHigh)
	}
	p.wPitch.add(k, p.w)
	if p.bias != nil {
		ADDQ(U8(k*floatBytes), p.bias)
	}
}

// loop takes len(sums) columns at a time while there are that many.
func (p panel) loop(label string, sums [][][]Register) {
	columns := len(sums)
	Label(label)
	CMPQ(p.left, U8(columns))
	JL(LabelRef(label + "end"))
	for c := range sums {
		var x []Register
		for part := range p.parts() {
			x = append(x, p.load(at(p.column, c*rowBytes+part*p.width)))
		}
		for i := range sums[c] {
			p.madd(p.rowOfW(i, 0), x, sums[c][i])
		}
		p.wStep.add(1, p.w)
	}
	ADDQ(U32(columns*rowBytes), p.column)
	SUBQ(U8(columns), p.left)
	JMP(LabelRef(label))
	Label(label + "end")
}

// madd adds the row x times a number of memory.
func (p panel) madd(m Mem, x, sum []Register) {
	if p.parts() == 1 {
		VFMADD231PS_BCST(m, x[0], sum[0])
		return
	}
	f := p.broadcast(m)
	for part := range x {
		VFMADD231PS(f, x[part], sum[part])
	}
}

// matMul writes kernels.MatMul: dst[k] is a row of the product, w[k][j] a number of w.
func matMul(s isa) {
	text("matMul"+s.suffix, "func(dst, w, b, x []float32, rows, cols int)", "is kernels.MatMul.")
	p := panel{isa: s, dst: base("dst"), w: base("w"), v: base("x"), count: number("rows"), n: number("cols")}
	bias := base("b")
	p.dstPitch.bytes = rowBytes
	p.wStep.bytes = floatBytes
	p.wPitch.reg = floats(p.n.(Register))

	biased, bare := p, p
	biased.prefix, biased.bias = "biased", bias
	bare.prefix, bare.start = "bare", func(Mem) Register { return s.zero() }

	TESTQ(bias, bias)
	JZ(LabelRef("bare"))
	biased.emit()
	done()
	Label("bare")
	bare.emit()
	done()
}

// matMulT writes kernels.MatMulT: dst[k] is a column of w, which w[k][j] runs down.
func matMulT(s isa) {
	text("matMulT"+s.suffix, "func(dst, w, g []float32, rows, cols int)", "is kernels.MatMulT.")
	p := panel{isa: s, prefix: "t", dst: base("dst"), w: base("w"), v: base("g"), count: number("cols"), n: number("rows")}
	p.dstPitch.bytes = rowBytes
	p.wPitch.bytes = floatBytes
	p.wStep.reg = floats(p.count)
	p.start = s.load
	p.emit()
	done()
}

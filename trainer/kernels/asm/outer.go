package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// outerColumns writes kernels.Outer for 16 columns and more. Sixteen numbers of a row of dw are a vector: sixteen rows of x
// are transposed into a tile whose rows are lanes, and then lanes are summed as MatMul sums columns, without shuffles.
//
// The last sixteen columns overlap those before where cols is no multiple of 16. The columns done by then are zeroed in
// the tile: they are added a product with zero.
func outerColumns(s isa) {
	zeros := columnMasks(s)
	text("outerColumns"+s.suffix, "func(dw, g, x []float32, rows, cols int)", "is kernels.Outer for 16 columns and more.")
	tile, begin, cols := tileOfLanes(), GP64(), number("cols")
	XORQ(begin, begin)

	Label("chunk")
	x, masks := base("x"), GP64()
	{
		limit, overlap := GP64(), GP64()
		LEAQ(at(cols, -lanes), limit)
		MOVQ(begin, overlap)
		CMPQ(begin, limit)
		CMOVQGT(limit, begin)
		SUBQ(begin, overlap) // columns that are done
		NEGQ(overlap)
		LEAQ(zeros, masks)
		LEAQ(Mem{Base: masks, Index: overlap, Scale: floatBytes, Disp: rowBytes}, masks)
		row := GP64()
		MOVQ(begin, row)
		SHLQ(U8(6), row)
		ADDQ(row, x)
	}
	for half := range 2 {
		mask := avx2.load(at(masks, half*avx2.width))
		transpose(at(tile, half*avx2.width), at(x, half*8*rowBytes), func(v Register) { VANDPS(mask, v, v) })
	}

	p := outerPanel(s, tile, cols)
	LEAQ(Mem{Base: p.dst, Index: begin, Scale: floatBytes}, p.dst)
	p.emit()

	ADDQ(U8(lanes), begin)
	CMPQ(begin, cols)
	JL(LabelRef("chunk"))
	done()
}

// outerNarrow writes kernels.Outer for 8 to 15 columns: as outerColumns does, but a row of dw is two vectors of eight, its
// first eight numbers and its last. They overlap, and where they do both are right.
func outerNarrow() {
	text("outerNarrow", "func(dw, g, x []float32, rows, cols int)", "is kernels.Outer for 8 to 15 columns, for AVX2 and AVX-512.")
	tile, cols := tileOfLanes(), number("cols")
	x, last := base("x"), GP64()
	MOVQ(cols, last)
	SHLQ(U8(6), last)
	for half, m := range []Mem{at(x, 0), {Base: x, Index: last, Scale: 1, Disp: -8 * rowBytes}} {
		transpose(at(tile, half*avx2.width), m, func(Register) {})
	}
	p := outerPanel(avx2, tile, cols)
	p.dstHigh = GP64()
	LEAQ(Mem{Base: p.dst, Index: cols, Scale: floatBytes, Disp: -8 * floatBytes}, p.dstHigh)
	p.emit()
	done()
}

// tileOfLanes takes 16 rows of the stack, at a multiple of their size.
func tileOfLanes() Register {
	tile := GP64()
	LEAQ(AllocLocal((lanes+1)*rowBytes), tile)
	ADDQ(U8(rowBytes-1), tile)
	ANDQ(I8(-rowBytes), tile)
	return tile
}

// outerPanel sums over lanes: numbers are those of g, rows those of the tile.
func outerPanel(s isa, tile, cols Register) panel {
	p := panel{isa: s, prefix: "lanes", dst: base("dw"), w: base("g"), v: tile, count: number("rows"), n: U32(lanes)}
	p.dstPitch.reg = floats(cols)
	p.wPitch.bytes = rowBytes
	p.wStep.bytes = floatBytes
	p.start = s.load
	return p
}

// columnMasks is sixteen words of zeros and sixteen of ones: read d words before its middle, it clears d columns of 16.
func columnMasks(s isa) Mem {
	m := GLOBL("columnMasks"+s.suffix, attr.RODATA|attr.NOPTR)
	for i := range 2 * lanes {
		word := U32(0)
		if i >= lanes {
			word = 0xffffffff
		}
		DATA(i*floatBytes, word)
	}
	return m
}

// transpose writes lane l of eight rows of x as eight columns of row l of the tile, after finish. Rows k and k+4 are loaded
// as the halves of a register, and then four by four are transposed within halves.
func transpose(tile, x Mem, finish func(v Register)) {
	for left := 0; left < lanes; left += 4 {
		var r [4]Register
		for k := range r {
			r[k] = YMM()
			m := x.Offset(k*rowBytes + left*floatBytes)
			VBROADCASTF128(m, r[k]) // for its lower half
			VINSERTF128(U8(1), m.Offset(4*rowBytes), r[k], r[k])
		}
		var low, high [2]Register
		for i := range 2 {
			low[i], high[i] = YMM(), YMM()
			VUNPCKLPS(r[2*i+1], r[2*i], low[i])
			VUNPCKHPS(r[2*i+1], r[2*i], high[i])
		}
		for l, pair := range [][2]Register{low, low, high, high} {
			v := YMM()
			VSHUFPS(U8([]int{0x44, 0xee}[l%2]), pair[1], pair[0], v)
			finish(v)
			VMOVUPS(v, tile.Offset((left+l)*rowBytes))
		}
	}
}

// outerDots writes kernels.Outer for any shape, one product of two rows after the other, eight sums at a time. It runs
// through dw in the order of memory, so that few columns cost no more than many.
func outerDots() {
	text("outerDots", "func(dw, g, x []float32, cols int)", "is kernels.Outer, for AVX2 and AVX-512.")
	dw := base("dw")
	g, x := base("g"), base("x")
	column, cols, left := GP64(), number("cols"), GP64()
	MOVQ(x, column)
	MOVQ(cols, left)
	eights(dw, "dw", func() Register {
		v, high := avx2.load(at(g, 0)), avx2.load(at(g, 32))
		VMULPS(at(column, 0), v, v)
		VFMADD231PS(at(column, 32), high, v)
		// The next column, or the first of the next row: without a jump, which few columns would make hard to foresee.
		next := GP64()
		LEAQ(at(g, rowBytes), next)
		LEAQ(at(column, rowBytes), column)
		DECQ(left)
		CMOVQEQ(next, g)
		CMOVQEQ(x, column)
		CMOVQEQ(cols, left)
		return v
	})
}

// reduceRows writes kernels.ReduceRows.
func reduceRows() {
	text("reduceRows", "func(dst, acc []float32)", "is kernels.ReduceRows, for AVX2 and AVX-512.")
	dst, acc := base("dst"), base("acc")
	eights(dst, "dst", func() Register {
		v := avx2.load(at(acc, 0))
		VADDPS(at(acc, 32), v, v)
		ADDQ(U8(rowBytes), acc)
		return v
	})
}

// eights adds to every number of a slice the sum of the eight lanes that next gives for it.
func eights(dst Register, name string, next func() Register) {
	count := Load(Param(name).Len(), GP64())
	SUBQ(U8(8), count)
	JL(LabelRef("rest"))
	Label("eight")
	var v [8]Register
	for i := range v {
		v[i] = next()
	}
	s := sums(v)
	VADDPS(at(dst, 0), s, s)
	VMOVUPS(s, at(dst, 0))
	ADDQ(U8(32), dst)
	SUBQ(U8(8), count)
	JGE(LabelRef("eight"))
	Label("rest")
	ADDQ(U8(8), count)
	JZ(LabelRef("done"))
	Label("one")
	s = sum(next())
	VADDSS(at(dst, 0), s.(Vec).AsX(), s.(Vec).AsX())
	VMOVSS(s.(Vec).AsX(), at(dst, 0))
	ADDQ(U8(4), dst)
	DECQ(count)
	JNZ(LabelRef("one"))
	Label("done")
	done()
}

// sums adds the lanes of each of eight registers, as ((0+2) + (1+3)) + ((4+6) + (5+7)).
func sums(v [8]Register) Register {
	add := func(a, b Register) Register { VADDPS(b, a, a); return a }
	// Lanes two apart: [a0+a2, a1+a3, b0+b2, b1+b3] in either half. A blend costs less than a second shuffle.
	var two [4]Register
	for i := range two {
		a, b, mixed := v[2*i], v[2*i+1], YMM()
		VSHUFPS(U8(0x4e), b, a, mixed)
		VBLENDPS(U8(0xcc), b, a, a)
		two[i] = add(a, mixed)
	}
	var four [2]Register // [a, b, c, d] in either half
	for i := range four {
		a, b, even := two[2*i], two[2*i+1], YMM()
		VSHUFPS(U8(0x88), b, a, even)
		VSHUFPS(U8(0xdd), b, a, a)
		four[i] = add(even, a)
	}
	a, b, mixed := four[0], four[1], YMM()
	VPERM2F128(U8(0x21), b, a, mixed)
	VBLENDPS(U8(0xf0), b, a, a)
	return add(a, mixed)
}

// sum adds the lanes of one register in the order of sums.
func sum(v Register) Register {
	w := YMM()
	VSHUFPS(U8(0x4e), v, v, w)
	VADDPS(w, v, v)
	VSHUFPS(U8(0xb1), v, v, w)
	VADDPS(w, v, v)
	VPERM2F128(U8(0x01), v, v, w)
	VADDPS(w, v, v)
	return v
}

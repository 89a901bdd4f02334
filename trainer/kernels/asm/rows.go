package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// unroll is how many rows a pass of a row kernel takes: enough that counting costs nothing beside the stores.
const unroll = 4

// A stream is an argument that a row kernel walks along: a row, or a number a row.
type stream struct {
	name  string
	bytes int
}

// rowKernel emits body for every row. It sees the memory of every stream at its row; parts of a row are width bytes apart.
func rowKernel(streams []stream, body func(m []Mem)) {
	var pointers []Register
	for _, s := range streams {
		pointers = append(pointers, base(s.name))
	}
	count := Load(Param(streams[0].name).Len(), GP64())
	SHRQ(U8(4), count) // lanes to rows: the first stream is always one of rows
	step := func(rows int) {
		for k := range rows {
			var m []Mem
			for i, s := range streams {
				m = append(m, at(pointers[i], k*s.bytes))
			}
			body(m)
		}
		for i, s := range streams {
			ADDQ(U32(rows*s.bytes), pointers[i])
		}
	}
	SUBQ(U8(unroll), count)
	JL(LabelRef("rest"))
	Label("rows")
	step(unroll)
	SUBQ(U8(unroll), count)
	JGE(LabelRef("rows"))
	Label("rest")
	ADDQ(U8(unroll), count)
	JZ(LabelRef("done"))
	Label("row")
	step(1)
	DECQ(count)
	JNZ(LabelRef("row"))
	Label("done")
	done()
}

// notLessEqual is the predicate "not x <= 0, or x is no number", quiet.
const notLessEqual = 0x16

// rowKernels writes the kernels whose rows do not meet.
func rowKernels(s isa) {
	row := func(name string) stream { return stream{name, rowBytes} }
	scale := stream{"s", floatBytes}
	each := func(f func(offset int)) {
		for p := range s.parts() {
			f(p * s.width)
		}
	}

	text("mulRows"+s.suffix, "func(dst, s, x []float32)", "is kernels.MulRows.")
	rowKernel([]stream{row("dst"), scale, row("x")}, func(m []Mem) {
		f := s.broadcast(m[1])
		each(func(o int) {
			v := s.vec()
			VMULPS(m[2].Offset(o), f, v)
			VMOVUPS(v, m[0].Offset(o))
		})
	})

	text("mulRowsAdd"+s.suffix, "func(dst, s, x, y []float32)", "is kernels.MulRowsAdd.")
	rowKernel([]stream{row("dst"), scale, row("x"), row("y")}, func(m []Mem) {
		f := s.broadcast(m[1])
		each(func(o int) {
			v := s.load(m[3].Offset(o))
			VFMADD231PS(m[2].Offset(o), f, v)
			VMOVUPS(v, m[0].Offset(o))
		})
	})

	text("subMulRows"+s.suffix, "func(dst, s, x, y []float32)", "is kernels.SubMulRows.")
	rowKernel([]stream{row("dst"), scale, row("x"), row("y")}, func(m []Mem) {
		f := s.broadcast(m[1])
		each(func(o int) {
			v := s.load(m[2].Offset(o))
			VSUBPS(m[3].Offset(o), v, v)
			VMULPS(f, v, v)
			VMOVUPS(v, m[0].Offset(o))
		})
	})

	text("addRows"+s.suffix, "func(acc, x []float32)", "is kernels.AddRows.")
	rowKernel([]stream{row("acc"), row("x")}, func(m []Mem) {
		each(func(o int) {
			v := s.load(m[0].Offset(o))
			VADDPS(m[1].Offset(o), v, v)
			VMOVUPS(v, m[0].Offset(o))
		})
	})

	text("fmaRows"+s.suffix, "func(acc, x, y []float32)", "is kernels.FMARows.")
	rowKernel([]stream{row("acc"), row("x"), row("y")}, func(m []Mem) {
		each(func(o int) {
			v, x := s.load(m[0].Offset(o)), s.load(m[1].Offset(o))
			VFMADD231PS(m[2].Offset(o), x, v)
			VMOVUPS(v, m[0].Offset(o))
		})
	})

	text("relu"+s.suffix, "func(dst, x []float32)", "is kernels.Relu.")
	zero := s.zero()
	rowKernel([]stream{row("dst"), row("x")}, func(m []Mem) {
		each(func(o int) {
			v := s.vec()
			VMAXPS(m[1].Offset(o), zero, v) // gives its first operand here, x, where one is no number
			VMOVUPS(v, m[0].Offset(o))
		})
	})

	text("reluMask"+s.suffix, "func(g, x []float32)", "is kernels.ReluMask.")
	zero = s.zero()
	rowKernel([]stream{row("g"), row("x")}, func(m []Mem) {
		each(func(o int) {
			v := s.load(m[1].Offset(o))
			if s.width == rowBytes {
				keep := K()
				VCMPPS(U8(notLessEqual), zero, v, keep)
				VMOVUPS_Z(m[0].Offset(o), keep, v)
			} else {
				VCMPPS(U8(notLessEqual), zero, v, v)
				VANDPS(m[0].Offset(o), v, v)
			}
			VMOVUPS(v, m[0].Offset(o))
		})
	})
}

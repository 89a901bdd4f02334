package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"
)

const (
	lanes      = 16
	floatBytes = 4
	rowBytes   = lanes * floatBytes
)

// isa is an instruction set as the kernels see it.
type isa struct {
	suffix string // of the names of its functions
	width  int    // bytes of a register
	count  int    // registers
	maxLog int    // stages of the transform that fit into them: see radix
}

var (
	avx2   = isa{suffix: "AVX2", width: 32, count: 16, maxLog: 4}
	avx512 = isa{suffix: "AVX512", width: 64, count: 32, maxLog: 5}
)

// parts are the registers of a row.
func (s isa) parts() int { return rowBytes / s.width }

// vec is a fresh register, for avo to place.
func (s isa) vec() Register {
	if s.width == rowBytes {
		return ZMM()
	}
	return YMM()
}

// zero is a fresh register of zeros.
func (s isa) zero() Register {
	v := s.vec()
	if s.width == rowBytes {
		i, err := x86.VPXORD(v, v, v)
		if err != nil {
			panic(err)
		}
		i.CancellingInputs = true // avo knows it of VXORPS only, and would keep v occupied from the start of the function
		Instruction(i)
	} else {
		VXORPS(v, v, v)
	}
	return v
}

// broadcast is a fresh register that holds a number of memory in every lane.
func (s isa) broadcast(m Mem) Register {
	v := s.vec()
	VBROADCASTSS(m, v)
	return v
}

// load is a fresh register with what memory holds.
func (s isa) load(m Mem) Register {
	v := s.vec()
	VMOVUPS(m, v)
	return v
}

// ones is a fresh register of 1.0 in every lane.
func (s isa) ones() Register {
	bits, x, v := GP32(), XMM(), s.vec()
	MOVL(U32(0x3f800000), bits)
	VMOVD(bits, x)
	VBROADCASTSS(x, v)
	return v
}

// fixed lists the registers of the set by number, for a kernel that needs every one of them and so places them itself.
func (s isa) fixed() []Register {
	all := []VecPhysical{
		Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15,
		Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31,
	}
	var list []Register
	for _, z := range all[:s.count] {
		if s.width == rowBytes {
			list = append(list, z)
		} else {
			list = append(list, z.AsY())
		}
	}
	return list
}

// at is the memory a number of bytes past a pointer.
func at(pointer Register, offset int) Mem { return Mem{Base: pointer, Disp: offset} }

// text starts a function. The assembly keeps no pointer, and it trusts every length: package kernels has checked them.
func text(name, signature, doc string) {
	TEXT(name, 0, signature)
	Pragma("noescape")
	Doc(name + " " + doc)
}

// done returns to Go. Upper halves left dirty would slow every SSE instruction that follows.
func done() {
	VZEROUPPER()
	RET()
}

// base loads the first address of a slice.
func base(name string) Register { return Load(Param(name).Base(), GP64()) }

// number loads an int.
func number(name string) Register { return Load(Param(name), GP64()) }

// end loads the address behind the last element of a slice of float32.
func end(name string, base Register) Register {
	e := Load(Param(name).Len(), GP64())
	LEAQ(Mem{Base: base, Index: e, Scale: floatBytes}, e)
	return e
}

// floats is a fresh register with the bytes of count float32.
func floats(count Register) Register {
	b := GP64()
	MOVQ(count, b)
	SHLQ(U8(2), b)
	return b
}

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// chains is how many fused multiply-adds are on their way at a time, latency times throughput. Additions write to registers
// that they do not read, so that any number of them can be.
const chains = 8

// limits writes loops that do nothing but what bounds a transform: moving rows, and adding them.
func limits(s isa) {
	text("copyRows"+s.suffix, "func(dst, src []float32)", "copies rows.")
	rowKernel([]stream{{"dst", rowBytes}, {"src", rowBytes}}, func(m []Mem) {
		for p := range s.parts() {
			VMOVUPS(s.load(m[1].Offset(p*s.width)), m[0].Offset(p*s.width))
		}
	})

	text("adds"+s.suffix, "func(rounds int)", "adds 16 pairs of registers a round.")
	repeat(s, func(_, result []Register, zero, one Register) {
		for i := range 2 * chains {
			VADDPS(zero, one, result[i%len(result)])
		}
	})

	text("butterflies"+s.suffix, "func(rounds int)", "subtracts 8 pairs of registers a round and adds 8 by fused multiply-adds with one.")
	repeat(s, func(sum, result []Register, zero, one Register) {
		for i := range chains {
			VSUBPS(zero, one, result[i%len(result)])
			VFMADD231PS(zero, one, sum[i])
		}
	})
}

func repeat(s isa, body func(sum, result []Register, zero, one Register)) {
	rounds := number("rounds")
	zero, one := s.zero(), s.ones()
	sum, result := make([]Register, chains), make([]Register, chains/2)
	for i := range sum {
		sum[i] = s.zero()
	}
	for i := range result {
		result[i] = s.vec()
	}
	Label("round")
	body(sum, result, zero, one)
	DECQ(rounds)
	JNZ(LabelRef("round"))
	done()
}

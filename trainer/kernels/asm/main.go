// Command asm writes the assembly of package kernels, and of package limits beside it, through avo. A kernel is written
// once, over an isa: the registers of an instruction set and how many of them hold a row. Start with isa.go, then
// transform.go.
//
//	go generate ./trainer/kernels/...
package main

import (
	"flag"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	bounds := flag.Bool("limits", false, "write the loops of package limits")
	flag.Parse()
	ConstraintExpr("amd64")
	if *bounds {
		for _, s := range []isa{avx2, avx512} {
			limits(s)
		}
	} else {
		kernels()
	}
	Generate()
}

func kernels() {
	for _, s := range []isa{avx2, avx512} {
		for log := 1; log <= s.maxLog; log++ {
			radix(s, log)
		}
		rowKernels(s)
		matMul(s)
		matMulT(s)
		outerColumns(s)
	}
	reduceRows()
	outerDots()
	outerNarrow()
}

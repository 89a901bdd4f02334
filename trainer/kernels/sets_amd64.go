package kernels

import "golang.org/x/sys/cpu"

// assembled are the sets in assembly. Fused multiply-adds are part of both.
func assembled() []set {
	avx2 := cpu.X86.HasAVX2 && cpu.X86.HasFMA
	return []set{{
		name:       "avx512",
		usable:     avx2 && cpu.X86.HasAVX512F,
		maxLog:     5,
		radix:      [6]func([]float32, int){1: radix2AVX512, 2: radix4AVX512, 3: radix8AVX512, 4: radix16AVX512, 5: radix32AVX512},
		mulRows:    mulRowsAVX512,
		mulRowsAdd: mulRowsAddAVX512,
		subMulRows: subMulRowsAVX512,
		addRows:    addRowsAVX512,
		fmaRows:    fmaRowsAVX512,
		relu:       reluAVX512,
		reluMask:   reluMaskAVX512,
		reduceRows: reduceRows,
		matMul:     matMulAVX512,
		matMulT:    matMulTAVX512,
		outer:      outer(outerColumnsAVX512),
	}, {
		name:       "avx2",
		usable:     avx2,
		maxLog:     4,
		radix:      [6]func([]float32, int){1: radix2AVX2, 2: radix4AVX2, 3: radix8AVX2, 4: radix16AVX2},
		mulRows:    mulRowsAVX2,
		mulRowsAdd: mulRowsAddAVX2,
		subMulRows: subMulRowsAVX2,
		addRows:    addRowsAVX2,
		fmaRows:    fmaRowsAVX2,
		relu:       reluAVX2,
		reluMask:   reluMaskAVX2,
		reduceRows: reduceRows,
		matMul:     matMulAVX2,
		matMulT:    matMulTAVX2,
		outer:      outer(outerColumnsAVX2),
	}}
}

// manyRows is from how many rows on transposing x is worth it: see BenchmarkMatrices.
const manyRows = 4

// outer chooses among the kernels for an outer product. columns takes 16 columns and more.
func outer(columns func(dw, g, x []float32, rows, cols int)) func(dw, g, x []float32, rows, cols int) {
	return func(dw, g, x []float32, rows, cols int) {
		switch {
		case rows < manyRows || cols < 8:
			outerDots(dw, g, x, cols)
		case cols < Lanes:
			outerNarrow(dw, g, x, rows, cols)
		default:
			columns(dw, g, x, rows, cols)
		}
	}
}

// Package hadamard is the mathematics of Sylvester-Hadamard matrices in natural order: their entries, the fast
// Walsh-Hadamard transform with both of the numeric contract's roundings, and the recognition of a signed, permuted,
// block-diagonal one in a dense matrix. It knows no IR, no files and no target; lowering and passes are its callers.
// Start with Transform, then Recognise.
package hadamard

import (
	"math/bits"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// Entry is entry (i, j) of the Sylvester matrix of any order above i and j: (-1)^popcount(i & j).
func Entry(i, j int) int {
	return 1 - 2*(bits.OnesCount(uint(i&j))&1)
}

// Transform replaces v by (I_q (x) H_block) v, unnormalised and exact in integers that have log2(block) spare bits.
// block is a power of two and divides len(v).
func Transform[T ~int64 | ~float64](v []T, block int) {
	for stride := 1; stride < block; stride *= 2 {
		stage(v, stride)
	}
}

// Staged is Transform with a total right shift spread over the stages: after every second stage, while any of the
// shift is left, each entry is halved (half up); what the stages leave is one rounding (z + 2^(s-1)) >> s at the end.
// block is a power of two and divides len(v); shift is 0 or more.
func Staged(v []int64, block, shift int) {
	for k, stride := 1, 1; stride < block; k, stride = k+1, stride*2 {
		stage(v, stride)
		if arith.Halves(k, shift) {
			halve(v, 1)
		}
	}
	if rest := arith.Rest(bits.Len(uint(block))-1, shift); rest > 0 {
		halve(v, rest)
	}
}

// stage is one stage of butterflies between entries stride apart.
func stage[T ~int64 | ~float64](v []T, stride int) {
	for ; len(v) >= 2*stride; v = v[2*stride:] {
		a, b := v[:stride], v[stride:2*stride]
		for i, x := range a {
			y := b[i]
			a[i], b[i] = x+y, x-y
		}
	}
}

// halve divides by 2^s, s at least 1, rounding half up.
func halve(v []int64, s int) {
	half := int64(1) << (s - 1)
	for i, x := range v {
		v[i] = (x + half) >> s
	}
}

// Package kernels holds the inner loops of the trainer, on tiles: sixteen sequences side by side. It knows no layer, no
// step and no optimiser, and starts no goroutine. Start with Transform; then sets.go, which lists the instruction sets.
//
// A tile is [rows][16]float32, row-major; a column, called a lane, is a sequence. So a butterfly of the Walsh-Hadamard
// transform is an addition of two rows, and no kernel but Outer and ReduceRows moves a number from one lane to another:
// what a lane gets depends on that lane only.
//
// Each set gives the same bits for the same arguments every time. Kernels without a sum of products (Transform, MulRows,
// SubMulRows, AddRows, ReduceRows, ReluMask, and Relu but for the sign of a zero) give the same bits in every set. The
// others differ between sets by rounding: products are fused with sums where the set can, and sums are split differently.
//
// Lengths are checked, and wrong ones panic. Outputs may be the very slice of an input in kernels that work row by row,
// and must not overlap inputs in any other way. Rows are fastest at multiples of 64 bytes, which is where make puts them.
package kernels

import "fmt"

//go:generate go run ./asm -out kernels_amd64.s -stubs kernels_amd64.go -pkg kernels

// Lanes is the number of sequences in a tile.
const Lanes = 16

// Transform replaces every m rows of the tile x by their Walsh-Hadamard transform: unnormalised, in natural order, so
// that output i is the sum over j of (-1)^popcount(i&j) times input j. It is its own transpose, and m times its own
// inverse. m is a power of two and divides the rows of x. Stages go from distant pairs to neighbours.
func Transform(x []float32, m int) {
	if m < 1 || m&(m-1) != 0 {
		panic(fmt.Sprintf("kernels: Transform: %d rows are no power of two", m))
	}
	if len(x)%(m*Lanes) != 0 {
		panic(fmt.Sprintf("kernels: Transform: %d numbers are no whole blocks of %d rows of %d", len(x), m, Lanes))
	}
	active.transform(x, m)
}

// MulRows sets row i of dst to s[i]*x[i]. dst and x are [len(s)][16].
func MulRows(dst, s, x []float32) {
	tile("MulRows", "dst", dst, len(s))
	tile("MulRows", "x", x, len(s))
	active.mulRows(dst, s, x)
}

// MulRowsAdd sets row i of dst to s[i]*x[i] + y[i]. dst, x and y are [len(s)][16].
func MulRowsAdd(dst, s, x, y []float32) {
	tile("MulRowsAdd", "dst", dst, len(s))
	tile("MulRowsAdd", "x", x, len(s))
	tile("MulRowsAdd", "y", y, len(s))
	active.mulRowsAdd(dst, s, x, y)
}

// SubMulRows sets row i of dst to s[i]*(x[i] - y[i]). dst, x and y are [len(s)][16].
func SubMulRows(dst, s, x, y []float32) {
	tile("SubMulRows", "dst", dst, len(s))
	tile("SubMulRows", "x", x, len(s))
	tile("SubMulRows", "y", y, len(s))
	active.subMulRows(dst, s, x, y)
}

// MatMul sets dst, [rows][16], to b + w x, where w is [rows][cols], x is [cols][16] and b is [rows], or nil for zeros.
func MatMul(dst, w, b, x []float32, rows, cols int) {
	tile("MatMul", "dst", dst, rows)
	length("MatMul", "w", len(w), rows*cols)
	tile("MatMul", "x", x, cols)
	if b != nil {
		length("MatMul", "b", len(b), rows)
	}
	active.matMul(dst, w, b, x, rows, cols)
}

// MatMulT adds to dst, [cols][16], the product of the transpose of w, [rows][cols], and g, [rows][16].
func MatMulT(dst, w, g []float32, rows, cols int) {
	tile("MatMulT", "dst", dst, cols)
	length("MatMulT", "w", len(w), rows*cols)
	tile("MatMulT", "g", g, rows)
	active.matMulT(dst, w, g, rows, cols)
}

// Outer adds to dw, [rows][cols], the product of g, [rows][16], and the transpose of x, [cols][16]: the sum over lanes
// of their outer products.
func Outer(dw, g, x []float32, rows, cols int) {
	length("Outer", "dw", len(dw), rows*cols)
	tile("Outer", "g", g, rows)
	tile("Outer", "x", x, cols)
	active.outer(dw, g, x, rows, cols)
}

// AddRows adds x to acc. Both are whole rows.
func AddRows(acc, x []float32) {
	whole("AddRows", "acc", acc)
	length("AddRows", "x", len(x), len(acc))
	active.addRows(acc, x)
}

// FMARows adds to acc the products of x and y, number by number. All are whole rows.
func FMARows(acc, x, y []float32) {
	whole("FMARows", "acc", acc)
	length("FMARows", "x", len(x), len(acc))
	length("FMARows", "y", len(y), len(acc))
	active.fmaRows(acc, x, y)
}

// Relu sets dst to x where x is positive and to zero elsewhere. What is no number stays none, so that it is seen. Both
// are whole rows.
func Relu(dst, x []float32) {
	whole("Relu", "dst", dst)
	length("Relu", "x", len(x), len(dst))
	active.relu(dst, x)
}

// ReluMask sets g to zero where x <= 0: it takes a gradient back through Relu of x. Both are whole rows.
func ReluMask(g, x []float32) {
	whole("ReluMask", "g", g)
	length("ReluMask", "x", len(x), len(g))
	active.reluMask(g, x)
}

// ReduceRows adds to dst[i] the sum of row i of acc, [len(dst)][16]. With l for lane l plus lane l+8, the order is
// ((0+2) + (1+3)) + ((4+6) + (5+7)).
func ReduceRows(dst, acc []float32) {
	tile("ReduceRows", "acc", acc, len(dst))
	active.reduceRows(dst, acc)
}

// tile panics unless x has the given number of rows.
func tile(kernel, name string, x []float32, rows int) { length(kernel, name, len(x), rows*Lanes) }

func whole(kernel, name string, x []float32) { length(kernel, name, len(x), len(x)/Lanes*Lanes) }

func length(kernel, name string, got, want int) {
	if got != want {
		wrong(kernel, name, got, want)
	}
}

// wrong is apart so that length is small enough to be inlined.
func wrong(kernel, name string, got, want int) {
	panic(fmt.Sprintf("kernels: %s: len(%s) is %d, want %d", kernel, name, got, want))
}

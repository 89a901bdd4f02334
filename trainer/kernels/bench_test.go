package kernels

import (
	"fmt"
	"math/rand"
	"testing"
)

// benchmark runs a kernel in every set, and reports its time as a share of one of the sixteen sequences in a tile.
func benchmark(b *testing.B, run func()) {
	was := Set()
	defer use(b, was)
	for _, name := range Available() {
		use(b, name)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				run()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/Lanes, "ns/lane")
		})
	}
}

// numbers are small, so that the sums of a long benchmark stay finite.
func numbers(n int) []float32 {
	rng := rand.New(rand.NewSource(9))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64()) / 1024
	}
	return x
}

func BenchmarkTransform(b *testing.B) {
	for _, m := range []int{16, 64, 256, 512, 1024} {
		// Zeros: nothing else stays finite under transforms without end.
		x := make([]float32, max(m, 512)*Lanes)
		b.Run(fmt.Sprintf("n=%d/m=%d", len(x)/Lanes, m), func(b *testing.B) { benchmark(b, func() { Transform(x, m) }) })
	}
}

func BenchmarkRows(b *testing.B) {
	const rows = 512
	dst, s, x, y := numbers(rows*Lanes), numbers(rows), numbers(rows*Lanes), numbers(rows*Lanes)
	for _, c := range rowCases {
		b.Run(c.name, func(b *testing.B) { benchmark(b, func() { c.run(dst, s, x, y) }) })
	}
	sums := numbers(rows)
	b.Run("ReduceRows", func(b *testing.B) { benchmark(b, func() { ReduceRows(sums, x) }) })
}

func BenchmarkMatrices(b *testing.B) {
	for _, shape := range [][2]int{{512, 1}, {512, 2}, {512, 10}, {512, 28}, {512, 64}, {1, 512}, {4, 512}, {10, 512}, {19, 512}} {
		rows, cols := shape[0], shape[1]
		w, bias, x, g := numbers(rows*cols), numbers(rows), numbers(cols*Lanes), numbers(rows*Lanes)
		name := fmt.Sprintf("%dx%d", rows, cols)
		b.Run("MatMul/"+name, func(b *testing.B) { benchmark(b, func() { MatMul(g, w, bias, x, rows, cols) }) })
		b.Run("MatMulT/"+name, func(b *testing.B) { benchmark(b, func() { MatMulT(x, w, g, rows, cols) }) })
		clear(x)
		b.Run("Outer/"+name, func(b *testing.B) { benchmark(b, func() { Outer(w, g, x, rows, cols) }) })
	}
}

package kernels

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"strings"
	"testing"
)

// guard is how many numbers stand behind what a kernel may write.
const guard = 24

// normal gives n random numbers at a random distance from a round address: no kernel may lean on alignment.
func normal(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n+guard)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	k := rng.Intn(guard)
	return x[k : k+n : k+n]
}

// clone copies x to where what is written behind it is seen by checkGuard.
func clone(x []float32) []float32 {
	y := make([]float32, len(x)+guard)
	for i := range y {
		y[i] = guardValue
	}
	copy(y, x)
	return y[:len(x)]
}

const guardValue = 12345

func checkGuard(t *testing.T, what string, x []float32) {
	t.Helper()
	if slices.ContainsFunc(x[len(x):len(x)+guard], func(v float32) bool { return v != guardValue }) {
		t.Fatalf("%s: wrote beyond the end", what)
	}
}

func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	checkGuard(t, what, got)
	for i, v := range got {
		if !(math.Abs(float64(v)-want[i]) <= tolerance) {
			t.Fatalf("%s: number %d is %v, want %v within %v", what, i, v, want[i], tolerance)
		}
	}
}

// same compares numbers bit by bit, but for the sign of zeros.
func same(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i, v := range got {
		if v != want[i] && !(v != v && want[i] != want[i]) {
			t.Fatalf("%s: number %d is %v, want %v", what, i, v, want[i])
		}
	}
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// A rowCase is a kernel that works row by row: its definition is of one number.
type rowCase struct {
	name string
	run  func(dst, s, x, y []float32)
	want func(dst, s, x, y float64) float64
	// exact says that one rounding or none makes every set give the same bits.
	exact bool
}

var rowCases = []rowCase{
	{"MulRows", func(dst, s, x, _ []float32) { MulRows(dst, s, x) }, func(_, s, x, _ float64) float64 { return s * x }, true},
	{"MulRowsAdd", MulRowsAdd, func(_, s, x, y float64) float64 { return s*x + y }, false},
	{"SubMulRows", SubMulRows, func(_, s, x, y float64) float64 { return s * (x - y) }, true},
	{"AddRows", func(dst, _, x, _ []float32) { AddRows(dst, x) }, func(d, _, x, _ float64) float64 { return d + x }, true},
	{"FMARows", func(dst, _, x, y []float32) { FMARows(dst, x, y) }, func(d, _, x, y float64) float64 { return d + x*y }, false},
	{"Relu", func(dst, _, x, _ []float32) { Relu(dst, x) }, func(_, _, x, _ float64) float64 { return math.Max(x, 0) }, true},
	{"ReluMask", func(dst, _, x, _ []float32) { ReluMask(dst, x) }, func(d, _, x, _ float64) float64 {
		if x <= 0 {
			return 0
		}
		return d
	}, true},
}

func TestRowKernels(t *testing.T) {
	for _, c := range rowCases {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewSource(3))
			for rows := range 131 {
				dst, s := normal(rng, rows*Lanes), normal(rng, rows)
				x, y := normal(rng, rows*Lanes), normal(rng, rows*Lanes)
				for i := range x {
					if rng.Intn(8) == 0 {
						x[i] = 0
					}
				}
				want := make([]float64, len(dst))
				for i := range want {
					want[i] = c.want(float64(dst[i]), float64(s[i/Lanes]), float64(x[i]), float64(y[i]))
				}
				var first []float32
				everySet(t, func(t *testing.T) {
					what := fmt.Sprintf("%d rows", rows)
					got := clone(dst)
					c.run(got, s, x, y)
					near(t, what, got, want, 1e-5)
					if first == nil {
						first = got
					}
					if c.exact {
						same(t, what+", beside the fastest set", got, first)
					}
					inPlace := clone(x)
					if strings.HasPrefix(c.name, "Mul") || c.name == "SubMulRows" || c.name == "Relu" {
						c.run(inPlace, s, inPlace, y)
						same(t, what+", in place", inPlace, got)
					}
				})
			}
		})
	}
}

func TestNoNumbers(t *testing.T) {
	nan := float32(math.NaN())
	everySet(t, func(t *testing.T) {
		for rows := 1; rows <= 5; rows++ {
			x, g := make([]float32, rows*Lanes), make([]float32, rows*Lanes)
			for i := range x {
				x[i], g[i] = nan, 3
			}
			y := make([]float32, len(x))
			Relu(y, x)
			same(t, "Relu", y, x)
			ReluMask(g, x)
			if slices.Contains(g, 0) {
				t.Error("ReluMask cleared a gradient where x is no number")
			}
		}
	})
}

func TestReduceRows(t *testing.T) {
	rng := rand.New(rand.NewSource(4))
	for rows := range 131 {
		dst, acc := normal(rng, rows), normal(rng, rows*Lanes)
		want := wide(dst)
		for i, v := range acc {
			want[i/Lanes] += float64(v)
		}
		var first []float32
		everySet(t, func(t *testing.T) {
			got := clone(dst)
			ReduceRows(got, acc)
			near(t, fmt.Sprintf("%d rows", rows), got, want, 1e-5)
			if first == nil {
				first = got
			}
			same(t, fmt.Sprintf("%d rows, beside the fastest set", rows), got, first)
		})
	}
}

// shapes are random ones, and those where blocks begin and end.
func shapes(rng *rand.Rand) [][2]int {
	list := [][2]int{{0, 0}, {0, 5}, {5, 0}, {1, 1}, {512, 1}, {512, 2}, {1, 512}, {10, 512}, {19, 512}}
	for n := 1; n <= 17; n++ {
		list = append(list, [2]int{n, 1 + rng.Intn(70)}, [2]int{1 + rng.Intn(130), n}, [2]int{n, n})
	}
	for range 60 {
		list = append(list, [2]int{1 + rng.Intn(130), 1 + rng.Intn(70)})
	}
	return list
}

func eachShape(t *testing.T, seed int64, test func(t *testing.T, rng *rand.Rand, rows, cols int)) {
	rng := rand.New(rand.NewSource(seed))
	for _, s := range shapes(rng) {
		t.Run(fmt.Sprintf("%dx%d", s[0], s[1]), func(t *testing.T) { test(t, rng, s[0], s[1]) })
	}
}

// tolerance is for sums of n products of numbers of size 1.
func tolerance(n int) float64 { return 1e-5 + 1e-6*float64(n) }

// twice runs a kernel from the same start two times, and compares with a definition and with itself.
func twice(t *testing.T, dst []float32, run func(dst []float32), want []float64, within float64) {
	t.Helper()
	everySet(t, func(t *testing.T) {
		got, again := clone(dst), clone(dst)
		run(got)
		near(t, "result", got, want, within)
		run(again)
		same(t, "second run", again, got)
	})
}

func TestMatMul(t *testing.T) {
	eachShape(t, 5, func(t *testing.T, rng *rand.Rand, rows, cols int) {
		w, b, x := normal(rng, rows*cols), normal(rng, rows), normal(rng, cols*Lanes)
		for _, bias := range [][]float32{b, nil} {
			want := make([]float64, rows*Lanes)
			for i := range want {
				r, l := i/Lanes, i%Lanes
				if bias != nil {
					want[i] = float64(bias[r])
				}
				for c := range cols {
					want[i] += float64(w[r*cols+c]) * float64(x[c*Lanes+l])
				}
			}
			twice(t, normal(rng, rows*Lanes), func(dst []float32) { MatMul(dst, w, bias, x, rows, cols) }, want, tolerance(cols))
		}
	})
}

func TestMatMulT(t *testing.T) {
	eachShape(t, 6, func(t *testing.T, rng *rand.Rand, rows, cols int) {
		w, g, dst := normal(rng, rows*cols), normal(rng, rows*Lanes), normal(rng, cols*Lanes)
		want := wide(dst)
		for i := range want {
			c, l := i/Lanes, i%Lanes
			for r := range rows {
				want[i] += float64(w[r*cols+c]) * float64(g[r*Lanes+l])
			}
		}
		twice(t, dst, func(dst []float32) { MatMulT(dst, w, g, rows, cols) }, want, tolerance(rows))
	})
}

func TestOuter(t *testing.T) {
	eachShape(t, 7, func(t *testing.T, rng *rand.Rand, rows, cols int) {
		dw, g, x := normal(rng, rows*cols), normal(rng, rows*Lanes), normal(rng, cols*Lanes)
		want := wide(dw)
		for i := range want {
			r, c := i/cols, i%cols
			for l := range Lanes {
				want[i] += float64(g[r*Lanes+l]) * float64(x[c*Lanes+l])
			}
		}
		twice(t, dw, func(dw []float32) { Outer(dw, g, x, rows, cols) }, want, tolerance(Lanes))
	})
}

// What is no number in a row of g or x stays in the row or the column of dw that it is summed into.
func TestOuterNoNumbers(t *testing.T) {
	const rows, bad = 19, 7
	inf := float32(math.Inf(1))
	for cols := 1; cols <= 40; cols++ {
		everySet(t, func(t *testing.T) {
			for _, inG := range []bool{true, false} {
				dw, g, x := make([]float32, rows*cols), make([]float32, rows*Lanes), make([]float32, cols*Lanes)
				for i := range g {
					g[i] = 1
				}
				for i := range x {
					x[i] = 1
				}
				if inG {
					g[bad*Lanes+3] = inf
				} else {
					x[bad%cols*Lanes+3] = inf
				}
				Outer(dw, g, x, rows, cols)
				for i, v := range dw {
					if want := inG && i/cols == bad || !inG && i%cols == bad%cols; finite(v) == want {
						t.Fatalf("%d columns, in g: %v: number %d is %v", cols, inG, i, v)
					}
				}
			}
		})
	}
}

func finite(v float32) bool { return v-v == 0 }

// A lane's results must not depend on what stands in the other lanes, nor on which lane it is.
func TestLanesApart(t *testing.T) {
	const rows, cols = 13, 37
	rng := rand.New(rand.NewSource(8))
	w, b, x := normal(rng, rows*cols), normal(rng, rows), normal(rng, cols*Lanes)
	everySet(t, func(t *testing.T) {
		all, alone := make([]float32, rows*Lanes), make([]float32, rows*Lanes)
		MatMul(all, w, b, x, rows, cols)
		for l := range Lanes {
			turned := make([]float32, len(x))
			for c := range cols {
				turned[c*Lanes+(l+5)%Lanes] = x[c*Lanes+l]
			}
			MatMul(alone, w, b, turned, rows, cols)
			for r := range rows {
				if got, want := alone[r*Lanes+(l+5)%Lanes], all[r*Lanes+l]; got != want {
					t.Fatalf("row %d, lane %d: %v alone and %v among others", r, l, got, want)
				}
			}
		}
	})
}

func TestNoAllocations(t *testing.T) {
	const rows, cols = 19, 40
	w, b, x, g := make([]float32, rows*cols), make([]float32, rows), make([]float32, cols*Lanes), make([]float32, rows*Lanes)
	everySet(t, func(t *testing.T) {
		if n := testing.AllocsPerRun(10, func() {
			Transform(x, 8)
			MatMul(g, w, b, x, rows, cols)
			MatMulT(x, w, g, rows, cols)
			Outer(w, g, x, rows, cols)
			Outer(w[:rows*9], g, x[:9*Lanes], rows, 9)
			MulRows(g, b, g)
			ReduceRows(b, g)
		}); n != 0 {
			t.Errorf("%v allocations a run, want none", n)
		}
	})
}

func TestWrongLengths(t *testing.T) {
	f := func(n int) []float32 { return make([]float32, n) }
	for name, call := range map[string]func(){
		"Transform, m = 0":         func() { Transform(f(16), 0) },
		"Transform, m = -1":        func() { Transform(f(16), -1) },
		"Transform, m = 3":         func() { Transform(f(48), 3) },
		"Transform, half a block":  func() { Transform(f(3*16), 2) },
		"Transform, half a row":    func() { Transform(f(24), 1) },
		"MulRows, dst":             func() { MulRows(f(31), f(2), f(32)) },
		"MulRows, x":               func() { MulRows(f(32), f(2), f(33)) },
		"MulRowsAdd, dst":          func() { MulRowsAdd(f(16), f(2), f(32), f(32)) },
		"MulRowsAdd, x":            func() { MulRowsAdd(f(32), f(2), f(16), f(32)) },
		"MulRowsAdd, y":            func() { MulRowsAdd(f(32), f(2), f(32), f(16)) },
		"SubMulRows, dst":          func() { SubMulRows(f(16), f(2), f(32), f(32)) },
		"SubMulRows, x":            func() { SubMulRows(f(32), f(2), f(16), f(32)) },
		"SubMulRows, y":            func() { SubMulRows(f(32), f(2), f(32), nil) },
		"MatMul, dst":              func() { MatMul(f(16), f(6), f(2), f(48), 2, 3) },
		"MatMul, w":                func() { MatMul(f(32), f(5), f(2), f(48), 2, 3) },
		"MatMul, b":                func() { MatMul(f(32), f(6), f(3), f(48), 2, 3) },
		"MatMul, b empty":          func() { MatMul(f(32), f(6), f(0), f(48), 2, 3) },
		"MatMul, x":                func() { MatMul(f(32), f(6), f(2), f(32), 2, 3) },
		"MatMul, both negative":    func() { MatMul(f(32), f(6), nil, f(48), -2, -3) },
		"MatMulT, dst":             func() { MatMulT(f(32), f(6), f(32), 2, 3) },
		"MatMulT, w":               func() { MatMulT(f(48), f(7), f(32), 2, 3) },
		"MatMulT, g":               func() { MatMulT(f(48), f(6), f(48), 2, 3) },
		"Outer, dw":                func() { Outer(f(5), f(32), f(48), 2, 3) },
		"Outer, g":                 func() { Outer(f(6), f(16), f(48), 2, 3) },
		"Outer, x":                 func() { Outer(f(6), f(32), f(32), 2, 3) },
		"AddRows, half a row":      func() { AddRows(f(8), f(8)) },
		"AddRows, x":               func() { AddRows(f(32), f(16)) },
		"FMARows, half a row":      func() { FMARows(f(8), f(8), f(8)) },
		"FMARows, x":               func() { FMARows(f(32), f(16), f(32)) },
		"FMARows, y":               func() { FMARows(f(32), f(32), f(16)) },
		"Relu, half a row":         func() { Relu(f(8), f(8)) },
		"Relu, x":                  func() { Relu(f(32), f(16)) },
		"ReluMask, half a row":     func() { ReluMask(f(8), f(8)) },
		"ReluMask, x":              func() { ReluMask(f(32), f(16)) },
		"ReduceRows, half a row":   func() { ReduceRows(f(2), f(31)) },
		"ReduceRows, rows missing": func() { ReduceRows(f(3), f(32)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				kernel, _, _ := strings.Cut(name, ",")
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "kernels: "+kernel+": ") {
					t.Errorf("panic %q, want one that names kernels: %s", got, kernel)
				}
			}()
			call()
		})
	}
}

package kernels

import "math"

// portable is plain Go. Rows are taken as arrays, so that the compiler checks a slice once a row, not once a number.
var portable = set{
	name:   "portable",
	usable: true,
	maxLog: 3,
	radix:  [6]func([]float32, int){1: radix2, 2: radix4, 3: radix8},

	mulRows: func(dst, s, x []float32) {
		for i, f := range s {
			d, a := rowOf(dst, i), rowOf(x, i)
			for l := range d {
				d[l] = f * a[l]
			}
		}
	},
	mulRowsAdd: func(dst, s, x, y []float32) {
		for i, f := range s {
			d, a, b := rowOf(dst, i), rowOf(x, i), rowOf(y, i)
			for l := range d {
				d[l] = f*a[l] + b[l]
			}
		}
	},
	subMulRows: func(dst, s, x, y []float32) {
		for i, f := range s {
			d, a, b := rowOf(dst, i), rowOf(x, i), rowOf(y, i)
			for l := range d {
				d[l] = f * (a[l] - b[l])
			}
		}
	},
	addRows: func(acc, x []float32) {
		for i := range len(acc) / Lanes {
			d, a := rowOf(acc, i), rowOf(x, i)
			for l := range d {
				d[l] += a[l]
			}
		}
	},
	fmaRows: func(acc, x, y []float32) {
		for i := range len(acc) / Lanes {
			d, a, b := rowOf(acc, i), rowOf(x, i), rowOf(y, i)
			for l := range d {
				d[l] += a[l] * b[l]
			}
		}
	},
	relu: func(dst, x []float32) {
		for i := range len(dst) / Lanes {
			d, a := rowOf(dst, i), rowOf(x, i)
			for l := range d {
				d[l] = math.Float32frombits(math.Float32bits(a[l]) & keep(a[l]))
			}
		}
	},
	reluMask: func(g, x []float32) {
		for i := range len(g) / Lanes {
			d, a := rowOf(g, i), rowOf(x, i)
			for l := range d {
				d[l] = math.Float32frombits(math.Float32bits(d[l]) & keep(a[l]))
			}
		}
	},
	reduceRows: func(dst, acc []float32) {
		for i := range dst {
			a := rowOf(acc, i)
			var s [Lanes / 2]float32
			for l := range s {
				s[l] = a[l] + a[l+8]
			}
			dst[i] += sum(&s)
		}
	},
	matMul: func(dst, w, b, x []float32, rows, cols int) {
		for r := range rows {
			d := rowOf(dst, r)
			*d = row{}
			if b != nil {
				for l := range d {
					d[l] = b[r]
				}
			}
			weigh(d, w, r*cols, 1, x, cols)
		}
	},
	matMulT: func(dst, w, g []float32, rows, cols int) {
		for c := range cols {
			weigh(rowOf(dst, c), w, c, cols, g, rows)
		}
	},
	outer: func(dw, g, x []float32, rows, cols int) {
		for r := range rows {
			a := rowOf(g, r)
			for c := range cols {
				b := rowOf(x, c)
				var s [Lanes / 2]float32
				for l := range s {
					s[l] = a[l]*b[l] + a[l+8]*b[l+8]
				}
				dw[r*cols+c] += sum(&s)
			}
		}
	},
}

type row = [Lanes]float32

func rowOf(x []float32, i int) *row { return (*row)(x[i*Lanes:]) }

// keep has no bit where v <= 0, and every bit elsewhere. It does not jump: signs are as good as random.
func keep(v float32) uint32 {
	k := uint32(1)
	if v <= 0 {
		k = 0
	}
	return -k
}

// sum adds eight numbers in the order that ReduceRows promises.
func sum(s *[Lanes / 2]float32) float32 {
	return ((s[0] + s[2]) + (s[1] + s[3])) + ((s[4] + s[6]) + (s[5] + s[7]))
}

// weigh adds to acc the first n rows of x, each times its weight: w[first], w[first+step] and so on. A quarter of a row at
// a time, its sums stay in registers.
func weigh(acc *row, w []float32, first, step int, x []float32, n int) {
	for l := 0; l < Lanes; l += 4 {
		a := (*[4]float32)(acc[l:])
		s0, s1, s2, s3 := a[0], a[1], a[2], a[3]
		for j := range n {
			f, v := w[first+j*step], (*[4]float32)(x[j*Lanes+l:])
			s0 += f * v[0]
			s1 += f * v[1]
			s2 += f * v[2]
			s3 += f * v[3]
		}
		a[0], a[1], a[2], a[3] = s0, s1, s2, s3
	}
}

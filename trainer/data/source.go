package data

import (
	"sync"

	"github.com/hrnnc/hrnnc/internal/npy"
)

// source is where sequences lie: values from, from+1, ... of sequence i are read into dst, as floats, which are exactly the
// numbers of the file, or as integers.
type source interface {
	floats(i, from int, dst []float64)
	ints(i, from int, dst []int32)
}

// numbers is a long row of numbers, kept in the smallest type that holds them exactly.
type numbers interface {
	len() int
	floats(from int, dst []float64)
	ints(from int, dst []int32)
}

// packed are numbers of a type that Go has.
type packed[S uint8 | uint16 | int16 | int32 | float32 | float64] []S

func (p packed[S]) len() int { return len(p) }

func (p packed[S]) floats(from int, dst []float64) {
	for j, v := range p[from : from+len(dst)] {
		dst[j] = float64(v)
	}
}

func (p packed[S]) ints(from int, dst []int32) {
	for j, v := range p[from : from+len(dst)] {
		dst[j] = int32(v)
	}
}

// halves are float16.
type halves []uint16

// halfValues are the values of all float16, 256 KiB: a look-up is several times faster than the conversion.
var halfValues = sync.OnceValue(func() *[1 << 16]float32 {
	table := new([1 << 16]float32)
	for bits := range table {
		table[bits] = float32(npy.Float16(uint16(bits)))
	}
	return table
})

func (h halves) len() int { return len(h) }

func (h halves) floats(from int, dst []float64) {
	table := halfValues()
	for j, bits := range h[from : from+len(dst)] {
		dst[j] = float64(table[bits])
	}
}

func (h halves) ints(from int, dst []int32) {
	table := halfValues()
	for j, bits := range h[from : from+len(dst)] {
		dst[j] = int32(table[bits])
	}
}

// array is sequences of one size, one after the other in a row of numbers, or starting where starts says; starts lets
// windows overlap without a copy.
type array struct {
	numbers
	size   int
	starts []int32
}

func (a array) start(i int) int {
	if a.starts == nil {
		return i * a.size
	}
	return int(a.starts[i])
}

func (a array) floats(i, from int, dst []float64) { a.numbers.floats(a.start(i)+from, dst) }
func (a array) ints(i, from int, dst []int32)     { a.numbers.ints(a.start(i)+from, dst) }

// chain is several sources as one: part k has the sequences below ends[k] that no earlier part has.
type chain struct {
	parts []source
	ends  []int
}

func (c chain) find(i int) (source, int) {
	k, start := 0, 0
	for k < len(c.ends)-1 && i >= c.ends[k] {
		start = c.ends[k]
		k++
	}
	return c.parts[k], i - start
}

func (c chain) floats(i, from int, dst []float64) {
	part, j := c.find(i)
	part.floats(j, from, dst)
}

func (c chain) ints(i, from int, dst []int32) {
	part, j := c.find(i)
	part.ints(j, from, dst)
}

// unanswered are the labels of sequences that have none.
type unanswered struct{}

func (unanswered) floats(_, _ int, dst []float64) {
	for j := range dst {
		dst[j] = -1
	}
}

func (unanswered) ints(_, _ int, dst []int32) {
	for j := range dst {
		dst[j] = -1
	}
}

// tensor is numbers with a shape, row-major.
type tensor struct {
	shape []int
	numbers
}

// rows is the number of entries along the first axis, and rowSize the numbers in each.
func (t tensor) rows() int { return t.shape[0] }

func (t tensor) rowSize() int {
	if t.rows() == 0 {
		return 0
	}
	return t.len() / t.rows()
}

func (t tensor) source() source { return array{numbers: t.numbers, size: t.rowSize()} }

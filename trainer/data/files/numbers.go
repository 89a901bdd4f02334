package files

import (
	"sync"

	"github.com/hrnnc/hrnnc/internal/npy"
)

// Numbers is a long row of numbers, kept in the smallest type that holds them exactly.
type Numbers interface {
	Len() int
	Floats(from int, dst []float64)
	Ints(from int, dst []int32)
}

// Packed are numbers of a type that Go has.
type Packed[S uint8 | uint16 | int16 | int32 | float32 | float64] []S

// Len, Floats and Ints make it Numbers.
func (p Packed[S]) Len() int { return len(p) }

func (p Packed[S]) Floats(from int, dst []float64) {
	for j, v := range p[from : from+len(dst)] {
		dst[j] = float64(v)
	}
}

func (p Packed[S]) Ints(from int, dst []int32) {
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

func (h halves) Len() int { return len(h) }

func (h halves) Floats(from int, dst []float64) {
	table := halfValues()
	for j, bits := range h[from : from+len(dst)] {
		dst[j] = float64(table[bits])
	}
}

func (h halves) Ints(from int, dst []int32) {
	table := halfValues()
	for j, bits := range h[from : from+len(dst)] {
		dst[j] = int32(table[bits])
	}
}

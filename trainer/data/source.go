package data

import "github.com/hrnnc/hrnnc/trainer/data/files"

// source is where sequences lie: values from, from+1, ... of sequence i are read into dst, as floats, which are exactly the
// numbers of the file, or as integers.
type source interface {
	Floats(i, from int, dst []float64)
	Ints(i, from int, dst []int32)
}

// array is sequences of one size, one after the other in a row of numbers, or starting where starts says; starts lets
// windows overlap without a copy.
type array struct {
	files.Numbers
	size   int
	starts []int32
}

func (a array) start(i int) int {
	if a.starts == nil {
		return i * a.size
	}
	return int(a.starts[i])
}

func (a array) Floats(i, from int, dst []float64) { a.Numbers.Floats(a.start(i)+from, dst) }
func (a array) Ints(i, from int, dst []int32)     { a.Numbers.Ints(a.start(i)+from, dst) }

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

func (c chain) Floats(i, from int, dst []float64) {
	part, j := c.find(i)
	part.Floats(j, from, dst)
}

func (c chain) Ints(i, from int, dst []int32) {
	part, j := c.find(i)
	part.Ints(j, from, dst)
}

// unanswered are the labels of sequences that have none.
type unanswered struct{}

func (unanswered) Floats(_, _ int, dst []float64) {
	for j := range dst {
		dst[j] = -1
	}
}

func (unanswered) Ints(_, _ int, dst []int32) {
	for j := range dst {
		dst[j] = -1
	}
}

// sourceOf are the rows of a tensor as sequences.
func sourceOf(t files.Tensor) source { return array{Numbers: t.Numbers, size: t.RowSize()} }

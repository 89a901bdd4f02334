package files

import (
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Tensor is numbers with a shape, row-major.
type Tensor struct {
	Shape []int
	Numbers
}

// ChannelsLast swaps the second and the third axis.
func (t Tensor) ChannelsLast() Tensor {
	n, channels, steps := t.Shape[0], t.Shape[1], t.Shape[2]
	from := func(i int) int { return i/(steps*channels)*steps*channels + i%channels*steps + i/channels%steps }
	out := Tensor{Shape: []int{n, steps, channels}}
	if IsFloat(t.Numbers) {
		all := make([]float64, t.Len())
		t.Floats(0, all)
		out.Numbers = exact(len(all), channels, func(i int) float64 { return all[from(i)] })
		return out
	}
	all := AllInts(t.Numbers)
	out.Numbers = Fill(len(all), func(i int) int32 { return all[from(i)] })
	return out
}

// Rows is the number of entries along the first axis.
func (t Tensor) Rows() int { return t.Shape[0] }

// RowSize is how many numbers each of them has.
func (t Tensor) RowSize() int {
	if t.Rows() == 0 {
		return 0
	}
	return t.Len() / t.Rows()
}

// Place is the index of number i as numpy writes it: [7, 3, 1].
func (t Tensor) Place(i int) string {
	index := slices.Clone(t.Shape)
	for d := len(index) - 1; d >= 0; d-- {
		index[d], i = i%t.Shape[d], i/t.Shape[d]
	}
	return diag.Shape(index)
}

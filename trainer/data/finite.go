package data

import (
	"fmt"
	"math"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// checkFinite refuses values that no model can be trained on. They would turn a whole run into NaN.
func checkFinite(at diag.Builder, name string, t tensor) error {
	if !isFloat(t.numbers) {
		return nil
	}
	first, others := -1, 0
	buf := make([]float64, 4096)
	for from := 0; from < t.len(); from += len(buf) {
		piece := buf[:min(len(buf), t.len()-from)]
		t.floats(from, piece)
		for j, v := range piece {
			switch {
			case v == v && v <= math.MaxFloat32 && v >= -math.MaxFloat32:
			case first < 0:
				first = from + j
			default:
				others++
			}
		}
	}
	if first < 0 {
		return nil
	}
	t.floats(first, buf[:1])
	more := ""
	if others > 0 {
		more = fmt.Sprintf("; others that are NaN or infinite: %d", others)
	}
	return at.Errorf(code, "%s%s is %v%s", name, t.place(first), buf[0], more).
		Helpf("indices are numpy's, the sequence first; remove the sequence, write what is known, or say what to do:  missing = drop,  hold  or  interpolate;  " +
			"where NaN pads shorter sequences, save  lengths  beside them")
}

// place is the index of number i as numpy writes it: [7, 3, 1].
func (t tensor) place(i int) string {
	index := slices.Clone(t.shape)
	for d := len(index) - 1; d >= 0; d-- {
		index[d], i = i%t.shape[d], i/t.shape[d]
	}
	return diag.Shape(index)
}

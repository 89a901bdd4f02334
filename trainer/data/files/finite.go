package files

import (
	"fmt"
	"math"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// CheckFinite refuses values that no model can be trained on. They would turn a whole run into NaN.
func CheckFinite(at diag.Builder, name string, t Tensor) error {
	if !IsFloat(t.Numbers) {
		return nil
	}
	first, others := -1, 0
	buf := make([]float64, 4096)
	for from := 0; from < t.Len(); from += len(buf) {
		piece := buf[:min(len(buf), t.Len()-from)]
		t.Floats(from, piece)
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
	t.Floats(first, buf[:1])
	more := ""
	if others > 0 {
		more = fmt.Sprintf("; others that are NaN or infinite: %d", others)
	}
	return at.Errorf(code, "%s%s is %v%s", name, t.Place(first), buf[0], more).
		Helpf("indices are numpy's, the sequence first; remove the sequence, write what is known, or say what to do:  missing = drop,  hold  or  interpolate;  " +
			"where NaN pads shorter sequences, save  lengths  beside them")
}

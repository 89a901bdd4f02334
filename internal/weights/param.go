package weights

import (
	"math"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Unsigned reports whether a type of Tensor.DType has no negative values.
func Unsigned(dtype string) bool { return dtype == "BOOL" || dtype != "" && dtype[0] == 'U' }

// Param gives the tensor that a param of the language reads, as Tensor does, with its values as the weight type means them:
//
//   - "sign" and "binary" use signs alone. A type that has none (bool, unsigned) holds 0 and 1, which mean -1 and +1.
//   - "index" takes whole numbers of any type.
//   - all others are numbers of either sign. A type that has none is refused: it holds signs, or integers with a zero point.
//
// Signs that are 0 and one positive number in a type that has a minus are refused, since all would count as +1.
func (f *File) Param(name, kind string, shape ...int) (*Tensor, error) {
	t, err := f.Tensor(name, shape...)
	if err != nil || kind == "index" {
		return t, err
	}
	at := f.at(name)
	signs := kind == "sign" || kind == "binary"
	switch {
	case Unsigned(t.DType) && !signs:
		return nil, at.Errorf(code, "has type %s, which has no minus; weights need one", t.DType).
			Helpf("save it as float32: 2*t-1 where 0 and 1 stand for -1 and +1, scale*(t-zero_point) where it was quantised")
	case Unsigned(t.DType):
		t.Data = slices.Clone(t.Data)
		for i, v := range t.Data {
			if v > 1 {
				return nil, at.Errorf(code, "value %s is %v; signs of type %s are 0 for -1 and 1 for +1", index(i, t.Shape), v, t.DType).
					Helpf("save the signs as int8 or float32, -1 and +1")
			}
			t.Data[i] = 2*v - 1
		}
	case signs && zeroOrOne(t.Data):
		return nil, at.Errorf(code, "holds 0 and one positive number, %s of %s: all of it would count as +1", diag.Shape(t.Shape), t.DType).
			Helpf("save the signs as -1 and +1: 2*t-1; or as bool, where 0 means -1")
	}
	return t, nil
}

// zeroOrOne reports whether values are 0 and one positive number, and both occur.
func zeroOrOne(values []float64) bool {
	zeros, most := 0, slices.Max(append([]float64{0}, values...))
	for _, v := range values {
		if v != 0 && v != most || math.IsNaN(v) {
			return false
		}
		if v == 0 {
			zeros++
		}
	}
	return zeros > 0 && zeros < len(values)
}

package weights

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestParam is what the types of tensors mean to the weight types of the language.
func TestParam(t *testing.T) {
	for _, test := range []struct {
		name, dtype, kind string
		data              []float64
		want              []float64
		err               string
	}{
		{"signs", "F32", "sign", []float64{-1, 1, 1}, []float64{-1, 1, 1}, ""},
		{"latent signs", "F32", "sign", []float64{-0.3, 0, 2}, []float64{-0.3, 0, 2}, ""},
		{"untrained", "F32", "sign", []float64{0, 0, 0}, []float64{0, 0, 0}, ""},
		{"bool", "BOOL", "sign", []float64{0, 1, 1}, []float64{-1, 1, 1}, ""},
		{"bytes", "U8", "sign", []float64{0, 1, 1}, []float64{-1, 1, 1}, ""},
		{"wide", "U64", "sign", []float64{1, 0, 1}, []float64{1, -1, 1}, ""},
		{"bytes that were int8", "U8", "sign", []float64{255, 1, 1}, nil, "value [0] is 255; signs of type U8 are 0 for -1 and 1 for +1"},
		{"0 and 1 as floats", "F32", "sign", []float64{0, 1, 1}, nil, "all of it would count as +1"},
		{"0 and 1 as integers", "I64", "sign", []float64{0, 1, 0}, nil, "help: save the signs as -1 and +1: 2*t-1; or as bool"},
		{"0 and a scale", "F16", "binary", []float64{0, 0.5, 0.5}, nil, "all of it would count as +1"},
		{"binary bool", "BOOL", "binary", []float64{0, 1, 0}, []float64{-1, 1, -1}, ""},
		{"index", "U16", "index", []float64{2, 0, 1}, []float64{2, 0, 1}, ""},
		{"quantised", "U8", "int4", []float64{128, 3, 250}, nil, "has type U8, which has no minus; weights need one; help: save it as float32"},
		{"a mask", "BOOL", "ternary", []float64{0, 1, 0}, nil, "has type BOOL, which has no minus"},
		{"dense", "BOOL", "real", []float64{0, 1, 0}, nil, "2*t-1 where 0 and 1 stand for -1 and +1"},
		{"integers", "I8", "int4", []float64{-8, 3, 7}, []float64{-8, 3, 7}, ""},
	} {
		f := &File{Path: "m.npz", Tensors: []*Tensor{{Name: "t", Shape: []int{3}, DType: test.dtype, Data: test.data}}}
		got, err := f.Param("t", test.kind, 3)
		switch {
		case test.err != "":
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: %v, want %q", test.name, err, test.err)
			}
		case err != nil:
			t.Errorf("%s: %v", test.name, err)
		default:
			if d := cmp.Diff(test.want, got.Data); d != "" {
				t.Errorf("%s: %s", test.name, d)
			}
		}
	}
}

package files

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestExact checks that numbers are kept to the bit, and small where they can be.
func TestExact(t *testing.T) {
	for _, test := range []struct {
		name   string
		values []float64
		want   Numbers
	}{
		{"whole numbers", []float64{0, -3, 16777216}, Packed[float32]{}},
		{"float32 saved wide", []float64{float64(float32(0.1)), 2}, Packed[float32]{}},
		{"air pressure", []float64{101325.37, 0.25, 101330.01, -0.5}, decimals{}},
		{"counts", []float64{1_000_000_007, 3, 999_999_999, 4}, decimals{}},
		{"a third", []float64{1.0 / 3, 1, 2, 3}, Packed[float64]{}},
		{"many digits", []float64{123456.789012, 1, 2, 3}, Packed[float64]{}},
		{"beyond 32 bits", []float64{2147483647.5, 1, 2, 3}, Packed[float64]{}},
	} {
		got := Exactly(test.values, 2)
		if is, want := typeOf(got), typeOf(test.want); is != want {
			t.Errorf("%s: kept as %s, want %s", test.name, is, want)
		}
	}
}

func typeOf(n Numbers) string {
	switch n.(type) {
	case Packed[float32]:
		return "float32"
	case decimals:
		return "decimals"
	case Packed[float64]:
		return "float64"
	}
	return "another type"
}

// TestExactOfAnyNumbers reads back what exact keeps, from any place on.
func TestExactOfAnyNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 4).Draw(t, "width")
		rows := rapid.IntRange(1, 20).Draw(t, "rows")
		values := make([]float64, rows*width)
		for c := range width {
			decimals := rapid.IntRange(-1, 9).Draw(t, "decimals")
			for i := c; i < len(values); i += width {
				if decimals < 0 {
					values[i] = rapid.Float64().Draw(t, "value")
				} else {
					values[i] = float64(rapid.Int32().Draw(t, "mantissa")) / math.Pow10(decimals)
				}
			}
		}
		kept := Exactly(values, width)
		from := rapid.IntRange(0, len(values)-1).Draw(t, "from")
		got := make([]float64, len(values)-from)
		kept.Floats(from, got)
		for i, v := range got {
			if v != values[from+i] {
				t.Fatalf("%s gives %v for %v", typeOf(kept), v, values[from+i])
			}
		}
	})
}

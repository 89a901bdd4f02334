package numerics

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQuantiseWeights(t *testing.T) {
	w := []float64{-1, 0.49, 0.5, 0.51, 1, 0}
	for _, c := range []struct {
		kind    string
		between bool
		want    []int64
		unit    float64
	}{
		{"int4", false, []int64{-8, 4, 4, 4, 7, 0}, 1.0 / 8},
		{"ternary", false, []int64{-1, 0, 0, 1, 1, 0}, 1},
		{"int2", false, []int64{-2, 1, 1, 1, 1, 0}, 0.5},
		{"binary", false, []int64{-1, 1, 1, 1, 1, 1}, 3.5 / 6},
		{"binary", true, []int64{-1, 1, 1, 1, 1, 1}, 1 / math.Sqrt(6)},
		{"sign", false, []int64{-1, 1, 1, 1, 1, 1}, 1},
	} {
		got, err := QuantiseWeights(w, []int{6}, c.kind, c.between)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, got.Ints); d != "" || got.Unit != c.unit {
			t.Errorf("%s: unit %v, want %v; ints (-want +got)\n%s", c.kind, got.Unit, c.unit, d)
		}
	}
	if _, err := QuantiseWeights([]float64{math.NaN()}, []int{1}, "int4", false); err == nil {
		t.Error("a NaN weight was accepted")
	}
	zero, _ := QuantiseWeights([]float64{0, 0}, []int{2}, "int4", false)
	if zero.Unit != 1.0/8 {
		t.Errorf("all-zero weights have unit %v, want alpha = 1", zero.Unit)
	}
}

func TestParityInputEqualsItsDefinition(t *testing.T) {
	for f := range 20 {
		r, ok := ParityInput(f, 255)
		if !ok {
			t.Fatalf("f = %d: no constant found", f)
		}
		for x := int64(-255); x <= 255; x++ {
			want := int64(math.RoundToEven(math.Sqrt2 * math.Ldexp(float64(x), f)))
			if got := r.Apply(x); got != want {
				t.Fatalf("f = %d, X = %d: %d, want %d", f, x, got, want)
			}
		}
	}
}

func TestStateShift(t *testing.T) {
	// 2^14 levels for |h| = 10 in units of 1/1000: 16384/10000 leaves no bit, 16384/8000 one.
	if e := StateShift(16, 1, 10, 0.001); e != 0 {
		t.Errorf("e = %d, want 0", e)
	}
	if e := StateShift(16, 1, 8, 0.001); e != 1 {
		t.Errorf("e = %d, want 1", e)
	}
	if e := StateShift(8, 1, 10, 0.001); e != -8 {
		t.Errorf("e = %d, want -8", e)
	}
}

// Package numerics holds the arithmetic of docs/numerics.md that no single pass owns: how a weight becomes an
// integer, how the unit of a state is chosen, how a real constant is rounded. It knows neither the IR's graph nor
// any file format. Start with QuantiseWeights and StateShift.
package numerics

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// WeightBits gives p, the bits an entry of a declared weight type takes when stored: 1 for binary and sign,
// 2 for ternary, p for int2 to int16. Types that are not stored as integers ("real", "index") give ok = false.
func WeightBits(kind string) (p int, ok bool) {
	switch kind {
	case "binary", "sign":
		return 1, true
	case "ternary":
		return 2, true
	}
	p, err := strconv.Atoi(strings.TrimPrefix(kind, "int"))
	if err != nil || !strings.HasPrefix(kind, "int") || p < 2 || p > 16 {
		return 0, false
	}
	return p, true
}

// Exponent gives p of the unit alpha * 2^-(p-1): the bits of int2 to int16, and 1 for binary and ternary.
func Exponent(t *ir.Tensor) int {
	if t.Weight == "binary" || t.Weight == "ternary" || t.Weight == "sign" {
		return 1
	}
	return t.Bits
}

// QuantiseWeights makes the constant that both levels use: Real[i] = Unit * Ints[i]. kind is "binary", "ternary",
// "int2" to "int16", "sign", or "real", which stays as it is (Ints nil). between says that the matrix stands between
// two states, where a binary one is sign(w)/sqrt(columns). Non-finite weights are an error.
// Source: docs/numerics.md section 2; the authors' quantized_layers.py forms w * (2^(p-1)/alpha) in float32.
func QuantiseWeights(w []float64, shape []int, kind string, between bool) (*ir.Tensor, error) {
	for i, v := range w {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("entry %d is %v", i, v)
		}
	}
	t := &ir.Tensor{Shape: shape, Weight: kind, Unit: 1}
	if kind == "real" {
		t.Real = append([]float64(nil), w...)
		return t, nil
	}
	p, ok := WeightBits(kind)
	if !ok {
		return nil, fmt.Errorf("%q is not a weight type", kind)
	}
	t.Bits = p
	switch kind {
	case "sign":
		t.Ints = signs(w)
	case "binary":
		t.Ints = signs(w)
		t.Unit = meanMagnitude(w)
		if between {
			t.Unit = 1 / math.Sqrt(float64(shape[len(shape)-1]))
		}
	case "ternary":
		alpha := maxMagnitude(w)
		t.Ints, t.Unit = scaled(w, float32(1/alpha), -1, 1), alpha
	default:
		alpha, half := maxMagnitude(w), math.Ldexp(1, p-1)
		t.Ints, t.Unit = scaled(w, float32(half/alpha), -half, half-1), alpha/half
	}
	t.Real = make([]float64, len(w))
	for i, q := range t.Ints {
		t.Real[i] = t.Unit * float64(q)
	}
	return t, nil
}

func signs(w []float64) []int64 {
	q := make([]int64, len(w))
	for i, v := range w {
		q[i] = 1
		if v < 0 {
			q[i] = -1
		}
	}
	return q
}

func scaled(w []float64, factor float32, lo, hi float64) []int64 {
	q := make([]int64, len(w))
	for i, v := range w {
		x := float32(v) * factor
		q[i] = int64(min(max(math.RoundToEven(float64(x)), lo), hi))
	}
	return q
}

func maxMagnitude(w []float64) float64 {
	alpha := 0.0
	for _, v := range w {
		alpha = max(alpha, math.Abs(v))
	}
	if alpha == 0 {
		return 1
	}
	return alpha
}

func meanMagnitude(w []float64) float64 {
	sum := 0.0
	for _, v := range w {
		sum += math.Abs(v)
	}
	if sum == 0 {
		return 1
	}
	return sum / float64(len(w))
}

// StateShift gives e: the integers of a state of B bits are worth lambda0 * 2^-e, where lambda0 is the unit of the
// product that flows in and most is the largest |h|, times sqrt(2) when the order is odd (docs/numerics.md section 3).
func StateShift(stateBits, headroom int, most, lambda0 float64) int {
	room := math.Ldexp(1, stateBits-1-headroom)
	if most == 0 || lambda0 == 0 {
		return 0
	}
	return int(math.Floor(math.Log2(room / (most / lambda0))))
}

// RoundHalfEven rounds v to the nearest integer, ties to even; ok is false when it does not fit in 62 bits.
func RoundHalfEven(v float64) (n int64, ok bool) {
	r := math.RoundToEven(v)
	if math.IsNaN(r) || math.Abs(r) >= 1<<62 {
		return 0, false
	}
	return int64(r), true
}

// ParityInput gives the integer map equal to X -> round_half_even(sqrt(2) * 2^f * X) for every |X| <= most. sqrt(2)
// being irrational, no tie exists, so the map is found by widening its constant until every X agrees.
// ok is false when the product would not fit 63 bits. most may be at most 2^16.
func ParityInput(f int, most int64) (arith.Requant, bool) {
	for s := 4; s+f+1+bits.Len64(uint64(most)) < 62; s++ {
		r := arith.Requant{Mul: RoundSqrt2(f + s), Shift: s}
		if agrees(r, f, most) {
			return r, true
		}
	}
	return arith.Requant{}, false
}

// agrees checks both signs: half-up rounding differs between them only at ties.
func agrees(r arith.Requant, f int, most int64) bool {
	for x := most; x >= 1; x-- {
		want := sqrt2Product(x, f)
		if r.Apply(x) != want || r.Apply(-x) != -want {
			return false
		}
	}
	return true
}

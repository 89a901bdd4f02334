package weights

import (
	"encoding/binary"
	"math"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/npy"
)

// dtype is how one value lies in a file. integer is set where the bits are an integer that float64 may not hold.
type dtype struct {
	width   int
	float   func(binary.ByteOrder, []byte) float64
	integer func(binary.ByteOrder, []byte) (value int64, fits bool)
	put     func(v float64) (bits uint64, ok bool)
}

// dtypes are the element types of safetensors, which torch's map to.
var dtypes = map[string]dtype{
	"F64": {8, func(o binary.ByteOrder, b []byte) float64 { return math.Float64frombits(o.Uint64(b)) }, nil,
		func(v float64) (uint64, bool) { return math.Float64bits(v), true }},
	"F32": {4, func(o binary.ByteOrder, b []byte) float64 { return float64(math.Float32frombits(o.Uint32(b))) }, nil,
		func(v float64) (uint64, bool) { return uint64(math.Float32bits(float32(v))), fits(v, math.MaxFloat32) }},
	"F16": {2, func(o binary.ByteOrder, b []byte) float64 { return npy.Float16(o.Uint16(b)) }, nil,
		func(v float64) (uint64, bool) { return narrow(v, 5, 10), fits(v, 65504) }},
	"BF16": {2, func(o binary.ByteOrder, b []byte) float64 {
		return float64(math.Float32frombits(uint32(o.Uint16(b)) << 16))
	}, nil, func(v float64) (uint64, bool) {
		return narrow(v, 8, 7), fits(v, float64(math.Float32frombits(0x7f7f0000)))
	}},
	"F8_E4M3": {1, func(_ binary.ByteOrder, b []byte) float64 { return float8(b[0], 4, 3) }, nil,
		func(v float64) (uint64, bool) { return exactFloat8(v, 4, 3) }},
	"F8_E5M2": {1, func(_ binary.ByteOrder, b []byte) float64 { return float8(b[0], 5, 2) }, nil,
		func(v float64) (uint64, bool) { return exactFloat8(v, 5, 2) }},
	"I64":  {8, nil, func(o binary.ByteOrder, b []byte) (int64, bool) { return int64(o.Uint64(b)), true }, signed(64)},
	"I32":  {4, nil, func(o binary.ByteOrder, b []byte) (int64, bool) { return int64(int32(o.Uint32(b))), true }, signed(32)},
	"I16":  {2, nil, func(o binary.ByteOrder, b []byte) (int64, bool) { return int64(int16(o.Uint16(b))), true }, signed(16)},
	"I8":   {1, nil, func(_ binary.ByteOrder, b []byte) (int64, bool) { return int64(int8(b[0])), true }, signed(8)},
	"U64":  {8, nil, func(o binary.ByteOrder, b []byte) (int64, bool) { return int64(o.Uint64(b)), o.Uint64(b)>>63 == 0 }, unsigned(64)},
	"U32":  {4, nil, func(o binary.ByteOrder, b []byte) (int64, bool) { return int64(o.Uint32(b)), true }, unsigned(32)},
	"U16":  {2, nil, func(o binary.ByteOrder, b []byte) (int64, bool) { return int64(o.Uint16(b)), true }, unsigned(16)},
	"U8":   {1, nil, func(_ binary.ByteOrder, b []byte) (int64, bool) { return int64(b[0]), true }, unsigned(8)},
	"BOOL": {1, nil, func(_ binary.ByteOrder, b []byte) (int64, bool) { return min(int64(b[0]), 1), true }, unsigned(1)},
}

// value decodes the i-th value of a tensor from b.
func (d dtype) value(at diag.Builder, o binary.ByteOrder, b []byte, i int) (float64, error) {
	if d.float != nil {
		return d.float(o, b), nil
	}
	v, ok := d.integer(o, b)
	if !ok {
		return 0, inexact(at, i, uint64(v))
	}
	if !exact(v) {
		return 0, inexact(at, i, v)
	}
	return float64(v), nil
}

// float8 reads a float of 8 bits (Micikevicius et al., FP8 Formats for Deep Learning, 2022): with 4 bits of exponent the largest
// pattern alone is no number and nothing is infinite, with 5 bits both are as in IEEE 754.
func float8(b byte, exponent, fraction int) float64 {
	bias := 1<<(exponent-1) - 1
	e, f := int(b>>fraction)&(1<<exponent-1), int(b)&(1<<fraction-1)
	sign := 1.0
	if b&0x80 != 0 {
		sign = -1
	}
	switch {
	case exponent == 4 && b&0x7f == 0x7f:
		return math.NaN()
	case exponent == 5 && e == 31 && f != 0:
		return math.NaN()
	case exponent == 5 && e == 31:
		return math.Inf(int(sign))
	case e == 0:
		return sign * math.Ldexp(float64(f), 1-bias-fraction)
	}
	return sign * math.Ldexp(float64(1<<fraction+f), e-bias-fraction)
}

// exactFloat8 finds the pattern of a value that a float of 8 bits has.
func exactFloat8(v float64, exponent, fraction int) (uint64, bool) {
	for b := range 256 {
		if x := float8(byte(b), exponent, fraction); math.Float64bits(x) == math.Float64bits(v) || math.IsNaN(x) && math.IsNaN(v) {
			return uint64(b), true
		}
	}
	return 0, false
}

// fits reports whether v is not finite or at most as large as the largest value of its type.
func fits(v, largest float64) bool {
	return math.Abs(v) <= largest || math.IsInf(v, 0) || math.IsNaN(v)
}

func signed(bits int) func(float64) (uint64, bool) {
	limit := math.Ldexp(1, bits-1)
	return func(v float64) (uint64, bool) {
		ok := v == math.Trunc(v) && v >= -limit && v < limit
		if !ok {
			return 0, false
		}
		return uint64(int64(v)), true
	}
}

func unsigned(bits int) func(float64) (uint64, bool) {
	// Readers keep integers within int64, so what they refuse is not written either.
	limit := math.Ldexp(1, min(bits, 63))
	return func(v float64) (uint64, bool) {
		ok := v == math.Trunc(v) && v >= 0 && v < limit
		if !ok {
			return 0, false
		}
		return uint64(v), true
	}
}

// narrow rounds v, half to even, to a float with that many bits of exponent and fraction.
func narrow(v float64, exponent, fraction int) uint64 {
	bits := math.Float64bits(v)
	sign := bits >> 63 << (exponent + fraction)
	bias := 1<<(exponent-1) - 1
	infinity := uint64(1<<exponent-1) << fraction
	switch {
	case math.IsNaN(v):
		return sign | infinity | 1<<(fraction-1)
	case v == 0:
		return sign
	case math.IsInf(v, 0):
		return sign | infinity
	}
	_, e := math.Frexp(v)
	unit := max(e-1, 1-bias) - fraction // the exponent of the last place, which subnormals share
	steps := uint64(math.RoundToEven(math.Ldexp(math.Abs(v), -unit)))
	// A carry out of the fraction raises the exponent, as it should.
	if field := unit + fraction + bias; field > 1 || steps>>fraction > 0 {
		steps += uint64(field-1) << fraction
	}
	return sign | min(steps, infinity)
}

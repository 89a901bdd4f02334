package npy

import (
	"encoding/binary"
	"math"
)

// element is how one value of a dtype lies in a file. One of float and integer is set.
type element struct {
	kind    byte
	size    int
	float   func(binary.ByteOrder, []byte) float64
	integer func(binary.ByteOrder, []byte) int64
}

// elements are the dtypes read, by numpy's kind and size.
var elements = map[string]element{
	"b1": {kind: 'b', integer: func(_ binary.ByteOrder, b []byte) int64 { return min(int64(b[0]), 1) }},
	"u1": {kind: 'u', integer: func(_ binary.ByteOrder, b []byte) int64 { return int64(b[0]) }},
	"i1": {kind: 'i', integer: func(_ binary.ByteOrder, b []byte) int64 { return int64(int8(b[0])) }},
	"u2": {kind: 'u', integer: func(o binary.ByteOrder, b []byte) int64 { return int64(o.Uint16(b)) }},
	"i2": {kind: 'i', integer: func(o binary.ByteOrder, b []byte) int64 { return int64(int16(o.Uint16(b))) }},
	"u4": {kind: 'u', integer: func(o binary.ByteOrder, b []byte) int64 { return int64(o.Uint32(b)) }},
	"i4": {kind: 'i', integer: func(o binary.ByteOrder, b []byte) int64 { return int64(int32(o.Uint32(b))) }},
	"u8": {kind: 'u', integer: func(o binary.ByteOrder, b []byte) int64 { return int64(o.Uint64(b)) }},
	"i8": {kind: 'i', integer: func(o binary.ByteOrder, b []byte) int64 { return int64(o.Uint64(b)) }},
	"f2": {kind: 'f', float: func(o binary.ByteOrder, b []byte) float64 { return Float16(o.Uint16(b)) }},
	"f4": {kind: 'f', float: func(o binary.ByteOrder, b []byte) float64 { return float64(math.Float32frombits(o.Uint32(b))) }},
	"f8": {kind: 'f', float: func(o binary.ByteOrder, b []byte) float64 { return math.Float64frombits(o.Uint64(b)) }},
}

// Float16 is the value of IEEE 754 half precision bits.
func Float16(bits uint16) float64 {
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(fraction, -24)
	case 31:
		v = math.Inf(1)
		if fraction != 0 {
			v = math.NaN()
		}
	default:
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	if bits>>15 == 1 {
		v = -v
	}
	return v
}

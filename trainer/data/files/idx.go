package files

import (
	"encoding/binary"
	"math"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// maxIDXDims is more than any data set has; the format allows 255.
const maxIDXDims = 8

// idxSizes are the bytes of a value for each type of the IDX format.
var idxSizes = map[byte]int{0x08: 1, 0x09: 1, 0x0b: 2, 0x0c: 4, 0x0d: 4, 0x0e: 8}

// ReadIDX reads the format of the MNIST files (described at yann.lecun.com/exdb/mnist), packed or not: two zero bytes,
// a type, a number of dimensions, the dimensions as 32-bit counts, and the values, row-major, all big-endian.
func ReadIDX(path string) (Tensor, error) {
	data, err := ReadUnpacked(path)
	if err != nil {
		return Tensor{}, err
	}
	return parseIDX(path, data)
}

func parseIDX(file string, data []byte) (Tensor, error) {
	at := diag.InFile(file, "")
	if len(data) < 4 || data[0] != 0 || data[1] != 0 || idxSizes[data[2]] == 0 {
		return Tensor{}, at.Errorf(code, "is not an IDX file").Helpf("IDX files start with two zero bytes and a type of 8 to 14; MNIST's are such")
	}
	size, dims := idxSizes[data[2]], int(data[3])
	if dims == 0 || dims > maxIDXDims {
		return Tensor{}, at.Errorf(code, "has %d dimensions; 1 to %d are read", dims, maxIDXDims).Helpf("check that it is the right file")
	}
	body := 4 + 4*dims
	if len(data) < body {
		return Tensor{}, at.Errorf(code, "is truncated: its header has %s and the file %d", diag.Count(body, "byte"), len(data)).Helpf("copy or fetch it again")
	}
	shape, count := make([]int, dims), 1
	for d := range shape {
		shape[d] = int(binary.BigEndian.Uint32(data[4+4*d:]))
		if shape[d] != 0 && count > math.MaxInt32/shape[d] {
			return Tensor{}, at.Errorf(code, "declares more than %s", diag.Count(math.MaxInt32, "value")).Helpf("copy or fetch it again; it looks damaged")
		}
		count *= shape[d]
	}
	if want := count * size; want != len(data)-body {
		return Tensor{}, at.Errorf(code, "has %s of values; %s of %s each needs %d", diag.Count(len(data)-body, "byte"), diag.Shape(shape), diag.Count(size, "byte"), want).
			Helpf("copy or fetch it again")
	}
	return Tensor{shape, idxValues(data[2], data[body:])}, nil
}

// idxValues converts what is not bytes already.
func idxValues(kind byte, body []byte) Numbers {
	be := binary.BigEndian
	switch kind {
	case 0x09:
		return convert(body, 1, func(b []byte) int16 { return int16(int8(b[0])) })
	case 0x0b:
		return convert(body, 2, func(b []byte) int16 { return int16(be.Uint16(b)) })
	case 0x0c:
		return convert(body, 4, func(b []byte) int32 { return int32(be.Uint32(b)) })
	case 0x0d:
		return convert(body, 4, func(b []byte) float32 { return math.Float32frombits(be.Uint32(b)) })
	case 0x0e:
		return exact(len(body)/8, 1, func(i int) float64 { return math.Float64frombits(be.Uint64(body[8*i:])) })
	}
	return Packed[uint8](body)
}

func convert[S int16 | int32 | float32](body []byte, size int, value func([]byte) S) Packed[S] {
	out := make(Packed[S], len(body)/size)
	for i := range out {
		out[i] = value(body[i*size:])
	}
	return out
}

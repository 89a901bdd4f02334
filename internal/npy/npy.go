// Package npy reads and writes numpy arrays: .npy files, and the .npz archives that hold several.
// Files are taken as hostile: nothing is executed and no size is believed before the bytes are there. Names and meaning
// of weights are in internal/weights.
// Start with Array, then ReadFile and WriteFile.
package npy

import "fmt"

// Array is an n-dimensional array in row-major order.
type Array struct {
	// Shape is empty for a scalar.
	Shape []int
	// Kind is 'f' (Floats are set), or 'i', 'u', 'b' (Ints are set, 0 and 1 for 'b').
	Kind byte
	// Size is the bytes an element takes in a file: 1, 2, 4 or 8; 0 stands for 8, or 1 for 'b'.
	Size   int
	Floats []float64
	Ints   []int64
}

// FromFloats makes a float64 array; it keeps data, which must have as many values as the shape.
func FromFloats(data []float64, shape ...int) *Array {
	return &Array{Shape: shape, Kind: 'f', Size: 8, Floats: data}
}

// FromInts makes an int64 array; it keeps data, which must have as many values as the shape.
func FromInts(data []int64, shape ...int) *Array {
	return &Array{Shape: shape, Kind: 'i', Size: 8, Ints: data}
}

// Len is the number of values.
func (a *Array) Len() int {
	if a.IsInt() {
		return len(a.Ints)
	}
	return len(a.Floats)
}

// IsInt reports whether the values are integers or booleans, in Ints.
func (a *Array) IsInt() bool { return a.Kind != 'f' }

// AsFloats gives the values as floats: Floats itself, or a rounded copy of Ints (exact below 2^53).
func (a *Array) AsFloats() []float64 {
	if !a.IsInt() {
		return a.Floats
	}
	out := make([]float64, len(a.Ints))
	for i, v := range a.Ints {
		out[i] = float64(v)
	}
	return out
}

// DType is the element type as numpy names it: "float32", "int64", "bool".
func (a *Array) DType() string {
	names := map[byte]string{'f': "float", 'i': "int", 'u': "uint"}
	if a.Kind == 'b' {
		return "bool"
	}
	return fmt.Sprintf("%s%d", names[a.Kind], 8*a.size())
}

func (a *Array) size() int {
	switch {
	case a.Size != 0:
		return a.Size
	case a.Kind == 'b':
		return 1
	}
	return 8
}

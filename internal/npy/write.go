package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// WriteFile writes the array to a .npy file, whole or not at all. See Write.
func WriteFile(path string, a *Array) error {
	return fileio.Write(path, func(w io.Writer) error { return Write(w, a) })
}

// Write writes the array as .npy version 1.0, little endian, row-major, with the element type that Kind and Size say.
// Floats are rounded to that type; an integer outside it is an error, as is float16.
func Write(w io.Writer, a *Array) error {
	put, err := a.encoder()
	if err != nil {
		return err
	}
	if n, ok := count(a.Shape); !ok || n != a.Len() {
		return fmt.Errorf("an array of shape %s with %s cannot be written", diag.Shape(a.Shape), diag.Count(a.Len(), "value"))
	}
	if err := a.writeHeader(w); err != nil {
		return err
	}
	return a.writeValues(w, put)
}

// WriteEach writes an array that is too large to be held: a has its type and its shape, part the values of n parts of it, one behind
// the other. See Write.
func WriteEach(w io.Writer, a *Array, n int, part func(i int) *Array) error {
	left, ok := count(a.Shape)
	if _, err := a.encoder(); err != nil || !ok {
		return fmt.Errorf("an array of shape %s and type %s cannot be written", diag.Shape(a.Shape), a.DType())
	}
	if err := a.writeHeader(w); err != nil {
		return err
	}
	for i := range n {
		p := *part(i)
		p.Kind, p.Size = a.Kind, a.Size
		put, err := p.encoder()
		if err != nil {
			return err
		}
		if left -= p.Len(); left < 0 {
			break
		}
		if err := p.writeValues(w, put); err != nil {
			return err
		}
	}
	if left != 0 {
		return fmt.Errorf("the parts of an array of shape %s do not fill it", diag.Shape(a.Shape))
	}
	return nil
}

func (a *Array) writeHeader(w io.Writer) error {
	if _, err := io.WriteString(w, a.header()); err != nil {
		return fmt.Errorf("writing the array's header: %w", err)
	}
	return nil
}

// writeValues writes the values in pieces, so that a large array is not held twice.
func (a *Array) writeValues(w io.Writer, put func(buf []byte, i int) []byte) error {
	const piece = 8192
	buf := make([]byte, 0, piece*8)
	for from := 0; from < a.Len(); from += piece {
		buf = buf[:0]
		for i := from; i < min(from+piece, a.Len()); i++ {
			buf = put(buf, i)
		}
		if _, err := w.Write(buf); err != nil {
			return fmt.Errorf("writing the array: %w", err)
		}
	}
	return nil
}

// header is the magic, the version and the dictionary, padded so that the values start at a multiple of 64 bytes.
func (a *Array) header() string {
	order := "<"
	if a.size() == 1 {
		order = "|"
	}
	shape := strings.ReplaceAll(strings.Trim(fmt.Sprint(a.Shape), "[]"), " ", ", ")
	if len(a.Shape) == 1 {
		shape += ","
	}
	dict := fmt.Sprintf("{'descr': '%s%c%d', 'fortran_order': False, 'shape': (%s), }", order, a.Kind, a.size(), shape)
	const fixed = len(magic) + 4 // version and length
	pad := 63 - (fixed+len(dict))%64
	dict += strings.Repeat(" ", pad) + "\n"
	length := binary.LittleEndian.AppendUint16(nil, uint16(len(dict)))
	return magic + "\x01\x00" + string(length) + dict
}

// encoder checks that every value fits the element type and gives what appends value i to a buffer.
func (a *Array) encoder() (func(buf []byte, i int) []byte, error) {
	le := binary.LittleEndian
	size := a.size()
	if a.Kind == 'f' {
		switch size {
		case 4:
			return func(buf []byte, i int) []byte { return le.AppendUint32(buf, math.Float32bits(float32(a.Floats[i]))) }, nil
		case 8:
			return func(buf []byte, i int) []byte { return le.AppendUint64(buf, math.Float64bits(a.Floats[i])) }, nil
		}
		return nil, fmt.Errorf("%s arrays are not written; float32 and float64 are", a.DType())
	}
	lo, hi, ok := bounds(a.Kind, size)
	if !ok {
		return nil, fmt.Errorf("an array of kind %q and %s cannot be written", a.Kind, diag.Count(size, "byte"))
	}
	if i := slices.IndexFunc(a.Ints, func(v int64) bool { return v < lo || v > hi }); i >= 0 {
		return nil, fmt.Errorf("value %d is %d, outside %s", i, a.Ints[i], a.DType())
	}
	return func(buf []byte, i int) []byte {
		var word [8]byte
		le.PutUint64(word[:], uint64(a.Ints[i]))
		return append(buf, word[:size]...)
	}, nil
}

// bounds are the integers of an element type that an int64 can hold; not ok when there is no such type.
func bounds(kind byte, size int) (lo, hi int64, ok bool) {
	if _, known := elements[fmt.Sprintf("%c%d", kind, size)]; !known {
		return 0, 0, false
	}
	bits := 8 * size
	switch {
	case kind == 'b':
		return 0, 1, true
	case kind == 'u' && size < 8:
		return 0, 1<<bits - 1, true
	case kind == 'u':
		return 0, math.MaxInt64, true
	}
	return math.MinInt64 >> (64 - bits), math.MaxInt64 >> (64 - bits), true
}

package npy

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Raw is an array whose values still lie as they do in the file, in row-major order: for arrays too large to hold at
// 8 bytes a value, and for arrays of text.
type Raw struct {
	Shape []int
	// Kind and Size are those of Array, or 'U' for text with Size bytes of UTF-32 a value.
	Kind byte
	Size int

	order binary.ByteOrder
	elem  element
	body  []byte
}

// textType is numpy's spelling of fixed-width text, at most 256 characters.
var textType = regexp.MustCompile(`^([<>])U(\d{1,3})$`)

// ReadRaw checks the bytes of a .npy file as Read does and keeps them; file and what name them in diagnostics. Beside
// the types of Read it takes text. Memory stays below 16 bytes for each byte of data, and below 2 for most.
func ReadRaw(file, what string, data []byte) (*Raw, error) {
	at := diag.InFile(file, what)
	h, left, err := readHeader(at, bufio.NewReader(bytes.NewReader(data)), int64(len(data)))
	if err != nil {
		return nil, err
	}
	body := data[len(data)-int(left):]
	r := &Raw{Shape: h.shape, body: body}
	if err := r.setType(at, h.descr); err != nil {
		return nil, err
	}
	if _, err := h.values(at, r.Size, left); err != nil {
		return nil, err
	}
	if h.fortran {
		r.body = rowMajorBytes(body, r.Size, h.shape)
	}
	return r, nil
}

func (r *Raw) setType(at diag.Builder, descr string) error {
	if m := textType.FindStringSubmatch(descr); m != nil {
		r.order = binary.LittleEndian
		if m[1] == ">" {
			r.order = binary.BigEndian
		}
		chars, _ := strconv.Atoi(m[2]) // three digits
		if chars == 0 || chars > 256 {
			return at.Errorf(code, "has dtype %s; text of 1 to 256 characters is read", descr).Helpf("save shorter names")
		}
		r.Kind, r.Size = 'U', 4*chars
		return nil
	}
	order, elem, err := dtype(at, descr)
	if err != nil {
		return err
	}
	r.Kind, r.Size, r.order, r.elem = elem.kind, elem.size, order, elem
	return nil
}

// rowMajorBytes is rowMajor for values of size bytes.
func rowMajorBytes(body []byte, size int, shape []int) []byte {
	index := make([]int, len(body)/size)
	for i := range index {
		index[i] = i
	}
	out := make([]byte, 0, len(body))
	for _, i := range rowMajor(index, shape) {
		out = append(out, body[i*size:(i+1)*size]...)
	}
	return slices.Clip(out)
}

// Len is the number of values.
func (r *Raw) Len() int { return len(r.body) / r.Size }

// IsInt reports whether the values are integers or booleans.
func (r *Raw) IsInt() bool { return r.Kind != 'f' && r.Kind != 'U' }

// Bytes are the bytes of value i.
func (r *Raw) Bytes(i int) []byte { return r.body[i*r.Size : (i+1)*r.Size] }

// Int is value i of an array of integers; an unsigned one beyond 2^63-1 comes out negative.
func (r *Raw) Int(i int) int64 { return r.elem.integer(r.order, r.Bytes(i)) }

// Float is value i of an array of floats.
func (r *Raw) Float(i int) float64 { return r.elem.float(r.order, r.Bytes(i)) }

// Half is the bits of value i of an array of float16. Float16 gives their value.
func (r *Raw) Half(i int) uint16 { return r.order.Uint16(r.Bytes(i)) }

// Text is value i of an array of text, without the zeros that numpy fills it up with.
func (r *Raw) Text(i int) string {
	var b strings.Builder
	for word := range slices.Chunk(r.Bytes(i), 4) {
		b.WriteRune(rune(r.order.Uint32(word))) // what is no character becomes U+FFFD
	}
	return strings.TrimRight(b.String(), "\x00")
}

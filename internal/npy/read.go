package npy

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// code is the code of every diagnostic of this package.
const code = "npy"

const magic = "\x93NUMPY"

// maxValues is how many values one archive may decode to: fileio.MaxBytes of them at 8 bytes each.
const maxValues = fileio.MaxBytes / 8

// maxHeader is the longest text of a header; numpy itself reads 10,000 bytes unless it is told otherwise.
const maxHeader = 1 << 16

// ReadFile reads the .npy file at path. See Read.
func ReadFile(path string) (*Array, error) {
	f, err := fileio.Open(path, code)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadFrom(path, f.SectionReader)
}

// Read decodes the bytes of a .npy file, versions 1 to 3; file names it in diagnostics. It takes booleans, integers of
// 8 to 64 bits and floats of 16 to 64 bits, little and big endian, row-major and Fortran order. Memory stays below 16
// bytes for each byte of data.
func Read(file string, data []byte) (*Array, error) { return ReadFrom(file, fileio.Section(data)) }

// ReadFrom is Read of a file that is not in memory: its header is judged by its size before the values are read.
func ReadFrom(file string, content *io.SectionReader) (*Array, error) {
	return read(diag.InFile(file, ""), content, content.Size(), all)
}

// all wants the values of an array of any shape.
func all([]int) bool { return true }

// read reads an array, its values only where they are wanted.
func read(at diag.Builder, content io.Reader, size int64, want func(shape []int) bool) (*Array, error) {
	r := bufio.NewReaderSize(content, 1<<16)
	h, left, err := readHeader(at, r, size)
	if err != nil {
		return nil, err
	}
	order, elem, err := dtype(at, h.descr)
	if err != nil {
		return nil, err
	}
	n, err := h.values(at, elem.size, left)
	if err != nil {
		return nil, err
	}
	a := &Array{Shape: h.shape, Kind: elem.kind, Size: elem.size}
	if !want(h.shape) {
		return a, nil
	}
	if err := a.decode(at, order, elem, r, n); err != nil {
		return nil, err
	}
	if h.fortran {
		a.Ints, a.Floats = rowMajor(a.Ints, h.shape), rowMajor(a.Floats, h.shape)
	}
	return a, nil
}

// readHeader reads the magic and the header of an array whose file has size bytes, and gives how many are left for the values.
func readHeader(at diag.Builder, r *bufio.Reader, size int64) (h header, left int64, err error) {
	start, err := r.Peek(int(min(size, 4096)))
	if err != nil && err != io.EOF {
		return h, 0, unreadable(at, err)
	}
	if !bytes.HasPrefix(start, []byte(magic)) {
		return h, 0, at.Errorf(code, "this is not an .npy file%s", resembles(start)).Helpf("save the array with np.save")
	}
	if len(start) < 10 {
		return h, 0, truncated(at, 10, size)
	}
	begin, length := int64(10), int64(binary.LittleEndian.Uint16(start[8:]))
	switch version := start[6]; version {
	case 1:
	case 2, 3:
		if len(start) < 12 {
			return h, 0, truncated(at, 12, size)
		}
		begin, length = 12, int64(binary.LittleEndian.Uint32(start[8:]))
	default:
		return h, 0, at.Errorf(code, "has format version %d; 1 to 3 are known", version).Helpf("save it with np.save")
	}
	if begin+length > size {
		return h, 0, truncated(at, begin+length, size)
	}
	if length > maxHeader {
		return h, 0, at.Errorf(code, "has a header of %s; at most %d are read", diag.Count(length, "byte"), maxHeader).Helpf("save it with np.save as one plain array")
	}
	text := make([]byte, begin+length)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, 0, unreadable(at, err)
	}
	h, fault := parseHeader(string(text[begin:]))
	if fault != "" {
		return h, 0, at.Errorf(code, "%s", fault).Helpf("save it with np.save as one plain array")
	}
	return h, size - begin - length, nil
}

// values is the number of values, which take up what is left of the file.
func (h header) values(at diag.Builder, width int, left int64) (int, error) {
	n, ok := count(h.shape)
	if !ok || n > maxValues {
		return 0, at.Errorf(code, "its shape %s has more than %s", diag.Shape(h.shape), diag.Count(maxValues, "value")).
			Helpf("save fewer values; or the header is damaged, then save it again")
	}
	if want := n * width; int64(want) != left {
		return 0, sizeError(at, h, want, int(left))
	}
	return n, nil
}

// unreadable is an error of reading that may be a diagnostic already.
func unreadable(at diag.Builder, err error) error {
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		return d
	}
	return at.Errorf(code, "cannot be read to its end").Helpf("copy or save it again")
}

func truncated(at diag.Builder, want, have int64) error {
	return at.Errorf(code, "is truncated: its header needs %s and the file has %d", diag.Count(want, "byte"), have).Helpf("copy or save it again")
}

func sizeError(at diag.Builder, h header, want, have int) error {
	what := fmt.Sprintf("%s of %s", diag.Shape(h.shape), h.descr)
	if have < want {
		return at.Errorf(code, "is truncated: %s needs %s and %d follow the header", what, diag.Count(want, "byte"), have).Helpf("copy or save it again")
	}
	return at.Errorf(code, "has %s after the array: %s needs %d", diag.Count(have-want, "byte"), what, want).
		Helpf("save each array to a file of its own with np.save, or several with np.savez")
}

// others are starts of files that people pass by mistake.
var others = []struct{ prefix, name string }{
	{"PK\x03\x04", "a zip archive, such as .npz or .pth"},
	{"\x80\x02", "a Python pickle"},
	{"\x80\x03", "a Python pickle"},
	{"\x80\x04", "a Python pickle"},
	{"\x80\x05", "a Python pickle"},
	{"\x89HDF", "an HDF5 file"},
	{"\x1f\x8b", "a gzip file"},
	{"\x89PNG", "a PNG image"},
}

// resembles says what data looks like, as the end of a sentence; "" when it looks like nothing known.
func resembles(data []byte) string {
	for _, o := range others {
		if bytes.HasPrefix(data, []byte(o.prefix)) {
			return "; it looks like " + o.name
		}
	}
	line, _, _ := bytes.Cut(data[:min(len(data), 4096)], []byte("\n"))
	if len(line) > 0 && strings.Trim(string(line), "0123456789+-.eE,;\t \r") == "" {
		return "; it looks like CSV text"
	}
	return ""
}

// dtype finds how values lie in the file from numpy's spelling, such as "<f4".
func dtype(at diag.Builder, descr string) (binary.ByteOrder, element, error) {
	if strings.HasPrefix(strings.TrimLeft(descr, "|<>="), "O") {
		return nil, element{}, at.Errorf(code, "holds pickled Python objects (dtype object), which are never run").
			Helpf("save it with np.save(path, x.astype(np.float32)); text with .astype(str); lists of different lengths padded with zeros, and  lengths  beside them")
	}
	var order binary.ByteOrder = binary.LittleEndian
	name := descr
	if name != "" {
		switch name[0] {
		case '>':
			order = binary.BigEndian
			name = name[1:]
		case '<', '|', '=':
			name = name[1:]
		}
	}
	elem, ok := elements[name]
	if !ok {
		return nil, element{}, at.Errorf(code, "has dtype %s; booleans, integers and floats up to 64 bits are read", diag.Short(descr)).
			Helpf("save it with np.save(path, x.astype(np.float32)) or another plain type")
	}
	elem.size = int(name[1] - '0')
	return order, elem, nil
}

// count is the number of values of a shape. A dimension of 0 does not excuse the others: their product must be a
// count too, so that no later product of dimensions can overflow.
func count(shape []int) (n int, ok bool) {
	n, empty := 1, false
	for _, d := range shape {
		if d == 0 {
			empty = true
			continue
		}
		if d < 0 || n > (1<<40)/d {
			return 0, false
		}
		n *= d
	}
	if empty {
		n = 0
	}
	return n, true
}

func (a *Array) decode(at diag.Builder, order binary.ByteOrder, elem element, r io.Reader, n int) error {
	if elem.float != nil {
		a.Floats = make([]float64, n)
	} else {
		a.Ints = make([]int64, n)
	}
	buf := make([]byte, min(n*elem.size, 1<<16))
	for i := 0; i < n; {
		part := buf[:min(len(buf), (n-i)*elem.size)]
		if _, err := io.ReadFull(r, part); err != nil {
			return unreadable(at, err)
		}
		for ; len(part) > 0; part, i = part[elem.size:], i+1 {
			if elem.float != nil {
				a.Floats[i] = elem.float(order, part)
				continue
			}
			a.Ints[i] = elem.integer(order, part)
			if elem.kind == 'u' && a.Ints[i] < 0 {
				return at.Errorf(code, "value %d is %d, beyond 2^63-1", i, uint64(a.Ints[i])).Helpf("save it with np.save(path, x.astype(np.int64))")
			}
		}
	}
	return end(at, r)
}

// end reads on to the end, where an archive compares its checksum.
func end(at diag.Builder, r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return unreadable(at, err)
	}
	return nil
}

// rowMajor reorders values from Fortran order, where the first index runs fastest.
func rowMajor[T any](values []T, shape []int) []T {
	if len(values) == 0 || len(shape) < 2 {
		return values
	}
	strides := make([]int, len(shape))
	for i, step := 0, 1; i < len(shape); i++ {
		strides[i] = step
		step *= shape[i]
	}
	out := make([]T, 0, len(values))
	index, from := make([]int, len(shape)), 0
	for range values {
		out = append(out, values[from])
		for d := len(shape) - 1; d >= 0; d-- {
			index[d]++
			from += strides[d]
			if index[d] < shape[d] {
				break
			}
			from -= index[d] * strides[d]
			index[d] = 0
		}
	}
	return out
}

// ReadNpz decodes an .npz archive, stored or deflated, to arrays by name (without .npy); file names it in diagnostics.
// All arrays together have at most 2^27 values.
func ReadNpz(file string, data []byte) (map[string]*Array, error) {
	return ReadNpzFrom(file, fileio.Section(data), nil)
}

// ReadNpzFrom is ReadNpz of a file that is not in memory. An array that need does not want has no values; a need of nil wants all.
func ReadNpzFrom(file string, content *io.SectionReader, need func(name string, shape []int) bool) (map[string]*Array, error) {
	if head := fileio.Head(content, 4096); !fileio.IsZip(head) {
		return nil, diag.InFile(file, "").Errorf(code, "this is not an .npz file%s", resembles(head)).Helpf("save the arrays with np.savez")
	}
	z, err := fileio.OpenZipFile(file, content, code)
	if err != nil {
		return nil, err
	}
	if err := z.Plain(); err != nil {
		return nil, err
	}
	arrays := map[string]*Array{}
	left := maxValues
	for _, entry := range z.Entries {
		name, ok := strings.CutSuffix(entry.Name, ".npy")
		at := diag.InFile(file, "array "+diag.Short(name))
		if !ok {
			return nil, at.Errorf(code, "is not an .npy entry").Helpf("save the arrays with np.savez")
		}
		body, err := z.Open(entry)
		if err != nil {
			return nil, err
		}
		a, err := read(at, body, int64(entry.UncompressedSize64), func(shape []int) bool { return need == nil || need(name, shape) })
		body.Close()
		if err != nil {
			return nil, err
		}
		if left -= a.Len(); left < 0 {
			return nil, at.Errorf(code, "the archive holds more than %s", diag.Count(maxValues, "value")).Helpf("check that it is the right file")
		}
		arrays[name] = a
	}
	return arrays, nil
}

// Names are the names of arrays, sorted.
func Names(arrays map[string]*Array) []string {
	names := make([]string, 0, len(arrays))
	for name := range arrays {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

package weights

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// maxHeader is the format's own limit on the JSON header.
const maxHeader = 100_000_000

// metadataKey is the one key of the header that is no tensor.
const metadataKey = "__metadata__"

// entry is what the header says of one tensor.
type entry struct {
	name    string
	DType   string  `json:"dtype"`
	Shape   []int   `json:"shape"`
	Offsets []int64 `json:"data_offsets"` // begin and end, from the end of the header
}

// readSafetensors reads: the header's length (8 bytes, little endian), the header (JSON), the values.
func (f *File) readSafetensors(content *io.SectionReader, need need) error {
	at := diag.InFile(f.Path, "header")
	f.Format = Safetensors
	length, most := binary.LittleEndian.Uint64(fileio.Head(content, 8)), content.Size()-8
	if length > maxHeader || length > uint64(most) {
		return at.Errorf(code, "declares %s of header and the file has %d", diag.Count(length, "byte"), most).
			Helpf("copy or save it again; it looks truncated")
	}
	entries, err := f.header(io.NewSectionReader(content, 8, int64(length)))
	if err != nil {
		return err
	}
	begin := 8 + int64(length)
	if err := f.checkOffsets(entries, content.Size()-begin); err != nil {
		return err
	}
	for _, e := range entries {
		if !need(e.name, e.Shape) {
			f.Tensors = append(f.Tensors, &Tensor{Name: e.name, Shape: e.Shape, DType: e.DType})
			continue
		}
		t, err := f.decode(e, io.NewSectionReader(content, begin+e.Offsets[0], e.Offsets[1]-e.Offsets[0]))
		if err != nil {
			return err
		}
		f.Tensors = append(f.Tensors, t)
	}
	return nil
}

// header reads the JSON token by token, because a map would hide a name that stands there twice.
func (f *File) header(text io.Reader) ([]entry, error) {
	dec := json.NewDecoder(text)
	if _, err := dec.Token(); err != nil {
		return nil, f.headerError(dec, err)
	}
	var entries []entry
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, f.headerError(dec, err)
		}
		e := entry{name: token.(string)} // keys of objects are strings, the decoder sees to it
		if e.name == metadataKey {
			if err := dec.Decode(&f.Metadata); err != nil {
				return nil, f.headerError(dec, err)
			}
			continue
		}
		if err := dec.Decode(&e); err != nil {
			return nil, f.headerError(dec, err)
		}
		if err := f.checkEntry(e); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	if _, err := dec.Token(); err != nil {
		return nil, f.headerError(dec, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, f.headerError(dec, errors.New("text after the object"))
	}
	if f.Metadata == nil { // "__metadata__": null
		f.Metadata = map[string]string{}
	}
	return entries, nil
}

func (f *File) headerError(dec *json.Decoder, err error) error {
	what := "it is not the JSON that safetensors writes"
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field != "" {
		what = fmt.Sprintf("%q is a %s", kind.Field, kind.Value)
	}
	return diag.InFile(f.Path, fmt.Sprintf("header, byte %d", 8+dec.InputOffset())).Errorf(code, "cannot be read: %s", what).
		Helpf("save it again with safetensors; the header is damaged")
}

// checkEntry checks one tensor by itself: a known type, a shape, and offsets that hold just that many values.
func (f *File) checkEntry(e entry) error {
	at := f.at(e.name)
	d, ok := dtypes[e.DType]
	if !ok {
		return at.Errorf(code, "has type %s; %s are read", diag.Short(e.DType), dtypeNames()).Helpf("save it as F32")
	}
	if e.Shape == nil {
		return at.Errorf(code, "has no shape").Helpf("save it again; the header is damaged")
	}
	n, ok := count(e.Shape)
	if !ok {
		return at.Errorf(code, "its shape %s is not possible", diag.Shape(e.Shape)).Helpf("save it again; the header is damaged")
	}
	if len(e.Offsets) != 2 || e.Offsets[0] < 0 || e.Offsets[1] < e.Offsets[0] {
		return at.Errorf(code, "has no valid data_offsets").Helpf("save it again; the header is damaged")
	}
	if have, want := e.Offsets[1]-e.Offsets[0], int64(n*d.width); have != want {
		return at.Errorf(code, "takes %s; %s of %s needs %d", diag.Count(have, "byte"), diag.Shape(e.Shape), e.DType, want).
			Helpf("save it again; the header is damaged")
	}
	return nil
}

func dtypeNames() string {
	return strings.Join(slices.Sorted(maps.Keys(dtypes)), ", ")
}

// checkOffsets sorts the entries by place and checks that they cover the values without overlap and without a hole, as
// the format demands.
func (f *File) checkOffsets(entries []entry, size int64) error {
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Offsets[0], b.Offsets[0]), cmp.Compare(a.Offsets[1], b.Offsets[1]))
	})
	end := int64(0)
	for _, e := range entries {
		switch begin := e.Offsets[0]; {
		case e.Offsets[1] > size:
			return f.at(e.name).Errorf(code, "ends at byte %d of the values and the file has %d", e.Offsets[1], size).
				Helpf("copy or save it again; it looks truncated")
		case begin < end:
			return f.at(e.name).Errorf(code, "overlaps the tensor before it at byte %d of the values", begin).
				Helpf("save it again; the header is damaged")
		case begin > end:
			return f.at(e.name).Errorf(code, "leaves a hole before it, from byte %d to %d of the values", end, begin).
				Helpf("save it again; the header is damaged")
		}
		end = e.Offsets[1]
	}
	if end != size {
		return diag.InFile(f.Path, "").Errorf(code, "has %s after the last tensor", diag.Count(size-end, "byte")).Helpf("save it again; the file is damaged")
	}
	return nil
}

func (f *File) decode(e entry, body *io.SectionReader) (*Tensor, error) {
	d := dtypes[e.DType]
	t := &Tensor{Name: e.name, Shape: e.Shape, DType: e.DType, Data: make([]float64, body.Size()/int64(d.width))}
	buf := make([]byte, min(body.Size(), 1<<16))
	for i := 0; i < len(t.Data); {
		part := buf[:min(len(buf), (len(t.Data)-i)*d.width)]
		if _, err := io.ReadFull(body, part); err != nil {
			return nil, f.at(e.name).Errorf(code, "cannot be read to its end").Helpf("copy or save it again")
		}
		for ; len(part) > 0; part, i = part[d.width:], i+1 {
			v, err := d.value(f.at(e.name), binary.LittleEndian, part, i)
			if err != nil {
				return nil, err
			}
			t.Data[i] = v
		}
	}
	return t, nil
}

// count is the number of values of a shape. A dimension of 0 does not excuse the others, so that no later product of
// dimensions can overflow.
func count(shape []int) (n int, ok bool) {
	n, empty := 1, false
	for _, d := range shape {
		if d == 0 {
			empty = true
			continue
		}
		if d < 0 || n > maxValues/d {
			return 0, false
		}
		n *= d
	}
	if empty {
		n = 0
	}
	return n, true
}

// WriteSafetensors writes the tensors and the metadata of f, whole or not at all. The bytes depend on nothing else: the
// widest types first (so that each is aligned, as PyTorch's reader needs), then by name; metadata by key. A tensor is
// written as its DType says, F32 when that is empty; floats are rounded to it, other values that it cannot hold are an
// error.
func WriteSafetensors(path string, f *File) error {
	data, err := Encode(path, f)
	if err != nil {
		return err
	}
	return fileio.WriteFile(path, data)
}

// RewriteSafetensors is WriteSafetensors for a file that was read under this name, such as a checkpoint.
func RewriteSafetensors(path string, f *File) error {
	data, err := Encode(path, f)
	if err != nil {
		return err
	}
	return fileio.Rewrite(path, data)
}

// Encode gives the bytes that WriteSafetensors writes; path names the file in diagnostics.
func Encode(path string, f *File) ([]byte, error) {
	out := &File{Path: path, Tensors: slices.Clone(f.Tensors)}
	if err := out.sort(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(out.Tensors, func(a, b *Tensor) int {
		return cmp.Compare(dtypes[written(b)].width, dtypes[written(a)].width)
	})
	var body []byte
	var header bytes.Buffer
	header.WriteString("{")
	if len(f.Metadata) > 0 {
		fmt.Fprintf(&header, "%s:%s", quote(metadataKey), quote(f.Metadata))
	}
	for _, t := range out.Tensors {
		begin := len(body)
		var err error
		if body, err = out.append(body, t); err != nil {
			return nil, err
		}
		if header.Len() > 1 {
			header.WriteString(",")
		}
		fmt.Fprintf(&header, `%s:{"dtype":%s,"shape":%s,"data_offsets":[%d,%d]}`,
			quote(t.Name), quote(written(t)), quote(append([]int{}, t.Shape...)), begin, len(body))
	}
	header.WriteString("}")
	for header.Len()%8 != 0 {
		header.WriteString(" ")
	}
	data := binary.LittleEndian.AppendUint64(nil, uint64(header.Len()))
	return append(append(data, header.Bytes()...), body...), nil
}

// written is the type a tensor is written as.
func written(t *Tensor) string { return cmp.Or(t.DType, "F32") }

// quote spells a string, a list of integers or a map of strings as JSON, keys sorted.
func quote(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // these types cannot fail, nor can a strings.Builder
	return strings.TrimSuffix(b.String(), "\n")
}

// append adds the values of a tensor to the body.
func (f *File) append(body []byte, t *Tensor) ([]byte, error) {
	at := f.at(t.Name)
	d, ok := dtypes[written(t)]
	if !ok {
		return nil, at.Errorf(code, "has type %s; %s are written", t.DType, dtypeNames()).Helpf("write it as F32")
	}
	if t.Name == metadataKey {
		return nil, at.Errorf(code, "the format keeps this name for the metadata").Helpf("rename the tensor")
	}
	if n, ok := count(t.Shape); !ok || n != len(t.Data) {
		return nil, at.Errorf(code, "has %s, which is not its shape %s", diag.Count(len(t.Data), "value"), diag.Shape(t.Shape)).Helpf("this is a fault of the program that made the tensor")
	}
	for i, v := range t.Data {
		bits, ok := d.put(v)
		if !ok {
			return nil, at.Errorf(code, "value %s is %v, which %s cannot hold", index(i, t.Shape), v, written(t)).Helpf("write it as F32 or F64")
		}
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], bits)
		body = append(body, word[:d.width]...)
	}
	return body, nil
}

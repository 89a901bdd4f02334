// Package weights reads trained parameters: safetensors, numpy's .npz and PyTorch's .pth, told apart by content.
// Files are taken as hostile: nothing in them is executed and no size is believed before the bytes are there. What the
// tensors mean to a model is for the callers; plain arrays are in internal/npy.
// Start with Open and File.Tensor.
package weights

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/npy"
)

// code is the code of every diagnostic of this package.
const code = "weights"

// maxValues is how many values the tensors of one file may have together: fileio.MaxBytes of them at 8 bytes each.
const maxValues = fileio.MaxBytes / 8

// The formats that Open reads.
const (
	Safetensors = "safetensors"
	Npz         = "npz"
	Torch       = "torch"
)

// Tensor is a named array in row-major order.
type Tensor struct {
	Name  string
	Shape []int  // empty for a scalar
	DType string // as safetensors spells it: F64, F32, F16, BF16, F8_E4M3, F8_E5M2, I8 to I64, U8 to U64, BOOL
	// Data holds the values exactly; a file with an integer that float64 cannot hold is refused.
	Data []float64
}

// File is the content of a weights file.
type File struct {
	Path     string
	Format   string            // Safetensors, Npz or Torch
	Tensors  []*Tensor         // sorted by name, names unique
	Metadata map[string]string // never nil; for torch the numbers and strings beside the tensors
	// Inside are the keys, outermost first, under which the tensors of a torch checkpoint lie: "model_state_dict", or none.
	Inside []string
	// Beside are the keys of other tensors, or sets of them, next to those of Inside: "ema", "rng_state".
	Beside []string
}

// Open reads the weights file at path.
func Open(path string) (*File, error) {
	f, err := fileio.Open(path, code)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return DecodeFrom(path, f.SectionReader, nil)
}

// Decode reads the bytes of a weights file; path names it in diagnostics.
func Decode(path string, data []byte) (*File, error) {
	return DecodeFrom(path, fileio.Section(data), nil)
}

// need tells which tensors are wanted.
type need func(name string, shape []int) bool

// DecodeFrom is Decode of a file that is not in memory: what its header declares is compared with its size before the values
// are read. A tensor that need does not want has no Data, and takes no memory; a need of nil wants all.
func DecodeFrom(path string, content *io.SectionReader, need func(name string, shape []int) bool) (*File, error) {
	if need == nil {
		need = func(string, []int) bool { return true }
	}
	f := &File{Path: path, Metadata: map[string]string{}}
	at := diag.InFile(path, "")
	head := fileio.Head(content, 64)
	var err error
	switch {
	case fileio.IsZip(head):
		err = f.readZip(content, need)
	case legacyStart(head) > 0:
		f.Format = Torch
		err = f.readLegacy(content, int64(legacyStart(head)), need)
	case len(head) > 8 && head[8] == '{':
		err = f.readSafetensors(content, need)
	default:
		err = unknown(at, head)
	}
	if err != nil {
		return nil, err
	}
	if err := f.sort(); err != nil {
		return nil, err
	}
	return f, nil
}

// others are starts of files that are no weights file, or one that cannot be read without running it.
var others = []struct{ prefix, name, help string }{
	{"\x80", "a Python pickle, which is never run",
		"save the state_dict with torch.save(model.state_dict(), path), or as safetensors"},
	{"\x93NUMPY", "a single .npy array, which has no names", "save the tensors by name with np.savez(path, **tensors)"},
	{"\x89HDF", "an HDF5 file", "save the tensors as safetensors or with np.savez(path, **tensors)"},
	{"\x1f\x8b", "a gzip file", "unpack it first"},
	{"sys_info", "a .pth in PyTorch's format of before 0.1.10", "load it in PyTorch and save its state_dict again"},
}

func unknown(at diag.Builder, data []byte) error {
	for _, o := range others {
		if bytes.HasPrefix(data, []byte(o.prefix)) {
			return at.Errorf(code, "is %s", o.name).Helpf("%s", o.help)
		}
	}
	return at.Errorf(code, "is no weights file: neither safetensors nor .npz nor .pth").
		Helpf("save the weights with safetensors.torch.save_file, np.savez or torch.save(model.state_dict(), path)")
}

// readZip tells .pth from .npz by the entries of the archive.
func (f *File) readZip(content *io.SectionReader, need need) error {
	z, err := fileio.OpenZipFile(f.Path, content, code)
	if err == nil {
		err = z.Plain()
	}
	if err != nil {
		return err
	}
	for _, e := range z.Entries {
		if e.Name == "data.pkl" || strings.HasSuffix(e.Name, "/data.pkl") {
			f.Format = Torch
			return f.readTorch(z, strings.TrimSuffix(e.Name, "data.pkl"), need)
		}
	}
	for _, e := range z.Entries {
		if strings.HasSuffix(e.Name, ".npy") {
			return f.readNpz(content, need)
		}
	}
	return diag.InFile(f.Path, "").Errorf(code, "is a zip archive without data.pkl (.pth) or .npy entries (.npz)").
		Helpf("check that it is the right file")
}

func (f *File) readNpz(content *io.SectionReader, need need) error {
	arrays, err := npy.ReadNpzFrom(f.Path, content, need)
	if err != nil {
		var d *diag.Diagnostic
		if errors.As(err, &d) {
			d.Code = code
		}
		return err
	}
	f.Format = Npz
	for name, a := range arrays {
		t := &Tensor{Name: name, Shape: a.Shape, DType: npzDType(a), Data: a.AsFloats()}
		for i, v := range a.Ints {
			if !exact(v) {
				return inexact(f.at(name), i, v)
			}
		}
		f.Tensors = append(f.Tensors, t)
	}
	return nil
}

// npzDType spells numpy's type as safetensors does.
func npzDType(a *npy.Array) string {
	if a.Kind == 'b' {
		return "BOOL"
	}
	return strings.ToUpper(string(a.Kind)) + map[int]string{1: "8", 2: "16", 4: "32", 8: "64"}[a.Size]
}

// exact reports whether float64 holds the integer.
func exact(v int64) bool {
	return v >= -1<<53 && v <= 1<<53 || int64(float64(v)) == v && v != math.MaxInt64
}

func inexact[T int64 | uint64](at diag.Builder, i int, v T) error {
	return at.Errorf(code, "value %d is %d, which float64 cannot hold", i, v).Helpf("save it as float32 or as smaller integers")
}

func (f *File) at(tensor string) diag.Builder {
	return diag.InFile(f.Path, "tensor "+diag.Short(tensor))
}

// sort orders the tensors by name and refuses names that are double or no text.
func (f *File) sort() error {
	slices.SortStableFunc(f.Tensors, func(a, b *Tensor) int { return cmp.Compare(a.Name, b.Name) })
	for i, t := range f.Tensors {
		if !utf8.ValidString(t.Name) {
			return f.at(t.Name).Errorf(code, "its name is not UTF-8").Helpf("rename it and save it again")
		}
		if i > 0 && f.Tensors[i-1].Name == t.Name {
			return f.at(t.Name).Errorf(code, "the file holds this tensor twice").Helpf("save it again with one tensor a name")
		}
	}
	return nil
}

// Find gives the tensor of a name, or nil.
func (f *File) Find(name string) *Tensor {
	i, ok := slices.BinarySearchFunc(f.Tensors, name, func(t *Tensor, name string) int { return cmp.Compare(t.Name, name) })
	if !ok {
		return nil
	}
	return f.Tensors[i]
}

// Tensor gives the tensor of a name with the shape that the model needs, values finite. Dimensions of 1 may come and
// go: [1, n] and [n, 1] are taken for [n]. Without a shape any will do. The result shares Data with the file's tensor.
func (f *File) Tensor(name string, shape ...int) (*Tensor, error) {
	t := f.Find(name)
	if t == nil {
		return nil, f.missing(name)
	}
	if shape == nil {
		shape = t.Shape
	}
	if !slices.Equal(squeeze(t.Shape), squeeze(shape)) {
		return nil, f.wrongShape(t, shape)
	}
	for i, v := range t.Data {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, f.at(name).Errorf(code, "value %s is %v", index(i, t.Shape), v).
				Helpf("the training diverged; train again with a smaller learning rate or take an earlier checkpoint")
		}
	}
	return &Tensor{Name: name, Shape: slices.Clone(shape), DType: t.DType, Data: t.Data}, nil
}

// squeeze leaves out dimensions of 1.
func squeeze(shape []int) []int {
	return slices.DeleteFunc(slices.Clone(shape), func(d int) bool { return d == 1 })
}

// index spells place i of row-major data as [row, column].
func index(i int, shape []int) string {
	at := make([]int, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		at[d] = i % shape[d]
		i /= shape[d]
	}
	return diag.Shape(at)
}

func (f *File) wrongShape(t *Tensor, want []int) error {
	d := f.at(t.Name).Errorf(code, "%s is %s; the model needs %s", diag.Short(t.Name), diag.Shape(t.Shape), diag.Shape(want))
	have := squeeze(t.Shape)
	slices.Reverse(have)
	if len(have) == 2 && slices.Equal(have, squeeze(want)) {
		return d.Helpf("it is transposed: save its transpose, or swap the sizes in the model")
	}
	return d.Helpf("change the sizes in the model, or check that these weights were trained for it")
}

// names are those of the tensors.
func (f *File) names() []string {
	out := make([]string, len(f.Tensors))
	for i, t := range f.Tensors {
		out[i] = t.Name
	}
	return out
}

func (f *File) missing(name string) error {
	d := f.at(name).Errorf(code, "the file has no tensor %s", name)
	if len(f.Tensors) == 0 {
		return d.Helpf("it has no tensors at all; check that it is the right file")
	}
	names := make([]string, len(f.Tensors))
	for i, t := range f.Tensors {
		names[i] = diag.Short(t.Name) + " " + diag.Shape(t.Shape)
	}
	list := diag.Names(names)
	if near := diag.Nearest(name, f.names()); near != "" {
		return d.Helpf("did you mean %s? The file has %s", near, list)
	}
	return d.Helpf("the file has %s", list)
}

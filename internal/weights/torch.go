package weights

import (
	"archive/zip"
	"encoding/binary"
	"math"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// archive is a file that torch.save wrote: a pickle that says what the tensors are, and storages that hold their values. In
// a zip archive these are <root>data.pkl and <root>data/<key>; before PyTorch 1.6 they followed each other (legacy.go).
type archive struct {
	*File
	need  need
	order binary.ByteOrder
	// load reads a storage that must have so many bytes. It reads nothing where it has another number, which it gives; that is
	// none where there is no such storage.
	load     func(key string, size int64) (raw []byte, have int64, err error)
	storages map[string][]byte // what has been loaded
	unpacked int               // its bytes
	values   int               // of the tensors so far
	entries  int               // of dictionaries and lists that were looked at for tensors
	known    nesting
	open     []any // dictionaries and lists that hold the one at hand
}

// none is the size of a storage that is not there.
const none = -1

// spare is how many values tensors may have beyond what the storages explain, for small views of smaller storages.
const spare = 1 << 16

// maxPickle bounds data.pkl, which takes some 200 bytes a tensor: what it builds is up to a hundred times larger.
const maxPickle = 8 << 20

// readTorch reads a .pth whose pickle is <root>data.pkl.
func (f *File) readTorch(z *fileio.Zip, root string, need need) error {
	entries := map[string]*zip.File{} // by name, without the root
	for _, e := range z.Entries {
		if name, ok := strings.CutPrefix(e.Name, root); ok {
			entries[name] = e
		}
	}
	if entries["constants.pkl"] != nil {
		return diag.InFile(f.Path, "").Errorf(code, "is a TorchScript archive, which holds a program").Helpf(saveStateDict)
	}
	order, err := byteOrder(z, entries["byteorder"])
	if err != nil {
		return err
	}
	e := entries["data.pkl"]
	if e.UncompressedSize64 > maxPickle {
		return diag.InFile(f.Path, "entry "+diag.Short(e.Name)).Errorf(code, "has %s; at most %d are read", diag.Count(e.UncompressedSize64, "byte"), maxPickle).Helpf(saveStateDict)
	}
	pickle, err := z.Read(e)
	if err != nil {
		return err
	}
	top, err := unpickle(f.Path, pickle)
	if err != nil {
		return err
	}
	a := &archive{File: f, need: need, order: order, storages: map[string][]byte{}, known: nesting{}, load: func(key string, size int64) ([]byte, int64, error) {
		e := entries["data/"+key]
		if e == nil {
			return nil, none, nil
		}
		if have := int64(e.UncompressedSize64); have != size {
			return nil, have, nil
		}
		raw, err := z.Read(e)
		return raw, int64(len(raw)), err
	}}
	return a.readCheckpoint(top)
}

// byteOrder reads the order of the values' bytes, which PyTorch records since 2.1; before, it was little in practice.
func byteOrder(z *fileio.Zip, e *zip.File) (binary.ByteOrder, error) {
	if e == nil {
		return binary.LittleEndian, nil
	}
	text, err := z.Read(e)
	if err != nil {
		return nil, err
	}
	switch string(text) {
	case "little":
		return binary.LittleEndian, nil
	case "big":
		return binary.BigEndian, nil
	}
	return nil, diag.InFile(z.File, "entry "+diag.Short(e.Name)).Errorf(code, "says neither little nor big").Helpf("save it again; the archive is damaged")
}

// tensor gathers the values of a view in row-major order.
func (a *archive) tensor(name string, v view) (*Tensor, error) {
	at := a.at(name)
	shape := make([]int, len(v.shape))
	for i, n := range v.shape {
		if n > math.MaxInt32 {
			return nil, at.Errorf(code, "has a dimension of %d", n).Helpf("save it again; the file is damaged")
		}
		shape[i] = int(n)
	}
	n, ok := count(shape)
	if !ok {
		return nil, at.Errorf(code, "has more values than can be read").Helpf("save it again; the file is damaged")
	}
	if !a.need(name, shape) {
		return &Tensor{Name: name, Shape: shape, DType: v.storage.dtype}, nil
	}
	raw, err := a.storage(at, v.storage)
	if err != nil {
		return nil, err
	}
	if n > 0 && !v.within() {
		return nil, at.Errorf(code, "reaches outside its storage of %s", diag.Count(v.storage.count, "value")).Helpf("save it again; the file is damaged")
	}
	// Views may share a storage (tied weights) or repeat it (expand), but not without measure.
	if a.values += n; a.values > 8*a.unpacked+spare || a.values > maxValues {
		return nil, at.Errorf(code, "the tensors have many times more values than the file stores").
			Helpf("save them with {name: t.contiguous() for name, t in model.state_dict().items()}")
	}
	t := &Tensor{Name: name, Shape: shape, DType: v.storage.dtype, Data: make([]float64, 0, n)}
	return t, a.gather(at, t, v, raw, n)
}

// within reports whether every index of a view that is not empty lies in its storage.
func (v view) within() bool {
	last := v.offset
	for i, n := range v.shape {
		if last >= v.storage.count || n > 1 && v.strides[i] > (v.storage.count-1-last)/(n-1) {
			return false
		}
		last += (n - 1) * v.strides[i]
	}
	return last < v.storage.count
}

// gather walks the view as an odometer does.
func (a *archive) gather(at diag.Builder, t *Tensor, v view, raw []byte, n int) error {
	d := dtypes[t.DType]
	index, from := make([]int64, len(v.shape)), v.offset
	for i := range n {
		x, err := d.value(at, a.order, raw[int(from)*d.width:], i)
		if err != nil {
			return err
		}
		t.Data = append(t.Data, x)
		for k := len(index) - 1; k >= 0; k-- {
			index[k]++
			from += v.strides[k]
			if index[k] < v.shape[k] {
				break
			}
			from -= index[k] * v.strides[k]
			index[k] = 0
		}
	}
	return nil
}

// storage unpacks the entry of a storage, once, and checks that it has the bytes that the pickle says.
func (a *archive) storage(at diag.Builder, s storage) ([]byte, error) {
	width := int64(dtypes[s.dtype].width)
	size := int64(none - 1) // what no storage has
	if s.count <= math.MaxInt64/width {
		size = s.count * width
	}
	raw, ok := a.storages[s.key]
	have := int64(len(raw))
	if !ok {
		var err error
		if raw, have, err = a.load(s.key, size); err != nil {
			return nil, err
		}
	}
	switch {
	case have == none:
		return nil, at.Errorf(code, "its values are not in the archive (no entry data/%s)", diag.Short(s.key)).Helpf("copy or save it again")
	case have != size:
		return nil, at.Errorf(code, "its storage data/%s has %s; %s of %s need another number",
			diag.Short(s.key), diag.Count(have, "byte"), diag.Count(s.count, "value"), s.dtype).Helpf("copy or save it again; the file is damaged")
	case !ok:
		a.storages[s.key] = raw
		a.unpacked += len(raw)
	}
	return raw, nil
}

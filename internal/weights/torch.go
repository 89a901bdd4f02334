package weights

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// archive is a .pth: <root>data.pkl says what the tensors are, <root>data/<key> hold their values.
type archive struct {
	*File
	zip      *fileio.Zip
	entries  map[string]*zip.File // by name, without the root
	order    binary.ByteOrder
	storages map[string][]byte // what has been unpacked
	unpacked int               // its bytes
	values   int               // of the tensors so far
}

// wrappers are the keys under which training scripts keep the state_dict of a checkpoint.
var wrappers = []string{"state_dict", "model_state_dict", "model"}

// spare is how many values tensors may have beyond what the storages explain, for small views of smaller storages.
const spare = 1 << 16

// maxPickle bounds data.pkl, which takes some 200 bytes a tensor: what it builds is up to a hundred times larger.
const maxPickle = 8 << 20

// readTorch reads a .pth whose pickle is <root>data.pkl.
func (f *File) readTorch(z *fileio.Zip, root string) error {
	f.Format = Torch
	a := &archive{File: f, zip: z, entries: map[string]*zip.File{}, storages: map[string][]byte{}}
	for _, e := range z.Entries {
		if name, ok := strings.CutPrefix(e.Name, root); ok {
			a.entries[name] = e
		}
	}
	if a.entries["constants.pkl"] != nil {
		return diag.InFile(f.Path, "").Errorf(code, "is a TorchScript archive, which holds a program").Helpf(saveStateDict)
	}
	if err := a.readOrder(); err != nil {
		return err
	}
	e := a.entries["data.pkl"]
	if e.UncompressedSize64 > maxPickle {
		return diag.InFile(f.Path, "entry "+fileio.Printable(e.Name)).Errorf(code, "has %d bytes; at most %d are read", e.UncompressedSize64, maxPickle).Helpf(saveStateDict)
	}
	pickle, err := z.Read(e)
	if err != nil {
		return err
	}
	top, err := unpickle(f.Path, pickle)
	if err != nil {
		return err
	}
	return a.readCheckpoint(top)
}

// readOrder reads the byte order of the values, which PyTorch records since 2.1; before, it was little in practice.
func (a *archive) readOrder() error {
	a.order = binary.LittleEndian
	e := a.entries["byteorder"]
	if e == nil {
		return nil
	}
	text, err := a.zip.Read(e)
	if err != nil {
		return err
	}
	switch string(text) {
	case "little":
	case "big":
		a.order = binary.BigEndian
	default:
		return diag.InFile(a.Path, "entry "+fileio.Printable(e.Name)).Errorf(code, "says neither little nor big").Helpf("save it again; the archive is damaged")
	}
	return nil
}

// readCheckpoint finds the state_dict in what the pickle built: the top dictionary, or one that it keeps under a usual
// key.
func (a *archive) readCheckpoint(top any) error {
	d, ok := top.(*dict)
	if !ok {
		return diag.InFile(a.Path, "data.pkl").Errorf(code, "holds %s, not a state_dict", describe(top)).Helpf(saveStateDict)
	}
	a.readMetadata(d)
	if inner := d.wrapped(); inner != nil {
		d = inner
		a.readMetadata(d)
	}
	for i, v := range d.values {
		tensor, ok := v.(view)
		if !ok {
			continue
		}
		name, ok := d.keys[i].(string)
		if !ok {
			return diag.InFile(a.Path, "data.pkl").Errorf(code, "holds a tensor whose name is %s", describe(d.keys[i])).Helpf(saveStateDict)
		}
		t, err := a.tensor(name, tensor)
		if err != nil {
			return err
		}
		a.Tensors = append(a.Tensors, t)
	}
	if len(a.Tensors) == 0 {
		return diag.InFile(a.Path, "data.pkl").Errorf(code, "holds no tensors%s", d.list()).Helpf(saveStateDict)
	}
	return nil
}

// wrapped is the dictionary under the first usual key, nil when there is none.
func (d *dict) wrapped() *dict {
	for _, key := range wrappers {
		for i, k := range d.keys {
			if inner, ok := d.values[i].(*dict); ok && k == any(key) {
				return inner
			}
		}
	}
	return nil
}

// readMetadata keeps the numbers and strings of a checkpoint, such as its epoch.
func (a *archive) readMetadata(d *dict) {
	for i, k := range d.keys {
		key, ok := k.(string)
		if !ok {
			continue
		}
		switch v := d.values[i].(type) {
		case string:
			a.Metadata[key] = v
		case int64:
			a.Metadata[key] = strconv.FormatInt(v, 10)
		case float64:
			a.Metadata[key] = strconv.FormatFloat(v, 'g', -1, 64)
		case bool:
			a.Metadata[key] = strconv.FormatBool(v)
		}
	}
}

// list names the keys of a dictionary for a diagnostic.
func (d *dict) list() string {
	var names []string
	for _, k := range d.keys {
		if s, ok := k.(string); ok && len(names) < shown {
			names = append(names, fileio.Printable(s))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; it has " + strings.Join(names, ", ")
}

// describe names a value of a pickle.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case view:
		return "one tensor without a name"
	case *list, tuple:
		return "a list"
	case *dict:
		return "a dictionary"
	case string:
		return "the string " + fileio.Printable(v)
	case int64, float64, bool:
		return fmt.Sprintf("the value %v", v)
	}
	return "no value"
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
	raw, err := a.storage(at, v.storage)
	if err != nil {
		return nil, err
	}
	if n > 0 && !v.within() {
		return nil, at.Errorf(code, "reaches outside its storage of %d values", v.storage.count).Helpf("save it again; the file is damaged")
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
	raw, ok := a.storages[s.key]
	if !ok {
		e := a.entries["data/"+s.key]
		if e == nil {
			return nil, at.Errorf(code, "its values are not in the archive (no entry data/%s)", fileio.Printable(s.key)).Helpf("copy or save it again")
		}
		var err error
		if raw, err = a.zip.Read(e); err != nil {
			return nil, err
		}
		a.storages[s.key] = raw
		a.unpacked += len(raw)
	}
	width := int64(dtypes[s.dtype].width)
	if s.count > math.MaxInt64/width || s.count*width != int64(len(raw)) {
		return nil, at.Errorf(code, "its storage data/%s has %d bytes; %d values of %s need another number",
			fileio.Printable(s.key), len(raw), s.count, s.dtype).Helpf("copy or save it again; the file is damaged")
	}
	return raw, nil
}

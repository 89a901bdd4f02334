package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/npy"
)

// bounded decodes data and checks that it takes memory in proportion to its bytes, unpacked, and that what comes out is
// a whole file; nil when data is refused.
func bounded(t *testing.T, data []byte) *File {
	t.Helper()
	size := len(data)
	if fileio.IsZip(data) {
		if z, err := fileio.OpenZip("m", data, code); err == nil {
			for _, e := range z.Entries {
				size += int(e.UncompressedSize64)
			}
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := Decode("m", data)
	runtime.ReadMemStats(&after)
	// An instruction of a pickle takes a byte and may build a value of a hundred.
	if used := after.TotalAlloc - before.TotalAlloc; used > uint64(4<<20+500*size) {
		t.Fatalf("%d bytes of memory for %d", used, size)
	}
	if err != nil {
		return nil
	}
	total := 0
	for i, tensor := range f.Tensors {
		if n, ok := count(tensor.Shape); !ok || n != len(tensor.Data) {
			t.Fatalf("%d values of shape %v", len(tensor.Data), tensor.Shape)
		}
		if i > 0 && f.Tensors[i-1].Name >= tensor.Name {
			t.Fatalf("%q stands before %q", f.Tensors[i-1].Name, tensor.Name)
		}
		total += len(tensor.Data)
		_, _ = f.Tensor(tensor.Name) // may refuse a NaN, must not panic
	}
	if total > 8*size+spare {
		t.Fatalf("%d values from %d bytes", total, size)
	}
	return f
}

// roundTrip writes f and reads it back.
func roundTrip(t *testing.T, f *File) {
	t.Helper()
	if f == nil || slices.ContainsFunc(f.Tensors, func(t *Tensor) bool { return t.Name == metadataKey }) {
		return
	}
	data, err := Encode("m", f)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Decode("m", data)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Tensors) != len(f.Tensors) || len(again.Metadata) != len(f.Metadata) {
		t.Fatalf("%d tensors and %d metadata became %d and %d", len(f.Tensors), len(f.Metadata), len(again.Tensors), len(again.Metadata))
	}
	for i, want := range f.Tensors {
		got := again.Tensors[i]
		if got.Name != want.Name || got.DType != want.DType || !slices.Equal(got.Shape, want.Shape) ||
			!slices.EqualFunc(got.Data, want.Data, func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }) {
			t.Fatalf("got %v\nwant %v", got, want)
		}
	}
	if second, err := Encode("m", again); err != nil || !bytes.Equal(data, second) {
		t.Fatalf("the bytes differ when written again: %v", err)
	}
}

func FuzzSafetensors(f *testing.F) {
	f.Add([]byte(`{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`), make([]byte, 8))
	f.Add([]byte(`{"b":{"dtype":"I8","shape":[2],"data_offsets":[8,10]},"__metadata__":{"k":"v"},"a":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}} `), make([]byte, 10))
	f.Add([]byte(`{"w":{"dtype":"U64","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`), []byte{})
	f.Add([]byte(`{"w":{"dtype":"BF16","shape":[0,9],"data_offsets":[0,0]},"__metadata__":null}`), []byte{})
	f.Add([]byte(`{"w":{"dtype":"BOOL","shape":[],"data_offsets":[0,1]},"w":{"dtype":"BOOL","shape":[],"data_offsets":[1,2]}}`), make([]byte, 2))
	f.Fuzz(func(t *testing.T, header, body []byte) {
		roundTrip(t, bounded(t, st(string(header), body...)))
	})
}

func FuzzPth(f *testing.F) {
	six := []byte(f32(binary.LittleEndian, 0, 1, 2, 3, 4, 5))
	tensor := ptensor("FloatStorage", "0", 6, 0, []int64{2, 3}, []int64{1, 2})
	for _, pickle := range []string{
		pdict(pstr("w"), tensor) + "}" + pstr("_metadata") + "}sb",
		"}(" + pstr("epoch") + "K\x07" + pstr("state_dict") + pdict(pstr("a"), tensor, pstr("b"), tensor) + "u",
		"}q\x00" + pstr("self") + "h\x00sr\x00\x00\x00\x01j\x00\x00\x00\x01",
		"\x95\x00\x00\x00\x00\x00\x00\x00\x00\x8c\x0bcollections\x8c\x0bOrderedDict\x93)R\x94" + "(" + pstr("w") + tensor + "u",
		"ctorch._utils\n_rebuild_parameter\n" + ptuple(tensor, "\x88", ordered) + "R",
		"cposix\nsystem\n" + pstr("echo") + "\x85R",
		"](K\x01M\x02\x00G\x3f\xf0\x00\x00\x00\x00\x00\x00eNa\x85\x86",
		"}(" + pstr("a") + "](" + tensor + "eq\x00" + pstr("b") + "}(" + pstr("c") + "h\x00" + pstr("d") + "h\x00uu",
		pdict(pstr("w"), ptensor("ByteStorage", "0", 24, 23, []int64{1 << 20}, []int64{0})),
	} {
		f.Add([]byte(pickle), six)
	}
	f.Fuzz(func(t *testing.T, pickle, storage []byte) {
		roundTrip(t, bounded(t, pth(string(pickle), "m/data/0", string(storage))))
	})
}

// unchecked is an archive without checksums, so that its entries can be varied one byte at a time.
func unchecked(pairs ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		size := uint64(len(pairs[i+1]))
		if strings.HasSuffix(pairs[i], "/") {
			size, pairs[i+1] = 0, "" // a folder
		}
		e, err := w.CreateRaw(&zip.FileHeader{Name: pairs[i], Method: zip.Store, CompressedSize64: size, UncompressedSize64: size})
		if err == nil {
			_, err = e.Write([]byte(pairs[i+1]))
		}
		if err != nil {
			panic(err) // a bytes.Buffer cannot fail
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func FuzzNpz(f *testing.F) {
	var x, y bytes.Buffer
	for b, a := range map[*bytes.Buffer]*npy.Array{
		&x: {Shape: []int{2, 1}, Kind: 'u', Size: 1, Ints: []int64{1, 2}},
		&y: {Kind: 'f', Size: 4, Floats: []float64{0.5}},
	} {
		if err := npy.Write(b, a); err != nil {
			f.Fatal(err)
		}
	}
	f.Add("a.npy", x.Bytes(), "b.npy", y.Bytes())
	f.Add("a.npy", x.Bytes(), "a.npy", y.Bytes())
	f.Add("a.npy", x.Bytes(), "a/", []byte{})
	f.Add("\xff.npy", x.Bytes(), "b.txt", []byte("text"))
	f.Fuzz(func(t *testing.T, name1 string, content1 []byte, name2 string, content2 []byte) {
		if len(name1) >= 1<<16 || len(name2) >= 1<<16 {
			return // longer than a zip can name
		}
		roundTrip(t, bounded(t, unchecked(name1, string(content1), name2, string(content2))))
	})
}

// FuzzOpen varies whole files, the zip's own structure included.
func FuzzOpen(f *testing.F) {
	f.Add(unchecked("a.npy", "\x93NUMPY\x01\x00\x3c\x00{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1), }\n\x01\x02"))
	f.Add(zipOf("a.npy", "\x93NUMPY\x01\x00\x3c\x00{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1), }\n\x01\x02"))
	f.Add(unchecked("data.pkl", proto+"}"+pstr("w")+ptensor("ByteStorage", "0", 1, 0, nil, nil)+"s.", "data/0", "x", "byteorder", "little"))
	f.Add(st(`{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 7))
	f.Add(legacy(pdict(pstr("w"), legacyTensor("0", 1, 0, "N", []int64{1}, []int64{1})), "0", "\x00\x00\x80\x3f"))
	f.Fuzz(func(t *testing.T, data []byte) {
		roundTrip(t, bounded(t, data))
	})
}

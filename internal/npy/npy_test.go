package npy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/hrnnc/hrnnc/internal/exttool/exttest"
)

// npyFile builds a .npy file of version 1 around a header's text.
func npyFile(dict string, body []byte) []byte {
	length := binary.LittleEndian.AppendUint16(nil, uint16(len(dict)))
	return append([]byte(magic+"\x01\x00"+string(length)+dict), body...)
}

// plain builds a .npy file as numpy does.
func plain(descr, shape string, body []byte) []byte {
	return npyFile(fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", descr, shape), body)
}

func TestReadEveryDType(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	for _, test := range []struct {
		descr  string
		body   []byte
		floats []float64
		ints   []int64
	}{
		{"|b1", []byte{1, 0, 7}, nil, []int64{1, 0, 1}},
		{"|u1", []byte{0, 128, 255}, nil, []int64{0, 128, 255}},
		{"|i1", []byte{0, 128, 255}, nil, []int64{0, -128, -1}},
		{"<u2", []byte{1, 2, 255, 255, 0, 128}, nil, []int64{0x201, 65535, 32768}},
		{">u2", []byte{1, 2, 255, 255, 0, 128}, nil, []int64{0x102, 65535, 128}},
		{"<i2", []byte{1, 2, 255, 255, 0, 128}, nil, []int64{0x201, -1, -32768}},
		{">i4", []byte{255, 255, 255, 254, 0, 0, 0, 5, 128, 0, 0, 0}, nil, []int64{-2, 5, math.MinInt32}},
		{"<u4", []byte{255, 255, 255, 255, 0, 0, 0, 0, 1, 0, 0, 0}, nil, []int64{math.MaxUint32, 0, 1}},
		{"<i8", le.AppendUint64(le.AppendUint64(le.AppendUint64(nil, 1), 1<<63), math.MaxUint64), nil, []int64{1, math.MinInt64, -1}},
		{">u8", be.AppendUint64(be.AppendUint64(be.AppendUint64(nil, 1), 2), math.MaxInt64), nil, []int64{1, 2, math.MaxInt64}},
		{"<f2", []byte{0, 0x3c, 0, 0xc0, 1, 0}, []float64{1, -2, math.Ldexp(1, -24)}, nil},
		{">f4", []byte{0x3f, 0x80, 0, 0, 0xbf, 0, 0, 0, 0x7f, 0x80, 0, 0}, []float64{1, -0.5, math.Inf(1)}, nil},
		{"<f8", le.AppendUint64(le.AppendUint64(le.AppendUint64(nil, math.Float64bits(0.1)), 0), math.Float64bits(math.NaN())),
			[]float64{0.1, 0, math.NaN()}, nil},
	} {
		a, err := Read("x.npy", plain(test.descr, "(3,)", test.body))
		if err != nil {
			t.Errorf("%s: %v", test.descr, err)
			continue
		}
		size := len(test.body) / 3
		want := &Array{Shape: []int{3}, Kind: test.descr[1], Size: size, Floats: test.floats, Ints: test.ints}
		if d := cmp.Diff(want, a, cmpopts.EquateNaNs()); d != "" {
			t.Errorf("%s: -want +got\n%s", test.descr, d)
		}
	}
}

func TestReadFortranOrder(t *testing.T) {
	// The array 0..5 of shape [2, 3] with its columns one after the other.
	a, err := Read("x.npy", npyFile("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", []byte{0, 3, 1, 4, 2, 5}))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int64{0, 1, 2, 3, 4, 5}, a.Ints); d != "" {
		t.Error(d)
	}
}

func TestReadVersionsScalarsAndPython2(t *testing.T) {
	dict := "{'shape': (2L, 1L), 'fortran_order': False, \"descr\": '<u1'}"
	v2 := append([]byte(magic+"\x02\x00"), binary.LittleEndian.AppendUint32(nil, uint32(len(dict)))...)
	v2 = append(append(v2, dict...), 8, 9)
	a, err := Read("x.npy", v2)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(&Array{Shape: []int{2, 1}, Kind: 'u', Size: 1, Ints: []int64{8, 9}}, a); d != "" {
		t.Error(d)
	}
	scalar, err := Read("x.npy", plain("|i1", "()", []byte{255}))
	if err != nil || scalar.Len() != 1 || scalar.Ints[0] != -1 || len(scalar.Shape) != 0 {
		t.Errorf("a scalar: %v, %v", scalar, err)
	}
	empty, err := Read("x.npy", plain("<f8", "(0, 7)", nil))
	if err != nil || empty.Len() != 0 {
		t.Errorf("an empty array: %v, %v", empty, err)
	}
}

func TestReadErrors(t *testing.T) {
	good := plain("<f4", "(2,)", make([]byte, 8))
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "x.npy: error[npy]: this is not an .npy file; help: save the array with np.save"},
		{"zip", []byte("PK\x03\x04...."), "this is not an .npy file; it looks like a zip archive, such as .npz or .pth"},
		{"pickle", []byte("\x80\x04\x95"), "it looks like a Python pickle"},
		{"csv", []byte("1.5, -2e3, 4\n5,6,7\n"), "it looks like CSV text"},
		{"magic alone", []byte(magic), "is truncated: its header needs 10 bytes and the file has 6"},
		{"version", []byte(magic + "\x09\x00\x00\x00"), "has format version 9; 1 to 3 are known"},
		{"header cut", good[:30], "is truncated: its header needs"},
		{"header of 4 GiB", []byte(magic + "\x02\x00\xff\xff\xff\xff{}"), "is truncated: its header needs 4294967307 bytes and the file has 14"},
		{"values cut", good[:len(good)-1], "is truncated: [2] of <f4 needs 8 bytes and 7 follow the header; help: copy or save it again"},
		{"values left over", append(bytes.Clone(good), 1), "has 1 byte after the array: [2] of <f4 needs 8"},
		{"objects", plain("|O", "(1,)", []byte("cos\nsystem\n")),
			"holds pickled Python objects (dtype object), which are never run; help: save it with np.save(path, x.astype(np.float32))"},
		{"complex", plain("<c8", "(1,)", make([]byte, 8)), "has dtype <c8; booleans, integers and floats up to 64 bits are read"},
		{"text", plain("<U3", "(1,)", make([]byte, 12)), "has dtype <U3"},
		{"no dtype", plain("", "(1,)", make([]byte, 12)), "has dtype ; booleans"},
		{"fields", npyFile("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", nil), "the array has named fields"},
		{"huge", plain("<f8", "(4294967296, 4294967296)", nil), "its shape [4294967296, 4294967296] has more than 134217728 values"},
		{"huge beside 0", plain("<f8", "(0, 4294967296, 4294967296)", nil), "has more than 134217728 values"},
		{"beyond the file", plain("<f8", "(99999999,)", nil), "is truncated: [99999999] of <f8 needs 799999992 bytes and 0 follow"},
		{"beyond int64", plain("<f8", "(99999999999999999999,)", nil), "the shape has a dimension that is not a count"},
		{"negative", plain("<f8", "(-1,)", nil), "the shape has a dimension that is not a count"},
		{"65 dimensions", plain("<f8", "("+strings.Repeat("1,", 65)+")", nil), "the shape has more than 64 dimensions"},
		{"beyond 2^63", plain("<u8", "(1,)", bytes.Repeat([]byte{255}, 8)),
			"value 0 is 18446744073709551615, beyond 2^63-1; help: save it with np.save(path, x.astype(np.int64))"},
		{"key twice", npyFile("{'shape': (), 'shape': (), }", nil), "the header has the key shape twice"},
		{"unknown key", npyFile("{'sh\x1bape': (), }", nil), `the header has an unknown key sh\u001bape`},
		{"missing key", npyFile("{'shape': (), }", nil), "the header is not a dictionary of descr, fortran_order and shape"},
		{"no dictionary", npyFile("print('hi')", nil), `the header lacks "{" at byte 0 of its text`},
		{"open string", npyFile("{'descr", nil), "the header has a string without an end"},
		{"call", npyFile("{'descr': '<f4', 'fortran_order': False, 'shape': (1,) + f(), }", nil), "the header is not a dictionary that numpy writes"},
	} {
		a, err := Read("x.npy", test.data)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v\nwant %s", test.name, a, err, test.want)
		} else if !strings.Contains(err.Error(), "; help: ") {
			t.Errorf("%s: no remedy in %v", test.name, err)
		}
	}
}

func TestFloat16(t *testing.T) {
	for _, test := range []struct {
		bits uint16
		want float64
	}{
		{0, 0}, {0x3c00, 1}, {0xc000, -2}, {0x7bff, 65504}, {0x0001, 5.960464477539063e-08},
		{0x0400, 6.103515625e-05}, {0x7c00, math.Inf(1)}, {0xfc00, math.Inf(-1)}, {0x3555, 0.333251953125},
	} {
		if got := Float16(test.bits); got != test.want {
			t.Errorf("%04x is %v, want %v", test.bits, got, test.want)
		}
	}
	if !math.IsNaN(Float16(0x7e00)) {
		t.Error("7e00 is a number")
	}
}

// arrays draws an array of any type that Write takes.
func arrays() *rapid.Generator[*Array] {
	return rapid.Custom(func(t *rapid.T) *Array {
		shape := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, "shape")
		n, _ := count(shape)
		type kind struct {
			kind byte
			size int
		}
		k := rapid.SampledFrom([]kind{{'f', 4}, {'f', 8}, {'b', 1}, {'u', 1}, {'i', 1}, {'u', 2}, {'i', 2}, {'u', 4}, {'i', 4}, {'u', 8}, {'i', 8}}).Draw(t, "kind")
		a := &Array{Shape: shape, Kind: k.kind, Size: k.size}
		switch {
		case k.size == 4 && k.kind == 'f':
			for range n {
				a.Floats = append(a.Floats, float64(rapid.Float32().Draw(t, "v")))
			}
		case k.kind == 'f':
			a.Floats = rapid.SliceOfN(rapid.Float64(), n, n).Draw(t, "v")
		default:
			lo, hi, _ := bounds(k.kind, k.size)
			a.Ints = rapid.SliceOfN(rapid.Int64Range(lo, hi), n, n).Draw(t, "v")
		}
		return a
	})
}

func TestWriteThenRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := arrays().Draw(t, "a")
		var b bytes.Buffer
		if err := Write(&b, want); err != nil {
			t.Fatal(err)
		}
		got, err := Read("x.npy", b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); d != "" {
			t.Fatal(d)
		}
		if at := b.Len() - want.Len()*want.Size; at%64 != 0 {
			t.Fatalf("the values start at byte %d", at)
		}
	})
}

func TestWriteErrors(t *testing.T) {
	for _, test := range []struct {
		a    *Array
		want string
	}{
		{FromFloats(make([]float64, 3), 2), "an array of shape [2] with 3 values cannot be written"},
		{&Array{Shape: []int{2}, Kind: 'i', Size: 1, Ints: []int64{5, 128}}, "value 1 is 128, outside int8"},
		{&Array{Shape: []int{1}, Kind: 'u', Size: 8, Ints: []int64{-1}}, "value 0 is -1, outside uint64"},
		{&Array{Shape: []int{1}, Kind: 'b', Ints: []int64{2}}, "value 0 is 2, outside bool"},
		{&Array{Kind: 'f', Size: 2, Floats: []float64{1}}, "float16 arrays are not written; float32 and float64 are"},
		{&Array{Kind: 'i', Size: 3, Ints: []int64{1}}, "an array of kind 'i' and 3 bytes cannot be written"},
	} {
		if err := Write(&bytes.Buffer{}, test.a); err == nil || err.Error() != test.want {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
}

func TestWriteFileLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.npy")
	if err := WriteFile(path, FromInts([]int64{1, 2}, 2)); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, FromInts([]int64{1}, 2)); err == nil {
		t.Fatal("a wrong shape was written")
	}
	a, err := ReadFile(path)
	if err != nil || a.Len() != 2 || a.Ints[1] != 2 {
		t.Errorf("the file before the failed write is gone: %v, %v", a, err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("files left behind: %v", files)
	}
}

func TestAsFloats(t *testing.T) {
	if d := cmp.Diff([]float64{1, -2}, FromInts([]int64{1, -2}, 2).AsFloats()); d != "" {
		t.Error(d)
	}
	if got := FromFloats([]float64{0.5}).DType(); got != "float64" {
		t.Error(got)
	}
}

// TestWriteEach writes an array part by part, to the bytes of one that is written whole, and refuses parts that do not fill it.
func TestWriteEach(t *testing.T) {
	whole := &Array{Shape: []int{3, 2}, Kind: 'i', Size: 2, Ints: []int64{1, -2, 3, -4, 5, -6}}
	part := func(i int) *Array { return &Array{Ints: whole.Ints[2*i : 2*i+2]} }
	var want, got bytes.Buffer
	if err := Write(&want, whole); err != nil {
		t.Fatal(err)
	}
	if err := WriteEach(&got, &Array{Shape: whole.Shape, Kind: 'i', Size: 2}, 3, part); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("%q, want %q", got.Bytes(), want.Bytes())
	}
	for name, write := range map[string]func() error{
		"too few":     func() error { return WriteEach(io.Discard, &Array{Shape: whole.Shape, Kind: 'i', Size: 2}, 2, part) },
		"too many":    func() error { return WriteEach(io.Discard, &Array{Shape: []int{2, 2}, Kind: 'i', Size: 2}, 3, part) },
		"too large":   func() error { return WriteEach(io.Discard, &Array{Shape: whole.Shape, Kind: 'u', Size: 1}, 3, part) },
		"no type":     func() error { return WriteEach(io.Discard, &Array{Shape: whole.Shape, Kind: 'f', Size: 2}, 3, part) },
		"no elements": func() error { return WriteEach(io.Discard, &Array{Shape: []int{-1}, Kind: 'i', Size: 2}, 0, part) },
	} {
		if write() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// numpy runs a script, or skips the test where numpy is not.
func numpy(t *testing.T, dir, script string) {
	t.Helper()
	python := exttest.Python(t, "numpy")
	cmd := exec.Command(python, "-c", script)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestNumpyWroteIt(t *testing.T) {
	dir := t.TempDir()
	numpy(t, dir, `
import numpy as np
a = np.arange(24).reshape(2, 3, 4)
np.savez("stored.npz", **{d.replace("<", "l").replace(">", "b") + o: a.astype(d, order=o)
    for d in ["u1", "i1", "<u2", ">u2", "<i2", ">i2", "<i4", ">i4", "<u8", ">i8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"] for o in "CF"})
np.savez_compressed("deflated.npz", a=a, b=a > 0)
for v in (1, 2, 3):
    with open("v%d.npy" % v, "wb") as f:
        np.lib.format.write_array(f, a, version=(v, 0))
`)
	check := func(name string, a *Array) {
		if d := cmp.Diff([]int{2, 3, 4}, a.Shape); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		for i, v := range a.AsFloats() {
			if v != float64(i) {
				t.Errorf("%s: value %d is %v", name, i, v)
			}
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "stored.npz"))
	if err != nil {
		t.Fatal(err)
	}
	arrays, err := ReadNpz("stored.npz", data)
	if err != nil || len(arrays) != 32 {
		t.Fatalf("%d arrays, %v", len(arrays), err)
	}
	for _, name := range Names(arrays) {
		check(name, arrays[name])
	}
	for v := 1; v <= 3; v++ {
		a, err := ReadFile(filepath.Join(dir, fmt.Sprintf("v%d.npy", v)))
		if err != nil {
			t.Fatal(err)
		}
		check(fmt.Sprintf("version %d", v), a)
	}
	if data, err = os.ReadFile(filepath.Join(dir, "deflated.npz")); err != nil {
		t.Fatal(err)
	}
	if arrays, err = ReadNpz("deflated.npz", data); err != nil || arrays["b"].Kind != 'b' || arrays["b"].Ints[0] != 0 || arrays["b"].Ints[1] != 1 {
		t.Errorf("deflated: %v", err)
	}
}

func TestNumpyReadsIt(t *testing.T) {
	dir := t.TempDir()
	for name, a := range map[string]*Array{
		"f8": FromFloats([]float64{0.1, math.Inf(-1), 3}, 3),
		"f4": {Shape: []int{1, 2}, Kind: 'f', Size: 4, Floats: []float64{0.5, -2}},
		"i8": FromInts([]int64{7}),
		"u1": {Shape: []int{2, 1}, Kind: 'u', Size: 1, Ints: []int64{0, 255}},
		"b1": {Shape: []int{2}, Kind: 'b', Ints: []int64{0, 1}},
	} {
		if err := WriteFile(filepath.Join(dir, name+".npy"), a); err != nil {
			t.Fatal(err)
		}
	}
	numpy(t, dir, `
import numpy as np
def same(name, want):
    got = np.load(name + ".npy", allow_pickle=False)
    assert got.dtype == np.dtype(name) and got.shape == want.shape and (got == want).all(), (name, got)
same("f8", np.array([0.1, -np.inf, 3]))
same("f4", np.array([[0.5, -2]]))
same("i8", np.array(7))
same("u1", np.array([[0], [255]]))
same("b1", np.array([False, True]))
`)
}

func BenchmarkRead(b *testing.B) {
	var buf bytes.Buffer
	if err := Write(&buf, FromFloats(make([]float64, 1<<16), 1<<8, 1<<8)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(buf.Len()))
	for b.Loop() {
		if _, err := Read("x.npy", buf.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}

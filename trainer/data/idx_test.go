package data

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hostile"
)

// idx builds an IDX file.
func idx(kind byte, shape []int, body ...byte) []byte {
	out := []byte{0, 0, kind, byte(len(shape))}
	for _, d := range shape {
		out = binary.BigEndian.AppendUint32(out, uint32(d))
	}
	return append(out, body...)
}

func TestParseIDX(t *testing.T) {
	be := binary.BigEndian
	for _, test := range []struct {
		kind byte
		body []byte
		want []float64
	}{
		{0x08, []byte{0, 200}, []float64{0, 200}},
		{0x09, []byte{1, 0xff}, []float64{1, -1}},
		{0x0b, []byte{1, 0, 0xff, 0xfe}, []float64{256, -2}},
		{0x0c, []byte{0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff}, []float64{65536, -1}},
		{0x0d, be.AppendUint32(be.AppendUint32(nil, math.Float32bits(1.5)), math.Float32bits(-2)), []float64{1.5, -2}},
		{0x0e, be.AppendUint64(be.AppendUint64(nil, math.Float64bits(1.5)), math.Float64bits(-2)), []float64{1.5, -2}},
	} {
		a, err := parseIDX("f", idx(test.kind, []int{2}, test.body...))
		if err != nil {
			t.Errorf("%#x: %v", test.kind, err)
			continue
		}
		got := make([]float64, a.len())
		a.floats(0, got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%#x: got %v", test.kind, got)
		}
	}
}

func TestParseIDXErrors(t *testing.T) {
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "f: error[data]: is not an IDX file; help: IDX files start with two zero bytes"},
		{"text", []byte("pixels"), "is not an IDX file"},
		{"type", idx(0x0a, []int{1}, 1), "is not an IDX file"},
		{"no dimension", idx(8, nil, 1), "has 0 dimensions; 1 to 8 are read"},
		{"header cut", idx(8, []int{1})[:6], "is truncated: its header has 8 bytes and the file 6"},
		{"values cut", idx(8, []int{2, 2}, 1, 2, 3), "has 3 bytes of values; [2, 2] of 1 bytes each needs 4"},
		{"values left over", idx(8, []int{1}, 1, 2), "has 2 bytes of values; [1] of 1 bytes each needs 1"},
		{"huge", idx(8, []int{1 << 31, 1 << 31, 1 << 31, 1 << 31}), "declares more than 2147483647 values"},
	} {
		if _, err := parseIDX("f", test.data); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v\nwant %s", test.name, err, test.want)
		}
	}
}

func FuzzIDX(f *testing.F) {
	f.Add(idx(8, []int{2, 2}, 1, 2, 3, 4))
	f.Add(idx(0x0e, []int{1}, 1, 2, 3, 4, 5, 6, 7, 8))
	f.Add(idx(8, []int{0, 1 << 31}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var a tensor
		if hostile.Read(t, "f", func() (err error) { a, err = parseIDX("f", data); return err }) != nil {
			return
		}
		count := 1
		for _, d := range a.shape {
			count *= d
		}
		if count != a.len() || count > len(data) {
			t.Errorf("%d values of shape %v from %d bytes", a.len(), a.shape, len(data))
		}
		_ = checkFinite(fail("f", ""), "a", a)
	})
}

// write puts a file into a folder.
func write(t testing.TB, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// images writes a folder of two-by-three images: three to train, one to test; pixel p of image i is 10*i + p.
func images(t testing.TB) string {
	dir := t.TempDir()
	pixels := func(from, n int) (out []byte) {
		for i := from; i < from+n; i++ {
			for p := range 6 {
				out = append(out, byte(10*i+p))
			}
		}
		return out
	}
	write(t, dir, "train-images-idx3-ubyte", idx(8, []int{3, 2, 3}, pixels(0, 3)...))
	write(t, dir, "train-labels-idx1-ubyte", idx(8, []int{3}, 4, 7, 4))
	write(t, dir, "t10k-images-idx3-ubyte.gz", gzipped(t, string(idx(8, []int{1, 2, 3}, pixels(3, 1)...))))
	write(t, dir, "t10k-labels-idx1-ubyte", idx(8, []int{1}, 7))
	return dir
}

func TestImageFolder(t *testing.T) {
	dir := images(t)
	s := load(t, dir, "valid=0", "unit=1")
	if s.Train.N != 3 || s.Test.N != 1 || s.Train.T != 6 || !slices.Equal(s.Classes, []string{"4", "7"}) {
		t.Fatalf("%+v", s)
	}
	if got := values(&s.Test, 0); !slices.Equal(got, []float64{30, 31, 32, 33, 34, 35}) || s.Test.Label(0) != 1 {
		t.Errorf("got %v, label %d", got, s.Test.Label(0))
	}
	c := load(t, dir, "valid=0", "unit=1", "layout=columns")
	if got := values(&c.Train, 0); !slices.Equal(got, []float64{0, 3, 1, 4, 2, 5}) || c.Train.D != 2 || c.Channels[1].Name != "row 1" {
		t.Errorf("got %v, %v", got, c.Channels)
	}
	r := load(t, dir, "valid=0", "unit=1", "layout=rows", "subsample=2")
	if got := values(&r.Train, 0); !slices.Equal(got, []float64{0, 1, 2}) || r.Train.T != 1 {
		t.Errorf("got %v", got)
	}
	if got := values(&load(t, dir).Train, 0)[1]; got != float64(1.0/255) {
		t.Errorf("a pixel of 1 is %v", got)
	}
}

func TestImageFolderErrors(t *testing.T) {
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"train-labels-idx1-ubyte", idx(8, []int{2}, 1, 2), "train-labels-idx1-ubyte: error[data]: has shape [2] for 3 images"},
		{"train-images-idx3-ubyte", idx(8, []int{3}, 1, 2, 3), "train-images-idx3-ubyte: error[data]: has shape [3]; help: [images, lines, columns] is needed"},
		{"train-images-idx3-ubyte", idx(8, []int{3, 1, 1}, 1, 2, 3), "its images are [1, 1] in train and [2, 3] in test"},
	} {
		dir := images(t)
		write(t, dir, test.name, test.data)
		if _, err := Load(dir, Defaults()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
	dir := images(t)
	if err := os.Remove(filepath.Join(dir, "t10k-labels-idx1-ubyte")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir, Defaults()); err == nil || !strings.Contains(err.Error(), "has no t10k-labels-idx1-ubyte; help") {
		t.Errorf("got %v", err)
	}
}

package npy

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// archive builds a zip of name, content pairs.
func archive(t testing.TB, method uint16, pairs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: pairs[i], Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(pairs[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadNpz(t *testing.T) {
	x, y := string(plain("|u1", "(2,)", []byte{1, 2})), string(plain("<f4", "()", make([]byte, 4)))
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		arrays, err := ReadNpz("x.npz", archive(t, method, "b.npy", y, "a.npy", x))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"a", "b"}, Names(arrays)); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]int64{1, 2}, arrays["a"].Ints); d != "" {
			t.Error(d)
		}
	}
}

// directory finds the first record of a zip's directory, for tests that damage it.
func directory(data []byte) []byte {
	return data[bytes.Index(data, []byte("PK\x01\x02")):]
}

func TestReadNpzErrors(t *testing.T) {
	x := string(plain("|u1", "(2,)", []byte{1, 2}))
	zeros := string(plain("|u1", "(100000,)", make([]byte, 100000)))
	good := archive(t, zip.Store, "a.npy", x)
	damage := func(change func([]byte)) []byte {
		data := bytes.Clone(good)
		change(data)
		return data
	}
	le := binary.LittleEndian
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"an .npy", []byte(x), "this is not an .npz file; help: save the arrays with np.savez"},
		{"text", []byte("1,2,3\n"), "this is not an .npz file; it looks like CSV text"},
		{"truncated", good[:len(good)-5], "is a damaged zip archive: its directory cannot be read"},
		{"twice", archive(t, zip.Store, "a.npy", x, "a.npy", x), "x.npz: entry a.npy: error[npy]: the archive holds this entry twice"},
		{"other entry", archive(t, zip.Store, "a.txt", x), "x.npz: array a.txt: error[npy]: is not an .npy entry"},
		{"bad array", archive(t, zip.Store, "a.npy", x[:len(x)-1]), "x.npz: array a: error[npy]: is truncated: [2] of |u1 needs 2 bytes and 1 follow"},
		{"values after the array", archive(t, zip.Deflate, "a.npy", x+zeros), "array a: error[npy]: has 100073 bytes after the array: [2] of |u1 needs 2"},
		{"checksum", damage(func(b []byte) { b[bytes.Index(b, []byte("a.npy"))+5+len(x)-1]++ }), "entry a.npy: error[npy]: cannot be unpacked: its checksum does not match its bytes"},
		{"declares too much", damage(func(b []byte) { le.PutUint32(directory(b)[24:], 1<<30) }), "declares 1073741824 bytes in 70, which cannot be"},
		{"longer than the archive", damage(func(b []byte) {
			le.PutUint32(directory(b)[20:], 1<<30)
			le.PutUint32(directory(b)[24:], 1<<30)
		}), "declares 1073741824 bytes in 1073741824, which cannot be"},
		{"encrypted", damage(func(b []byte) { directory(b)[8] |= 1 }), "is encrypted; help: save the archive without a password"},
		{"method", damage(func(b []byte) { directory(b)[10] = 99 }), "its compression is neither store nor deflate"},
	} {
		arrays, err := ReadNpz("x.npz", test.data)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v\nwant %s", test.name, arrays, err, test.want)
		}
	}
}

func TestReadNpzRefusesOverlap(t *testing.T) {
	// Two entries whose bytes are the same bytes: the second directory record points at the first entry.
	body := string(plain("|u1", "(4000,)", make([]byte, 4000)))
	data := archive(t, zip.Store, "a.npy", body)
	at := bytes.Index(data, []byte("PK\x01\x02"))
	end := bytes.Index(data, []byte("PK\x05\x06"))
	record := bytes.Clone(data[at:end])
	copy(record[46:], "b.npy")
	overlapping := append(append(append([]byte{}, data[:end]...), record...), data[end:]...)
	tail := overlapping[end+len(record):]
	binary.LittleEndian.PutUint16(tail[8:], 2)
	binary.LittleEndian.PutUint16(tail[10:], 2)
	binary.LittleEndian.PutUint32(tail[12:], uint32(2*len(record)))
	_, err := ReadNpz("x.npz", overlapping)
	if err == nil || !strings.Contains(err.Error(), "the entries of the archive overlap") {
		t.Errorf("got %v", err)
	}
}

func TestReadReferenceVectors(t *testing.T) {
	path := shared(t, "reference/fashion_rows_full128_q4_vectors.npz")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	arrays, err := ReadNpz(path, data)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]int{}
	for name, a := range arrays {
		got[name] = a.Shape
	}
	want := map[string][]int{"inputs_u8": {64, 28, 28}, "logits": {64, 10}, "labels": {64}, "pred_all": {10000}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// The label of the first test image of Fashion-MNIST is 9, an ankle boot.
	if labels := arrays["labels"]; labels.DType() != "int64" || labels.Ints[0] != 9 {
		t.Errorf("labels are %s, the first %d", labels.DType(), labels.Ints[0])
	}
}

// shared finds a file of the folder beside the repository, or skips the test.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir := "."
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Join(dir, "..")
		if len(dir) > 60 {
			t.Fatal("no go.mod above the test")
		}
	}
	path := filepath.Join(dir, "..", "shared", name)
	if _, err := os.Stat(path); err != nil {
		t.Skip("skipped: no ../shared/" + name)
	}
	return path
}

func TestNpzThatFillsMemory(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("U.npy")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(make([]byte, 17<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadNpz("x.npz", b.Bytes()); err == nil || !strings.Contains(err.Error(), "more than numbers do") {
		t.Errorf("got %v", err)
	}
}

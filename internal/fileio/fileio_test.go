package fileio

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadErrors(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ path, want string }{
		{"no/such/file", "no/such/file: error[test]: there is no such file; help: check the name; it is relative to the current folder"},
		{dir, "error[test]: is a folder; help"},
		{os.DevNull, "error[test]: is not a regular file; help"},
		{empty, "empty: error[test]: is empty; help"},
	} {
		if data, err := Read(test.path, "test"); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %q, %v\nwant %s", data, err, test.want)
		}
	}
}

func TestZipUnpacksWhatDeflateCanHold(t *testing.T) {
	// The best that deflate can do is within the ratio that OpenZip believes.
	zeros := make([]byte, 4<<20)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("zeros")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(zeros); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Create("folder/"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	z, err := OpenZip("z", b.Bytes(), "test")
	if err != nil || len(z.Entries) != 1 {
		t.Fatalf("%d entries, %v", len(z.Entries), err)
	}
	got, err := z.Read(z.Entries[0])
	if err != nil || !bytes.Equal(got, zeros) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

package fileio

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteAtomic(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	put := func(text string, fail error) error {
		return WriteAtomic(path, func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return errors.Join(err, fail)
		})
	}
	if err := put("first", nil); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken off")
	if err := put("second", broken); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	data, err := Read(path, "test")
	if err != nil || string(data) != "first" {
		t.Errorf("after a write that failed: %q, %v", data, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("files left behind: %v", files)
	}
}

func TestWriteAtomicErrors(t *testing.T) {
	dir := t.TempDir()
	nothing := func(io.Writer) error { return nil }
	for _, test := range []struct{ path, want string }{
		{filepath.Join(dir, "none", "f"), "error[write]: cannot be written: no such file or directory; help: check that the folder exists"},
		{dir, "error[write]: cannot be written: file exists"},
	} {
		if err := WriteAtomic(test.path, nothing); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
	if files, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*")); len(files) != 0 {
		t.Errorf("files left behind: %v", files)
	}
}

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

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"layer.0.bias":           "layer.0.bias",
		"größe":                  "größe",
		"\x1b[31m\n":             `\x1b[31m\n`,
		strings.Repeat("x", 100): strings.Repeat("x", 80) + "...",
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q is shown as %s", text, got)
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

// Package hostile says what every reader owes a file that it cannot trust, for fuzzers: it does not panic, it takes little
// memory for a small file, and its error is a diagnostic that names the file. Start with Read.
package hostile

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Memory is what reading a small file may allocate, freed or not, in bytes.
const Memory = 64 << 20

// Read runs a reader of a small file, or of a folder of small files, and gives its error.
func Read(t testing.TB, file string, read func() error) error {
	t.Helper()
	return ReadWithin(t, file, Memory, read)
}

// ReadWithin is Read with another bound of memory, in bytes.
func ReadWithin(t testing.TB, file string, memory uint64, read func() error) error {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := read()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > memory {
		t.Fatalf("reading it allocated %d bytes; at most %d are allowed", used, memory)
	}
	if err != nil {
		checkError(t, file, err)
	}
	return err
}

// Sparse writes a file that begins as given and goes on with zeros to a size in bytes, which take no space on the disk.
func Sparse(t testing.TB, name string, start []byte, size int64) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := errors.Join(os.WriteFile(path, start, 0o600), os.Truncate(path, size)); err != nil {
		t.Fatal(err)
	}
	return path
}

// checkError looks at every diagnostic of an error.
func checkError(t testing.TB, file string, err error) {
	t.Helper()
	var list diag.List
	var d *diag.Diagnostic
	switch joined, ok := err.(interface{ Unwrap() []error }); {
	case ok:
		for _, e := range joined.Unwrap() {
			checkError(t, file, e)
		}
		return
	case errors.As(err, &list):
	case errors.As(err, &d):
		list = diag.List{d}
	default:
		t.Fatalf("%v is no diagnostic", err)
	}
	for _, d := range list {
		if d.Severity == diag.Error && (d.Code == "internal" || d.Summary == "" || d.Span.File == "" || !strings.HasPrefix(d.Span.File, file)) {
			t.Fatalf("%v: no error of %s", d, file)
		}
	}
}

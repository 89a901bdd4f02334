// Package fileio reads files that may be hostile and is the only place that writes, so that nothing of the user's is lost.
// It knows no format: .npy arrays are in internal/npy, weights in internal/weights.
// Start with Read, Write and WriteFolder; OpenZip opens the archives that both formats come in.
package fileio

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// MaxBytes is the largest file, and the most that one archive may unpack to: 1 GiB, a thousand times the largest model
// this compiler is for.
const MaxBytes = 1 << 30

// Read gives the content of a regular, non-empty file of at most MaxBytes. Everything else (missing, a folder, a
// device, empty, too large) is a diagnostic with the given code.
func Read(path, code string) ([]byte, error) { return ReadAtMost(path, code, MaxBytes) }

// ReadAtMost is Read for a file of at most so many bytes.
func ReadAtMost(path, code string, most int64) ([]byte, error) {
	at := diag.InFile(path, "")
	// Stat comes before Open: opening a named pipe would wait for a writer.
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		help := "check the name; it is relative to the current folder"
		if filepath.IsAbs(path) {
			help = "check the name"
		}
		return nil, at.Errorf(code, "there is no such file").Helpf("%s", help)
	case err != nil:
		return nil, at.Errorf(code, "cannot be read: %s", reason(err)).Helpf("check that every folder on the way may be entered")
	case info.IsDir():
		return nil, at.Errorf(code, "is a folder").Helpf("name the file inside it")
	case !info.Mode().IsRegular():
		return nil, at.Errorf(code, "is not a regular file").Helpf("copy its content to a file first")
	case info.Size() == 0:
		return nil, at.Errorf(code, "is empty").Helpf("write it again; the program that saved it may have been interrupted")
	case info.Size() > most:
		return nil, at.Errorf(code, "has %d bytes; at most %d are read", info.Size(), most).Helpf("check that it is the right file")
	}
	data, err := readAll(path, info.Size())
	if err != nil {
		return nil, at.Errorf(code, "cannot be read: %s", reason(err)).Helpf("check its permissions")
	}
	NoteInput(path)
	return data, nil
}

// readAll reads a file that had size bytes a moment ago, and may have grown or shrunk.
func readAll(path string, size int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	data := make([]byte, size)
	n, err := io.ReadFull(f, data)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	}
	return data[:n], err
}

// reason is an error without the path and the system call, which the diagnostic says better.
func reason(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.As(err, &link):
		return link.Err.Error()
	}
	return err.Error()
}

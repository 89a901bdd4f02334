// Package fileio reads files that may be hostile and is the only place that writes, so that nothing of the user's is lost.
// It knows no format: .npy arrays are in internal/npy, weights in internal/weights.
// Start with Read, Write and WriteFolder; OpenZip opens the archives that both formats come in.
package fileio

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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
	f, err := open(path, code, most)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Bytes()
}

// File is an open file that is read in parts, so that its header can be judged before its body takes memory. Its size is that
// at the time it was opened.
type File struct {
	*io.SectionReader
	file       *os.File
	path, code string
}

// Open opens a file that Read would read. The caller closes it.
func Open(path, code string) (*File, error) { return open(path, code, MaxBytes) }

func open(path, code string, most int64) (*File, error) {
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
		return nil, at.Errorf(code, "cannot be read: %s", Reason(err)).Helpf("check that every folder on the way may be entered")
	case info.IsDir():
		return nil, at.Errorf(code, "is a folder").Helpf("name the file inside it")
	case !info.Mode().IsRegular():
		return nil, at.Errorf(code, "is not a regular file").Helpf("copy its content to a file first")
	case info.Size() == 0:
		return nil, at.Errorf(code, "is empty").Helpf("write it again; the program that saved it may have been interrupted")
	case info.Size() > most:
		return nil, at.Errorf(code, "has %s; at most %d are read", diag.Count(info.Size(), "byte"), most).Helpf("check that it is the right file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, at.Errorf(code, "cannot be read: %s", Reason(err)).Helpf("check its permissions")
	}
	NoteInput(path)
	return &File{io.NewSectionReader(f, 0, info.Size()), f, path, code}, nil
}

// Close closes the file.
func (f *File) Close() { _ = f.file.Close() } // it was only read

// Bytes is the whole content; less where the file has shrunk.
func (f *File) Bytes() ([]byte, error) {
	data := make([]byte, f.Size())
	n, err := f.ReadAt(data, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, diag.InFile(f.path, "").Errorf(f.code, "cannot be read: %s", Reason(err)).Helpf("check the disk, and the file's permissions")
	}
	return data[:n], nil
}

// Section is data as Open gives a file's.
func Section(data []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
}

// Head is the beginning of a content, at most so many bytes.
func Head(r *io.SectionReader, most int) []byte {
	head := make([]byte, min(int64(most), r.Size()))
	n, _ := r.ReadAt(head, 0) // whoever reads the rest meets the error
	return head[:n]
}

// Reason is an error without the path and the system call, which the diagnostic says better.
func Reason(err error) string {
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

// EscapeGlob makes a folder's name mean itself in a pattern.
func EscapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

// UnpackReason says in words what the libraries say with their package names in front.
func UnpackReason(err error) string {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "it is truncated"
	case errors.Is(err, gzip.ErrChecksum):
		return "its checksum does not match its bytes"
	}
	text := err.Error()
	for _, prefix := range []string{"gzip: ", "xz: ", "lzma: ", "flate: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return diag.Short(text)
}

package files

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"sync"

	"github.com/ulikunitz/xz"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// The first bytes of compressed files (RFC 1952, and version 1.1 of the .xz format).
const (
	gzipMagic = "\x1f\x8b"
	xzMagic   = "\xfd7zXZ\x00"
)

// ReadUnpacked reads a file of at most 1 GiB, packed by gzip, by xz, or not at all, and unpacks it to at most as much.
func ReadUnpacked(path string) ([]byte, error) {
	data, _, err := readSized(path)
	return data, err
}

// readSized is readUnpacked, and the size of the file itself.
func readSized(path string) ([]byte, int64, error) {
	packed, err := readFile(path)
	if err != nil {
		return nil, 0, err
	}
	data, err := Unpack(path, packed)
	return data, int64(len(packed)), err
}

// readFile reads a file of at most 1 GiB, or what is piped in.
func readFile(path string) ([]byte, error) {
	if path != StandardInput {
		return readWhole(path)
	}
	data, err := pipedIn()
	switch {
	case err != nil:
		return nil, diag.InFile("standard input", "").Errorf(code, "cannot be read: %v", fileio.Reason(err)).Helpf("pipe a data set in:  ... | hrnnc ... --data -")
	case len(data) == 0:
		return nil, diag.InFile("standard input", "").Errorf(code, "is empty").Helpf("pipe a data set in:  ... | hrnnc ... --data -")
	case len(data) > fileio.MaxBytes:
		return nil, diag.InFile("standard input", "").Errorf(code, "has more than %s", diag.Count(fileio.MaxBytes, "byte")).Helpf("save it to files, and name them")
	}
	return data, nil
}

// readWhole reads a file of at most 1 GiB. One that begins with nothing but zeros, which no kind of data set does, is refused by
// its beginning: a download that was broken off may leave a huge one.
func readWhole(path string) ([]byte, error) {
	f, err := fileio.Open(path, code)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if head := fileio.Head(f.SectionReader, 4096); len(bytes.Trim(head, "\x00")) == 0 {
		return nil, diag.InFile(path, "").Errorf(code, "holds nothing but zeros where it begins").Helpf("copy or fetch it again; it was not written whole")
	}
	return f.Bytes()
}

// pipedIn is all of standard input, which can be read once only.
var pipedIn = sync.OnceValues(func() ([]byte, error) { return io.ReadAll(io.LimitReader(os.Stdin, fileio.MaxBytes+1)) })

// Unpack gives the content of a gzip or xz file, or data itself when it is neither.
func Unpack(path string, data []byte) ([]byte, error) {
	var r io.Reader
	var err error
	switch {
	case bytes.HasPrefix(data, []byte(gzipMagic)):
		r, err = gzip.NewReader(bytes.NewReader(data))
	case bytes.HasPrefix(data, []byte(xzMagic)):
		if err = checkXZ(data); err == nil {
			r, err = xz.NewReader(bytes.NewReader(data))
		}
	default:
		return data, nil
	}
	var out []byte
	most := mostUnpacked(len(data))
	if err == nil {
		out, err = io.ReadAll(io.LimitReader(r, most+1))
	}
	if err != nil {
		return nil, diag.InFile(path, "").Errorf(code, "cannot be unpacked: %s", fileio.UnpackReason(err)).Helpf("copy or fetch it again; it looks damaged")
	}
	if int64(len(out)) > most {
		return nil, diag.InFile(path, "").Errorf(code, "unpacks to more than %s, %s its size", diag.Count(most, "byte"), diag.Count(most/int64(len(data)), "time")).
			Helpf("check that it is the right file; if it is, unpack it and name what comes out")
	}
	return out, nil
}

// Numbers as text shrink to a third or a tenth, hardly ever to a sixteenth: what unpacks to more is believed up to
// littleUnpacked.
const (
	littleUnpacked = 48 << 20
	textRatio      = 16
)

// mostUnpacked is how many bytes a file of so many may unpack to.
func mostUnpacked(packed int) int64 {
	return min(fileio.MaxBytes, littleUnpacked+textRatio*int64(packed))
}

// StandardInput is the path of what is piped in.
const StandardInput = "-"

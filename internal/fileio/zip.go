package fileio

import (
	"archive/zip"
	"bytes"
	"io"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// maxDeflateRatio is the most that deflate can expand: 258 bytes from 2 bits (RFC 1951), plus its headers.
const maxDeflateRatio = 1032

// Zip is an archive whose declared sizes have been checked against its bytes, so that what is unpacked is at most
// MaxBytes and at most maxDeflateRatio times the archive.
type Zip struct {
	File             string
	Entries          []*zip.File // folders left out, names unique
	code             string
	packed, unpacked uint64
}

// IsZip reports whether data starts as a zip archive does.
func IsZip(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06"))
}

// OpenZip is OpenZipFile for an archive in memory.
func OpenZip(file string, data []byte, code string) (*Zip, error) {
	return OpenZipFile(file, Section(data), code)
}

// OpenZipFile reads the directory of an archive, and nothing else; code is the code of its diagnostics. Entries that overlap, appear twice,
// or declare sizes that the archive cannot hold are errors.
func OpenZipFile(file string, content *io.SectionReader, code string) (*Zip, error) {
	size := uint64(content.Size())
	r, err := zip.NewReader(content, content.Size())
	if err != nil {
		return nil, diag.InFile(file, "").Errorf(code, "is a damaged zip archive: its directory cannot be read").
			Helpf("copy or save it again; it looks truncated")
	}
	z := &Zip{File: file, code: code}
	seen := map[string]bool{}
	var packed, unpacked uint64
	for _, f := range r.File {
		if f.FileInfo().IsDir() {
			continue
		}
		if seen[f.Name] {
			return nil, z.at(f.Name).Errorf(code, "the archive holds this entry twice").Helpf("save it again")
		}
		seen[f.Name] = true
		if f.CompressedSize64 > size || f.UncompressedSize64 > limit(f) {
			return nil, z.at(f.Name).Errorf(code, "declares %s in %d, which cannot be", diag.Count(f.UncompressedSize64, "byte"), f.CompressedSize64).
				Helpf("save it again; the archive is damaged")
		}
		packed += f.CompressedSize64
		unpacked += f.UncompressedSize64
		// Entries that shared bytes would let a small archive unpack to any size.
		if packed > size {
			return nil, z.at(f.Name).Errorf(code, "the entries of the archive overlap").Helpf("save it again; the archive is damaged")
		}
		if unpacked > MaxBytes {
			return nil, z.at(f.Name).Errorf(code, "the archive unpacks to more than %s", diag.Count(MaxBytes, "byte")).Helpf("check that it is the right file")
		}
		z.Entries = append(z.Entries, f)
	}
	z.packed, z.unpacked = packed, unpacked
	return z, nil
}

// Plain refuses an archive that unpacks to far more than weights and arrays of numbers do: a file that was made to fill memory.
func (z *Zip) Plain() error {
	const small, ratio = 16 << 20, 100
	if z.unpacked > small && z.unpacked > ratio*z.packed {
		return diag.InFile(z.File, "").Errorf(z.code, "unpacks to %s from %d, more than numbers do", diag.Count(z.unpacked, "byte"), z.packed).
			Helpf("check that it is the right file; or save it without compression")
	}
	return nil
}

// limit is the most that an entry can unpack to.
func limit(f *zip.File) uint64 {
	if f.Method == zip.Store {
		return f.CompressedSize64
	}
	// Sizes beyond 2^50 fail the comparison with the archive's length first.
	return min(f.CompressedSize64, 1<<50) * maxDeflateRatio
}

func (z *Zip) at(entry string) diag.Builder { return diag.InFile(z.File, "entry "+diag.Short(entry)) }

// Read unpacks one entry.
func (z *Zip) Read(f *zip.File) ([]byte, error) {
	r, err := z.Open(f)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var buf bytes.Buffer
	if f.Method == zip.Store {
		buf.Grow(int(f.UncompressedSize64))
	}
	if _, err := io.Copy(&buf, r); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// Open unpacks one entry while it is read. The errors of reading are diagnostics.
func (z *Zip) Open(f *zip.File) (*Entry, error) {
	if f.Flags&1 != 0 {
		return nil, z.at(f.Name).Errorf(z.code, "is encrypted").Helpf("save the archive without a password")
	}
	r, err := f.Open()
	if err != nil {
		return nil, z.at(f.Name).Errorf(z.code, "cannot be unpacked: %s", zipReason(err)).Helpf("save it again, stored or deflated")
	}
	return &Entry{r, z, f.Name}, nil
}

// Entry is an entry of an archive that is being unpacked.
type Entry struct {
	r    io.ReadCloser
	z    *Zip
	name string
}

// Read unpacks the next bytes.
func (e *Entry) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err != nil && err != io.EOF {
		err = e.z.at(e.name).Errorf(e.z.code, "cannot be unpacked: %s", zipReason(err)).Helpf("copy or save it again; the archive is damaged")
	}
	return n, err
}

// Close ends the unpacking.
func (e *Entry) Close() { _ = e.r.Close() } // nothing is written

// zipReason says in words what archive/zip says with its package name in front.
func zipReason(err error) string {
	switch err {
	case zip.ErrAlgorithm:
		return "its compression is neither store nor deflate"
	case zip.ErrChecksum:
		return "its checksum does not match its bytes"
	case io.ErrUnexpectedEOF, io.EOF:
		return "it is truncated"
	}
	return "its bytes are not what the directory declares"
}

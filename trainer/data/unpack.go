package data

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/internal/fileio"
)

// unpackTo writes the files of an archive (.zip, a .zip within one, or .tar.gz) that are needed into a folder that does
// not exist yet: all of them, or none. report hears of the bytes unpacked.
func (a *archive) unpackTo(dir, file string, data []byte, report func(done int)) (err error) {
	parent := filepath.Dir(dir)
	if err := makeFolder(parent); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(parent, ".unpacking-*")
	if err != nil {
		return writeFailure(parent, err)
	}
	defer func() { _ = os.RemoveAll(tmp) }() // gone already where all went well
	u := unpacker{archive: a, file: file, dir: tmp, report: report}
	if err := u.unpack(data, true); err != nil {
		return err
	}
	if !exists(tmp, a.Files[0]) {
		return fail(file, "").Errorf(code, "holds no %s", a.Files[0]).Helpf("it is not the known archive; get it from %s", a.URL)
	}
	if err := os.Rename(tmp, dir); err != nil {
		return fail(dir, "").Errorf(code, "cannot be made: %v", reasonOf(err)).Helpf("move away what is there; it lacks files of the set")
	}
	return os.Chmod(dir, 0o755) // MkdirTemp makes folders private
}

// unpacker writes the entries of one archive.
type unpacker struct {
	archive   *archive
	file, dir string
	done      int
	report    func(done int)
}

func (u *unpacker) unpack(data []byte, nested bool) error {
	if fileio.IsZip(data) {
		return u.zip(data, nested)
	}
	return u.tarball(data)
}

// zip takes the entries of a zip archive, and of zip archives in it, which is how UCI packs those of others.
func (u *unpacker) zip(data []byte, nested bool) error {
	z, err := fileio.OpenZip(u.file, data, code)
	if err != nil {
		return err
	}
	for _, e := range z.Entries {
		local := u.archive.local(e.Name)
		inner := nested && strings.HasSuffix(e.Name, ".zip")
		if local == "" && !inner {
			continue
		}
		content, err := z.Read(e)
		if err != nil {
			return err
		}
		if local != "" {
			err = u.write(local, content)
		} else if fileio.IsZip(content) {
			err = u.zip(content, false)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tarball takes the entries of a .tar.gz archive.
func (u *unpacker) tarball(data []byte) error {
	unpacked, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return fail(u.file, "").Errorf(code, "is neither a .zip nor a .tar.gz archive").Helpf("fetch it again, from %s", u.archive.URL)
	}
	r := tar.NewReader(io.LimitReader(unpacked, fileio.MaxBytes))
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var content []byte
		local := ""
		if err == nil && h.Typeflag == tar.TypeReg {
			if local = u.archive.local(h.Name); local != "" {
				content, err = io.ReadAll(r)
			}
		}
		if err != nil {
			return fail(u.file, "").Errorf(code, "cannot be unpacked: %s", unpackReason(err)).Helpf("fetch it again; it looks damaged")
		}
		if local != "" {
			if err := u.write(local, content); err != nil {
				return err
			}
		}
	}
}

func (u *unpacker) write(local string, content []byte) error {
	to := filepath.Join(u.dir, filepath.FromSlash(local))
	if err := makeFolder(filepath.Dir(to)); err != nil {
		return err
	}
	if err := os.WriteFile(to, content, 0o644); err != nil {
		return writeFailure(to, err)
	}
	u.done += len(content)
	u.report(u.done)
	return nil
}

func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fail(dir, "").Errorf(code, "cannot be made: %v", reasonOf(err)).Helpf("set $%s to a folder that may be written to", DirVariable)
	}
	return nil
}

func writeFailure(path string, err error) error {
	return fail(path, "").Errorf(code, "cannot be written: %v", reasonOf(err)).Helpf("check that its folder may be written to and has space")
}

// reasonOf is an error of the file system without the path, which the diagnostic says.
func reasonOf(err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		return cause
	}
	return err
}

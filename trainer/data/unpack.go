package data

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/hrnnc/hrnnc/internal/fileio"
)

// unpackTo writes the files of an archive (.zip, a .zip within one, or .tar.gz) that are needed into a folder that does
// not exist yet: all of them, or none. report hears of the bytes unpacked.
func (a *archive) unpackTo(ctx context.Context, dir, file string, data []byte, report func(done int)) error {
	absent := func(dir string) error {
		if exists(dir) {
			return fail(dir, "").Errorf(code, "is there already, and lacks files of the set").Helpf("move it away")
		}
		return nil
	}
	return fileio.WriteFolder(dir, absent, func(put fileio.Put) error {
		u := unpacker{ctx: ctx, archive: a, file: file, put: put, report: report}
		if err := u.unpack(data, true); err != nil {
			return err
		}
		if !u.first {
			return fail(file, "").Errorf(code, "holds no %s", a.Files[0]).Helpf("it is not the known archive; get it from %s", a.URL)
		}
		return nil
	})
}

// unpacker writes the entries of one archive.
type unpacker struct {
	ctx     context.Context // asked between entries: unpacking takes a while
	archive *archive
	file    string
	put     fileio.Put
	first   bool // the file that shows that it is the archive was there
	done    int
	report  func(done int)
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
		if err := u.ctx.Err(); err != nil {
			return err
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
		if err := u.ctx.Err(); err != nil {
			return err
		}
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
	if err := u.ctx.Err(); err != nil {
		return err
	}
	if err := u.put(local, content); err != nil {
		return err
	}
	u.first = u.first || local == u.archive.Files[0]
	u.done += len(content)
	u.report(u.done)
	return nil
}

// reasonOf is an error of the file system without the path, which the diagnostic says.
func reasonOf(err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		return cause
	}
	return err
}

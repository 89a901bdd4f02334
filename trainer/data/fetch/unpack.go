package fetch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// UnpackTo writes the files of an archive (.zip, a .zip within one, or .tar.gz) that are needed into a folder: all of them,
// once check has read them in a temporary folder, or none. A folder that is there is replaced where it has nothing but files of
// the archive. report hears of the bytes unpacked.
func (a *Archive) UnpackTo(ctx context.Context, dir, file string, data []byte, check func(root string) error, report func(done int)) error {
	u := unpacker{ctx: ctx, archive: a, file: file, names: map[string]bool{}, report: report}
	fill := func(put fileio.Put) error {
		u.put = put
		if err := u.unpack(data, true); err != nil {
			return err
		}
		if data = nil; !u.names[a.Files[0]] {
			return diag.InFile(file, "").Errorf(code, "holds no %s", a.Files[0]).Helpf("it is not the known archive; get it from %s", a.URL)
		}
		return ctx.Err()
	}
	return fileio.WriteChecked(dir, u.onlyOurs, fill, func(tmp string) error { return checked(tmp, file, check) })
}

// checked reads a set that was unpacked to a temporary folder; its errors name the archive.
func checked(tmp, file string, check func(root string) error) error {
	defer fileio.ForgetInputs(tmp)
	err := check(tmp)
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		if within, ok := strings.CutPrefix(d.Span.File, tmp); ok {
			d.Span.File = file + filepath.ToSlash(within)
		}
		d.Help = "nothing was put in place: it is not the archive that hrnnc knows; fetch it again later, or elsewhere"
	}
	return err
}

// MayReplace refuses to replace a folder as UnpackTo does, before much is fetched.
func (a *Archive) MayReplace(dir string) error { return (&unpacker{archive: a}).onlyOurs(dir) }

// onlyOurs refuses to replace a folder that holds anything but files of the archive; before it is unpacked, anything that is
// not called as one.
func (u *unpacker) onlyOurs(dir string) error {
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if e.Type().IsRegular() && u.archive.local(name) == name && (len(u.names) == 0 || u.names[name]) {
			return nil
		}
		return diag.InFile(dir, "").Errorf(code, "is no whole set, and holds %s, which is not of the archive", diag.Short(name)).Helpf("move it away")
	})
	var d *diag.Diagnostic
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil, errors.As(err, &d):
		return err
	}
	return diag.InFile(dir, "").Errorf(code, "cannot be read: %v", fileio.Reason(err)).Helpf("move it away")
}

// unpacker writes the entries of one archive.
type unpacker struct {
	ctx     context.Context // asked between entries: unpacking takes a while
	archive *Archive
	file    string
	put     fileio.Put
	names   map[string]bool // the files that were written
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
		return diag.InFile(u.file, "").Errorf(code, "is neither a .zip nor a .tar.gz archive").Helpf("fetch it again, from %s", u.archive.URL)
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
			return diag.InFile(u.file, "").Errorf(code, "cannot be unpacked: %s", fileio.UnpackReason(err)).Helpf("fetch it again; it looks damaged")
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
	u.names[local] = true
	u.done += len(content)
	u.report(u.done)
	return nil
}

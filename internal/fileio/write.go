package fileio

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Write writes what a command makes to path. A regular file appears whole or not at all: it is written beside and renamed.
//
//   - A symbolic link stays; what it leads to is written, also where nothing is there yet.
//   - A file that is there keeps its mode and, where the process may set it, its owner. A new one has what umask leaves.
//   - What is no regular file (a FIFO, a device, /dev/stdout, /dev/fd/N) is written into.
//   - A file that this process has read (NoteInput), under whatever name, and one without permission to write are refused.
//
// An error is a diagnostic with the code "write", or that of write itself.
func Write(path string, write func(io.Writer) error) error { return put(path, write, nil) }

// WriteFile is Write for bytes.
func WriteFile(path string, data []byte) error { return Write(path, bytesTo(data)) }

// Rewrite is WriteFile for what is read and written under one name, such as a checkpoint or the weights that are calibrated.
func Rewrite(path string, data []byte) error {
	return put(path, bytesTo(data), []string{absolute(path)})
}

func bytesTo(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// put writes to what path leads to. allowed are names under which the process may have read it.
func put(path string, write func(io.Writer) error, allowed []string) error {
	target, err := resolve(path)
	if err != nil {
		return writeError(path, err)
	}
	if fd, ok := descriptor(target); ok {
		f, err := duplicate(fd)
		return straight(path, f, err, write)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return replace(path, target, nil, write)
	case err != nil:
		return writeError(path, err)
	case info.IsDir():
		return isFolder(path)
	case !info.Mode().IsRegular() || !isAt(target, info):
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return straight(path, f, err, write)
	}
	if err := notInput(path, info, allowed...); err != nil {
		return err
	}
	if err := writable(path, target, info); err != nil {
		return err
	}
	return replace(path, target, info, write)
}

// isAt reports whether a file lies at a path: links in /proc lead to files whose path is not the link's text.
func isAt(path string, file os.FileInfo) bool {
	info, err := os.Lstat(path)
	return err == nil && os.SameFile(info, file)
}

// IsStdout reports whether a path stands for standard output: it is -, or leads to descriptor 1.
func IsStdout(path string) bool {
	target, err := resolve(path)
	fd, ok := descriptor(target)
	return path == "-" || err == nil && ok && fd == 1
}

// IsStream reports whether a path leads to what is written into and holds nothing beside it: standard output, a FIFO, a device.
func IsStream(path string) bool {
	if IsStdout(path) {
		return true
	}
	if target, err := resolve(path); err == nil {
		if _, ok := descriptor(target); ok {
			return true
		}
	}
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

// MayWrite gives the error that Write would give now for one of the paths, so that nothing is computed in vain. Two of them
// that lead to one file are an error too.
func MayWrite(paths ...string) error {
	seen := map[string]string{}
	for _, path := range paths {
		target, err := resolve(path)
		if err != nil {
			return writeError(path, err)
		}
		if IsStream(path) {
			continue
		}
		dir, base := filepath.Split(target)
		if real, err := filepath.EvalSymlinks(cmp.Or(dir, ".")); err == nil {
			target = filepath.Join(absolute(real), base)
		}
		if other, ok := seen[target]; ok {
			return diag.InFile(path, "").Errorf("write", "is named for two outputs, here and as %s", other).Helpf("name two files")
		}
		seen[target] = path
		if err := mayPut(path, target); err != nil {
			return err
		}
	}
	return nil
}

// MayRewrite is MayWrite for Rewrite.
func MayRewrite(path string) error {
	target, err := resolve(path)
	if err != nil {
		return writeError(path, err)
	}
	return mayPut(path, target, absolute(path))
}

// mayPut checks a regular file, or the folder of one that is not there.
func mayPut(path, target string, allowed ...string) error {
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if info, err = os.Stat(filepath.Dir(target)); err != nil {
			return writeError(path, err)
		}
		if !info.IsDir() {
			return writeError(path, syscall.ENOTDIR)
		}
		return nil
	case err != nil:
		return writeError(path, err)
	case info.IsDir():
		return isFolder(path)
	}
	if err := notInput(path, info, allowed...); err != nil {
		return err
	}
	return writable(path, target, info)
}

func isFolder(path string) error {
	return diag.InFile(path, "").Errorf("write", "is a folder").Helpf("name a file in it")
}

// straight writes into what is open already.
func straight(path string, f *os.File, err error, write func(io.Writer) error) error {
	if err != nil {
		return writeError(path, err)
	}
	buf := bufio.NewWriterSize(f, 1<<16)
	if err := write(buf); err != nil {
		_ = f.Close() // the error before says more
		return err
	}
	if err := errors.Join(buf.Flush(), f.Close()); err != nil {
		return writeError(path, err)
	}
	return nil
}

// writable refuses a file that may not be written: renaming over it would not ask.
func writable(path, target string, info os.FileInfo) error {
	err := fs.ErrPermission
	if info.Mode().Perm()&0o222 != 0 { // root could write without
		var f *os.File
		if f, err = os.OpenFile(target, os.O_WRONLY, 0); err == nil {
			err = f.Close()
		}
	}
	if errors.Is(err, fs.ErrPermission) {
		return diag.InFile(path, "").Errorf("write", "cannot be written: it is read-only").
			Helpf("allow it with  chmod u+w, or with what protects it (git annex unlock, dvc unprotect), or write to another file")
	}
	if err != nil {
		return writeError(path, err)
	}
	return nil
}

// replace writes a file beside the target and puts it there. was is what the target is, nil for nothing.
func replace(path, target string, was os.FileInfo, write func(io.Writer) error) (err error) {
	dir, base := filepath.Split(target)
	removeStale(dir, base)
	perm := fs.FileMode(0o666)
	if was != nil {
		perm = 0o600 // until it has the mode of the other
	}
	tmp, lock, err := createLocked(target, perm)
	if err != nil {
		return writeError(path, err)
	}
	defer lock.Close()
	name := lock.Path()
	defer func() {
		if err != nil {
			_ = tmp.Close() // closed already after a failed rename
			_ = os.Remove(name)
		}
	}()
	buf := bufio.NewWriterSize(tmp, 1<<16)
	if err = write(buf); err != nil {
		return err
	}
	for _, step := range []func() error{
		buf.Flush,
		func() error { return likeBefore(tmp, was) },
		tmp.Sync,
		tmp.Close,
		func() error { return os.Rename(name, target) },
	} {
		if err = step(); err != nil {
			return writeError(path, err)
		}
	}
	return nil
}

// createLocked makes a temporary file beside target. While it is locked, it belongs to a living process: others leave it alone. One
// that another process has taken for stale, before it was locked, is made again.
func createLocked(target string, perm fs.FileMode) (*os.File, *flock.Flock, error) {
	for {
		lock := flock.New(temporary(target), flock.SetFlag(os.O_CREATE|os.O_EXCL|os.O_RDWR), flock.SetPermissions(perm))
		locked, err := lock.TryLock()
		if err != nil && !noLocks(err) {
			return nil, nil, err
		}
		if err == nil && !(locked && inPlace(lock)) {
			_ = lock.Close() // it protects nothing
			continue
		}
		f, err := os.OpenFile(lock.Path(), os.O_CREATE|os.O_WRONLY, perm)
		if err != nil {
			_ = lock.Close() // the error says more
		}
		return f, lock, err
	}
}

// inPlace reports whether the file that is locked is still the one of its name.
func inPlace(lock *flock.Flock) bool {
	held, err := lock.Stat()
	if err != nil {
		return false
	}
	info, err := os.Stat(lock.Path())
	return err == nil && os.SameFile(held, info)
}

// likeBefore gives a new file the owner and the mode of the one that it replaces.
func likeBefore(f *os.File, was os.FileInfo) error {
	if was == nil {
		return nil
	}
	if uid, gid, ok := owner(was); ok {
		_ = f.Chown(uid, gid) // only root may give files away; the mode still holds
	}
	return f.Chmod(was.Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky))
}

// temporary names a file or folder beside target, in which it is made.
func temporary(target string) string {
	dir, base := filepath.Split(target)
	return fmt.Sprintf("%s%s%08x", dir, temporaryStart(base), rand.Uint32())
}

// temporaryStart is how the names of temporary files begin; what follows are eight hexadecimal digits.
func temporaryStart(base string) string { return "." + base[:min(len(base), 200)] + ".tmp-" }

func isTemporary(name, base string) bool {
	end, ok := strings.CutPrefix(name, temporaryStart(base))
	_, err := strconv.ParseUint(end, 16, 32)
	return ok && err == nil && len(end) == 8
}

// removeStale removes the temporary files of a target that processes which were killed left.
func removeStale(dir, base string) {
	entries, err := os.ReadDir(cmp.Or(dir, "."))
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !isTemporary(e.Name(), base) {
			continue
		}
		lock := flock.New(filepath.Join(dir, e.Name()), flock.SetFlag(os.O_RDWR))
		if ok, err := lock.TryLock(); ok && err == nil {
			_ = os.Remove(lock.Path()) // the next writer tries again
		}
		_ = lock.Close()
	}
}

// mostLinks is how many symbolic links may follow each other, as in Linux.
const mostLinks = 40

// resolve follows the symbolic links that a path ends in to what they lead to, which need not exist. Names of descriptors
// of this process stay as they are.
func resolve(path string) (string, error) {
	for range mostLinks {
		if _, ok := descriptor(path); ok {
			return path, nil
		}
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return path, err
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			// Nothing is cleaned: what .. leads to is the system's to say.
			dir, _ := filepath.Split(path)
			to = dir + to
		}
		path = to
	}
	return "", &fs.PathError{Op: "open", Path: path, Err: errors.New("too many symbolic links")}
}

func writeError(path string, err error) error {
	return diag.InFile(path, "").Errorf("write", "cannot be written: %s", Reason(err)).
		Helpf("check that the folder exists, may be written to and has space")
}

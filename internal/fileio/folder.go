package fileio

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// MakeFolder makes a folder and those above it, as umask has them.
func MakeFolder(path string) error {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return diag.InFile(path, "").Errorf("write", "the folder cannot be made: %s", Reason(err)).
			Helpf("choose a folder that may be written to")
	}
	return nil
}

// WriteFolder makes a folder whole or not at all: fill puts files, by their paths in it with slashes, into a temporary folder
// beside it, which then takes the place of what dir leads to. may is asked before and, where something is replaced, after: an
// error leaves all as it was. Two processes do not write one folder at a time. What killed ones left is removed.
//
// A folder in which the process works or that holds what it has read is refused: replacing it would take both away.
func WriteFolder(dir string, may func(dir string) error, fill func(put Put) error) error {
	return WriteChecked(dir, may, fill, func(string) error { return nil })
}

// WriteChecked is WriteFolder where check is shown the temporary folder, with all that fill put, before it takes its place.
func WriteChecked(dir string, may func(dir string) error, fill func(put Put) error, check func(tmp string) error) (err error) {
	target, err := resolveFolder(dir)
	if err != nil {
		return writeError(dir, err)
	}
	if err := mayReplace(dir, target, may); err != nil {
		return err
	}
	parent := filepath.Dir(target)
	_, missing := os.Stat(parent)
	if err := MakeFolder(parent); err != nil {
		return err
	}
	defer func() {
		if err != nil && missing != nil {
			_ = os.Remove(parent) // made for nothing; it may hold what others put there
		}
	}()
	lock, err := LockFile(target)
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := removeStaleFolders(parent, filepath.Base(target)); err != nil {
		return err
	}
	tmp := temporary(target)
	if err := os.Mkdir(tmp, 0o777); err != nil {
		return writeError(dir, err)
	}
	err = fill(func(name string, data []byte) error { return writeIn(tmp, dir, name, data) })
	if err == nil {
		err = check(tmp)
	}
	if err == nil {
		err = swap(tmp, target, may)
	}
	if gone := removeTree(tmp); err == nil {
		err = gone
	}
	return err
}

// Put writes a file of a folder that is being made.
type Put func(name string, data []byte) error

// WriteIn writes a file of a temporary folder, by its path in it with slashes: at once, as nobody else sees it.
func WriteIn(folder, name string, data []byte) error { return writeIn(folder, folder, name, data) }

// writeIn is WriteIn for a folder that errors call by another name.
func writeIn(folder, shown, name string, data []byte) error {
	local := filepath.FromSlash(name)
	if !filepath.IsLocal(local) {
		return diag.InFile(name, "").Errorf("internal", "lies outside the folder that is written")
	}
	path := filepath.Join(folder, local)
	err := os.MkdirAll(filepath.Dir(path), 0o777)
	if err == nil {
		err = os.WriteFile(path, data, 0o666)
	}
	if err != nil {
		return writeError(filepath.Join(shown, local), err)
	}
	return nil
}

// mayReplace asks whether a folder may be replaced; target is what dir leads to.
func mayReplace(dir, target string, may func(dir string) error) error {
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return writeError(dir, err)
	case !info.IsDir():
		return diag.InFile(dir, "").Errorf("output", "is a file").Helpf("name a folder")
	case info.Mode().Perm()&0o222 == 0:
		return diag.InFile(dir, "").Errorf("output", "is read-only").Helpf("allow writing with  chmod u+w, or name another folder")
	}
	if err := notOurGround(dir, target); err != nil {
		return err
	}
	// A process that has the folder open, such as a training, keeps it, whatever may allows.
	if _, err := os.Stat(filepath.Join(target, lockName)); err == nil {
		lock, err := LockFolder(target)
		if err != nil {
			return err
		}
		lock.Release()
	}
	return may(target)
}

// resolveFolder follows the links that a path ends in, to an absolute path.
func resolveFolder(dir string) (string, error) {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return filepath.Abs(real)
	}
	target, err := resolve(strings.TrimRight(dir, string(filepath.Separator)))
	if err != nil {
		return "", err
	}
	parent, base := filepath.Split(target)
	if real, err := filepath.EvalSymlinks(cmp.Or(parent, ".")); err == nil {
		target = filepath.Join(real, base)
	}
	return filepath.Abs(target)
}

// notOurGround refuses to replace the folder that the process is in, or one with a file that it has read.
func notOurGround(dir, target string) error {
	at := diag.InFile(dir, "")
	if here, err := os.Getwd(); err == nil && isBelow(target, here) {
		return at.Errorf("output", "the current folder is in it, and would be replaced").Helpf("name a new folder, such as %s", filepath.Join(dir, "out"))
	}
	if file := inputBelow(target); file != "" {
		return at.Errorf("output", "holds %s, which this command reads, and would be replaced", file).Helpf("name a new folder, such as %s", filepath.Join(dir, "out"))
	}
	return nil
}

// swap puts tmp where dir is, and what was there to tmp.
func swap(tmp, dir string, may func(dir string) error) error {
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(tmp, dir); err != nil {
			return writeError(dir, err)
		}
		return nil
	}
	if err := exchange(tmp, dir); err != nil {
		return writeError(dir, err)
	}
	// Something may have been put there meanwhile.
	if err := may(tmp); err != nil {
		return errors.Join(err, exchange(tmp, dir))
	}
	if was, err := os.Stat(tmp); err == nil {
		_ = os.Chmod(dir, was.Mode().Perm()|0o700) // as the user had it
	}
	return nil
}

// exchangeByRenaming is exchange where the system cannot do it at once.
func exchangeByRenaming(a, b string) error {
	between := a + ".old"
	if err := os.Rename(b, between); err != nil {
		return err
	}
	if err := os.Rename(a, b); err != nil {
		return errors.Join(err, os.Rename(between, b))
	}
	return os.Rename(between, a)
}

// removeStaleFolders removes the temporary folders of processes that were killed: the caller has the lock.
func removeStaleFolders(parent, base string) error {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return writeError(parent, err)
	}
	for _, e := range entries {
		if e.IsDir() && isTemporary(e.Name(), base) {
			if err := removeTree(filepath.Join(parent, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeTree removes a folder that is hrnnc's own, with one descriptor at a time: os.RemoveAll keeps one a level.
func removeTree(path string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		name := filepath.Join(path, e.Name())
		if e.IsDir() {
			err = errors.Join(err, removeTree(name))
		} else if e := os.Remove(name); e != nil {
			err = errors.Join(err, e)
		}
	}
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil {
		var d *diag.Diagnostic
		if errors.As(err, &d) {
			return d // of the folder in it
		}
		return diag.InFile(path, "").Errorf("write", "a temporary folder cannot be removed: %s", Reason(err)).Helpf("remove it by hand: what was written is in place")
	}
	return nil
}

package fileio

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Lock keeps other processes off a file or folder that is written for a while. The system lets go of it when the process
// ends, however it does.
type Lock struct{ lock *flock.Flock }

// LockFile locks what is written to path: the file .NAME.lock beside what path leads to holds the number of the process.
// Where another process has it, the error is a diagnostic with the code "locked".
func LockFile(path string) (*Lock, error) {
	target, err := resolve(path)
	if err != nil {
		return nil, writeError(path, err)
	}
	dir, base := filepath.Split(target)
	return lockAt(path, filepath.Join(dir, "."+base+".lock"))
}

// LockFolder locks a folder that is there, by the file .lock in it.
func LockFolder(path string) (*Lock, error) { return lockAt(path, filepath.Join(path, lockName)) }

const lockName = ".lock"

func lockAt(path, file string) (*Lock, error) {
	for {
		l := flock.New(file, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o666))
		got, err := l.TryLock()
		switch {
		case err != nil && noLocks(err):
			return &Lock{}, nil // this file system has none
		case err != nil:
			return nil, writeError(path, err)
		case !got:
			return nil, locked(path, file)
		}
		// The one before may have removed the file between its opening and its locking here.
		mine, err := l.Stat()
		if err == nil {
			if there, err := os.Stat(file); err == nil && os.SameFile(mine, there) {
				_ = os.WriteFile(file, fmt.Appendln(nil, os.Getpid()), 0o666) // without it, others hear of another process
				return &Lock{l}, nil
			}
		}
		if err := l.Close(); err != nil {
			return nil, writeError(path, err)
		}
	}
}

// Release lets others have it. It may be called again.
func (l *Lock) Release() {
	if l == nil || l.lock == nil {
		return
	}
	_ = os.Remove(l.lock.Path()) // while it is locked; a file that stays is taken over by the next
	_ = l.lock.Close()           // so is one whose process has ended
	l.lock = nil
}

func locked(path, file string) error {
	who, stop := "another process", ""
	if text, err := os.ReadFile(file); err == nil {
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			who, stop = fmt.Sprintf("process %d", pid), fmt.Sprintf(" (kill %d)", pid)
		}
	}
	return diag.InFile(path, "").Errorf("locked", "%s writes to it", who).
		Helpf("wait for its end, or stop it%s; or write to another place", stop)
}

// noLocks reports whether an error says that the file system has no locks.
func noLocks(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK)
}

package compiler

import (
	"os"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// temporary is a folder with files in it; done removes it.
func temporary(files []backends.File) (dir string, done func(), err error) {
	if dir, err = os.MkdirTemp("", "hrnnc-files-"); err != nil {
		return "", nil, err
	}
	done = func() { _ = os.RemoveAll(dir) }
	for _, f := range files {
		if err := fileio.WriteIn(dir, f.Path, f.Data); err != nil {
			done()
			return "", nil, err
		}
	}
	return dir, done, nil
}

//go:build !unix

package fileio

import (
	"errors"
	"os"
)

// descriptor and owner: this system has neither names of descriptors nor numbers of users.
func descriptor(string) (fd int, ok bool) { return 0, false }

func duplicate(int) (*os.File, error) { return nil, errors.ErrUnsupported }

func owner(os.FileInfo) (uid, gid int, ok bool) { return 0, 0, false }

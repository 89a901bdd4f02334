package npy

import (
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hostile"
)

// A large file whose header does not declare its size is refused before it is read.
func TestLargeFilesAreJudgedByTheirHeader(t *testing.T) {
	header := "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"
	for name, c := range map[string]struct{ start, want string }{
		"nothing":     {"", "not an .npy file"},
		"array":       {"\x93NUMPY\x01\x00" + string(rune(len(header))) + "\x00" + header, "bytes after the array"},
		"long header": {"\x93NUMPY\x02\x00\x00\x00\x00\x20", "has a header of 536870912 bytes"},
		"zip":         {"PK\x03\x04", "zip archive"},
	} {
		t.Run(name, func(t *testing.T) {
			path := hostile.Sparse(t, "big.npy", []byte(c.start), 900<<20)
			err := hostile.ReadWithin(t, path, 1<<20, func() error {
				_, err := ReadFile(path)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

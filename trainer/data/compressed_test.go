package data

import (
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hostile"
)

// TestSparse refuses files of zeros by their beginning.
func TestSparse(t *testing.T) {
	for _, name := range []string{"a.csv", "a.wav", "a.ts", "a.arff", "a.bin"} {
		path := hostile.Sparse(t, name, nil, 900<<20)
		err := hostile.ReadWithin(t, path, 16<<20, func() error {
			_, err := Load(path, Defaults())
			return err
		})
		if err == nil || !strings.Contains(err.Error(), name+": error[data]: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

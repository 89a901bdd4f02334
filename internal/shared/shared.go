// Package shared finds the folder of checkpoints and data sets that stands beside a developer's checkout, for tests.
// A user's machine has none; tests then say so and skip. Start with Path.
package shared

import (
	"os"
	"path/filepath"
	"testing"
)

// Path gives the path of something in ../shared, or skips the test where it is not there.
func Path(t testing.TB, parts ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(append([]string{filepath.Dir(dir), "shared"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: no ../shared/%s", filepath.Join(parts...))
	}
	return path
}

// Package exttest finds outside tools for tests, which are skipped where there is none.
package exttest

import (
	"testing"

	"github.com/hrnnc/hrnnc/internal/exttool"
)

// Python gives an interpreter that has modules. A test without one is skipped, and says what would install them.
func Python(t testing.TB, modules ...string) string {
	t.Helper()
	python, err := exttool.Python(modules...)
	if err != nil {
		t.Skipf("skipped: %v", err)
	}
	return python
}

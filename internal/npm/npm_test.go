package npm

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/exttool"
)

// TestInstall holds packages that are there, in the version that is asked for, to need no npm; any other asks for it, and says so before.
func TestInstall(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	folder, err := Folder()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"plain", "@scope/scoped"} {
		dir := filepath.Join(folder, "node_modules", filepath.FromSlash(name))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"version": "1.2.3"}`), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var said []string
	watch := func(what string) { said = append(said, what) }
	if got, err := Install(context.Background(), watch, "plain@1.2.3", "@scope/scoped@1.2.3"); err != nil || got != folder || said != nil {
		t.Errorf("%q, %v, after %q", got, err, said)
	}
	for _, p := range []string{"plain@1.2.4", "@scope/other@1.2.3"} {
		said = nil
		if _, err := Install(context.Background(), watch, "plain@1.2.3", p); !exttool.IsMissing(err) || len(said) != 1 || !strings.Contains(said[0], p) {
			t.Errorf("%s: %v, after %q", p, err, said)
		}
	}
}

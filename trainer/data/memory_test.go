package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/data/files"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

// TestBombs refuses small files that unpack to much, and sets of too many sequences.
func TestBombs(t *testing.T) {
	t.Setenv(files.MemoryVariable, "")
	o := Defaults()
	for _, name := range []string{"bomb.csv.gz", "bomb.ts.gz"} {
		text := "a,b,class\n" + strings.Repeat("0,0,1\n", 6<<20)
		if name == "bomb.ts.gz" {
			text = "@problemName x\n@univariate true\n@classLabel true 1\n@data\n" + strings.Repeat(strings.Repeat("0,", 1<<20)+"0:1\n", 20)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, filetest.Gzip(t, text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path, o); err == nil || !strings.Contains(err.Error(), name+": error[data]: would take 1") || !strings.Contains(err.Error(), "128 MB are allowed") {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.Sequences = 1_000_000_000
	if _, err := Load("copy(10)", o); err == nil || !strings.Contains(err.Error(), "of memory") {
		t.Errorf("a billion sequences: %v", err)
	}
}

package dsl

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// TestFormat holds testdata/format/*.txtar: what stands in "in" becomes "out", and "out" stays.
func TestFormat(t *testing.T) {
	files, _ := filepath.Glob("testdata/format/*.txtar")
	if len(files) == 0 {
		t.Fatal("no files in testdata/format")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			arch, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			once, errs := Format(file, arch.Files[0].Data)
			if errs.HasErrors() {
				t.Fatal(errs)
			}
			if *update {
				arch.Files = append(arch.Files[:1], txtar.File{Name: "out", Data: once})
				if err := os.WriteFile(file, txtar.Format(arch), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(arch.Files[1].Data), string(once)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			if twice, _ := Format(file, once); string(twice) != string(once) {
				t.Errorf("formatting twice changes\n%s", cmp.Diff(string(once), string(twice)))
			}
		})
	}
}

package passes

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/hrnnc/hrnnc/ir"
)

var rewrite = flag.Bool("update", false, "rewrite the golden IR under testdata")

// TestGolden runs each pass alone over the IR text in testdata/<pass>/*.txtar and compares what it leaves, its
// statistics included.
func TestGolden(t *testing.T) {
	for _, p := range Pipeline {
		files, _ := filepath.Glob(filepath.Join("testdata", p.Name, "*.txtar"))
		if len(files) == 0 {
			t.Errorf("pass %s has no golden test", p.Name)
		}
		for _, file := range files {
			t.Run(p.Name+"/"+strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { golden(t, p, file) })
		}
	}
}

func golden(t *testing.T, p Pass, file string) {
	arch, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	in, want := section(arch, "in"), section(arch, "out")
	m, err := ir.Parse(file, in.Data, nil)
	if err != nil {
		t.Fatal(err)
	}
	out, step, err := Config{VerifyEach: true}.runOne(p, m)
	var got bytes.Buffer
	if err != nil {
		got.WriteString("error: " + err.Error() + "\n")
	} else {
		for _, s := range step.Stats {
			got.WriteString("// " + s + "\n")
		}
		if err := ir.Print(&got, out); err != nil {
			t.Fatal(err)
		}
	}
	if *rewrite {
		want.Data = got.Bytes()
		if err := os.WriteFile(file, txtar.Format(arch), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(string(want.Data), got.String()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func section(a *txtar.Archive, name string) *txtar.File {
	for i := range a.Files {
		if a.Files[i].Name == name {
			return &a.Files[i]
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name})
	return &a.Files[len(a.Files)-1]
}

func TestOrderHolds(t *testing.T) {
	at := map[string]int{}
	for i, p := range Pipeline {
		at[p.Name] = i
	}
	for _, o := range Order {
		before, ok1 := at[o.Before]
		after, ok2 := at[o.After]
		if !ok1 || !ok2 || before >= after {
			t.Errorf("%s must run before %s: %s", o.Before, o.After, o.Reason)
		}
	}
}

package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFits(t *testing.T) {
	t.Setenv(MemoryVariable, "")
	for _, c := range []struct {
		limit      string
		need, file int64
		want       string
	}{
		{"", 1 << 30, 0, ""},
		{"", 3 << 30, 0, "would take 3.0 GB of memory; 2.0 GB are allowed; help: take fewer sequences; or, if that is right, allow it: HRNNC_MAX_MEMORY=4GB"},
		{"", 1 << 30, 1 << 19, "1.0 GB of memory; 128 MB are allowed"},
		{"4GB", 3 << 30, 1 << 19, ""},
		{"4", 5 << 30, 0, "4.0 GB are allowed"},
		{"much", 1, 0, "no amount of memory"},
	} {
		t.Setenv(MemoryVariable, c.limit)
		err := fits("set", c.need, c.file)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v: got %v", c, err)
		}
	}
	t.Setenv(MemoryVariable, "")
	o := Defaults()
	for _, name := range []string{"bomb.csv.gz", "bomb.ts.gz"} {
		text := "a,b,class\n" + strings.Repeat("0,0,1\n", 6<<20)
		if name == "bomb.ts.gz" {
			text = "@problemName x\n@univariate true\n@classLabel true 1\n@data\n" + strings.Repeat(strings.Repeat("0,", 1<<20)+"0:1\n", 20)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, gzipped(t, text), 0o600); err != nil {
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

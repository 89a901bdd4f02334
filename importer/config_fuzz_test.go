package importer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// FuzzConfig reads any bytes as a configuration: it is read, or a diagnostic names the file.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		"MODEL:\n  HIDDEN_SIZE: 128\n  NUM_BITS: 4\n  BASIC_BLOCK: full\nDATASET:\n  NAME: pmnist\n",
		`{"config": {"num_bits": 1, "basic_block": 4, "qoutput": true}}`,
		strings.Repeat("[", 1000), strings.Repeat("{a: ", 1000), strings.Repeat("- ", 1000), strings.Repeat("? ", 1000), "num_bits: 1e400", "num_bits: .nan",
		"a: &a [1]\nb: [*a, *a]\n", "num_bits: !!int 4", "a:\n b:\n  c:\n   d: 1\n", "num_bits: 12.5abc", "\xff", "%YAML 1.2\n---\nnum_bits: 4\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > maxConfig {
			return
		}
		c, err := decodeConfig("c.yaml", data)
		var d *diag.Diagnostic
		if err != nil && (!errors.As(err, &d) || d.Span.File != "c.yaml") || err == nil && c == nil {
			t.Errorf("%v, %v", c, err)
		}
	})
}

func TestHostileConfigs(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("[", 60_000):       "line 1 nests deeper than 32",
		strings.Repeat("{a: ", 15_000):    "line 1 nests deeper than 32",
		strings.Repeat("- ", 30_000):      "line 1 nests deeper than 32",
		strings.Repeat("? ", 30_000):      "line 1 nests deeper than 32",
		"a: &a [1]\nb: [*a, *a]\n":        "line 1 has an anchor, an alias or a tag",
		strings.Repeat("x: 1\n", 200_000): "at most 65536 are read",
	} {
		path := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadConfig(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got %v, want %s", text, err, want)
		}
	}
}

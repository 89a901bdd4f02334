package ir_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/passes"
)

// texts gives the IR of random models at both levels, with the constants that it names by their hashes.
func texts(t testing.TB, seed int64) map[string]*ir.Module {
	t.Helper()
	g, err := modelgen.Random(seed, modelgen.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := compiler.FromParts("model.hrn", []byte(g.Text), g.Weights)
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, g.Text)
	}
	out := map[string]*ir.Module{}
	for _, pass := range []string{"", "parity", "quantize", "range"} {
		after, err := m.IRAfter(pass, passes.Config{})
		if err != nil {
			continue // a model that no width can run
		}
		out["after "+pass] = after
	}
	return out
}

// TestRoundTrip prints the IR of random models, reads it back, and prints the same again.
func TestRoundTrip(t *testing.T) {
	for seed := int64(1); seed <= 40; seed++ {
		for name, m := range texts(t, seed) {
			text := ir.Text(m)
			var consts bytes.Buffer
			if err := ir.WriteConsts(&consts, m); err != nil {
				t.Fatal(err)
			}
			found, err := ir.ReadConsts("consts", consts.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			again, err := ir.Parse("model.ir", []byte(text), found)
			if err != nil {
				t.Fatalf("seed %d, %s: %v\n%s", seed, name, err, text)
			}
			if got := ir.Text(again); got != text {
				t.Fatalf("seed %d, %s: printed\n%s\nread and printed\n%s", seed, name, text, got)
			}
		}
	}
}

// TestOpTable demands every column of every op, and docs/ir.md to describe it in the same words.
func TestOpTable(t *testing.T) {
	page, err := os.ReadFile("../docs/ir.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range ir.Ops {
		if o.Op == "" || len(o.Levels) == 0 || o.Doc == "" || o.Check == nil {
			t.Errorf("op %q lacks a column", o.Op)
		}
		levels := "both"
		if len(o.Levels) == 1 {
			levels = string(o.Levels[0])
		}
		row := fmt.Sprintf("| `%s` | %d | %s | %s | %s |", o.Op, o.Args, levels, strings.TrimSpace(o.Attrs), o.Doc)
		if !strings.Contains(string(page), strings.ReplaceAll(row, "|  |", "| |")) {
			t.Errorf("docs/ir.md lacks the row\n%s", strings.ReplaceAll(row, "|  |", "| |"))
		}
	}
}

func FuzzParse(f *testing.F) {
	for seed := int64(1); seed <= 12; seed++ {
		for _, m := range texts(f, seed) {
			if text := ir.Text(m); len(text) < 20_000 {
				f.Add([]byte(text))
			}
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		m, err := ir.Parse("fuzz.ir", src, nil)
		if err != nil {
			return
		}
		text := ir.Text(m)
		again, err := ir.Parse("fuzz.ir", []byte(text), nil)
		if err != nil && !strings.Contains(err.Error(), "#") {
			t.Fatalf("%v\n%s", err, text)
		}
		if err == nil && ir.Text(again) != text {
			t.Fatalf("printed\n%s\nread and printed\n%s", text, ir.Text(again))
		}
	})
}

package main

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"hrnnc/compiler"
	"hrnnc/internal/shared"
	"hrnnc/passes"
)

// TestExamplesCompile compiles every example that has its weights beside it.
func TestExamplesCompile(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/model.hrn")
	if err != nil || len(files) < 4 {
		t.Fatalf("%v: %v", files, err)
	}
	for _, f := range files {
		m, err := compiler.Load(f, "")
		if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		l, err := m.Lower(passes.Config{})
		if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		if _, err := l.Compile(context.Background(), compiler.Targets); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
}

// TestExamplesScore holds the weights of examples to the accuracy that docs/benchmarks/examples.json gives for them, at the
// fixed level.
func TestExamplesScore(t *testing.T) {
	t.Setenv("HRNNC_DATA", shared.Path(t, "data"))
	text, err := os.ReadFile("../../docs/benchmarks/examples.json")
	if err != nil {
		t.Fatal(err)
	}
	var measured struct {
		Examples map[string][]struct {
			Scores []SplitScore `json:"scores"`
		} `json:"examples"`
	}
	if err := json.Unmarshal(text, &measured); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"activity", "har2", "digits", "sentiment"} {
		tr, err := prepareTrained(filepath.Join("..", "..", "examples", name, "model.hrn"), "", nil, "")
		if err != nil {
			t.Fatal(err)
		}
		s, err := tr.score(context.Background(), "test", &tr.set.Test, "fixed")
		if err != nil {
			t.Fatal(err)
		}
		want := -1.0
		for _, m := range measured.Examples[name][0].Scores {
			if m.Level == "fixed" {
				want = m.Accuracy
			}
		}
		if math.Abs(s.Accuracy-want) > 1e-9 {
			t.Errorf("%s: the fixed level has accuracy %v, docs/benchmarks/examples.json %v", name, s.Accuracy, want)
		}
	}
}

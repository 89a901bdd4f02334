package main

import (
	"bytes"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/bench/results"
)

// TestGalleryIsUpToDate holds docs/gallery.md and its drawings to the models and to what benchmarks keep.
func TestGalleryIsUpToDate(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	files, err := render(root)
	if err != nil {
		t.Fatal(err)
	}
	const remedy = "go run ./internal/bench/gallery  writes it"
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the models and docs/benchmarks/*.json give: %s", name, remedy)
		}
		if strings.HasSuffix(name, ".svg") {
			if err := xml.Unmarshal(want, new(struct{})); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	drawings, err := filepath.Glob(filepath.Join(root, "docs", "gallery", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range drawings {
		if files["docs/gallery/"+filepath.Base(f)] == nil {
			t.Errorf("%s is of no example: %s", f, remedy)
		}
	}
	for _, o := range order {
		if _, err := os.Stat(filepath.Join(root, "examples", o.name, "model.hrn")); err != nil {
			t.Errorf("the gallery has a place for %s, which is no example", o.name)
		}
	}
}

// TestUnmeasured has dashes and no drawing where there is nothing.
func TestUnmeasured(t *testing.T) {
	e := &example{name: "new", title: "New one", about: "What it does.", bytes: 12, evidence: &evidence{},
		chips: map[string]results.Chip{"atmega328p": {Problem: "no room"}}}
	if e.draw() != nil {
		t.Error("a drawing of nothing")
	}
	text := page([]*example{e}, nil)
	for _, want := range []string{"| [New one](#new-one) | - | 12 | 0 | no room | - | - |", "Not measured.", "| Cortex-M4 | - |", "| ATmega328P (Arduino Uno) | no room |", "not measured yet"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestEvidenceOfOthers forgets what was measured with other weights.
func TestEvidenceOfOthers(t *testing.T) {
	e := &example{name: "copy", evidence: &evidence{Of: "another model", Decisions: 3}}
	if err := e.readModel(filepath.Join("..", "..", "..", "examples", "copy")); err != nil {
		t.Fatal(err)
	}
	if e.evidence.Decisions != 0 || e.reach() != "-" {
		t.Errorf("it reaches %s", e.reach())
	}
}

func TestRuns(t *testing.T) {
	v := []int32{-1, -1, 3, 3, 3, 0}
	r := runs(v)
	if len(r) != 3 || r[1] != [2]int32{3, 3} {
		t.Errorf("runs are %v", r)
	}
	if got := unruns(r); len(got) != len(v) || got[1] != -1 || got[4] != 3 || got[5] != 0 {
		t.Errorf("and come back as %v", got)
	}
}

func TestStripsFitADrawing(t *testing.T) {
	var truth, decided [][2]int32
	for i := range int32(4 * stretches) {
		truth, decided = append(truth, [2]int32{i % 2, 10}), append(decided, [2]int32{i % 3, 3})
	}
	a, b := shown(truth, decided)
	if length(a) != 3*stretches || length(b) != 3*stretches || len(b) != stretches {
		t.Errorf("%d and %d stretches of %d and %d steps", len(a), len(b), length(a), length(b))
	}
	if a, b = shown(truth[:2], decided[:2]); length(a) != 6 || len(a) != 1 || len(b) != 2 {
		t.Errorf("short ones are %v and %v", a, b)
	}
}

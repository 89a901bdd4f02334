package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hrnnc/hrnnc/internal/bench/results"
)

// TestEveryExample holds the section of the page to mcu.json beside it.
func TestEveryExample(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	var kept results.Chips
	if err := results.Read(root, keptIn, &kept); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, results.Folder, "mcu.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want := everyExample(&kept); len(kept.Examples) == 0 || results.Section(string(page), "Every example") != want {
		t.Errorf("docs/benchmarks/mcu.md does not say what mcu.json does:  go run ./internal/bench/mcu -examples NAME  writes both")
	}
}

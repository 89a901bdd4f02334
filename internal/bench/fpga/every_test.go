package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hrnnc/hrnnc/internal/bench/results"
)

// TestEveryExample holds the section of the page to fpga.json beside it.
func TestEveryExample(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	var kept results.Parts
	if err := results.Read(root, keptIn, &kept); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, results.Folder, "fpga.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want := everyExample(&kept); len(kept.Examples) == 0 || results.Section(string(page), "Every example") != want {
		t.Errorf("docs/benchmarks/fpga.md does not say what fpga.json does:  go run ./internal/bench/fpga -examples NAME  writes both")
	}
}

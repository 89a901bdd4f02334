package main

import (
	"bytes"
	"encoding/xml"
	"testing"

	"github.com/hrnnc/hrnnc/internal/bench/results"
)

// TestCurves draws a line for every seed, and leaves out examples without any.
func TestCurves(t *testing.T) {
	seeds := []results.Training{{Valid: []float64{0.5, 0.75, 0.9}}, {Valid: []float64{0.25, 0.5, 0.8}}}
	svg := curves(&results.Trainings{Examples: map[string][]results.Training{"pmnist": seeds, "smnist": seeds[:1]}})
	if err := xml.Unmarshal(svg, new(struct{})); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pmnist", "smnist", "epoch"} {
		if !bytes.Contains(svg, []byte(">"+name+"<")) {
			t.Errorf("no text %q", name)
		}
	}
	if n := bytes.Count(svg, []byte("<path ")); n != 3 {
		t.Errorf("%d lines, not one a seed", n)
	}
	if bytes.Contains(svg, []byte("pmnist_block")) {
		t.Error("an example without results is named")
	}
}

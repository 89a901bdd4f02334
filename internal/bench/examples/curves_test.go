package main

import (
	"bytes"
	"testing"
)

// TestCurves draws a line for every seed, and leaves out examples without any.
func TestCurves(t *testing.T) {
	seeds := []result{{Valid: []float64{0.5, 0.75, 0.9}}, {Valid: []float64{0.25, 0.5, 0.8}}}
	svg, err := curves(&results{Examples: map[string][]result{"pmnist": seeds, "smnist": seeds[:1]}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pmnist", "smnist", "validation accuracy"} {
		if !bytes.Contains(svg, []byte(">"+name+"<")) {
			t.Errorf("no text %q", name)
		}
	}
	if bytes.Contains(svg, []byte("pmnist_block")) {
		t.Error("an example without results is named")
	}
}

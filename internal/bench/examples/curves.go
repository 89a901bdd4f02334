package main

import (
	"github.com/hrnnc/hrnnc/internal/bench/results"
	"github.com/hrnnc/hrnnc/trainer/report"
)

// curves draws the validation accuracy of the MNIST examples by epoch as an SVG, a line a seed; nil where there is none.
func curves(r *results.Trainings) []byte {
	d := report.Drawing{Title: "Validation accuracy"}
	for _, name := range mnist {
		for _, x := range r.Examples[name] {
			d.Lines = append(d.Lines, report.Line{Name: name, Values: x.Valid})
		}
	}
	return d.SVG()
}

package verilog

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower/datapath/waveform"
)

// Waveform is the file with the timing diagram of a step.
const Waveform = "waveform.svg"

// waveform draws a step on inputs of the vectors: of the last sequence that has two steps, since the first ones are extremes.
func (w *writer) waveform(v backends.Vectors) {
	x := [2][]int64{v.X[0][0], v.X[0][0]}
	for _, sequence := range v.X {
		if len(sequence) > 1 {
			x = [2][]int64(sequence[:2])
		}
	}
	about := fmt.Sprintf("One step of %s: %s. From one step to the next are %d cycles, %d while outputs leave", w.plan.Name, w.made.Arch, w.period(false), w.period(true))
	w.files = append(w.files, backends.File{Path: Waveform, Data: waveform.Step(w.made.Design, w.plan, about, x)})
}

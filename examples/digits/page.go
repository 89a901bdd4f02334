package main

import (
	"bytes"
	"fmt"
	"runtime"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/bench/machine"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// tally counts decisions.
type tally struct{ right, all int }

func (t tally) String() string {
	return fmt.Sprintf("%s of %d right", percent(float64(t.right)/float64(t.all)), t.all)
}

// page is the measured part of README.md.
func page(seeds, voices []*training, heard tally, load string) string {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("| seed | right, real | right, fixed | bytes of parameters | additions a step | multiplications a step | training, s | processor seconds |")
	line("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, t := range seeds {
		line("%s", t.row())
	}
	line("")
	line("Trained by %s on %d threads of %s%s.", runtime.Version(), runtime.GOMAXPROCS(0), machine.Processor(), busy(load))
	line("")
	line("The program of `chip/`, with the weights of seed %d, heard the test recordings with silence around each, and found by itself", kept)
	line("where a word begins and ends: %s.", heard)
	line("")
	line("| speaker who was left out of training | right, real | right, fixed |")
	line("| ---: | ---: | ---: |")
	for _, t := range voices {
		line("| %d | %s | %s |", t.number, percent(t.real), percent(t.fixed))
	}
	return b.String()
}

// row is a seed's line of the table.
func (t *training) row() string {
	return fmt.Sprintf("| %d | %s | %s | %s | %.1f | %.1f |", t.number, percent(t.real), percent(t.fixed), costs(t.cost), t.seconds, t.processor)
}

// costs is what stands in a row of bytes, additions and multiplications.
func costs(c lower.Cost) string {
	return fmt.Sprintf("%s | %s | %s", diag.Grouped((c.Bits+7)/8), diag.Grouped(c.Recurrence.Adds+c.Input.Adds+c.Readout.Adds),
		diag.Grouped(c.Recurrence.Muls+c.Input.Muls+c.Readout.Muls))
}

func percent(part float64) string { return fmt.Sprintf("%.1f %%", 100*part) }

// busy says how many threads of other programs wanted to run.
func busy(load string) string {
	if load == "" {
		return ""
	}
	return ", beside other programs (load average " + load + " before the first training)"
}

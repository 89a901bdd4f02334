package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/bench/results"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// everyPart is the FPGA that every example is placed on; keptIn is where the figures lie.
const (
	everyPart = up5k
	keptIn    = "fpga.json"
)

// measureExamples puts figures of the examples in the place of those that are kept; without names, of all. Examples that are gone
// lose theirs. each is called after every example: a placement takes minutes, and what is done is not to be lost.
func (b *bench) measureExamples(ctx context.Context, kept *results.Parts, names []string, each func() error) error {
	all, names, err := results.Chosen(".", names)
	if err != nil {
		return err
	}
	for _, name := range names {
		m, err := b.model(ctx, row{model: name, part: everyPart})
		if err != nil {
			return err
		}
		figures := results.Part{LUTs: m.Size.LUTs, FlipFlops: m.Size.FlipFlops, Blocks: m.Size.Blocks, MHz: m.Worst, Cycles: m.Cycles, OutputCycles: m.OutputCycles}
		if m.Problem != "" {
			figures = results.Part{Problem: m.Problem}
		}
		if m.Problem == errNotMeasured.Error() {
			continue
		}
		kept.Examples[name] = map[string]results.Part{everyPart: figures}
		if err := each(); err != nil {
			return err
		}
	}
	for name := range kept.Examples {
		if !slices.Contains(all, name) {
			delete(kept.Examples, name)
		}
	}
	if len(b.tools) > 0 {
		kept.Measured = strings.Join(b.tools, ", ")
	}
	return each()
}

// everyExample is the section about all examples, made of what is kept in fpga.json.
func everyExample(kept *results.Parts) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("## Every example")
	line("")
	line("The smallest design that hrnnc finds for the part when no rate is asked for, as `hrnnc synth examples/NAME/model.hrn --part up5k` makes it.")
	line("The [gallery](../gallery.md) shows these figures; they are kept in [fpga.json](fpga.json).")
	line("")
	line("    go run ./internal/bench/fpga -examples NAMES   # measures those anew, or all, and writes this table and fpga.json")
	line("")
	line("| example | part | LUTs | flip-flops | block RAMs | clock, MHz | cycles a step | us a step | cycles with outputs |")
	line("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	var names []string
	for name := range kept.Examples {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		p, measured := kept.Examples[name][everyPart]
		switch {
		case !measured:
		case p.Problem != "":
			line("| %s | %s | %s | | | | | | |", name, everyPart, p.Problem)
		default:
			line("| %s | %s | %s | %s | %d | %.1f | %s | %.1f | %s |", name, everyPart, diag.Grouped(p.LUTs), diag.Grouped(p.FlipFlops), p.Blocks, p.MHz,
				count(p.Cycles), p.Micros(), count(p.OutputCycles))
		}
	}
	line("")
	return b.String()
}

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/bench/results"
)

// everyPart are the FPGAs that every example is placed on; keptIn is where the figures lie.
var everyPart = []string{up5k, hx8k}

const keptIn = "fpga.json"

// measureExamples puts figures of the examples in the place of those that are kept; without names, of all. Examples that are gone
// lose theirs.
func (b *bench) measureExamples(ctx context.Context, kept *results.Parts, names []string) error {
	all, err := results.Examples(".")
	if err != nil {
		return err
	}
	if len(names) == 0 {
		names = all
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return fmt.Errorf("there is no example %s", name)
		}
		figures := map[string]results.Part{}
		for _, part := range everyPart {
			m, err := b.model(ctx, row{model: name, part: part})
			switch {
			case err != nil:
				return err
			case m.Problem == errNotMeasured.Error():
			case m.Problem != "":
				figures[part] = results.Part{Problem: m.Problem}
			default:
				figures[part] = results.Part{LUTs: m.Size.LUTs, FlipFlops: m.Size.FlipFlops, Blocks: m.Size.Blocks, MHz: m.Worst, Cycles: m.Cycles, OutputCycles: m.OutputCycles}
			}
		}
		kept.Examples[name] = figures
		if err := results.Write(".", keptIn, kept); err != nil { // a placement takes minutes: what is done stays
			return err
		}
	}
	for name := range kept.Examples {
		if !slices.Contains(all, name) {
			delete(kept.Examples, name)
		}
	}
	kept.Measured = strings.Join(b.tools, ", ")
	return results.Write(".", keptIn, kept)
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
		for _, part := range everyPart {
			p, measured := kept.Examples[name][part]
			switch {
			case !measured:
			case p.Problem != "":
				line("| %s | %s | %s | | | | | | |", name, part, p.Problem)
			default:
				line("| %s | %s | %s | %s | %d | %.1f | %s | %.1f | %s |", name, part, thousands(p.LUTs), thousands(p.FlipFlops), p.Blocks, p.MHz,
					count(p.Cycles), p.Micros(), count(p.OutputCycles))
			}
		}
	}
	line("")
	return b.String()
}

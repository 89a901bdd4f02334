package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/internal/bench/machine"
)

func page(all []*comparison, rounds, steps int, load string) string {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Speed of training")
	line("")
	line("One training step with 4-bit weights, signs straight-through, and Adam at %g: hrnnc's trainer, beside the same step in PyTorch, where the", rate)
	line("recurrence is a dense matrix W = diag(s) H / sqrt(n), times what a leak leaves, made anew every step, and autograd goes through a")
	line("loop over the steps (`internal/bench/training/dense.py`).")
	line("")
	line("    go run ./internal/bench/training -write")
	line("")
	line("*Seconds* are by the clock, *processor seconds* the time that all threads of a program together had processors. Of each, the")
	line("median of %d steps after a first one, in the fastest of %d interleaved rounds. *Memory* is the largest resident memory of the", steps-1, rounds)
	line("process (VmHWM), and what it was before the first step: the program and its libraries, weights and batch.")
	if load != "" {
		line("The load average before the first round, of other programs: %s.", load)
	}
	line("Times differ from machine to machine. Where other programs run, threads that wait for each other lose most: the clock then")
	line("says little about several threads, and the processor seconds of one thread, which hardly change, are the safer comparison.")
	for _, c := range all {
		line("")
		line("## %s", c.title)
		line("")
		line("%s.", c.about)
		line("")
		table(line, c.programs)
		line("")
		summary(line, c.programs)
	}
	line("")
	line("## The same computation")
	line("")
	line("All programs start from the same weights, and take every step on the same batch of random inputs.")
	line("")
	line("| model | step | loss, hrnnc | loss, PyTorch | apart | norm of the gradient, hrnnc | PyTorch | apart |")
	line("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, c := range all {
		losses(line, c, steps)
	}
	line("")
	versions(line, all[0].programs)
	return b.String()
}

// printer appends a line to the page.
type printer func(format string, args ...any)

func table(line printer, list []*program) {
	line("| program | threads | seconds a step | processor seconds a step | memory, MiB | before the first step, MiB |")
	line("| --- | ---: | ---: | ---: | ---: | ---: |")
	for _, p := range list {
		line("| %s | %d | %.3f | %.3f | %d | %d |", p.name, p.threads, p.clock(), p.processor(), p.peakKiB()>>10, p.runs[0].BeforeKiB>>10)
	}
}

// summary gives the ratios, each against the fastest way of the peer.
func summary(line printer, list []*program) {
	one, all := list[0].threads, list[len(list)-1].threads
	own := func(threads int) *program {
		return fastest(list, func(p *program) bool { return !p.dense && p.threads == threads }, (*program).clock)
	}
	on1 := func(p *program) bool { return p.dense && p.threads == one }
	any := func(p *program) bool { return p.dense }
	line("| the fastest PyTorch / hrnnc | ratio |")
	line("| --- | ---: |")
	line("| processor seconds, one thread each | %.1f |", fastest(list, on1, (*program).processor).processor()/own(one).processor())
	line("| seconds, one thread each | %.1f |", fastest(list, on1, (*program).clock).clock()/own(one).clock())
	if all > one {
		line("| seconds, hrnnc with %d threads, PyTorch with as many or one, whichever is faster | %.1f |", all, fastest(list, any, (*program).clock).clock()/own(all).clock())
	}
	memory := func(p *program) float64 { return float64(p.peakKiB()) }
	line("| memory, where PyTorch takes the least | %.1f |", memory(fastest(list, any, memory))/memory(own(all)))
}

// fastest is the program of a kind that takes the least.
func fastest(list []*program, kind func(*program) bool, of func(*program) float64) *program {
	var best *program
	for _, p := range list {
		if kind(p) && (best == nil || of(p) < of(best)) {
			best = p
		}
	}
	return best
}

func losses(line printer, c *comparison, steps int) {
	own, dense := c.programs[0], fastest(c.programs, func(p *program) bool { return p.dense }, (*program).processor)
	a, b := own.runs[0], dense.runs[0]
	for i := range steps {
		line("| %s | %d | %.6f | %.6f | %.1e | %.5f | %.5f | %.1e |", c.name, i+1, a.Loss[i], b.Loss[i], apart(a.Loss[i], b.Loss[i]), a.Norm[i], b.Norm[i], apart(a.Norm[i], b.Norm[i]))
	}
}

func versions(line printer, list []*program) {
	own := list[0].runs[0]
	line("Measured with %s and hrnnc's %s kernels, PyTorch %s, on %s.", own.Version, own.Kernels, torch(list).Version, machine.Processor())
	line("PyTorch's BLAS, as it names itself:")
	line("")
	seen := map[string]bool{}
	for _, p := range list {
		row := fmt.Sprintf("- %s: %s", strings.TrimPrefix(p.name, "PyTorch, "), p.runs[0].Kernels)
		if p.dense && !seen[row] {
			seen[row] = true
			line("%s", row)
		}
	}
}

// torch is a run of the peer.
func torch(list []*program) *run {
	return fastest(list, func(p *program) bool { return p.dense }, (*program).clock).runs[0]
}

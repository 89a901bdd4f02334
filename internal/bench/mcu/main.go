// Command mcu measures the examples on simulated microcontrollers, before and after, beside other ways to compute the same. It writes
// docs/benchmarks/mcu.md, and mcu.json beside it with every example on every chip. Nothing in the page is typed in: every figure is
// measured, every output was compared with the reference.
//
//	go run ./internal/bench/mcu                        # prints the page
//	go run ./internal/bench/mcu -write -before FOLDER  # with the C that another hrnnc wrote to FOLDER/MODEL/c
//	go run ./internal/bench/mcu -examples ecg,digits   # measures those, or all, anew for mcu.json and its table alone
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/run"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/bench/results"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/passes"
)

// rows are the examples and the chips that they are measured on, with settings of target c.
var rows = []struct {
	chip   string
	models []string
	set    []string
}{
	{chip: "atmega328p", models: []string{"activity"}},
	{chip: "cortex-m0", models: thirtyTwoBit},
	{chip: "cortex-m3", models: thirtyTwoBit},
	{chip: "cortex-m4", models: thirtyTwoBit},
	{chip: "rv32imc", models: thirtyTwoBit},
}

var thirtyTwoBit = []string{"pmnist", "digits", "har2", "dsa19", "pmnist_block"}

// measured are the figures of one firmware.
type measured struct {
	step, output run.Counts
	sizes        run.Sizes
	microjoules  float64 // a step
	level        string  // of optimisation
	steps        int     // compared with the reference
}

func main() {
	write := flag.Bool("write", false, "write docs/benchmarks/mcu.md")
	before := flag.String("before", "", "folder with the C of another hrnnc, FOLDER/MODEL/c")
	steps := flag.Int("steps", 1000, "steps a model, at least")
	examples := flag.String("examples", "", "examples, with commas, or all: measure those on every chip, and write mcu.json and its table alone")
	flag.Parse()
	log.SetFlags(0)
	b := bench{steps: *steps, before: *before, lowered: map[string]*compiler.Lowered{}}
	ctx := context.Background()
	if *examples != "" {
		if err := b.onlyExamples(ctx, *examples); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := b.page(ctx); err != nil {
		log.Fatal(err)
	}
	if !*write {
		fmt.Print(b.out.String())
		return
	}
	err := errors.Join(results.Write(".", keptIn, b.kept), fileio.WriteFile(filepath.Join(results.Folder, "mcu.md"), b.out.Bytes()))
	if err != nil {
		log.Fatal(err)
	}
}

// onlyExamples measures examples anew, and writes them to mcu.json and to the page's section about them.
func (b *bench) onlyExamples(ctx context.Context, names string) error {
	if err := results.Read(".", keptIn, &b.kept); err != nil {
		return err
	}
	if b.kept.Examples == nil {
		b.kept.Examples = map[string]map[string]results.Chip{}
	}
	var list []string
	if names != "all" {
		list = strings.Split(names, ",")
	}
	if err := b.measureExamples(ctx, &b.kept, list); err != nil {
		return err
	}
	return errors.Join(results.Write(".", keptIn, b.kept), results.WriteSection(".", "mcu.md", everyExample(&b.kept)))
}

// keptIn is where figures of every example on every chip lie.
const keptIn = "mcu.json"

type bench struct {
	steps   int
	before  string
	lowered map[string]*compiler.Lowered
	kept    results.Chips // of every example
	out     bytes.Buffer
}

func (b *bench) line(format string, args ...any) { fmt.Fprintf(&b.out, format+"\n", args...) }

// modelFile is where a model is: among the examples, or here.
func modelFile(name string) string {
	file := filepath.Join("examples", name, "model.hrn")
	if _, err := os.Stat(file); err != nil {
		return filepath.Join("internal", "bench", "mcu", "testdata", name, "model.hrn")
	}
	return file
}

func (b *bench) model(name string, set ...string) (*compiler.Lowered, error) {
	key := strings.Join(append([]string{name}, set...), " ")
	if l := b.lowered[key]; l != nil {
		return l, nil
	}
	m, err := compiler.Load(modelFile(name), "")
	if err != nil {
		return nil, err
	}
	if err := m.Set(set); err != nil {
		return nil, err
	}
	b.lowered[key], err = m.Lower(passes.Config{})
	return b.lowered[key], err
}

// now runs a model as it is now; nil is a firmware that the chip has no room for.
func (b *bench) now(ctx context.Context, name, part, optimise string, set ...string) (*measured, error) {
	l, err := b.model(name, set...)
	if err != nil {
		return nil, err
	}
	p, err := chip.Get(part)
	if err != nil {
		return nil, err
	}
	m, err := figures(l.Bench(ctx, p, compiler.BenchOptions{Steps: b.steps, Optimise: optimise}))
	if err != nil {
		return nil, fmt.Errorf("%s on %s: %w", name, part, err)
	}
	return m, nil
}

// measure runs a model as it is now, and as the C of another hrnnc.
func (b *bench) measure(ctx context.Context, name, part, optimise string, set ...string) (now, then *measured, err error) {
	if now, err = b.now(ctx, name, part, optimise, set...); err != nil || b.before == "" {
		return now, nil, err
	}
	l, err := b.model(name, set...)
	if err != nil {
		return nil, nil, err
	}
	p, err := chip.Get(part)
	if err != nil {
		return nil, nil, err
	}
	o := compiler.BenchOptions{Steps: b.steps, Optimise: optimise}
	if then, err = figures(l.BenchFolder(ctx, p, filepath.Join(b.before, name, "c"), o)); err != nil {
		return nil, nil, fmt.Errorf("%s of %s on %s: %w", name, b.before, part, err)
	}
	return now, then, nil
}

// figures takes what the page says of a benchmark; what has no room gives nil, what differs from the reference an error.
func figures(r *compiler.Benchmark, err error) (*measured, error) {
	var list diag.List
	switch {
	case errors.As(err, &list) && list[0].Code == "fit":
		return nil, nil
	case err != nil:
		return nil, err
	case !r.Equal():
		return nil, fmt.Errorf("%d bits differ: %s", r.Differing, r.First)
	}
	step, _ := r.Call("step")
	output, _ := r.Call(run.Output.Name())
	return &measured{step: step.Counts, output: output.Counts, sizes: *r.Firmware, microjoules: step.Microjoules, steps: r.Steps}, nil
}

func (b *bench) page(ctx context.Context) error {
	b.line("# On microcontrollers")
	b.line("")
	b.line("Measured on simulators, not on hardware: cycles of the ATmega328P by simavr, executed instructions of Cortex-M and RISC-V by QEMU.")
	b.line("[chips.md](../chips.md) says how. Each firmware ran at least %s steps: all smallest, all largest, alternating, long runs and random inputs.", thousands(float64(b.steps)))
	b.line("Every output and decision was the fixed-level interpreter's.")
	b.line("")
	b.line("    go run ./internal/bench/mcu -write -before FOLDER")
	b.line("")
	b.line("FOLDER holds what another hrnnc wrote: `hrnnc compile examples/MODEL/model.hrn --target c -o FOLDER/MODEL`, for each model.")
	b.line("")
	if err := b.demanded(ctx); err != nil {
		return err
	}
	if err := b.examples(ctx); err != nil {
		return err
	}
	b.kept.Examples = map[string]map[string]results.Chip{}
	if err := b.measureExamples(ctx, &b.kept, nil); err != nil {
		return err
	}
	b.out.WriteString(everyExample(&b.kept))
	if err := b.ablation(ctx); err != nil {
		return err
	}
	if err := b.transforms(ctx); err != nil {
		return err
	}
	if err := b.peers(ctx); err != nil {
		return err
	}
	b.line("")
	b.line("Built and run with %s.", b.kept.Measured)
	return nil
}

func (b *bench) examples(ctx context.Context) error {
	b.line("## The examples")
	b.line("")
	if b.before != "" {
		b.line("`old > new, ratio` is the C that hrnnc wrote before it lowered for chips, and today's, both built with the chip's own flags.")
	} else {
		b.line("Built with the chip's own flags.")
	}
	b.line("A step and an output are means; counts are how many different ones the steps took, odd and even ones together. Flash and RAM are of a bare")
	b.line("firmware, stack included. \"no room\": the chip has too little RAM or flash.")
	b.line("")
	b.line("| model | chip | unit | step | counts | output | flash | RAM | microjoules a step |")
	b.line("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, r := range rows {
		p, err := chip.Get(r.chip)
		if err != nil {
			return err
		}
		for _, name := range r.models {
			log.Printf("%s on %s", name, r.chip)
			now, then, err := b.measure(ctx, name, r.chip, "", r.set...)
			if err != nil {
				return err
			}
			cell := func(of func(m *measured) float64, digits int) string {
				return versus(b.before != "", then, now, of, digits)
			}
			b.line("| %s | %s | %s | %s | %s | %s | %s | %s | %s |", strings.Join(append([]string{name}, r.set...), ", "), r.chip, p.Emulator.Counts,
				cell(func(m *measured) float64 { return m.step.Mean }, 0), cell(func(m *measured) float64 { return float64(m.step.Distinct) }, -1),
				cell(func(m *measured) float64 { return m.output.Mean }, 0), cell(func(m *measured) float64 { return float64(m.sizes.Flash) }, 0),
				cell(func(m *measured) float64 { return float64(m.sizes.RAM()) }, 0), cell(func(m *measured) float64 { return m.microjoules }, 2))
		}
	}
	b.line("")
	return nil
}

// versus is a cell: a figure, or the old one, the new one and how many times less. digits -1 leaves out the ratio.
func versus(both bool, then, now *measured, of func(*measured) float64, digits int) string {
	text := func(m *measured) string {
		if m == nil {
			return "no room"
		}
		if digits > 0 {
			return fmt.Sprintf("%.*f", digits, of(m))
		}
		return thousands(of(m))
	}
	switch {
	case !both || then == nil && now == nil:
		return text(now)
	case then == nil || now == nil || digits < 0 || of(now) == 0:
		return text(then) + " > " + text(now)
	}
	return fmt.Sprintf("%s > %s, %.2f", text(then), text(now), of(then)/of(now))
}

// peers compares ways to compute a step, each at its best level of optimisation.
func (b *bench) peers(ctx context.Context) error {
	b.line("## Beside others")
	b.line("")
	b.line("Each at the level of optimisation that suits it best, of %s, in the same run. The peers are C of this repository (`internal/bench/mcu/`): dense int8 keeps a", strings.Join(levels, ", "))
	b.line("512 by 512 matrix and multiplies with SMLAD, four rows at a time. Three plain loops (widen, transform, update) compute the model's own bits.")
	b.line("FastGRNN has random weights, on which only the time of its floats depends.")
	b.line("")
	b.line("| what | chip | unit | flags | step | to hrnnc | output | flash | RAM |")
	b.line("| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: |")
	pmnist, err := b.model("pmnist")
	if err != nil {
		return err
	}
	loops, err := plain(pmnist.Plan)
	if err != nil {
		return err
	}
	if err := b.beside(ctx, "pmnist", "cortex-m4", "c.flash=6100", []peer{dense(), loops}); err != nil {
		return err
	}
	return b.beside(ctx, "activity", "atmega328p", "", []peer{fastgrnn(true), fastgrnn(false)})
}

// beside measures a model, the same within a budget where one is given, and peers.
func (b *bench) beside(ctx context.Context, name, part, small string, peers []peer) error {
	p, err := chip.Get(part)
	if err != nil {
		return err
	}
	var own *measured
	for _, level := range levels {
		log.Printf("%s on %s %s", name, part, level)
		m, _, err := b.measure(ctx, name, part, level)
		if err != nil {
			return err
		}
		if m != nil && (own == nil || m.step.Mean < own.step.Mean) {
			own, m.level = m, level
		}
	}
	if own == nil {
		return fmt.Errorf("%s has no room on %s at any level", name, part)
	}
	row := func(what string, m *measured) {
		b.line("| %s | %s | %s | %s | %s | %.2f | %s | %s | %s |", what, part, p.Emulator.Counts, m.level, thousands(m.step.Mean), m.step.Mean/own.step.Mean,
			thousands(m.output.Mean), thousands(float64(m.sizes.Flash)), thousands(float64(m.sizes.RAM())))
	}
	row("hrnnc, "+name, own)
	if small != "" {
		m, _, err := b.measure(ctx, name, part, levels[0], small)
		if err != nil {
			return err
		}
		m.level = levels[0]
		row("hrnnc, "+name+", "+small, m)
	}
	l, err := b.model(name)
	if err != nil {
		return err
	}
	const few = 64 // steps of a peer: dense ones take long
	x := l.BenchSequences(few, 0)
	for _, peer := range peers {
		log.Printf("%s on %s", peer.name, part)
		m, r, err := peer.best(ctx, p, x)
		if err != nil {
			return err
		}
		if _, same := peer.files["plain.c"]; same {
			want, err := l.Run(ctx, "fixed", x, nil)
			if err != nil {
				return err
			}
			if got := flat(r.Y); fmt.Sprint(got) != fmt.Sprint(want.Y.Ints) {
				return fmt.Errorf("three plain loops do not compute the bits of %s", name)
			}
		}
		row(peer.name, m)
	}
	return nil
}

func flat(y [][][]int64) []int64 {
	var out []int64
	for _, s := range y {
		for _, t := range s {
			out = append(out, t...)
		}
	}
	return out
}

// tools says what measured.
func (b *bench) tools(ctx context.Context) (string, error) {
	var words []string
	for _, tool := range []string{"avr-gcc", "arm-none-eabi-gcc", "riscv64-unknown-elf-gcc", "qemu-system-arm"} {
		flag := "-dumpversion"
		if strings.HasPrefix(tool, "qemu") {
			flag = "--version"
		}
		out, err := exttool.Run(ctx, os.TempDir(), nil, tool, flag)
		if err != nil {
			return "", err
		}
		first, _, _ := strings.Cut(string(out), "\n")
		first = strings.TrimPrefix(first, "QEMU emulator version ")
		words = append(words, tool+" "+strings.Fields(first)[0])
	}
	return strings.Join(words, ", "), nil
}

// thousands writes a number without what is behind the point, with commas.
func thousands(v float64) string { return diag.Grouped(int(math.RoundToEven(v))) }

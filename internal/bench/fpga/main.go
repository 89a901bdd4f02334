// Command fpga measures Verilog of the examples on FPGAs with yosys and nextpnr, beside what another hrnnc wrote, designs made by hand, and
// a dense engine. It writes docs/benchmarks/fpga.md. Nothing in the page is typed in. What was measured is kept by a hash of all that it
// depends on, so that a second run measures only what changed.
//
//	go run ./internal/bench/fpga                        # prints the page
//	go run ./internal/bench/fpga -write -before FOLDER  # with the Verilog that another hrnnc wrote to FOLDER/MODEL/verilog
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/synth"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/passes"
)

const seeds = 3

func main() {
	write := flag.Bool("write", false, "write docs/benchmarks/fpga.md")
	before := flag.String("before", "", "folder with the Verilog of another hrnnc, FOLDER/MODEL/verilog")
	hand := flag.String("hand", filepath.Join("..", "shared", "prototypes", "fpga"), "folder of the designs made by hand")
	only := flag.String("only", "", "tables to make, with commas: examples, ideas, dense, families")
	kept := flag.Bool("kept", false, "only rows that were measured before; measures nothing")
	patience := flag.Duration("timeout", 30*time.Minute, "how long a tool may take")
	cache := flag.String("cache", "", "folder of what was measured (default: in the user's cache)")
	flag.Parse()
	log.SetFlags(log.Ltime)
	b := bench{before: *before, hand: *hand, kept: *kept, patience: *patience, cache: *cache, lowered: map[string]*compiler.Lowered{}}
	if b.cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			log.Fatal(err)
		}
		b.cache = filepath.Join(dir, "hrnnc", "bench-fpga")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) // the tools are to end too
	defer stop()
	if err := b.page(ctx, *only); err != nil {
		log.Fatal(err)
	}
	if !*write {
		fmt.Print(b.out.String())
		return
	}
	if err := fileio.WriteFile(filepath.Join("docs", "benchmarks", "fpga.md"), b.out.Bytes()); err != nil {
		log.Fatal(err)
	}
}

type bench struct {
	before, hand, cache string
	kept                bool
	patience            time.Duration
	lowered             map[string]*compiler.Lowered
	tools               []string // that measured, with versions
	out                 bytes.Buffer
}

func (b *bench) line(format string, args ...any) { fmt.Fprintf(&b.out, format+"\n", args...) }

func (b *bench) page(ctx context.Context, only string) error {
	b.line("# On FPGAs")
	b.line("")
	b.line("Synthesised by yosys, placed and routed by nextpnr, each with %d seeds: not run on a board. [guide-fpga.md](../guide-fpga.md) says what the", seeds)
	b.line("figures mean. LUTs, flip-flops and block RAMs are those of the model alone; the clock is the worst of the seeds. No multiplier is used unless a row")
	b.line("says so. Cycles are those that the testbench counted in Icarus Verilog, where every output was the reference's. \"no room\": the part is too")
	b.line("small. \"refused\": hrnnc makes no such design of the model.")
	b.line("")
	b.line("    go run ./internal/bench/fpga -write -before FOLDER")
	b.line("")
	b.line("FOLDER holds what another hrnnc wrote: `hrnnc compile examples/MODEL/model.hrn --target verilog --set verilog.butterflies=1 -o FOLDER/MODEL`.")
	b.line("")
	for _, table := range []struct {
		name string
		make func(context.Context) error
	}{{"examples", b.examples}, {"ideas", b.ideas}, {"dense", b.dense}, {"families", b.families}} {
		if only != "" && !strings.Contains(","+only+",", ","+table.name+",") {
			continue
		}
		if err := table.make(ctx); err != nil {
			return fmt.Errorf("%s: %w", table.name, err)
		}
	}
	b.line("Measured with %s.", strings.Join(b.tools, ", "))
	return nil
}

// row is a line of a table about a design, which is left out where only what was measured before is shown.
func (b *bench) row(m *measured, format string, args ...any) {
	if m.Problem != errNotMeasured.Error() {
		b.line(format, args...)
	}
}

// head starts a table of measured designs.
func (b *bench) head(more string) {
	b.line("| model | part | design | LUTs | flip-flops | block RAMs | cells | clock, MHz | cycles a step | us a step | with outputs | uJ a step |%s", more)
	b.line("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |%s", strings.Repeat(" ---: |", strings.Count(more, "|")))
}

// cells are those of a measured design, from LUTs to energy.
func (m *measured) cells() string {
	if m.Problem != "" {
		return m.Problem + strings.Repeat(" |", 8)
	}
	clock, micros, energy := "-", "-", "-"
	if m.Worst > 0 {
		clock = fmt.Sprintf("%.1f", m.Worst)
		if m.Cycles > 0 {
			step := float64(m.Cycles) / m.Worst
			micros = fmt.Sprintf("%.1f", step)
			if p, err := chip.GetFPGA(m.Part); err == nil && p.Logic.Power != nil {
				least, most := p.Logic.Power.Milliwatts(m.Size.LUTs, m.Worst)
				energy = fmt.Sprintf("%.2g to %.2g", least*step/1000, most*step/1000)
			}
		}
	}
	return fmt.Sprintf("%s | %s | %d | %s | %s | %s | %s | %s | %s", thousands(m.Size.LUTs), thousands(m.Size.FlipFlops), m.Size.Blocks, count(m.LogicCells),
		clock, count(m.Cycles), micros, count(m.OutputCycles), energy)
}

func (b *bench) examples(ctx context.Context) error {
	b.line("## The examples")
	b.line("")
	b.line("Beside each model, what another hrnnc made of it at one butterfly a cycle (\"before\", with the cycles that its files say), and what was made by")
	b.line("hand for its one shape (\"by hand\").")
	b.line("")
	b.head("")
	done := map[string]bool{}
	for _, r := range examples {
		m, err := b.model(ctx, r)
		if err != nil {
			return err
		}
		b.row(m, "| %s | %s | %s | %s |", r.model, r.part, strings.Join(r.set, ", "), m.cells())
		if key := r.model + r.part; !done[key] {
			done[key] = true
			if err := b.others(ctx, r); err != nil {
				return err
			}
		}
	}
	b.line("")
	return nil
}

// others are rows of the same model on the same part that hrnnc did not make now.
func (b *bench) others(ctx context.Context, r row) error {
	if b.before != "" {
		m, err := b.written(ctx, r)
		if err != nil {
			return err
		}
		b.row(m, "| %s | %s | before | %s |", r.model, r.part, m.cells())
	}
	for _, h := range byHand {
		if h.model != r.model {
			continue
		}
		dir := filepath.Join(b.hand, h.folder)
		if _, err := os.Stat(dir); err != nil {
			log.Printf("left out: no %s", dir)
			continue
		}
		m, err := b.measure(ctx, synth.Design{Dir: dir, Files: []string{h.model + ".v"}, Top: h.model}, r)
		if err != nil {
			return err
		}
		m.Cycles = h.cycles
		b.row(m, "| %s | %s | by hand, %s | %s |", r.model, r.part, h.folder, m.cells())
	}
	return nil
}

func (b *bench) ideas(ctx context.Context) error {
	b.line("## What each idea is worth")
	b.line("")
	b.line("Designs that decide one thing otherwise than the first of their group, and LUTs and cycles to it.")
	b.line("")
	b.head(" LUTs to the first | cycles to the first |")
	for _, group := range ideas {
		var first *measured
		for _, r := range group {
			m, err := b.model(ctx, r)
			if err != nil {
				return err
			}
			if first == nil {
				first = m
			}
			b.row(m, "| %s | %s | %s | %s | %s | %s |", r.model, r.part, strings.Join(r.set, ", "), m.cells(),
				ratio(m.Size.LUTs, first.Size.LUTs), ratio(m.Cycles, first.Cycles))
		}
	}
	b.line("")
	return nil
}

func ratio(a, b int) string {
	if a == 0 || b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", float64(a)/float64(b))
}

func (b *bench) families(ctx context.Context) error {
	b.line("## Larger parts")
	b.line("")
	b.line("Sizes by yosys alone: no free tool of Debian or npm places on these parts. Their LUTs have 4 (ecp5) and 6 inputs (xc7).")
	b.line("")
	b.line("| model | part | design | LUTs | flip-flops | block RAMs of 18 kbit | multipliers | cycles a step |")
	b.line("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |")
	for _, r := range families {
		m, err := b.model(ctx, r)
		if err != nil {
			return err
		}
		if m.Problem != "" {
			b.row(m, "| %s | %s | %s | %s | | | | |", r.model, r.part, strings.Join(r.set, ", "), m.Problem)
			continue
		}
		b.row(m, "| %s | %s | %s | %s | %s | %d | %d | %s |", r.model, r.part, strings.Join(r.set, ", "), thousands(m.Size.LUTs), thousands(m.Size.FlipFlops),
			m.Size.Blocks, m.Size.Multipliers, count(m.Cycles))
	}
	b.line("")
	return nil
}

// model measures a model as it is now. A design that the compiler refuses is a row that says why.
func (b *bench) model(ctx context.Context, r row) (*measured, error) {
	log.Printf("%s on %s: %s", r.model, r.part, strings.Join(r.set, ", "))
	l, err := compiler.Load(modelFile(r.model), "")
	if err != nil {
		return nil, err
	}
	set := []string{"verilog.part=" + r.part}
	for _, s := range r.set {
		set = append(set, "verilog."+s)
	}
	if err := l.Set(set); err != nil {
		return nil, err
	}
	lowered, err := l.Lower(passes.Config{})
	if err != nil {
		return nil, err
	}
	part, err := chip.GetFPGA(r.part)
	if err != nil {
		return nil, err
	}
	o := compiler.SynthOptions{Options: synth.Options{Multipliers: r.dsp}}
	files, figures, err := lowered.SynthFiles(ctx, part, &o)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "; help")
		return &measured{Result: &synth.Result{Part: r.part}, Problem: "refused: " + strings.TrimSpace(first[strings.Index(first, "]: ")+2:])}, nil
	}
	dir, err := os.MkdirTemp("", "hrnnc-bench-fpga-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for _, f := range files {
		if err := fileio.WriteIn(dir, f.Path, f.Data); err != nil {
			return nil, err
		}
	}
	d, err := synth.Generated(dir)
	if err != nil {
		return nil, err
	}
	m, err := b.measure(ctx, d, r)
	if err != nil || m.Problem != "" {
		return m, err
	}
	m.OutputCycles = figure(figures, "cycles a step with outputs")
	m.Cycles, err = b.cycles(ctx, d)
	return m, err
}

// written measures what another hrnnc wrote, with the cycles that it says.
func (b *bench) written(ctx context.Context, r row) (*measured, error) {
	folder := filepath.Join(b.before, r.model)
	d, err := synth.Generated(filepath.Join(folder, "verilog"))
	if err != nil {
		return nil, err
	}
	m, err := b.measure(ctx, d, r)
	if err != nil || m.Problem != "" {
		return m, err
	}
	data, err := os.ReadFile(filepath.Join(folder, "hrnnc.json"))
	if err != nil {
		return nil, err
	}
	var says struct {
		Report compiler.Report `json:"report"`
	}
	if err := json.Unmarshal(data, &says); err != nil {
		return nil, err
	}
	figures := says.Report.Targets["verilog"]
	m.Cycles, m.OutputCycles = figure(figures, "cycles a step"), figure(figures, "cycles a step with outputs")
	return m, nil
}

func modelFile(name string) string {
	here := filepath.Join("internal", "bench", "fpga", "testdata", name, "model.hrn")
	if _, err := os.Stat(here); err == nil {
		return here
	}
	return filepath.Join("examples", name, "model.hrn")
}

func figure(figures []backends.Figure, name string) int {
	for _, f := range figures {
		if f.Name == name {
			return int(f.Value)
		}
	}
	return 0
}

func count(n int) string {
	if n == 0 {
		return "-"
	}
	return thousands(n)
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Command fpga measures Verilog of the examples on FPGAs with yosys and nextpnr, beside what another hrnnc wrote, designs made by hand, and
// a dense engine. It writes docs/benchmarks/fpga.md, and fpga.json beside it with every example. Nothing in the page is typed in. What was measured is kept by a hash of all that it
// depends on, so that a second run measures only what changed.
//
//	go run ./internal/bench/fpga                        # prints the page
//	go run ./internal/bench/fpga -write -before FOLDER  # with the Verilog that another hrnnc wrote to FOLDER/MODEL/verilog
//	go run ./internal/bench/fpga -examples ecg,digits   # measures those, or all, for fpga.json and its table alone
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/synth"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/bench/results"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/passes"
)

const seeds = 3

func main() {
	write := flag.Bool("write", false, "write docs/benchmarks/fpga.md")
	before := flag.String("before", "", "folder with the Verilog of another hrnnc, FOLDER/MODEL/verilog")
	hand := flag.String("hand", filepath.Join("..", "shared", "prototypes", "fpga"), "folder of the designs made by hand")
	only := flag.String("only", "", "tables to make, with commas: a section of rows.go, examples, cores, dense, families, ideas, history")
	kept := flag.Bool("kept", false, "only rows that were measured before; measures nothing")
	patience := flag.Duration("timeout", 30*time.Minute, "how long a tool may take")
	cache := flag.String("cache", "", "folder of what was measured (default: in the user's cache)")
	examples := flag.String("examples", "", "examples, with commas, or all: measure those, and write fpga.json and its table alone")
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
	if *examples != "" {
		if err := b.onlyExamples(ctx, *examples); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := b.page(ctx, *only); err != nil {
		log.Fatal(err)
	}
	if !*write {
		fmt.Print(b.out.String())
		return
	}
	err := fileio.WriteFile(filepath.Join(results.Folder, "fpga.md"), b.out.Bytes())
	if b.examplesKept != nil {
		err = errors.Join(err, results.Write(".", keptIn, b.examplesKept))
	}
	if err != nil {
		log.Fatal(err)
	}
}

// onlyExamples measures examples anew, and writes them to fpga.json and to the page's section about them.
func (b *bench) onlyExamples(ctx context.Context, names string) error {
	kept := &results.Parts{Examples: map[string]map[string]results.Part{}}
	if err := results.Read(".", keptIn, kept); err != nil {
		return err
	}
	var list []string
	if names != "all" {
		list = strings.Split(names, ",")
	}
	save := func() error {
		return errors.Join(results.Write(".", keptIn, kept), results.WriteSection(".", "fpga.md", everyExample(kept)))
	}
	return b.measureExamples(ctx, kept, list, save)
}

// examples are the section about all of them, measured anew where something changed.
func (b *bench) examples(ctx context.Context) error {
	b.examplesKept = &results.Parts{Examples: map[string]map[string]results.Part{}}
	if err := b.measureExamples(ctx, b.examplesKept, nil, func() error { return nil }); err != nil {
		return err
	}
	b.rows += len(b.examplesKept.Examples)
	b.out.WriteString(everyExample(b.examplesKept))
	return nil
}

type bench struct {
	before, hand, cache string
	kept                bool
	patience            time.Duration
	lowered             map[string]*compiler.Lowered
	tools               []string // that measured, with versions
	out                 bytes.Buffer
	rows                int            // of all tables so far
	examplesKept        *results.Parts // of every example, for fpga.json; nil where that table was not asked for
}

func (b *bench) line(format string, args ...any) { fmt.Fprintf(&b.out, format+"\n", args...) }

func (b *bench) page(ctx context.Context, only string) error {
	b.line("# On FPGAs")
	b.line("")
	b.line("Synthesised by yosys, placed and routed by nextpnr, each with %d seeds: not run on a board. [guide-fpga.md](../guide-fpga.md) says what the", seeds)
	b.line("figures mean. LUTs, flip-flops and block RAMs are those of the model alone; the clock is the worst of the seeds. No multiplier is used unless a row")
	b.line("says so. Cycles are those that the testbench counted in Icarus Verilog, where every output was the reference's. \"no room\": the part is too")
	b.line("small. \"refused\": hrnnc makes no such design of the model. Where something is asked of a design, its last column says it, and what is missed.")
	b.line("\"before\" is what another hrnnc made of the model at one butterfly a cycle, with the cycles that its files say; \"by hand\" is a design made for the")
	b.line("one shape. Rows that were not measured are left out.")
	b.line("")
	b.line("    go run ./internal/bench/fpga -write -before FOLDER")
	b.line("")
	b.line("FOLDER holds what another hrnnc wrote: `hrnnc compile examples/MODEL/model.hrn --target verilog --set verilog.butterflies=1 -o FOLDER/MODEL`.")
	b.line("")
	for _, s := range sections {
		if !named(only, s.name) {
			continue
		}
		if err := b.unlessEmpty(func() error { return b.section(ctx, s) }); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	for _, table := range []struct {
		name string
		make func(context.Context) error
	}{{"examples", b.examples}, {"cores", b.cores}, {"dense", b.dense}, {"families", b.families}, {"ideas", b.ideas}, {"history", b.history}} {
		if !named(only, table.name) {
			continue
		}
		if err := b.unlessEmpty(func() error { return table.make(ctx) }); err != nil {
			return fmt.Errorf("%s: %w", table.name, err)
		}
	}
	b.line("Measured with %s.", strings.Join(b.tools, ", "))
	return nil
}

// named reports whether a table is among those that were asked for; "" is all.
func named(only, table string) bool {
	return only == "" || slices.Contains(strings.Split(only, ","), table)
}

// row is a line of a table about a design, which is left out where only what was measured before is shown.
func (b *bench) row(m *measured, format string, args ...any) {
	if m.Problem != errNotMeasured.Error() {
		b.rows++
		b.line(format, args...)
	}
}

// unlessEmpty takes back what make wrote where it wrote no row: nothing of it was measured.
func (b *bench) unlessEmpty(make func() error) error {
	before, rows := b.out.Len(), b.rows
	err := make()
	if b.rows == rows {
		b.out.Truncate(before)
	}
	return err
}

// head starts a table of measured designs.
func (b *bench) head(more string) {
	b.line("| model | part | design | LUTs | flip-flops | block RAMs | multipliers | cells | clock, MHz | cycles a step | us a step | with outputs | uJ a step |%s", more)
	b.line("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |%s", strings.Repeat(" ---: |", strings.Count(more, "|")))
}

// cells are those of a measured design, from LUTs to energy.
func (m *measured) cells() string {
	if m.Problem != "" {
		return m.Problem + strings.Repeat(" |", 9)
	}
	clock, micros, energy := "-", "-", "-"
	if m.Worst > 0 {
		clock = fmt.Sprintf("%.1f", m.Worst)
		if m.Cycles > 0 {
			step := float64(m.Cycles) / m.Worst
			if micros = fmt.Sprintf("%.1f", step); step < 1 {
				micros = fmt.Sprintf("%.2g", step)
			}
			if p, err := chip.GetFPGA(m.Part); err == nil && p.Logic.Power != nil {
				least, most := p.Logic.Power.Milliwatts(m.Size.LUTs, m.Worst)
				energy = fmt.Sprintf("%.2g to %.2g", least*step/1000, most*step/1000)
			}
		}
	}
	return fmt.Sprintf("%s | %s | %d | %d | %s | %s | %s | %s | %s | %s", diag.Grouped(m.Size.LUTs), diag.Grouped(m.Size.FlipFlops), m.Size.Blocks, m.Size.Multipliers, count(m.LogicCells),
		clock, count(m.Cycles), micros, count(m.OutputCycles), energy)
}

// section is a table of designs with what they are held to.
func (b *bench) section(ctx context.Context, s section) error {
	b.line("## %s", s.title)
	b.line("")
	b.line("%s", s.text)
	b.line("")
	b.head(" required |")
	if b.before != "" && s.before.model != "" {
		m, err := b.written(ctx, s.before)
		if err != nil {
			return err
		}
		b.row(m, "| %s | %s | before | %s | |", s.before.model, s.before.part, m.cells())
	}
	for _, h := range s.byHand {
		if err := b.madeByHand(ctx, h); err != nil {
			return err
		}
	}
	var first *measured
	var paths []string
	for _, c := range s.rows {
		m, err := b.model(ctx, c.row)
		if err != nil {
			return err
		}
		if first == nil {
			first = m
		}
		b.row(m, "| %s | %s | %s | %s | %s |", c.model, c.part, strings.Join(c.set, ", "), m.cells(), c.need.verdict(m, first))
		paths = append(paths, c.need.slowest(m, strings.Join(c.set, ", "))...)
	}
	b.line("")
	b.paragraphs(paths)
	return nil
}

func (b *bench) paragraphs(texts []string) {
	for _, t := range texts {
		b.line("%s", t)
		b.line("")
	}
}

// madeByHand is a row of a design of the prototypes.
func (b *bench) madeByHand(ctx context.Context, h handmade) error {
	dir := filepath.Join(b.hand, h.folder)
	if _, err := os.Stat(dir); err != nil {
		log.Printf("left out: no %s", dir)
		return nil
	}
	log.Printf("by hand: %s", h.folder)
	m, err := b.measure(ctx, synth.Design{Dir: dir, Files: []string{h.file}, Top: h.top}, row{part: h.part})
	if err != nil {
		return err
	}
	m.Cycles = h.cycles
	b.row(m, "| %s | %s | by hand, %s | %s | |", h.top, h.part, h.folder, m.cells())
	return nil
}

// verdict says which of what is needed is there, and by how much it is not; first is the first design of the section.
func (n need) verdict(m, first *measured) string {
	if m.Problem != "" && n == (need{}) {
		return ""
	}
	if m.Problem != "" {
		return "**no design**"
	}
	var words []string
	most := func(what string, is, most float64) {
		switch {
		case most == 0:
		case is <= most:
			words = append(words, fmt.Sprintf("%s at most %g: met", what, most))
		default:
			words = append(words, fmt.Sprintf("%s at most %g: **%.4g, %.0f %% more**", what, most, is, 100*(is/most-1)))
		}
	}
	most("LUTs", float64(m.Size.LUTs), float64(n.luts))
	most("block RAMs", float64(m.Size.Blocks), float64(n.blocks))
	most("cycles", float64(m.Cycles), float64(n.cycles))
	most("cycles of the outputs", float64(m.OutputCycles-m.Cycles), float64(n.outputCycles))
	most("LUTs more than the first", float64(m.Size.LUTs-first.Size.LUTs), float64(n.outputLUTs))
	if m.Worst > 0 {
		most("us a step", float64(m.Cycles)/m.Worst, n.micros)
		switch {
		case n.clock == 0:
		case m.Worst >= n.clock:
			words = append(words, fmt.Sprintf("%g MHz: met", n.clock))
		default:
			words = append(words, fmt.Sprintf("%g MHz: **%.0f %% less**", n.clock, 100*(1-m.Worst/n.clock)))
		}
	}
	return strings.Join(words, "; ")
}

// slowest says the slowest path of a design that misses its clock.
func (n need) slowest(m *measured, what string) []string {
	if m.Worst >= n.clock {
		return nil
	}
	for _, s := range m.Seeds {
		if p := s.Path; s.MHz == m.Worst && p != nil {
			return []string{fmt.Sprintf("The slowest path of %s: `%s` to `%s`, %.1f ns through %d cells, %.1f of it on wires; clocks of the seeds: %s MHz.",
				what, p.From, p.To, p.Logic+p.Routing, p.Levels, p.Routing, m.clocks())}
		}
	}
	return nil
}

// clocks are those of the seeds.
func (m *measured) clocks() string {
	var words []string
	for _, s := range m.Seeds {
		words = append(words, fmt.Sprintf("%.1f", s.MHz))
	}
	return strings.Join(words, ", ")
}

// cores are the transform alone.
func (b *bench) cores(ctx context.Context) error {
	b.line("## The transform alone")
	b.line("")
	b.line("`hrnnc core hadamard`: 16 values of 12 bits. Cycles are from one vector to the next.")
	b.line("")
	b.head(" required |")
	for _, h := range coresByHand {
		if err := b.madeByHand(ctx, h); err != nil {
			return err
		}
	}
	var paths []string
	for _, c := range cores {
		log.Printf("core of %d, %s", c.n, c.style)
		core, err := compiler.NewCore("", c.n, c.width, c.style)
		if err != nil {
			return err
		}
		dir, err := os.MkdirTemp("", "hrnnc-bench-fpga-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		f := core.Verilog()
		if err := fileio.WriteIn(dir, f.Path, f.Data); err != nil {
			return err
		}
		m, err := b.measure(ctx, synth.Design{Dir: dir, Files: []string{f.Path}, Top: core.Name}, row{part: c.part})
		if err != nil {
			return err
		}
		m.Cycles = core.Interval
		b.row(m, "| %d values of %d bits | %s | %s | %s | %s |", c.n, c.width, c.part, c.style, m.cells(), c.need.verdict(m, m))
		paths = append(paths, c.need.slowest(m, "the "+string(c.style)+" transform")...)
	}
	b.line("")
	b.paragraphs(paths)
	return nil
}

func (b *bench) ideas(ctx context.Context) error {
	b.line("## What each idea is worth")
	b.line("")
	b.line("Designs that decide one thing otherwise than the first of their group, and LUTs and cycles to it. Banks by parity, the last stage in the update,")
	b.line("rounding as a carry and weights digit by digit came together and have no setting each: \"before\" against the first row of this page is what they are")
	b.line("worth together.")
	b.line("")
	for _, group := range ideas {
		if err := b.unlessEmpty(func() error { return b.group(ctx, group.text, group.rows) }); err != nil {
			return err
		}
	}
	return nil
}

// group is a table of designs beside the first of them.
func (b *bench) group(ctx context.Context, text string, rows []row) error {
	b.line("%s", text)
	b.line("")
	b.head(" LUTs to the first | cycles to the first |")
	var first *measured
	for _, r := range rows {
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
	b.line("")
	return nil
}

// history shows what an idea was worth when it came: what this repository made before it and with it.
func (b *bench) history(ctx context.Context) error {
	b.line("What an idea was worth when it came, from the commits before and after it: a step's cycles are what the files say.")
	b.line("")
	b.head(" idea |")
	for _, h := range history {
		for _, commit := range []string{h.before, h.after} {
			log.Printf("%s at %s", h.row.model, commit)
			m, err := b.atCommit(ctx, commit, h.row)
			if err != nil {
				return err
			}
			what := "without: " + h.idea
			if commit == h.after {
				what = "with: " + h.idea
			}
			b.row(m, "| %s | %s | %s | %s | %s |", h.row.model, h.row.part, commit, m.cells(), what)
		}
	}
	b.line("")
	return nil
}

// atCommit measures what the compiler of a commit makes of a model.
func (b *bench) atCommit(ctx context.Context, commit string, r row) (*measured, error) {
	folder := filepath.Join(b.cache, strings.Join(append([]string{commit, r.model}, r.set...), "-"))
	if _, err := os.Stat(filepath.Join(folder, "hrnnc.json")); err != nil {
		tree, err := os.MkdirTemp("", "hrnnc-bench-fpga-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(tree)
		script := `git archive "$2" | tar -x -C "$0" && cd "$0" && go build -o hrnnc.built ./cmd/hrnnc &&
			model="$3" into="$1" && shift 3 && ./hrnnc.built compile examples/$model/model.hrn --target verilog -o "$into" "$@"`
		args := []string{"-c", script, tree, folder, commit, r.model}
		for _, s := range r.set {
			args = append(args, "--set", "verilog."+s)
		}
		if out, err := exttool.Run(ctx, ".", nil, "sh", args...); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", commit, err, out)
		}
	}
	return b.folder(ctx, folder, r)
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
	b.line("| model | part | design | LUTs | flip-flops | block RAMs of 18 kbit | multipliers | cycles a step | with outputs |")
	b.line("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, r := range families {
		m, err := b.model(ctx, r)
		if err != nil {
			return err
		}
		if m.Problem != "" {
			b.row(m, "| %s | %s | %s | %s | | | | | |", r.model, r.part, strings.Join(r.set, ", "), m.Problem)
			continue
		}
		b.row(m, "| %s | %s | %s | %s | %s | %d | %d | %s | %s |", r.model, r.part, strings.Join(r.set, ", "), diag.Grouped(m.Size.LUTs), diag.Grouped(m.Size.FlipFlops),
			m.Size.Blocks, m.Size.Multipliers, count(m.Cycles), count(m.OutputCycles))
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
	return b.folder(ctx, filepath.Join(b.before, r.model), r)
}

// folder measures what an hrnnc wrote to a folder.
func (b *bench) folder(ctx context.Context, folder string, r row) (*measured, error) {
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
	return diag.Grouped(n)
}

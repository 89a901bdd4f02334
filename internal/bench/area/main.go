// Command area holds the area that is counted on a design against what synthesis makes of it, over the example models and random
// ones, and writes the table of docs/benchmarks/area.md. What yosys made is kept in the user's cache.
//
//	go run ./internal/bench/area            # prints the table
//	go run ./internal/bench/area -write     # and puts it into docs/benchmarks/area.md
//	go run ./internal/bench/area -models examples/activity/model.hrn,random8 -arch serial
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/datapath/explore"
	"github.com/hrnnc/hrnnc/backends/synth"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/passes"
)

// randoms are the seeds of the random models.
var randoms = []int64{2, 3, 5, 8, 11, 14, 17, 21, 26, 30, 33, 40}

// page is what the program writes.
var page = filepath.Join("docs", "benchmarks", "area.md")

func main() {
	log.SetFlags(0)
	write := flag.Bool("write", false, "write "+page)
	models := flag.String("models", "", "files of models, and random models as random8 (default: the examples and a dozen random ones)")
	kind := flag.String("arch", "", "only this architecture")
	lanes := flag.Int("lanes", 4, "the most lanes of an architecture")
	name := flag.String("part", "hx8k", "the FPGA")
	minutes := flag.Duration("for", time.Hour, "begin no synthesis after so long")
	flag.Parse()
	part, err := chip.GetFPGA(*name)
	if err != nil {
		log.Fatal(err)
	}
	b := bench{part: part, kind: datapath.ArchKind(*kind), lanes: *lanes, until: time.Now().Add(*minutes)}
	if err := b.run(context.Background(), named(*models)); err != nil {
		log.Fatal(err)
	}
	if *write {
		if err := fileio.WriteFile(page, b.page()); err != nil {
			log.Fatal(err)
		}
	}
}

// named lists models.
func named(list string) []string {
	if list != "" {
		return strings.Split(list, ",")
	}
	all, err := filepath.Glob("examples/*/model.hrn")
	if err != nil {
		log.Fatal(err)
	}
	for _, seed := range randoms {
		all = append(all, fmt.Sprint("random", seed))
	}
	return all
}

// load reads a model, or makes one.
func load(name string, part *chip.Part) (*compiler.Lowered, error) {
	var m *compiler.Model
	if seed, ok := strings.CutPrefix(name, "random"); ok {
		n, err := strconv.ParseInt(seed, 10, 64)
		if err != nil {
			return nil, err
		}
		made, err := modelgen.Random(n, modelgen.Options{MaxUnits: 128})
		if err != nil {
			return nil, err
		}
		if m, err = compiler.FromParts("model.hrn", []byte(made.Text), made.Weights); err != nil {
			return nil, err
		}
	} else {
		var err error
		if m, err = compiler.Load(name, ""); err != nil {
			return nil, err
		}
	}
	if err := m.Set([]string{"verilog.part=" + part.Name}); err != nil {
		return nil, err
	}
	return m.Lower(passes.Config{})
}

// row is one design.
type row struct {
	model     string
	arch      datapath.Arch
	predicted explore.Candidate
	made      *compiler.Synthesis
}

// off is how far the prediction is off, in per cent of what synthesis makes.
func (r row) off() float64 { return 100 * (float64(r.predicted.Tables)/float64(r.made.Size.LUTs) - 1) }

type bench struct {
	part  *chip.Part
	kind  datapath.ArchKind
	lanes int
	until time.Time
	rows  []row
}

// run measures every architecture of every model, the smallest first.
func (b *bench) run(ctx context.Context, models []string) error {
	for _, name := range models {
		l, err := load(name, b.part)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		survey, err := l.Explore(nil)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, c := range b.chosen(survey.All) {
			if time.Now().After(b.until) {
				return nil
			}
			made, err := l.As(c.Arch).Synth(ctx, b.part, compiler.SynthOptions{Options: synth.Options{SizeOnly: true, Multipliers: c.Arch.Multipliers, Timeout: 10 * time.Minute}, Keep: true})
			if err != nil {
				fmt.Fprintf(os.Stderr, "%s, %s: %v\n", name, c.Arch, err)
				continue
			}
			r := row{l.Name(), c.Arch, c, made}
			b.rows = append(b.rows, r)
			fmt.Println(r)
		}
	}
	return nil
}

// chosen are those that the table has: each architecture with 1, 2 and 4 lanes, all else as small as it goes.
func (b *bench) chosen(all []explore.Candidate) []explore.Candidate {
	var out []explore.Candidate
	for _, c := range all { // the smallest first
		same := func(o explore.Candidate) bool { return o.Kind == c.Kind && o.Lanes == c.Lanes }
		if c.Lanes <= b.lanes && c.Tables < 6000 && (b.kind == "" || c.Kind == b.kind) && !slices.ContainsFunc(out, same) {
			out = append(out, c)
		}
	}
	return out
}

// String is a row of the table.
func (r row) String() string {
	a := r.arch
	counted := "not counted"
	if r.made.Counted > 0 {
		counted = strconv.Itoa(r.made.Counted)
	}
	return fmt.Sprintf("| %s | %s | %d | %d | %d | %d | %d | %d | %+.1f %% | %d | %d | %d | %d | %d | %s |", r.model, a.Kind, a.Lanes, a.Update, a.Product, a.Readout,
		r.predicted.Tables, r.made.Size.LUTs, r.off(), r.predicted.FlipFlops, r.made.Size.FlipFlops, r.predicted.Blocks, r.made.Size.Blocks, r.predicted.StepCycles, counted)
}

// Price measures random models under random schedules on simulated chips, fits the prices of operations to them, and writes those
// into the files of the chips and docs/benchmarks/price.md. Run it in the repository:
//
//	go run ./internal/bench/price -measure        # builds and runs programs; keeps what it measured
//	go run ./internal/bench/price                 # fits prices to what was measured
//	go run ./internal/bench/price -held 8         # measures what is picked for models that no fit saw
//	go run ./internal/bench/price -picks examples/digits/model.hrn  # measures what is picked, and its runners-up
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/schedule"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/backends/run"
	"github.com/hrnnc/hrnnc/ir"
)

// sample is one program on one chip.
type sample struct {
	Seed    int64  `json:"seed"`
	Choice  string `json:"choice"`
	Program string `json:"program"`
	// Assembly are the functions that are in assembly.
	Assembly map[string]schedule.Known `json:"assembly,omitempty"`
	Picked   bool                      `json:"picked,omitempty"`  // whether the schedule is the one picked
	Decides  bool                      `json:"decides,omitempty"` // whether its code finds the largest output
	Even     float64                   `json:"even"`
	Odd      float64                   `json:"odd"`
	Output   float64                   `json:"output"`
	Code     int                       `json:"code"` // bytes of the model's object
	Tables   int                       `json:"tables"`
	State    int                       `json:"state"`
	Stack    int                       `json:"stack"` // of a step
}

func main() {
	measure := flag.Bool("measure", false, "measure programs")
	chips := flag.String("chips", "atmega328p,cortex-m0,cortex-m4,rv32imc", "the chips")
	samples := flag.Int("samples", 60, "programs a chip")
	folder := flag.String("folder", "build/price", "where measurements are kept")
	first := flag.Int64("first", 1, "seed of the first model")
	units := flag.Int("units", 128, "units of the largest model, a power of two from 8")
	keep := flag.Bool("write", false, "write the prices")
	checks := flag.Bool("check", false, "hold the prices in use against what was measured, and print rows of the page")
	models := flag.String("picks", "", "models, of which what is picked and its runners-up are measured")
	random := flag.Int("held", 0, "measure what is picked for the examples, and for so many random models of each kind, which no fit saw")
	rivals := flag.Bool("rivals", false, "with -measure: of each model what is picked and its runners-up, in the place of one schedule")
	verbose := flag.Bool("v", false, "print every price and the worst errors")
	flag.Parse()
	for _, name := range strings.Split(*chips, ",") {
		part, err := chip.Get(name)
		if err == nil && *measure {
			err = collect(part, *folder, *samples, *first, *units, *rivals)
		}
		if err == nil && *models != "" {
			err = picks(part, strings.Split(*models, ","))
		}
		if err == nil && *random > 0 {
			err = held(part, *random)
		}
		if err == nil && *checks {
			var line string
			line, err = check(part, *folder)
			fmt.Print(line)
		}
		if err == nil && !*measure && !*checks && *models == "" && *random == 0 {
			err = fit(part, *folder, *verbose, *keep)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// program draws a choice that the plan allows: what is picked, or of one, four or sixteen drawn the quickest by the prices there are,
// since near those that are picked prices matter most.
func program(rng *rand.Rand, seed int64, p *lower.Plan, part *chip.Part) (best *step.Program, choice step.Choice, picked bool, err error) {
	space := schedule.Of(p, part)
	least := 0.0
	if rng.Intn(4) == 0 && usual(seed) && schedule.PricesOf(part) != nil {
		picked, err := schedule.Pick(p, part, schedule.Budget{}, c.Assembled)
		if err != nil {
			return nil, step.Choice{}, false, err
		}
		return picked.Program, picked.Choice, true, nil
	}
	left := oneOf(rng, 1, 4, 16)
	for tries := 0; left > 0 && tries < 100; tries++ {
		c := step.Choice{Word: space.Word, Readout: oneOf(rng, space.Readout...)}
		for _, l := range space.Layers {
			c.Layers = append(c.Layers, oneOf(rng, l...))
		}
		var prog *step.Program
		if prog, err = step.Build(p, c); err != nil {
			continue
		}
		if err = step.Verify(prog); err != nil {
			continue
		}
		left--
		if time := quick(prog, part); best == nil || time < least {
			best, choice, least = prog, c, time
		}
	}
	if best != nil {
		err = nil
	}
	return best, choice, false, err
}

// quick is the time of a step and a share of an output, by the prices there are; any number where there are none.
func quick(prog *step.Program, part *chip.Part) float64 {
	if schedule.PricesOf(part) == nil {
		return 0
	}
	price := schedule.PriceOf(prog, part, c.Assembled(prog, part))
	return price.Step() + price.Output/4
}

func collect(part *chip.Part, folder string, n int, first int64, units int, rivals bool) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	out, err := os.OpenFile(filepath.Join(folder, part.Name+".jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer out.Close()
	ctx := context.Background()
	bench, err := run.Open(ctx, part)
	if err != nil {
		return err
	}
	defer bench.Close()
	for seed := first; seed < first+int64(n); seed++ {
		var got []*sample
		if rivals {
			got, err = rivalsOf(ctx, bench, part, seed, units)
		} else {
			got = make([]*sample, 1)
			got[0], err = measured(ctx, bench, part, seed, units)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s, seed %d: %.300v\n", part.Name, seed, err)
			continue
		}
		lines := json.NewEncoder(out)
		for _, s := range got {
			if err := lines.Encode(s); err != nil {
				return err
			}
		}
	}
	return nil
}

func measured(ctx context.Context, bench *run.Bench, part *chip.Part, seed int64, units int) (*sample, error) {
	p, err := model(seed, units)
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewSource(seed * 31))
	prog, choice, picked, err := program(rng, seed, p, part)
	if err != nil {
		return nil, err
	}
	out, err := sampled(ctx, bench, part, p, prog, rng)
	if err != nil {
		return nil, err
	}
	out.Seed, out.Choice, out.Picked = seed, fmt.Sprint(choice.Layers, choice.Readout), picked
	return out, nil
}

// sampled builds and runs a program of a plan.
func sampled(ctx context.Context, bench *run.Bench, part *chip.Part, p *lower.Plan, prog *step.Program, rng *rand.Rand) (*sample, error) {
	files, err := c.Spell(p, prog, backends.Vectors{}, backends.Settings{"mcu": part.Name})
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "hrnnc-price-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for _, f := range files {
		if filepath.Dir(f.Path) == "." {
			if err := os.WriteFile(filepath.Join(dir, f.Path), f.Data, 0o666); err != nil {
				return nil, err
			}
		}
	}
	firmware, err := bench.Build(ctx, run.Model{Dir: dir, Plan: p})
	if err != nil {
		return nil, err
	}
	lo, hi := p.Input.Range()
	x := [][][]int64{}
	for range 2 {
		seq := make([][]int64, 4)
		for t := range seq {
			seq[t] = make([]int64, p.Input.Size)
			for j := range seq[t] {
				seq[t][j] = lo + rng.Int63n(hi-lo+1)
			}
		}
		x = append(x, seq)
	}
	r, err := firmware.Run(ctx, x)
	if err != nil {
		return nil, err
	}
	return &sample{Program: step.Text(prog), Assembly: c.Assembled(prog, part), Decides: p.Output.Decision == ir.Argmax, Even: r.Counts[run.EvenStep].Mean, Odd: r.Counts[run.OddStep].Mean,
		Output: r.Counts[run.Output].Mean, Code: firmware.Object.Program, Tables: firmware.Object.Tables, State: r.State, Stack: r.Step().Stack}, nil
}

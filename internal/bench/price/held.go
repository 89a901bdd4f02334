package main

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/schedule"
	"github.com/hrnnc/hrnnc/backends/run"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/passes"
)

// kind is a sort of model, told by its text.
type kind struct {
	name string
	of   func(text string) bool
}

// kinds are the random models that prices are held against: those of the tests, with every construct of the language, which no fit saw.
var kinds = []kind{
	{"stacked", func(t string) bool { return strings.Contains(t, "state h2") }},
	{"an embedding", func(t string) bool { return strings.Contains(t, "embed(") }},
	{"one-hot tokens", func(t string) bool { return strings.Contains(t, "onehot(") }},
	{"endless", func(t string) bool { return !strings.Contains(t, "\nsteps ") }},
	{"one layer of vectors", func(string) bool { return true }},
}

// held measures what is picked for the examples, a row each, and for random models, a row a kind.
func held(part *chip.Part, each int) error {
	ctx := context.Background()
	bench, err := run.Open(ctx, part)
	if err != nil {
		return err
	}
	defer bench.Close()
	examples, err := filepath.Glob("examples/*/model.hrn")
	if err != nil {
		return err
	}
	for _, file := range examples {
		m, err := compiler.Load(file, "")
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			continue
		}
		l, err := m.Lower(passes.Config{})
		if err != nil {
			return err
		}
		p, s, err := pickedOf(ctx, bench, part, l.Plan)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s on %s: %.150v\n", file, part.Name, err)
			continue
		}
		step := (s.Even + s.Odd) / 2
		fmt.Printf("| %s | %s | %.0f | %.0f | %+.1f %% | %.0f | %.0f | %+.1f %% | %d | %d | %+.1f %% |\n", l.Plan.Name, part.Name, p.Step(), step, 100*(p.Step()/step-1),
			p.Output, s.Output, 100*(p.Output/s.Output-1), p.Code, s.Code, 100*(float64(p.Code)/float64(s.Code)-1))
	}
	errs := map[string][3][]float64{}
	for seed := int64(1); seed <= 400; seed++ {
		missing := slices.ContainsFunc(kinds, func(k kind) bool { return len(errs[k.name][0]) < each })
		if !missing {
			break
		}
		kind, plan := heldOut(seed, part)
		if plan == nil || len(errs[kind][0]) >= each {
			continue
		}
		p, s, err := pickedOf(ctx, bench, part, plan)
		if err != nil {
			continue // no room
		}
		e := errs[kind]
		step := (s.Even + s.Odd) / 2
		for i, v := range [][2]float64{{p.Step(), step}, {p.Output, s.Output}, {float64(p.Code), float64(s.Code)}} {
			e[i] = append(e[i], v[0]/v[1]-1)
		}
		errs[kind] = e
	}
	for _, k := range kinds {
		e := errs[k.name]
		line := fmt.Sprintf("| %s | %s | %d |", k.name, part.Name, len(e[0]))
		for _, v := range e {
			line += fmt.Sprintf(" %.1f %% | %.1f %% |", 100*quantile(v, .5), 100*quantile(v, 1))
		}
		fmt.Println(line)
	}
	return nil
}

// heldOut is a random model of a seed that a small chip may have room for, and its kind; nil where it cannot be lowered.
func heldOut(seed int64, part *chip.Part) (string, *lower.Plan) {
	units := 256
	if part.Word == 8 {
		units = 64
	}
	m, err := modelgen.Random(seed, modelgen.Options{MaxUnits: units})
	if err != nil {
		return "", nil
	}
	text := m.Text
	if seed%4 == 0 {
		text = endless(text)
	}
	p, err := plan(text, seed)
	if err != nil || p.Layers[0].N < 8 {
		return "", nil
	}
	for _, k := range kinds {
		if k.of(text) {
			return k.name, p
		}
	}
	return "", nil
}

// pickedOf is what is picked for a plan: its price, and what was measured.
func pickedOf(ctx context.Context, bench *run.Bench, part *chip.Part, p *lower.Plan) (schedule.Price, *sample, error) {
	picked, err := schedule.Pick(p, part, schedule.Budget{}, c.Assembled)
	if err != nil {
		return schedule.Price{}, nil, err
	}
	s, err := sampled(ctx, bench, part, p, picked.Program, rand.New(rand.NewSource(1)))
	return picked.Price, s, err
}

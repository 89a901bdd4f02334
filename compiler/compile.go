package compiler

import (
	"context"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/schedule"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/passes"
)

// Report is what a compile made, for people and for scripts.
type Report struct {
	Model   string                       `json:"model"`
	Version string                       `json:"hrnnc"`
	Input   string                       `json:"input"`
	Output  string                       `json:"output"`
	Layers  []LayerReport                `json:"layers"`
	Cost    lower.Cost                   `json:"cost"`
	Passes  []passes.Step                `json:"passes"`
	Targets map[string][]backends.Figure `json:"targets"`
	// Settings are those of targets that the command line gave, as "verilog.butterflies=8".
	Settings []string `json:"settings,omitempty"`
	// Schedule is how target c computes a step on its chip, where one is named and it was asked for.
	Schedule *schedule.Picked `json:"schedule,omitempty"`
	// Architecture is how target verilog computes a step on its part, where it was asked for.
	Architecture *Architecture `json:"architecture,omitempty"`
	// Saturated of Updates state entries were clamped on the golden vectors.
	Saturated int64 `json:"saturated"`
	Updates   int64 `json:"updates"`
}

// LayerReport is the shape of one layer.
type LayerReport struct {
	Name     string  `json:"name"`
	Units    int     `json:"units"`
	Block    int     `json:"block"`
	Bits     int     `json:"bits"`
	Unit     float64 `json:"unit"`
	Saturate bool    `json:"saturates"`      // false: proven not to
	Leak     []int   `json:"leak,omitempty"` // a step takes 2^-l of the units of each run of blocks
	// Floor is the largest |h| that does not decay without input, in units of the model: 0 without a leak.
	Floor float64 `json:"noise_floor,omitempty"`
	Adds  int     `json:"recurrence_adds"`
}

// Output is what a compile leaves: the files of every target, by its name.
type Output struct {
	Files  map[string][]backends.File
	Report Report
	// Vocabulary spells the tokens, nil where that is unknown.
	Vocabulary []string
}

// goldenSteps keeps the golden vectors of long models readable; a prefix of a sequence is one too.
const goldenSteps = 48

// GoldenVectors are sequences at the edges of the input's range and a random one, with the fixed interpreter's outputs.
func (l *Lowered) GoldenVectors(ctx context.Context) (v backends.Vectors, saturated, updates int64, err error) {
	v.X = passes.Sequences(l.Module, 5, goldenSteps, rand.New(rand.NewSource(1)))
	v.Y, saturated, updates, err = l.fixed(ctx, v.X, nil)
	return v, saturated, updates, err
}

// Compile generates the targets, in parallel. Once ctx is done it does not wait for those at hand, of which nothing is kept.
func (l *Lowered) Compile(ctx context.Context, targets []backends.Target) (*Output, error) {
	if err := l.knownTargets(); err != nil {
		return nil, err
	}
	var names []string
	for _, t := range targets {
		names = append(names, t.Name())
	}
	if err := l.unusedSettings(names); err != nil {
		return nil, err
	}
	vectors, saturated, updates, err := l.GoldenVectors(ctx)
	if err != nil {
		return nil, err
	}
	var done atomic.Int64 // the vectors and targets
	l.report(int(done.Add(1)), len(targets)+1)
	out := &Output{Files: map[string][]backends.File{}, Report: l.Report()}
	out.Report.Saturated, out.Report.Updates = saturated, updates
	out.Vocabulary = l.Vocabulary
	files := make([][]backends.File, len(targets))
	figures := make([][]backends.Figure, len(targets))
	problems := make([]diag.List, len(targets)) // all of them are reported, in order
	var wg sync.WaitGroup
	for i, t := range targets {
		wg.Go(func() {
			var err error
			if files[i], figures[i], err = l.generate(t, l.Plan, vectors); err != nil {
				problems[i] = asList(err)
			}
			if ctx.Err() == nil {
				l.report(int(done.Add(1)), len(targets)+1)
			}
		})
	}
	made := make(chan struct{})
	go func() { wg.Wait(); close(made) }()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-made:
	}
	if err := slices.Concat(problems...).Err(); err != nil {
		return nil, err
	}
	for i, t := range targets {
		out.Files[t.Name()], out.Report.Targets[t.Name()] = files[i], figures[i]
	}
	return out, nil
}

func (l *Lowered) report(done, total int) {
	if l.Watch != nil {
		l.Watch(done, total)
	}
}

// generate writes a plan in one target. Errors about settings, whose place targets do not know, get theirs here.
func (l *Lowered) generate(t backends.Target, p *lower.Plan, v backends.Vectors) ([]backends.File, []backends.Figure, error) {
	said := *p
	said.Comment = slices.Clone(p.Comment)
	for _, o := range l.overrides {
		if o.of(t.Name()) {
			said.Comment = append(said.Comment, "--set "+o.String())
		}
	}
	generate := t.Generate
	if d, ok := t.(backends.Drafter); ok && l.Draft {
		generate = d.Draft
	}
	files, figures, err := generate(&said, v, l.Targets[t.Name()])
	if err == nil {
		return files, figures, nil
	}
	return nil, nil, l.placed(t, err)
}

// placed gives errors of a target about settings, or about a chip without room, their place in the model or the command line.
func (l *Lowered) placed(t backends.Target, err error) error {
	list := asList(err)
	for _, d := range list {
		switch {
		case d.Code == "internal":
			return err
		case d.Code == "settings":
			d.Span = l.settingSpan(t.Name() + "." + d.Span.What)
		case d.Code == "fit" && d.Span.File == "":
			d.Span.File = l.File
		}
	}
	return list
}

// knownTargets reports target blocks whose target does not exist.
func (l *Lowered) knownTargets() error {
	var errs diag.List
	for _, name := range slices.Sorted(maps.Keys(l.Targets)) {
		if findTarget(name) == nil {
			errs.Add(unknownTarget(name, l.settingSpan(name)))
		}
	}
	return errs.Err()
}

func unknownTarget(name string, at diag.Span) *diag.Diagnostic {
	d := diag.At(at).Errorf("settings", "there is no target %s", name).Helpf("the targets are %s", strings.Join(TargetNames(), ", "))
	if near := diag.Nearest(name, TargetNames()); near != "" {
		d.Fix(at, near)
	}
	return d
}

// settingSpan is where the command line or the model has a target block or one of its settings, by "target" or "target.key".
func (l *Lowered) settingSpan(key string) diag.Span {
	for _, o := range l.overrides {
		if o.key == key {
			return diag.Span{File: l.File, What: "--set " + o.String()}
		}
	}
	if l.Checked != nil {
		if at, ok := l.Checked.Settings[key]; ok {
			return at
		}
	}
	return diag.Span{File: l.File}
}

// Report is what is known before a target is generated.
func (l *Lowered) Report() Report {
	p := l.Plan
	r := Report{Model: p.Name, Version: Version, Cost: p.Cost(), Passes: l.Steps, Targets: map[string][]backends.Figure{}}
	for _, o := range l.overrides {
		r.Settings = append(r.Settings, o.String())
	}
	r.Input = fmt.Sprintf("%s : %s", p.Input.Name, inputType(p))
	r.Output = fmt.Sprintf("%s : %d, %s, %s", p.Output.Name, p.Readout.Matrix.Rows, p.Output.Decision, p.Output.When)
	if d := p.Output.Decide; d != nil {
		r.Output += fmt.Sprintf(", decide hold %d smooth %d threshold %v", d.Hold, d.Smooth, d.Threshold)
	}
	for i := range p.Layers {
		layer := &p.Layers[i]
		one := lower.Plan{Layers: p.Layers[i : i+1]}
		unit := l.Module.States[i].Scale.Unit
		floor := 0.0
		if k := layer.Leak.Most(); k > 0 {
			floor = unit * float64(arith.Floor(k).Magnitude())
		}
		r.Layers = append(r.Layers, LayerReport{Name: layer.Name, Units: layer.N, Block: layer.Block, Bits: layer.Bits,
			Unit: unit, Saturate: layer.Saturate, Leak: layer.Leak, Floor: floor, Adds: one.Cost().Recurrence.Adds})
	}
	return r
}

func inputType(p *lower.Plan) string {
	in := p.Input
	switch {
	case in.Vocab > 0:
		return fmt.Sprintf("token[%d]", in.Vocab)
	case in.Signed:
		return fmt.Sprintf("i%d[%d]", in.Bits, in.Size)
	}
	return fmt.Sprintf("u%d[%d]", in.Bits, in.Size)
}

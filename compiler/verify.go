package compiler

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"math/rand"
	"slices"
	"strings"
	"time"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/run"
	"github.com/hrnnc/hrnnc/backends/verilog"
	"github.com/hrnnc/hrnnc/backends/verilog/sim"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/interp"
)

// Verification is one level held against the fixed-level interpreter.
type Verification struct {
	Level     string  `json:"level"`
	Sequences int     `json:"vectors"`
	Steps     int     `json:"steps"`
	Differing int     `json:"differing_bits"`
	First     string  `json:"first_difference,omitempty"` // the first sequence that differs
	Seconds   float64 `json:"seconds"`
	// Error is the largest difference of the real level's logits, relative to the largest: no level but real has one.
	Error float64 `json:"relative_error,omitempty"`
	// Proof says what the unit vectors proved, for levels that have a transform.
	Proof   string `json:"transform,omitempty"`
	Skipped string `json:"skipped,omitempty"` // why it could not run
	Asked   bool   `json:"asked,omitempty"`   // VerifyOptions.Levels names it
}

// VerifyOptions says how much to run. The zero value is the command's default.
type VerifyOptions struct {
	Sequences int // of short sequences a level; 0 stands for 24
	Seed      int64
	// Levels limits the engines, by the names that Run takes; none stands for all, x.
	Levels []string
	// Chips are those whose emulators run the C too.
	Chips []*chip.Part
	// FPGAs are those whose netlists run.
	FPGAs []*chip.Part
	// NoProof leaves out the unit vectors.
	NoProof bool
	// SimulatorSeconds is about what a simulator of hardware runs for, and half of what its unit vectors may take;
	// 0 stands for 3.
	SimulatorSeconds float64
	// Watch is told which level runs, and about how far all of it is, 0 to 1.
	Watch func(level string, done float64)
}

// Named reports whether levels, chips or FPGAs were chosen by name.
func (o *VerifyOptions) Named() bool { return len(o.Levels)+len(o.Chips)+len(o.FPGAs) > 0 }

// shortSteps are the steps of a short sequence.
const shortSteps = 40

// Verify runs every level on edge cases (all smallest, all largest, alternating, long runs) and random sequences, and
// every transform on its unit vectors.
func (l *Lowered) Verify(ctx context.Context, o VerifyOptions) ([]Verification, error) {
	if o.Sequences == 0 {
		o.Sequences = 24
	}
	if o.SimulatorSeconds == 0 {
		o.SimulatorSeconds = 3
	}
	v := verifier{l: l, o: o, x: l.verifySequences(o)}
	start := time.Now()
	v.begin("fixed", quickly)
	var err error
	if v.want, _, _, err = l.fixed(ctx, v.x, nil); err != nil {
		return nil, err
	}
	rows := []Verification{{Level: "fixed", Sequences: len(v.x), Steps: totalSteps(v.x), Seconds: time.Since(start).Seconds(), Proof: "the reference"}}
	switch {
	case l.Real != nil && v.chosen("real"):
		row, err := v.real(ctx)
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	case v.asked("real"):
		rows = append(rows, Verification{Level: "real", Skipped: "IR of the fixed level has no real level", Asked: true})
	}
	if v.chosen("plan") {
		rows = append(rows, v.plan())
	}
	for _, t := range Targets {
		_, usual, err := FindEngine(t.Name())
		if err != nil {
			return rows, err
		}
		for _, e := range t.Engines() {
			level := t.Name() + "/" + slug(e.Name)
			if !v.chosen(level) && (e.Name != usual.Name || !v.chosen(t.Name())) {
				continue
			}
			row, err := v.engine(ctx, t, e)
			if err != nil {
				return rows, err
			}
			row.Asked = v.asked(level) || e.Name == usual.Name && v.asked(t.Name())
			row.Level = fmt.Sprintf("%s (%s)", t.Name(), e.Name)
			if e.Name == t.Name() {
				row.Level = t.Name()
			}
			rows = append(rows, row)
		}
	}
	for _, p := range o.Chips {
		on := v
		on.l = l.onChip(p)
		row, err := on.engine(ctx, c.Target, run.Engine(p))
		if err != nil {
			return rows, l.placed(c.Target, err)
		}
		v.done, v.work = on.done, on.work
		row.Level, row.Asked = fmt.Sprintf("c (%s)", p.Name), true
		rows = append(rows, row)
	}
	for _, p := range o.FPGAs {
		on := v
		on.l = l.on(verilog.Target, "part", p)
		on.o.NoProof = true // for each plan of unit vectors, the synthesis would run again
		row, err := on.engine(ctx, verilog.Target, sim.Netlist(p))
		if err != nil {
			return rows, l.placed(verilog.Target, err)
		}
		v.done, v.work = on.done, on.work
		row.Level, row.Asked, row.Proof = fmt.Sprintf("verilog (netlist %s)", p.Name), true, "-"
		rows = append(rows, row)
	}
	return rows, nil
}

type verifier struct {
	l    *Lowered
	o    VerifyOptions
	x    [][][]int64
	want [][][]int64
	// level is the one that runs, and takes some work behind what is done.
	level      string
	work, done float64
}

// What a level takes beside others, about: those that interpret nothing, programs that are built, and hardware that is simulated.
const (
	quickly = 0.05
	built   = 1.0
	slowly  = 2.0
)

// begin says that a level runs that takes some work, and that those before it are done.
func (v *verifier) begin(level string, work float64) {
	v.done += v.work
	v.level, v.work = level, work
	v.within(0)
}

// within says how much of the level is done, 0 to 1.
func (v *verifier) within(done float64) {
	if v.o.Watch != nil {
		v.o.Watch(v.level, min(1, (v.done+v.work*done)/max(v.all(), v.done+v.work)))
	}
}

// all is the work of every level, of those that are skipped too.
func (v *verifier) all() float64 {
	n := quickly // fixed
	for _, level := range append(Levels(), "plan") {
		if !v.chosen(level) || level == "fixed" {
			continue
		}
		_, e, err := FindEngine(level)
		switch {
		case err != nil:
			n += quickly
		case e.Rate > 0:
			n += slowly
		default:
			n += built
		}
	}
	return n + slowly*float64(len(v.o.Chips)+len(v.o.FPGAs))
}

// chosen reports whether a level is to run; asked, whether it is because its name was given.
func (v *verifier) chosen(level string) bool {
	return !v.o.Named() || v.asked(level)
}

func (v *verifier) asked(level string) bool { return slices.Contains(v.o.Levels, level) }

func totalSteps(x [][][]int64) int {
	n := 0
	for _, s := range x {
		n += len(s)
	}
	return n
}

// verifySequences are short edge cases and random ones, and full-length ones of each kind where the model says a length.
func (l *Lowered) verifySequences(o VerifyOptions) [][][]int64 {
	rng := rand.New(rand.NewSource(o.Seed + 1))
	steps := shortSteps
	if most := l.Module.Longest(); most > 0 {
		steps = min(steps, most)
	}
	var out [][][]int64
	for i := range o.Sequences {
		out = append(out, sequence(l.Module.Input, i, max(1, steps-i%3), rng))
	}
	full := l.Module.Steps
	if l.Module.Hop > 0 { // until every copy has restarted, and some twice
		full = 2*full + l.Module.Hop + 1
	}
	if full > steps && full <= 4096 {
		for i := range 5 {
			out = append(out, sequence(l.Module.Input, i, full, rng))
		}
	}
	return out
}

// sequence makes a sequence of one kind: all smallest, all largest, alternating, long runs, or random.
func sequence(in ir.Input, kind, steps int, rng *rand.Rand) [][]int64 {
	lo, hi := in.Range()
	random := func() int64 { return lo + rng.Int63n(hi-lo+1) }
	run, left := random(), 0
	x := make([][]int64, steps)
	for t := range x {
		if left == 0 {
			run, left = []int64{lo, hi, random()}[rng.Intn(3)], 1+rng.Intn(2*steps/3+1)
		}
		left--
		x[t] = make([]int64, in.Size)
		for j := range x[t] {
			switch kind {
			case 0:
				x[t][j] = lo
			case 1:
				x[t][j] = hi
			case 2:
				x[t][j] = []int64{lo, hi}[(t+j)&1]
			case 3:
				x[t][j] = run
			default:
				x[t][j] = random()
			}
		}
	}
	return x
}

// real reports how far the real level is from the fixed one.
func (v *verifier) real(ctx context.Context) (Verification, error) {
	v.begin("real", quickly)
	start := time.Now()
	row := Verification{Level: "real", Sequences: len(v.x), Steps: totalSteps(v.x)}
	unit := v.l.Module.Value(v.l.Module.Y).Type.Scale
	diff, most := 0.0, 0.0
	for i, x := range v.x {
		if ctx.Err() != nil {
			return row, ctx.Err()
		}
		r, err := interp.RunReal(v.l.Real, x)
		if err != nil {
			row.Skipped, row.Asked = err.Error(), v.asked("real")
			return row, nil
		}
		for t, y := range r.Y {
			u := unit.Unit
			switch v.l.Module.Output.When {
			case ir.EveryStep:
				u = unit.At(t + 1)
			case ir.AtLast:
				u = unit.At(len(x))
			case ir.Mean:
				u /= float64(len(x))
			}
			for j := range y {
				diff = max(diff, math.Abs(y[j]-u*float64(v.want[i][t][j])))
				most = max(most, math.Abs(y[j]))
			}
		}
	}
	row.Error, row.Seconds = diff/max(most, 1e-300), time.Since(start).Seconds()
	return row, nil
}

// plan holds the lowered plan's own interpreter against the IR's.
func (v *verifier) plan() Verification {
	v.begin("plan", quickly)
	start := time.Now()
	row := compare(v.x, v.want, v.l.Plan.Outputs(v.x))
	row.Level = "plan"
	if !v.o.NoProof {
		row.Proof = provenInMachine(v.l.Plan)
	}
	row.Seconds = time.Since(start).Seconds()
	return row
}

// compare counts the bits that differ.
func compare(x, want, got [][][]int64) Verification {
	row := Verification{Sequences: len(x), Steps: totalSteps(x)}
	for i := range x {
		n := differing(want[i], got[i])
		if n > 0 && row.First == "" {
			row.First = fmt.Sprintf("sequence %d of %s: want %v, got %v", i, diag.Count(len(x[i]), "step"), want[i], got[i])
			if len(row.First) > 300 {
				row.First = row.First[:300] + "..."
			}
		}
		row.Differing += n
	}
	return row
}

// differing counts bits; an output that is missing counts whole.
func differing(want, got [][]int64) int {
	n := 0
	for t := range want {
		for j := range want[t] {
			if t >= len(got) || j >= len(got[t]) {
				n += 64
				continue
			}
			n += bits.OnesCount64(uint64(want[t][j] ^ got[t][j]))
		}
	}
	return n
}

// engine generates a target and holds one way of running it against the reference.
func (v *verifier) engine(ctx context.Context, t backends.Target, e backends.Engine) (Verification, error) {
	work := built
	if e.Rate > 0 {
		work = slowly
	}
	v.begin(fmt.Sprintf("%s (%s)", t.Name(), e.Name), work)
	start := time.Now()
	if missing := exttool.Missing(e.Tools...); len(missing) > 0 {
		_, err := exttool.Find(missing[0])
		return Verification{Skipped: fmt.Sprint(asList(err)[0].Summary, ": ", asList(err)[0].Help)}, nil
	}
	x, want, limit := v.x, v.want, math.Inf(1)
	if e.Rate > 0 {
		var err error
		if x, want, err = v.budgeted(ctx, e.Rate); err != nil {
			return Verification{}, err
		}
		limit = 2 * v.o.SimulatorSeconds * e.Rate // for the unit vectors
	}
	got, err := v.l.generateAndRun(ctx, t, e, v.l.Plan, x)
	if err != nil {
		return Verification{}, fmt.Errorf("%s: %w", e.Name, err)
	}
	v.within(0.5)
	row := compare(x, want, got)
	if !v.o.NoProof {
		row.Proof = provenBy(v.l.Plan, func(p *lower.Plan, x [][][]int64) ([][][]int64, error) {
			return v.l.probing(t, p).generateAndRun(ctx, t, e, p, x)
		}, limit)
	}
	row.Seconds = time.Since(start).Seconds()
	return row, nil
}

// budgeted is a sequence of every kind, cut to what a simulator of that rate runs in its time, and the reference's outputs. A model that
// restarts, whose steps are those of all its copies, has fewer sequences instead, the last of them random, where one would else end before
// a copy starts anew.
func (v *verifier) budgeted(ctx context.Context, rate float64) (x, want [][][]int64, err error) {
	kinds := min(5, len(v.x))
	inputs := v.o.SimulatorSeconds * rate / float64(v.l.Plan.Cost().Total())
	steps := max(3, int(inputs/5))
	first := 0
	if least := v.l.Plan.Hop + 2; v.l.Plan.Hop > 0 && steps < least {
		first = kinds - min(max(1, int(inputs)/least), kinds)
		steps = least
	}
	for i, s := range v.x[first:kinds] {
		x = append(x, s[:min(len(s), steps+i&1)])
	}
	want, _, _, err = v.l.fixed(ctx, x, nil)
	return x, want, err
}

// Equal reports whether no bit differs and no proof failed, as far as the level ran.
func (v Verification) Equal() bool { return v.Differing == 0 && !strings.Contains(v.Proof, "FAILED") }

// Passed reports whether the level is equal. One that was skipped passes, unless it was asked for.
func (v Verification) Passed() bool { return v.Equal() && (v.Skipped == "" || !v.Asked) }

package compiler

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/interp"
	"github.com/hrnnc/hrnnc/passes"
)

// Progress is told how much of a long job is done.
type Progress func(done, total int)

// Outputs is what sequences give at one level.
type Outputs struct {
	Level string
	T     int // steps of a sequence
	// Y is float64 logits at the real level, and int64 accumulators elsewhere (docs/numerics.md section 3).
	Y *npy.Array
	// Decisions are those of a decide block, one a step, sequence after sequence; nil where the model has none.
	Decisions []int64
	// Saturated of Updates state entries were clamped: fixed level only.
	Saturated, Updates int64
	// Max is the largest |h| seen, a state: real level only.
	Max []float64
}

// each runs f for every index on all cores.
func each(ctx context.Context, n int, progress Progress, f func(i int) error) error {
	var done atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			err := f(i)
			if progress != nil {
				progress(int(done.Add(1)), n)
			}
			return err
		})
	}
	return g.Wait()
}

// RunReal runs sequences through the real-level interpreter.
func (m *Model) RunReal(ctx context.Context, x [][][]int64, progress Progress) (*Outputs, error) {
	if m.Real == nil {
		return nil, diag.List{diag.InFile(m.File, "").Errorf("level", "IR of the fixed level has no real level").Helpf("run it with --level fixed")}
	}
	y := make([][][]float64, len(x))
	most := make([][]float64, len(x))
	decided := make([][]int, len(x))
	err := each(ctx, len(x), progress, func(i int) error {
		r, err := interp.RunReal(m.Real, x[i])
		y[i], most[i], decided[i] = r.Y, r.Max, r.Decisions
		return sequenceError(i, err)
	})
	if err != nil {
		return nil, err
	}
	out := &Outputs{Level: "real", T: stepsOf(x), Y: floatArray(y, m.Real.Output.When == ir.EveryStep), Max: make([]float64, len(m.Real.States))}
	for _, d := range slices.Concat(decided...) {
		out.Decisions = append(out.Decisions, int64(d))
	}
	for _, row := range most {
		for s, v := range row {
			out.Max[s] = max(out.Max[s], v)
		}
	}
	return out, nil
}

// CheckSequence says what is wrong with a sequence: its width, an entry out of range, too many steps.
func (m *Model) CheckSequence(x [][]int64) error {
	if err := interp.CheckInput(m.Loaded(), x); err != nil {
		return diag.List{diag.InFile("", "").Errorf("data", "%v", err).Helpf("the model wants %s", inputWords(m.Loaded().Input))}
	}
	return nil
}

// inputWords says what a step receives.
func inputWords(in ir.Input) string {
	lo, hi := in.Range()
	if in.Kind == ir.Token {
		return fmt.Sprintf("one token a step, from 0 to %d", hi)
	}
	return fmt.Sprintf("%d integers a step, from %d to %d", in.Size, lo, hi)
}

func stepsOf(x [][][]int64) int {
	if len(x) == 0 {
		return 0
	}
	return len(x[0])
}

func sequenceError(i int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("sequence %d: %w", i, err)
}

// fixed runs sequences through the fixed-level interpreter, the oracle of every other level. Its rows are those of backends.Vectors.
func (l *Lowered) fixed(ctx context.Context, x [][][]int64, progress Progress) (y [][][]int64, saturated, updates int64, err error) {
	y = make([][][]int64, len(x))
	var sat, upd atomic.Int64
	err = each(ctx, len(x), progress, func(i int) error {
		r, err := interp.RunFixed(l.Module, x[i])
		y[i] = r.Y
		for t, d := range r.Decisions {
			y[i][t] = append(y[i][t], int64(d))
		}
		sat.Add(r.Saturated)
		upd.Add(r.Updates)
		if err != nil {
			return &passes.BugError{Pass: "range", Cause: sequenceError(i, err)}
		}
		return nil
	})
	return y, sat.Load(), upd.Load(), err
}

// Run runs sequences at a level: fixed, a target's name for the usual way to run its code, or TARGET/ENGINE.
func (l *Lowered) Run(ctx context.Context, level string, x [][][]int64, progress Progress) (*Outputs, error) {
	out := &Outputs{Level: level, T: stepsOf(x)}
	if level == "fixed" {
		y, saturated, updates, err := l.fixed(ctx, x, progress)
		if err != nil {
			return nil, err
		}
		out.Saturated, out.Updates = saturated, updates
		l.split(out, y)
		return out, nil
	}
	target, engine, err := FindEngine(level)
	if err != nil {
		return nil, err
	}
	y, err := l.generateAndRun(ctx, target, engine, l.Plan, x)
	if err != nil {
		return nil, err
	}
	l.split(out, y)
	return out, nil
}

// split takes the rows of an engine apart: outputs, and behind them the decision where a decide block makes it.
func (l *Lowered) split(out *Outputs, y [][][]int64) {
	if l.Plan.Decide != nil {
		for _, sequence := range y {
			for t, row := range sequence {
				last := len(row) - 1
				out.Decisions = append(out.Decisions, row[last])
				sequence[t] = row[:last]
			}
		}
	}
	out.Y = intArray(y, l.Module.Output.When == ir.EveryStep)
}

// generateAndRun generates a target's code of a plan into a temporary folder and runs it there.
func (l *Lowered) generateAndRun(ctx context.Context, t backends.Target, e backends.Engine, p *lower.Plan, x [][][]int64) ([][][]int64, error) {
	files, _, err := l.generate(t, p, backends.Vectors{})
	if err != nil {
		return nil, err
	}
	dir, done, err := temporary(files)
	if err != nil {
		return nil, err
	}
	defer done()
	return e.Run(ctx, dir, p, x)
}

// Levels lists what Run and the command's --level take.
func Levels() []string {
	names := []string{"real", "fixed"}
	for _, t := range Targets {
		for i, e := range t.Engines() {
			if i == 0 {
				names = append(names, t.Name())
			} else {
				names = append(names, t.Name()+"/"+slug(e.Name))
			}
		}
	}
	return names
}

// slug is an engine's name without blanks, as --level takes it: gcc-O0.
func slug(engine string) string {
	return strings.ReplaceAll(strings.ReplaceAll(engine, " -", "-"), " ", "-")
}

// UnknownLevelError is a level that does not exist: a usage error.
type UnknownLevelError struct{ Level string }

func (e *UnknownLevelError) Error() string {
	return fmt.Sprintf("there is no level %q; the levels are %s", e.Level, strings.Join(Levels(), ", "))
}

// calledLevel says which level is what people call a level.
var calledLevel = map[string]string{"float": "real", "float32": "real", "float64": "real", "int": "fixed", "integer": "fixed", "quantized": "fixed",
	"gcc": "c", "clang": "c/clang-O2", "golang": "go", "iverilog": "verilog/iverilog", "verilator": "verilog"}

// Help says which level is meant; "" where nobody can know.
func (e *UnknownLevelError) Help() string {
	near := cmp.Or(calledLevel[strings.ToLower(e.Level)], diag.Nearest(e.Level, Levels()))
	if near == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %s?", near)
}

// FindEngine finds the target and engine of a level; without a named engine, the first whose tools are installed.
func FindEngine(level string) (backends.Target, backends.Engine, error) {
	name, engine, named := strings.Cut(level, "/")
	t := findTarget(name)
	if t == nil {
		return nil, backends.Engine{}, &UnknownLevelError{level}
	}
	engines := t.Engines()
	for _, e := range engines {
		if named && (slug(e.Name) == engine || e.Name == engine) || !named && len(exttool.Missing(e.Tools...)) == 0 {
			return t, e, nil
		}
	}
	if named {
		return nil, backends.Engine{}, &UnknownLevelError{level}
	}
	return t, engines[0], nil
}

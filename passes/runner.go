package passes

import (
	"errors"
	"fmt"
	"math"
	"math/rand"
	"runtime/debug"
	"slices"
	"time"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/interp"
)

// Config says how a pipeline runs. The zero value runs every pass.
type Config struct {
	// StopAfter names the last pass to run; empty for all.
	StopAfter string
	// Disable names passes to leave out, of those that are not Required.
	Disable []string
	// VerifyEach runs both interpreters around every pass and fails where they differ.
	VerifyEach bool
}

// Step is what one pass did.
type Step struct {
	Pass   string        `json:"pass"`
	Doc    string        `json:"doc"`
	Stats  Stats         `json:"stats,omitempty"`
	Time   time.Duration `json:"-"`
	Values int           `json:"values"`
	// Error is the largest difference from before, relative to the largest output: set for quantize when verified.
	Error float64 `json:"error,omitempty"`
}

// BugError is a failure of the compiler itself: a pass that panicked, broke the IR or changed a result.
type BugError struct {
	Pass  string
	Cause error
}

func (e *BugError) Error() string { return fmt.Sprintf("pass %s: %v", e.Pass, e.Cause) }

// Unwrap gives the cause.
func (e *BugError) Unwrap() error { return e.Cause }

// Check says which pass to leave out does not exist, or is required.
func (c Config) Check() error {
	for _, name := range c.Disable {
		p, ok := Find(name)
		if !ok {
			return fmt.Errorf("there is no pass %q; the passes are %s", name, Names())
		}
		if p.Required != "" {
			return fmt.Errorf("pass %s cannot be left out: %s", name, p.Required)
		}
	}
	return nil
}

// Explain finds the diagnostic in an error of a pass.
func Explain(err error) (*diag.Diagnostic, bool) {
	var d *diag.Diagnostic
	ok := errors.As(err, &d)
	return d, ok
}

// Run runs the pipeline over a verified module; one of the fixed level starts behind quantize. Errors about the model are
// *diag.Diagnostic; those that are the compiler's fault are *BugError.
func Run(m *ir.Module, c Config) (*ir.Module, []Step, error) {
	if err := c.Check(); err != nil {
		return nil, nil, err
	}
	var steps []Step
	for _, p := range Pipeline {
		if slices.Contains(c.Disable, p.Name) || m.Level == ir.Fixed && p.In == ir.Real {
			continue
		}
		out, step, err := c.runOne(p, m)
		if err != nil {
			return nil, steps, err
		}
		steps = append(steps, step)
		m = out
		if p.Name == c.StopAfter {
			break
		}
	}
	return m, steps, nil
}

func (c Config) runOne(p Pass, m *ir.Module) (out *ir.Module, step Step, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &BugError{p.Name, fmt.Errorf("panic: %v\n%s", r, debug.Stack())}
		}
	}()
	if m.Level != p.In {
		return nil, step, &BugError{p.Name, fmt.Errorf("it wants the %s level and got %s", p.In, m.Level)}
	}
	begin := time.Now()
	out, stats, err := p.Run(m)
	if err != nil {
		return nil, step, err
	}
	step = Step{Pass: p.Name, Doc: p.Doc, Stats: stats, Time: time.Since(begin), Values: len(out.Values)}
	if err := ir.Verify(out); err != nil {
		return nil, step, &BugError{p.Name, fmt.Errorf("it left IR that does not verify: %w", err)}
	}
	if c.VerifyEach {
		step.Error, err = compare(p, m, out)
		if err != nil {
			return nil, step, &BugError{p.Name, err}
		}
	}
	return out, step, nil
}

// compare runs both modules on sequences that reach the edges of the input's range. A pass within the real level may
// differ by 1e-9 of the largest output, one within the fixed level not at all; for quantize the difference is reported.
func compare(p Pass, before, after *ir.Module) (float64, error) {
	worst := 0.0
	for i, x := range Sequences(before, 4, 24, rand.New(rand.NewSource(1))) {
		var diff float64
		var err error
		if p.In == ir.Fixed {
			err = sameBits(before, after, x)
		} else {
			diff, err = difference(before, after, x)
		}
		if err == nil && p.Out == ir.Real && diff > max(p.Tolerance, 1e-9) {
			err = fmt.Errorf("outputs differ by %.3g of the largest", diff)
		}
		if err != nil {
			return 0, fmt.Errorf("sequence %d: %w", i, err)
		}
		worst = max(worst, diff)
	}
	return worst, nil
}

func everyStep(m *ir.Module) *ir.Module {
	c := *m
	c.Output.When = ir.EveryStep
	return &c
}

func sameBits(before, after *ir.Module, x [][]int64) error {
	a, err := interp.RunFixed(everyStep(before), x)
	if err != nil {
		return fmt.Errorf("before: %w", err)
	}
	b, err := interp.RunFixed(everyStep(after), x)
	if err != nil {
		return fmt.Errorf("after: %w", err)
	}
	for t := range a.Y {
		if !slices.Equal(a.Y[t], b.Y[t]) {
			return fmt.Errorf("step %d: %v became %v", t+1, a.Y[t], b.Y[t])
		}
	}
	return nil
}

// difference is the largest difference of the logits, relative to the largest logit.
func difference(before, after *ir.Module, x [][]int64) (float64, error) {
	a, err := logits(before, x)
	if err != nil {
		return 0, fmt.Errorf("before: %w", err)
	}
	b, err := logits(after, x)
	if err != nil {
		return 0, fmt.Errorf("after: %w", err)
	}
	diff, scale := 0.0, 1e-300
	for t := range a {
		for i := range a[t] {
			diff = max(diff, math.Abs(a[t][i]-b[t][i]))
			scale = max(scale, math.Abs(a[t][i]))
		}
	}
	return diff / scale, nil
}

// logits are a module's outputs at every step, in real units.
func logits(m *ir.Module, x [][]int64) ([][]float64, error) {
	if m.Level == ir.Real {
		r, err := interp.RunReal(everyStep(m), x)
		return r.Y, err
	}
	r, err := interp.RunFixed(everyStep(m), x)
	if err != nil {
		return nil, err
	}
	unit := m.Value(m.Y).Type.Scale
	out := make([][]float64, len(r.Y))
	for t, y := range r.Y {
		for _, v := range y {
			out[t] = append(out[t], float64(v)*unit.At(t+1))
		}
	}
	return out, nil
}

// Sequences gives n sequences of inputs that reach the edges of the range: all smallest, all largest, the two in turn,
// then random ones, each steps long or as long as the model.
func Sequences(m *ir.Module, n, steps int, rng *rand.Rand) [][][]int64 {
	if most := m.Longest(); most > 0 {
		steps = min(steps, most)
	}
	lo, hi := m.Input.Range()
	entry := []func(t int) int64{
		func(int) int64 { return lo },
		func(int) int64 { return hi },
		func(t int) int64 { return []int64{lo, hi}[t&1] },
		func(int) int64 { return lo + rng.Int63n(hi-lo+1) },
	}
	out := make([][][]int64, n)
	for i := range out {
		f := entry[min(i, len(entry)-1)]
		for t := range steps {
			x := make([]int64, m.Input.Size)
			for j := range x {
				x[j] = f(t)
			}
			out[i] = append(out[i], x)
		}
	}
	return out
}

// Package interp runs modules: Real in float64, Fixed in integers. Fixed is the oracle that every backend is held
// against, so the code is the simplest possible; nothing here is fast or clever. Start with RunReal and RunFixed.
package interp

import (
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// number is what a level computes with.
type number interface{ ~int64 | ~float64 }

// kernel computes one value from its operands.
type kernel[T number] func(r *run[T], v *ir.Value, args [][]T) ([]T, error)

// run is one model in the middle of a sequence.
type run[T number] struct {
	m          *ir.Module
	kernels    map[ir.Op]kernel[T]
	done       int // steps
	x          []int64
	courses    []*course[T] // the oldest first; one where the model does not restart
	*course[T]              // that runs; after a step the oldest
	values     [][]T        // of it
	check      func(r *run[T], id ir.ID) error
}

// course is a copy of the states on its way from zero.
type course[T number] struct {
	t      int // step, the first is 1
	states [][]T
	sums   arith.Phased[[]T] // of a mean: y of the even and of the odd steps, added up
}

func newCourse[T number](m *ir.Module) *course[T] {
	c := &course[T]{}
	for _, s := range m.States {
		c.states = append(c.states, make([]T, s.Size))
	}
	for ph := range c.sums {
		c.sums[ph] = make([]T, m.Values[m.Y].Type.Len())
	}
	return c
}

func newRun[T number](m *ir.Module, kernels map[ir.Op]kernel[T]) *run[T] {
	r := &run[T]{m: m, kernels: kernels, values: make([][]T, len(m.Values))}
	n := 1
	if m.Hop > 0 {
		n = m.Steps / m.Hop
	}
	for range n {
		r.courses = append(r.courses, newCourse[T](m))
	}
	return r
}

// phase is arith.Even or arith.Odd.
func (r *run[T]) phase() int { return r.t & 1 }

// step gives an input to every course, and calls after behind each; the oldest comes last. Where it is time the oldest ends, and
// another starts.
func (r *run[T]) step(x []int64, after func()) error {
	if r.m.Hop > 0 && r.done%r.m.Hop == 0 {
		r.courses = append(r.courses[1:], newCourse[T](r.m))
	}
	r.done++
	for _, c := range slices.Backward(r.courses) {
		r.course = c
		if err := r.advance(x); err != nil {
			return err
		}
		if r.m.Output.When == ir.Mean {
			ph := r.phase()
			if r.m.Level == ir.Real { // whose units do not alternate
				ph = arith.Even
			}
			c.sums[ph] = zip([][]T{c.sums[ph], r.y()}, func(a, b T) T { return a + b })
		}
		after()
	}
	return nil
}

// advance is a step of one course.
func (r *run[T]) advance(x []int64) error {
	r.t++
	r.x = x
	for id, v := range r.m.Values {
		args := make([][]T, len(v.Args))
		for i, a := range v.Args {
			args[i] = r.values[a]
		}
		out, err := r.kernels[v.Op](r, v, args)
		if err != nil {
			return fmt.Errorf("step %d, %%%d = %s: %w", r.t, id, v.Op, err)
		}
		r.values[id] = out
		if r.check != nil {
			if err := r.check(r, ir.ID(id)); err != nil {
				return fmt.Errorf("step %d, %%%d = %s: %w", r.t, id, v.Op, err)
			}
		}
	}
	for i, s := range r.m.States {
		r.states[i] = append([]T(nil), r.values[s.Next]...)
	}
	return nil
}

// y is the readout after the last step.
func (r *run[T]) y() []T { return append([]T(nil), r.values[r.m.Y]...) }

// CheckInput says what is wrong with a sequence: its width, an entry out of range, too many steps.
func CheckInput(m *ir.Module, x [][]int64) error {
	if len(x) == 0 {
		return fmt.Errorf("the sequence has no step")
	}
	if most := m.Longest(); most > 0 && len(x) > most {
		return fmt.Errorf("the sequence has %d steps, the model %d", len(x), most)
	}
	lo, hi := m.Input.Range()
	for t, row := range x {
		if len(row) != m.Input.Size {
			return fmt.Errorf("step %d has %s, input %s has %d", t+1, diag.Count(len(row), "entry"), m.Input.Name, m.Input.Size)
		}
		for i, v := range row {
			if v < lo || v > hi {
				return fmt.Errorf("step %d, entry %d is %d; input %s goes from %d to %d", t+1, i, v, m.Input.Name, lo, hi)
			}
		}
	}
	return nil
}

// constant picks the constant of this step.
func (r *run[T]) constant(v *ir.Value) *ir.Tensor {
	if v.Phases != nil {
		return v.Phases[r.phase()]
	}
	return v.Const
}

// The kernels below mean the same at both levels.

func state[T number](r *run[T], v *ir.Value, _ [][]T) ([]T, error) { return r.states[v.Index], nil }

func input[T number](r *run[T], _ *ir.Value, _ [][]T) ([]T, error) {
	out := make([]T, len(r.x))
	for i, n := range r.x {
		out[i] = T(n)
	}
	return out, nil
}

func oneHot[T number](r *run[T], v *ir.Value, args [][]T) ([]T, error) {
	out := make([]T, v.Type.Len())
	out[int(args[0][0])] = 1
	return out, nil
}

func embed[T number](_ *run[T], v *ir.Value, args [][]T) ([]T, error) {
	d, row := v.Type.Len(), int(args[1][0])
	return args[0][row*d : row*d+d], nil
}

func column[T number](r *run[T], v *ir.Value, args [][]T) ([]T, error) {
	out := make([]T, v.Type.Len())
	cols := r.m.Values[v.Args[0]].Type.Shape[1]
	for i := range out {
		out[i] = args[0][i*cols+int(args[1][0])]
	}
	return out, nil
}

func matVec[T number](_ *run[T], v *ir.Value, args [][]T) ([]T, error) {
	out, cols := make([]T, v.Type.Len()), len(args[1])
	for i := range out {
		for j, x := range args[1] {
			out[i] += args[0][i*cols+j] * x
		}
	}
	return out, nil
}

func permute[T number](_ *run[T], v *ir.Value, args [][]T) ([]T, error) {
	out := make([]T, v.Type.Len())
	for i, j := range args[1] {
		out[i] = args[0][int(j)]
	}
	return out, nil
}

func signs[T number](_ *run[T], _ *ir.Value, args [][]T) ([]T, error) {
	return zip(args, func(a, s T) T { return a * s }), nil
}

func add[T number](_ *run[T], _ *ir.Value, args [][]T) ([]T, error) {
	return zip(args, func(a, b T) T { return a + b }), nil
}

func relu[T number](_ *run[T], _ *ir.Value, args [][]T) ([]T, error) {
	return each(args[0], func(a T) T { return max(a, 0) }), nil
}

func leak[T number](v *ir.Value, in []T, leaked func(a T, l int) T) []T {
	out := make([]T, len(in))
	for i, a := range in {
		out[i] = leaked(a, v.Leak.At(i, len(in)))
	}
	return out
}

func zip[T number](args [][]T, f func(a, b T) T) []T {
	out := make([]T, len(args[0]))
	for i, a := range args[0] {
		out[i] = f(a, args[1][i])
	}
	return out
}

func each[T number](in []T, f func(T) T) []T {
	out := make([]T, len(in))
	for i, a := range in {
		out[i] = f(a)
	}
	return out
}

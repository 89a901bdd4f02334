// Package hrnnc compiles HadamRNNs (Foucault, Mamalet, Malgouyres, ICLR 2025) to Go, C and Verilog that compute the same
// bits, and runs them. It is what the command of the same name does, for programs that bring models along.
//
// A model is a file model.hrn, in the language of docs/language.md, and the weights that it names. [Load] reads both,
// [Model.Run] computes what generated code will, and [Model.Compile] generates it. [Check] finds the errors of a model
// without its weights, [Import] makes a model of a checkpoint of PyTorch. What is wrong with a file is an [Error], with the
// place, a code and a remedy.
//
// Nothing here prints, and nothing but [Code.Write] and [Imported.Write] writes a file. A Model does not change, and may be used
// by several goroutines at once.
package hrnnc

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/passes"
)

// Version is the release that this is, such as "0.1.0".
func Version() string { return compiler.Version }

// Model is a model with its weights.
type Model struct {
	model *compiler.Model
	lower func() (*compiler.Lowered, error) // once
}

func newModel(m *compiler.Model) *Model {
	return &Model{m, sync.OnceValues(func() (*compiler.Lowered, error) { return m.Lower(passes.Config{}) })}
}

// Check parses and checks a model without its weights. What is wrong with it is [Errors], all at once.
func Check(file string) error {
	_, _, errs := compiler.Check(file)
	return public(errs.Err())
}

// Load reads a model and the weights file that it names.
func Load(file string) (*Model, error) { return LoadWeights(file, "") }

// LoadWeights reads a model with another weights file than the one that it names: safetensors, .npz or .pth.
func LoadWeights(file, weights string) (*Model, error) {
	m, err := compiler.Load(file, weights)
	if err != nil {
		return nil, public(err)
	}
	return newModel(m), nil
}

// Parse makes a model of the text of a model.hrn and the bytes of a weights file, such as those that a program embeds.
func Parse(text, weights []byte) (*Model, error) {
	m, err := compiler.FromBytes("model.hrn", text, "weights", weights)
	if err != nil {
		return nil, public(err)
	}
	return newModel(m), nil
}

// Name is the model's name.
func (m *Model) Name() string { return m.model.Name() }

// Warnings are what is odd about the model or its weights, and stops nothing.
func (m *Model) Warnings() Errors { return publicList(m.model.Warnings) }

// Steps is how many steps a sequence has, at most; 0 for an endless stream.
func (m *Model) Steps() int { return m.model.Loaded().Longest() }

// Input is what a step receives.
type Input struct {
	Name string
	// Size is the number of entries: 1 for a token.
	Size int
	// Min and Max bound every entry; of tokens, Max+1 is their number.
	Min, Max int64
	// Token says that the one entry is a token, and no number.
	Token bool
	// Unit is the real value of one; 1 for tokens.
	Unit float64
}

// Input says what a step receives.
func (m *Model) Input() Input {
	in := m.model.Loaded().Input
	lo, hi := in.Range()
	return Input{Name: in.Name, Size: in.Size, Min: lo, Max: hi, Token: in.Kind == ir.Token, Unit: in.Scale}
}

// Quantise gives the integers of a step for the values of one: those of the data that the model was trained on, where its weights
// say how these are normalised (hrnnc train leaves that), and real values otherwise, which are divided by [Input.Unit]. They are
// rounded to the nearest, halves to even, and clamped to the input's range. Values must be as many as the input has entries.
func (m *Model) Quantise(values []float64) ([]int64, error) {
	x, err := m.model.Quantise(values)
	return x, public(err)
}

// Output is what a model gives.
type Output struct {
	Name string
	Size int // the outputs
	// EveryStep says that there is an output at every step, and not one for a sequence.
	EveryStep bool
	// Classes says that the decision is the largest output, Thresholds that each output is compared with a threshold.
	// Neither is a regression.
	Classes, Thresholds bool
	// Labels names the classes or what the thresholds detect, where the model or its weights do.
	Labels []string
}

// Output says what the model gives.
func (m *Model) Output() Output {
	module := m.model.Loaded()
	o := module.Output
	return Output{Name: o.Name, Size: module.Values[module.Y].Type.Shape[0], EveryStep: o.When == ir.EveryStep,
		Classes: o.Decision == ir.Argmax, Thresholds: o.Decision == ir.Threshold, Labels: append([]string(nil), o.Labels...)}
}

// Sequence is the input of a model: integers, [steps][Input.Size].
type Sequence [][]int64

// Result is what a model says of a sequence: one row, or one for every step where [Output.EveryStep] says so.
type Result struct {
	// Raw are the integers that generated code computes, bit for bit (docs/numerics.md).
	Raw [][]int64
	// Real are the same in real units; those of a regression, in the units of the data.
	Real [][]float64
	// Class is the largest output of each row, where the model decides so.
	Class []int
	// Above says which outputs of each row are above the model's threshold, where it has one.
	Above [][]bool
}

// Run computes sequences as generated code does, to the bit. They may have different lengths; none remembers another.
func (m *Model) Run(ctx context.Context, sequences ...Sequence) ([]Result, error) {
	l, err := m.lower()
	if err != nil {
		return nil, public(err)
	}
	out := make([]Result, len(sequences))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, x := range sequences {
		g.Go(func() (err error) {
			out[i], err = run(ctx, l, x)
			return inSequence(i, err)
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}

func run(ctx context.Context, l *compiler.Lowered, x Sequence) (Result, error) {
	if err := l.CheckSequence(x); err != nil {
		return Result{}, err
	}
	y, err := l.Run(ctx, "fixed", [][][]int64{x}, nil)
	if err != nil {
		return Result{}, err
	}
	n := y.Y.Shape[len(y.Y.Shape)-1]
	r := Result{Raw: rows(y.Y.Ints, n), Real: rows(l.Values(y), n)}
	switch l.Module.Output.Decision {
	case ir.Argmax:
		for _, c := range l.Decisions(y, l) {
			r.Class = append(r.Class, int(c))
		}
	case ir.Threshold:
		if !l.Decides(y) {
			break // on the mean of another number of steps
		}
		bits := make([]bool, 0, len(y.Y.Ints))
		for _, b := range l.Decisions(y, l) {
			bits = append(bits, b == 1)
		}
		r.Above = rows(bits, n)
	}
	return r, nil
}

// rows cuts values into rows of n.
func rows[T any](values []T, n int) (out [][]T) {
	for ; len(values) > 0; values = values[n:] {
		out = append(out, values[:n:n])
	}
	return out
}

// Calibrate measures the largest |h| of every state on sequences that look like those in use, which compiling takes the units of
// integers from, and gives the model with it. A range that the model itself says stays.
func (m *Model) Calibrate(ctx context.Context, sequences ...Sequence) (*Model, error) {
	ranges, err := measure(ctx, m.model, sequences)
	if err != nil {
		return nil, err
	}
	return newModel(m.model.WithRanges(ranges)), nil
}

// measure runs sequences at the real level, one by one since their lengths may differ.
func measure(ctx context.Context, m *compiler.Model, sequences []Sequence) (map[string]float64, error) {
	most := map[string]float64{}
	for i, x := range sequences {
		if err := m.CheckSequence(x); err != nil {
			return nil, inSequence(i, err)
		}
		ranges, err := m.Calibrate(ctx, [][][]int64{x}, nil)
		if err != nil {
			return nil, inSequence(i, err)
		}
		for state, v := range ranges {
			most[state] = max(most[state], v)
		}
	}
	return most, nil
}

// Ranges are the largest |h| that the states have room for, by name; 0 where none is known and [Model.Calibrate] has to measure it.
func (m *Model) Ranges() map[string]float64 {
	out := map[string]float64{}
	for _, s := range m.model.Loaded().States {
		out[s.Name] = s.Max
	}
	return out
}

package playground

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/study"
)

// runArgs say what is run. Without a file, the golden inputs are: those at the edges of the range, and random ones.
type runArgs struct {
	Source
	Data     string `json:"data"` // path of the file; "" for golden inputs
	Raw      bool   `json:"raw"`  // an array holds values as in the training data
	Folder   string `json:"folder"`
	Sequence int    `json:"sequence"`
}

// Ran is one sequence that went through the model at the fixed level, which generated code equals to the bit.
type Ran struct {
	Sequences   int          `json:"sequences"`
	Sequence    int          `json:"sequence"`
	Steps       int          `json:"steps"`
	Warnings    []Diagnostic `json:"warnings"`
	Input       []Series     `json:"input"`
	Token       bool         `json:"token"`
	States      []Trace      `json:"states"`
	Outputs     []Series     `json:"outputs"`   // after every step, in real units; of a mean so far
	Decisions   []int        `json:"decisions"` // after every step; empty where nothing is decided
	EveryStep   bool         `json:"everyStep"`
	Labels      []string     `json:"labels"`
	Saturated   int64        `json:"saturated"`
	Regression  bool         `json:"regression"`
	Thresholded bool         `json:"thresholded"`
	Last        string       `json:"last"` // what is decided at the end, in words
}

// Series is a line of a plot.
type Series struct {
	Name   string    `json:"name"`
	Values []float64 `json:"values"`
}

// Trace is a state over the steps.
type Trace struct {
	Name  string  `json:"name"`
	Units int     `json:"units"`
	Max   float64 `json:"max"` // largest |h|, in real units
	Limit float64 `json:"limit"`
	// Bytes are entries, as signed bytes, in parts of Max from -127 to 127, step after step.
	Bytes []byte    `json:"cells"`
	Norm  []float64 `json:"norm"` // root of the mean square
}

// goldenSteps is how long golden inputs are at most.
const goldenSteps = 256

// mostSteps is how many steps of a sequence are shown.
const mostSteps = 4096

func (p *Playground) sequences(ctx context.Context, a runArgs, low *compiler.Lowered) ([][][]int64, diag.List, error) {
	switch ext := strings.ToLower(filepath.Ext(a.Data)); {
	case a.Data == "":
		return low.BenchSequences(goldenSteps, 0), nil, nil
	case ext == ".npy" || ext == ".npz":
		array, err := compiler.ReadArray(a.Data)
		if err != nil {
			return nil, nil, err
		}
		var warnings diag.List
		in := low.Loaded().Input
		if a.Raw {
			if array, warnings, err = compiler.FromValues(a.Data, array, in); err != nil {
				return nil, nil, err
			}
		}
		x, err := compiler.Sequences(a.Data, array, in, low.Loaded().Longest())
		return x, warnings, err
	}
	if err := fileio.MakeFolder(a.Folder); err != nil {
		return nil, nil, err
	}
	model := filepath.Join(a.Folder, modelFile)
	if err := fileio.WriteFile(model, []byte(a.Text)); err != nil {
		return nil, nil, err
	}
	x, s, err := study.Unlabelled(ctx, model, study.Options{Data: a.Data, Weights: a.Weights}, nil)
	if err != nil {
		return nil, nil, err
	}
	return x, trainer.InputWarnings(s.Model, s.Set, &s.Set.Train, "check that its columns are those of the training, in the same unit"), nil
}

func (p *Playground) samples(_ context.Context, s Source) (any, error) {
	_, low, err := p.lower(s)
	if err != nil {
		return nil, err
	}
	return len(low.BenchSequences(goldenSteps, 0)), nil
}

func (p *Playground) run(ctx context.Context, a runArgs) (any, error) {
	l, low, err := p.lower(a.Source)
	if err != nil {
		return nil, err
	}
	if l.drawn != "" && a.Data != "" {
		a.Weights = ""
		return nil, fmt.Errorf("there are no weights for this text, and what random ones decide about data says nothing; train the model, or undo what the weights do not fit")
	}
	x, warnings, err := p.sequences(ctx, a, low)
	if err != nil {
		return nil, err
	}
	if len(x) == 0 {
		return nil, fmt.Errorf("there is no sequence in %s", filepath.Base(a.Data))
	}
	at := min(max(a.Sequence, 0), len(x)-1)
	return trace(low, x[at][:min(len(x[at]), mostSteps)], Ran{Sequences: len(x), Sequence: at, Warnings: listed(warnings)}), nil
}

// trace runs a sequence on the plan's machine, and notes what it has after every step.
func trace(low *compiler.Lowered, x [][]int64, out Ran) Ran {
	plan, module := low.Plan, low.Module
	in := module.Input
	o := module.Output
	out.Steps, out.Token, out.EveryStep, out.Labels = len(x), in.Kind == ir.Token, o.When == ir.EveryStep, o.Labels
	out.Regression, out.Thresholded = o.Decision == ir.Logits, o.Decision == ir.Threshold
	for i := range in.Size {
		name := fmt.Sprintf("%s[%d]", in.Name, i)
		if in.Size == 1 {
			name = in.Name
		}
		if i < len(in.Channels) {
			name = in.Channels[i].Name
		}
		out.Input = append(out.Input, Series{Name: name})
	}
	for k := range plan.Readout.Matrix.Rows {
		name := fmt.Sprintf("%s[%d]", o.Name, k)
		switch {
		case k < len(o.Labels):
			name = o.Labels[k]
		case k < len(o.Channels):
			name = o.Channels[k].Name
		}
		out.Outputs = append(out.Outputs, Series{Name: name})
	}
	machine := lower.NewMachine(plan)
	states := make([][]float64, len(plan.Layers))
	for i, layer := range plan.Layers {
		scale := module.States[i].Scale
		out.States = append(out.States, Trace{Name: layer.Name, Units: layer.N, Limit: scale.Unit * math.Ldexp(1, layer.Bits-1)})
	}
	for _, row := range x {
		machine.Step(row)
		for i, v := range row {
			out.Input[i].Values = append(out.Input[i].Values, float64(v))
		}
		for i := range plan.Layers {
			unit, sum := module.States[i].Scale.At(machine.T), 0.0
			for _, g := range machine.G[i] {
				h := float64(g) * unit
				states[i] = append(states[i], h)
				sum += h * h
				out.States[i].Max = max(out.States[i].Max, math.Abs(h))
			}
			out.States[i].Norm = append(out.States[i].Norm, math.Sqrt(sum/float64(plan.Layers[i].N)))
		}
		y := machine.Output()
		best := 0
		for k, v := range y {
			unit := plan.Readout.Unit
			value := float64(v) * unit.At(machine.T)
			if o.When == ir.Mean {
				value = float64(v) * unit.Unit / float64(machine.T)
			}
			out.Outputs[k].Values = append(out.Outputs[k].Values, o.Value(k, value))
			if v > y[best] {
				best = k
			}
		}
		if machine.Decider != nil {
			entries := machine.Entries()
			best = int(entries[len(entries)-1])
		}
		if o.Decision == ir.Argmax {
			out.Decisions = append(out.Decisions, best)
		}
	}
	for i := range out.States {
		s := &out.States[i]
		for _, h := range states[i] {
			cell := 0.0
			if s.Max > 0 {
				cell = math.Round(127 * h / s.Max)
			}
			s.Bytes = append(s.Bytes, byte(int8(cell)))
		}
	}
	out.Saturated = machine.Saturated
	if n := len(out.Decisions); n > 0 {
		out.Last = out.Outputs[out.Decisions[n-1]].Name
	}
	return out
}

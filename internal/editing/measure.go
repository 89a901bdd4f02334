package editing

import (
	"errors"
	"os"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/dsl/editor"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/passes"
)

// mostWeights bounds the weights file that is read behind a person's back. Larger ones are read when the model is compiled.
const mostWeights = 32 << 20

// Measure takes a text, which need not be saved, and the weights that it names, through the passes: the units and ranges of its states
// and tensors, what it takes, and what is wrong with it beyond the text. It takes from milliseconds to seconds. A text with errors gives
// nothing.
func Measure(file, text string) *editor.Measured {
	out := &editor.Measured{Of: text}
	if info, err := os.Stat(weightsOf(file, text)); err == nil && info.Size() > mostWeights {
		return out
	}
	m, err := compiler.LoadText(file, []byte(text))
	if err != nil {
		out.Diagnostics = beforeTraining(compiler.Diagnostics(err))
		return out
	}
	out.Diagnostics = m.Warnings
	out.Units = unitsOf(m)
	l, err := m.Lower(passes.Config{})
	var bug *passes.BugError
	switch {
	case errors.As(err, &bug):
		return out // hrnnc compile says it
	case err != nil:
		out.Diagnostics = append(out.Diagnostics, compiler.Diagnostics(err)...)
		return out
	}
	return Of(l, text)
}

func unitsOf(m *compiler.Model) map[string]float64 {
	out := map[string]float64{}
	for _, v := range m.Real.Values {
		if t := v.Const; t != nil && t.Unit > 0 && t.Weight != "sign" {
			out[t.Name] = t.Unit
		}
	}
	return out
}

// Of is what is known of a text and its weights that went through the passes.
func Of(l *compiler.Lowered, text string) *editor.Measured {
	out := &editor.Measured{Of: text, Diagnostics: l.Warnings, Units: unitsOf(l.Model), States: map[string]editor.State{}}
	for i, s := range l.Module.States {
		out.States[s.Name] = editor.State{Unit: s.Scale.Unit, Max: s.Max, Saturates: i < len(l.Plan.Layers) && l.Plan.Layers[i].Saturate}
	}
	c := l.Plan.Cost()
	out.Cost = &editor.Cost{Weights: (c.Bits + 7) / 8, State: (c.StateBits + 7) / 8,
		Adds: c.Recurrence.Adds + c.Input.Adds + c.Readout.Adds, Muls: c.Recurrence.Muls + c.Input.Muls + c.Readout.Muls}
	return out
}

// weightsOf is the weights file that a text names.
func weightsOf(file, text string) string {
	ast, _ := dsl.Parse(file, []byte(text))
	m, _ := dsl.Check(ast)
	return m.WeightsPath()
}

// beforeTraining makes what a model lacks before it is trained a warning: nothing is wrong with it.
func beforeTraining(l diag.List) diag.List {
	out := diag.List{}
	for _, d := range l {
		missing := d.Code == "missing" || d.Code == "weights" && d.Span.Start.Line > 0
		if d.Severity == diag.Error && missing {
			later := *d
			later.Severity = diag.Warning
			d = &later
		}
		out.Add(d)
	}
	return out
}

package compiler

import (
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/ir"
)

// ReadMetadata reads what a weights file says beside its tensors, and checks that it is about this model.
func ReadMetadata(model *dsl.Model, f *weights.File) (*metadata.Metadata, diag.List) {
	var states []string
	for _, l := range model.Layers {
		states = append(states, l.State.Name)
	}
	m, errs := metadata.Read(f, states)
	const help = "train again, or remove the entry"
	if n := model.Input.Size; len(m.Inputs) > 0 && len(m.Inputs) != n {
		errs.Add(metadata.At(f, metadata.InputsKey).Errorf("weights", "has %d channels, and the input %d entries", len(m.Inputs), n).Helpf(help))
	}
	if rows := model.Readout.Matrix.Shape[0]; model.Output.Decision == ir.Logits && m.Outputs != nil && len(m.Outputs) != rows {
		errs.Add(metadata.At(f, metadata.OutputsKey).Errorf("weights", "has %d entries, the model %d outputs", len(m.Outputs), rows).Helpf(help))
	}
	return m, errs
}

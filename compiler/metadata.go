package compiler

import (
	"slices"

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
	const help = "give the weights of this model; or train again, or remove the entry"
	if n := model.Input.Size; len(m.Inputs) > 0 && len(m.Inputs) != n {
		errs.Add(metadata.At(f, metadata.InputsKey).Errorf("weights", "has %s, and the input %s", diag.Count(len(m.Inputs), "channel"), diag.Count(n, "entry")).Helpf(help))
	}
	if rows := model.Readout.Matrix.Shape[0]; model.Output.Decision == ir.Logits && m.Outputs != nil && len(m.Outputs) != rows {
		errs.Add(metadata.At(f, metadata.OutputsKey).Errorf("weights", "has %s, the model %s", diag.Count(len(m.Outputs), "entry"), diag.Count(rows, "output")).Helpf(help))
	}
	if i := slices.IndexFunc(m.Classes, func(name string) bool { return len(name) > ir.MaxLabel }); i >= 0 {
		errs.Add(metadata.At(f, metadata.ClassesKey).Errorf("weights", "the name of class %d has %s", i, diag.Count(len(m.Classes[i]), "byte")).
			Helpf("write one of at most %d, or remove the entry", ir.MaxLabel))
	}
	return m, errs
}

package compiler

import (
	"context"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/internal/weights"
)

// Calibrate runs sequences at the real level and gives the largest |h| of every state: the M of docs/numerics.md.
func (m *Model) Calibrate(ctx context.Context, x [][][]int64, progress Progress) (map[string]float64, error) {
	out, err := m.RunReal(ctx, x, progress)
	if err != nil {
		return nil, err
	}
	ranges := map[string]float64{}
	for i, s := range m.Real.States {
		if out.Max[i] == 0 {
			return nil, diag.List{diag.InFile(m.File, "").Errorf("range", "state %s stays 0 on these sequences", s.Name).
				Helpf("calibrate with sequences that look like those in use")}
		}
		ranges[s.Name] = out.Max[i]
	}
	return ranges, nil
}

// WithRanges gives the model with these ranges for the states that have none of their own.
func (m *Model) WithRanges(ranges map[string]float64) *Model {
	if m.Real == nil {
		return m
	}
	out, module := *m, *m.Real
	module.States = slices.Clone(module.States)
	for i, s := range module.States {
		if l := m.Checked.Layer(s.Name); l == nil || l.State.Max == 0 {
			module.States[i].Max = ranges[s.Name]
		}
	}
	out.Real = &module
	return &out
}

// SetRanges writes ranges where Load finds them: the metadata of a weights file.
func SetRanges(f *weights.File, ranges map[string]float64) {
	(&metadata.Metadata{Ranges: ranges}).Write(f.Metadata)
}

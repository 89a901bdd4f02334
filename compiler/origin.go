package compiler

import (
	"slices"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// Places are where the model's text has a part of it, the statement or term first, declarations behind it; nil of a model that came as IR.
func (m *Model) Places(o lower.Origin) []diag.Span {
	if m.Checked == nil || o.Layer >= len(m.Checked.Layers) {
		return nil
	}
	c, l := m.Checked, m.Checked.Layers[o.Layer]
	var out []diag.Span
	add := func(spans ...diag.Span) {
		for _, s := range spans {
			if s.Start.Line > 0 && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	declared := func(params ...*dsl.Param) {
		for _, p := range params {
			if p != nil {
				add(p.Span)
			}
		}
	}
	switch o.Part {
	case lower.PartInput:
		add(c.Input.Span)
	case lower.PartState:
		add(l.State.Span)
	case lower.PartRecurrence:
		if l.Transform.Start.Line > 0 {
			add(l.Transform)
		} else {
			add(l.Span)
		}
		declared(l.Signs, l.PreSigns, l.Permute, l.Dense)
	case lower.PartInflow:
		if f := l.Inflow; f != nil {
			add(f.Span)
			declared(f.Matrix, f.Embed)
		}
	case lower.PartBias:
		add(l.Span)
		declared(l.Bias...)
	case lower.PartReadout:
		add(c.Readout.Terms...)
		declared(c.Readout.Matrix, c.Readout.Bias)
	case lower.PartOutput:
		add(c.Output.Span, c.Settings["decide"], c.Settings["labels"])
	}
	return out
}

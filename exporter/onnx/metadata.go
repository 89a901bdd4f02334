package onnx

import (
	"encoding/json"
	"fmt"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/ir"
)

// property is one entry of a model's metadata_props.
type property struct{ key, value string }

// The JSON of the properties, which docs/onnx.md describes.
type (
	aboutInput struct {
		Name       string       `json:"name"`
		Lowest     int64        `json:"lowest"`
		Highest    int64        `json:"highest"`
		Scale      float64      `json:"scale"`
		Channels   []ir.Channel `json:"channels,omitempty"`
		Vocabulary []string     `json:"vocabulary,omitempty"`
	}
	aboutOutput struct {
		Name      string       `json:"name"`
		Decision  ir.Decision  `json:"decision"`
		When      ir.When      `json:"when"`
		Units     *[2]float64  `json:"units,omitempty"` // at even and at odd steps: fixed level
		Threshold *float64     `json:"threshold,omitempty"`
		Labels    []string     `json:"labels,omitempty"`
		Channels  []ir.Channel `json:"channels,omitempty"`
		Decide    *aboutDecide `json:"decide,omitempty"`
	}
	aboutDecide struct {
		Hold      int     `json:"hold"`
		Smooth    int     `json:"smooth"`
		Threshold float64 `json:"threshold"`
		Start     *int    `json:"start,omitempty"`
	}
	aboutState struct {
		In    string      `json:"in"`
		Out   string      `json:"out"`
		What  string      `json:"what"`
		Units *[2]float64 `json:"units,omitempty"` // of the states of layers: fixed level
	}
)

// properties say of a graph what a caller may want to know.
func (x *export) properties(d Model, kind Kind) ([]property, error) {
	in, out := x.m.Input, x.m.Output
	lo, hi := in.Range()
	i := aboutInput{Name: x.ports.x, Lowest: lo, Highest: hi, Scale: in.Scale, Channels: in.Channels, Vocabulary: d.Vocabulary}
	o := aboutOutput{Name: x.ports.y, Decision: out.Decision, When: out.When, Labels: out.Labels, Channels: out.Channels}
	if x.ports.decision != "" {
		o.Name = x.ports.decision
	}
	if s := out.Decide; s != nil {
		o.Decide = &aboutDecide{Hold: s.Hold, Smooth: s.Smooth, Threshold: s.Threshold}
		if s.Start != decider.NoStart {
			o.Decide.Start = &s.Start
		}
	}
	if out.Decision == ir.Threshold {
		o.Threshold = &out.Threshold
	}
	if x.m.Level == ir.Fixed {
		o.Units = units(x.plan.Readout.Unit)
	}
	var states []aboutState
	for n, s := range x.slots {
		a := aboutState{In: s.in, Out: s.out, What: s.doc}
		if n < len(x.m.States) && x.m.Level == ir.Fixed {
			a.Units = units(x.m.States[n].Scale)
		}
		states = append(states, a)
	}
	list := []property{{"hrnnc.level", string(x.m.Level)}, {"hrnnc.graph", string(kind)}}
	for _, p := range []struct {
		key  string
		what any
	}{{"hrnnc.input", i}, {"hrnnc.output", o}, {"hrnnc.state", states}} {
		text, err := json.Marshal(p.what)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.key, err)
		}
		list = append(list, property{p.key, string(text)})
	}
	if x.m.Steps > 0 {
		key := "hrnnc.steps"
		if x.m.Hop > 0 {
			key = "hrnnc.restart"
			list = append(list, property{"hrnnc.hop", fmt.Sprint(x.m.Hop)})
		}
		list = append(list, property{key, fmt.Sprint(x.m.Steps)})
	}
	return append(list, property{"hrnnc.model", d.Text}), nil
}

func units(s ir.Scale) *[2]float64 { return &[2]float64{s.At(arith.Even), s.At(arith.Odd)} }

package compiler

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/ir"
)

// ChannelsKey is the entry of a weights file's metadata that says how the model's input comes from values of the data that it
// was trained on: ir.Channels as JSON.
const ChannelsKey = "input.channels"

// OutputChannelsKey is the entry that says what the outputs of a regression stand for: ir.Channels as JSON.
const OutputChannelsKey = "output.channels"

// ClassesKey and VocabularyKey are the entries with the names of the classes and of the tokens, as JSON lists.
const (
	ClassesKey    = "output.classes"
	VocabularyKey = "input.vocabulary"
)

// rangePrefix begins the entries with the largest |h| of a state, which import, calibrate and train leave: range.h.
const rangePrefix = "range."

// metadata is what a weights file says beside its tensors. What it does not say is nil or 0.
type metadata struct {
	ranges              map[string]float64 // by state
	inputs, outputs     []ir.Channel
	classes, vocabulary []string
}

// Range gives the largest |h| of a state.
func (m metadata) Range(state string) float64 { return m.ranges[state] }

// Channels says how entries of the input come from values.
func (m metadata) Channels() []ir.Channel { return m.inputs }

// Classes names the classes.
func (m metadata) Classes() []string { return m.classes }

// readMetadata reads every entry that belongs to a model. One that is there and cannot be read is an error: who put it there
// relies on it.
func readMetadata(model *dsl.Model, f *weights.File) (m metadata, errs diag.List) {
	m.ranges = map[string]float64{}
	for _, l := range model.Layers {
		key := rangePrefix + l.State.Name
		text, ok := f.Metadata[key]
		if !ok {
			continue
		}
		// "12,5" and "1,234.5" are no numbers here, and no prefix of them is taken.
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || !(v >= 0) || math.IsInf(v, 0) {
			errs.Add(diag.InFile(f.Path, "metadata "+key).Errorf("weights", "%s is no range", diag.Short(strconv.Quote(text))).
				Helpf("it is the largest |%s|, a number such as 12.5; or remove the entry and run  hrnnc calibrate", l.State.Name))
		}
		m.ranges[l.State.Name] = v
	}
	entry(f, &errs, ChannelsKey, &m.inputs)
	entry(f, &errs, OutputChannelsKey, &m.outputs)
	entry(f, &errs, ClassesKey, &m.classes)
	entry(f, &errs, VocabularyKey, &m.vocabulary)
	if n := model.Input.Size; len(m.inputs) > 0 && len(m.inputs) != n {
		errs.Add(diag.InFile(f.Path, "metadata "+ChannelsKey).Errorf("weights", "has %d channels, and the input %d entries", len(m.inputs), n).
			Helpf("train again, or remove the entry"))
	}
	if model.Readout.Matrix == nil || len(m.outputs) != model.Readout.Matrix.Shape[0] {
		m.outputs = nil
	}
	return m, errs
}

// entry reads a JSON list.
func entry[T any](f *weights.File, errs *diag.List, key string, into *[]T) {
	text, ok := f.Metadata[key]
	if !ok {
		return
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		*into = nil
		errs.Add(diag.InFile(f.Path, "metadata "+key).Errorf("weights", "cannot be read: %v", err).
			Helpf("train again, or remove the entry; without it numbers stand for names and values"))
	}
}

package main

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer/data"
)

// note is what the weights file says of the training: the data set, and what its values, classes and words are.
func (t *training) note() map[string]string {
	out := map[string]string{"trained_on": t.set.Name, "hrnnc": compiler.Version}
	put := func(key string, value any) {
		if text, err := json.Marshal(value); err == nil { // numbers are finite and strings are strings
			out[key] = string(text)
		}
	}
	if t.set.Channels != nil {
		put(compiler.ChannelsKey, t.channels())
	}
	if t.targets != nil {
		put(compiler.OutputChannelsKey, t.targets)
	}
	if t.set.Classes != nil {
		put(compiler.ClassesKey, t.set.Classes)
	}
	if t.set.Vocabulary != nil {
		put(compiler.VocabularyKey, t.set.Vocabulary)
	}
	if t.set.Length > 0 {
		out[lengthKey] = strconv.Itoa(t.set.Length)
	}
	return out
}

// lengthKey is the entry of a weights file's metadata with the steps that texts and sequences are padded to.
const lengthKey = "input.length"

// channels says how the integers of the input come from the values in the data set's files.
func (t *training) channels() []ir.Channel {
	if len(t.inputs) == len(t.set.Channels) {
		return t.inputs
	}
	out := make([]ir.Channel, len(t.set.Channels))
	for i, c := range t.set.Channels {
		out[i] = ir.Channel{Name: c.Name, Gain: c.Scale / t.model.Input.Scale, Offset: c.Offset / t.model.Input.Scale}
	}
	return out
}

// readMeaning is what note wrote, how the integers of the input come from values, and what the outputs of a regression stand
// for; empty for weights that hrnnc did not train.
func readMeaning(f *weights.File, model *dsl.Model) (m *data.Meaning, channels, targets []ir.Channel, err error) {
	m = &data.Meaning{}
	for key, into := range map[string]any{compiler.ChannelsKey: &channels, compiler.OutputChannelsKey: &targets, compiler.ClassesKey: &m.Classes, compiler.VocabularyKey: &m.Vocabulary, lengthKey: &m.Length} {
		text, ok := f.Metadata[key]
		if !ok {
			continue
		}
		if err := json.Unmarshal([]byte(text), into); err != nil {
			return nil, nil, nil, diag.InFile(f.Path, "").Errorf("weights", "metadata %s cannot be read: %v", key, err).Helpf("train again, or remove the entry")
		}
	}
	for _, c := range channels {
		m.Channels = append(m.Channels, data.Channel{Name: c.Name, Scale: c.Gain * model.Input.Scale, Offset: c.Offset * model.Input.Scale})
	}
	if slices.ContainsFunc(targets, func(c ir.Channel) bool { return c.Gain == 0 }) {
		return nil, nil, nil, diag.InFile(f.Path, "").Errorf("weights", "metadata %s has a gain of 0", compiler.OutputChannelsKey).Helpf("train again, or remove the entry")
	}
	if rows := model.Readout.Matrix.Shape[0]; targets != nil && len(targets) != rows {
		return nil, nil, nil, diag.InFile(f.Path, "").Errorf("weights", "metadata %s has %d entries, the model %d outputs", compiler.OutputChannelsKey, len(targets), rows).Helpf("train again, or remove the entry")
	}
	return m, channels, targets, nil
}

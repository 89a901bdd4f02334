package study

import (
	"strconv"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer/data"
)

// note is what the weights file says of the training: the data set, and what its values, classes and words are.
func (s *Study) note() metadata.Metadata {
	m := metadata.Metadata{TrainedOn: s.Set.Name, Version: compiler.Version, Outputs: s.Targets, Classes: s.Set.Classes, Vocabulary: s.Set.Vocabulary, Length: s.Set.Length,
		DrawnBy: map[string]string{"seed": strconv.FormatInt(s.Config.Seed, 10)}}
	for _, k := range data.DrawKeys {
		if v, ok := s.Config.DataKeys[k]; ok {
			m.DrawnBy[k] = v
		}
	}
	if s.Set.Channels != nil {
		m.Inputs = s.channels()
	}
	return m
}

// channels says how the integers of the input come from the values in the data set's files.
func (s *Study) channels() []ir.Channel {
	if len(s.Inputs) == len(s.Set.Channels) {
		return s.Inputs
	}
	out := make([]ir.Channel, len(s.Set.Channels))
	for i, c := range s.Set.Channels {
		out[i] = ir.Channel{Name: c.Name, Gain: c.Scale / s.Model.Input.Scale, Offset: c.Offset / s.Model.Input.Scale}
	}
	return out
}

// meaningOf is what note wrote of values, classes and words; empty for weights that hrnnc did not train.
func meaningOf(says *metadata.Metadata, model *dsl.Model) *data.Meaning {
	m := &data.Meaning{Classes: says.Classes, Vocabulary: says.Vocabulary, Length: says.Length}
	for _, c := range says.Inputs {
		m.Channels = append(m.Channels, data.Channel{Name: c.Name, Scale: c.Gain * model.Input.Scale, Offset: c.Offset * model.Input.Scale})
	}
	return m
}

package compiler

import (
	"github.com/hrnnc/hrnnc/importer"
	"github.com/hrnnc/hrnnc/internal/weights"
)

// Import reads a checkpoint and, where config is not "", the configuration of its training, and makes the model that it holds.
// modelFile is the file that the model will be, which nothing is written to.
func Import(checkpoint, config string, o importer.Options, modelFile string) (*importer.Imported, *Model, error) {
	f, err := weights.Open(checkpoint)
	if err != nil {
		return nil, nil, err
	}
	var c *importer.Config
	if config != "" {
		if c, err = importer.ReadConfig(config); err != nil {
			return nil, nil, err
		}
	}
	im, err := importer.Import(f, c, o)
	if err != nil {
		return nil, nil, err
	}
	m, err := FromParts(modelFile, []byte(im.Text), im.Weights)
	return im, m, err
}

// Uncalibrated lists the states whose range neither the model nor its weights say, which compiling needs.
func (m *Model) Uncalibrated() (states []string) {
	if m.Real == nil {
		return nil
	}
	for _, s := range m.Real.States {
		if s.Max == 0 {
			states = append(states, s.Name)
		}
	}
	return states
}

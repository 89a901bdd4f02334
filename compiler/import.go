package compiler

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hrnnc/hrnnc/importer"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
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

// WriteImport writes a model, and its weights beside it, into a folder that is made. Files that are there are left alone and
// reported, unless force is set.
func WriteImport(modelFile string, im *importer.Imported, force bool) error {
	folder := filepath.Dir(modelFile)
	weightsFile := filepath.Join(folder, importer.WeightsName)
	for _, f := range []string{modelFile, weightsFile} {
		if _, err := os.Stat(f); err == nil && !force {
			return diag.InFile(f, "").Errorf("output", "is there already").Helpf("choose another folder with -o, or give --force to replace it")
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return diag.InFile(f, "").Errorf("output", "cannot be written: %v", err).Helpf("choose another folder with -o")
		}
	}
	if err := fileio.MakeFolder(folder); err != nil {
		return err
	}
	lock, err := fileio.LockFile(weightsFile)
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := fileio.MayWrite(weightsFile, modelFile); err != nil {
		return err
	}
	if err := weights.WriteSafetensors(weightsFile, im.Weights); err != nil {
		return err
	}
	return fileio.WriteFile(modelFile, []byte(im.Text))
}

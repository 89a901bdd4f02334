package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/importer"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/weights"
)

func (a *app) importCmd() *cobra.Command {
	var config, calibrate, dir string
	var o importer.Options
	var force bool
	c := &cobra.Command{
		Use:   "import CHECKPOINT",
		Short: "Turn a PyTorch checkpoint into model.hrn and model.safetensors",
		Long: `Turn a checkpoint of the HadamRNN authors' PyTorch code (.pth state_dict), or tensors of the same names in .safetensors
or .npz, into model.hrn and model.safetensors. PyTorch is not needed, and reading a pickle executes nothing.

The configuration is the YAML that the training was started with, or JSON with the same names. A plain dense recurrent
matrix is recognised when it is a signed (permuted, block) Hadamard; then the configuration may be left out.

--calibrate runs the model on real inputs and stores how large its states get, which compiling needs.`,
		Example: `  hrnnc import best.pth --config pmnist_hadamRNN_paper.yaml --input u8 --input-scale 1/255 --calibrate X.npy -o pmnist
  hrnnc import copy.pth --config copy.json --input onehot --calibrate vectors.npz:tokens -o copy
  hrnnc import dense.npz --input i8 --input-scale 0.01 -o dense`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := folder(dir); err != nil {
				return err
			}
			if o.Scale != "" {
				if _, err := importer.ParseScale(o.Scale); err != nil {
					return usageError{fmt.Errorf("--input-scale: %w", err)}
				}
			}
			im, err := importCheckpoint(args[0], config, o)
			if err != nil {
				return err
			}
			if dir == "" {
				base := filepath.Base(args[0])
				dir = base[:len(base)-len(filepath.Ext(base))]
			}
			modelFile := filepath.Join(dir, "model.hrn")
			m, err := compiler.FromParts(modelFile, []byte(im.Text), im.Weights)
			if err != nil {
				return err
			}
			var ranges map[string]float64
			if calibrate != "" {
				if m, ranges, err = a.calibrateImported(cmd, m, im, o, args[0], config, calibrate); err != nil {
					return err
				}
			} else {
				im.Notes = append(im.Notes, "no --calibrate: run  hrnnc calibrate "+modelFile+" --input X.npy  before compiling")
			}
			weightsFile := filepath.Join(dir, importer.WeightsName)
			if err := writeImport(modelFile, weightsFile, m.Text, im.Weights, force); err != nil {
				return err
			}
			a.printImport(modelFile, weightsFile, im.Notes, ranges)
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&config, "config", "", "the training's configuration, YAML or JSON")
	f.StringVar(&o.Input, "input", "", "what a step receives: u8, i16, ... (integers), onehot or token")
	f.StringVar(&o.Scale, "input-scale", "", "real value of an input of one: 1/255, 0.01 (default 1)")
	f.StringVar(&calibrate, "calibrate", "", "sequences to measure the states on: X.npy or ARCHIVE.npz:NAME")
	f.IntVar(&o.Steps, "steps", 0, "steps of a sequence (default: those of --calibrate, or an endless stream)")
	f.IntVar(&o.StateBits, "state-bits", 16, "width of the states, 8 to 32")
	f.StringVar(&o.Name, "name", "", "name of the model (default: the file's)")
	f.BoolVar(&o.Normalise, "normalise", false, "scale a dense recurrent matrix to 1/sqrt(block)")
	f.StringVarP(&dir, "output", "o", "", "folder for model.hrn and model.safetensors (default: the checkpoint's name)")
	f.BoolVar(&force, "force", false, "replace files that are there")
	return c
}

func importCheckpoint(path, config string, o importer.Options) (*importer.Imported, error) {
	f, err := weights.Open(path)
	if err != nil {
		return nil, err
	}
	var c *importer.Config
	if config != "" {
		if c, err = importer.ReadConfig(config); err != nil {
			return nil, err
		}
	} else if f.Find("recurrent_layer.sign_vector") != nil {
		return nil, diag.InFile(path, "").Errorf("config", "the checkpoint does not say its blocks and bits").
			Helpf("give --config: the YAML that the training was started with, or JSON such as {\"hidden_size\": 128, \"basic_block\": \"full\", \"num_bits\": 4, \"qoutput\": true}")
	}
	return importer.Import(f, c, o)
}

// calibrateImported measures the states; the sequences also say how long a sequence is.
func (a *app) calibrateImported(cmd *cobra.Command, m *compiler.Model, im *importer.Imported, o importer.Options, file, config, data string) (*compiler.Model, map[string]float64, error) {
	x, _, err := arraySequences(m, data, false)
	if err != nil {
		return nil, nil, err
	}
	if len(x) == 0 {
		return nil, nil, diag.InFile(data, "").Errorf("data", "holds no sequence").Helpf("calibrate with at least one")
	}
	if o.Steps == 0 {
		o.Steps = len(x[0])
		again, err := importCheckpoint(file, config, o)
		if err != nil {
			return nil, nil, err
		}
		*im = *again
		if m, err = compiler.FromParts(m.File, []byte(im.Text), im.Weights); err != nil {
			return nil, nil, err
		}
	}
	progress, done := a.progress("calibrating")
	ranges, err := m.Calibrate(cmd.Context(), x, progress)
	done()
	if err != nil {
		return nil, nil, err
	}
	compiler.SetRanges(im.Weights, ranges)
	return m, ranges, nil
}

func writeImport(modelFile, weightsFile string, text []byte, w *weights.File, force bool) error {
	for _, f := range []string{modelFile, weightsFile} {
		if _, err := os.Stat(f); err == nil && !force {
			return diag.InFile(f, "").Errorf("output", "is there already").Helpf("choose another folder with -o, or give --force to replace it")
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return diag.InFile(f, "").Errorf("output", "cannot be written: %v", err).Helpf("choose another folder with -o")
		}
	}
	if err := os.MkdirAll(filepath.Dir(modelFile), 0o777); err != nil {
		return diag.InFile(filepath.Dir(modelFile), "").Errorf("output", "cannot be made: %v", err).Helpf("choose another folder with -o")
	}
	if err := weights.WriteSafetensors(weightsFile, w); err != nil {
		return err
	}
	return fileio.WriteFile(modelFile, text)
}

func (a *app) printImport(modelFile, weightsFile string, notes []string, ranges map[string]float64) {
	if a.json {
		a.printJSON(struct {
			Model   string             `json:"model"`
			Weights string             `json:"weights"`
			Notes   []string           `json:"notes,omitempty"`
			Ranges  map[string]float64 `json:"ranges,omitempty"`
		}{modelFile, weightsFile, notes, ranges})
		return
	}
	for _, n := range notes {
		fmt.Fprintln(a.out, "note:", n)
	}
	a.printRanges(ranges)
	fmt.Fprintf(a.out, "written: %s, %s\nnext:    hrnnc compile %s\n", modelFile, weightsFile, modelFile)
}

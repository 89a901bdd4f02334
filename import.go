package hrnnc

import (
	"context"
	"path/filepath"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/importer"
)

// ImportOptions are what a checkpoint does not say. The zero value does for a checkpoint with a dense recurrent matrix, but
// for Input.
type ImportOptions struct {
	Config     string // file with the configuration of the training, for recurrences that are kept as signs
	Name       string // of the model; empty for the checkpoint's
	Input      string // what a step receives: "u8", "i16", ..., "onehot" or "token"
	InputScale string // the real value of an input of one, such as "1/255"; empty for 1
	Steps      int    // of a sequence; 0 for an endless stream
	StateBits  int    // width of the states, 8 to 32; 0 for 16
	Normalise  bool   // scale a dense recurrent matrix to 1/sqrt(block)
	// Map says which tensors have a role (docs/weights.md): {"U": {"W_ih.weight"}}. Those of a bias are added up. All other
	// roles are found by name and shape.
	Map map[string][]string
	// Ignore are the names of tensors that are left out; * stands for any text.
	Ignore []string
	// Calibrate are sequences that look like those in use, on which the range of the states is measured. Without them the
	// model cannot be compiled yet.
	Calibrate []Sequence
}

// Imported is a checkpoint as a model.
type Imported struct {
	Model   *Model
	Text    string         // of model.hrn
	Tensors []ImportChoice // what every tensor of the checkpoint was taken for
	Notes   []string       // what was decided, and what to check
	im      *importer.Imported
}

// ImportChoice is a tensor of a checkpoint and what it was taken for.
type ImportChoice struct {
	Param  string // in the model; empty for a tensor that was left out
	Tensor string
	Shape  []int
	Type   string // F32, BF16, BOOL, ...
	By     string // what told it: "name", "words", "shape", "values", "layer", "--map", "--ignore"
}

// Import makes a model of a checkpoint (.pth, .safetensors or .npz). Nothing in it is run. Every tensor has a part in the model,
// is left out by Ignore, or is an [Error].
func Import(ctx context.Context, checkpoint string, o ImportOptions) (*Imported, error) {
	options := importer.Options{Name: o.Name, Input: o.Input, Scale: o.InputScale, Steps: o.Steps, StateBits: o.StateBits,
		Normalise: o.Normalise, Ignore: o.Ignore}
	var err error
	if options.Map, err = importer.RoleMap(o.Map); err != nil {
		return nil, usage(err)
	}
	if o.InputScale != "" {
		if _, err := importer.ParseScale(o.InputScale); err != nil {
			return nil, usage(err)
		}
	}
	im, m, err := compiler.Import(checkpoint, o.Config, options, "model.hrn")
	if err != nil {
		return nil, public(err)
	}
	if len(o.Calibrate) > 0 {
		ranges, err := measure(ctx, m, o.Calibrate)
		if err != nil {
			return nil, err
		}
		compiler.SetRanges(im.Weights, ranges)
		m = m.WithRanges(ranges)
	}
	out := &Imported{Model: newModel(m), Text: im.Text, Notes: im.Notes, im: im}
	for _, c := range im.Choices {
		out.Tensors = append(out.Tensors, ImportChoice(c))
	}
	return out, nil
}

// Write writes model.hrn and model.safetensors into a folder, which is made. Files of these names that are there are an [Error].
func (im *Imported) Write(folder string) error {
	return public(compiler.WriteImport(filepath.Join(folder, "model.hrn"), im.im, false))
}

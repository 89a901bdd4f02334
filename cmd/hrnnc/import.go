package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/importer"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/passes"
)

// importFlags are the flags of hrnnc import.
type importFlags struct {
	importer.Options
	config, calibrate, folder string
	roles, ignore             []string
	force                     bool
}

func (a *app) importCmd() *cobra.Command {
	var o importFlags
	c := &cobra.Command{
		Use:   "import CHECKPOINT",
		Short: "Turn the tensors of a checkpoint into model.hrn and model.safetensors",
		Long: `Turn the tensors of a HadamRNN that was trained elsewhere (.pth, .safetensors or .npz) into model.hrn and
model.safetensors. PyTorch is not needed, and reading a pickle executes nothing. What every tensor was taken for is printed.

Roles are told by the names of the authors' code, torch.nn.RNN and hrnnc, behind any prefix, else by words of names and shapes.
A tensor that has none is an error. --map says what tensors are, --ignore leaves some out:

  h <- W*h + U*x + b        U [units, inputs], b [units]; W [units, units], or signs [units] for a Hadamard matrix
  y = V*relu(h) + c         V [outputs, units], c [outputs]; E [tokens, inputs] is an embedding
                            B, signs2 or W2, b2 are a second layer's

The configuration is the YAML that the training was started with, or JSON with the same names. A plain dense recurrent
matrix is recognised when it is a signed (permuted, block) Hadamard; then the configuration may be left out.

--calibrate runs the model on real inputs and stores how large its states get, which compiling needs.
A model.hrn of your own over your own tensor names needs no import at all: docs/weights.md.`,
		Example: `  hrnnc import best.pth --config pmnist_hadamRNN_paper.yaml --input u8 --input-scale 1/255 --calibrate X.npy -o pmnist
  hrnnc import copy.pth --config copy.json --input onehot --calibrate vectors.npz:tokens -o copy
  hrnnc import dense.npz --input i8 --input-scale 0.01 -o dense
  hrnnc import own.pth --input i8 --map U=W_ih.weight,W=W_hh.weight,b=W_ih.bias+W_hh.bias,V=fc.weight,c=fc.bias
  hrnnc import own.pth --input i8 --ignore 'norm.*'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.importCheckpoint(cmd.Context(), args[0], o) },
	}
	f := c.Flags()
	f.StringVar(&o.config, "config", "", "the training's configuration, YAML or JSON")
	f.StringVar(&o.Input, "input", "", "what a step receives: u8, i16, ... (integers), onehot or token")
	f.StringVar(&o.Scale, "input-scale", "", "real value of an input of one: 1/255, 0.01 (default 1)")
	f.StringVar(&o.calibrate, "calibrate", "", "sequences to measure the states on: X.npy or ARCHIVE.npz:NAME")
	f.IntVar(&o.Steps, "steps", 0, "steps of a sequence (default: those of --calibrate, or an endless stream)")
	f.IntVar(&o.StateBits, "state-bits", 16, "width of the states, 8 to 32")
	f.StringVar(&o.Name, "name", "", "name of the model (default: the file's)")
	f.BoolVar(&o.Normalise, "normalise", false, "scale a dense recurrent matrix to 1/sqrt(block)")
	f.StringArrayVar(&o.roles, "map", nil, "what tensors are: ROLE=TENSOR,...; biases add up: b=ONE+OTHER; may be given again")
	f.StringArrayVar(&o.ignore, "ignore", nil, "tensors to leave out: NAME,...; 'norm.*' for all that match; may be given again")
	f.StringVarP(&o.folder, "output", "o", "", "folder for model.hrn and model.safetensors (default: the checkpoint's name)")
	f.BoolVar(&o.force, "force", false, "replace files that are there")
	return c
}

func (a *app) importCheckpoint(ctx context.Context, checkpoint string, o importFlags) error {
	if err := folder(o.folder); err != nil {
		return err
	}
	if o.Scale != "" {
		if _, err := importer.ParseScale(o.Scale); err != nil {
			return usageError{fmt.Errorf("--input-scale: %w", err)}
		}
	}
	var err error
	if o.Map, err = importer.ParseMap(o.roles); err != nil {
		return usageError{fmt.Errorf("--map: %w", err)}
	}
	for _, names := range o.ignore {
		o.Ignore = append(o.Ignore, strings.Split(names, ",")...)
	}
	if o.folder == "" {
		base := filepath.Base(checkpoint)
		o.folder = base[:len(base)-len(filepath.Ext(base))]
	}
	r := importResult{Model: filepath.Join(o.folder, "model.hrn"), Weights: filepath.Join(o.folder, importer.WeightsName)}
	im, m, err := compiler.Import(checkpoint, o.config, o.Options, r.Model)
	if err != nil {
		return err
	}
	if o.calibrate != "" {
		if im, r.Ranges, err = a.calibrateImported(ctx, m, im, o, checkpoint); err != nil {
			return err
		}
	}
	if err := compiler.WriteImport(r.Model, im, o.force); err != nil {
		return err
	}
	r.Tensors, r.Notes = im.Choices, im.Notes
	if m, err = compiler.Load(r.Model, ""); err != nil {
		return err
	}
	if m.Uncalibrated() != nil {
		r.Next = fmt.Sprintf("hrnnc calibrate %s --input X.npy", r.Model)
		r.Notes = append(r.Notes, "compiling needs to know how large the states get: calibrate measures it on sequences like those in use")
	} else if _, err := m.Lower(passes.Config{}); err != nil {
		a.warn(compiler.Diagnostics(err))
		r.Notes = append(r.Notes, "the model does not compile yet: "+err.Error())
	} else {
		r.Next = "hrnnc compile " + r.Model
	}
	return a.printImport(r)
}

// calibrateImported measures the states; the sequences also say how long a sequence is.
func (a *app) calibrateImported(ctx context.Context, m *compiler.Model, im *importer.Imported, o importFlags, checkpoint string) (*importer.Imported, map[string]float64, error) {
	x, _, err := arraySequences(m, o.calibrate, false)
	if err != nil {
		return nil, nil, err
	}
	if len(x) == 0 {
		return nil, nil, diag.InFile(o.calibrate, "").Errorf("data", "holds no sequence").Helpf("calibrate with at least one")
	}
	if o.Steps == 0 {
		o.Steps = len(x[0])
		if im, m, err = compiler.Import(checkpoint, o.config, o.Options, m.File); err != nil {
			return nil, nil, err
		}
	}
	bar := a.progress()
	bar.say("calibrating")
	ranges, err := m.Calibrate(ctx, x, bar.plan("calibrating", 1).at)
	bar.clear()
	if err != nil {
		return nil, nil, err
	}
	compiler.SetRanges(im.Weights, ranges)
	return im, ranges, nil
}

// importResult is what an import left, for scripts.
type importResult struct {
	Model   string             `json:"model"`
	Weights string             `json:"weights"`
	Tensors []importer.Choice  `json:"tensors"` // what every tensor of the checkpoint was taken for
	Notes   []string           `json:"notes,omitempty"`
	Ranges  map[string]float64 `json:"ranges,omitempty"`
	Next    string             `json:"next,omitempty"` // the command that works now
}

func (a *app) printImport(r importResult) error {
	if a.json {
		return a.printJSON(r)
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "model\ttensor\tshape\ttype\ttold by")
	for _, c := range r.Tensors {
		if c.Param == "" {
			c.Param = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", c.Param, diag.Short(c.Tensor), strings.ReplaceAll(fmt.Sprint(c.Shape), " ", ", "), c.Type, c.By)
	}
	a.flush(w)
	for _, n := range r.Notes {
		fmt.Fprintln(a.out, "note:", n)
	}
	a.printRanges(r.Ranges)
	fmt.Fprintf(a.out, "written: %s, %s\n", r.Model, r.Weights)
	if r.Next != "" {
		fmt.Fprintf(a.out, "next:    %s\n", r.Next)
	}
	return nil
}

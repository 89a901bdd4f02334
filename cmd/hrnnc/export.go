package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/exporter/onnx"
	"github.com/hrnnc/hrnnc/exporter/pytorch"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/study"
)

// exportFlags are the flags of hrnnc export.
type exportFlags struct {
	to, folder, data, weights string
	set                       []string
	force                     bool
}

// exportFormats are the formats that there are: a row each.
var exportFormats = []struct {
	name, about string
	// files makes what is written, and says what can be done with it in a folder.
	files func(ctx context.Context, a *app, model string, o exportFlags) (*exported, error)
}{
	{"pytorch", "model.py and train.py with the data, for GPUs and clusters", exportPyTorch},
	{"onnx", "graphs of a step and of a sequence, in float32 and in integers, for runtimes", exportONNX},
}

// exported is what a format makes of a model.
type exported struct {
	Model string `json:"model"` // its name
	To    string `json:"format"`
	// Next are commands that work on what is written, without the folder's name, which stands for %s.
	Next     []string        `json:"next"`
	Notes    []string        `json:"notes,omitempty"`
	Files    []backends.File `json:"-"`
	Products []string        `json:"-"` // paths of what running the files leaves, which is nobody's
	Warnings diag.List       `json:"-"`
}

func exportNames() (out []string) {
	for _, f := range exportFormats {
		out = append(out, f.name)
	}
	return out
}

func (a *app) exportCmd() *cobra.Command {
	var o exportFlags
	var about strings.Builder
	for _, f := range exportFormats {
		fmt.Fprintf(&about, "\n  %-8s  %s", f.name, f.about)
	}
	c := &cobra.Command{
		Use:   "export model.hrn",
		Short: "Write a model for other frameworks: PyTorch, ONNX",
		Long: `Write a model for another framework, into a folder that appears whole or not at all. The formats of --to:
` + about.String() + `

pytorch needs no weights; what it trains is a weights file that hrnnc compile takes as it is. docs/pytorch.md says more.
onnx takes model.hrn with its weights, or IR, and needs nothing else; its integers are those of generated code. docs/onnx.md says more.`,
		Example: `  hrnnc export model.hrn --to pytorch -o torch          # model.py, train.py and data.npz
  python3 torch/train.py                                # trains, and leaves torch/model.safetensors
  torchrun --nproc_per_node 4 torch/train.py            # on four GPUs, or four processes
  hrnnc compile model.hrn --weights torch/model.safetensors
  hrnnc export model.hrn --to pytorch --data mnist --set epochs=5
  hrnnc export model.hrn --to onnx -o onnx              # step-fixed.onnx, sequence-real.onnx, ... and how to run them`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.export(cmd.Context(), args[0], o) },
	}
	f := c.Flags()
	f.StringVar(&o.to, "to", "", "the format: "+strings.Join(exportNames(), ", "))
	f.StringVarP(&o.folder, "output", "o", "", "folder to write (default build/NAME-FORMAT)")
	f.StringVar(&o.data, "data", "", "data set in the place of the train block's: a known name, a generator such as copy(100), or a path")
	settingsFlag(c, &o.set, aboutTraining|aboutData, "a setting of the train block, as epochs=5")
	weightsFlag(c, &o.weights)
	f.BoolVar(&o.force, "force", false, "replace the folder whatever it holds")
	return c
}

func (a *app) export(ctx context.Context, model string, o exportFlags) error {
	if err := folder(o.folder); err != nil {
		return err
	}
	i := slices.Index(exportNames(), o.to)
	if i < 0 {
		e := misuse("--to %s is no format", diag.Short(o.to))
		if o.to == "" {
			e = misuse("a format is missing")
		}
		return e.Helpf("there are: --to %s", strings.Join(exportNames(), ", --to "))
	}
	bar := a.progress()
	defer bar.clear()
	bar.say("exporting " + model)
	out, err := exportFormats[i].files(ctx, a, model, o)
	if err != nil {
		return err
	}
	out.To = o.to
	if o.folder == "" {
		o.folder = filepath.Join("build", out.Model+"-"+o.to)
	}
	if err := compiler.WriteTree(o.folder, o.force, out.Files, out.Products, out); err != nil {
		return err
	}
	bar.clear()
	a.warn(out.Warnings)
	for k := range out.Next {
		out.Next[k] = strings.ReplaceAll(out.Next[k], "%s", o.folder)
	}
	if a.json {
		var files []string
		for _, f := range out.Files {
			files = append(files, f.Path)
		}
		return a.printJSON(struct {
			Folder string   `json:"folder"`
			Files  []string `json:"files"`
			*exported
		}{o.folder, files, out})
	}
	for _, f := range out.Files {
		fmt.Fprintf(a.out, "%-18s %s\n", f.Path, diag.GroupedCount(len(f.Data), "byte"))
	}
	for _, n := range out.Notes {
		fmt.Fprintln(a.out, "note:", n)
	}
	fmt.Fprintf(a.out, "\nwritten to %s\n", o.folder)
	for k, line := range out.Next {
		fmt.Fprintf(a.out, "%-8s %s\n", []string{"next:", "then:"}[min(k, 1)], line)
	}
	return nil
}

// exportPyTorch writes the module of a model, what trains it where data are named, and its weights where there are some.
func exportPyTorch(_ context.Context, a *app, model string, o exportFlags) (*exported, error) {
	if filepath.Ext(model) == ".ir" {
		return nil, diag.InFile(model, "").Errorf("export", "is IR, whose weights are rounded already: there is nothing left to train").Helpf("export the model.hrn that it was made of")
	}
	m, _, errs := compiler.Check(model)
	if errs.HasErrors() {
		return nil, errs
	}
	out := &exported{Model: m.Name, Next: []string{}, Products: []string{"__pycache__/*"}, Warnings: errs}
	var w *weights.File
	if _, err := os.Stat(m.WeightsPath()); o.weights == "" && (m.Weights == "" || err != nil) {
		out.Notes = append(out.Notes, "there are no weights yet: the module begins with random ones")
	} else if w, out.Warnings, err = openWeights(model, o.weights); err != nil {
		return nil, err
	}
	dense := slices.ContainsFunc(m.Layers, func(l *dsl.Layer) bool { return l.Dense != nil })
	var net *network.Network
	if dense && w != nil {
		net = network.New(m)
		if err := trainer.LoadWeights(w, net); err != nil {
			return nil, err
		}
	}
	module, err := pytorch.Module(m, net)
	if err != nil {
		return nil, err
	}
	add := func(name string, data []byte) { out.Files = append(out.Files, backends.File{Path: name, Data: data}) }
	add(pytorch.ModuleName, module)
	weightsName := pytorch.WeightsName(m)
	if m.Train["data"] == "" && o.data == "" && len(o.set) == 0 {
		out.Notes = append(out.Notes, "the model names no data set, and there is no train.py; --data names one")
	} else {
		a.bar.say("reading data")
		s, err := study.New(model, study.Options{Data: o.data, Set: o.set})
		if err != nil {
			return nil, err
		}
		t := s.Elsewhere()
		a.bar.say("packing data")
		data, err := t.Data()
		if err != nil {
			return nil, err
		}
		add(pytorch.TrainName, t.Script())
		add(pytorch.DataName, data)
		train := "python3 " + filepath.Join("%s", pytorch.TrainName)
		if dense { // no signs are drawn
			train += " --from " + filepath.Join("%s", weightsName)
		}
		out.Next = []string{train, fmt.Sprintf("hrnnc compile %s --weights %s", model, filepath.Join("%s", weightsName))}
	}
	if w == nil {
		return out, nil
	}
	w.Format = weights.Safetensors
	data, err := weights.Encode(weightsName, w)
	if err != nil {
		return nil, err
	}
	add(weightsName, data)
	return out, nil
}

// openWeights reads the weights of a model, whatever they are in, once they are known to be its.
func openWeights(model, file string) (*weights.File, diag.List, error) {
	m, err := compiler.Load(model, file)
	if err != nil {
		return nil, nil, err
	}
	w, err := weights.Open(m.Weights)
	return w, m.Warnings, err
}

// exportONNX writes the graphs of a model at the levels that it has.
func exportONNX(_ context.Context, _ *app, model string, o exportFlags) (*exported, error) {
	if o.data != "" || len(o.set) > 0 {
		return nil, misuse("--data and --set are of training, which ONNX has none of").Helpf("train first:  hrnnc train %s", model)
	}
	m, err := compiler.Load(model, o.weights)
	if err != nil {
		return nil, err
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		return nil, err
	}
	d := onnx.Model{Fixed: l.Module, Plan: l.Plan, Text: string(m.Text), Vocabulary: m.Vocabulary, Version: compiler.Version}
	out := &exported{Model: m.Name(), Warnings: m.Warnings}
	if m.Real == nil {
		out.Notes = append(out.Notes, "IR of the fixed level has no real level: there are only graphs of integers")
	} else if d.Real, err = m.IRAfter("fold", passes.Config{}); err != nil {
		return nil, err
	}
	graphs, err := onnx.Graphs(d)
	if err != nil {
		return nil, err
	}
	for _, g := range graphs {
		out.Files = append(out.Files, backends.File{Path: g.Name() + ".onnx", Data: g.Data})
	}
	readme, err := onnx.Readme(d, graphs)
	if err != nil {
		return nil, err
	}
	out.Files = append(out.Files, backends.File{Path: "README.md", Data: readme})
	out.Next = []string{"less %s/README.md    # how to run them, in Python and JavaScript"}
	return out, nil
}

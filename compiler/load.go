// Package compiler is the road of one model, from model.hrn and its weights to generated files, runs and proofs: it
// strings the language, the passes, the plan and the targets together. It prints nothing and parses no flag, which the
// command does, and it knows no target language beyond the list in targets.go. Start with Load and Lower.
package compiler

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/ir"
)

// Model is a loaded model: what was written, and the real-level module it means.
type Model struct {
	File    string
	Text    []byte
	Checked *dsl.Model // nil when the model came as IR
	Weights string     // path of the weights file, or empty
	// Vocabulary spells the tokens, nil where the weights file does not.
	Vocabulary []string
	Real       *ir.Module // nil when the model came as fixed-level IR
	Fixed      *ir.Module // set only when the model came as fixed-level IR
	Targets    map[string]map[string]string
	Warnings   diag.List
	hashes     []string
	overrides  []override
}

// What files that are no models are for, by what their names end in.
const (
	forData    = "hrnnc new %s  writes a model for a data set; a model's own is named with --data"
	forWeights = "hrnnc import %s  makes a model of weights; a model's own are named with --weights"
)

var noModels = map[string]string{
	".csv": forData, ".tsv": forData, ".ts": forData, ".arff": forData, ".npz": forData, ".npy": forData, ".wav": forData, ".gz": forData, ".xz": forData,
	".safetensors": forWeights, ".pth": forWeights, ".pt": forWeights,
}

// Check parses and checks a model without its weights.
func Check(file string) (*dsl.Model, []byte, diag.List) {
	if help := noModels[strings.ToLower(filepath.Ext(file))]; help != "" {
		return nil, nil, diag.List{diag.InFile(file, "").Errorf("file", "is no model; models are files called NAME.hrn").Helpf(help, file)}
	}
	text, err := fileio.ReadAtMost(file, "file", dsl.MaxSource)
	if err != nil {
		return nil, nil, asList(err)
	}
	ast, errs := dsl.Parse(file, text)
	m, more := dsl.Check(ast)
	return m, text, append(errs, more...)
}

// asList gives any error as diagnostics.
func asList(err error) diag.List {
	var l diag.List
	var d *diag.Diagnostic
	switch {
	case errors.As(err, &l):
		return l
	case errors.As(err, &d):
		return diag.List{d}
	}
	return diag.List{diag.InFile("", "").Errorf("internal", "%v", err)}
}

// Load reads a model.hrn with its weights, or IR text with the constants beside it (FILE.ir and FILE.ir.consts).
// weightsFile replaces the one that the model names; empty for that one. Errors are a diag.List.
func Load(file, weightsFile string) (*Model, error) {
	if filepath.Ext(file) == ".ir" {
		if weightsFile != "" {
			return nil, diag.List{diag.InFile(file, "").Errorf("weights", "is IR, which has its weights in it, and cannot take those of %s", weightsFile).
				Helpf("leave  --weights  out, or name the model.hrn that the IR was made of")}
		}
		return loadIR(file)
	}
	checked, text, errs := Check(file)
	return withWeights(file, text, checked, errs, weightsFile)
}

// LoadText is Load of a model whose text is in memory, such as one that an editor has not saved yet. The weights are read from their
// file.
func LoadText(file string, text []byte) (*Model, error) {
	ast, errs := dsl.Parse(file, text)
	checked, more := dsl.Check(ast)
	return withWeights(file, text, checked, append(errs, more...), "")
}

// withWeights reads the weights of a checked text, whose findings are errs.
func withWeights(file string, text []byte, checked *dsl.Model, errs diag.List, weightsFile string) (*Model, error) {
	if errs.HasErrors() {
		return nil, errs
	}
	path := weightsFile
	if path == "" {
		path = checked.WeightsPath()
	}
	if path == "" {
		errs.Add(diag.InFile(file, "").Errorf("missing", "the model names no weights").
			Helpf("add  weights \"%s.safetensors\", or give --weights FILE", checked.Name))
		return nil, errs
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && weightsFile == "" {
		return nil, append(errs, NoWeights(checked, file, path))
	}
	content, err := fileio.Open(path, "weights")
	if err != nil {
		return nil, append(errs, asList(err)...)
	}
	defer content.Close()
	tensors, err := weights.DecodeFrom(path, content.SectionReader, needs(checked))
	if err != nil {
		return nil, append(errs, asList(err)...)
	}
	return join(text, checked, errs, tensors, content.SectionReader)
}

// needs tells the tensors that a model reads, and that have as many values as it needs.
func needs(m *dsl.Model) func(name string, shape []int) bool {
	return func(name string, shape []int) bool {
		return slices.ContainsFunc(m.Tensors(), func(p *dsl.Param) bool {
			return p.Name == name && (p.Shape == nil || entries(p.Shape) == entries(shape))
		})
	}
}

func entries(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// NoWeights says that the weights file that a model names is not there.
func NoWeights(m *dsl.Model, file, path string) *diag.Diagnostic {
	return diag.At(m.Settings["weights"]).Errorf("weights", "there is no %s yet", path).
		Helpf("train the model with  hrnnc train %s, give --weights FILE, or bring weights with  hrnnc import", file)
}

// FromParts makes a model of a text and weights that are in memory, before they are files: the model that Load gives of them once
// weights.WriteSafetensors has written them.
func FromParts(file string, text []byte, tensors *weights.File) (*Model, error) {
	content, err := weights.Encode(tensors.Path, tensors)
	if err != nil {
		return nil, asList(err)
	}
	return FromBytes(file, text, tensors.Path, content)
}

// FromBytes makes a model of a text and the bytes of a weights file, such as those that a program embeds. The names stand in
// diagnostics and in the comments of generated code.
func FromBytes(file string, text []byte, weightsFile string, data []byte) (*Model, error) {
	tensors, err := weights.Decode(weightsFile, data)
	if err != nil {
		return nil, asList(err)
	}
	ast, errs := dsl.Parse(file, text)
	checked, more := dsl.Check(ast)
	if errs = append(errs, more...); errs.HasErrors() {
		return nil, errs
	}
	return join(text, checked, errs, tensors, fileio.Section(data))
}

// join makes a model of a checked text, what there was to warn of in it, and weights with the content of their file. Every way to
// a model of the language ends here.
func join(text []byte, checked *dsl.Model, warnings diag.List, tensors *weights.File, content *io.SectionReader) (*Model, error) {
	m := &Model{File: checked.File, Text: text, Checked: checked, Targets: checked.Targets, Weights: tensors.Path}
	if warnings = append(warnings, m.build(tensors)...); warnings.HasErrors() {
		return nil, warnings
	}
	m.Warnings = warnings
	m.hash(m.File, fileio.Section(text))
	m.hash(m.Weights, content)
	return m, nil
}

// build makes the real-level module.
func (m *Model) build(tensors *weights.File) (errs diag.List) {
	meta, errs := ReadMetadata(m.Checked, tensors)
	if errs.HasErrors() {
		return errs
	}
	m.Real, errs = dsl.Build(m.Checked, tensorFile{tensors, meta})
	if errs.HasErrors() {
		return errs
	}
	if m.Real.Input.Kind == ir.Token {
		m.Vocabulary = meta.Vocabulary
		m.Real.Input.Words = len(m.Vocabulary) > 0
	}
	if m.Real.Output.Decision == ir.Logits {
		m.Real.Output.Channels = meta.Outputs
	}
	return append(append(errs, signTypes(m.Checked, tensors)...), unusedTensors(m.Checked, tensors)...)
}

// signTypes warns of signs in a type without a minus, whose meaning is a convention.
func signTypes(m *dsl.Model, f *weights.File) (out diag.List) {
	for _, p := range m.Tensors() {
		t := f.Find(p.Name)
		if (p.Kind == "sign" || p.Kind == "binary") && t != nil && weights.Unsigned(t.DType) {
			out.Add(diag.InFile(f.Path, "tensor "+p.Name).Warningf("signs", "its type %s has no minus: 0 is read as -1, and 1 as +1", t.DType).
				Helpf("save it as int8 or float32, with the signs that it stands for"))
		}
	}
	return out
}

// tensorFile is a weights file as the language wants to read it.
type tensorFile struct {
	f    *weights.File
	says *metadata.Metadata
}

func (t tensorFile) Range(state string) float64 { return t.says.Ranges[state] }

func (t tensorFile) Channels() []ir.Channel { return t.says.Inputs }

func (t tensorFile) Classes() []string { return t.says.Classes }

func (t tensorFile) Tensor(p *dsl.Param) ([]float64, error) {
	x, err := t.f.Param(p.Name, p.Kind, p.Shape...)
	if err != nil {
		return nil, err
	}
	return x.Data, nil
}

// unusedTensors warns of tensors that the model does not read: a misspelt param would otherwise go unseen.
func unusedTensors(m *dsl.Model, f *weights.File) diag.List {
	used := map[string]bool{}
	for _, p := range m.Tensors() {
		used[p.Name] = true
	}
	var names []string
	for _, t := range f.Tensors {
		if !used[t.Name] {
			names = append(names, t.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return diag.List{diag.InFile(f.Path, "").Warningf("unused", "the model does not use %s", diag.Names(names)).
		Helpf("declare a param of that name, or leave it")}
}

func loadIR(file string) (*Model, error) {
	text, err := fileio.ReadAtMost(file, "file", ir.MaxText)
	if err != nil {
		return nil, asList(err)
	}
	// Without the file, a constant named by its hash is an error of the text.
	var consts ir.Consts
	if _, err := os.Stat(file + ".consts"); err == nil {
		data, err := fileio.ReadAtMost(file+".consts", "file", ir.MaxConsts)
		if err != nil {
			return nil, asList(err)
		}
		if consts, err = ir.ReadConsts(file+".consts", data); err != nil {
			return nil, asList(err)
		}
	}
	module, err := ir.Parse(file, text, consts)
	if err != nil {
		return nil, asList(err)
	}
	m := &Model{File: file, Text: text, Targets: map[string]map[string]string{}}
	if module.Level == ir.Fixed {
		m.Fixed = module
	} else {
		m.Real = module
	}
	m.hash(file, fileio.Section(text))
	return m, nil
}

// hash names a content that the model was made from.
func (m *Model) hash(path string, content *io.SectionReader) {
	sum := sha256.New()
	_, _ = io.Copy(sum, content) // it has been read already
	m.hashes = append(m.hashes, fmt.Sprintf("%s sha256 %s", filepath.Base(path), hex.EncodeToString(sum.Sum(nil)[:8])))
}

// Name is the model's name, or its file's where it has none.
func (m *Model) Name() string {
	name := ""
	switch {
	case m.Real != nil:
		name = m.Real.Name
	case m.Fixed != nil:
		name = m.Fixed.Name
	}
	if name == "" {
		base := filepath.Base(m.File)
		name = strings.TrimSuffix(base, filepath.Ext(base))
	}
	return name
}

// Diagnostics gives any error of this package as a list.
func Diagnostics(err error) diag.List { return asList(err) }

// Package pytorch writes a checked model as a PyTorch program: model.py, a module with the quantisers, the fast transform and both
// levels of docs/numerics.md, and train.py with the data and the settings of its train block. It knows no pass and no plan: what is
// rounded, and how, is written down a third time in model.py, and tests hold it to the interpreters and to the trainer. Start with
// Module.
package pytorch

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer/network"
)

//go:embed model.py
var modelPy string

// The files of an exported folder.
const (
	ModuleName = "model.py"
	TrainName  = "train.py"
	DataName   = "data.npz"
)

// Module gives model.py of a model. net is its network with weights, which only recurrent matrices need, and may be nil without one:
// where their entries stand is a part of the module, their signs are its parameters. Its error is a diagnostic.
func Module(m *dsl.Model, net *network.Network) ([]byte, error) {
	found, err := matrices(m, net)
	if err != nil {
		return nil, err
	}
	return []byte(strings.NewReplacer("@NAME@", m.Name, "@WEIGHTS@", WeightsName(m), "@IN@", inputShape(m), "@OUT@", outputShape(m),
		"# @MODEL@\n", source(m)+"\n"+tables(m, found)).Replace(modelPy)), nil
}

var plainName = regexp.MustCompile(`^[\w.-]+\.safetensors$`)

// WeightsName is what the weights file is called in the folder: as in the model, where that is a plain name.
func WeightsName(m *dsl.Model) string {
	if plainName.MatchString(m.Weights) {
		return m.Weights
	}
	return "model.safetensors"
}

func inputShape(m *dsl.Model) string {
	if m.Input.Kind == ir.Token {
		return fmt.Sprintf("[sequences, steps], tokens from 0 to %d", m.Input.Vocab-1)
	}
	lo, hi := m.Input.Range()
	return fmt.Sprintf("[sequences, steps, %d] from %d to %d", m.Input.Size, lo, hi)
}

func outputShape(m *dsl.Model) string {
	steps := ""
	if m.Output.When == ir.EveryStep {
		steps = "steps, "
	}
	return fmt.Sprintf("[sequences, %s%d], the real level", steps, m.Readout.Matrix.Shape[0])
}

// source is the model's text as a comment, without what is about training and targets.
func source(m *dsl.Model) string {
	plain := *m
	plain.Train, plain.Targets = nil, nil
	var out strings.Builder
	for line := range strings.Lines(string(dsl.Source(&plain))) {
		out.WriteString(strings.TrimRight("# "+strings.TrimRight(line, "\n"), " ") + "\n")
	}
	return out.String()
}

// dict is a Python dictionary: values are Python already.
type dict [][2]string

func (d dict) String() string {
	var out []string
	for _, e := range d {
		out = append(out, fmt.Sprintf("%s=%s", e[0], e[1]))
	}
	return "dict(" + strings.Join(out, ", ") + ")"
}

// tables are the constants that the rest of model.py computes by.
func tables(m *dsl.Model, found []matrix) string {
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	line("# Tensors of the weights file: type, shape, and whether a matrix stands between two states. A recurrent matrix W is its parts W/...")
	line("TENSORS = {")
	for _, p := range m.Tensors() {
		if at := slices.IndexFunc(found, func(f matrix) bool { return f.name == p.Name }); at >= 0 {
			for _, part := range matrixParts {
				line("    %s: (%s, %s, False),", text(p.Name+"/"+part.name), text(part.kind), ints(p.Shape[:1]))
			}
			continue
		}
		line("    %s: (%s, %s, %s),", text(p.Name), text(p.Kind), ints(p.Shape), boolean(p.Between))
	}
	line("}")
	line("MATRICES = {%s", map[bool]string{true: "}"}[len(found) == 0])
	for i, f := range found {
		line("    %s: dict(block=%d, order=%s,", text(f.name), f.block, ints(f.order))
		line("        permute=%s),%s", ints(f.permute), map[bool]string{true: "\n}"}[i == len(found)-1])
	}
	line("INPUT = %s", input(m))
	line("LAYERS = [")
	for _, l := range m.Layers {
		line("    %s,", layer(l, found))
	}
	line("]")
	var states []string
	for _, l := range m.Layers {
		states = append(states, l.State.Name)
	}
	line("STATES = %s", texts(states))
	r := m.Readout
	line("READOUT = %s", dict{{"matrix", text(r.Matrix.Name)}, {"state", text(r.From.State.Name)},
		{"layer", strconv.Itoa(slices.Index(m.Layers, r.From))}, {"relu", boolean(r.Relu)}, {"bias", name(r.Bias)}})
	steps := "None"
	if m.Steps > 0 && m.Hop == 0 {
		steps = strconv.Itoa(m.Steps)
	}
	line("OUTPUT = %s", dict{{"decision", text(decision(m))}, {"when", text(when(m))}, {"threshold", number(m.Output.Threshold)}, {"steps", steps}})
	restart := "None"
	if m.Hop > 0 {
		restart = fmt.Sprintf("(%d, %d)  # steps of a copy of the states, and from the start of one to that of the next", m.Steps, m.Hop)
	}
	line("RESTART = %s", restart)
	line("DECIDE = %s", decide(m))
	line("LABELS = %s", texts(m.Output.Labels))
	return out.String()
}

func input(m *dsl.Model) dict {
	if m.Input.Kind == ir.Token {
		return dict{{"tokens", strconv.Itoa(m.Input.Vocab)}, {"scale", "1.0"}}
	}
	lo, hi := m.Input.Range()
	return dict{{"tokens", "None"}, {"size", strconv.Itoa(m.Input.Size)}, {"low", fmt.Sprint(lo)}, {"high", fmt.Sprint(hi)}, {"scale", number(m.Input.Scale)}}
}

func layer(l *dsl.Layer, found []matrix) dict {
	block := l.Block
	if block == 0 {
		block = l.State.Size
	}
	signs, presigns, permute, order := name(l.Signs), name(l.PreSigns), name(l.Permute), "None"
	for _, f := range found {
		if l.Dense != nil && l.Dense.Name == f.name {
			block = f.block
			signs, presigns, permute, order = text(f.name+"/signs"), text(f.name+"/presigns"), text(f.name+"/permute"), text(f.name+"/order")
		}
	}
	most, leak := "None", "None"
	if l.State.Max > 0 {
		most = number(l.State.Max)
	}
	if l.Leak != nil {
		leak = ints(l.Leak)
	}
	matrix, embed, from, relu := "None", "None", "None", false
	if in := l.Inflow; in != nil {
		matrix, embed, relu = text(in.Matrix.Name), name(in.Embed), in.Relu
		switch {
		case in.From != nil:
			from = text(in.From.State.Name)
		case in.Embed != nil:
			from = `"embed"`
		case in.OneHot:
			from = `"onehot"`
		default:
			from = `"input"`
		}
	}
	var biases []string
	for _, b := range l.Bias {
		biases = append(biases, b.Name)
	}
	return dict{{"state", text(l.State.Name)}, {"units", strconv.Itoa(l.State.Size)}, {"block", strconv.Itoa(block)}, {"bits", strconv.Itoa(l.State.Bits)},
		{"headroom", strconv.Itoa(l.State.HeadroomBits)}, {"range", most}, {"staged", boolean(l.Staged)}, {"leak", leak},
		{"signs", signs}, {"presigns", presigns}, {"permute", permute}, {"order", order},
		{"matrix", matrix}, {"source", from}, {"relu", boolean(relu)}, {"embed", embed}, {"biases", texts(biases)}}
}

func decision(m *dsl.Model) string {
	switch m.Output.Decision {
	case ir.Argmax:
		return "argmax"
	case ir.Threshold:
		return "threshold"
	}
	return "logits"
}

func when(m *dsl.Model) string {
	switch m.Output.When {
	case ir.EveryStep:
		return "every"
	case ir.Mean:
		return "mean"
	}
	return "last"
}

func decide(m *dsl.Model) string {
	if m.Decide == nil {
		return "None"
	}
	d := m.Decide
	start := "None"
	switch {
	case d.Start >= 0:
		start = strconv.Itoa(d.Start)
	case d.StartLabel != "":
		start = text(d.StartLabel) // of the classes that the weights name
	}
	return dict{{"hold", strconv.Itoa(d.Hold)}, {"smooth", strconv.Itoa(d.Smooth)}, {"threshold", number(d.Threshold)}, {"start", start}}.String()
}

// The spellings of Python.

// text is a string: those of JSON are Python's too.
func text(s string) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // strings have no error
	return strings.TrimSuffix(out.String(), "\n")
}

func texts(list []string) string {
	var out []string
	for _, s := range list {
		out = append(out, text(s))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func ints(list []int) string { return strings.ReplaceAll(fmt.Sprint(list), " ", ", ") }

func boolean(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

func name(p *dsl.Param) string {
	if p == nil {
		return "None"
	}
	return text(p.Name)
}

// number is a float that reads back as the same.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if v == math.Trunc(v) && !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

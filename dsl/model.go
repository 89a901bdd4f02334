package dsl

import (
	"path/filepath"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// Model is a checked model: every name resolved, every size known.
type Model struct {
	File    string
	Name    string
	Input   ir.Input
	Steps   int // of a sequence, or of a course where Hop is set; 0 for an endless stream
	Hop     int // steps from the start of a course to that of the next; 0: nothing restarts
	Params  []*Param
	Layers  []*Layer
	Readout Readout
	Output  ir.Output
	Decide  *Decide // nil: none is written
	Weights string  // path as written, relative to the model's file; empty when not said
	Train   map[string]string
	Targets map[string]map[string]string // settings of each target block
	// Settings says where a target's name and the settings of blocks stand, by "target", "target.key" and "train.key", and where
	// the weights file and the labels are named, by "weights" and "labels"; of a decide block by "decide" and "decide.key".
	Settings map[string]diag.Span
	// Names are all that the source declares, in its order, with their uses; also where the model has errors.
	Names []*Definition
}

// WeightsPath is where the weights file lies that the model names, beside the model's own; "" when it names none.
func (m *Model) WeightsPath() string {
	path := filepath.FromSlash(m.Weights)
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(m.File), path)
}

// Param is a tensor of the weights file.
type Param struct {
	Name    string
	Kind    string // a weight type, "sign", "index" or "real"
	Shape   []int
	Between bool // a matrix between two states
	Span    diag.Span
	used    bool
	// sized says whether the shape was declared.
	sized  bool
	typeAt diag.Span
}

// Layer is one state and its update.
type Layer struct {
	State    ir.State
	Block    int // 0: the whole state
	Staged   bool
	Leak     arith.Leak // of every block, or one for all; nil: none
	Signs    *Param     // nil only when Dense
	PreSigns *Param
	Permute  *Param
	Dense    *Param // W of h <- W*h + ..., to be recognised
	Inflow   *Inflow
	Bias     []*Param
	Span     diag.Span
	// Transform is the place of the hadamard.
	Transform diag.Span
	leakAt    diag.Span
	blockAt   diag.Span // of the option and the comma before it, or where these would stand
}

// Inflow is what flows into a layer: Matrix times a source.
type Inflow struct {
	Matrix *Param
	OneHot bool
	Embed  *Param
	From   *Layer // nil: the input
	Relu   bool
	Span   diag.Span
}

// Readout is y.
type Readout struct {
	Name   string
	Matrix *Param
	From   *Layer
	Relu   bool
	Bias   *Param
	Span   diag.Span   // of the output
	Terms  []diag.Span // of y, where they are written
}

// Layer finds the layer of a state, or nil.
func (m *Model) Layer(state string) *Layer {
	for _, l := range m.Layers {
		if l.State.Name == state {
			return l
		}
	}
	return nil
}

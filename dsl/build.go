package dsl

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/numerics"
	"github.com/hrnnc/hrnnc/ir"
)

// Tensors is where Build finds the values of params.
type Tensors interface {
	// Tensor gives the entries of the tensor that a param reads, row-major, as its weight type means them. Its error is a
	// diagnostic that names the weights file.
	Tensor(p *Param) ([]float64, error)
	// Range gives the calibrated maximum of |h| of a state, 0 when the file has none.
	Range(state string) float64
	// Channels says how the entries of the input come from values of the training data, nil when the file does not say.
	Channels() []ir.Channel
	// Classes names the classes that the weights were trained on, nil when the file does not say.
	Classes() []string
}

// Build makes the real-level module of a checked model and its tensors. Every tensor that is wrong is reported.
func Build(m *Model, tensors Tensors) (*ir.Module, diag.List) {
	b := &builder{m: m, tensors: tensors, consts: map[*Param]ir.ID{}, next: map[*Layer]ir.ID{},
		out: &ir.Module{Name: m.Name, Level: ir.Real, Steps: m.Steps, Hop: m.Hop, Input: m.Input, Output: m.Output}}
	b.out.Input.Channels = tensors.Channels()
	if classes := tensors.Classes(); len(b.out.Output.Labels) == 0 {
		switch rows := m.Readout.Matrix.Shape[0]; {
		case len(classes) == rows && (b.out.Output.Decision == ir.Argmax || b.out.Output.Decision == ir.Threshold && rows > 1):
			b.out.Output.Labels = labels(classes)
		case b.out.Output.Decision == ir.Threshold && len(classes) == 2 && rows == 1 && labels(classes) != nil:
			b.out.Output.Labels = classes[1:] // what a 1 means
		}
	}
	b.decide()
	b.layers()
	b.readout()
	if b.errs.HasErrors() {
		return nil, b.errs
	}
	if err := ir.Verify(b.out); err != nil {
		b.errs.Add(diag.InFile(m.File, "").Errorf("internal", "the model became IR that does not verify: %v", err))
	}
	return b.out, b.errs
}

// labels are the names of classes; nil where they are only numbers.
func labels(classes []string) []string {
	numbers := true
	for i, c := range classes {
		numbers = numbers && c == strconv.Itoa(i)
	}
	if numbers {
		return nil
	}
	return classes
}

type builder struct {
	m       *Model
	out     *ir.Module
	tensors Tensors
	errs    diag.List
	consts  map[*Param]ir.ID
	next    map[*Layer]ir.ID
	x       ir.ID
	hasX    bool
}

func (b *builder) value(op ir.Op, name string, at diag.Span, shape []int, args ...ir.ID) ir.ID {
	return b.out.Add(&ir.Value{Op: op, Name: name, Span: at, Args: args, Type: ir.Type{Shape: shape}})
}

func (b *builder) layers() {
	for i, l := range b.m.Layers {
		s := l.State
		if s.Max == 0 {
			s.Max = b.tensors.Range(s.Name)
		}
		if math.IsNaN(s.Max) || math.IsInf(s.Max, 0) || s.Max < 0 {
			b.errs.Add(diag.At(s.Span).Errorf("range", "the weights file gives %v as the range of state %s", s.Max, s.Name).
				Helpf("measure it again: hrnnc calibrate %s --input X.npy", b.m.File))
			s.Max = 0
		}
		b.out.States = append(b.out.States, s)
		x := b.recurrence(i, l)
		if l.Inflow != nil {
			x = b.add(l, x, b.inflow(l))
		}
		for _, p := range l.Bias {
			x = b.add(l, x, b.param(p))
		}
		b.out.Value(x).Name = s.Name + "_next"
		b.out.States[i].Next = x
		b.next[l] = x
	}
}

func (b *builder) add(l *Layer, x, y ir.ID) ir.ID {
	return b.value(ir.OpAdd, "", l.Span, []int{l.State.Size}, x, y)
}

func (b *builder) recurrence(i int, l *Layer) ir.ID {
	shape := []int{l.State.Size}
	x := b.value(ir.OpState, l.State.Name, l.State.Span, shape)
	b.out.Value(x).Index = i
	if l.Dense != nil {
		return b.value(ir.OpMatVec, "", l.Span, shape, b.param(l.Dense), x)
	}
	if l.Permute != nil {
		x = b.value(ir.OpPermute, "", l.Span, shape, x, b.param(l.Permute))
	}
	if l.PreSigns != nil {
		x = b.value(ir.OpSigns, "", l.Span, shape, x, b.param(l.PreSigns))
	}
	h := b.value(ir.OpHadamard, l.State.Name+"_transformed", l.Transform, shape, x)
	v := b.out.Value(h)
	v.Block, v.Norm = l.Block, true
	if l.Staged {
		v.Staged = &arith.Phased[int]{}
	}
	if l.Leak != nil {
		h = b.value(ir.OpLeak, l.State.Name+"_leaked", l.Transform, shape, h)
		b.out.Value(h).Leak = l.Leak
	}
	return b.value(ir.OpSigns, "", l.Span, shape, h, b.param(l.Signs))
}

// input is the step's input, made once.
func (b *builder) input() ir.ID {
	if b.hasX {
		return b.x
	}
	var shape []int
	if b.m.Input.Kind == ir.Vector {
		shape = []int{b.m.Input.Size}
	}
	b.x, b.hasX = b.value(ir.OpInput, b.m.Input.Name, b.m.Input.Span, shape), true
	return b.x
}

func (b *builder) inflow(l *Layer) ir.ID {
	in := l.Inflow
	matrix := b.param(in.Matrix)
	var x ir.ID
	switch {
	case in.From != nil:
		x = b.next[in.From]
		if in.Relu {
			x = b.value(ir.OpRelu, "", in.Span, []int{in.From.State.Size}, x)
		}
	case in.Embed != nil:
		x = b.value(ir.OpEmbed, "", in.Span, []int{in.Embed.Shape[1]}, b.param(in.Embed), b.input())
	case in.OneHot:
		x = b.value(ir.OpOneHot, "", in.Span, []int{b.m.Input.Vocab}, b.input())
	default:
		x = b.input()
	}
	return b.value(ir.OpMatVec, l.State.Name+"_input", in.Span, []int{l.State.Size}, matrix, x)
}

func (b *builder) readout() {
	r := b.m.Readout
	n := r.Matrix.Shape[0]
	x := b.next[r.From]
	if r.Relu {
		x = b.value(ir.OpRelu, "", r.Span, []int{r.From.State.Size}, x)
	}
	y := b.value(ir.OpMatVec, r.Name, r.Span, []int{n}, b.param(r.Matrix), x)
	if r.Bias != nil {
		y = b.value(ir.OpAdd, r.Name, r.Span, []int{n}, y, b.param(r.Bias))
	}
	b.out.Y = y
}

// param is the constant of a param, quantised as its type says; a failed one is reported and replaced by zeros.
func (b *builder) param(p *Param) ir.ID {
	if id, ok := b.consts[p]; ok {
		return id
	}
	t, err := b.tensor(p)
	if err != nil {
		b.errs.Add(err)
		t = &ir.Tensor{Real: make([]float64, entries(p.Shape)), Ints: make([]int64, entries(p.Shape)), Unit: 1, Bits: 1, Weight: "int2"}
	}
	t.Name, t.Shape = p.Name, p.Shape
	id := b.out.Add(&ir.Value{Op: ir.OpConst, Const: t, Name: p.Name, Span: p.Span, Type: ir.Type{Shape: p.Shape}})
	b.consts[p] = id
	return id
}

func (b *builder) tensor(p *Param) (*ir.Tensor, *diag.Diagnostic) {
	data, err := b.tensors.Tensor(p)
	if err != nil {
		return nil, asDiagnostic(err, p)
	}
	if p.Kind == "index" {
		return indexTensor(p, data)
	}
	t, err := numerics.QuantiseWeights(data, p.Shape, p.Kind, p.Between)
	if err != nil {
		return nil, diag.At(p.Span).Errorf("weights", "tensor %s: %v", p.Name, err).Helpf("check the weights file")
	}
	return t, nil
}

func asDiagnostic(err error, p *Param) *diag.Diagnostic {
	if d, ok := err.(*diag.Diagnostic); ok {
		if d.Notes == nil && !p.Span.IsZero() {
			d.Notef(p.Span, "the model needs it here")
		}
		return d
	}
	return diag.At(p.Span).Errorf("weights", "tensor %s: %v", p.Name, err)
}

// indexTensor checks that a tensor is a permutation of 0 to n-1.
func indexTensor(p *Param, data []float64) (*ir.Tensor, *diag.Diagnostic) {
	t := &ir.Tensor{Real: slices.Clone(data), Unit: 1, Weight: "index"}
	seen := make([]bool, len(data))
	for i, v := range data {
		if v != math.Trunc(v) || v < 0 || v >= float64(len(data)) || seen[int(v)] {
			return nil, diag.At(p.Span).Errorf("weights", "tensor %s is no permutation: entry %d is %v", p.Name, i, v).
				Helpf("its entries are 0 to %d, each once", len(data)-1)
		}
		seen[int(v)] = true
		t.Ints = append(t.Ints, int64(v))
	}
	return t, nil
}

// Tensors lists the params a checked model needs, in the order of their use.
func (m *Model) Tensors() []*Param {
	var out []*Param
	add := func(ps ...*Param) {
		for _, p := range ps {
			if p != nil && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	for _, l := range m.Layers {
		add(l.Permute, l.PreSigns, l.Signs, l.Dense)
		if l.Inflow != nil {
			add(l.Inflow.Matrix, l.Inflow.Embed)
		}
		add(l.Bias...)
	}
	add(m.Readout.Matrix, m.Readout.Bias)
	return out
}

// String names a param with its type and shape, as the language writes it.
func (p *Param) String() string { return fmt.Sprintf("%s : %s%s", p.Name, p.Kind, sizes(p.Shape)) }

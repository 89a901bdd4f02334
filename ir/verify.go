package ir

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// MaxLabel is the most bytes of a name of an output: C takes strings of 4,095 (C99, 5.2.4.1), where a byte may be spelled as four.
const MaxLabel = 1000

// MaxBits is the widest integer of the fixed level, so that every value and its negation fit an int64.
const MaxBits = 63

// Verify checks that a module is well formed: operands before users, every op as its row of the op table says,
// no implicit widening at the fixed level. The error names the value.
func Verify(m *Module) error {
	if err := m.verifyNames(); err != nil {
		return err
	}
	if err := m.verifyHeader(); err != nil {
		return err
	}
	for id, v := range m.Values {
		if err := m.verifyValue(ID(id), v); err != nil {
			return fmt.Errorf("%%%d = %s: %w", id, v.Op, err)
		}
	}
	for _, s := range m.States {
		if err := m.verifyNext(s); err != nil {
			return fmt.Errorf("state %s: %w", s.Name, err)
		}
	}
	if m.Y < 0 || int(m.Y) >= len(m.Values) {
		return fmt.Errorf("output %s reads %%%d, which does not exist", m.Output.Name, m.Y)
	}
	y := m.Values[m.Y].Type.Shape
	if len(y) != 1 {
		return fmt.Errorf("output %s is not a vector", m.Output.Name)
	}
	if err := m.Output.verifyDecide(y[0]); err != nil {
		return fmt.Errorf("output %s: %w", m.Output.Name, err)
	}
	switch channels := m.Output.Channels; {
	case channels != nil && m.Output.Decision != Logits:
		return fmt.Errorf("output %s decides, and has channels", m.Output.Name)
	case channels != nil && len(channels) != y[0]:
		return fmt.Errorf("output %s has %s and %s", m.Output.Name, diag.Count(y[0], "entry"), diag.Count(len(channels), "channel"))
	case slices.ContainsFunc(channels, func(c Channel) bool { return !c.valid() }):
		return fmt.Errorf("a channel of output %s has a number that is not finite", m.Output.Name)
	}
	return nil
}

// verifyDecide checks the decide block of an output of some rows.
func (o *Output) verifyDecide(rows int) error {
	switch {
	case o.Decide == nil:
		return nil
	case o.Decision != Argmax || o.When != EveryStep:
		return fmt.Errorf("it decides by a block, and is no argmax at every step")
	case rows < 2:
		return fmt.Errorf("it decides between %s", diag.Count(rows, "class"))
	}
	return o.Decide.Check(rows)
}

// name is what the language has for names: they stand in generated code, in comments too.
var name = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z0-9_]+)*$`)

func (m *Module) verifyNames() error {
	names := map[string]string{"the input": m.Input.Name, "the output": m.Output.Name}
	for i, s := range m.States {
		names[fmt.Sprintf("state %d", i)] = s.Name
	}
	for i, v := range m.Values {
		if v.Name != "" {
			names[fmt.Sprintf("%%%d", i)] = v.Name
		}
	}
	for _, what := range slices.Sorted(maps.Keys(names)) {
		if !name.MatchString(names[what]) {
			return fmt.Errorf("the name of %s, %q, is none: letters, digits and _ are wanted, a letter first", what, names[what])
		}
	}
	return nil
}

func (m *Module) verifyHeader() error {
	in := m.Input
	switch {
	case m.Level != Real && m.Level != Fixed:
		return fmt.Errorf("%q is not a level", m.Level)
	case m.Steps < 0 || m.Steps > maxSteps:
		return fmt.Errorf("steps is %d; at most %d are possible", m.Steps, maxSteps)
	case m.Hop < 0 || m.Hop > 0 && (m.Steps < m.Hop || m.Steps%m.Hop != 0 || m.Steps/m.Hop > MaxCourses):
		return fmt.Errorf("restart is %d and hop %d; the first is up to %s the second", m.Steps, m.Hop, diag.Count(MaxCourses, "time"))
	case m.Hop > 0 && m.Output.When == Mean && m.Output.Decision != Argmax:
		return fmt.Errorf("output %s is a mean of courses of any age, of which only argmax has a meaning", m.Output.Name)
	case m.Output.When == Mean && m.Steps == 0:
		return fmt.Errorf("output %s is a mean, which needs a known number of steps", m.Output.Name)
	case len(in.Channels) > 0 && len(in.Channels) != in.Size:
		return fmt.Errorf("input %s has %s and %s", in.Name, diag.Count(in.Size, "entry"), diag.Count(len(in.Channels), "channel"))
	case slices.ContainsFunc(in.Channels, func(c Channel) bool { return !c.valid() }):
		return fmt.Errorf("a channel of input %s has a number that is not finite", in.Name)
	case in.Words && in.Kind != Token:
		return fmt.Errorf("input %s has words and is no token", in.Name)
	case in.Kind == Token && (in.Vocab < 1 || in.Vocab > 1<<24):
		return fmt.Errorf("input %s has a vocabulary of %d", in.Name, in.Vocab)
	case in.Kind == Vector && (in.Size < 1 || in.Bits < 1 || in.Bits > 16):
		return fmt.Errorf("input %s has %s of %s; at least 1 entry of 1 to 16 bits is wanted", in.Name, diag.Count(in.Size, "entry"), diag.Count(in.Bits, "bit"))
	case in.Kind == Vector && in.Signed && in.Bits < 2:
		return fmt.Errorf("input %s is i1, which has no positive number", in.Name)
	case in.Kind == Vector && in.Size > maxSize:
		return fmt.Errorf("input %s has %s; at most %d are possible", in.Name, diag.Count(in.Size, "entry"), maxSize)
	case !(in.Scale >= 0) || math.IsInf(in.Scale, 0):
		return fmt.Errorf("input %s has the scale %v", in.Name, in.Scale)
	case in.Kind != Token && in.Kind != Vector:
		return fmt.Errorf("%q is not a kind of input", in.Kind)
	}
	if len(m.States) == 0 {
		return fmt.Errorf("there is no state")
	}
	for _, s := range m.States {
		if err := s.verify(); err != nil {
			return fmt.Errorf("state %s %w", s.Name, err)
		}
	}
	return nil
}

// The limits that docs/language.md gives for model.hrn hold for IR text too.
const (
	maxSize     = 1 << 20
	maxSteps    = 1 << 30
	maxHeadroom = 7

	// MaxCourses is how many copies of the states may run at a time where they restart.
	MaxCourses = 64
)

func (s State) verify() error {
	switch {
	case s.Size < 1 || s.Size > maxSize:
		return fmt.Errorf("has %s; 1 to %d are possible", diag.Count(s.Size, "unit"), maxSize)
	case s.Bits < 8 || s.Bits > 32:
		return fmt.Errorf("has %s; 8 to 32 are possible", diag.Count(s.Bits, "bit"))
	case s.HeadroomBits < 0 || s.HeadroomBits > maxHeadroom:
		return fmt.Errorf("has a headroom of %d; 0 to %d are possible", s.HeadroomBits, maxHeadroom)
	case !(s.Max >= 0) || math.IsInf(s.Max, 0):
		return fmt.Errorf("has a largest value of %v", s.Max)
	}
	return nil
}

func (m *Module) verifyValue(id ID, v *Value) error {
	info, ok := Info(v.Op)
	if !ok {
		return fmt.Errorf("there is no such operation")
	}
	if len(v.Args) != info.Args {
		return fmt.Errorf("it has %d operands, want %d", len(v.Args), info.Args)
	}
	for _, a := range v.Args {
		if a < 0 || a >= id {
			return fmt.Errorf("operand %%%d does not stand before it", a)
		}
	}
	if !slices.Contains(info.Levels, m.Level) {
		return fmt.Errorf("it does not exist at the %s level", m.Level)
	}
	if err := info.Check(m, v); err != nil {
		return err
	}
	if m.Level == Fixed {
		return m.verifyFixed(v)
	}
	return nil
}

// verifyFixed checks widths and scales: they are equal among elementwise operands, and only the ops whose purpose
// it is change them.
func (m *Module) verifyFixed(v *Value) error {
	if len(v.Type.Shape) > 0 && (v.Type.Bits < 1 || v.Type.Bits > MaxBits) {
		return fmt.Errorf("its width, %s, is not from 1 to %d", diag.Count(v.Type.Bits, "bit"), MaxBits)
	}
	if v.Op == OpAdd {
		a, b := m.arg(v, 0).Type, m.arg(v, 1).Type
		if a.Bits != b.Bits || a.Bits != v.Type.Bits {
			return fmt.Errorf("its widths differ: %d + %d = %s; extend first", a.Bits, b.Bits, diag.Count(v.Type.Bits, "bit"))
		}
		if a.Scale != b.Scale {
			return fmt.Errorf("its operands have different units, %v and %v; requantise first", a.Scale, b.Scale)
		}
	}
	switch v.Op {
	case OpAdd, OpRelu, OpExt, OpTrunc, OpSat, OpSigns, OpPermute, OpLeak:
		if a := m.arg(v, 0).Type; a.Scale != v.Type.Scale {
			return fmt.Errorf("it changes the unit from %v to %v", a.Scale, v.Type.Scale)
		}
	}
	return nil
}

func (m *Module) verifyNext(s State) error {
	if s.Next < 0 || int(s.Next) >= len(m.Values) {
		return fmt.Errorf("its next value, %%%d, does not exist", s.Next)
	}
	t := m.Values[s.Next].Type
	if !slices.Equal(t.Shape, []int{s.Size}) {
		return fmt.Errorf("its next value has shape %v, want [%d]", t.Shape, s.Size)
	}
	if m.Level == Fixed && (t.Bits != s.Bits || t.Scale != s.Scale) {
		return fmt.Errorf("its next value is i%d in units %v, want i%d in %v", t.Bits, t.Scale, s.Bits, s.Scale)
	}
	return nil
}

// Tensors gives the constants of a const: one, or one for even and one for odd steps. Other ops have none.
func (v *Value) Tensors() []*Tensor {
	switch {
	case v.Phases != nil:
		return v.Phases[:]
	case v.Op == OpConst:
		return []*Tensor{v.Const}
	}
	return nil
}

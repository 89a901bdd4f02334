package ir

import (
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// Value returns the value of an ID.
func (m *Module) Value(id ID) *Value { return m.Values[id] }

// Add appends a value and returns its ID.
func (m *Module) Add(v *Value) ID {
	m.Values = append(m.Values, v)
	return ID(len(m.Values) - 1)
}

// AddConst appends a constant that is the same at every step, as narrow as its integers allow, and returns its ID.
func (m *Module) AddConst(t *Tensor, at diag.Span) ID {
	return m.Add(&Value{Op: OpConst, Const: t, Type: Type{Shape: t.Shape, Bits: m.ConstBits(t)}, Name: t.Name, Span: at})
}

// ConstBits is the width of a constant that is one of some tensors at each step: 0 at the real level.
func (m *Module) ConstBits(tensors ...*Tensor) int {
	if m.Level == Real {
		return 0
	}
	bits := 1
	for _, t := range tensors {
		for _, n := range t.Ints {
			bits = max(bits, arith.SignedBits(n))
		}
	}
	return bits
}

// IntTensor makes a vector of integers that both levels read the same; bits are what an entry takes when stored.
func IntTensor(name, weight string, bits int, ints []int64) *Tensor {
	t := &Tensor{Name: name, Shape: []int{len(ints)}, Ints: ints, Unit: 1, Bits: bits, Weight: weight}
	t.Real = make([]float64, len(ints))
	for i, n := range ints {
		t.Real[i] = float64(n)
	}
	return t
}

// Updates is the number of the state whose next value an ID is, or -1.
func (m *Module) Updates(id ID) int {
	for i, s := range m.States {
		if s.Next == id {
			return i
		}
	}
	return -1
}

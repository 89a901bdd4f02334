package onnx

import (
	"fmt"
	"math"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/bounds"
	"github.com/hrnnc/hrnnc/ir"
)

// scope computes values of a module in a graph. Vectors have the dimensions [batch, n], or [batch, courses, n] while all courses of a
// model that restarts run.
type scope struct {
	*builder
	m      *ir.Module
	bounds *bounds.Table // fixed level only
	values map[ir.ID]value
	x      value   // the input of the step: [batch, d], tokens [batch]
	states []value // as the step before left them
	// phase is 1 at odd steps and 0 at even ones, or one of these a course: which row of a table counts. It has no name where no step
	// needs to know.
	phase   value
	courses bool
}

// value is a value of the module, computed where it was not yet.
func (s *scope) value(id ir.ID) value {
	if v, ok := s.values[id]; ok {
		return v
	}
	v := s.m.Value(id)
	out := kernels[v.Op](s, v)
	s.values[id] = out
	return out
}

func (s *scope) arg(v *ir.Value, i int) value { return s.value(v.Args[i]) }

// argAs is an operand in a type that holds it.
func (s *scope) argAs(v *ir.Value, i int, e elem) value {
	if c := s.m.Value(v.Args[i]); c.Op == ir.OpConst && c.Phases == nil {
		return s.tensor(c.Const, e, false)
	}
	return s.as(s.arg(v, i), e)
}

// elem is the type of a value's entries: float32 at the real level, and at the fixed one the integer that holds them.
func (s *scope) elem(v *ir.Value) elem {
	if s.m.Level == ir.Real {
		return float32s
	}
	return holding(v.Type.Bits)
}

// hint names a value in the graph.
func hint(v *ir.Value) string {
	if v.Name != "" {
		return v.Name
	}
	return string(v.Op)
}

// phased picks one of two rows by the phase, which are one where they are equal. A row has dims; no dims stand for one number.
func (s *scope) phased(hint string, e elem, dims []int, rows arith.Phased[[]int64]) value {
	if equal(rows) {
		return s.ints(hint, e, dims, rows[arith.Even]...)
	}
	return s.pick(hint, s.ints(hint, e, table(dims), append(append([]int64(nil), rows[arith.Even]...), rows[arith.Odd]...)...))
}

// phasedFloats is phased for real numbers.
func (s *scope) phasedFloats(hint string, dims []int, rows arith.Phased[[]float64]) value {
	if equal(rows) {
		return s.floats(hint, dims, rows[arith.Even]...)
	}
	return s.pick(hint, s.floats(hint, table(dims), append(append([]float64(nil), rows[arith.Even]...), rows[arith.Odd]...)...))
}

// table is the dimensions of two rows. A number has one, so that one a course stands beside their vectors.
func table(dims []int) []int {
	if len(dims) == 0 {
		dims = []int{1}
	}
	return append([]int{2}, dims...)
}

func (s *scope) pick(hint string, table value) value {
	return s.add("Gather", hint+"_now", table.elem, []attr{intAttr("axis", 0)}, table, s.phase)
}

func equal[T comparable](rows arith.Phased[[]T]) bool {
	for i := range rows[arith.Even] {
		if rows[arith.Even][i] != rows[arith.Odd][i] {
			return false
		}
	}
	return true
}

// numbers is one number at even and at odd steps.
func numbers[T any](even, odd T) arith.Phased[[]T] { return arith.Phased[[]T]{{even}, {odd}} }

// kernels compute a value, each an op of the IR. At the fixed level integers are those of ir/interp, to the bit.
var kernels map[ir.Op]func(s *scope, v *ir.Value) value

func init() { // the kernels read operands by the table
	kernels = map[ir.Op]func(s *scope, v *ir.Value) value{
		ir.OpInput:    input,
		ir.OpState:    func(s *scope, v *ir.Value) value { return s.states[v.Index] },
		ir.OpConst:    constant,
		ir.OpOneHot:   oneHot,
		ir.OpEmbed:    func(s *scope, v *ir.Value) value { return s.lookUp(v, false) },
		ir.OpColumn:   func(s *scope, v *ir.Value) value { return s.lookUp(v, true) },
		ir.OpMatVec:   matVec,
		ir.OpHadamard: hadamard,
		ir.OpLeak:     leak,
		ir.OpSigns:    binary("Mul"),
		ir.OpPermute: func(s *scope, v *ir.Value) value {
			index := s.m.Value(v.Args[1]).Const
			return s.add("Gather", hint(v), s.elem(v), []attr{intAttr("axis", -1)}, s.arg(v, 0), s.ints(index.Name, int32s, index.Shape, index.Ints...))
		},
		ir.OpAdd:  binary("Add"),
		ir.OpRelu: relu,
		ir.OpScale: func(s *scope, v *ir.Value) value {
			f := s.phasedFloats("factor", nil, numbers(v.Factor[arith.Even], v.Factor[arith.Odd]))
			return s.add("Mul", hint(v), float32s, nil, s.arg(v, 0), f)
		},
		ir.OpRequant: func(s *scope, v *ir.Value) value {
			return s.requant(hint(v), s.arg(v, 0), v.Requant, s.productBits(v.Args[0], v.Requant), v.Type.Bits)
		},
		ir.OpExt:   func(s *scope, v *ir.Value) value { return s.argAs(v, 0, s.elem(v)) },
		ir.OpTrunc: func(s *scope, v *ir.Value) value { return s.argAs(v, 0, s.elem(v)) },
		ir.OpSat: func(s *scope, v *ir.Value) value {
			in, r := s.arg(v, 0), arith.OfBits(v.Type.Bits)
			return s.as(s.within(hint(v), in, r), s.elem(v))
		},
	}
}

func input(s *scope, v *ir.Value) value {
	x := s.x
	if s.m.Level == ir.Real && s.m.Input.Kind == ir.Vector {
		x = s.as(x, float32s)
		if scale := s.m.Input.Scale; scale != 1 {
			x = s.add("Mul", s.m.Input.Name+"_real", float32s, nil, x, s.floats("scale", nil, scale))
		}
	}
	if s.courses { // every course takes it in
		x = s.add("Unsqueeze", s.m.Input.Name+"_all", x.elem, nil, x, s.shape(1))
	}
	return x
}

func constant(s *scope, v *ir.Value) value {
	if v.Phases == nil {
		return s.tensor(v.Const, s.elem(v), false)
	}
	even, odd := v.Phases[arith.Even], v.Phases[arith.Odd]
	if s.m.Level == ir.Real {
		return s.phasedFloats(even.Name, even.Shape, arith.Phased[[]float64]{even.Real, odd.Real})
	}
	return s.phased(even.Name, s.elem(v), even.Shape, arith.Phased[[]int64]{even.Ints, odd.Ints})
}

// tensor is a constant of the module. Weights of few bits are stored as integers at the real level too.
func (s *scope) tensor(t *ir.Tensor, e elem, transpose bool) value {
	dims, ints, real := t.Shape, t.Ints, t.Real
	if transpose {
		dims = []int{t.Shape[1], t.Shape[0]}
		if ints != nil {
			ints = transposed(t, ints)
		}
		if real != nil {
			real = transposed(t, real)
		}
	}
	switch {
	case e != float32s:
		return s.ints(t.Name, e, dims, ints...)
	case ints == nil || t.Bits > 8 || len(ints) < small || t.Unit == 0:
		return s.floats(t.Name, dims, real...)
	case t.Unit == 1:
		return s.ints(t.Name, e, dims, ints...)
	}
	q, unit := s.ints(t.Name, e, dims, ints...), s.floats(t.Name+"_unit", nil, t.Unit)
	key := fmt.Sprint(q.name, " times ", unit.name)
	if v, ok := s.made[key]; ok {
		return v
	}
	v := value{s.free(t.Name + "_real"), float32s}
	s.outer.nodes = append(s.outer.nodes, node{op: "Mul", inputs: []string{q.name, unit.name}, outputs: []string{v.name}})
	s.made[key] = v
	return v
}

func oneHot(s *scope, v *ir.Value) value {
	tokens := make([]int64, v.Type.Len())
	for i := range tokens {
		tokens[i] = int64(i)
	}
	token := s.add("Unsqueeze", s.m.Input.Name+"_column", int32s, nil, s.arg(v, 0), s.shape(-1))
	is := s.add("Equal", s.m.Input.Name+"_is", bools, nil, token, s.ints("tokens", int32s, []int{len(tokens)}, tokens...))
	return s.as(is, s.elem(v))
}

// lookUp is the row of a table that a token names, or with transpose the column.
func (s *scope) lookUp(v *ir.Value, transpose bool) value {
	table := s.tensor(s.m.Value(v.Args[0]).Const, s.elem(v), transpose)
	return s.add("Gather", hint(v), table.elem, []attr{intAttr("axis", 0)}, table, s.arg(v, 1))
}

func matVec(s *scope, v *ir.Value) value {
	x, e := s.arg(v, 1), s.elem(v)
	if x.elem == int64s {
		e = int64s
	}
	w := s.tensor(s.m.Value(v.Args[0]).Const, e, true)
	return s.as(s.add("MatMul", hint(v), e, nil, s.as(x, e), w), s.elem(v))
}

func binary(op string) func(s *scope, v *ir.Value) value {
	return func(s *scope, v *ir.Value) value {
		e := s.elem(v)
		return s.add(op, hint(v), e, nil, s.argAs(v, 0, e), s.argAs(v, 1, e))
	}
}

func relu(s *scope, v *ir.Value) value {
	x := s.arg(v, 0)
	if s.m.Level == ir.Real {
		return s.add("Relu", hint(v)+"_relu", float32s, nil, x)
	}
	return s.as(s.atLeast("relu", x, 0), s.elem(v))
}

// hadamard is log2 m steps of an addition and a subtraction, of stride 1 first: [..., n] is seen as [..., n/2s, 2, s], whose two
// halves become their sum and their difference. Blocks stand side by side, so that they need nothing.
func hadamard(s *scope, v *ir.Value) value {
	n, e := int64(v.Type.Len()), s.elem(v)
	x := s.as(s.arg(v, 0), e)
	keep := []int64{0}
	if s.courses {
		keep = []int64{0, 0}
	}
	shaped := func(hint string, dims ...int64) {
		x = s.add("Reshape", hint, e, nil, x, s.shape(append(append([]int64(nil), keep...), dims...)...))
	}
	axis, stage := intAttr("axis", -2), 0
	for stride := int64(1); stride < int64(v.Block); stride *= 2 {
		stage++
		shaped("pairs", n/(2*stride), 2, stride)
		half := s.split("Split", 2, "half", e, []attr{axis}, x)
		sum, difference := s.add("Add", "sum", e, nil, half...), s.add("Sub", "difference", e, nil, half...)
		x = s.add("Concat", "butterflies", e, []attr{axis}, sum, difference)
		if v.Staged != nil && s.m.Level == ir.Fixed {
			var halve arith.Phased[arith.Requant]
			for ph, shift := range v.Staged {
				halve[ph] = arith.Identity
				if arith.Halves(stage, shift) {
					halve[ph].Shift = 1
				}
			}
			if halve != arith.Both(arith.Identity) {
				if s.courses { // what differs by course stands beside its entries
					shaped("stage", n)
				}
				x = s.requant("halved", x, halve, v.Type.Bits+1, v.Type.Bits)
			}
		}
	}
	if stage > 0 {
		shaped(hint(v), n)
	}
	if v.Staged != nil && s.m.Level == ir.Fixed {
		var rest arith.Phased[arith.Requant]
		for ph, shift := range v.Staged {
			rest[ph] = arith.Requant{Mul: 1, Shift: arith.Rest(stage, shift)}
		}
		bits := v.Type.Bits + 1
		x = s.requant(hint(v), x, rest, max(bits, rest[0].Shift+1, rest[1].Shift+1), v.Type.Bits)
	}
	if v.Norm && v.Block > 1 {
		x = s.add("Mul", hint(v)+"_norm", e, nil, x, s.floats("norm", nil, 1/math.Sqrt(float64(v.Block))))
	}
	return x
}

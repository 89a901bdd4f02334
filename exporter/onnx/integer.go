package onnx

import (
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/bounds"
	"github.com/hrnnc/hrnnc/ir"
)

// holding is the type that holds integers of some bits.
func holding(bits int) elem {
	if bits <= 32 {
		return int32s
	}
	return int64s
}

func fits(v []int64, bits int) bool {
	for _, n := range v {
		if arith.SignedBits(n) > bits {
			return false
		}
	}
	return true
}

// productBits is the width of v*mul plus its rounding constant inside a requant of a value, at either phase.
func (s *scope) productBits(id ir.ID, maps arith.Phased[arith.Requant]) int {
	bits := s.m.Value(id).Type.Bits
	for ph, q := range maps {
		i, err := bounds.Product(s.bounds.HullAt(id, ph), q)
		if err != nil {
			return ir.MaxBits // as lowering has it
		}
		bits = max(bits, i.Bits())
	}
	return bits
}

// shifts is floor(v / 2^shift), as a division of numbers that are not negative: ONNX has no arithmetic shift, and its division rounds
// to zero. bits hold v, which is at least
// -2^(bits-1): that is added first.
type shifts struct {
	add    int64 // with the rounding constant
	divide int64
	remove int64
}

func shiftBy(shift, bits int) shifts {
	if shift <= 0 {
		return shifts{0, 1, 0}
	}
	lift := int64(1) << max(bits-1, shift)
	return shifts{lift + 1<<(shift-1), 1 << shift, lift >> shift}
}

// requant is (v*mul + half) >> shift, or v*mul << -shift, at even and at odd steps. bits hold v*mul + half, and outBits the result.
func (s *scope) requant(hint string, v value, q arith.Phased[arith.Requant], bits, outBits int) value {
	if q == arith.Both(arith.Identity) {
		return s.as(v, holding(outBits))
	}
	most := max(q[arith.Even].Shift, q[arith.Odd].Shift)
	bits = max(bits, outBits, most+1)
	e := holding(bits)
	if most > 0 {
		e = holding(bits + 1) // lifted above 0
	}
	if v.elem == int64s {
		e = int64s
	}
	number := func(hint string, of func(arith.Requant) int64) value {
		return s.phased(hint, e, nil, numbers(of(q[arith.Even]), of(q[arith.Odd])))
	}
	v = s.as(v, e)
	mul := func(q arith.Requant) int64 { return q.Mul << max(0, -q.Shift) }
	if mul(q[arith.Even]) != 1 || mul(q[arith.Odd]) != 1 {
		v = s.add("Mul", hint+"_times", e, nil, v, number("times", mul))
	}
	if most > 0 {
		by := func(q arith.Requant) shifts { return shiftBy(q.Shift, bits) }
		v = s.add("Add", hint+"_lifted", e, nil, v, number("lift", func(q arith.Requant) int64 { return by(q).add }))
		v = s.add("Div", hint+"_shifted", e, nil, v, number("divide", func(q arith.Requant) int64 { return by(q).divide }))
		v = s.add("Sub", hint, e, nil, v, number("lower", func(q arith.Requant) int64 { return by(q).remove }))
	}
	return s.as(v, holding(outBits))
}

// leak takes 2^-l of every entry, with an l a run of them.
func leak(s *scope, v *ir.Value) value {
	x, n := s.arg(v, 0), v.Type.Len()
	dims := []int{n}
	if v.Leak.Even() {
		n, dims = 1, nil
	}
	if s.m.Level == ir.Real {
		kept := make([]float64, n)
		for i := range kept {
			kept[i] = arith.Kept(v.Leak.At(i, n))
		}
		return s.add("Mul", hint(v)+"_kept", float32s, nil, x, s.floats("kept", dims, kept...))
	}
	bits := max(v.Type.Bits, s.m.Value(v.Args[0]).Type.Bits, v.Leak.Most()) + 1
	e := holding(bits + 1)
	if x.elem == int64s {
		e = int64s
	}
	var add, divide, remove []int64
	for i := range n {
		by := shiftBy(v.Leak.At(i, n), bits)
		add, divide, remove = append(add, by.add), append(divide, by.divide), append(remove, by.remove)
	}
	x = s.as(x, e)
	gone := s.add("Add", hint(v)+"_lifted", e, nil, x, s.ints("leak_lift", e, dims, add...))
	gone = s.add("Div", hint(v)+"_shifted", e, nil, gone, s.ints("leak_divide", e, dims, divide...))
	// x - (gone - remove)
	kept := s.add("Sub", hint(v)+"_kept", e, nil, x, gone)
	return s.as(s.add("Add", hint(v), e, nil, kept, s.ints("leak_lower", e, dims, remove...)), s.elem(v))
}

// atLeast is max(v, least). Max, Clip and ReduceMax of int64 are wrong in onnxruntime 1.24 and 1.30, beyond 32 bits: a comparison is right.
func (b *builder) atLeast(hint string, v value, least int64) value {
	if v.elem != int64s {
		return b.add("Max", hint, v.elem, nil, v, b.number(v.elem, least))
	}
	above := b.add("Greater", hint+"_above", bools, nil, v, b.number(v.elem, least))
	return b.add("Where", hint, v.elem, nil, above, v, b.number(v.elem, least))
}

// within is v clamped to a range.
func (b *builder) within(hint string, v value, r arith.Interval) value {
	lo, hi := b.number(v.elem, r.Lo), b.number(v.elem, r.Hi)
	if v.elem != int64s {
		return b.add("Clip", hint, v.elem, nil, v, lo, hi)
	}
	v = b.atLeast(hint+"_low", v, r.Lo)
	above := b.add("Greater", hint+"_above", bools, nil, v, hi)
	return b.add("Where", hint, v.elem, nil, above, hi, v)
}

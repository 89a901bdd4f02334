package golang

import (
	"github.com/dave/jennifer/jen"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// storage is the smallest integer type with at least that many bits; tables and states are made of it.
func storage(bits int) string {
	switch {
	case bits <= 8:
		return "int8"
	case bits <= 16:
		return "int16"
	}
	return work(bits)
}

// work is the type to compute in: a register's, for narrower ones cost extensions and save nothing.
func work(bits int) string {
	if bits <= 32 {
		return "int32"
	}
	return "int64"
}

// sizeOf gives the bytes of a type.
var sizeOf = map[string]int{"int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "int64": 8}

// binding says how tightly an expression holds together, as Go's precedence has it.
type binding int

const (
	sum binding = iota
	product
	atom
)

// expr is an integer expression and its type.
type expr struct {
	code *jen.Statement
	typ  string
	bind binding
}

func name(id, typ string) expr { return expr{jen.Id(id), typ, atom} }

// number is a literal without a type of its own.
func number(v int64) *jen.Statement { return jen.Lit(int(v)) }

// power is 1<<k, or its value while that is as short.
func power(k int) *jen.Statement {
	if k < 4 {
		return jen.Lit(1 << k)
	}
	return jen.Lit(1).Op("<<").Lit(k)
}

// at gives the code to stand where something binding that tightly is needed.
func (e expr) at(b binding) *jen.Statement {
	if e.bind < b {
		return jen.Parens(e.code.Clone())
	}
	return e.code.Clone()
}

// as converts to a type.
func (e expr) as(typ string) expr {
	if e.typ == typ {
		return e
	}
	return expr{jen.Id(typ).Call(e.code.Clone()), typ, atom}
}

func (e expr) plus(f expr) expr {
	return expr{e.at(sum).Op("+").Add(f.at(product)), e.typ, sum}
}

func (e expr) times(f expr) expr {
	return expr{e.at(product).Op("*").Add(f.at(atom)), e.typ, product}
}

// mul multiplies by a constant.
func (e expr) mul(v int64) expr {
	if v == 1 {
		return e
	}
	return expr{e.at(product).Op("*").Add(number(v)), e.typ, product}
}

// round shifts right by s, rounding half up; left by -s when s is negative.
func (e expr) round(s int) expr {
	switch {
	case s > 0:
		return expr{jen.Parens(e.at(sum).Op("+").Add(power(s - 1))).Op(">>").Lit(s), e.typ, product}
	case s < 0:
		return expr{e.at(product).Op("<<").Lit(-s), e.typ, product}
	}
	return e
}

// requant applies the map of arith.Requant: mulBits is the width of v*Mul plus its rounding constant, bits of the result.
func (e expr) requant(r arith.Requant, mulBits, bits int) expr {
	if r.Mul == 1 && r.Shift == 0 {
		return e
	}
	return e.as(work(max(mulBits, bits))).mul(r.Mul).round(r.Shift).as(work(bits))
}

// relu is max(e, 0) when on.
func (e expr) relu(on bool) expr {
	if !on {
		return e
	}
	return expr{jen.Id("max").Call(e.code.Clone(), jen.Lit(0)), e.typ, atom}
}

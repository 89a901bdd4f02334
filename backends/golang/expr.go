package golang

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// Precedences of Go's binary operators, and what holds together by itself.
const (
	anything = iota
	sum      // + - | ^
	product  // * / << >> & &^
	atom
)

// precedence is Go's.
var precedence = map[string]int{"+": sum, "-": sum, "^": sum, "*": product, "<<": product, ">>": product, "&": product, "&^": product}

// expr is an expression in Go. Without a type it is a constant, which takes that of what stands beside it.
type expr struct {
	code *jen.Statement
	typ  string
	op   string // that binds loosest; "" where that needs no parentheses
}

func (e expr) prec() int {
	if e.op == "" {
		return atom
	}
	return precedence[e.op]
}

func leaf(code *jen.Statement, typ string) expr { return expr{code: code, typ: typ} }

// number is a constant: a power of two as a shift, where that is shorter to read.
func number(v int64) expr {
	for k := 6; k < 63; k++ {
		switch v {
		case 1 << k:
			return expr{code: jen.Lit(1).Op("<<").Lit(k), op: "<<"}
		case 1<<k - 1:
			return expr{code: jen.Lit(1).Op("<<").Lit(k).Op("-").Lit(1), op: "-"}
		}
	}
	return leaf(jen.Lit(int(v)), "")
}

// literal is a constant in digits.
func literal(v int64) *jen.Statement { return jen.Lit(int(v)) }

// infix is a op b. Operators of the same strength are mixed only where everyone knows the order.
func infix(a expr, op string, b expr) expr {
	p := precedence[op]
	left := a.code
	plain := a.op == op || p == sum && a.op != "^" && op != "^" || a.op == ">>" && op == "&"
	if a.prec() < p || a.prec() == p && !plain {
		left = jen.Parens(a.code)
	}
	right := b.code
	if b.prec() <= p {
		right = jen.Parens(b.code)
	}
	typ := a.typ
	if typ == "" {
		typ = b.typ
	}
	return expr{code: jen.Add(left).Op(op).Add(right), typ: typ, op: op}
}

func prefix(op string, a expr) expr {
	code := a.code
	if a.prec() < atom {
		code = jen.Parens(code)
	}
	return expr{code: jen.Op(op).Add(code), typ: a.typ}
}

func call(f, typ string, args ...expr) expr {
	var list []jen.Code
	for _, a := range args {
		list = append(list, a.code)
	}
	return leaf(jen.Id(f).Call(list...), typ)
}

// as converts; a constant takes the type of its place.
func (e expr) as(typ string) expr {
	if e.typ == typ || e.typ == "" {
		return e
	}
	return call(typ, typ, e)
}

// typed is as, of a constant too.
func (e expr) typed(typ string) expr {
	if e.typ == typ {
		return e
	}
	return call(typ, typ, e)
}

// goType is the type of a value: the register's, for lanes the word that holds them.
func goType(t step.Int) string {
	bits := t.Bits * t.Lanes
	switch {
	case t == step.Index:
		return "int"
	case bits == 24:
		bits = 32
	}
	if t.Unsigned {
		return fmt.Sprintf("uint%d", bits)
	}
	return fmt.Sprintf("int%d", bits)
}

// lanes are a constant of two lanes.
func (f *function) lanes(lo, hi int64) expr {
	if lo == hi {
		f.g.usesOnes = true
		return infix(number(lo), "*", leaf(jen.Id("ones"), ""))
	}
	if lo == 0 {
		return infix(number(hi), "<<", leaf(jen.Lit(32), ""))
	}
	return infix(number(lo), "+", infix(number(hi), "<<", leaf(jen.Lit(32), "")))
}

// value is an expression in the Go type of its own.
func (f *function) value(e *step.Expr) expr { return f.raw(e).as(goType(e.Type)) }

// raw is an expression in whatever integer type it has by itself: an entry of an array comes in that of the array.
func (f *function) raw(e *step.Expr) expr {
	if e.Type.Lanes == 2 && (e.Type.Bits != 32 || !e.Type.Unsigned && onBits[e.Op]) {
		f.g.fail("operation %s of %v has no spelling", e.Op, e.Type)
	}
	if s, ok := spellings[e.Op]; ok {
		return s(f, e)
	}
	f.g.fail("operation %s has no spelling", e.Op)
	return leaf(jen.Lit(0), "")
}

// onBits are the operations of words that are those of their lanes only where the lower one has no sign: a word is lo + hi<<32.
var onBits = map[step.Op]bool{step.OpAnd: true, step.OpXor: true, step.OpShr: true, step.OpSwap: true, step.OpRound: true, step.OpMin: true,
	step.OpMax: true, step.OpClamp: true, step.OpHalfAdd: true, step.OpHalfSub: true, step.OpSatAdd: true, step.OpField: true}

// spellings has the operations, one by one.
var spellings map[step.Op]func(f *function, e *step.Expr) expr

func init() {
	spellings = map[step.Op]func(f *function, e *step.Expr) expr{
		step.OpConst: func(f *function, e *step.Expr) expr {
			switch {
			case e.Type == step.Index:
				return leaf(literal(e.Value), "")
			case e.Type.Lanes == 2 && e.Value != 0:
				return f.lanes(e.Value, e.Value)
			}
			return number(e.Value)
		},
		step.OpVar:  func(f *function, e *step.Expr) expr { return leaf(jen.Id(f.local(e.Name)), goType(e.Type)) },
		step.OpLoad: func(f *function, e *step.Expr) expr { return f.entry(e.Name, e.Args[0]) },
		step.OpAdd:  add,
		step.OpSub:  operator("-"),
		step.OpMul: func(f *function, e *step.Expr) expr {
			return infix(f.value(e.Args[0]), "*", f.value(e.Args[1]).as(goType(e.Type)))
		},
		step.OpMulWide: func(f *function, e *step.Expr) expr {
			t := goType(e.Type)
			return infix(f.raw(e.Args[0]).as(t), "*", f.raw(e.Args[1]).as(t))
		},
		step.OpAnd: operator("&"),
		step.OpXor: operator("^"),
		step.OpNeg: func(f *function, e *step.Expr) expr { return prefix("-", f.value(e.Args[0])) },
		step.OpShl: func(f *function, e *step.Expr) expr {
			if e.Type == step.Index {
				return infix(f.value(e.Args[0]), "*", leaf(literal(1<<e.Value), ""))
			}
			return infix(f.value(e.Args[0]), "<<", bits(e))
		},
		step.OpShr: func(f *function, e *step.Expr) expr {
			v := infix(f.value(e.Args[0]), ">>", bits(e))
			if e.Type.Lanes == 2 { // what the upper lane lost is not the lower one's
				return infix(v, "&", f.mask(e.Type.Bits-int(e.Value)))
			}
			return v
		},
		step.OpRound: func(f *function, e *step.Expr) expr {
			return infix(infix(f.value(e.Args[0]), "+", number(1<<(e.Value-1))), ">>", bits(e))
		},
		step.OpHalfAdd: half("+"),
		step.OpHalfSub: half("-"),
		step.OpSatAdd: func(f *function, e *step.Expr) expr {
			r := e.Type.Range()
			wide := infix(f.raw(e.Args[0]).as("int64"), "+", f.raw(e.Args[1]).as("int64"))
			return call("min", "int64", call("max", "int64", wide, number(r.Lo)), number(r.Hi)).as(goType(e.Type))
		},
		step.OpMin: function2("min"),
		step.OpMax: function2("max"),
		step.OpClamp: func(f *function, e *step.Expr) expr {
			lo, hi := int64(-1)<<(e.Value-1), int64(1)<<(e.Value-1)-1
			t := goType(e.Type)
			return call("min", t, call("max", t, f.value(e.Args[0]), leaf(literal(lo), "")), leaf(literal(hi), ""))
		},
		step.OpExt:   convert,
		step.OpTrunc: convert,
		step.OpField: field,
		step.OpPack:  pack,
		step.OpLane:  lane,
		step.OpSwap: func(f *function, e *step.Expr) expr {
			v, n := f.value(e.Args[0]), leaf(jen.Lit(32), "")
			return infix(infix(v, "<<", n), "+", infix(v, ">>", n))
		},
		step.OpCrop: func(f *function, e *step.Expr) expr {
			t := goType(e.Type)
			if e.Type.Lanes == 2 {
				return call(f.g.crop(int(e.Value)), t, f.value(e.Args[0]))
			}
			return call("min", t, call("max", t, f.value(e.Args[0]), number(0)), number(1<<e.Value-1))
		},
	}
}

func bits(e *step.Expr) expr { return leaf(jen.Lit(int(e.Value)), "") }

// mask is the lower bits of both lanes.
func (f *function) mask(n int) expr { return f.lanes(1<<n-1, 1<<n-1) }

func operator(op string) func(*function, *step.Expr) expr {
	return func(f *function, e *step.Expr) expr { return infix(f.value(e.Args[0]), op, f.value(e.Args[1])) }
}

func add(f *function, e *step.Expr) expr {
	a, b := e.Args[0], e.Args[1]
	if b.Op == step.OpConst && b.Value < 0 {
		return infix(f.value(a), "-", f.value(step.Const(b.Type, -b.Value)))
	}
	return infix(f.value(a), "+", f.value(b))
}

// half is floor((a op b) / 2), in 64 bits where the sum may not fit.
func half(op string) func(*function, *step.Expr) expr {
	return func(f *function, e *step.Expr) expr {
		sum := infix(f.raw(e.Args[0]).as("int64"), op, f.raw(e.Args[1]).as("int64"))
		return infix(sum, ">>", leaf(jen.Lit(1), "")).as(goType(e.Type))
	}
}

func function2(name string) func(*function, *step.Expr) expr {
	return func(f *function, e *step.Expr) expr {
		return call(name, goType(e.Type), f.value(e.Args[0]), f.value(e.Args[1]))
	}
}

// convert goes straight from the type that a value has by itself. Lanes of another sign are the same word.
func convert(f *function, e *step.Expr) expr { return f.raw(e.Args[0]).as(goType(e.Type)) }

// field shifts the bits above away, and down again with the sign; or masks.
func field(f *function, e *step.Expr) expr {
	v, n := f.value(e.Args[0]), int(e.Value)
	if !e.Signed {
		if e.At > 0 {
			v = infix(v, ">>", leaf(jen.Lit(e.At), ""))
		}
		return infix(v, "&", number(1<<n-1)).as(goType(e.Type))
	}
	width := e.Args[0].Type.Bits
	if up := width - e.At - n; up > 0 {
		v = infix(v, "<<", leaf(jen.Lit(up), ""))
	}
	return infix(v, ">>", leaf(jen.Lit(width-n), "")).as(goType(e.Type))
}

// pack is lo + hi<<32: sums of such words are sums of the lanes.
func pack(f *function, e *step.Expr) expr {
	a, b := e.Args[0], e.Args[1]
	if a.Op == step.OpConst && b.Op == step.OpConst {
		return f.lanes(a.Value, b.Value)
	}
	t := goType(e.Type)
	return infix(f.raw(a).as(t), "+", infix(f.raw(b).as(t), "<<", leaf(jen.Lit(32), "")))
}

// lane takes the lower lane as it stands; the upper one has lost 1 where the lower is negative.
func lane(f *function, e *step.Expr) expr {
	t, v := goType(e.Type), f.value(e.Args[0])
	n := leaf(jen.Lit(32), "")
	switch {
	case e.Value == 0:
		return v.as(t)
	case e.Type.Unsigned:
		return infix(v, ">>", n).as(t)
	}
	return infix(infix(v, "+", number(1<<31)), ">>", n).as(t)
}

// width is that of the narrowest integer that holds some bits.
func width(bits int) int {
	w := 8
	for w < bits {
		w *= 2
	}
	return w
}

// crop names the function that clamps both lanes of a word to some bits, from 0 up, and writes it the first time.
func (g *generator) crop(bits int) string {
	if n, ok := g.crops[bits]; ok {
		return n
	}
	n := g.names.pick(fmt.Sprintf("crop%d", bits))
	g.crops[bits], g.usesOnes = n, true
	most := func() *jen.Statement { return number(1<<bits - 1).code }
	limit := func(v string) *jen.Statement {
		return jen.Id("min").Call(jen.Id("max").Call(jen.Id(v), jen.Lit(0)), most())
	}
	g.helpers = append(g.helpers, jen.Commentf("%s clamps both lanes of a word to 0 and %d. One in range has no bit above its %d.", n, int64(1)<<bits-1, bits).Line().
		Func().Id(n).Params(jen.Id("v").Int64()).Int64().Block(
		jen.If(jen.Uint64().Call(jen.Id("v")).Op("&^").Parens(jen.Parens(most()).Op("*").Id("ones")).Op("==").Lit(0)).Block(jen.Return(jen.Id("v"))),
		jen.List(jen.Id("lo"), jen.Id("hi")).Op(":=").List(jen.Int64().Call(jen.Int32().Call(jen.Id("v"))), jen.Parens(jen.Id("v").Op("+").Lit(1).Op("<<").Lit(31)).Op(">>").Lit(32)),
		jen.Return(jen.Add(limit("lo")).Op("+").Add(limit("hi")).Op("<<").Lit(32))))
	return n
}

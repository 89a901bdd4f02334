package c

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// level is how tightly an expression binds: C's precedence.
type level int

// The levels, loosest first.
const (
	conditional level = iota
	bitOr
	bitXor
	bitAnd
	relation
	shifted
	sum
	product
	unary
	postfix
	primary
)

// operator is one of C's.
type operator struct {
	text  string
	level level
}

// operators are C's for the operations that have one.
var operators = map[step.Op]operator{
	step.OpAdd: {"+", sum}, step.OpSub: {"-", sum}, step.OpMul: {"*", product}, step.OpMulWide: {"*", product},
	step.OpAnd: {"&", bitAnd}, step.OpXor: {"^", bitXor},
}

// term is an expression in C: its text, how tightly it binds, and the type that C gives it.
type term struct {
	text  string
	level level
	typ   ctype
}

// as is the text where something that binds at a level stands around it. A binary operator inside another stands in
// parentheses, as MISRA C:2012 has it (12.1), unless it is the same one and in front.
func (t term) as(l level, first bool) string {
	if t.level >= unary && l <= t.level || first && t.level == l && l != conditional {
		return t.text
	}
	return "(" + t.text + ")"
}

func joined(a term, op string, l level, b term) term {
	return term{a.as(l, true) + " " + op + " " + b.as(l, false), l, calculated(a.typ, b.typ)}
}

func number(n int64) term {
	l := primary
	if n < 0 && n >= -32767 {
		l = unary
	}
	return term{literal(n), l, literalType(n)}
}

func isNumber(e *step.Expr) bool { return e.Op == step.OpConst && e.Type.Lanes <= 1 }

// cast converts a term to a type, whatever it has.
func (s *speller) cast(t step.Int, v term) term {
	return term{"(" + s.typeName(t) + ")" + v.as(unary, false), unary, exactly(t)}
}

// to converts a term to a type where C would not do so without a loss that compilers warn of.
func (s *speller) to(t step.Int, v term) term {
	have, want := v.typ, exactly(t)
	if t == step.Index && s.dialect.counters {
		if have.unsigned {
			return v
		}
		return s.cast(t, v)
	}
	switch {
	case have.unsigned && !want.unsigned && have.most >= want.least, !have.unsigned && want.unsigned:
		return s.cast(t, v)
	case have.most > want.least && t != step.Index, t == step.Index && have.least > want.most:
		return s.cast(t, v)
	}
	return v
}

// expr spells a value.
func (s *speller) expr(e *step.Expr) term {
	if e.Type.Lanes > 1 || len(e.Args) > 0 && e.Args[0].Type.Lanes > 1 {
		return s.pair(e)
	}
	switch e.Op {
	case step.OpConst:
		if e.Type == step.Index && s.dialect.counters {
			return term{unsignedLiteral(e.Value), primary, cIndex}
		}
		if e.Type.Unsigned {
			return term{unsignedLiteral(e.Value), primary, exactly(e.Type)}
		}
		return number(e.Value)
	case step.OpVar:
		name := s.scope.name(e.Name)
		t := exactly(e.Type)
		if e.Type == step.Index && s.dialect.counters {
			t = cIndex
			if s.bytes[name] {
				t = exactly(step.Int{Bits: 8, Lanes: 1, Unsigned: true})
			}
		}
		return term{name, primary, t}
	case step.OpLoad:
		return s.element(e.Name, e.Args[0])
	case step.OpPhase:
		return s.byPhase(e)
	case step.OpAdd, step.OpSub, step.OpMul, step.OpMulWide, step.OpAnd, step.OpXor:
		return s.operation(e)
	case step.OpNeg:
		a := s.widened(e.Type, s.expr(e.Args[0]))
		return term{"-" + a.as(postfix, false), unary, calculated(a.typ, a.typ)}
	case step.OpShl:
		if e.Type == step.Index && s.dialect.counters {
			return s.indexed(operators[step.OpMul], &step.Expr{Type: e.Type, Args: []*step.Expr{e.Args[0], step.At(1 << e.Value)}})
		}
		if s.byParts(e) {
			return s.multiplied(e.Type, s.expr(e.Args[0]), number(1<<e.Value))
		}
		a := s.widened(e.Type, s.expr(e.Args[0]))
		return joined(a, "*", product, s.numberIn(e.Type, 1<<e.Value))
	case step.OpShr, step.OpRound:
		if e.Op == step.OpShr && int(e.Value) == e.Type.Bits-1 {
			return s.call("sign", e.Type, e.Args)
		}
		return s.call(string(e.Op), e.Type, e.Args, strconv.FormatInt(e.Value, 10))
	case step.OpClamp, step.OpCrop:
		return s.clamp(string(e.Op), e.Type, e.Args, int(e.Value))
	case step.OpHalfAdd, step.OpHalfSub, step.OpMin:
		return s.call(string(e.Op), e.Type, e.Args)
	case step.OpSatAdd:
		if e.Type.Bits != functionBits(e.Type) { // the sum fits the function's type
			whole := step.Int{Bits: functionBits(e.Type), Lanes: 1}
			sum := &step.Expr{Op: step.OpAdd, Type: whole, Args: e.Args}
			return s.clamp(string(step.OpClamp), e.Type, []*step.Expr{sum}, e.Type.Bits)
		}
		return s.call(string(e.Op), e.Type, e.Args)
	case step.OpMax:
		if b := e.Args[1]; b.Op == step.OpConst && b.Value == 0 {
			return s.call("relu", e.Type, e.Args[:1])
		}
		return s.call("max", e.Type, e.Args)
	case step.OpExt:
		return s.expr(e.Args[0]) // what needs the width asks for it
	case step.OpTrunc:
		a := s.expr(e.Args[0])
		if isNumber(e.Args[0]) {
			return a
		}
		return s.cast(e.Type, a)
	case step.OpField:
		return s.field(e)
	case step.OpPack, step.OpLane, step.OpSwap, step.OpDot:
		return s.pair(e)
	}
	panic(fmt.Sprintf("c: no spelling of the operation %q", e.Op))
}

// operation spells a binary operator in the width of its result: an operand is converted where C would calculate in fewer bits.
func (s *speller) operation(e *step.Expr) term {
	op := operators[e.Op]
	if e.Type == step.Index && s.dialect.counters {
		return s.indexed(op, e)
	}
	if s.byParts(e) {
		return s.multiplied(e.Type, s.expr(e.Args[0]), s.expr(e.Args[1]))
	}
	a, b := s.signed(e.Args[0]), s.signed(e.Args[1])
	if n := e.Args[1]; e.Op == step.OpAdd && isNumber(n) && n.Value < 0 && n.Value > -1<<62 {
		op.text, b = "-", number(-n.Value)
	}
	if exactly(e.Type).least > max(cInt.least, a.typ.least, b.typ.least) {
		if isNumber(e.Args[0]) {
			b = s.cast(e.Type, b)
		} else {
			a = s.cast(e.Type, a)
		}
	}
	if e.Type.Bits == 24 {
		a, b = s.in24(e.Args[0], a), s.in24(e.Args[1], b)
	}
	return joined(a, op.text, op.level, b)
}

// byParts reports whether a product is one that a chip has no instruction for, and whose time in a compiler's library may depend on
// its operands: on AVR, on their signs. A power of two is a shift, but for avr-gcc's 24 bits.
func (s *speller) byParts(e *step.Expr) bool {
	if !s.dialect.steady || s.dialect.parts == 0 || e.Type == step.Index || e.Type.Lanes > 1 || e.Type.Bits < s.dialect.parts {
		return false
	}
	if s.dialect.counters && !slices.ContainsFunc(e.Args, func(a *step.Expr) bool { return !s.positive(a) }) {
		return false
	}
	switch e.Op {
	case step.OpShl:
		return e.Type.Bits == 24
	case step.OpMul:
		b := e.Args[1]
		return b.Op != step.OpConst || e.Type.Bits == 24 || b.Value <= 0 || b.Value&(b.Value-1) != 0
	}
	return e.Op == step.OpMulWide
}

// positive reports whether a value is seen to be 0 or above.
func (s *speller) positive(e *step.Expr) bool {
	switch {
	case e.Type.Unsigned, e.Claim != nil && e.Claim.Lo >= 0:
		return true
	}
	switch e.Op {
	case step.OpConst:
		return e.Value >= 0
	case step.OpField:
		return !e.Signed
	case step.OpLoad:
		return s.scope.array(e.Name).elem.Unsigned
	case step.OpExt, step.OpTrunc, step.OpShl, step.OpShr:
		return s.positive(e.Args[0])
	case step.OpMax:
		return s.positive(e.Args[0]) || s.positive(e.Args[1])
	case step.OpAdd, step.OpMul:
		return s.positive(e.Args[0]) && s.positive(e.Args[1])
	}
	return false
}

// multiplied spells a product by the function at the head of the file.
func (s *speller) multiplied(t step.Int, a, b term) term {
	return term{s.helper("mul", t.Bits) + "(" + s.to(t, a).text + ", " + s.to(t, b).text + ")", postfix, exactly(t)}
}

// signed is a value as an operand: an entry of an unsigned table is converted, since C would calculate with its type.
func (s *speller) signed(e *step.Expr) term {
	v := s.expr(e)
	if v.typ.unsigned && !e.Type.Unsigned {
		return s.cast(e.Type, v)
	}
	return v
}

// indexed spells an operation on indices without a sign.
func (s *speller) indexed(op operator, e *step.Expr) term {
	v := [2]term{s.expr(e.Args[0]), s.expr(e.Args[1])}
	for i := range v {
		data := e.Args[i].Op != step.OpVar && v[i].typ.most < cIndex.most // narrow, and no counter
		if !v[i].typ.unsigned || data && isNumber(e.Args[1-i]) {
			v[i] = s.cast(e.Type, v[i])
		}
	}
	if max(v[0].typ.least, v[1].typ.least) < cInt.least {
		v[0] = s.cast(e.Type, v[0]) // two bytes would make an int
	}
	t := joined(v[0], op.text, op.level, v[1])
	t.typ = cIndex
	return t
}

// numberIn is a number beside values of a type: an INT32_C would widen what has 24 bits.
func (s *speller) numberIn(t step.Int, n int64) term {
	v := number(n)
	if t.Bits == 24 && v.typ.least > 24 {
		return s.cast(t, v)
	}
	return v
}

func (s *speller) in24(e *step.Expr, v term) term {
	if isNumber(e) && v.typ.least > 24 {
		return s.cast(step.I24, v)
	}
	return v
}

// widened is a term that C calculates with in at least the bits of a type.
func (s *speller) widened(t step.Int, v term) term {
	if want := exactly(t); want.least > max(cInt.least, v.typ.least) || v.typ.unsigned && !t.Unsigned {
		return s.cast(t, v)
	}
	return v
}

// element spells an entry of an array.
func (s *speller) element(array string, index *step.Expr) term {
	a := s.scope.array(array)
	if a.scalar {
		return term{a.text, primary, exactly(a.elem)}
	}
	if c, offset := s.scope.cursor(array, index); c != nil {
		return term{fmt.Sprintf("%s[%d]", c.text, offset), postfix, exactly(a.elem)}
	}
	return term{a.text + "[" + s.expr(index).text + "]", postfix, exactly(a.elem)}
}

// byPhase is one value at odd steps and another at even ones.
func (s *speller) byPhase(e *step.Expr) term {
	even, odd := s.to(e.Type, s.expr(e.Args[0])), s.to(e.Type, s.expr(e.Args[1]))
	t := ctype{min(even.typ.least, odd.typ.least), max(even.typ.most, odd.typ.most), even.typ.unsigned}
	return term{"(" + s.odd() + ") ? " + odd.as(conditional, false) + " : " + even.as(conditional, false), conditional, t}
}

func (s *speller) odd() string { return "odd != 0u" }

// call spells an operation that C has no operator for: a function at the head of the file.
func (s *speller) call(name string, t step.Int, args []*step.Expr, rest ...string) term {
	w := step.Int{Bits: functionBits(t), Lanes: 1}
	return s.apply(s.helper(name, w.Bits), w, args, rest)
}

// clamp is a call of a function that is made for a number of bits; none where the type has no more.
func (s *speller) clamp(name string, t step.Int, args []*step.Expr, bits int) term {
	w := step.Int{Bits: functionBits(t), Lanes: 1}
	if name == string(step.OpClamp) && bits >= w.Bits {
		return s.to(w, s.expr(args[0]))
	}
	if below := step.Below(args[0], bits); name == string(step.OpClamp) && below != nil && s.dialect.steady && w.Bits >= 32 && bits < w.Bits {
		return s.apply(s.helper("clampbelow", w.Bits, bits), w, []*step.Expr{below}, nil)
	}
	if name == string(step.OpClamp) && s.dialect.steady && w.Bits >= 32 && bits < w.Bits-1 && step.Bits(args[0]) < w.Bits {
		name = "clampnear"
	}
	return s.apply(s.helper(name, w.Bits, bits), w, args, nil)
}

// apply spells a call of a function whose arguments and result have a type.
func (s *speller) apply(function string, w step.Int, args []*step.Expr, rest []string) term {
	text := function + "("
	for i, a := range args {
		if i > 0 {
			text += ", "
		}
		text += s.to(w, s.expr(a)).text
	}
	for _, r := range rest {
		text += ", " + r
	}
	return term{text + ")", postfix, exactly(w)}
}

// functionBits is the width of the function for a type: there are some of 16, 32 and 64 bits.
func functionBits(t step.Int) int {
	switch {
	case t == step.Index, t.Bits == 24:
		return 32
	case t.Bits == 8:
		return 16
	}
	return t.Bits
}

// field spells some bits of a word.
func (s *speller) field(e *step.Expr) term {
	w, at, n := e.Args[0], e.At, int(e.Value)
	v := s.expr(w)
	bits := w.Type.Bits
	if bits == 24 {
		bits = 32 // there is no unsigned type of 24
	}
	if v.typ.unsigned {
		bits = v.typ.least // a signed number twice as wide holds it
	}
	for bits < at+n || bits == n && !e.Signed {
		bits *= 2
	}
	word := step.Int{Bits: functionBits(step.Int{Bits: bits}), Lanes: 1, Unsigned: true}
	name := "part"
	if e.Signed {
		name = "field"
	}
	text := fmt.Sprintf("%s(%s, %d, %d)", s.helper(name, word.Bits), s.to(word, v).text, at, n)
	return s.to(e.Type, term{text, postfix, exactly(step.Int{Bits: word.Bits, Lanes: 1})})
}

// pair spells an operation on two lanes: each is a function at the head of the file, since chips differ in what they have for it.
func (s *speller) pair(e *step.Expr) term {
	switch e.Op {
	case step.OpConst:
		return term{fmt.Sprintf("%s(%s, %s)", s.pairMacro(e.Type), literal(e.Value), literal(e.Value)), postfix, exactly(e.Type)}
	case step.OpVar:
		return term{s.scope.name(e.Name), primary, exactly(e.Type)}
	case step.OpLoad:
		return s.element(e.Name, e.Args[0])
	case step.OpPhase:
		return s.byPhase(e)
	}
	if e.Type.Unsigned || e.Type.Lanes == 2 && e.Args[0].Type.Unsigned {
		return s.words(e)
	}
	if z := crossed(e); z != nil {
		return term{s.helper(pairPrefix+"cross", e.Type.Bits) + "(" + s.expr(z).text + ")", postfix, exactly(e.Type)}
	}
	word := e.Type
	if word.Lanes == 1 {
		word = e.Args[0].Type // of a lane, of a product
	}
	name := string(e.Op)
	args := e.Args
	var rest []string
	var made []int
	switch e.Op {
	case step.OpClamp, step.OpCrop:
		made = []int{int(e.Value)}
	case step.OpShl, step.OpShr, step.OpRound:
		rest = []string{strconv.FormatInt(e.Value, 10)}
	case step.OpMax:
		if b := e.Args[1]; b.Op == step.OpConst && b.Value == 0 {
			name, args = "relu", e.Args[:1]
		}
	case step.OpDot:
		if c := e.Args[2]; c.Op == step.OpConst && c.Value == 0 {
			name, args = "dots", e.Args[:2]
		}
	case step.OpLane:
		name = [2]string{"low", "high"}[e.Value]
	case step.OpField:
		if e.Signed {
			name = "sfield"
		}
		rest = []string{strconv.Itoa(e.At), strconv.FormatInt(e.Value, 10)}
	case step.OpExt, step.OpTrunc:
		word = args[0].Type
	case step.OpMulWide:
		panic(fmt.Sprintf("c: no spelling of the operation %q on lanes", e.Op))
	}
	text := s.helper(pairPrefix+name, word.Bits, made...) + "("
	for i, a := range args {
		if i > 0 {
			text += ", "
		}
		t := a.Type
		if e.Op == step.OpMul && i == 1 {
			t = step.Int{Bits: word.Bits, Lanes: 1} // of a lane, however wide it came
		}
		text += s.to(t, s.expr(a)).text
	}
	for _, r := range rest {
		text += ", " + r
	}
	return term{text + ")", postfix, exactly(e.Type)}
}

// crossed is the word whose lanes a pair is the sum and the difference of, upper less lower: one instruction on some chips.
func crossed(e *step.Expr) *step.Expr {
	if e.Op != step.OpPack || e.Args[0].Op != step.OpAdd || e.Args[1].Op != step.OpSub {
		return nil
	}
	lanes := slices.Concat(e.Args[0].Args, e.Args[1].Args)
	for i, lane := range lanes {
		if lane.Op != step.OpLane || lane.Value != []int64{0, 1, 1, 0}[i] || lane.Args[0].Op != step.OpVar || lane.Args[0].Name != lanes[0].Args[0].Name {
			return nil
		}
	}
	return lanes[0].Args[0]
}

// words spells an operation on lanes without sign: bits side by side.
func (s *speller) words(e *step.Expr) term {
	arg := func(i int) term { return s.to(e.Args[i].Type, s.expr(e.Args[i])) }
	bits := term{strconv.Itoa(e.Type.Bits), primary, cInt}
	switch e.Op {
	case step.OpAdd, step.OpAnd, step.OpXor:
		return joined(arg(0), operators[e.Op].text, operators[e.Op].level, arg(1)).typed(e.Type)
	case step.OpExt, step.OpTrunc: // to lanes with a sign, or from them: the numbers are the same
		return arg(0)
	case step.OpPack:
		lane := step.Int{Bits: 2 * e.Type.Bits, Lanes: 1, Unsigned: true}
		return joined(s.cast(lane, arg(0)), "|", bitOr, joined(s.cast(lane, arg(1)), "<<", shifted, bits)).typed(e.Type)
	case step.OpSwap:
		return joined(joined(arg(0), ">>", shifted, bits), "|", bitOr, joined(arg(0), "<<", shifted, bits)).typed(e.Type)
	case step.OpShr:
		return term{fmt.Sprintf("%s(%s, %d)", s.helper(pairPrefix+"ushr", e.Type.Bits), arg(0).text, e.Value), postfix, exactly(e.Type)}
	}
	panic(fmt.Sprintf("c: no spelling of the operation %q on words", e.Op))
}

// typed is a term whose type is known better.
func (t term) typed(as step.Int) term {
	t.typ = exactly(as)
	return t
}

// pairMacro is the macro that makes a constant of two lanes.
func (s *speller) pairMacro(t step.Int) string { return s.helper(pairPrefix+"CONST", t.Bits) }

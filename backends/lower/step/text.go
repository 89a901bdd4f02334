package step

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// Print writes a program as text, the language that Parse reads; docs/step.md describes it. Every entry of every table stands
// in it.
func Print(w io.Writer, p *Program) error {
	var t printer
	t.program(p)
	_, err := w.Write(t.Bytes())
	return err
}

// Text is Print to a string.
func Text(p *Program) string {
	var t printer
	t.program(p)
	return t.String()
}

// String names the type as the text does: i16, u8, i16x2, index.
func (t Int) String() string {
	if t == Index {
		return "index"
	}
	s := "i"
	if t.Unsigned {
		s = "u"
	}
	s += strconv.Itoa(t.Bits)
	if t.Lanes != 1 {
		s += "x" + strconv.Itoa(t.Lanes)
	}
	return s
}

// MarshalText is String.
func (t Int) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// printer collects the text of a program.
type printer struct {
	bytes.Buffer
	indent int
}

func (t *printer) line(format string, args ...any) {
	t.WriteString(strings.Repeat("  ", t.indent))
	fmt.Fprintf(&t.Buffer, format, args...)
	t.WriteByte('\n')
}

func (t *printer) program(p *Program) {
	phases := ""
	if p.TwoPhase {
		phases = " parity"
	}
	if p.Decision != "" {
		by := ""
		if p.Decide != "" {
			by = " by " + nameText(p.Decide)
		}
		phases = " decides " + nameText(p.Decision) + by + phases
	}
	t.line("program %s step %s output %s%s {", strconv.Quote(p.Name), nameText(p.Step), nameText(p.Output), phases)
	t.indent++
	for _, a := range p.Arrays {
		t.array(a)
	}
	for _, f := range p.Funcs {
		t.line("func %s%s {", nameText(f.Name), docText(f.Doc))
		t.indent++
		for _, a := range f.Scratch {
			t.array(a)
		}
		t.block(f.Body)
		t.indent--
		t.line("}")
	}
	t.indent--
	t.line("}")
}

func docText(doc string) string {
	if doc == "" {
		return ""
	}
	return " doc " + strconv.Quote(doc)
}

// words have a meaning in the text. A name that is one of them, an operation or a type is written behind a $.
var words = []string{"program", "step", "output", "decides", "parity", "func", "doc", "in", "let", "var", "for", "to", "by", "independent", "if",
	"else", "choose", "even", "odd", "call", "remark", "claim", "raw", "table", "state", "input", "scratch", "signed", "unsigned"}

func nameText(s string) string {
	if _, isOp := forms[Op(s)]; isOp || isType(s) || slices.Contains(words, s) {
		return "$" + s
	}
	return s
}

// entriesPerLine keeps the lines of tables readable.
const entriesPerLine = 24

func (t *printer) array(a *Array) {
	t.line("%s %s : %v[%d] in %s%s", a.Kind, nameText(a.Name), a.Elem, a.Len, rangeText(a.Range), docText(a.Doc))
	for at := 0; at < len(a.Data); at += entriesPerLine {
		row := a.Data[at:min(at+entriesPerLine, len(a.Data))]
		texts := make([]string, len(row))
		for i, v := range row {
			texts[i] = strconv.FormatInt(v, 10)
		}
		t.line("  \"%s\"", strings.Join(texts, " "))
	}
}

func rangeText(r arith.Interval) string { return fmt.Sprintf("%d..%d", r.Lo, r.Hi) }

func (t *printer) block(body []Stmt) {
	for _, s := range body {
		t.stmt(s)
	}
}

func (t *printer) stmt(s Stmt) {
	t.line("%s", stmtText(s))
	switch s := s.(type) {
	case For:
		t.inner(s.Body)
		t.line("}")
	case IfOdd:
		t.inner(s.Odd)
		if len(s.Even) > 0 {
			t.line("} else {")
			t.inner(s.Even)
		}
		t.line("}")
	}
}

func (t *printer) inner(body []Stmt) {
	t.indent++
	t.block(body)
	t.indent--
}

// stmtText is the line of a statement; of one with a body, the line that opens it.
func stmtText(s Stmt) string {
	switch s := s.(type) {
	case Let:
		word := "let"
		if s.Mutable {
			word = "var"
		}
		return fmt.Sprintf("%s %s = %v", word, nameText(s.Name), s.Value)
	case Set:
		return fmt.Sprintf("%s = %v", nameText(s.Name), s.Value)
	case Store:
		return fmt.Sprintf("%s[%v] = %v", nameText(s.Array), s.Index, s.Value)
	case For:
		independent := ""
		if s.Independent {
			independent = " independent"
		}
		return fmt.Sprintf("for %s = %d to %d by %d%s {", nameText(s.Var), s.From, s.To, s.By, independent)
	case IfOdd:
		return "if odd {"
	case Choose:
		return fmt.Sprintf("choose %s = even %s odd %s", nameText(s.Name), nameText(s.Even), nameText(s.Odd))
	case Call:
		return "call " + nameText(s.Func)
	case Remark:
		return "remark " + strconv.Quote(s.Text)
	}
	return fmt.Sprintf("%T", s)
}

// Precedences: sums, products, and what needs no parentheses.
const (
	inSum = iota
	inProduct
	inAtom
)

var infix = map[Op]struct {
	sign string
	prec int
}{OpAdd: {"+", inSum}, OpSub: {"-", inSum}, OpMul: {"*", inProduct}}

// String is the expression as the text of a program has it.
func (e *Expr) String() string {
	var b strings.Builder
	e.write(&b, inSum)
	return b.String()
}

func (e *Expr) write(b *strings.Builder, prec int) {
	if e == nil {
		b.WriteString("nothing")
		return
	}
	if e.Claim != nil {
		plain := *e
		plain.Claim = nil
		b.WriteString("claim(")
		plain.write(b, inSum)
		fmt.Fprintf(b, ", %d, %d)", e.Claim.Lo, e.Claim.Hi)
		return
	}
	if in, ok := infix[e.Op]; ok && len(e.Args) == 2 {
		if in.prec < prec {
			b.WriteByte('(')
			defer b.WriteByte(')')
		}
		e.Args[0].write(b, in.prec)
		b.WriteString(" " + in.sign + " ")
		e.Args[1].write(b, in.prec+1)
		return
	}
	switch e.Op {
	case OpConst:
		b.WriteString(strconv.FormatInt(e.Value, 10))
		if e.Type != Index {
			b.WriteString(e.Type.String())
		}
	case OpVar:
		b.WriteString(nameText(e.Name))
	case OpLoad:
		entry := "%s[%v]"
		if e.Type.Unsigned {
			entry = "raw(%s[%v])"
		}
		fmt.Fprintf(b, entry, nameText(e.Name), e.arg(0))
	default:
		e.writeCall(b)
	}
}

// arg is an argument; nil where the expression is damaged and has none.
func (e *Expr) arg(i int) *Expr {
	if i < len(e.Args) {
		return e.Args[i]
	}
	return nil
}

// form is how a call of an operation is written: its result's type first where Typed, its arguments, its numbers.
type form struct {
	typed   bool
	args    int
	numbers int
}

var forms = map[Op]form{
	OpPhase: {args: 2}, OpMulWide: {args: 2}, OpNeg: {args: 1},
	OpShl: {args: 1, numbers: 1}, OpShr: {args: 1, numbers: 1}, OpRound: {args: 1, numbers: 1},
	OpHalfAdd: {args: 2}, OpHalfSub: {args: 2}, OpSatAdd: {args: 2}, OpAnd: {args: 2}, OpXor: {args: 2},
	OpMin: {args: 2}, OpMax: {args: 2}, OpClamp: {args: 1, numbers: 1}, OpCrop: {args: 1, numbers: 1},
	OpExt: {typed: true, args: 1}, OpTrunc: {typed: true, args: 1}, OpField: {typed: true, args: 1, numbers: 2},
	OpPack: {args: 2}, OpLane: {args: 1, numbers: 1}, OpSwap: {args: 1}, OpDot: {args: 3},
}

func (e *Expr) writeCall(b *strings.Builder) {
	f := forms[e.Op]
	b.WriteString(string(e.Op) + "(")
	sep := ""
	if f.typed {
		b.WriteString(e.Type.String())
		sep = ", "
	}
	for _, a := range e.Args {
		b.WriteString(sep)
		a.write(b, inSum)
		sep = ", "
	}
	if f.numbers == 2 {
		fmt.Fprintf(b, ", %d", e.At)
	}
	if f.numbers > 0 {
		fmt.Fprintf(b, ", %d", e.Value)
	}
	if e.Op == OpField {
		if e.Signed {
			b.WriteString(", signed")
		} else {
			b.WriteString(", unsigned")
		}
	}
	b.WriteByte(')')
}

package step

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// The grammar of the text. What it cannot say, such as which numbers an operation takes, the reader checks.
type (
	programText struct {
		Name   string      `parser:"'program' @String"`
		Step   ident       `parser:"'step' @Ident"`
		Output ident       `parser:"'output' @Ident"`
		Decide ident       `parser:"( 'decides' @Ident"`
		By     ident       `parser:"( 'by' @Ident )? )?"`
		Parity bool        `parser:"@'parity'? '{'"`
		Items  []*itemText `parser:"@@* '}'"`
	}
	itemText struct {
		Pos   lexer.Position
		Func  *funcText  `parser:"  'func' @@"`
		Array *arrayText `parser:"| @@"`
	}
	arrayText struct {
		Pos  lexer.Position
		Kind string      `parser:"@( 'table' | 'state' | 'input' | 'output' | 'scratch' )"`
		Name ident       `parser:"@Ident ':'"`
		Type string      `parser:"@Ident '['"`
		Len  string      `parser:"@Int ']' 'in'"`
		Lo   *numberText `parser:"@@ '..'"`
		Hi   *numberText `parser:"@@"`
		Doc  string      `parser:"( 'doc' @String )?"`
		Data []string    `parser:"@String*"`
	}
	numberText struct {
		Neg   bool   `parser:"@'-'?"`
		Value string `parser:"@Int"`
	}
	funcText struct {
		Name    ident        `parser:"@Ident"`
		Doc     string       `parser:"( 'doc' @String )? '{'"`
		Scratch []*arrayText `parser:"@@*"`
		Body    []*stmtTree  `parser:"@@* '}'"`
	}
	stmtTree struct {
		Pos    lexer.Position
		Let    *letText    `parser:"  @@"`
		For    *forText    `parser:"| 'for' @@"`
		If     *ifText     `parser:"| 'if' 'odd' '{' @@"`
		Choose *chooseText `parser:"| 'choose' @@"`
		Call   *ident      `parser:"| 'call' @Ident"`
		Remark *string     `parser:"| 'remark' @String"`
		Set    *setText    `parser:"| @@"`
	}
	letText struct {
		Word  string   `parser:"@( 'let' | 'var' )"`
		Name  ident    `parser:"@Ident '='"`
		Value *sumText `parser:"@@"`
	}
	setText struct {
		Name  ident    `parser:"@Ident"`
		Index *sumText `parser:"( '[' @@ ']' )? '='"`
		Value *sumText `parser:"@@"`
	}
	forText struct {
		Var         ident       `parser:"@Ident '='"`
		From        *numberText `parser:"@@ 'to'"`
		To          *numberText `parser:"@@ 'by'"`
		By          *numberText `parser:"@@"`
		Independent bool        `parser:"@'independent'? '{'"`
		Body        []*stmtTree `parser:"@@* '}'"`
	}
	ifText struct {
		Odd  []*stmtTree `parser:"@@* '}'"`
		Even []*stmtTree `parser:"( 'else' '{' @@* '}' )?"`
	}
	chooseText struct {
		Name ident `parser:"@Ident '='"`
		Even ident `parser:"'even' @Ident"`
		Odd  ident `parser:"'odd' @Ident"`
	}
	sumText struct {
		First *productText   `parser:"@@"`
		Rest  []*sumRestText `parser:"@@*"`
	}
	sumRestText struct {
		Sign string       `parser:"@( '+' | '-' )"`
		Term *productText `parser:"@@"`
	}
	productText struct {
		First *atomText   `parser:"@@"`
		Rest  []*atomText `parser:"( '*' @@ )*"`
	}
	atomText struct {
		Pos    lexer.Position
		Number *numberText `parser:"  @@"`
		Name   *namedText  `parser:"| @@"`
		Sum    *sumText    `parser:"| '(' @@ ')'"`
	}
	namedText struct {
		Name  string     `parser:"@Ident"`
		Index *sumText   `parser:"(  '[' @@ ']'"`
		Call  []*sumText `parser:"|  '(' @@ ( ',' @@ )* ')' )?"`
	}
)

var textLexer = lexer.MustSimple([]lexer.SimpleRule{
	{Name: "space", Pattern: `[ \t\r\n]+`},
	{Name: "comment", Pattern: `//[^\n]*`},
	{Name: "String", Pattern: `"(\\.|[^"\\\n])*"`},
	{Name: "Int", Pattern: `[0-9]+([iu][0-9]+(x[0-9]+)?)?`},
	{Name: "To", Pattern: `\.\.`},
	{Name: "Ident", Pattern: `\$?[a-zA-Z_][a-zA-Z0-9_]*`},
	{Name: "Other", Pattern: `.`},
})

var textParser = participle.MustBuild[programText](
	participle.Lexer(textLexer), participle.Unquote("String"), participle.UseLookahead(3))

// MaxText is the largest text that is read, in bytes; of those, MaxCode stand outside strings. Tables are strings.
const (
	MaxText = 16 << 20
	MaxCode = 768 << 10
)

const textHelp = "docs/step.md describes the text; hrnnc ir --step model.hrn prints an example"

// measure is how much of a text stands outside strings, and whether brackets nest deeper than maxDepth.
func measure(src []byte) (code int, deep bool) {
	depth, quoted := 0, false
	for i := 0; i < len(src); i++ {
		c := src[i]
		switch {
		case quoted && c == '\\':
			i++
			continue
		case c == '"':
			quoted = !quoted
		case c == '\n':
			quoted = false
		case quoted:
			continue
		case c == '(' || c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return code, true
			}
		case c == ')' || c == ']' || c == '}':
			depth--
		case c == ' ':
			continue
		}
		code++
	}
	return code, false
}

// Parse reads the text of a program and checks its names, kinds and types; Verify proves the rest. The error is a
// *diag.Diagnostic with the line of the first thing wrong.
func Parse(file string, src []byte) (*Program, error) {
	whole := diag.InFile(file, "")
	code, deep := measure(src)
	switch {
	case len(src) > MaxText || code > MaxCode:
		return nil, whole.Errorf("syntax", "the text has %d bytes, %d of them outside strings; at most %d and %d are read", len(src), code, MaxText, MaxCode).
			Helpf("write a program of fewer statements, or with smaller tables")
	case deep:
		return nil, whole.Errorf("syntax", "brackets nest deeper than %d", maxDepth).Helpf(textHelp)
	}
	text, err := textParser.ParseBytes(file, src)
	if err != nil {
		var at participle.Error
		if errors.As(err, &at) {
			return nil, diag.At(spanOf(file, at.Position())).Errorf("syntax", "%s", at.Message()).Helpf(textHelp)
		}
		return nil, whole.Errorf("syntax", "%v", err).Helpf(textHelp)
	}
	r := &reader{p: &Program{Name: text.Name, Step: string(text.Step), Output: string(text.Output), Decision: string(text.Decide), Decide: string(text.By), TwoPhase: text.Parity}, lines: map[string][]lexer.Position{}}
	if err := r.program(text); err != nil {
		return nil, diag.At(spanOf(file, r.at)).Errorf("step", "%v", err).Helpf(textHelp)
	}
	if _, err := check(r.p); err != nil {
		var wrong *Error
		if errors.As(err, &wrong) {
			return nil, diag.At(r.place(file, wrong)).Errorf("step", "%v", err).Helpf(textHelp)
		}
		return nil, whole.Errorf("step", "%v", err).Helpf(textHelp)
	}
	return r.p, nil
}

func spanOf(file string, p lexer.Position) diag.Span {
	at := diag.Pos{Line: p.Line, Col: p.Column, Offset: p.Offset}
	return diag.Span{File: file, Start: at, End: at}
}

// ident is a name; a $ in front of it says that it is no word of the text.
type ident string

// Capture takes the name as it is written.
func (n *ident) Capture(values []string) error {
	*n = ident(strings.TrimPrefix(values[0], "$"))
	return nil
}

// reader makes a program from its syntax tree. Types come from what names stand for, as nothing widens by itself.
type reader struct {
	p     *Program
	at    lexer.Position // of what it reads
	names map[string]Int // values in sight, by their type
	elems map[string]Int // arrays in sight, by their entry
	lines map[string][]lexer.Position
	fn    string
}

// place is where an error of the checker stands.
func (r *reader) place(file string, e *Error) diag.Span {
	if lines := r.lines[e.Func]; e.Line >= 0 && e.Line < len(lines) {
		return spanOf(file, lines[e.Line])
	}
	return diag.Span{File: file}
}

func (r *reader) program(t *programText) error {
	r.elems = map[string]Int{}
	for _, item := range t.Items {
		r.at = item.Pos
		if item.Array != nil {
			a, err := r.array(item.Array)
			if err != nil {
				return err
			}
			r.p.Arrays = append(r.p.Arrays, a)
			continue
		}
		if err := r.function(item.Func); err != nil {
			return err
		}
	}
	return nil
}

var typeName = regexp.MustCompile(`^([iu])(8|16|24|32|64)(x2)?$`)

// parseType reads the name of a type.
func parseType(s string) (Int, bool) {
	if s == "index" {
		return Index, true
	}
	m := typeName.FindStringSubmatch(s)
	if m == nil {
		return Int{}, false
	}
	t := Int{Lanes: 1, Unsigned: m[1] == "u"}
	t.Bits, _ = strconv.Atoi(m[2])
	if m[3] != "" {
		t.Lanes = 2
	}
	return t, true
}

func isType(s string) bool {
	_, ok := parseType(s)
	return ok
}

func (t *numberText) int() (int64, error) {
	s := t.Value
	if t.Neg {
		s = "-" + s
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is no integer of 64 bits", s)
	}
	return n, nil
}

func ints(texts ...*numberText) (out []int64, err error) {
	for _, t := range texts {
		n, err := t.int()
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func (r *reader) array(t *arrayText) (*Array, error) {
	r.at = t.Pos
	elem, ok := parseType(t.Type)
	if !ok {
		return nil, fmt.Errorf("%q is no type: i8, i16, i24, i32, i64, u8, u16, u32, i16x2 and i32x2 are", t.Type)
	}
	n, err := ints(&numberText{Value: t.Len}, t.Lo, t.Hi)
	if err != nil {
		return nil, err
	}
	if n[0] > math.MaxInt32 {
		return nil, fmt.Errorf("array %s has %d entries; at most %d are possible", t.Name, n[0], maxEntries)
	}
	a := &Array{Kind: Kind(t.Kind), Name: string(t.Name), Doc: t.Doc, Elem: elem, Len: int(n[0]), Range: arith.Between(n[1], n[2])}
	for _, row := range t.Data {
		for field := range strings.FieldsSeq(row) {
			v, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("table %s: entry %d, %q, is no integer", t.Name, len(a.Data), diag.Short(field))
			}
			a.Data = append(a.Data, v)
		}
	}
	r.elems[a.Name] = elem
	return a, nil
}

func (r *reader) function(t *funcText) error {
	f := &Func{Name: string(t.Name), Doc: t.Doc}
	r.fn = f.Name
	outer := copyTypes(r.elems)
	r.names = map[string]Int{}
	for _, s := range t.Scratch {
		a, err := r.array(s)
		if err != nil {
			return err
		}
		f.Scratch = append(f.Scratch, a)
	}
	body, err := r.block(t.Body)
	if err != nil {
		return err
	}
	f.Body = body
	r.p.Funcs = append(r.p.Funcs, f)
	r.elems = outer
	return nil
}

func copyTypes(m map[string]Int) map[string]Int {
	c := make(map[string]Int, len(m)+8)
	for s, t := range m {
		c[s] = t
	}
	return c
}

func (r *reader) block(body []*stmtTree) (out []Stmt, err error) {
	names, elems := r.names, r.elems
	r.names, r.elems = copyTypes(names), copyTypes(elems)
	for _, t := range body {
		r.at = t.Pos
		r.lines[r.fn] = append(r.lines[r.fn], t.Pos)
		s, err := r.stmt(t)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	r.names, r.elems = names, elems
	return out, nil
}

func (r *reader) stmt(t *stmtTree) (Stmt, error) {
	switch {
	case t.Let != nil:
		e, err := r.expr(t.Let.Value)
		if err != nil {
			return nil, err
		}
		r.names[string(t.Let.Name)] = e.Type
		return Let{Name: string(t.Let.Name), Value: e, Mutable: t.Let.Word == "var"}, nil
	case t.Set != nil:
		e, err := r.expr(t.Set.Value)
		if err != nil {
			return nil, err
		}
		if t.Set.Index == nil {
			return Set{Name: string(t.Set.Name), Value: e}, nil
		}
		index, err := r.expr(t.Set.Index)
		return Store{Array: string(t.Set.Name), Index: index, Value: e}, err
	case t.For != nil:
		n, err := ints(t.For.From, t.For.To, t.For.By)
		if err != nil {
			return nil, err
		}
		v := string(t.For.Var)
		_, hidden := r.names[v]
		r.names[v] = Index
		body, err := r.block(t.For.Body)
		if !hidden {
			delete(r.names, v)
		}
		return For{Var: v, From: int(n[0]), To: int(n[1]), By: int(n[2]), Independent: t.For.Independent, Body: body}, err
	case t.If != nil:
		odd, err := r.block(t.If.Odd)
		if err != nil {
			return nil, err
		}
		even, err := r.block(t.If.Even)
		return IfOdd{Odd: odd, Even: even}, err
	case t.Choose != nil:
		c := Choose{Name: string(t.Choose.Name), Odd: string(t.Choose.Odd), Even: string(t.Choose.Even)}
		elem, ok := r.elems[c.Even]
		if !ok {
			return nil, fmt.Errorf("no array %s is in sight", diag.Short(c.Even))
		}
		r.elems[c.Name] = elem
		return c, nil
	case t.Call != nil:
		return Call{Func: string(*t.Call)}, nil
	}
	return Remark{Text: *t.Remark}, nil
}

func (r *reader) expr(t *sumText) (*Expr, error) {
	e, err := r.product(t.First)
	for _, rest := range t.Rest {
		if err != nil {
			return nil, err
		}
		var b *Expr
		b, err = r.product(rest.Term)
		op := OpAdd
		if rest.Sign == "-" {
			op = OpSub
		}
		e = &Expr{Op: op, Args: []*Expr{e, b}}
		if err == nil {
			e.Type = e.Args[0].Type
		}
	}
	return e, err
}

func (r *reader) product(t *productText) (*Expr, error) {
	e, err := r.atom(t.First)
	for _, rest := range t.Rest {
		if err != nil {
			return nil, err
		}
		var b *Expr
		b, err = r.atom(rest)
		e = &Expr{Op: OpMul, Type: e.Type, Args: []*Expr{e, b}}
	}
	return e, err
}

func (r *reader) atom(t *atomText) (*Expr, error) {
	r.at = t.Pos
	switch {
	case t.Sum != nil:
		return r.expr(t.Sum)
	case t.Number != nil:
		n, typ := *t.Number, Index
		if at := strings.IndexAny(n.Value, "iu"); at >= 0 {
			var ok bool
			if typ, ok = parseType(n.Value[at:]); !ok {
				return nil, fmt.Errorf("%q is no type: i8, i16, i24, i32, i64, i16x2 and i32x2 are", n.Value[at:])
			}
			n.Value = n.Value[:at]
		}
		v, err := n.int()
		return &Expr{Op: OpConst, Type: typ, Value: v}, err
	case t.Name.Index != nil:
		return r.load(t.Name, false)
	case t.Name.Call != nil:
		return r.call(string(t.Name.Name), t.Name.Call)
	}
	typ, ok := r.names[string(t.Name.Name)]
	if !ok {
		return nil, fmt.Errorf("nothing in sight is named %s", diag.Short(string(t.Name.Name)))
	}
	return &Expr{Op: OpVar, Name: string(t.Name.Name), Type: typ}, nil
}

// load is an entry of an array; raw keeps the type of one that is unsigned.
func (r *reader) load(t *namedText, raw bool) (*Expr, error) {
	elem, ok := r.elems[string(t.Name)]
	if !ok {
		return nil, fmt.Errorf("no array %s is in sight", diag.Short(string(t.Name)))
	}
	if !raw {
		elem = loaded(elem)
	}
	index, err := r.expr(t.Index)
	return &Expr{Op: OpLoad, Name: string(t.Name), Type: elem, Args: []*Expr{index}}, err
}

// only is the one atom that an argument is, or nil.
func only(t *sumText) *atomText {
	if len(t.Rest) > 0 || len(t.First.Rest) > 0 {
		return nil
	}
	return t.First.First
}

// word is the bare name that an argument is, or empty.
func word(t *sumText) string {
	if a := only(t); a != nil && a.Name != nil && a.Name.Index == nil && a.Name.Call == nil {
		return string(a.Name.Name)
	}
	return ""
}

func number(t *sumText) (int64, error) {
	if a := only(t); a != nil && a.Number != nil {
		return a.Number.int()
	}
	return 0, errors.New("a number is wanted as the last of the arguments")
}

func (r *reader) call(name string, args []*sumText) (*Expr, error) {
	switch name {
	case "claim":
		return r.claim(args)
	case "raw":
		if a := only(args[0]); len(args) == 1 && a != nil && a.Name != nil && a.Name.Index != nil {
			return r.load(a.Name, true)
		}
		return nil, errors.New("raw is of one entry of an array: raw(name[index])")
	}
	f, ok := forms[Op(name)]
	if !ok {
		return nil, fmt.Errorf("there is no operation %s", diag.Short(name))
	}
	want := f.args + f.numbers
	if f.typed {
		want++
	}
	if Op(name) == OpField {
		want++
	}
	if len(args) != want {
		return nil, fmt.Errorf("%s has %d arguments, not %d", name, want, len(args))
	}
	e := &Expr{Op: Op(name)}
	if f.typed {
		if e.Type, ok = parseType(word(args[0])); !ok {
			return nil, fmt.Errorf("the first argument of %s is a type, such as i16", name)
		}
		args = args[1:]
	}
	for _, a := range args[:f.args] {
		x, err := r.expr(a)
		if err != nil {
			return nil, err
		}
		e.Args = append(e.Args, x)
	}
	args = args[f.args:]
	if f.numbers == 2 {
		at, err := number(args[0])
		if err != nil {
			return nil, err
		}
		if at < 0 || at > 63 {
			return nil, fmt.Errorf("bit %d; 0 to 63 are possible", at)
		}
		e.At = int(at)
		args = args[1:]
	}
	if f.numbers > 0 {
		var err error
		if e.Value, err = number(args[0]); err != nil {
			return nil, err
		}
		args = args[1:]
	}
	if e.Op == OpField {
		switch word(args[0]) {
		case "signed":
			e.Signed = true
		case "unsigned":
		default:
			return nil, errors.New("the last argument of field is signed or unsigned")
		}
	}
	if !f.typed {
		e.Type = resultType(e)
	}
	return e, nil
}

// resultType is the type of an operation's result, from those of its arguments.
func resultType(e *Expr) Int {
	t := e.Args[0].Type
	switch e.Op {
	case OpMulWide:
		t.Bits *= 2
	case OpPack:
		t.Lanes = 2
	case OpLane:
		t.Lanes = 1
	case OpDot:
		t = e.Args[2].Type
	}
	return t
}

func (r *reader) claim(args []*sumText) (*Expr, error) {
	if len(args) != 3 {
		return nil, errors.New("a claim is claim(expression, lowest, highest)")
	}
	e, err := r.expr(args[0])
	if err != nil {
		return nil, err
	}
	lo, err := number(args[1])
	if err != nil {
		return nil, err
	}
	hi, err := number(args[2])
	if err != nil {
		return nil, err
	}
	if e.Claim != nil {
		return nil, errors.New("a claim of a claim; one is enough")
	}
	e.Claim = &arith.Interval{Lo: lo, Hi: hi}
	return e, nil
}

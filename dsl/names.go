package dsl

import (
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// NameKind is what a name stands for.
type NameKind string

// The kinds. Constants, the input, params, states and named values share one room; the others have one each.
const (
	ModelName  NameKind = "model"
	ConstName  NameKind = "constant"
	InputName  NameKind = "input"
	ParamName  NameKind = "param"
	StateName  NameKind = "state"
	ValueName  NameKind = "named value"
	OutputName NameKind = "output"
	LabelName  NameKind = "label"
)

// room groups the kinds whose names must differ.
func (k NameKind) room() NameKind {
	switch k {
	case ModelName, OutputName, LabelName:
		return k
	}
	return ""
}

// Clashes reports whether two names of these kinds must differ.
func (k NameKind) Clashes(with NameKind) bool { return k.room() == with.room() }

// Definition is a name that a model declares, and where it is used. Statements with mistakes in them count, as far as they can be
// told: an editor asks while they are written.
type Definition struct {
	Name string
	Kind NameKind
	At   diag.Span   // the name; of a label, with its quotes
	Stmt diag.Span   // the statement that declares it
	Uses []diag.Span // all other places, in their order
	// Value is that of a constant; 0 where it is wrong.
	Value float64
}

// names collects definitions and uses while a model is checked.
type names struct {
	file string
	all  []*Definition
	by   map[nameKey]*Definition
}

type nameKey struct{ room, name string }

func (n *names) find(room NameKind, name string) *Definition {
	return n.by[nameKey{string(room), name}]
}

// define takes a name in. One that is there already is used again.
func (n *names) define(kind NameKind, name string, at, stmt diag.Span) *Definition {
	if d := n.find(kind.room(), name); d != nil {
		d.Uses = append(d.Uses, at)
		return d
	}
	d := &Definition{Name: name, Kind: kind, At: at, Stmt: stmt}
	if n.by == nil {
		n.by = map[nameKey]*Definition{}
	}
	n.by[nameKey{string(kind.room()), name}] = d
	n.all = append(n.all, d)
	return d
}

func (n *names) name(kind NameKind, name *Name, s Stmt) *Definition {
	if name == nil {
		return nil
	}
	return n.define(kind, name.Text, name.span(n.file), s.span(n.file))
}

func (n *names) use(room NameKind, name string, at diag.Span) {
	if d := n.find(room, name); d != nil {
		d.Uses = append(d.Uses, at)
	}
}

// definitions are what a source declares and uses. Values of constants are those that the checker found.
func definitions(ast *AST, consts map[string]float64) []*Definition {
	n := &names{file: ast.File}
	for _, s := range ast.Stmts {
		n.declare(s)
	}
	for _, s := range ast.Broken {
		n.declareBroken(s)
	}
	for _, s := range ast.Stmts {
		n.uses(s)
	}
	for _, s := range ast.Broken {
		n.usesBroken(s)
	}
	before := func(a, b diag.Span) int { return a.Start.Offset - b.Start.Offset }
	for _, d := range n.all {
		slices.SortFunc(d.Uses, before)
		if d.Kind == ConstName {
			d.Value = consts[d.Name]
		}
	}
	slices.SortStableFunc(n.all, func(a, b *Definition) int { return before(a.At, b.At) })
	return n.all
}

func (n *names) declare(s Stmt) {
	switch s := s.(type) {
	case *ModelStmt:
		n.name(ModelName, s.Name, s)
	case *ConstStmt:
		n.name(ConstName, s.Name, s)
	case *InputStmt:
		n.name(InputName, s.Name, s)
	case *ParamStmt:
		n.name(ParamName, s.Name, s)
	case *StateStmt:
		n.name(StateName, s.Name, s)
	case *LetStmt:
		n.name(ValueName, s.Name, s)
	case *OutputStmt:
		n.name(OutputName, s.Name, s)
	case *LabelsStmt:
		n.labels(s.Tokens)
	}
}

func (n *names) labels(s statement) {
	for _, t := range s {
		if t.Type == symbols["String"] {
			n.define(LabelName, unquote(t.Value), spanOf(n.file, t, t), spanOf(n.file, s[0], s[len(s)-1]))
		}
	}
}

// declares says what a statement that begins with a keyword declares.
var declares = map[string]NameKind{"model": ModelName, "const": ConstName, "input": InputName, "param": ParamName, "state": StateName}

// declareBroken takes in what a statement that did not parse would declare.
func (n *names) declareBroken(s statement) {
	stmt := spanOf(n.file, s[0], s[len(s)-1])
	kind, name := declares[s[0].Value], s[0]
	switch {
	case s[0].Value == "labels":
		n.labels(s)
		return
	case kind != "" && len(s) > 1:
		name = s[1]
	case len(s) > 1 && s[1].Value == "=":
		kind = ValueName
	default:
		return
	}
	if name.Type == identTok && !IsKeyword(name.Value) && n.find(kind.room(), name.Value) == nil {
		n.define(kind, name.Value, spanOf(n.file, name, name), stmt)
	}
}

func (n *names) uses(s Stmt) {
	each := func(exprs ...*Expr) {
		for _, e := range exprs {
			walkNames(e, func(name *Name) { n.use("", name.Text, name.span(n.file)) })
		}
	}
	sizes := func(t *TypeExpr) {
		if t != nil {
			each(t.Shape...)
		}
	}
	switch s := s.(type) {
	case *ConstStmt:
		each(s.Value)
	case *InputStmt:
		sizes(s.Type)
		if s.Scale != nil {
			each(&Expr{Sum: &Sum{First: s.Scale}})
		}
	case *StepsStmt:
		each(s.Count)
	case *RestartStmt:
		each(s.Count, s.Hop)
	case *ParamStmt:
		sizes(s.Type)
	case *StateStmt:
		sizes(s.Type)
		each(s.Range, s.Headroom)
	case *UpdateStmt:
		n.use("", s.State.Text, s.State.span(n.file))
		each(s.Value)
	case *LetStmt:
		each(s.Value)
	case *OutputStmt:
		each(s.Value)
	case *BlockStmt:
		for _, p := range s.Pairs {
			if s.Kind == "decide" && p.Key == "start" && len(p.Value) == 1 {
				n.use(LabelName, unquote(p.Value[0].Text), p.Value[0].span(n.file))
			}
		}
	}
}

// usesBroken takes in the words of a statement that did not parse and that name something. A word before = is an option.
func (n *names) usesBroken(s statement) {
	if s[0].Value == "train" || s[0].Value == "target" || s[0].Value == "decide" {
		return
	}
	for i, t := range s {
		option := i > 0 && i+1 < len(s) && s[i+1].Value == "="
		if d := n.find("", t.Value); t.Type == identTok && d != nil && d.At.Start.Offset != t.Pos.Offset && !option {
			n.use("", t.Value, spanOf(n.file, t, t))
		}
	}
}

// walkNames visits every name of an expression that stands for something; the words of rounding do not.
func walkNames(e *Expr, f func(*Name)) {
	if e == nil {
		return
	}
	for _, s := range []*Sum{e.Sum, e.Right} {
		if s == nil {
			continue
		}
		walkTerm(s.First, f)
		for _, a := range s.Rest {
			walkTerm(a.Term, f)
		}
	}
}

func walkTerm(t *Term, f func(*Name)) {
	walkFactor(t.First, f)
	for _, r := range t.Rest {
		walkFactor(r.Factor, f)
	}
}

func walkFactor(x *Factor, f func(*Name)) {
	switch a := x.Atom; {
	case a.Name != nil:
		f(a.Name)
	case a.Parens != nil:
		walkNames(a.Parens, f)
	case a.Call != nil:
		for _, arg := range a.Call.Args {
			if arg.Name != nil && arg.Name.Text == "rounding" {
				continue
			}
			walkNames(arg.Value, f)
			for _, e := range arg.List {
				walkNames(e, f)
			}
		}
	}
	if x.Power != nil {
		walkFactor(x.Power, f)
	}
}

// IsName reports whether a text can be a name of a kind: an identifier that is no word of the language.
func IsName(text string, kind NameKind) bool {
	t := tokenise("", []byte(text))
	if len(t) != 1 || t[0].Type != identTok || IsKeyword(text) {
		return false
	}
	return kind.room() != "" || !slices.Contains(functions, text)
}

package dsl

import (
	"iter"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Check resolves names, types and sizes. The model is complete only when the list has no error.
func Check(ast *AST) (*Model, diag.List) {
	c := &checker{file: ast.File, m: &Model{File: ast.File, Targets: map[string]map[string]string{}, Settings: map[string]diag.Span{}, Train: map[string]string{}},
		consts: map[string]float64{}, params: map[string]*Param{}, seen: map[string]diag.Span{}, tried: map[string]bool{}, stateNamed: map[string]*stateDecl{}}
	for _, s := range ast.Broken {
		for _, w := range firstWords(s) {
			c.tried[w] = true
		}
	}
	for _, s := range ast.Stmts {
		if u, ok := s.(*UpdateStmt); ok {
			c.updated = append(c.updated, u.State.Text)
		}
		c.declare(s)
	}
	if c.m.Input.Name == "" && !c.failed() {
		c.errs.Add(diag.InFile(ast.File, "").Errorf("missing", "the model has no input").
			Helpf("add  input x : u8[1] / 255   or   input t : token[1000]"))
	}
	for _, s := range ast.Stmts {
		c.equation(s)
	}
	c.finish(ast)
	c.m.Names = definitions(ast, c.consts)
	return c.m, c.errs
}

// failed reports whether something was wrong already, so that what is missing need not be.
func (c *checker) failed() bool { return len(c.tried) > 0 || c.errs.HasErrors() }

type checker struct {
	file   string
	m      *Model
	errs   diag.List
	consts map[string]float64
	params map[string]*Param
	seen   map[string]diag.Span // where every name was declared
	lets   map[string]*let
	// tried are the names whose declaration or equation was wrong: their uses are not reported again.
	tried   map[string]bool
	updated []string // states that some line updates
	states  []*stateDecl
	length  *diag.Span // where steps or restart is said
	// stateNamed are the states by name.
	stateNamed map[string]*stateDecl
	unknowns   int // unknown names reported
	output     *OutputStmt
	labels     *LabelsStmt
	model      bool
}

// before is the place in front of a statement, for lines that are missing.
func (c *checker) before(s Stmt) diag.Span {
	at := s.span(c.file)
	at.End = at.Start
	return at
}

func (c *checker) at(s Stmt) diag.Builder { return diag.At(s.span(c.file)) }

func (c *checker) fail(s Stmt, code, help, format string, args ...any) *diag.Diagnostic {
	d := c.at(s).Errorf(code, format, args...)
	if help != "" {
		d.Helpf("%s", help)
	}
	c.errs.Add(d)
	return d
}

// claim takes a name, or reports that it is taken.
func (c *checker) claim(n *Name) bool {
	if at, ok := c.seen[n.Text]; ok {
		c.errs.Add(c.at(n).Errorf("name", "%s is declared twice", n.Text).Notef(at, "first declared here").
			Helpf("rename one of them"))
		return false
	}
	if IsKeyword(n.Text) || slices.Contains(functions, n.Text) {
		c.errs.Add(wordOfLanguage(n.span(c.file), n.Text))
		c.tried[n.Text] = true
		return false
	}
	c.seen[n.Text] = n.span(c.file)
	return true
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// guesses is how many unknown names are compared with those that are known: nobody mends more at once, and comparing each
// with each takes quadratic time.
const guesses = 50

// inOrder gives the keys of a map in order; they are sorted only where somebody asks for them.
func inOrder[V any](m map[string]V) iter.Seq[string] {
	return func(yield func(string) bool) { slices.Values(keys(m))(yield) }
}

// unknown reports a name that nothing declares, or that is something else.
func (c *checker) unknown(n *Name, what string, names iter.Seq[string]) {
	if c.tried[n.Text] {
		return
	}
	var known []string
	if c.unknowns++; c.unknowns <= guesses {
		known = slices.Collect(names)
	}
	other := c.declaredAs(n.Text)
	help, near := "declare it first", diag.Nearest(n.Text, known)
	if other != "" {
		help = "declare a " + what + " and write its name here"
	}
	if near != "" {
		help = "did you mean " + near + "?"
	} else if len(known) > 0 {
		help = "known here: " + diag.Names(known)
	}
	d := c.at(n).Errorf("name", "there is no %s %s", what, n.Text).Helpf("%s", help)
	if other != "" {
		d = c.at(n).Errorf("name", "%s is %s; a %s is wanted here", n.Text, other, what).Notef(c.seen[n.Text], "declared here").Helpf("%s", help)
	}
	if near != "" {
		d.Fix(n.span(c.file), near)
	}
	c.errs.Add(d)
}

// declaredAs says what a name stands for, or "".
func (c *checker) declaredAs(name string) string {
	_, constant := c.consts[name]
	switch {
	case constant:
		return "a constant"
	case c.params[name] != nil:
		return "a param"
	case c.declaredState(name) != nil:
		return "a state"
	case c.lets[name] != nil:
		return "a named value"
	case name == c.m.Input.Name && name != "":
		return "the input"
	}
	return ""
}

// equation checks updates, definitions and the output in the order written.
func (c *checker) equation(s Stmt) {
	switch s := s.(type) {
	case *UpdateStmt:
		c.update(s)
	case *LetStmt:
		c.let(s)
	}
}

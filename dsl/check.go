package dsl

import (
	"fmt"
	"iter"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/numerics"
	"github.com/hrnnc/hrnnc/ir"
)

// Limits keep sizes to what a model can mean and memory can hold.
const (
	maxSize    = 1 << 20
	maxEntries = 1 << 26
	maxSteps   = 1 << 30
	maxName    = 100
)

// Check resolves names, types and sizes. The model is complete only when the list has no error.
func Check(ast *AST) (*Model, diag.List) {
	c := &checker{file: ast.File, m: &Model{File: ast.File, Targets: map[string]map[string]string{}, Settings: map[string]diag.Span{}, Train: map[string]string{}},
		consts: map[string]float64{}, params: map[string]*Param{}, seen: map[string]diag.Span{}, tried: map[string]bool{}, stateNamed: map[string]*stateDecl{}}
	for _, words := range ast.Broken {
		for _, w := range words {
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
	// stateNamed are the states by name.
	stateNamed map[string]*stateDecl
	unknowns   int // unknown names reported
	output     *OutputStmt
	labels     *LabelsStmt
	model      bool
}

// stateDecl is a state as declared; its size may still be unknown.
type stateDecl struct {
	state ir.State
	span  diag.Span
}

func (c *checker) at(s Stmt) diag.Builder { return diag.At(s.span(c.file)) }

func (c *checker) fail(s Stmt, code, help, format string, args ...any) {
	d := c.at(s).Errorf(code, format, args...)
	if help != "" {
		d.Helpf("%s", help)
	}
	c.errs.Add(d)
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

func (c *checker) declare(s Stmt) {
	switch s := s.(type) {
	case *ModelStmt:
		if c.model {
			c.fail(s, "name", "remove one", "the model is named twice")
		}
		if n := len(s.Name.Text); n > maxName {
			c.fail(s.Name, "name", fmt.Sprintf("%d are possible, since files are named after the model", maxName), "the name has %d characters", n)
		}
		c.m.Name, c.model = s.Name.Text, true
	case *ConstStmt:
		v, ok := c.number(s.Value)
		if !ok {
			c.tried[s.Name.Text] = true
		} else if c.claim(s.Name) {
			c.consts[s.Name.Text] = v
		}
	case *InputStmt:
		c.input(s)
	case *StepsStmt:
		if c.m.Steps != 0 {
			c.fail(s, "name", "remove one", "steps is said twice")
		}
		if n, ok := c.integer(s.Count, 1, maxSteps, "steps"); ok {
			c.m.Steps = n
		}
	case *ParamStmt:
		c.param(s)
	case *StateStmt:
		c.state(s)
	case *LabelsStmt:
		if c.labels != nil {
			c.fail(s, "name", "write all labels in one line", "labels is said twice")
			return
		}
		c.labels = s
		c.m.Settings["labels"] = s.span(c.file)
		for _, l := range s.Labels {
			c.m.Output.Labels = append(c.m.Output.Labels, unquote(l))
		}
	case *WeightsStmt:
		if c.m.Weights != "" {
			c.fail(s, "name", "remove one", "weights is said twice")
		}
		c.m.Weights = unquote(s.Path)
		c.m.Settings["weights"] = s.span(c.file)
	case *BlockStmt:
		c.block(s)
	case *OutputStmt:
		if c.output != nil {
			c.errs.Add(c.at(s).Errorf("output", "the model has two outputs").Notef(c.output.span(c.file), "the first").
				Helpf("a model has one output; put both into one vector"))
			return
		}
		c.output = s
	}
}

// unquote gives what a string says; words and numbers stay as they are.
func unquote(s string) string {
	if !strings.HasPrefix(s, `"`) {
		return s
	}
	if v, err := strconv.Unquote(s); err == nil {
		return v
	}
	return strings.Trim(s, `"`)
}

// number evaluates a constant expression.
func (c *checker) number(e *Expr) (float64, bool) {
	if e.Op != "" {
		c.fail(e, "type", "remove it", "a comparison is not a number")
		return 0, false
	}
	v, ok := c.sum(e.Sum)
	if ok && (math.IsNaN(v) || math.IsInf(v, 0)) {
		c.fail(e, "range", "use smaller numbers", "the value is not finite")
		return 0, false
	}
	return v, ok
}

func (c *checker) sum(s *Sum) (float64, bool) {
	v, ok := c.product(s.First)
	for _, a := range s.Rest {
		w, ok2 := c.product(a.Term)
		ok = ok && ok2
		if a.Op == "-" {
			w = -w
		}
		v += w
	}
	return v, ok
}

func (c *checker) product(t *Term) (float64, bool) {
	v, ok := c.factor(t.First)
	return c.times(v, ok, t.Rest)
}

// times multiplies and divides v by what follows it.
func (c *checker) times(v float64, ok bool, rest []*MulRest) (float64, bool) {
	for _, r := range rest {
		w, ok2 := c.factor(r.Factor)
		ok = ok && ok2
		if r.Op == "*" {
			v *= w
			continue
		}
		if ok2 && w == 0 {
			c.fail(r, "range", "divide by something else", "division by zero")
			return 0, false
		}
		v /= w
	}
	return v, ok
}

func (c *checker) factor(f *Factor) (float64, bool) {
	v, ok := c.atom(f.Atom)
	if f.Power != nil {
		p, ok2 := c.factor(f.Power)
		v, ok = math.Pow(v, p), ok && ok2
	}
	if f.Minus {
		v = -v
	}
	return v, ok
}

func (c *checker) atom(a *Atom) (float64, bool) {
	switch {
	case a.Number != "":
		v, err := strconv.ParseFloat(a.Number, 64)
		if err != nil {
			c.fail(a, "range", "numbers go to 1e308", "%s is not a number that fits", a.Number)
		}
		return v, err == nil
	case a.Parens != nil:
		return c.number(a.Parens)
	case a.Name != nil:
		v, ok := c.consts[a.Name.Text]
		if !ok {
			c.unknown(a.Name, "constant", inOrder(c.consts))
		}
		return v, ok
	}
	c.fail(a, "type", "numbers are written with constants, + - * / ^ and parentheses", "a number is wanted here")
	return 0, false
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
	help := "declare it first"
	if other != "" {
		help = "declare a " + what + " and write its name here"
	}
	if near := diag.Nearest(n.Text, known); near != "" {
		help = "did you mean " + near + "?"
	} else if len(known) > 0 {
		help = "known here: " + diag.Names(known)
	}
	if other != "" {
		c.errs.Add(c.at(n).Errorf("name", "%s is %s; a %s is wanted here", n.Text, other, what).
			Notef(c.seen[n.Text], "declared here").Helpf("%s", help))
		return
	}
	c.fail(n, "name", help, "there is no %s %s", what, n.Text)
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

// integer evaluates a whole number within limits.
func (c *checker) integer(e *Expr, lo, hi int, what string) (int, bool) {
	v, ok := c.number(e)
	if !ok {
		return 0, false
	}
	if v != math.Trunc(v) || v < float64(lo) || v > float64(hi) {
		c.fail(e, "range", fmt.Sprintf("%d to %d are possible", lo, hi), "%s is %v; a whole number is wanted", what, v)
		if v == math.Trunc(v) {
			c.errs[len(c.errs)-1].Summary = fmt.Sprintf("%s is %v, which is out of range", what, v)
		}
		return 0, false
	}
	return int(v), true
}

// shape evaluates sizes; ok is false when one is wrong, sized when any is written.
func (c *checker) shape(t *TypeExpr) (shape []int, sized, ok bool) {
	if t == nil || len(t.Shape) == 0 {
		return nil, false, true
	}
	total := 1
	for _, e := range t.Shape {
		n, ok := c.integer(e, 1, maxSize, "a size")
		if !ok {
			return nil, true, false
		}
		shape = append(shape, n)
		total *= n
		if total > maxEntries {
			c.fail(t, "range", "hrnnc is for models that fit the smallest hardware", "%v has more than %d entries", shape, maxEntries)
			return nil, true, false
		}
	}
	return shape, true, true
}

// intType reads u8, uint8, i16 or int16.
func intType(name string) (bits int, signed, ok bool) {
	rest, found := strings.CutPrefix(name, "uint")
	if !found {
		rest, found = strings.CutPrefix(name, "u")
	}
	if !found {
		signed = true
		if rest, found = strings.CutPrefix(name, "int"); !found {
			rest, found = strings.CutPrefix(name, "i")
		}
	}
	n, err := strconv.Atoi(rest)
	if !found || err != nil || n < 1 || strings.HasPrefix(rest, "0") || strings.HasPrefix(rest, "+") {
		return 0, false, false
	}
	return n, signed, true
}

func (c *checker) input(s *InputStmt) {
	if c.m.Input.Name != "" {
		c.errs.Add(c.at(s).Errorf("input", "the model has two inputs").Notef(c.m.Input.Span, "the first").
			Helpf("join them into one vector: input x : u8[2]"))
		return
	}
	if !c.claim(s.Name) {
		return
	}
	in := ir.Input{Name: s.Name.Text, Kind: ir.Vector, Size: 1, Scale: 1, Span: s.span(c.file)}
	c.m.Input = in
	defer func(before int) {
		if len(c.errs) > before {
			c.tried[in.Name] = true
		}
	}(len(c.errs))
	shape, sized, ok := c.shape(s.Type)
	if !ok {
		return
	}
	if s.Type.Name == nil {
		c.fail(s, "type", "write  input "+in.Name+" : u8[1] / 255", "the input has no type")
		return
	}
	if len(shape) > 1 {
		c.fail(s.Type, "shape", fmt.Sprintf("a step receives a vector: %s[%d]", s.Type.Name.Text, entries(shape)), "the input has %d sizes", len(shape))
		return
	}
	if sized {
		in.Size = shape[0]
	}
	if s.Type.Name.Text == "token" {
		if !sized {
			c.fail(s.Type, "shape", "write  token[1000]  for tokens 0 to 999", "the vocabulary has no size")
			return
		}
		if s.Scale != nil {
			c.fail(s, "type", "remove the scale", "tokens are names and have no scale")
			return
		}
		in.Kind, in.Vocab, in.Size = ir.Token, shape[0], 1
		c.m.Input = in
		return
	}
	in.Bits, in.Signed, ok = intType(s.Type.Name.Text)
	if !ok || in.Signed && in.Bits < 2 {
		c.fail(s.Type.Name, "type", "inputs are u1 to u16, i2 to i16, or token[N]", "%s is no type of input", s.Type.Name.Text)
		return
	}
	if in.Bits > 16 {
		c.fail(s.Type.Name, "type", "inputs are u1 to u16 or i2 to i16; scale wider samples down first", "an input of %d bits cannot be used", in.Bits)
		return
	}
	in.Scale, ok = c.scale(s)
	if ok {
		c.m.Input = in
	}
}

func entries(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// scale reads "/ 255" and "* 0.01".
func (c *checker) scale(s *InputStmt) (float64, bool) {
	if s.Scale == nil {
		return 1, true
	}
	v, ok := c.factor(s.Scale.First)
	if s.Op == "/" {
		v = 1 / v
	}
	if v, ok = c.times(v, ok, s.Scale.Rest); !ok {
		return 0, false
	}
	if v <= 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		c.fail(s.Scale, "range", "the scale is the real value of one: / 255 or * 0.01", "the input's scale is not positive and finite")
		return 0, false
	}
	return v, true
}

var weightKinds = []string{"binary", "ternary", "sign", "index", "real", "int2", "int3", "int4", "int5", "int6", "int7", "int8", "int16"}

func (c *checker) param(s *ParamStmt) {
	if !c.claim(s.Name) {
		return
	}
	p := &Param{Name: s.Name.Text, Span: s.span(c.file)}
	c.params[p.Name] = p
	c.m.Params = append(c.m.Params, p)
	var ok bool
	if p.Shape, p.sized, ok = c.shape(s.Type); !ok {
		p.Shape, p.sized = nil, false
	}
	if len(p.Shape) > 2 {
		c.fail(s.Type, "shape", "a param is a vector [n] or a matrix [rows, columns]", "%s has %d sizes", p.Name, len(p.Shape))
		p.Shape, p.sized = nil, false
	}
	if s.Type == nil || s.Type.Name == nil {
		return
	}
	p.Kind = s.Type.Name.Text
	switch p.Kind {
	case "real", "index":
		return
	case "float", "float32", "float64", "f32":
		p.Kind = "real"
		return
	}
	if _, known := numerics.WeightBits(p.Kind); !known {
		help := "weights are binary, ternary, int2 to int16; also sign, index and real"
		if near := diag.Nearest(p.Kind, weightKinds); near != "" && !strings.HasPrefix(near, "int") {
			help = "did you mean " + near + "? " + help
		}
		c.fail(s.Type.Name, "type", help, "%s is no weight type", p.Kind)
		p.Kind = "int8"
	}
}

func (c *checker) state(s *StateStmt) {
	if !c.claim(s.Name) {
		return
	}
	d := &stateDecl{state: ir.State{Name: s.Name.Text, Bits: 16, HeadroomBits: 1, Span: s.span(c.file)}, span: s.span(c.file)}
	c.states, c.stateNamed[d.state.Name] = append(c.states, d), d
	shape, sized, ok := c.shape(s.Type)
	if !ok {
		return
	}
	if len(shape) > 1 {
		c.fail(s.Type, "shape", fmt.Sprintf("a state is a vector: [%d]", entries(shape)), "state %s has %d sizes", s.Name.Text, len(shape))
	} else if sized {
		d.state.Size = shape[0]
	}
	if s.Type != nil && s.Type.Name != nil {
		n, signed, ok := intType(s.Type.Name.Text)
		if !ok || !signed || n < 8 || n > 32 {
			c.fail(s.Type.Name, "type", "states are int8 to int32; int16 suits most models", "%s is no type of state", s.Type.Name.Text)
		} else {
			d.state.Bits = n
		}
	}
	if s.Range != nil {
		if v, ok := c.number(s.Range); ok && v <= 0 {
			c.fail(s.Range, "range", "range is the largest |"+s.Name.Text+"| that occurs", "the range is not positive")
		} else if ok {
			d.state.Max = v
		}
	}
	if s.Headroom != nil {
		if v, ok := c.integer(s.Headroom, 0, 7, "headroom"); ok {
			d.state.HeadroomBits = v
		}
	}
}

func (c *checker) block(s *BlockStmt) {
	into, name := c.m.Train, "train"
	if s.Kind == "train" && s.Name != nil {
		c.fail(s.Name, "syntax", "write  train { ... }", "train takes no name")
		return
	}
	if s.Kind == "target" {
		if s.Name == nil {
			c.fail(s, "syntax", "write  target c { ... }", "the target has no name")
			return
		}
		if c.m.Targets[s.Name.Text] != nil {
			c.fail(s.Name, "name", "put all settings into one block", "target %s is set twice", s.Name.Text)
			return
		}
		into, name = map[string]string{}, s.Name.Text
		c.m.Settings[name] = s.Name.span(c.file)
		c.m.Targets[name] = into
	}
	for _, p := range s.Pairs {
		if _, ok := into[p.Key]; ok {
			c.fail(p, "name", "remove one", "%s is set twice", p.Key)
			continue
		}
		texts := make([]string, len(p.Value))
		for i, v := range p.Value {
			texts[i] = unquote(v.Text)
		}
		into[p.Key] = strings.Join(texts, ",")
		c.m.Settings[name+"."+p.Key] = p.span(c.file)
	}
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

// blocksOf words which blocks would suit n units: "block = 16 gives 3 blocks".
func blocksOf(n int) string {
	switch b := n & -n; {
	case b == n:
		return fmt.Sprintf("block = %d, or no block at all, gives one block", n)
	case b == 1:
		return fmt.Sprintf("take an even number of units; %d is the next power of two", 1<<bits.Len(uint(n)))
	default:
		return fmt.Sprintf("block = %d gives %d blocks", b, n/b)
	}
}

func isPowerOfTwo(n int) bool { return n > 0 && bits.OnesCount(uint(n)) == 1 }

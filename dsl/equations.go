package dsl

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/numerics"
	"github.com/hrnnc/hrnnc/ir"
)

// functions are the names that can be called.
var functions = []string{"hadamard", "relu", "onehot", "embed", "argmax", "threshold", "mean"}

// callForms shows how each function, and each option of hadamard, is written.
var callForms = map[string]string{
	"hadamard": "hadamard(h)", "relu": "relu(h)", "onehot": "onehot(t)", "embed": "embed(E, t)", "argmax": "argmax(y)",
	"threshold": "threshold(y, 0.5)", "mean": "output y mean",
	"rounding": "rounding = staged", "signs": "signs = s", "permute": "permute = p", "presigns": "presigns = s",
}

// let is a named value and the terms that it stands for.
type let struct {
	value *Expr
	terms []addend
}

// addend is one term of a flattened sum, with the operator in front of it.
type addend struct {
	op   diag.Span // zero for the first
	term *Term
}

// maxTerms bounds a sum. Names that double each other would otherwise stand for more terms than memory holds.
const maxTerms = 256

// flatten lists the terms of a sum, with named values replaced by what they stand for.
func (c *checker) flatten(s *Sum) ([]addend, bool) {
	out, ok := c.expand(s.First, diag.Span{})
	for _, a := range s.Rest {
		at := spanOf(c.file, a.Tokens[0], a.Tokens[0])
		if a.Op == "-" {
			c.errs.Add(diag.At(at).Errorf("update", "terms can be added, not subtracted").
				Helpf("negate the weights instead: the sign costs nothing there"))
			return nil, false
		}
		more, ok2 := c.expand(a.Term, at)
		out, ok = append(out, more...), ok && ok2
		if len(out) > maxTerms {
			c.fail(s, "range", "add the biases up in the weights file", "the sum has more than %d terms", maxTerms)
			return nil, false
		}
	}
	return out, ok
}

func (c *checker) expand(t *Term, op diag.Span) ([]addend, bool) {
	f := t.First
	if len(t.Rest) == 0 && f.Power == nil && !f.Minus {
		if p := f.Atom.Parens; p != nil && p.Op == "" {
			return c.flatten(p.Sum)
		}
		if n := f.Atom.Name; n != nil && c.lets[n.Text] != nil {
			return slices.Clip(c.lets[n.Text].terms), true
		}
	}
	return []addend{{op, t}}, true
}

// through replaces a factor that names a value of one factor by that factor.
func (c *checker) through(f *Factor) *Factor {
	for {
		a := f.Atom
		var inner *Expr
		if a.Parens != nil {
			inner = a.Parens
		} else if a.Name != nil && c.lets[a.Name.Text] != nil {
			inner = c.lets[a.Name.Text].value
		}
		if inner == nil || inner.Op != "" || len(inner.Sum.Rest) > 0 || len(inner.Sum.First.Rest) > 0 || f.Minus || f.Power != nil {
			return f
		}
		f = inner.Sum.First.First
	}
}

// plain reports whether no factor of a term is negated or raised to a power.
func (c *checker) plain(t *Term) bool {
	for _, r := range t.Rest {
		if f := c.through(r.Factor); f.Minus || f.Power != nil {
			return false
		}
	}
	f := c.through(t.First)
	return !f.Minus && f.Power == nil
}

func (c *checker) let(s *LetStmt) {
	if s.Value.Op != "" {
		c.fail(s.Value, "type", "put the comparison into the output: output alarm = y > 0.5 at every step", "a comparison cannot be named")
		return
	}
	if c.declaredState(s.Name.Text) != nil {
		c.fail(s.Name, "update", "write  "+s.Name.Text+" <- ...", "state %s is updated with <-", s.Name.Text)
		c.tried[s.Name.Text] = true
		return
	}
	// Its own name is not known to it, so that no value can stand for itself.
	known := c.namesKnown(s.Value.Sum)
	if !c.claim(s.Name) {
		return
	}
	terms, ok := []addend(nil), false
	if known {
		terms, ok = c.flatten(s.Value.Sum)
	}
	if !ok {
		c.tried[s.Name.Text] = true
		return
	}
	if c.lets == nil {
		c.lets = map[string]*let{}
	}
	c.lets[s.Name.Text] = &let{s.Value, terms}
}

// namesKnown reports unknown names, and states read before their update, in an expression that is only named.
func (c *checker) namesKnown(s *Sum) bool {
	ok := true
	walkNames(s, func(n *Name) {
		switch {
		case c.tried[n.Text]:
			ok = false
		case c.declaredState(n.Text) != nil && c.m.Layer(n.Text) == nil:
			c.early(n)
			ok = false
		case c.seen[n.Text].IsZero():
			c.unknown(n, "value", c.known())
			ok = false
		}
	})
	return ok
}

// early reports a state that is read before its update, if it has one.
func (c *checker) early(n *Name) {
	if slices.Contains(c.updated, n.Text) {
		c.fail(n, "order", "put the update of "+n.Text+" above this line", "%s is read before its update", n.Text)
		return
	}
	c.tried[n.Text] = true
	c.fail(n, "update", fmt.Sprintf("write  %s <- hadamard(%s) + ...  above this line", n.Text, n.Text), "state %s is never updated", n.Text)
}

// known lists every declared name.
func (c *checker) known() iter.Seq[string] { return inOrder(c.seen) }

func (c *checker) declaredState(name string) *stateDecl { return c.stateNamed[name] }

func walkNames(s *Sum, f func(*Name)) {
	terms := []*Term{s.First}
	for _, a := range s.Rest {
		terms = append(terms, a.Term)
	}
	for _, t := range terms {
		factors := []*Factor{t.First}
		for _, r := range t.Rest {
			factors = append(factors, r.Factor)
		}
		for _, x := range factors {
			switch a := x.Atom; {
			case a.Name != nil:
				f(a.Name)
			case a.Parens != nil:
				walkNames(a.Parens.Sum, f)
			case a.Call != nil:
				for _, arg := range a.Call.Args {
					if arg.Name == nil {
						walkNames(arg.Value.Sum, f)
					}
				}
			}
		}
	}
}

// shaped is a term with its length, 0 while unknown, for the messages about sums.
type shaped struct {
	addend
	n     int
	param *Param
}

func (c *checker) update(s *UpdateStmt) {
	d := c.declaredState(s.State.Text)
	if d == nil {
		var names []string
		for _, st := range c.states {
			names = append(names, st.state.Name)
		}
		c.unknown(s.State, "state", slices.Values(names))
		c.tried[s.State.Text] = true
		return
	}
	if l := c.m.Layer(s.State.Text); l != nil {
		c.errs.Add(c.at(s).Errorf("update", "%s is updated twice", s.State.Text).Notef(l.Span, "the first update").
			Helpf("one update a state: add the terms up"))
		return
	}
	l := c.layer(s, d)
	if l == nil {
		c.tried[s.State.Text] = true
		return
	}
	delete(c.tried, s.State.Text)
	d.state = l.State
	c.m.Layers = append(c.m.Layers, l)
}

// layer reads an update, or reports what is wrong with it and gives nil.
func (c *checker) layer(s *UpdateStmt, d *stateDecl) *Layer {
	if s.Value.Op != "" {
		c.fail(s.Value, "type", "comparisons belong into the output", "a state cannot be a comparison")
		return nil
	}
	l := &Layer{State: d.state, Span: s.span(c.file)}
	terms, ok := c.flatten(s.Value.Sum)
	if !ok {
		return nil
	}
	var sizes []shaped
	for _, a := range terms {
		n, p, ok2 := c.updateTerm(l, a.term)
		ok = ok && ok2
		sizes = append(sizes, shaped{a, n, p})
	}
	if !ok {
		return nil
	}
	if l.Signs == nil && l.Dense == nil {
		c.fail(s, "update", fmt.Sprintf("write  %s <- hadamard(%s) + ...", d.state.Name, d.state.Name), "the update of %s has no recurrence", d.state.Name)
		return nil
	}
	if !c.layerSizes(l, sizes) {
		return nil
	}
	return l
}

// updateTerm files one term of an update and gives its length, 0 when nothing says it yet.
func (c *checker) updateTerm(l *Layer, t *Term) (n int, p *Param, ok bool) {
	f := c.through(t.First)
	switch {
	case !c.plain(t):
		c.fail(t, "update", "negate the weights instead", "a term can have no sign and no power")
		return 0, nil, false
	case len(t.Rest) == 0 && f.Atom.Call != nil && f.Atom.Call.Func.Text == "hadamard":
		return l.State.Size, nil, c.hadamard(l, f.Atom.Call)
	case len(t.Rest) == 0 && f.Atom.Name != nil:
		return c.bias(l, t, f.Atom.Name)
	case len(t.Rest) == 1 && t.Rest[0].Op == "*":
		return c.matrixTerm(l, t, f, c.through(t.Rest[0].Factor))
	case len(t.Rest) == 0 && f.Atom.Call != nil && f.Atom.Call.Func.Text == "relu":
		c.fail(t, "update", "HadamRNN's recurrence is linear; put relu where the state is read: V*relu("+l.State.Name+")", "relu stands around a term of the update")
		return 0, nil, false
	case len(t.Rest) == 0 && f.Atom.Call != nil && !slices.Contains(functions, f.Atom.Call.Func.Text):
		c.unknownFunc(f.Atom.Call.Func)
		return 0, nil, false
	}
	c.fail(t, "update", "a term is hadamard(h), matrix * vector, or a bias", "this term is not one an update can have")
	return 0, nil, false
}

func (c *checker) bias(l *Layer, t *Term, n *Name) (int, *Param, bool) {
	p := c.params[n.Text]
	if p == nil {
		switch {
		case n.Text == l.State.Name:
			c.fail(t, "update", "write hadamard("+n.Text+")", "%s stands in its own update without a transform", n.Text)
		case c.declaredState(n.Text) != nil:
			c.fail(t, "update", "multiply it by a param: B*relu("+n.Text+")", "state %s flows in without a matrix", n.Text)
		case n.Text == c.m.Input.Name:
			c.fail(t, "update", "multiply it by a param: U*"+n.Text, "input %s flows in without a matrix", n.Text)
		default:
			c.unknown(n, "param", inOrder(c.params))
		}
		return 0, nil, false
	}
	if !c.kind(p, t, "a bias", "real") {
		return 0, nil, false
	}
	if len(p.Shape) == 2 {
		c.fail(t, "shape", "multiply it by a vector, as in "+p.Name+"*x", "%s is a matrix, %s; a bias is a vector", p.Name, sizes(p.Shape))
		return 0, nil, false
	}
	p.used = true
	l.Bias = append(l.Bias, p)
	if p.sized {
		return p.Shape[0], p, true
	}
	return 0, p, true
}

// kind checks a param's declared type, or gives it the one its use implies.
func (c *checker) kind(p *Param, t Stmt, use string, kinds ...string) bool {
	if p.Kind == "" {
		p.Kind = kinds[0]
	}
	if slices.Contains(kinds, p.Kind) {
		return true
	}
	c.errs.Add(c.at(t).Errorf("type", "%s is used as %s, but its type is %s", p.Name, use, p.Kind).
		Notef(p.Span, "declared here").Helpf("leave the type out, or write %s", kinds[0]))
	return false
}

// matrixTerm reads U*x, U*onehot(t), U*embed(E, t), B*relu(h1), B*h1, and W*h of a dense recurrence.
func (c *checker) matrixTerm(l *Layer, t *Term, left, right *Factor) (int, *Param, bool) {
	if left.Atom.Name == nil || c.params[left.Atom.Name.Text] == nil {
		if n := right.Atom.Name; n != nil && c.params[n.Text] != nil {
			c.fail(t, "type", "write the matrix first: "+n.Text+"*...", "the matrix stands on the right")
			return 0, nil, false
		}
		if n := left.Atom.Name; n != nil {
			c.unknown(n, "param", inOrder(c.params))
			return 0, nil, false
		}
		c.fail(t, "update", "a product is matrix * vector, with the matrix a param", "this product has no matrix")
		return 0, nil, false
	}
	p := c.params[left.Atom.Name.Text]
	p.used = true
	if n := right.Atom.Name; n != nil && n.Text == l.State.Name {
		return c.dense(l, t, p)
	}
	in, cols, ok := c.source(l, t, right)
	if !ok {
		return 0, nil, false
	}
	if l.Inflow != nil {
		c.errs.Add(c.at(t).Errorf("unit", "two products flow into %s", l.State.Name).Notef(l.Inflow.Span, "the first").
			Helpf("a state takes its unit from one product; join the inputs into one vector and the matrices side by side"))
		return 0, nil, false
	}
	in.Matrix, in.Span = p, t.span(c.file)
	l.Inflow = in
	p.Between = in.From != nil
	if !c.weightMatrix(p, t, cols) {
		return 0, nil, false
	}
	if p.sized {
		return p.Shape[0], p, true
	}
	return 0, p, true
}

// weightMatrix checks that a param is a quantised matrix with the columns its vector needs.
func (c *checker) weightMatrix(p *Param, t Stmt, cols int) bool {
	if p.Kind == "" {
		c.errs.Add(diag.At(p.Span).Errorf("type", "%s has no type", p.Name).
			Helpf("write  param %s : int4  (or binary, ternary, int2 to int16)", p.Name))
		return false
	}
	if p.Kind == "real" || p.Kind == "sign" || p.Kind == "index" {
		c.errs.Add(c.at(t).Errorf("type", "%s multiplies a vector, but its type is %s", p.Name, p.Kind).
			Notef(p.Span, "declared here").Helpf("weights are binary, ternary or int2 to int16"))
		return false
	}
	if !p.sized {
		return true
	}
	if len(p.Shape) == 1 && cols == 1 {
		p.Shape = append(p.Shape, 1)
	}
	if len(p.Shape) != 2 {
		c.errs.Add(c.at(t).Errorf("shape", "%s multiplies a vector, but is one itself", p.Name).
			Notef(p.Span, "declared here").Helpf("write  param %s : %s[%d, %d]", p.Name, p.Kind, p.Shape[0], max(cols, 1)))
		return false
	}
	if cols > 0 && p.Shape[1] != cols {
		rows := p.Shape[0]
		if rows == cols {
			rows = p.Shape[1] // it is transposed
		}
		c.errs.Add(c.at(t).Errorf("shape", "%s has %s; what it multiplies has %s", p.Name, count(p.Shape[1], "column", "columns"), count(cols, "entry", "entries")).
			Notef(p.Span, "declared here").Helpf("write  param %s : %s[%d, %d]", p.Name, p.Kind, rows, cols))
		return false
	}
	return true
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (c *checker) dense(l *Layer, t *Term, p *Param) (int, *Param, bool) {
	if l.Dense != nil || l.Signs != nil {
		c.fail(t, "update", "one recurrence a state", "%s has two recurrences", l.State.Name)
		return 0, nil, false
	}
	if !c.kind(p, t, "a recurrent matrix", "real") {
		return 0, nil, false
	}
	l.Dense = p
	if !p.sized {
		return l.State.Size, p, true
	}
	if len(p.Shape) != 2 || p.Shape[0] != p.Shape[1] {
		c.errs.Add(c.at(t).Errorf("shape", "a recurrent matrix is square; %s is %s", p.Name, sizes(p.Shape)).
			Notef(p.Span, "declared here").Helpf("write  param %s : [%d, %d]", p.Name, p.Shape[0], p.Shape[0]))
		return 0, nil, false
	}
	return p.Shape[0], p, true
}

// source reads what a matrix multiplies; cols is its length, 0 when nothing says it yet.
func (c *checker) source(l *Layer, t *Term, f *Factor) (in *Inflow, cols int, ok bool) {
	switch a := f.Atom; {
	case a.Name != nil && a.Name.Text == c.m.Input.Name && c.tried[a.Name.Text]:
		return nil, 0, false
	case a.Name != nil && a.Name.Text == c.m.Input.Name:
		if c.m.Input.Kind == ir.Token {
			c.fail(t, "type", fmt.Sprintf("write onehot(%s), or embed(E, %s) with a table E", a.Name.Text, a.Name.Text), "%s is a token, not a vector", a.Name.Text)
			return nil, 0, false
		}
		return &Inflow{}, c.m.Input.Size, true
	case a.Name != nil:
		from, ok := c.stateBefore(a.Name, l, "state or input")
		return &Inflow{From: from}, sizeOf(from), ok
	case a.Call != nil:
		return c.sourceCall(l, t, a.Call)
	}
	c.fail(t, "update", "a matrix multiplies the input, onehot(t), embed(E, t), or relu of an updated state", "this product is not one an update can have")
	return nil, 0, false
}

func sizeOf(l *Layer) int {
	if l == nil {
		return 0
	}
	return l.State.Size
}

func (c *checker) sourceCall(l *Layer, t *Term, call *Call) (*Inflow, int, bool) {
	switch call.Func.Text {
	case "onehot":
		_, ok := c.tokenArg(call, 1)
		return &Inflow{OneHot: true}, c.m.Input.Vocab, ok
	case "embed":
		if _, ok := c.tokenArg(call, 2); !ok {
			return nil, 0, false
		}
		return c.embed(call)
	case "relu":
		if n, ok := c.nameArg(call, 0, 1); ok {
			if n.Text == l.State.Name {
				c.fail(call, "update", "HadamRNN's recurrence is linear; put relu in the readout", "relu stands inside the recurrence of %s", n.Text)
				return nil, 0, false
			}
			from, ok := c.stateBefore(n, l, "state")
			return &Inflow{From: from, Relu: true}, sizeOf(from), ok
		}
		return nil, 0, false
	}
	c.unknownFunc(call.Func)
	return nil, 0, false
}

func (c *checker) unknownFunc(n *Name) {
	if slices.Contains(functions, n.Text) {
		c.fail(n, "name", "a matrix multiplies the input, onehot(t), embed(E, t), or relu of an updated state", "%s cannot stand here", n.Text)
		return
	}
	c.unknown(n, "function", slices.Values(functions))
}

// nameArg is argument i of as many as the function wants, when it is a plain name.
func (c *checker) nameArg(call *Call, i, want int) (*Name, bool) {
	if len(call.Args) != want {
		c.fail(call, "arguments", "write  "+callForms[call.Func.Text], "%s takes %s, not %d", call.Func.Text, count(want, "argument", "arguments"), len(call.Args))
		return nil, false
	}
	a := call.Args[i]
	if a.Name == nil && a.Value.Op == "" && len(a.Value.Sum.Rest) == 0 && len(a.Value.Sum.First.Rest) == 0 {
		if f := c.through(a.Value.Sum.First.First); f.Atom.Name != nil && !f.Minus && f.Power == nil {
			return f.Atom.Name, true
		}
	}
	c.fail(a, "arguments", "write  "+callForms[call.Func.Text], "%s wants a plain name here", call.Func.Text)
	return nil, false
}

func (c *checker) tokenArg(call *Call, want int) (*Name, bool) {
	n, ok := c.nameArg(call, want-1, want)
	in := c.m.Input.Name
	if !ok || c.tried[in] {
		return nil, false
	}
	switch {
	case c.m.Input.Kind != ir.Token:
		c.fail(n, "type", "declare the input as a token: input "+in+" : token[1000]", "%s is not a token", n.Text)
		return nil, false
	case n.Text != in:
		c.fail(n, "type", fmt.Sprintf("write  onehot(%s)  or  embed(E, %s)", in, in), "%s is not a token", n.Text)
		return nil, false
	}
	return n, true
}

func (c *checker) embed(call *Call) (*Inflow, int, bool) {
	n, ok := c.nameArg(call, 0, 2)
	if !ok {
		return nil, 0, false
	}
	e := c.params[n.Text]
	if e == nil {
		c.unknown(n, "param", inOrder(c.params))
		return nil, 0, false
	}
	e.used = true
	if e.Kind == "" {
		e.Kind = "int8"
	}
	if _, ok := numerics.WeightBits(e.Kind); !ok || e.Kind == "sign" {
		c.errs.Add(c.at(call).Errorf("type", "the type of the table %s is %s", e.Name, e.Kind).
			Notef(e.Span, "declared here").Helpf("a table has binary, ternary or int2 to int16 entries; int8 where nothing is said"))
		return nil, 0, false
	}
	if !e.sized || len(e.Shape) != 2 {
		c.errs.Add(diag.At(e.Span).Errorf("shape", "the table %s has no shape", e.Name).
			Helpf("write  param %s : int8[%d, 64]", e.Name, c.m.Input.Vocab))
		return nil, 0, false
	}
	if e.Shape[0] != c.m.Input.Vocab {
		c.errs.Add(c.at(call).Errorf("shape", "%s has %s for %s", e.Name, count(e.Shape[0], "row", "rows"), count(c.m.Input.Vocab, "token", "tokens")).
			Notef(e.Span, "declared here").Helpf("write  param %s : %s[%d, %d]", e.Name, e.Kind, c.m.Input.Vocab, e.Shape[1]))
		return nil, 0, false
	}
	return &Inflow{Embed: e}, e.Shape[1], true
}

// stateBefore finds a state that has been updated above. what words what is wanted.
func (c *checker) stateBefore(n *Name, l *Layer, what string) (*Layer, bool) {
	if from := c.m.Layer(n.Text); from != nil {
		return from, true
	}
	switch {
	case l != nil && n.Text == l.State.Name:
		c.fail(n, "update", "write hadamard("+n.Text+")", "%s stands in its own update", n.Text)
	case c.tried[n.Text]:
	case c.declaredState(n.Text) == nil:
		var states []string
		for _, d := range c.states {
			states = append(states, d.state.Name)
		}
		c.unknown(n, what, slices.Values(states))
	default:
		c.early(n)
	}
	return nil, false
}

func (c *checker) hadamard(l *Layer, call *Call) bool {
	if l.Signs != nil || l.Dense != nil {
		c.fail(call, "update", "one hadamard an update", "%s has two recurrences", l.State.Name)
		return false
	}
	l.Transform = call.span(c.file)
	l.Signs = &Param{Name: l.State.Name + ".signs", Kind: "sign", Span: call.span(c.file), used: true}
	if len(call.Args) == 0 || call.Args[0].Name != nil {
		c.fail(call, "arguments", "write hadamard("+l.State.Name+")", "hadamard has no state")
		return false
	}
	first := *call
	first.Args = call.Args[:1]
	n, ok := c.nameArg(&first, 0, 1)
	if !ok {
		return false
	}
	if n.Text != l.State.Name {
		c.fail(n, "update", "write hadamard("+l.State.Name+")", "the update of %s transforms %s", l.State.Name, n.Text)
		return false
	}
	for _, a := range call.Args[1:] {
		ok = c.hadamardOption(l, call, a) && ok
	}
	return ok
}

// given reports whether an option stands among the arguments before a.
func given(call *Call, a *Arg) bool {
	return slices.ContainsFunc(call.Args[:slices.Index(call.Args, a)], func(b *Arg) bool { return b.Name != nil && b.Name.Text == a.Name.Text })
}

func (c *checker) hadamardOption(l *Layer, call *Call, a *Arg) bool {
	options := []string{"block", "rounding", "signs", "permute", "presigns"}
	if a.Name == nil {
		c.fail(a, "arguments", "write  hadamard("+l.State.Name+", block = 16)", "this argument has no name")
		return false
	}
	if given(call, a) {
		c.fail(a, "name", "remove one", "%s is said twice", a.Name.Text)
		return false
	}
	if a.Name.Text == "block" {
		n, ok := c.integer(a.Value, 1, maxSize, "block")
		if ok && !isPowerOfTwo(n) {
			c.fail(a.Value, "shape", fmt.Sprintf("%d and %d are", 1<<bitLen(n)>>1, 1<<bitLen(n)), "block = %d is not a power of two", n)
			return false
		}
		l.Block = n
		return ok
	}
	one := Call{node: call.node, Func: a.Name, Args: []*Arg{{node: a.node, Value: a.Value}}}
	if !slices.Contains(options, a.Name.Text) {
		help := "its options are " + strings.Join(options, ", ")
		if near := diag.Nearest(a.Name.Text, options); near != "" {
			help = "did you mean " + near + "?"
		}
		c.fail(a.Name, "name", help, "hadamard has no option %s", a.Name.Text)
		return false
	}
	n, ok := c.nameArg(&one, 0, 1)
	if !ok {
		return false
	}
	if a.Name.Text == "rounding" {
		if n.Text != "once" && n.Text != "staged" {
			c.fail(n, "type", "rounding is once or staged", "there is no rounding %s", n.Text)
			return false
		}
		l.Staged = n.Text == "staged"
		return true
	}
	p := c.params[n.Text]
	if p == nil {
		c.unknown(n, "param", inOrder(c.params))
		return false
	}
	p.used = true
	into, kind := &l.Signs, "sign"
	switch a.Name.Text {
	case "permute":
		into, kind = &l.Permute, "index"
	case "presigns":
		into = &l.PreSigns
	}
	*into = p
	return c.kind(p, a, a.Name.Text, kind)
}

func bitLen(n int) int {
	k := 0
	for n > 0 {
		n, k = n/2, k+1
	}
	return k
}

// layerSizes settles the number of units and gives every tensor of the layer its shape.
func (c *checker) layerSizes(l *Layer, terms []shaped) bool {
	n := l.State.Size
	from := shaped{}
	for _, t := range terms {
		if n == 0 && t.n > 0 {
			n, from = t.n, t
		}
	}
	if n == 0 {
		c.errs.Add(diag.At(l.State.Span).Errorf("shape", "the size of %s is not known", l.State.Name).
			Helpf("write  state %s : int%d[512]", l.State.Name, l.State.Bits))
		return false
	}
	for _, t := range terms {
		if t.n > 0 && t.n != n {
			c.sumMismatch(l, n, from, t, terms)
			return false
		}
	}
	l.State.Size = n
	for _, p := range append([]*Param{l.Signs, l.PreSigns, l.Permute}, l.Bias...) {
		c.give(p, n)
	}
	if l.Dense != nil {
		c.give(l.Dense, n, n)
	}
	if l.Inflow != nil {
		c.give(l.Inflow.Matrix, n, c.inflowSize(l.Inflow))
	}
	c.blockFits(l)
	return true
}

func (c *checker) inflowSize(in *Inflow) int {
	switch {
	case in.From != nil:
		return in.From.State.Size
	case in.Embed != nil:
		return in.Embed.Shape[1]
	case in.OneHot:
		return c.m.Input.Vocab
	}
	return c.m.Input.Size
}

// give sets a shape that was not written, and checks one that was.
func (c *checker) give(p *Param, shape ...int) {
	if p == nil {
		return
	}
	if !p.sized {
		p.Shape, p.sized = shape, true
		return
	}
	if !slices.Equal(p.Shape, shape) {
		c.errs.Add(diag.At(p.Span).Errorf("shape", "%s is %s; its use makes it %s", p.Name, sizes(p.Shape), sizes(shape)).
			Helpf("write  param %s : %s%s", p.Name, p.Kind, sizes(shape)))
	}
}

// sizes writes a shape as the language does.
func sizes(shape []int) string {
	t := fmt.Sprint(shape)
	out := ""
	for _, r := range t {
		if r == ' ' {
			out += ","
		}
		out += string(r)
	}
	return out
}

func (c *checker) sumMismatch(l *Layer, n int, from, t shaped, terms []shaped) {
	at := t.op
	if at.IsZero() {
		at = t.term.span(c.file)
	}
	d := diag.At(at).Errorf("shape", "the operands of + differ: [%d] and [%d]", n, t.n)
	if from.term != nil {
		d.Notef(from.term.span(c.file), "[%d]", n)
	} else {
		d.Notef(l.State.Span, "[%d], state %s", n, l.State.Name)
	}
	if t.param != nil {
		d.Notef(t.term.span(c.file), "[%d], from %s", t.n, t.param.Name).Notef(t.param.Span, "%s is declared here", t.param.Name)
	}
	d.Helpf("declare  state %s : int%d[%d]", l.State.Name, l.State.Bits, t.n)
	// A bias that stands alone against a matrix is the odd one out.
	agrees := func(o shaped) bool { return o.param != nil && o.n == n }
	if t.param != nil && len(t.param.Shape) == 1 && slices.ContainsFunc(terms, agrees) {
		d.Helpf("declare  param %s : [%d]", t.param.Name, n)
	}
	c.errs.Add(d)
}

func (c *checker) blockFits(l *Layer) {
	n := l.State.Size
	wrong := func(format string, args ...any) {
		c.errs.Add(diag.At(l.Transform).Errorf("shape", format, args...).Helpf("%s", blocksOf(n)))
	}
	switch {
	case l.Dense != nil:
	case l.Block == 0 && !isPowerOfTwo(n):
		wrong("hadamard needs a power of two; %d is not", n)
	case l.Block == 0:
		l.Block = n
	case n%l.Block != 0:
		wrong("block = %d does not divide the %d units of %s", l.Block, n, l.State.Name)
	}
}

// finish checks what needs the whole model.
func (c *checker) finish(ast *AST) {
	for _, d := range c.states {
		if c.m.Layer(d.state.Name) == nil && !c.failed() {
			c.errs.Add(diag.At(d.span).Errorf("update", "state %s is never updated", d.state.Name).
				Helpf("write  %s <- hadamard(%s) + U*%s", d.state.Name, d.state.Name, c.m.Input.Name))
		}
	}
	if len(c.states) == 0 && !c.failed() {
		c.errs.Add(diag.InFile(ast.File, "").Errorf("missing", "the model has no state").
			Helpf("add  state h : int16[512]  and  h <- hadamard(h) + ..."))
	}
	if c.output == nil {
		if !c.failed() {
			c.errs.Add(diag.InFile(ast.File, "").Errorf("missing", "the model has no output").
				Helpf("add  output class = argmax(y) at last"))
		}
		return
	}
	c.checkOutput(c.output)
	for _, p := range c.m.Params {
		if !p.used && !c.failed() {
			c.errs.Add(diag.At(p.Span).Warningf("unused", "param %s is not used", p.Name).Helpf("remove it"))
		}
	}
	for i, l := range c.m.Layers {
		if !c.read(i) && !c.failed() {
			c.errs.Add(diag.At(l.State.Span).Warningf("unused", "nothing reads state %s", l.State.Name).Helpf("remove it"))
		}
	}
}

func (c *checker) read(i int) bool {
	l := c.m.Layers[i]
	return c.m.Readout.From == l || slices.ContainsFunc(c.m.Layers, func(m *Layer) bool { return m.Inflow != nil && m.Inflow.From == l })
}

package dsl

import (
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/numerics"
	"github.com/hrnnc/hrnnc/ir"
)

// matrixTerm reads U*x, U*onehot(t), U*embed(E, t), B*relu(h1), B*h1, and W*h of a dense recurrence.
func (c *checker) matrixTerm(l *Layer, t *Term, left, right *Factor) (int, *Param, bool) {
	if left.Atom.Name == nil || c.params[left.Atom.Name.Text] == nil {
		if n := right.Atom.Name; n != nil && c.params[n.Text] != nil {
			c.fail(t, "type", "write the matrix first: "+n.Text+"*...", "the matrix stands on the right").
				Fix(t.span(c.file), n.Text+"*"+words(left.Tokens))
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
		d := diag.At(p.Span).Errorf("type", "%s has no type", p.Name).
			Helpf("write  param %s : int4  (or binary, ternary, int2 to int16)", p.Name)
		shape := ""
		if p.sized {
			shape = sizes(p.Shape)
		}
		for _, kind := range []string{"int4", "int8", "ternary", "binary"} {
			retype(d, p.typeAt, kind+shape)
		}
		c.errs.Add(d)
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
		d := c.at(t).Errorf("shape", "%s multiplies a vector, but is one itself", p.Name).
			Notef(p.Span, "declared here").Helpf("write  param %s : %s[%d, %d]", p.Name, p.Kind, p.Shape[0], max(cols, 1))
		c.errs.Add(retype(d, p.typeAt, fmt.Sprintf("%s[%d, %d]", p.Kind, p.Shape[0], max(cols, 1))))
		return false
	}
	if cols > 0 && p.Shape[1] != cols {
		rows := p.Shape[0]
		if rows == cols {
			rows = p.Shape[1] // it is transposed
		}
		d := c.at(t).Errorf("shape", "%s has %s; what it multiplies has %s", p.Name, diag.Count(p.Shape[1], "column"), diag.Count(cols, "entry")).
			Notef(p.Span, "declared here").Helpf("write  param %s : %s[%d, %d]", p.Name, p.Kind, rows, cols)
		c.errs.Add(retype(d, p.typeAt, fmt.Sprintf("%s[%d, %d]", p.Kind, rows, cols)))
		return false
	}
	return true
}

// source reads what a matrix multiplies; cols is its length, 0 when nothing says it yet.
func (c *checker) source(l *Layer, t *Term, f *Factor) (in *Inflow, cols int, ok bool) {
	switch a := f.Atom; {
	case a.Name != nil && a.Name.Text == c.m.Input.Name && c.tried[a.Name.Text]:
		return nil, 0, false
	case a.Name != nil && a.Name.Text == c.m.Input.Name:
		if c.m.Input.Kind == ir.Token {
			c.fail(t, "type", fmt.Sprintf("write onehot(%s), or embed(E, %s) with a table E", a.Name.Text, a.Name.Text), "%s is a token, not a vector", a.Name.Text).
				Fix(f.span(c.file), "onehot("+a.Name.Text+")")
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
				c.fail(call, "update", "HadamRNN's recurrence is linear; put relu in the readout", "relu stands inside the recurrence of %s", n.Text).Fix(call.span(c.file), n.Text)
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
		d := diag.At(e.Span).Errorf("shape", "the table %s has no shape", e.Name).
			Helpf("write  param %s : int8[%d, 64]", e.Name, c.m.Input.Vocab)
		c.errs.Add(retype(d, e.typeAt, fmt.Sprintf("%s[%d, 64]", e.Kind, c.m.Input.Vocab)))
		return nil, 0, false
	}
	if e.Shape[0] != c.m.Input.Vocab {
		d := c.at(call).Errorf("shape", "%s has %s for %s", e.Name, diag.Count(e.Shape[0], "row"), diag.Count(c.m.Input.Vocab, "token")).
			Notef(e.Span, "declared here").Helpf("write  param %s : %s[%d, %d]", e.Name, e.Kind, c.m.Input.Vocab, e.Shape[1])
		c.errs.Add(retype(d, e.typeAt, fmt.Sprintf("%s[%d, %d]", e.Kind, c.m.Input.Vocab, e.Shape[1])))
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

package dsl

import (
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
)

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
		start := s.Value.span(c.file).Start
		c.fail(s, "update", fmt.Sprintf("write  %s <- hadamard(%s) + ...", d.state.Name, d.state.Name), "the update of %s has no recurrence", d.state.Name).
			Fix(diag.Span{File: c.file, Start: start, End: start}, "hadamard("+d.state.Name+") + ")
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
			c.fail(t, "update", "write hadamard("+n.Text+")", "%s stands in its own update without a transform", n.Text).Fix(t.span(c.file), "hadamard("+n.Text+")")
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

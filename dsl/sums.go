package dsl

import (
	"fmt"
	"iter"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
)

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
		c.fail(s.Name, "update", "write  "+s.Name.Text+" <- ...", "state %s is updated with <-", s.Name.Text).
			Fix(spanOf(c.file, s.Tokens[1], s.Tokens[1]), "<-")
		c.tried[s.Name.Text] = true
		return
	}
	// Its own name is not known to it, so that no value can stand for itself.
	known := c.namesKnown(s.Value)
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
func (c *checker) namesKnown(e *Expr) bool {
	ok := true
	walkNames(e, func(n *Name) {
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

package dsl

import (
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// shaped is a term with its length, 0 while unknown, for the messages about sums.
type shaped struct {
	addend
	n     int
	param *Param
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
		d := diag.At(l.State.Span).Errorf("shape", "the size of %s is not known", l.State.Name).
			Helpf("write  state %s : int%d[512]", l.State.Name, l.State.Bits)
		retype(d, c.stateNamed[l.State.Name].typeAt, fmt.Sprintf("int%d[512]", l.State.Bits))
		c.errs.Add(d)
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
		d := diag.At(p.Span).Errorf("shape", "%s is %s; its use makes it %s", p.Name, sizes(p.Shape), sizes(shape)).
			Helpf("write  param %s : %s%s", p.Name, p.Kind, sizes(shape))
		c.errs.Add(retype(d, p.typeAt, p.Kind+sizes(shape)))
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
	retype(d, c.stateNamed[l.State.Name].typeAt, fmt.Sprintf("int%d[%d]", l.State.Bits, t.n))
	// A bias that stands alone against a matrix is the odd one out.
	agrees := func(o shaped) bool { return o.param != nil && o.n == n }
	if t.param != nil && len(t.param.Shape) == 1 && slices.ContainsFunc(terms, agrees) {
		d.Helpf("declare  param %s : [%d]", t.param.Name, n)
		d.Fixes = nil
		retype(d, t.param.typeAt, fmt.Sprintf("[%d]", n))
	}
	c.errs.Add(d)
}

package dsl

import (
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
)

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
	c.restartFits()
	c.checkDecide()
	for _, p := range c.m.Params {
		if !p.used && !c.failed() {
			c.errs.Add(diag.At(p.Span).Warningf("unused", "param %s is not used", p.Name).Helpf("remove it").Fix(p.Span, ""))
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

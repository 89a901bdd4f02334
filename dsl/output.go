package dsl

import (
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// checkOutput reads  output NAME = argmax(y) | y | y > 0.5 | threshold(y, 0.5)  at last | every step | mean.
func (c *checker) checkOutput(s *OutputStmt) {
	out := &c.m.Output
	out.Span = s.span(c.file)
	out.Decision = ir.Logits
	out.Name = "y"
	if s.Name != nil {
		out.Name = s.Name.Text
	}
	y := s.Value.Sum
	if s.Value.Op != "" {
		var ok bool
		if s.Value.Op == "<" {
			c.fail(s.Value, "output", "write  y > 0.5; negate V and c for the other side", "an output compares with >")
			return
		}
		if out.Threshold, ok = c.sum(s.Value.Right); !ok {
			return
		}
		out.Decision = ir.Threshold
	}
	if call, ok := c.outputCall(y); ok {
		if y, ok = c.decision(out, call); !ok {
			return
		}
	}
	if !c.when(out, s) {
		return
	}
	c.readout(s, y)
	if n := len(out.Labels); n > 0 && c.m.Readout.Matrix != nil && len(c.m.Readout.Matrix.Shape) == 2 && n != c.m.Readout.Matrix.Shape[0] {
		c.errs.Add(c.at(c.labels).Errorf("output", "%s for %s", diag.Count(n, "label"), diag.Count(c.m.Readout.Matrix.Shape[0], "output")).
			Notef(c.m.Readout.Matrix.Span, "the outputs are the rows of %s", c.m.Readout.Matrix.Name).Helpf("one label an output"))
	}
}

// outputCall recognises argmax(...) or threshold(...), in parentheses or not.
func (c *checker) outputCall(s *Sum) (*Call, bool) {
	if len(s.Rest) > 0 || len(s.First.Rest) > 0 {
		return nil, false
	}
	f := s.First.First
	if p := f.Atom.Parens; p != nil && p.Op == "" {
		return c.outputCall(p.Sum)
	}
	if f.Atom.Call == nil || f.Minus || f.Power != nil {
		return nil, false
	}
	switch f.Atom.Call.Func.Text {
	case "argmax", "threshold":
		return f.Atom.Call, true
	}
	return nil, false
}

func (c *checker) decision(out *ir.Output, call *Call) (*Sum, bool) {
	want := map[string]int{"argmax": 1, "threshold": 2}[call.Func.Text]
	if out.Decision == ir.Threshold || len(call.Args) != want || call.Args[0].Name != nil || call.Args[0].Value == nil || call.Args[0].Value.Op != "" {
		c.fail(call, "output", "write argmax(y), threshold(y, 0.5) or y > 0.5", "the output's arguments are not understood")
		return nil, false
	}
	out.Decision = ir.Argmax
	if want == 2 {
		v, ok := c.number(call.Args[1].Value)
		if !ok {
			return nil, false
		}
		out.Decision, out.Threshold = ir.Threshold, v
	}
	return call.Args[0].Value.Sum, true
}

// when reads the words after at.
func (c *checker) when(out *ir.Output, s *OutputStmt) bool {
	words := ""
	for _, w := range s.When {
		words += " " + w.Text
	}
	switch words {
	case "", " last", " last step", " at last":
		out.When = ir.AtLast
	case " every step", " every":
		out.When = ir.EveryStep
	case " mean":
		out.When = ir.Mean
		if c.m.Steps == 0 {
			c.fail(s, "output", "add  steps 128: the sum of the outputs grows with the steps, and its width must be proven", "a mean needs a known number of steps").
				Fix(c.before(s), "steps 128\n").Fix(between(s.Value.span(c.file).End, s.span(c.file)), " at every step")
			return false
		}
	default:
		at := spanOf(c.file, s.When[0].Tokens[0], s.When[len(s.When)-1].Tokens[0])
		d := diag.At(at).Errorf("output", "%q says no time", words[1:]).Helpf("at last, at every step, or mean")
		for _, time := range []string{"at last", "at every step", "mean"} {
			d.Fix(between(s.Value.span(c.file).End, at), " "+time)
		}
		c.errs.Add(d)
		return false
	}
	return true
}

// readout reads y = V*relu(h) + c.
func (c *checker) readout(s *OutputStmt, y *Sum) {
	if p := y.First.First.Atom.Parens; p != nil && len(y.Rest) == 0 && len(y.First.Rest) == 0 && p.Op != "" {
		c.thresholdInParens(s, p)
		return
	}
	terms, ok := c.flatten(y)
	if !ok {
		return
	}
	r := &c.m.Readout
	r.Name, r.Span = "y", c.output.span(c.file)
	if n := y.First.First.Atom.Name; n != nil {
		r.Name = n.Text
	}
	plus := r.Span // the operator in front of the constant
	for _, t := range terms {
		if !c.readoutTerm(r, t.term) {
			return
		}
		r.Terms = append(r.Terms, t.term.span(c.file))
		if r.Bias != nil && plus == r.Span && !t.op.IsZero() {
			plus = t.op
		}
	}
	if r.Matrix == nil {
		c.fail(s, "readout", "write  y = V*relu(h) + c", "the output has no matrix")
		return
	}
	c.readoutSizes(r, plus)
}

// thresholdInParens is  output alarm = (y > 0.5).
func (c *checker) thresholdInParens(s *OutputStmt, p *Expr) {
	if p.Op == "<" || c.m.Output.Decision != ir.Logits {
		c.fail(p, "output", "write  y > 0.5", "an output compares with >")
		return
	}
	v, ok := c.sum(p.Right)
	if !ok {
		return
	}
	c.m.Output.Decision, c.m.Output.Threshold = ir.Threshold, v
	c.readout(s, p.Sum)
}

func (c *checker) readoutTerm(r *Readout, t *Term) bool {
	f := c.through(t.First)
	switch {
	case !c.plain(t):
	case len(t.Rest) == 0 && f.Atom.Call != nil && c.misplaced(f.Atom.Call.Func):
		return false
	case len(t.Rest) == 0 && f.Atom.Name != nil:
		return c.readoutBias(r, t, f.Atom.Name)
	case len(t.Rest) == 1 && t.Rest[0].Op == "*" && f.Atom.Name != nil:
		return c.readoutProduct(r, t, f.Atom.Name, c.through(t.Rest[0].Factor))
	}
	c.fail(t, "readout", "write  y = V*relu(h) + c  or  y = V*h + c", "this term is not one an output can have")
	return false
}

// misplaced reports a function that is no decision, if there is more to say than that.
func (c *checker) misplaced(n *Name) bool {
	switch {
	case n.Text == "mean":
		c.fail(n, "output", "write  output y mean", "the mean is over the steps, and is said last")
	case !slices.Contains(functions, n.Text):
		c.fail(n, "name", "an output is y, argmax(y), threshold(y, 0.5) or y > 0.5", "there is no function %s", n.Text)
	default:
		return false
	}
	return true
}

func (c *checker) readoutBias(r *Readout, t *Term, n *Name) bool {
	p := c.params[n.Text]
	if p == nil {
		if c.tried[n.Text] {
			return false
		}
		if c.declaredState(n.Text) != nil {
			c.fail(t, "readout", "multiply it by a param: V*relu("+n.Text+")", "state %s is read without a matrix", n.Text)
			return false
		}
		if c.declaredAs(n.Text) == "" {
			c.unknown(n, "value", c.known())
			return false
		}
		c.unknown(n, "param", inOrder(c.params))
		return false
	}
	if r.Bias != nil {
		c.fail(t, "readout", "add them up in the weights file", "the output has two constants, %s and %s", r.Bias.Name, p.Name)
		return false
	}
	p.used, r.Bias = true, p
	return c.kind(p, t, "a bias", "real")
}

func (c *checker) readoutProduct(r *Readout, t *Term, n *Name, right *Factor) bool {
	p := c.params[n.Text]
	if p == nil {
		c.unknown(n, "param", inOrder(c.params))
		return false
	}
	p.used = true
	if r.Matrix != nil {
		c.fail(t, "readout", "one matrix times one state; their units differ otherwise", "the output adds two products")
		return false
	}
	state := right.Atom.Name
	if call := right.Atom.Call; call != nil {
		if call.Func.Text != "relu" {
			c.fail(call, "readout", "write  V*relu(h)  or  V*h", "%s cannot stand here", call.Func.Text)
			return false
		}
		var ok bool
		if state, ok = c.nameArg(call, 0, 1); !ok {
			return false
		}
		r.Relu = true
	}
	if state == nil {
		c.fail(t, "readout", "write  V*relu(h)  or  V*h", "this product is not one an output can have")
		return false
	}
	from, ok := c.stateBefore(state, nil, "state")
	if !ok {
		return false
	}
	r.Matrix, r.From = p, from
	return c.weightMatrix(p, t, from.State.Size)
}

func (c *checker) readoutSizes(r *Readout, plus diag.Span) {
	n := r.From.State.Size
	if n == 0 {
		return
	}
	rows := 0
	switch {
	case r.Matrix.sized:
		rows = r.Matrix.Shape[0]
	case r.Bias != nil && r.Bias.sized && len(r.Bias.Shape) == 1:
		rows = r.Bias.Shape[0]
	case len(c.m.Output.Labels) > 0:
		rows = len(c.m.Output.Labels)
	default:
		d := diag.At(r.Matrix.Span).Errorf("shape", "the number of outputs is not known").
			Helpf("write  param %s : %s[10, %d]", r.Matrix.Name, r.Matrix.Kind, n)
		c.errs.Add(retype(d, r.Matrix.typeAt, fmt.Sprintf("%s[10, %d]", r.Matrix.Kind, n)))
		return
	}
	c.give(r.Matrix, rows, n)
	if r.Bias == nil {
		return
	}
	if r.Bias.sized && (len(r.Bias.Shape) != 1 || r.Bias.Shape[0] != rows) {
		d := diag.At(plus).Errorf("shape", "the operands of + differ: [%d] and %s", rows, sizes(r.Bias.Shape)).
			Notef(r.Matrix.Span, "[%d], the rows of %s", rows, r.Matrix.Name).
			Notef(r.Bias.Span, "%s, %s", sizes(r.Bias.Shape), r.Bias.Name).
			Helpf("write  param %s : %s", r.Bias.Name, fmt.Sprintf("[%d]", rows))
		c.errs.Add(retype(d, r.Bias.typeAt, fmt.Sprintf("[%d]", rows)))
		return
	}
	c.give(r.Bias, rows)
}

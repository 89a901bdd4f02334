package dsl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

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
		c.fail(call, "arguments", "write  "+callForm(call.Func.Text), "%s takes %s, not %d", call.Func.Text, diag.Count(want, "argument"), len(call.Args))
		return nil, false
	}
	a := call.Args[i]
	if a.Name == nil && a.Value != nil && a.Value.Op == "" && len(a.Value.Sum.Rest) == 0 && len(a.Value.Sum.First.Rest) == 0 {
		if f := c.through(a.Value.Sum.First.First); f.Atom.Name != nil && !f.Minus && f.Power == nil {
			return f.Atom.Name, true
		}
	}
	c.fail(a, "arguments", "write  "+callForm(call.Func.Text), "%s wants a plain name here", call.Func.Text)
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
		c.fail(n, "type", fmt.Sprintf("write  onehot(%s)  or  embed(E, %s)", in, in), "%s is not a token", n.Text).Fix(n.span(c.file), in)
		return nil, false
	}
	return n, true
}

// call is a call with other arguments, and where it stands.
func (c *checker) call(was *Call, args string) (diag.Span, string) {
	return was.span(c.file), was.Func.Text + "(" + args + ")"
}

// words writes tokens as they would stand in a line.
func words(tokens []lexer.Token) string {
	var b strings.Builder
	for _, t := range significant(tokens) {
		b.WriteString(t.Value)
		if t.Value == "," {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// given reports whether an option stands among the arguments before a.
func given(call *Call, a *Arg) bool {
	return slices.ContainsFunc(call.Args[:slices.Index(call.Args, a)], func(b *Arg) bool { return b.Name != nil && b.Name.Text == a.Name.Text })
}

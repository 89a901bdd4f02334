package dsl

import (
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/ir"
)

// functions are the names that can be called.
var functions = []string{"hadamard", "relu", "onehot", "embed", "argmax", "threshold", "mean"}

// callForms shows how each function, and each option of hadamard, is written.
var callForms = map[string]string{
	"hadamard": "hadamard(h)", "relu": "relu(h)", "onehot": "onehot(t)", "embed": "embed(E, t)", "argmax": "argmax(y)",
	"threshold": "threshold(y, 0.5)", "mean": "output y mean",
	"block": "block = 16", "rounding": "rounding = staged", "leak": "leak = 1/32", "signs": "signs = s", "permute": "permute = p", "presigns": "presigns = s",
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
	if a.Name == nil && a.Value != nil && a.Value.Op == "" && len(a.Value.Sum.Rest) == 0 && len(a.Value.Sum.First.Rest) == 0 {
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

// given reports whether an option stands among the arguments before a.
func given(call *Call, a *Arg) bool {
	return slices.ContainsFunc(call.Args[:slices.Index(call.Args, a)], func(b *Arg) bool { return b.Name != nil && b.Name.Text == a.Name.Text })
}

package dsl

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

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
		d := c.at(t).Errorf("shape", "a recurrent matrix is square; %s is %s", p.Name, sizes(p.Shape)).
			Notef(p.Span, "declared here").Helpf("write  param %s : [%d, %d]", p.Name, p.Shape[0], p.Shape[0])
		c.errs.Add(retype(d, p.typeAt, fmt.Sprintf("[%d, %d]", p.Shape[0], p.Shape[0])))
		return 0, nil, false
	}
	return p.Shape[0], p, true
}

func (c *checker) hadamard(l *Layer, call *Call) bool {
	if l.Signs != nil || l.Dense != nil {
		c.fail(call, "update", "one hadamard an update", "%s has two recurrences", l.State.Name)
		return false
	}
	l.Transform = call.span(c.file)
	l.Signs = &Param{Name: l.State.Name + ".signs", Kind: "sign", Span: call.span(c.file), used: true}
	if len(call.Args) == 0 || call.Args[0].Name != nil {
		c.fail(call, "arguments", "write hadamard("+l.State.Name+")", "hadamard has no state").Fix(c.call(call, l.State.Name))
		return false
	}
	first := *call
	first.Args = call.Args[:1]
	n, ok := c.nameArg(&first, 0, 1)
	if !ok {
		return false
	}
	if n.Text != l.State.Name {
		c.fail(n, "update", "write hadamard("+l.State.Name+")", "the update of %s transforms %s", l.State.Name, n.Text).Fix(n.span(c.file), l.State.Name)
		return false
	}
	end := call.Args[0].span(c.file).End
	l.blockAt = diag.Span{File: c.file, Start: end, End: end}
	for _, a := range call.Args[1:] {
		ok = c.hadamardOption(l, call, a) && ok
	}
	return ok
}

func (c *checker) hadamardOption(l *Layer, call *Call, a *Arg) bool {
	options := wordNames(Options)
	if a.Name == nil {
		c.fail(a, "arguments", "write  hadamard("+l.State.Name+", block = 16)", "this argument has no name")
		return false
	}
	if given(call, a) {
		c.fail(a, "name", "remove one", "%s is said twice", a.Name.Text)
		return false
	}
	if a.Name.Text == "leak" {
		return c.leak(l, a)
	}
	if a.Value == nil {
		c.fail(a, "arguments", "write one value, without brackets", "%s is one value, not a list", a.Name.Text)
		return false
	}
	if a.Name.Text == "block" {
		l.blockAt = between(call.Args[slices.Index(call.Args, a)-1].span(c.file).End, a.span(c.file))
		n, ok := c.integer(a.Value, 1, maxSize, "block")
		if ok && !isPowerOfTwo(n) {
			c.fail(a.Value, "shape", fmt.Sprintf("%d and %d are", 1<<bits.Len(uint(n))>>1, 1<<bits.Len(uint(n))), "block = %d is not a power of two", n).
				Fix(a.Value.span(c.file), fmt.Sprint(1<<bits.Len(uint(n))>>1)).Fix(a.Value.span(c.file), fmt.Sprint(1<<bits.Len(uint(n))))
			return false
		}
		l.Block = n
		return ok
	}
	one := Call{node: call.node, Func: a.Name, Args: []*Arg{{node: a.node, Value: a.Value}}}
	if !slices.Contains(options, a.Name.Text) {
		d := c.fail(a.Name, "name", "its options are "+strings.Join(options, ", "), "hadamard has no option %s", a.Name.Text)
		if near := diag.Nearest(a.Name.Text, options); near != "" {
			d.Helpf("did you mean %s?", near).Fix(a.Name.span(c.file), near)
		}
		return false
	}
	n, ok := c.nameArg(&one, 0, 1)
	if !ok {
		return false
	}
	if a.Name.Text == "rounding" {
		if n.Text != "once" && n.Text != "staged" {
			c.fail(n, "type", "rounding is once or staged", "there is no rounding %s", n.Text).Fix(n.span(c.file), "staged").Fix(n.span(c.file), "once")
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

func (c *checker) blockFits(l *Layer) {
	n := l.State.Size
	wrong := func(format string, args ...any) {
		d := diag.At(l.Transform).Errorf("shape", format, args...).Helpf("%s", blocksOf(n))
		if b := n & -n; b > 1 {
			d.Fix(l.blockAt, fmt.Sprintf(", block = %d", b))
		}
		c.errs.Add(d)
	}
	switch {
	case l.Dense != nil:
	case l.Block == 0 && !isPowerOfTwo(n):
		wrong("hadamard needs a power of two; %d is not", n)
	case l.Block == 0:
		l.Block = n
		c.leakFits(l)
	case n%l.Block != 0:
		wrong("block = %d does not divide the %s of %s", l.Block, diag.Count(n, "unit"), l.State.Name)
	default:
		c.leakFits(l)
	}
}

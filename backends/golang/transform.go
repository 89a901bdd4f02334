package golang

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// transform names the function that replaces block entries of a type by their Hadamard transform, and writes it the
// first time it is asked for. shift is below 0 for exact sums; else it is spread over the stages (rounding = staged).
func (g *generator) transform(block int, typ string, shift int) string {
	key := fmt.Sprintf("hadamard%d %s %d", block, typ, shift)
	if n, ok := g.transforms[key]; ok {
		return n
	}
	want := fmt.Sprintf("hadamard%d", block)
	if shift >= 0 {
		want = fmt.Sprintf("staged%dby%d", block, shift)
	}
	n := g.names.pick(want)
	g.transforms[key] = n
	f := jen.Commentf("%s replaces z by its Walsh-Hadamard transform in natural order, with the sums exact", n).Line().
		Comment("(docs/numerics.md, section 2). Each loop does up to three stages in registers.")
	stages := passes(block, 3)
	if shift >= 0 {
		f = jen.Commentf("%s replaces z by its Walsh-Hadamard transform in natural order, shifted right by %d in all: one", n, shift).Line().
			Comment("after every second stage while any is left, rounding half up (docs/numerics.md, section 3, staged rounding).")
		stages = passes(block, 2)
	}
	var body []jen.Code
	stride, stage := 1, 0
	for _, count := range stages {
		stage += count
		body = append(body, pass{block: block, typ: typ, stride: stride, count: count, halve: arith.Halves(stage, shift)}.code())
		stride <<= count
	}
	if rest := arith.Rest(stage, shift); rest > 0 {
		z := expr{jen.Id("v"), typ, atom}
		body = append(body, jen.For(jen.List(jen.Id("i"), jen.Id("v")).Op(":=").Range().Id("z")).Block(
			jen.Id("z").Index(jen.Id("i")).Op("=").Add(z.round(rest).code)))
	}
	g.helpers = append(g.helpers, f.Line().Func().Id(n).Params(jen.Id("z").Op("*").Index(jen.Lit(block)).Id(typ)).Block(body...))
	return n
}

// passes splits log2(block) stages into loops of at most a few, as evenly as it goes.
func passes(block, most int) []int {
	k := 0
	for ; 1<<k < block; k++ {
	}
	var out []int
	if most == 2 {
		for ; k > 0; k -= 2 {
			out = append(out, min(k, 2))
		}
		return out
	}
	for loops := (k + most - 1) / most; loops > 0; loops-- {
		c := (k + loops - 1) / loops
		out = append(out, c)
		k -= c
	}
	return out
}

// pass is one loop over z that does count stages, the first between entries stride apart.
type pass struct {
	block  int
	typ    string
	stride int
	count  int
	halve  bool
}

// code writes the loop: windows of constant size, so that no index needs a check at run time.
func (p pass) code() jen.Code {
	span := p.stride << p.count
	window := func(body ...jen.Code) *jen.Statement {
		return jen.For(jen.Id("i").Op(":=").Lit(0), jen.Id("i").Op("<").Lit(p.block), jen.Id("i").Op("+=").Lit(span)).Block(
			append([]jen.Code{jen.Id("p").Op(":=").Parens(jen.Op("*").Index(jen.Lit(span)).Id(p.typ)).Parens(jen.Id("z").Index(jen.Id("i").Op(":")))}, body...)...)
	}
	columns := func(v string) *jen.Statement {
		return jen.For(jen.Id("j").Op(":=").Lit(0), jen.Id("j").Op("<").Lit(p.stride), jen.Id("j").Op("++")).Block(p.butterflies(v)...)
	}
	switch {
	case span == p.block && p.stride == 1:
		return jen.Add(lines(p.butterflies("z"))...)
	case span == p.block:
		return columns("z")
	case p.stride == 1:
		return window(p.butterflies("p")...)
	}
	return window(columns("p"))
}

// lines puts statements below each other.
func lines(s []jen.Code) []jen.Code {
	var out []jen.Code
	for i, c := range s {
		if i > 0 {
			out = append(out, jen.Line())
		}
		out = append(out, c)
	}
	return out
}

// butterflies loads 2^count entries of the array v, combines them and stores them.
func (p pass) butterflies(v string) []jen.Code {
	radix := 1 << p.count
	reg := func(k int) *jen.Statement { return jen.Id(fmt.Sprintf("a%d", k)) }
	entry := func(k int) *jen.Statement {
		switch {
		case p.stride == 1:
			return jen.Id(v).Index(jen.Lit(k))
		case k == 0:
			return jen.Id(v).Index(jen.Id("j"))
		}
		return jen.Id(v).Index(jen.Id("j").Op("+").Lit(k * p.stride))
	}
	var regs, entries []jen.Code
	for k := range radix {
		regs, entries = append(regs, reg(k)), append(entries, entry(k))
	}
	out := []jen.Code{jen.List(regs...).Op(":=").List(entries...)}
	for t := range p.count {
		for k := range radix {
			if k>>t&1 == 1 {
				continue
			}
			a, b := reg(k), reg(k|1<<t)
			to, from := jen.List(reg(k), reg(k|1<<t)), jen.List(reg(k).Op("+").Add(b), a.Op("-").Add(b))
			if t == p.count-1 {
				to = jen.List(entry(k), entry(k|1<<t))
				if p.halve {
					from = jen.List(half(reg(k), "+", b), half(reg(k), "-", b))
				}
			}
			out = append(out, to.Op("=").Add(from))
		}
	}
	return out
}

// half is (a op b + 1) >> 1.
func half(a *jen.Statement, op string, b jen.Code) *jen.Statement {
	return jen.Parens(a.Op(op).Add(b).Op("+").Lit(1)).Op(">>").Lit(1)
}

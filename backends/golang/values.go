package golang

import (
	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/ir"
)

// quantise writes the function from values of the training data to an input. The product is converted by name, so that no
// processor fuses it with the sum.
func (g *generator) quantise(f *jen.File) {
	in := g.p.Input
	if in.Kind == ir.Token {
		return
	}
	lo, hi := in.Range()
	body := func(gain, offset, value, to jen.Code) []jen.Code {
		u := jen.Id("u").Op(":=").Qual("math", "RoundToEven").Call(jen.Float64().Call(jen.Add(gain).Op("*").Add(value)).Op("+").Add(offset))
		return []jen.Code{u,
			jen.Switch().Block(
				jen.Case(jen.Op("!").Parens(jen.Id("u").Op(">").Add(literal(lo)))).Block(jen.Id("u").Op("=").Add(literal(lo))),
				jen.Case(jen.Id("u").Op(">").Add(literal(hi))).Block(jen.Id("u").Op("=").Add(literal(hi)))),
			jen.Add(to).Id(g.inputType()).Call(jen.Id("u"))}
	}
	f.Comment("Quantise turns values of a step, in the units of the training data, into an input: gain*value + offset, rounded to the")
	f.Comment("nearest, a half to the even one, and clamped. These are the integers of hrnnc run --raw.")
	if !g.byPointer() {
		c := in.Conversion(0)
		f.Func().Id("Quantise").Params(jen.Id("value").Float64()).Id(g.inputType()).Block(
			body(jen.Lit(c.Gain), jen.Lit(c.Offset), jen.Id("value"), jen.Return())...)
		return
	}
	var gains, offsets []jen.Code
	for i := range in.Size {
		c := in.Conversion(i)
		gains, offsets = append(gains, jen.Line().Lit(c.Gain)), append(offsets, jen.Line().Lit(c.Offset))
	}
	f.Func().Id("Quantise").Params(jen.Id("values").Op("*").Index(jen.Lit(in.Size)).Float64(), jen.Id("x").Op("*").Add(g.inputOf())).Block(
		jen.For(jen.List(jen.Id("i"), jen.Id("v")).Op(":=").Range().Id("values")).Block(
			body(jen.Id("gains").Index(jen.Id("i")), jen.Id("offsets").Index(jen.Id("i")), jen.Id("v"), jen.Id("x").Index(jen.Id("i")).Op("="))...))
	f.Comment("What Quantise multiplies each value by, and adds.")
	f.Var().Defs(
		jen.Id("gains").Op("=").Index(jen.Op("...")).Float64().Values(append(gains, jen.Line())...),
		jen.Id("offsets").Op("=").Index(jen.Op("...")).Float64().Values(append(offsets, jen.Line())...))
}

// values writes the method that gives outputs in units of the training data, which are the numbers of hrnnc run. Products are converted
// by name, so that no processor fuses them with a sum.
func (g *generator) values() {
	if g.p.Output.Decision != ir.Logits {
		return
	}
	product := func(a, b jen.Code) *jen.Statement { return jen.Float64().Call(jen.Add(a).Op("*").Add(b)) }
	values := make([]jen.Code, g.p.Readout.Matrix.Rows)
	for i := range values {
		v := product(jen.Float64().Call(jen.Id("y").Index(jen.Lit(i))), jen.Id("unit"))
		if g.p.Output.When == ir.Mean {
			v.Op("/").Lit(float64(g.p.Steps))
		}
		if channels := g.p.Output.Channels; channels != nil {
			v = product(jen.Lit(channels[i].Gain), jen.Parens(v)).Op("+").Add(jen.Lit(channels[i].Offset))
		}
		values[i] = jen.Line().Add(v)
	}
	result := jen.Index(jen.Id("Outputs")).Float64()
	g.method("Values", []string{"gives the outputs after the last step in the units of the training data: the numbers of hrnnc run."}, nil, result, []jen.Code{
		jen.List(jen.Id("y"), jen.Id("unit")).Op(":=").List(jen.Id("m").Dot("Output").Call(), jen.Id("m").Dot("Unit").Call()),
		jen.Return(result.Clone().Values(append(values, jen.Line())...))})
}

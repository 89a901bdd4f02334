package golang

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// outputType is the type of the integers that Output gives.
func (g *generator) outputType() string {
	if g.p.Output.When == ir.Mean {
		return work(max(g.p.Readout.MeanBits, g.p.Readout.YBits))
	}
	return work(g.p.Readout.YBits)
}

// readout writes the methods that turn the last state into outputs.
func (g *generator) readout() {
	r := &g.p.Readout
	d := g.layers[r.Layer]
	acc, typ := work(r.YBits), storage(d.Bits)
	in := g.scratch("in", d.N, typ)
	y := g.scratch("y", r.Matrix.Rows, acc)
	body := []jen.Code{
		g.read(d, r.Relu, in, typ, func(e expr) expr { return e }),
		g.multiply(&r.Matrix, y, acc, in, typ),
	}
	if r.Bias[0] != nil {
		names, t := g.bias("biasOutput", "the output", r.Bias)
		add := func(table string) *jen.Statement {
			return jen.For(jen.List(jen.Id("i"), jen.Id("b")).Op(":=").Range().Op("&").Id(table)).Block(
				field(y).Index(jen.Id("i")).Op("+=").Add(name("b", t).as(acc).code))
		}
		if names[0] == names[1] {
			body = append(body, add(names[0]))
		} else {
			body = append(body, jen.If(jen.Id("m").Dot("odd")).Block(add(names[1])).Else().Block(add(names[0])))
		}
	}
	relu := ""
	if r.Relu {
		relu = "relu of "
	}
	g.method("readout", []string{fmt.Sprintf("computes %s from %s%s (docs/numerics.md, section 3).", y, relu, d.Name)}, nil, nil, body)
	if g.p.Output.When == ir.Mean {
		g.sums(y)
	} else {
		g.method("Output", []string{"gives the integers of the output after the last step; multiplied by Unit they are real values."},
			nil, g.outputArray(), []jen.Code{field("readout").Call(), jen.Return(field(y))})
	}
	g.unit()
	g.decision()
}

func (g *generator) outputArray() *jen.Statement {
	return jen.Index(jen.Lit(g.p.Readout.Matrix.Rows)).Id(g.outputType())
}

// method writes a method of the model.
func (g *generator) method(id string, doc []string, params []jen.Code, result *jen.Statement, body []jen.Code) {
	c := jen.Comment(id + " " + doc[0]).Line()
	for _, l := range doc[1:] {
		c.Comment(l).Line()
	}
	c.Func().Params(jen.Id("m").Op("*").Id("Model")).Id(id).Params(params...)
	if result != nil {
		c.Add(result)
	}
	g.methods = append(g.methods, c.Block(body...))
}

// sums adds the outputs of all steps, those of odd t apart where their unit differs.
func (g *generator) sums(y string) {
	r, t := &g.p.Readout, g.outputType()
	rows := jen.Index(jen.Lit(r.Matrix.Rows)).Id(t)
	add := func(to string) *jen.Statement {
		return jen.For(jen.List(jen.Id("i"), jen.Id("v")).Op(":=").Range().Op("&").Add(field(y))).Block(
			field(to).Index(jen.Id("i")).Op("+=").Add(name("v", work(r.YBits)).as(t).code))
	}
	doc := []string{"gives the sum of the outputs of all steps; multiplied by Unit and divided by the number", "of steps it is their real mean."}
	if r.Rescale == nil {
		g.fields = append(g.fields, modelField{"sum", rows, "sum adds the outputs of all steps.", r.Matrix.Rows, t})
		g.afterStep = append(g.afterStep, field("readout").Call(), add("sum"))
		g.method("Output", doc, nil, g.outputArray(), []jen.Code{jen.Return(field("sum"))})
		return
	}
	for _, f := range []string{"sumEven", "sumOdd"} {
		g.fields = append(g.fields, modelField{f, rows.Clone(), f + " adds the outputs of the steps of that t.", r.Matrix.Rows, t})
	}
	g.afterStep = append(g.afterStep, field("readout").Call(), jen.If(field("odd")).Block(add("sumOdd")).Else().Block(add("sumEven")))
	odd := name("v", t).requant(*r.Rescale, r.RescaleBits, r.MeanBits).as(t)
	g.method("Output", append(doc, "The sum over odd t is rescaled by 1/sqrt(2) first, since its unit is smaller by that."), nil, g.outputArray(), []jen.Code{
		jen.Id("y").Op(":=").Add(field("sumEven")),
		jen.For(jen.List(jen.Id("i"), jen.Id("v")).Op(":=").Range().Op("&").Add(field("sumOdd"))).Block(
			jen.Id("y").Index(jen.Id("i")).Op("+=").Add(odd.code)),
		jen.Return(jen.Id("y")),
	})
}

// alternates reports whether the output's unit differs between even and odd t.
func (g *generator) alternates() bool {
	return g.p.Readout.Unit.Parity && g.p.Output.When != ir.Mean
}

func (g *generator) unit() {
	u := g.p.Readout.Unit
	g.consts = append(g.consts, constant{"OutputUnit", jen.Lit(u.Unit), "real value of one unit of Output"})
	body := []jen.Code{jen.Return(jen.Id("OutputUnit"))}
	if g.alternates() {
		g.consts[len(g.consts)-1].doc += " at even t (the first step is t = 1)"
		g.consts = append(g.consts, constant{"OutputUnitOdd", jen.Lit(u.At(arith.Odd)), "real value of one unit of Output at odd t: OutputUnit / sqrt(2)"})
		g.counts = true
		body = append([]jen.Code{jen.If(field("odd")).Block(jen.Return(jen.Id("OutputUnitOdd")))}, body...)
	}
	g.method("Unit", []string{"gives the real value of one unit of Output now."}, nil, jen.Float64(), body)
}

func (g *generator) decision() {
	r := &g.p.Readout
	i, y := jen.Id("i"), jen.Id("y")
	start := y.Clone().Op(":=").Add(field("Output")).Call()
	loop := jen.List(i.Clone(), jen.Id("v")).Op(":=").Range().Op("&").Id("y")
	switch g.p.Output.Decision {
	case ir.Argmax:
		g.method("Class", []string{"gives the index of the largest output, the first of equals."}, nil, jen.Int(), []jen.Code{
			start, jen.Id("best").Op(":=").Lit(0),
			jen.For(loop).Block(jen.If(jen.Id("v").Op(">").Id("y").Index(jen.Id("best"))).Block(jen.Id("best").Op("=").Id("i"))),
			jen.Return(jen.Id("best")),
		})
	case ir.Threshold:
		even, odd := r.Threshold[arith.Even], r.Threshold[arith.Odd]
		// Output may be narrower than the threshold, which then decides by itself; int64 holds both.
		g.consts = append(g.consts, constant{"Threshold", number(even), fmt.Sprintf("an output above it (%v in real units) sets its bit", g.p.Output.Threshold)})
		body := []jen.Code{start, jen.Id("limit").Op(":=").Int64().Call(jen.Id("Threshold"))}
		if even != odd && g.p.Output.When != ir.Mean {
			g.consts = append(g.consts, constant{"ThresholdOdd", number(odd), "the same at odd t"})
			g.counts = true
			body = append(body, jen.If(field("odd")).Block(jen.Id("limit").Op("=").Id("ThresholdOdd")))
		}
		bits := jen.Index(jen.Lit(r.Matrix.Rows)).Bool()
		g.method("Bits", []string{"tells which outputs are above the threshold."}, nil, bits.Clone(), append(body,
			jen.Var().Id("bits").Add(bits),
			jen.For(loop).Block(jen.Id("bits").Index(jen.Id("i")).Op("=").Add(name("v", g.outputType()).as("int64").code).Op(">").Id("limit")),
			jen.Return(jen.Id("bits"))))
	}
}

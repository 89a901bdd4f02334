package golang

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/ir"
)

// outputType is the type of the integers that Output gives.
func (g *generator) outputType() string {
	for _, a := range g.prog.Arrays {
		if a.Kind == step.Output {
			return goType(a.Elem)
		}
	}
	return "int64"
}

func (g *generator) outputArray() *jen.Statement {
	return jen.Index(jen.Lit(g.p.Readout.Matrix.Rows)).Id(g.outputType())
}

// api writes the methods that turn the last state into what a program asks for.
func (g *generator) api() {
	doc := []string{"gives the integers of the output after the last step; multiplied by Unit they are real values."}
	if g.p.Output.When == ir.Mean {
		doc = []string{"gives the sum of the outputs of all steps; multiplied by Unit and divided by the number", "of steps it is their real mean."}
		if g.p.Readout.Rescale != nil {
			doc = append(doc, "The sum over odd t is rescaled by 1/sqrt(2) first, since its unit is smaller by that.")
		}
	}
	g.method("Output", doc, nil, jen.Params(jen.Id("y").Add(g.outputArray())), append(g.body(g.output, nil), jen.Return(jen.Id("y"))))
	g.unit()
	g.values()
	g.decision()
}

// method adds a method of the model.
func (g *generator) method(id string, doc []string, params []jen.Code, result *jen.Statement, body []jen.Code) {
	g.methods = append(g.methods, newMethod(g.core(), id, doc, params, result, body))
}

// newMethod writes one of a type; the first line of its comment begins with its name.
func newMethod(of, id string, doc []string, params []jen.Code, result *jen.Statement, body []jen.Code) jen.Code {
	c := jen.Comment(id + " " + doc[0]).Line()
	for _, l := range doc[1:] {
		c.Comment(l).Line()
	}
	c.Func().Params(jen.Id("m").Op("*").Id(of)).Id(id).Params(params...)
	if result != nil {
		c.Add(result)
	}
	return c.Block(body...)
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
		body = append([]jen.Code{jen.If(jen.Id("m").Dot("odd")).Block(jen.Return(jen.Id("OutputUnitOdd")))}, body...)
	}
	g.method("Unit", []string{"gives the real value of one unit of Output now."}, nil, jen.Float64(), body)
}

// decided gives the class of a decide block, which Step keeps.
func (g *generator) decided(d *decider.Settings) {
	kept := g.arrays[g.prog.Decision].code
	begin := max(0, g.p.Decide.Start)
	doc := []string{"gives the class that the model decides on, as Step keeps it:", backends.DecideWords(d) + ".", fmt.Sprintf("Before the first step it is %d.", begin)}
	g.methods = append(g.methods, newMethod("Model", "Class", doc, nil, jen.Int(), []jen.Code{
		jen.If(kept.Clone().Index(jen.Lit(0)).Op("==").Lit(0)).Block(jen.Return(jen.Lit(begin))),
		jen.Return(jen.Int().Call(kept.Clone().Index(jen.Lit(0))).Op("-").Lit(1)),
	}))
}

func (g *generator) decision() {
	r := &g.p.Readout
	i, y := jen.Id("i"), jen.Id("y")
	start := y.Clone().Op(":=").Id("m").Dot("Output").Call()
	loop := jen.List(i.Clone(), jen.Id("v")).Op(":=").Range().Op("&").Id("y")
	switch g.p.Output.Decision {
	case ir.Argmax:
		if d := g.p.Output.Decide; g.prog.Decision != "" {
			g.decided(d)
			return
		}
		g.method("Class", []string{"gives the index of the largest output, the first of equals."}, nil, jen.Int(), []jen.Code{
			start, jen.Id("best").Op(":=").Lit(0),
			jen.For(loop).Block(jen.If(jen.Id("v").Op(">").Id("y").Index(jen.Id("best"))).Block(jen.Id("best").Op("=").Id("i"))),
			jen.Return(jen.Id("best")),
		})
	case ir.Threshold:
		even, odd := r.Threshold[arith.Even], r.Threshold[arith.Odd]
		// Output may be narrower than the threshold, which then decides by itself; int64 holds both.
		g.consts = append(g.consts, constant{"Threshold", literal(even), fmt.Sprintf("an output above it (%v in real units) sets its bit", g.p.Output.Threshold)})
		body := []jen.Code{start, jen.Id("limit").Op(":=").Int64().Call(jen.Id("Threshold"))}
		if even != odd && g.p.Output.When != ir.Mean {
			g.consts = append(g.consts, constant{"ThresholdOdd", literal(odd), "the same at odd t"})
			g.counts = true
			body = append(body, jen.If(jen.Id("m").Dot("odd")).Block(jen.Id("limit").Op("=").Id("ThresholdOdd")))
		}
		bits := jen.Index(jen.Lit(r.Matrix.Rows)).Bool()
		g.method("Bits", []string{"tells which outputs are above the threshold."}, nil, bits.Clone(), append(body,
			jen.Var().Id("bits").Add(bits),
			jen.For(loop).Block(jen.Id("bits").Index(jen.Id("i")).Op("=").Add(leaf(jen.Id("v"), g.outputType()).as("int64").code).Op(">").Id("limit")),
			jen.Return(jen.Id("bits"))))
	}
}

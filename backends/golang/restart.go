package golang

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// course is the type of a copy of the states where the model restarts. It has the methods that Model has elsewhere.
const course = "course"

// core is the type that computes: Model itself, where nothing restarts.
func (g *generator) core() string {
	if g.p.Hop > 0 {
		return course
	}
	return "Model"
}

// restartNames are those that a model which restarts has beside others.
func restartNames(p *lower.Plan) []string {
	if p.Hop == 0 {
		return nil
	}
	return []string{course, "Restart", "Hop"}
}

// restarting writes a Model of several courses, the oldest of which answers.
func (g *generator) restarting(f *jen.File) {
	n := g.p.Courses()
	f.Comment("Model is the memory between steps: copies of the states that start in turn, one every Hop steps, take in every input, and start")
	f.Comment("anew after Restart steps. The oldest answers. Its zero value is ready for the first step; copies of a Model are independent.")
	f.Type().Id("Model").Struct(append(append([]jen.Code{jen.Id("courses").Index(jen.Lit(n)).Id(course)}, declared(g.stream)...),
		jen.Comment("oldest is the one that answers, and the next to start anew."),
		jen.Id("oldest").Int(),
		jen.Comment("left counts the steps until then."),
		jen.Id("left").Int())...)
	f.Comment("Reset forgets everything: the next step is the first.")
	f.Func().Params(jen.Id("m").Op("*").Id("Model")).Id("Reset").Params().Block(jen.Op("*").Id("m").Op("=").Id("Model").Values())
	method := func(id, doc string, params []jen.Code, result *jen.Statement, body ...jen.Code) {
		c := f.Comment(id + " " + doc).Line().Func().Params(jen.Id("m").Op("*").Id("Model")).Id(id).Params(params...)
		if result != nil {
			c.Add(result)
		}
		c.Block(body...)
		f.Line()
	}
	m := func(field string) *jen.Statement { return jen.Id("m").Dot(field) }
	oldest := m("courses").Index(m("oldest"))
	step := []jen.Code{
		jen.If(m("left").Op("==").Lit(0)).Block(
			oldest.Clone().Op("=").Id(course).Values(),
			m("oldest").Op("++"),
			jen.If(m("oldest").Op("==").Len(m("courses"))).Block(m("oldest").Op("=").Lit(0)),
			m("left").Op("=").Id("Hop")),
		m("left").Op("--"),
		jen.For(jen.Id("i").Op(":=").Range().Id("m").Dot("courses")).Block(m("courses").Index(jen.Id("i")).Dot("Step").Call(jen.Id(g.inputName()))),
	}
	doc := "consumes one input, in every course."
	if g.decide != nil {
		doc = "consumes one input, in every course, and decides on the output of the oldest."
		call := []jen.Code{jen.Op("&").Id("y")}
		params := []jen.Code{jen.Id("y").Op("*").Add(g.outputArray())}
		if g.p.Decide.Odd != arith.Identity {
			call, params = append(call, oldest.Clone().Dot("odd")), append(params, jen.Id("odd").Bool())
		}
		id := g.names.pick(camel(g.decide.Name, false))
		g.methods = append(g.methods, newMethod("Model", id, []string{"is " + lowerFirst(g.decide.Doc)}, params, nil, g.body(g.decide, nil)))
		step = append(step, jen.Id("y").Op(":=").Add(oldest.Clone()).Dot("Output").Call(), jen.Id("m").Dot(id).Call(call...))
	}
	method("Step", doc, []jen.Code{g.inputParam()}, nil, step...)
	ask := func(id, doc string, result *jen.Statement) {
		method(id, doc, nil, result, jen.Return(oldest.Clone().Dot(id).Call()))
	}
	doc = "gives the integers of the oldest course's output; multiplied by Unit they are real values."
	if g.p.Output.When == ir.Mean {
		doc = "gives the sum of the outputs of all steps of the oldest course."
	}
	ask("Output", doc, g.outputArray())
	ask("Unit", "gives the real value of one unit of Output now.", jen.Float64())
	switch {
	case g.decide != nil: // Class is Model's
	case g.p.Output.Decision == ir.Logits:
		ask("Values", "gives the outputs after the last step in the units of the training data: the numbers of hrnnc run.", jen.Index(jen.Id("Outputs")).Float64())
	case g.p.Output.Decision == ir.Argmax:
		ask("Class", "gives the index of the largest output, the first of equals.", jen.Int())
	case g.p.Output.Decision == ir.Threshold:
		ask("Bits", "tells which outputs are above the threshold.", jen.Index(jen.Lit(g.p.Readout.Matrix.Rows)).Bool())
	}
	f.Comment(fmt.Sprintf("%s is a copy of the states on its way from zero.", course))
	f.Type().Id(course).Struct(g.structFields()...)
}

package golang

import (
	"bytes"
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/ir"
)

// generator collects the parts of one package while its program is spelled.
type generator struct {
	options
	p       *lower.Plan
	prog    *step.Program
	names   names
	members names // fields and methods among them

	consts  []constant
	fields  []modelField
	stream  []modelField // of Model beside its courses, where the model restarts
	tables  []jen.Code
	named   []backends.Named // names that belong to parts of the model
	entries []entries        // of those of the tables that fill writes
	methods []jen.Code
	helpers []jen.Code
	counts  bool // whether t's parity is kept

	step, output *step.Func
	decide       *step.Func                // where the model restarts and decides
	arrays       map[string]*array         // by the program's names
	calls        map[string]string         // methods, by the program's functions
	scratches    map[string][]int          // the functions that use a field, by what it is
	scratchCode  map[string]*jen.Statement // and the field
	crops        map[int]string            // functions that clamp lanes, by bits
	tableBytes   int
	usesOnes     bool // whether the constant of that name is needed
	err          error
}

type constant struct {
	name  string
	value jen.Code
	doc   string
}

// modelField is a field of Model: an array.
type modelField struct {
	name string
	elem string
	n    int
	doc  string
	size int // of an entry
}

// newGenerator takes a plan and the program that was built from it.
func newGenerator(p *lower.Plan, prog *step.Program, o options) *generator {
	taken := newNames()
	for _, n := range restartNames(p) {
		taken[n] = true
	}
	return &generator{options: o, p: p, prog: prog, names: taken, members: names{}, counts: prog.TwoPhase, arrays: map[string]*array{},
		calls: map[string]string{}, scratches: map[string][]int{}, scratchCode: map[string]*jen.Statement{}, crops: map[int]string{}}
}

// fail notes the first thing that has no spelling.
func (g *generator) fail(format string, args ...any) {
	if g.err == nil {
		g.err = fmt.Errorf("go: "+format, args...)
	}
}

func (g *generator) inputName() string {
	if g.p.Input.Kind == ir.Token {
		return "token"
	}
	return "x"
}

// inputType is the type of an entry of the input.
func (g *generator) inputType() string {
	in := g.p.Input
	if in.Kind == ir.Token {
		return "int"
	}
	t := fmt.Sprintf("int%d", width(in.Bits))
	if !in.Signed {
		t = "u" + t
	}
	return t
}

// inputOf is the type that Step takes.
func (g *generator) inputOf() *jen.Statement {
	if g.p.Input.Size == 1 || g.p.Input.Kind == ir.Token {
		return jen.Id(g.inputType())
	}
	return jen.Index(jen.Lit(g.p.Input.Size)).Id(g.inputType())
}

// byPointer reports whether Step takes a pointer.
func (g *generator) byPointer() bool { return g.p.Input.Size > 1 && g.p.Input.Kind != ir.Token }

func (g *generator) inputParam() *jen.Statement {
	s := jen.Id(g.inputName())
	if g.byPointer() {
		s.Op("*")
	}
	return s.Add(g.inputOf())
}

func (g *generator) files(v backends.Vectors) ([]backends.File, []backends.Figure, error) {
	g.inputConsts()
	g.program()
	g.api()
	if g.err != nil {
		return nil, nil, g.err
	}
	var out []backends.File
	for _, f := range []struct {
		path string
		file *jen.File
	}{
		{g.pkg + ".go", g.packageFile()},
		{g.pkg + "_test.go", g.testFile(v)},
		{"cmd/harness/main.go", g.harnessFile()},
	} {
		var b bytes.Buffer
		if err := f.file.Render(&b); err != nil {
			return nil, nil, fmt.Errorf("go: %s: %w", f.path, err)
		}
		out = append(out, backends.File{Path: f.path, Data: b.Bytes()})
	}
	var err error
	if out[0].Data, err = fill(out[0].Data, g.entries); err != nil {
		return nil, nil, fmt.Errorf("go: %s: %w", out[0].Path, err)
	}
	out[0].Named = append(g.named, backends.Named{Name: "Step", Of: g.prog.Origins[g.step.Name], Func: true}, backends.Named{Name: "Output", Of: g.prog.Origins[g.output.Name], Func: true},
		backends.Named{Name: "Class", Of: lower.Origin{Part: lower.PartOutput}, Func: true}, backends.Named{Name: "Bits", Of: lower.Origin{Part: lower.PartOutput}, Func: true})
	out = append(out,
		backends.File{Path: "go.mod", Data: fmt.Appendf(nil, "module %s\n\ngo 1.22\n", g.module)},
		backends.File{Path: "README.md", Data: g.readme()})
	return out, g.figures(), nil
}

// stateBytes is the size of a Model, padding included where integers are aligned to their size.
func (g *generator) stateBytes() int {
	n, widest := 0, 1
	if g.counts {
		n = 1
	}
	for _, f := range g.fields {
		widest = max(widest, f.size)
		n = roundUp(n, f.size) + f.n*f.size
	}
	n = roundUp(n, widest)
	if g.p.Hop > 0 { // and two counters of Model
		n *= g.p.Courses()
		for _, f := range g.stream {
			n = roundUp(n, f.size) + f.n*f.size
		}
		n = roundUp(n, 8) + 16
	}
	return n
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

func (g *generator) figures() []backends.Figure {
	return []backends.Figure{
		{Name: "parameters", Value: float64(g.p.Cost().Parameters)},
		{Name: "tables", Value: float64(g.tableBytes), Unit: "bytes", Note: "constant arrays"},
		{Name: "state", Value: float64(g.stateBytes()), Unit: "bytes", Note: "one Model, scratch included"},
	}
}

func (g *generator) inputConsts() {
	p := g.p
	lo, hi := p.Input.Range()
	if p.Input.Kind == ir.Token {
		g.consts = append(g.consts, constant{"Vocab", jen.Lit(p.Input.Vocab), fmt.Sprintf("tokens are from 0 to %d", hi)})
	} else {
		g.consts = append(g.consts,
			constant{"Inputs", jen.Lit(p.Input.Size), fmt.Sprintf("entries of an input, each from %d to %d", lo, hi)},
			constant{"InputUnit", jen.Lit(p.Input.Scale), "real value of one unit of the input"})
	}
	g.consts = append(g.consts, constant{"Outputs", jen.Lit(p.Readout.Matrix.Rows), "entries of an output"})
	switch {
	case p.Hop > 0:
		g.consts = append(g.consts,
			constant{"Restart", jen.Lit(p.Steps), "steps after which a copy of the states starts anew"},
			constant{"Hop", jen.Lit(p.Hop), "steps between the starts of two"})
	case p.Steps > 0:
		g.consts = append(g.consts, constant{"Steps", jen.Lit(p.Steps), "steps of a sequence"})
	}
}

// newFile starts a file with the header that marks generated code.
func (g *generator) newFile(path, pkg string) *jen.File {
	f := jen.NewFilePathName(path, pkg)
	f.HeaderComment("Code generated by hrnnc. DO NOT EDIT.")
	for _, c := range g.p.Comment {
		f.HeaderComment(comment(c))
	}
	return f
}

func (g *generator) packageFile() *jen.File {
	f := g.newFile(g.module, g.pkg)
	f.PackageComment(comment(fmt.Sprintf("Package %s is the model %s,", g.pkg, g.p.Name)))
	f.PackageComment("a Hadamard recurrent network in integers alone, without dependencies and without allocation. Make a Model,")
	f.PackageComment("give it inputs with Step, and read Output. The arithmetic is that of docs/numerics.md of hrnnc, to the bit;")
	f.PackageComment("section numbers in comments are of that page.")
	for _, l := range backends.Lists(g.p.Input, g.p.Output) {
		f.PackageComment("")
		f.PackageComment(comment(l.Title))
		for _, line := range l.Lines {
			f.PackageComment("  - " + comment(line))
		}
	}
	consts := make([]jen.Code, len(g.consts))
	for i, c := range g.consts {
		consts[i] = jen.Id(c.name).Op("=").Add(c.value).Comment(comment(c.doc))
	}
	f.Comment("Sizes and units of the model.")
	f.Const().Defs(consts...)
	if labels := g.p.Output.Labels; len(labels) > 0 {
		words := make([]jen.Code, len(labels))
		for i, l := range labels {
			words[i] = jen.Line().Lit(l)
		}
		f.Comment("ClassNames are the names of the outputs.")
		f.Var().Id("ClassNames").Op("=").Index(jen.Op("...")).String().Values(append(words, jen.Line())...)
	}
	g.quantise(f)
	stepMethod := g.stepMethod()
	if g.p.Hop > 0 {
		g.restarting(f)
	} else {
		f.Comment("Model is the memory between steps. Its zero value is ready for the first step; copies are independent.")
		f.Type().Id("Model").Struct(g.structFields()...)
		f.Comment("Reset forgets everything: the next step is the first.")
		f.Func().Params(jen.Id("m").Op("*").Id("Model")).Id("Reset").Params().Block(jen.Op("*").Id("m").Op("=").Id("Model").Values())
	}
	f.Add(stepMethod)
	if g.usesOnes {
		f.Comment("ones is 1 in both lanes of a word.")
		f.Const().Id("ones").Op("=").Lit(1).Op("<<").Lit(32).Op("+").Lit(1)
	}
	for _, part := range [][]jen.Code{g.methods, g.helpers, g.tables} {
		for _, c := range part {
			f.Line().Add(c)
		}
	}
	return f
}

func (g *generator) structFields() []jen.Code {
	var out []jen.Code
	if g.counts {
		out = append(out, jen.Comment("odd tells whether t, the number of steps done, is odd."), jen.Id("odd").Bool())
	}
	return append(out, declared(g.fields)...)
}

func declared(fields []modelField) (out []jen.Code) {
	for _, f := range fields {
		out = append(out, jen.Comment(comment(f.doc)), jen.Id(f.name).Index(jen.Lit(f.n)).Id(f.elem))
	}
	return out
}

func (g *generator) stepMethod() jen.Code {
	var body []jen.Code
	if g.counts {
		body = append(body, jen.Id("m").Dot("odd").Op("=").Op("!").Id("m").Dot("odd"))
	}
	body = g.body(g.step, body)
	lo, hi := g.p.Input.Range()
	what := "The integer"
	switch {
	case g.p.Input.Kind == ir.Token:
		what = "The token"
	case g.byPointer():
		what = "Each of the integers"
	}
	doc := fmt.Sprintf("consumes one input. %s is from %d to %d; beyond that the result is undefined.", what, lo, hi)
	return newMethod(g.core(), "Step", []string{doc}, []jen.Code{g.inputParam()}, nil, body)
}

package golang

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/spell"
	"github.com/hrnnc/hrnnc/ir"
)

// harnessFile writes the command that runs sequences through the model, in the format of encode and decode.
func (g *generator) harnessFile() *jen.File {
	f := g.newFile(g.module+"/cmd/harness", "main")
	f.PackageComment("Command harness runs sequences through the model, for hrnnc run and hrnnc verify. It reads the number of")
	f.PackageComment("sequences, then of each its number of steps and its entries, and writes the outputs; all are int64, little endian.")
	check := jen.If(jen.Err().Op("!=").Nil()).Block(jen.Qual("fmt", "Fprintln").Call(jen.Qual("os", "Stderr"), jen.Err()), jen.Qual("os", "Exit").Call(jen.Lit(1)))
	f.Func().Id("main").Params().Block(
		jen.Err().Op(":=").Id("run").Call(jen.Qual("bufio", "NewReader").Call(jen.Qual("os", "Stdin")), jen.Qual("bufio", "NewWriter").Call(jen.Qual("os", "Stdout"))),
		check)
	next := func(to string) []jen.Code {
		return []jen.Code{
			jen.List(jen.Id(to), jen.Err()).Op(":=").Id("read").Call(jen.Id("r")),
			jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Err())),
		}
	}
	every := g.p.Output.When == ir.EveryStep
	write := jen.If(jen.Err().Op(":=").Id("write").Call(jen.Id("w"), jen.Op("&").Id("m")), jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Err()))
	step := g.readInput(next)
	if every {
		step = append(step, write.Clone())
	}
	sequence := append(next("steps"),
		jen.Var().Id("m").Qual(g.module, "Model"),
		jen.For(jen.Id("t").Op(":=").Int64().Call(jen.Lit(0)), jen.Id("t").Op("<").Id("steps"), jen.Id("t").Op("++")).Block(step...))
	if !every {
		sequence = append(sequence, write)
	}
	f.Func().Id("run").Params(jen.Id("r").Op("*").Qual("bufio", "Reader"), jen.Id("w").Op("*").Qual("bufio", "Writer")).Error().Block(
		append(next("sequences"),
			jen.For(jen.Id("i").Op(":=").Int64().Call(jen.Lit(0)), jen.Id("i").Op("<").Id("sequences"), jen.Id("i").Op("++")).Block(sequence...),
			jen.Return(jen.Id("w").Dot("Flush").Call()))...)
	f.Func().Id("read").Params(jen.Id("r").Qual("io", "Reader")).Params(jen.Int64(), jen.Error()).Block(
		jen.Var().Id("b").Index(jen.Lit(8)).Byte(),
		jen.List(jen.Id("_"), jen.Err()).Op(":=").Qual("io", "ReadFull").Call(jen.Id("r"), jen.Id("b").Index(jen.Op(":"))),
		jen.Return(jen.Int64().Call(jen.Qual("encoding/binary", "LittleEndian").Dot("Uint64").Call(jen.Id("b").Index(jen.Op(":")))), jen.Err()))
	put := func(at, v jen.Code) *jen.Statement {
		return jen.Qual("encoding/binary", "LittleEndian").Dot("PutUint64").Call(jen.Id("out").Index(jen.Lit(8).Op("*").Add(at).Op(":")), jen.Uint64().Call(v))
	}
	size, class := jen.Qual(g.module, "Outputs"), jen.Null()
	if g.p.Decide != nil {
		size = jen.Parens(size.Op("+").Lit(1))
		class = put(jen.Qual(g.module, "Outputs"), jen.Id("m").Dot("Class").Call())
	}
	f.Func().Id("write").Params(jen.Id("w").Qual("io", "Writer"), jen.Id("m").Op("*").Qual(g.module, "Model")).Error().Block(
		jen.Var().Id("out").Index(jen.Lit(8).Op("*").Add(size)).Byte(),
		jen.For(jen.List(jen.Id("i"), jen.Id("y")).Op(":=").Range().Id("m").Dot("Output").Call()).Block(put(jen.Id("i"), jen.Id("y"))),
		class,
		jen.List(jen.Id("_"), jen.Err()).Op(":=").Id("w").Dot("Write").Call(jen.Id("out").Index(jen.Op(":"))),
		jen.Return(jen.Err()))
	return f
}

// readInput reads one input and steps.
func (g *generator) readInput(next func(string) []jen.Code) []jen.Code {
	if !g.byPointer() {
		return append(next("v"), jen.Id("m").Dot("Step").Call(jen.Id(g.inputType()).Call(jen.Id("v"))))
	}
	return []jen.Code{
		jen.Var().Id("x").Add(g.inputOf()),
		jen.For(jen.Id("j").Op(":=").Range().Id("x")).Block(append(next("v"), jen.Id("x").Index(jen.Id("j")).Op("=").Id(g.inputType()).Call(jen.Id("v")))...),
		jen.Id("m").Dot("Step").Call(jen.Op("&").Id("x")),
	}
}

// testFile writes the golden vectors, the test that nothing is allocated, and a benchmark.
func (g *generator) testFile(v backends.Vectors) *jen.File {
	f := g.newFile(g.module, g.pkg)
	every := g.p.Output.When == ir.EveryStep
	testing := func(of string) *jen.Statement {
		return jen.Id(strings.ToLower(of[:1])).Op("*").Qual("testing", of)
	}
	step := func(of *jen.Statement) *jen.Statement {
		if g.byPointer() {
			of = jen.Op("&").Add(of)
		}
		return jen.Id("m").Dot("Step").Call(of)
	}
	compare := func(index jen.Code) *jen.Statement {
		return jen.If(jen.List(jen.Id("got"), jen.Id("want")).Op(":=").List(jen.Id("m").Dot("Output").Call(), jen.Id("goldenY").Index(jen.Id("i")).Index(index)), jen.Id("got").Op("!=").Id("want")).Block(
			jen.Id("t").Dot("Errorf").Call(jen.Lit("sequence %d, step %d: got %v, want %v"), jen.Id("i"), jen.Id("step"), jen.Id("got"), jen.Id("want")))
	}
	var classes [][][]int64
	if g.p.Decide != nil {
		v.Y, classes = apart(v.Y, g.p.Readout.Matrix.Rows)
	}
	inner := []jen.Code{step(jen.Id("x").Index(jen.Id("step")))}
	outer := []jen.Code{jen.Var().Id("m").Id("Model")}
	if every {
		inner = append(inner, compare(jen.Id("step")))
		if classes != nil {
			inner = append(inner, jen.If(jen.List(jen.Id("got"), jen.Id("want")).Op(":=").List(jen.Id("m").Dot("Class").Call(), jen.Id("goldenClasses").Index(jen.Id("i")).Index(jen.Id("step"))), jen.Id("got").Op("!=").Id("want")).Block(
				jen.Id("t").Dot("Errorf").Call(jen.Lit("sequence %d, step %d: class %d, want %d"), jen.Id("i"), jen.Id("step"), jen.Id("got"), jen.Id("want"))))
		}
		outer = append(outer, jen.For(jen.Id("step").Op(":=").Range().Id("x")).Block(inner...))
	} else {
		outer = append(outer, jen.Id("step").Op(":=").Lit(0),
			jen.For(jen.Op(";").Id("step").Op("<").Len(jen.Id("x")).Op(";").Id("step").Op("++")).Block(inner...), compare(jen.Lit(0)))
	}
	f.Func().Id("TestGolden").Params(testing("T")).Block(
		jen.For(jen.List(jen.Id("i"), jen.Id("x")).Op(":=").Range().Id("goldenX")).Block(outer...))
	f.Line()
	f.Func().Id("TestStepDoesNotAllocate").Params(testing("T")).Block(
		jen.Var().Id("m").Id("Model"),
		jen.Var().Id("x").Add(g.inputOf()),
		jen.If(jen.Id("n").Op(":=").Qual("testing", "AllocsPerRun").Call(jen.Lit(100), jen.Func().Params().Block(step(jen.Id("x")))), jen.Id("n").Op("!=").Lit(0)).Block(
			jen.Id("t").Dot("Errorf").Call(jen.Lit("a step allocates %v times"), jen.Id("n"))))
	f.Line()
	steps := g.p.Longest()
	if steps == 0 {
		steps = 1000
	}
	lo, hi := g.p.Input.Range()
	input := jen.Id(g.inputType()).Call(jen.Id("i").Op("*").Lit(37).Op("%").Lit(int(hi - lo + 1)))
	if lo != 0 {
		input = jen.Id(g.inputType()).Call(jen.Id("i").Op("*").Lit(37).Op("%").Lit(int(hi - lo + 1)).Op("+").Parens(literal(lo)))
	}
	fill := []jen.Code{jen.Id("x").Op("=").Add(input)}
	if g.byPointer() {
		fill = []jen.Code{jen.Id("x").Index(jen.Id("i").Op("%").Len(jen.Id("x"))).Op("=").Add(input)}
	}
	f.Commentf("BenchmarkStep times a step, the readout excluded, on sequences of %d.", steps)
	if g.p.Output.When == ir.Mean {
		f.Comment("The step of a mean includes its readout.")
	}
	f.Func().Id("BenchmarkStep").Params(testing("B")).Block(
		jen.Var().Id("m").Id("Model"),
		jen.Var().Id("x").Add(g.inputOf()),
		jen.For(jen.Id("i").Op(":=").Lit(0), jen.Id("i").Op("<").Id("b").Dot("N"), jen.Id("i").Op("++")).Block(append(append([]jen.Code{
			jen.If(jen.Id("i").Op("%").Lit(steps).Op("==").Lit(0)).Block(jen.Id("m").Dot("Reset").Call())}, fill...), step(jen.Id("x")))...))
	f.Line()
	f.Comment("goldenX and goldenY are sequences and their outputs, from the fixed interpreter of hrnnc.")
	width := g.p.Input.Size
	if !g.byPointer() {
		width = 1
	}
	f.Var().Id("goldenX").Op("=").Index().Index().Add(g.inputOf()).Values(sequences(v.X, width, !g.byPointer()))
	f.Line()
	f.Var().Id("goldenY").Op("=").Index().Index().Add(g.outputArray()).Values(sequences(v.Y, g.p.Readout.Matrix.Rows, false))
	if classes != nil {
		f.Line()
		f.Var().Id("goldenClasses").Op("=").Index().Index().Int().Values(sequences(classes, 1, true))
	}
	return f
}

// apart parts rows into so many outputs and the decision behind them.
func apart(rows [][][]int64, outputs int) (y, classes [][][]int64) {
	for _, sequence := range rows {
		var of, decided [][]int64
		for _, row := range sequence {
			of, decided = append(of, row[:outputs]), append(decided, row[outputs:])
		}
		y, classes = append(y, of), append(classes, decided)
	}
	return y, classes
}

// sequences writes vectors: a sequence's steps as scalars, or as rows.
func sequences(v [][][]int64, width int, scalar bool) *jen.Statement {
	if len(v) == 0 {
		return jen.Null()
	}
	s := jen.Line()
	for _, seq := range v {
		var flat []int64
		for _, step := range seq {
			flat = append(flat, step...)
		}
		shape := []int{len(seq), width}
		if scalar {
			shape = shape[:1]
		}
		s.Values(entries{ints: flat, shape: shape}.code()).Op(",").Line()
	}
	return s
}

func (g *generator) readme() []byte {
	var b strings.Builder
	arg := g.inputName()
	if g.byPointer() {
		arg = "&" + arg
	}
	use := map[ir.Decision]string{ir.Logits: "Values()", ir.Argmax: "Class()", ir.Threshold: "Bits()"}[g.p.Output.Decision]
	when := "after the last step"
	if g.p.Output.When == ir.EveryStep {
		when = "after every step"
	}
	fmt.Fprintf(&b, "# %s\n\nA Hadamard recurrent network in integers, as a Go package without dependencies, written by hrnnc.\n\n", spell.Markdown(g.p.Name))
	fmt.Fprintf(&b, "    import %q\n\n", g.module)
	model := "var m " + g.pkg + ".Model"
	quantise := g.pkg + ".Quantise(&values, &x)"
	switch {
	case g.p.Input.Kind == ir.Token:
		quantise = ""
	case !g.byPointer():
		quantise = "x := " + g.pkg + ".Quantise(value)"
	}
	for _, line := range [][2]string{{model, "the zero value is ready"}, {quantise, "values in the units of the training data; or make the integers yourself"}, {"m.Step(" + arg + ")", "once a step"}, {"m." + use, when}} {
		if line[0] != "" {
			fmt.Fprintf(&b, "    %-*s // %s\n", max(len(model), len(quantise)), line[0], line[1])
		}
	}
	for _, l := range backends.Lists(g.p.Input, g.p.Output) {
		fmt.Fprintf(&b, "\n%s\n\n- %s\n", l.Title, strings.Join(spell.MarkdownLines(l.Lines), "\n- "))
	}
	fmt.Fprintf(&b, "\nCopy `%s.go` and its test into a folder of your module; its path there is what you import. Or keep this folder as the\nmodule that it is (`import = \"example.com/%s\"` in `target go { ... }` sets its path) and point to it with `go mod edit -replace`.\n\n", g.pkg, g.pkg)
	fmt.Fprintf(&b, "- A step allocates nothing and uses no floating point. A Model is one value: copy it to save it, use one a goroutine.\n")
	fmt.Fprintf(&b, "- `Output` gives integers; `Unit` gives the real value of one.\n")
	fmt.Fprintf(&b, "- `go test` compares golden vectors to the bit, `go test -bench Step` times a step.\n")
	fmt.Fprintf(&b, "- Tables take %d bytes, a Model %d. `tables = compact` in the target's block makes tables smaller and a step slower.\n", g.tableBytes, g.stateBytes())
	fmt.Fprintf(&b, "- TinyGo: import it as it is. Keep the Model in a package-level variable, so that its memory is counted when linking:\n  `tinygo build -size short -target <board>`.\n")
	fmt.Fprintf(&b, "- `cmd/harness` is what `hrnnc run --level go` builds; a program does not need it.\n")
	return []byte(b.String())
}

package c

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/backends/spell"
	"github.com/hrnnc/hrnnc/ir"
)

// harnessFile is the program that Engine.Run builds.
const harnessFile = "harness.c"

//go:embed templates/header.h.tmpl templates/api.c.tmpl templates/test.c.tmpl templates/harness.c.tmpl templates/Makefile.tmpl templates/README.md.tmpl
var templateFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"comment": func(text string) string {
		var w writer
		w.comment(text)
		return strings.TrimSuffix(w.buf.String(), "\n")
	},
	"inline": inlineComment, "quote": quote, "markdown": spell.Markdown,
}).ParseFS(templateFiles, "templates/*.tmpl"))

// member is a field of the state struct.
type member struct {
	Type, Name, Size, Doc, Zero string
	Len                         int
}

// page is what the templates are filled with.
type page struct {
	Prefix, Upper, Name, Banner                string
	Core                                       string // Prefix, or that of a course where the model restarts
	Restart                                    *restart
	Chip, On                                   string // what it was made for, "" for any
	Inputs, Outputs, Steps                     int
	StateBytes, TableBytes, Stack              int
	StackNote, Version, Time                   string
	InputType, InputNote                       string
	ValueType, ValueNote                       string
	Feeding, Meaning, Int24, Lists             string
	Members                                    []member
	StepSignature, OutputSignature             string
	CoreStep, CoreOutput                       string // of one course
	OutputDoc, Named, Index, Mark, Limit, When string
	Decision                                   string
	Decided                                    string // of a decide block, the member with its decision and 1; else ""
	Begin                                      string // its class before the first step
	Rule                                       string // what it does, in words
	Less                                       string // the function that compares outputs without a branch, "" for C's own
	Running                                    bool   // the class is found without an array of outputs
	Threshold                                  float64
	Classes                                    []string
	Assembly                                   bool // there is a .S beside the C
	Token, EveryStep, Quantise, Bytewise       bool // Bytewise: clearing the state byte by byte is the smaller code
	Gain, Offset                               string
	Gains, Offsets                             []string
	Value                                      *value // of a regression
	Low, High                                  int64
	Deviations                                 []deviation
}

// fill gives a file of a template.
func (p *page) fill(name string) []byte {
	var w writer
	if err := templates.ExecuteTemplate(&w.buf, name, p); err != nil {
		panic(err) // the templates are part of this program
	}
	return w.buf.Bytes()
}

// newPage collects what files say of a plan and its program.
func newPage(p *lower.Plan, s *speller, set *settings) *page {
	in, out := s.find(step.Input), s.find(step.Output)
	g := &page{
		Prefix: s.prefix, Core: s.core, Upper: strings.ToUpper(s.prefix), Name: p.Name,
		Inputs: in.Len, Outputs: out.Len, Steps: p.Longest(),
		StateBytes: s.stateBytes(), TableBytes: s.tableBytes(),
		InputType: s.typeName(in.Elem), ValueType: s.typeName(out.Elem), ValueNote: valueNote(p),
		StepSignature: s.signature(s.prefix, s.program.Step), OutputSignature: s.signature(s.prefix, s.program.Output),
		CoreStep: s.signature(s.core, s.program.Step), CoreOutput: s.signature(s.core, s.program.Output),
		Bytewise: s.dialect.counters,
		Index:    s.index, Decision: string(p.Output.Decision), Threshold: p.Output.Threshold,
		Token: s.token, EveryStep: p.Output.When == ir.EveryStep,
		Deviations: deviations,
	}
	if set.part != nil {
		g.Chip, g.On = set.part.Title, " on "+set.part.Title
	}
	if i := slices.IndexFunc(s.program.Arrays, func(a *step.Array) bool { return a.Name == s.program.Decision }); i >= 0 {
		g.Decided = s.member(s.program.Arrays[i])
	} else if g.Running = s.running(); p.Output.Decision != ir.Logits && s.dialect.steady && !g.Running {
		g.Less = s.helper("less", out.Elem.Bits)
	}
	if s.dialect.counters {
		g.Mark = "u"
	}
	var banner writer
	banner.line("/*")
	for _, line := range p.Comment {
		banner.line(" * ", commentText(line))
	}
	banner.line(" * Generated: change the model, not this file.")
	banner.line(" */")
	g.Banner = banner.buf.String()
	lo, hi := p.Input.Range()
	g.Low, g.High = lo, hi
	g.InputNote = fmt.Sprintf("%d to %d; one is worth %.6g", lo, hi, p.Input.Scale)
	if g.Token {
		g.InputNote = fmt.Sprintf("a token, 0 to %d", hi)
	}
	g.Feeding, g.Meaning = comments(backends.Feeding(p.Input)), comments(backends.Meaning(p.Output))
	if s.stores24() {
		var w writer
		s.int24(&w)
		g.Int24 = w.buf.String()
	}
	g.Members = s.members(false)
	g.restarts(p, s)
	g.decision(p)
	g.quantise(p.Input)
	g.value(p)
	g.Lists = lists(p)
	return g
}

// timing is what is said about the time of a step.
func (s *speller) timing(decision ir.Decision) string {
	const code = "No branch and no address depends on data"
	switch bits := s.libraryProducts(); {
	case !s.dialect.steady:
		return ""
	case bits > 0:
		return fmt.Sprintf("%s. Products of %d bits and more are those of the compiler's library on this chip, and their time may.", code, bits)
	}
	functions := "a step and an output take"
	switch decision {
	case ir.Argmax:
		functions = "a step, an output and a class take"
	case ir.Threshold:
		functions = "a step, an output and its bits take"
	}
	return fmt.Sprintf("%s: %s one time each for all inputs and states, odd and even steps one each where they differ.", code, functions)
}

// libraryProducts is the width from which on the chip has no instructions for products, where the C has such; else 0.
func (s *speller) libraryProducts() int {
	limit := s.dialect.products
	found := false
	for _, f := range s.program.Funcs {
		if limit == 0 || s.assembly.has(f.Name) || s.assembly.holds(f.Name) {
			continue
		}
		walk(f.Body, func(step.Stmt) {}, func(e *step.Expr) {
			product := e.Op == step.OpMul || e.Op == step.OpMulWide || e.Op == step.OpDot ||
				e.Op == step.OpShl && e.Type.Bits == 24 // which is a product in C, and which avr-gcc takes for one
			found = found || product && e.Type.Bits >= limit && e.Type != step.Index
		})
	}
	if !found {
		return 0
	}
	return limit
}

// members are those of the states of a course, or of the stream's.
func (s *speller) members(stream bool) (out []member) {
	for _, a := range s.program.Arrays {
		if a.Kind != step.State || s.stream[a.Name] != stream {
			continue
		}
		zero := "0"
		if a.Elem.Unsigned || a.Elem.Lanes > 1 {
			zero = "0u"
		}
		out = append(out, member{Type: s.typeName(a.Elem), Name: s.member(a), Size: fmt.Sprintf("[%d]", a.Len), Doc: a.Doc, Zero: zero, Len: a.Len})
	}
	if !stream && (s.program.TwoPhase || len(out) == 0) {
		out = append(out, member{Type: "uint8_t", Name: "odd", Doc: "1 after an odd number of steps", Zero: "0u"})
	}
	return out
}

func (g *page) decision(p *lower.Plan) {
	g.OutputDoc = "The outputs after the steps so far."
	g.When = "after the last step"
	switch p.Output.When {
	case ir.Mean:
		g.OutputDoc = "The outputs, added up over the steps so far."
		if g.Restart != nil {
			g.OutputDoc = "The outputs, added up over the steps of the oldest course."
		}
	case ir.EveryStep:
		g.When = "after any step"
	}
	if len(p.Output.Labels) == g.Outputs {
		g.Classes, g.Named = p.Output.Labels, fmt.Sprintf("; %s_classes has their names", g.Prefix)
	}
	if d := p.Output.Decide; d != nil {
		g.Rule, g.Begin = backends.DecideWords(d), strconv.Itoa(max(0, d.Start))
	}
	even, odd := literal(p.Readout.Threshold[0]), literal(p.Readout.Threshold[1])
	g.Limit = even
	if p.Output.When != ir.Mean && even != odd {
		g.Limit = fmt.Sprintf("((%s != 0u) ? %s : %s)", g.odd(), odd, even)
	}
}

// quantise fills in the function from values of the training data to an input. It is static inline: a program that does not call
// it has no floating point, and a compiler that must see none is told so by a macro.
func (g *page) quantise(in ir.Input) {
	if g.Token {
		return
	}
	g.Quantise = true
	var gains, offsets []string
	for i := range in.Size {
		c := in.Conversion(i)
		gains, offsets = append(gains, real(c.Gain)), append(offsets, real(c.Offset))
	}
	g.Gain, g.Gains = factor("gain", gains)
	if g.Offset, g.Offsets = factor("offset", offsets); g.Offset == "0.0" {
		g.Offset = ""
	}
}

// value is how outputs become values of the training data.
type value struct {
	Unit           string // of an output now; of a mean, of the sum
	Steps          int    // that the sum is divided by; 0 where it is none
	Gain, Offset   string // "" where they change nothing
	Gains, Offsets []string
}

// value fills in the function from outputs to values of the training data, which are those of hrnnc run.
func (g *page) value(p *lower.Plan) {
	if p.Output.Decision != ir.Logits {
		return
	}
	u := p.Readout.Unit
	v := &value{Unit: real(u.Unit)}
	switch {
	case p.Output.When == ir.Mean:
		v.Steps = p.Steps
	case u.Parity:
		v.Unit = fmt.Sprintf("(%s != 0u) ? %s : %s", g.odd(), real(u.At(1)), real(u.At(0)))
	}
	var gains, offsets []string
	for _, c := range p.Output.Channels {
		gains, offsets = append(gains, real(c.Gain)), append(offsets, real(c.Offset))
	}
	if gains != nil {
		v.Gain, v.Gains = factor("gain", gains)
		v.Offset, v.Offsets = factor("offset", offsets)
	}
	g.Value = v
}

// factor is one number of every entry as an expression: itself where they are all the same, else an entry of a table.
func factor(name string, values []string) (expr string, table []string) {
	for _, v := range values {
		if v != values[0] {
			return name + "[i]", values
		}
	}
	return values[0], nil
}

// real spells a number so that reading it gives the same double.
func real(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

func valueNote(p *lower.Plan) string {
	u := p.Readout.Unit
	if u.Parity && p.Output.When != ir.Mean {
		return fmt.Sprintf("one is worth %.9g after an even number of steps, %.9g after an odd one", u.At(0), u.At(1))
	}
	return fmt.Sprintf("one is worth %.9g", u.Unit)
}

func comments(l backends.List) string {
	var w writer
	w.list(l.Title, l.Lines)
	return w.buf.String()
}

// lists are what the README says of inputs and outputs.
func lists(p *lower.Plan) string {
	var b strings.Builder
	for _, l := range backends.Lists(p.Input, p.Output) {
		fmt.Fprintf(&b, "\n%s\n\n- %s\n", l.Title, strings.Join(spell.MarkdownLines(l.Lines), "\n- "))
	}
	return b.String()
}

// inlineComment is a comment behind something else on its line.
func inlineComment(text string) string { return "/* " + commentText(text) + " */" }

// quote spells any text as a string literal, byte by byte: it means the same in every character set of a compiler, and is no
// trigraph.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\' || c == '?' && i > 0 && text[i-1] == '?':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c >= ' ' && c <= '~':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "\\%03o", c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// files writes every file of a model.
func (g *page) files(s *speller, v backends.Vectors) []backends.File {
	source := s.source(func(w *writer) {
		w.buf.WriteString(g.Banner)
		w.directive("include \"", g.Prefix, ".h\"")
	})
	source = append(source, g.fill("api.c.tmpl")...)
	g.Time, g.Assembly = s.timing(ir.Decision(g.Decision)), s.assembly != nil
	g.Stack, g.StackNote = s.stackBytes(), "bytes: an upper bound of what a call takes at -Os or -O2, computed"
	if g.Assembly {
		g.StackNote += ", with the assembly on AVR"
	}
	hash := sha256.Sum256(source)
	g.Version = fmt.Sprintf("%X", hash[:4])
	files := []backends.File{
		{Path: g.Prefix + ".h", Data: g.fill("header.h.tmpl")},
		{Path: g.Prefix + ".c", Data: source, Named: s.named()},
		{Path: "test_" + g.Prefix + ".c", Data: g.fill("test.c.tmpl")},
		{Path: g.Prefix + "_vectors.h", Data: g.vectors(v)},
		{Path: harnessFile, Data: g.fill("harness.c.tmpl")},
		{Path: "Makefile", Data: g.fill("Makefile.tmpl")},
		{Path: "README.md", Data: g.fill("README.md.tmpl")},
	}
	if s.assembly != nil {
		files = append(files, backends.File{Path: g.Prefix + ".S", Data: s.assemblyFile(g.Banner)})
	}
	for i, f := range files {
		if strings.HasSuffix(f.Path, ".c") || strings.HasSuffix(f.Path, ".h") {
			files[i].Data = folded(f.Data)
		}
	}
	return files
}

// vectors writes golden sequences as tables.
func (g *page) vectors(v backends.Vectors) []byte {
	var w writer
	w.buf.WriteString(g.Banner)
	var steps, xs, ys, decisions []int64
	for i := range v.X {
		steps = append(steps, int64(len(v.X[i])))
		for _, row := range v.X[i] {
			xs = append(xs, row...)
		}
		for _, row := range v.Y[i] {
			if g.Decided != "" {
				decisions, row = append(decisions, row[g.Outputs]), row[:g.Outputs]
			}
			ys = append(ys, row...)
		}
	}
	if len(steps) == 0 {
		steps, xs, ys, decisions = []int64{0}, []int64{0}, []int64{0}, []int64{0}
	}
	for _, t := range []struct {
		typ, name string
		values    []int64
	}{{"int", "sequence_steps", steps}, {g.InputType, "inputs", xs}, {g.ValueType, "outputs", ys}, {"int", "decisions", decisions}} {
		if t.name == "decisions" && g.Decided == "" {
			continue
		}
		w.open("static const ", t.typ, " ", t.name, fmt.Sprintf("[%d] = {", len(t.values)))
		w.numbers(t.values, literal)
		w.close("};")
	}
	return w.buf.Bytes()
}

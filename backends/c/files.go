package c

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/spell"
	"github.com/hrnnc/hrnnc/ir"
)

// harnessFile is the program that Engine.Run builds.
const harnessFile = "harness.c"

// inputType is the type of an entry or a token, and what it holds.
func (g *generator) inputType() (name, comment string) {
	in := g.plan.Input
	lo, hi := in.Range()
	kind := "uint"
	if in.Signed {
		kind = "int"
	}
	width := 8
	for width < 32 && (in.Kind != ir.Token && in.Bits > width || in.Kind == ir.Token && hi >= 1<<width) {
		width *= 2
	}
	comment = fmt.Sprintf("%d to %d; one is worth %.6g", lo, hi, in.Scale)
	if in.Kind == ir.Token {
		comment = fmt.Sprintf("a token, 0 to %d", hi)
	}
	return fmt.Sprintf("%s%d_t", kind, width), comment
}

func (g *generator) banner(p *printer) {
	p.line("/*")
	for _, s := range g.plan.Comment {
		p.line(" * %s", commentText(s))
	}
	p.line(" * Generated: change the model, not this file.")
	p.line(" */")
}

func (g *generator) header() []byte {
	var p printer
	g.banner(&p)
	guard := strings.ToUpper(g.prefix) + "_H"
	pre := strings.ToUpper(g.prefix)
	rows := g.plan.Readout.Matrix.Rows
	input, comment := g.inputType()
	p.line("#ifndef %s", guard)
	p.line("#define %s", guard)
	p.line("")
	p.line("#include <stdint.h>")
	p.line("")
	if g.plan.Input.Kind != ir.Token {
		p.line("#define %s_INPUTS %d", pre, g.plan.Input.Size)
	}
	p.line("#define %s_OUTPUTS %d", pre, rows)
	if g.plan.Steps > 0 {
		p.line("#define %s_STEPS %d /* the most steps of a sequence */", pre, g.plan.Steps)
	}
	p.line("")
	p.line("typedef %s %s_input; %s", input, g.prefix, inline(comment))
	p.list(g.plan.Input.Feeding())
	p.line("typedef %s %s_value; %s", ctype(g.valueLane()), g.prefix, inline(g.valueComment()))
	p.list(g.plan.Output.Meaning())
	p.line("")
	p.line("#ifdef __cplusplus")
	p.line("extern \"C\" {")
	p.line("#endif")
	p.line("")
	p.comment("All memory of a model. It may be copied, saved and restored; several may be in use at once.")
	p.line("typedef struct {")
	for _, m := range g.members {
		p.line("%s", m)
	}
	p.line("} %s_state;", g.prefix)
	p.line("")
	p.comment("Sets the state before the first step.")
	p.line("void %s_init(%s_state *s);", g.prefix, g.prefix)
	p.line("")
	p.comment("Consumes one step's input.")
	p.line("void %s_step(%s_state *s, %s);", g.prefix, g.prefix, g.inputParam())
	p.line("")
	p.comment("%s", g.outputComment())
	p.line("void %s_output(const %s_state *s, %s_value y[%d]);", g.prefix, g.prefix, g.prefix, rows)
	switch g.plan.Output.Decision {
	case ir.Argmax:
		p.line("")
		p.comment("The index of the largest output, the first of equals%s.", g.named())
		p.line("int %s_class(const %s_state *s);", g.prefix, g.prefix)
	case ir.Threshold:
		p.line("")
		p.comment("For each output, 1 where its real value is above %v%s.", g.plan.Output.Threshold, g.named())
		p.line("void %s_bits(const %s_state *s, uint8_t bits[%d]);", g.prefix, g.prefix, rows)
	}
	g.classes(&p)
	p.line("")
	p.line("#ifdef __cplusplus")
	p.line("}")
	p.line("#endif")
	g.quantise(&p)
	p.line("")
	p.line("#endif")
	return p.buf.Bytes()
}

func (g *generator) valueComment() string {
	u := g.plan.Readout.Unit
	if u.Parity && g.plan.Output.When != ir.Mean {
		return fmt.Sprintf("one is worth %.9g after an even number of steps, %.9g after an odd one", u.At(0), u.At(1))
	}
	return fmt.Sprintf("one is worth %.9g", u.Unit)
}

func (g *generator) outputComment() string {
	if g.plan.Output.When == ir.Mean {
		return "The outputs, added up over the steps so far."
	}
	return "The outputs after the steps so far."
}

func (g *generator) source() []byte {
	var p printer
	g.banner(&p)
	p.line("#include \"%s.h\"", g.prefix)
	p.line("")
	p.line("#include <string.h>")
	if g.tableBytes > 0 {
		p.tableMacro()
	}
	for _, w := range []int{32, 64} {
		if g.rounds[w] {
			p.roundShift(w)
		}
	}
	p.buf.Grow(g.tables.buf.Len() + g.code.buf.Len())
	p.buf.Write(g.tables.buf.Bytes())
	p.buf.Write(g.code.buf.Bytes())
	return p.buf.Bytes()
}

// tableMacro prints what tables and pointers to them are: on AVR data lies in RAM unless it says otherwise.
func (p *printer) tableMacro() {
	p.line("")
	p.comment("Constant tables. They stay in flash, which on AVR takes a word of GNU C (-std=gnu99); with -std=c99 they are copied to RAM there.")
	p.line("#if defined __FLASH && !defined __STRICT_ANSI__")
	p.line("#define TABLE const __flash")
	p.line("#else")
	p.line("#define TABLE const")
	p.line("#endif")
}

// roundShift prints the rounding shift. C leaves right shifts of negative numbers to the compiler: where they are not
// arithmetic, the shift is done on an unsigned number that is 2^(w-1) larger.
func (p *printer) roundShift(w int) {
	u := fmt.Sprintf("uint%d_t", w)
	one := fmt.Sprintf("UINT%d_C(1)", w)
	p.line("")
	p.comment("v / 2^n, n from 1 to %d, rounded to the nearest, halves up. v + 2^(n-1) must fit.", w-1)
	p.line("static inline %s round_shift%d(%s v, unsigned n)", ctype(w), w, ctype(w))
	p.line("{")
	p.line("#if (-1 >> 1) == -1")
	p.line("return (v + (INT%d_C(1) << (n - 1))) >> n;", w)
	p.line("#else")
	p.line("const %s offset = (%s << %d) + (%s << (n - 1));", u, one, w-1, one)
	p.line("return (%s)(((%s)v + offset) >> n) - (%s)(%s << (%d - n));", ctype(w), u, ctype(w), one, w-1)
	p.line("#endif")
	p.line("}")
}

// vectors writes golden sequences as tables.
func (g *generator) vectors(v backends.Vectors) []byte {
	var p printer
	g.banner(&p)
	input, _ := g.inputType()
	var steps, xs, ys []int64
	for i := range v.X {
		steps = append(steps, int64(len(v.X[i])))
		for _, row := range v.X[i] {
			xs = append(xs, row...)
		}
		for _, row := range v.Y[i] {
			ys = append(ys, row...)
		}
	}
	if len(steps) == 0 {
		steps, xs, ys = []int64{0}, []int64{0}, []int64{0}
	}
	p.line("static const int sequence_steps[%d] = {", len(steps))
	p.numbers(steps)
	p.line("};")
	p.line("static const %s inputs[%d] = {", input, len(xs))
	p.numbers(xs)
	p.line("};")
	p.line("static const %s outputs[%d] = {", ctype(g.valueLane()), len(ys))
	p.numbers(ys)
	p.line("};")
	return p.buf.Bytes()
}

// feed is the call of step on the next input of a flat array.
func (g *generator) feed() string {
	if g.plan.Input.Kind == ir.Token {
		return fmt.Sprintf("%s_step(&model, *x++);", g.prefix)
	}
	return fmt.Sprintf("%s_step(&model, x);\nx += %d;", g.prefix, g.plan.Input.Size)
}

// outputCondition says at which steps an output is read.
func (g *generator) outputCondition(last string) string {
	if g.plan.Output.When == ir.EveryStep {
		return "1"
	}
	return last
}

func (g *generator) test() []byte {
	var p printer
	g.banner(&p)
	rows := g.plan.Readout.Matrix.Rows
	p.line("#include <stdio.h>")
	p.line("")
	p.line("#include \"%s.h\"", g.prefix)
	p.line("#include \"%s_vectors.h\"", g.prefix)
	p.line("")
	p.comment("Runs the golden sequences and compares every output with the reference.")
	p.line("int main(void)")
	p.line("{")
	p.line("const %s_input *x = inputs;", g.prefix)
	p.line("const %s_value *want = outputs;", g.prefix)
	p.line("const int sequences = (int)(sizeof sequence_steps / sizeof sequence_steps[0]);")
	p.line("long compared = 0, wrong = 0;")
	p.line("for (int n = 0; n < sequences; n++) {")
	p.line("%s_state model;", g.prefix)
	p.line("%s_init(&model);", g.prefix)
	p.line("for (int t = 0; t < sequence_steps[n]; t++) {")
	for _, s := range strings.Split(g.feed(), "\n") {
		p.line("%s", s)
	}
	condition := g.outputCondition("t == sequence_steps[n] - 1")
	if condition != "1" {
		p.line("if (%s) {", condition)
	} else {
		p.line("{")
	}
	p.line("%s_value y[%d];", g.prefix, rows)
	p.line("%s_output(&model, y);", g.prefix)
	p.line("%s", g.each("i", rows))
	p.line("compared++;")
	p.line("wrong += y[i] != *want++;")
	p.line("}")
	p.line("}")
	p.line("}")
	p.line("}")
	p.line(`printf("%%s: %%ld of %%ld outputs equal\n", wrong ? "FAIL" : "PASS", compared - wrong, compared);`)
	p.line("return wrong != 0;")
	p.line("}")
	return p.buf.Bytes()
}

// harness runs sequences from standard input: for each the number of steps, then its inputs, all as int64 of this
// machine; outputs go to standard output the same way.
func (g *generator) harness() []byte {
	var p printer
	g.banner(&p)
	rows, size := g.plan.Readout.Matrix.Rows, g.plan.Input.Size
	p.line("#include <stdio.h>")
	p.line("")
	p.line("#include \"%s.h\"", g.prefix)
	p.line("")
	p.comment("Reads sequences of int64 numbers from standard input, each with its number of steps in front, and writes the outputs.")
	p.line("int main(void)")
	p.line("{")
	p.line("int64_t steps, in[%d], out[%d];", size, rows)
	p.line("while (fread(&steps, sizeof steps, 1, stdin) == 1) {")
	p.line("%s_state model;", g.prefix)
	p.line("%s_init(&model);", g.prefix)
	p.line("for (int64_t t = 0; t < steps; t++) {")
	p.line("%s_input x[%d];", g.prefix, size)
	p.line("if (fread(in, sizeof in, 1, stdin) != 1) {")
	p.line("return 1;")
	p.line("}")
	p.line("%s", g.each("i", size))
	p.line("x[i] = (%s_input)in[i];", g.prefix)
	p.line("}")
	if g.plan.Input.Kind == ir.Token {
		p.line("%s_step(&model, x[0]);", g.prefix)
	} else {
		p.line("%s_step(&model, x);", g.prefix)
	}
	if condition := g.outputCondition("t == steps - 1"); condition != "1" {
		p.line("if (%s) {", condition)
	} else {
		p.line("{")
	}
	p.line("%s_value y[%d];", g.prefix, rows)
	p.line("%s_output(&model, y);", g.prefix)
	p.line("%s", g.each("i", rows))
	p.line("out[i] = y[i];")
	p.line("}")
	p.line("fwrite(out, sizeof out, 1, stdout);")
	p.line("}")
	p.line("}")
	p.line("}")
	p.line("return 0;")
	p.line("}")
	return p.buf.Bytes()
}

func (g *generator) readme() []byte {
	var b strings.Builder
	pre, rows := g.prefix, g.plan.Readout.Matrix.Rows
	fmt.Fprintf(&b, "# %s in C\n\n", spell.Markdown(g.plan.Name))
	fmt.Fprintf(&b, "Add `%s.c` and `%s.h` to your firmware: C99, no library but stdint.h and string.h, no allocation,\nno floating point in `%s.c`.\n\n", pre, pre, pre)
	lines := []string{fmt.Sprintf("static %s_state model; /* copy it to save it */", pre)}
	if g.plan.Input.Kind != ir.Token {
		lines = append(lines, fmt.Sprintf("double values[%d]; /* in the units of the training data */", g.plan.Input.Size),
			fmt.Sprintf("%s_input x[%d];", pre, g.plan.Input.Size))
	}
	when := "after the last step"
	if g.plan.Output.When == ir.EveryStep {
		when = "after any step"
	}
	lines = append(lines, pre+"_init(&model);")
	if g.plan.Input.Kind != ir.Token {
		lines = append(lines, fmt.Sprintf("%s_quantise(values, x); /* each step; or make the integers yourself */", pre))
	}
	lines = append(lines,
		fmt.Sprintf("%s_step(&model, %s); /* each step */", pre, g.inputArg()))
	switch g.plan.Output.Decision {
	case ir.Argmax:
		lines = append(lines, fmt.Sprintf("int best = %s_class(&model); /* %s */", pre, when))
	case ir.Threshold:
		lines = append(lines, fmt.Sprintf("uint8_t bits[%d];", rows), fmt.Sprintf("%s_bits(&model, bits); /* %s */", pre, when))
	default:
		lines = append(lines, fmt.Sprintf("%s_value y[%d];", pre, rows), fmt.Sprintf("%s_output(&model, y); /* %s */", pre, when))
	}
	for _, s := range lines {
		b.WriteString("    " + s + "\n")
	}
	for _, list := range []func() (string, []string){g.plan.Input.Feeding, g.plan.Output.Meaning} {
		if title, lines := list(); lines != nil {
			fmt.Fprintf(&b, "\n%s\n\n- %s\n", title, strings.Join(spell.MarkdownLines(lines), "\n- "))
		}
	}
	fmt.Fprintf(&b, "\nTables take %d bytes of flash, the state %d bytes of RAM, the arrays of a step %d bytes of stack.\n", g.tableBytes, g.stateBytes, g.stackBytes)
	fmt.Fprintf(&b, "On AVR, compile with `-std=gnu99` or later: strict C99 has no word for flash, and tables are copied to RAM.\n")
	fmt.Fprintf(&b, "\n`make check` builds it here and runs its golden vectors. `harness.c` runs sequences from standard input.\n")
	return []byte(b.String())
}

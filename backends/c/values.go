package c

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/ir"
)

// hasClasses reports whether the outputs have names that the header says.
func (g *generator) hasClasses() bool { return len(g.plan.Output.Labels) == g.plan.Readout.Matrix.Rows }

// named says where the names of outputs are.
func (g *generator) named() string {
	if !g.hasClasses() {
		return ""
	}
	return fmt.Sprintf("; %s_classes has their names", g.prefix)
}

// classes prints the names of the outputs. They stand in the header, static, so that a program that does not show them does not
// carry them.
func (g *generator) classes(p *printer) {
	if !g.hasClasses() {
		return
	}
	p.line("")
	p.comment("The names of the outputs, in UTF-8.")
	p.line("static const char *const %s_classes[%d] = {", g.prefix, len(g.plan.Output.Labels))
	for _, l := range g.plan.Output.Labels {
		p.line("%s,", quote(l))
	}
	p.line("};")
}

// quantise prints the function from values of the training data to an input. It is static inline: a program that does not call it
// has no floating point, and a compiler that must see none is told so by a macro.
func (g *generator) quantise(p *printer) {
	in := g.plan.Input
	if in.Kind == ir.Token {
		return
	}
	lo, hi := in.Range()
	upper := strings.ToUpper(g.prefix)
	var gains, offsets []string
	for i := range in.Size {
		c := in.Conversion(i)
		gains, offsets = append(gains, real(c.Gain)), append(offsets, real(c.Offset))
	}
	p.line("")
	p.line("#ifndef %s_NO_FLOAT", upper)
	p.comment("Turns values of a step, in the units of the training data, into an input: gain * value + offset, rounded to the nearest, a half "+
		"to the even one, and clamped. Where a double has 64 bits, these are the integers of hrnnc run --raw. "+
		"Define %s_NO_FLOAT before this header for a compiler that allows no floating point.", upper)
	p.line("static inline void %s_quantise(const double values[%d], %s_input x[%d])", g.prefix, in.Size, g.prefix, in.Size)
	p.line("{")
	gain, offset := g.factor(p, "gain", gains), g.factor(p, "offset", offsets)
	p.line("for (int i = 0; i < %d; i++) {", in.Size)
	p.line("volatile double u = %s * values[i]; /* volatile: no fused multiply-add */", gain)
	p.line("double rest;")
	p.line("int32_t n;")
	if offset != "0.0" {
		p.line("u = u + %s;", offset)
	}
	p.line("if (!(u > %d.0)) {", lo)
	p.line("u = %d.0;", lo)
	p.line("} else if (u > %d.0) {", hi)
	p.line("u = %d.0;", hi)
	p.line("}")
	p.line("n = (int32_t)u;")
	// A conversion that is written down, since avr-gcc has doubles of 32 bits and would warn.
	p.line("rest = u - (double)n;")
	p.line("if (rest > 0.5 || (rest >= 0.5 && n %% 2 != 0)) {")
	p.line("n++;")
	p.line("} else if (rest < -0.5 || (rest <= -0.5 && n %% 2 != 0)) {")
	p.line("n--;")
	p.line("}")
	p.line("x[i] = (%s_input)n;", g.prefix)
	p.line("}")
	p.line("}")
	p.line("#endif")
}

// factor is one number of every entry as an expression: itself where they are all the same, else an entry of a table.
func (g *generator) factor(p *printer, name string, values []string) string {
	if !slices.ContainsFunc(values, func(v string) bool { return v != values[0] }) {
		return values[0]
	}
	p.line("static const double %s[%d] = {", name, len(values))
	for _, v := range values {
		p.line("%s,", v)
	}
	p.line("};")
	return name + "[i]"
}

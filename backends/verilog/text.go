package verilog

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/hrnnc/hrnnc/backends/spell"
	"github.com/hrnnc/hrnnc/internal/arith"
)

// clog2 is the number of bits that count n things, at least 1.
func clog2(n int) int { return max(1, bits.Len(uint(n-1))) }

// span is the range of a vector of n bits, with a blank behind it.
func span(n int) string { return fmt.Sprintf("[%d:0] ", n-1) }

// lit is an unsigned constant of a width.
func lit(width int, v int) string { return fmt.Sprintf("%d'd%d", width, v) }

// slit is a signed constant of a width.
func slit(width int, v int64) string {
	if v < 0 {
		return fmt.Sprintf("-%d'sd%d", width, uint64(-v))
	}
	return fmt.Sprintf("%d'sd%d", width, v)
}

// extend is a vector repeated at its sign to a larger width. The name must be one that can be indexed.
func extend(name string, from, to int) string {
	if from >= to {
		return name
	}
	return fmt.Sprintf("{{%d{%s[%d]}}, %s}", to-from, name, from-1, name)
}

// lines collects the text of one part of a module.
type lines struct {
	b      strings.Builder
	indent string
}

func (l *lines) line(format string, args ...any) {
	if l.b.Len() > 0 {
		l.b.WriteByte('\n')
	}
	if s := fmt.Sprintf(format, args...); s != "" {
		l.b.WriteString(l.indent + s)
	}
}

func (l *lines) String() string { return l.b.String() }

// requant writes wires for v -> (v*Mul + half) >> Shift at even and odd steps, and gives the name and width of the
// result; it is the source itself where nothing happens. bits holds v*Mul + half, or v*Mul shifted left, at the steps that take
// it; what the other steps' wire holds then is not read and may overflow.
func (l *lines) requant(name, source string, from int, r arith.Phased[arith.Requant], bits int) (string, int) {
	if r == arith.Both(arith.Identity) {
		return source, from
	}
	width := max(from, bits)
	for _, q := range r {
		width = max(width, arith.SignedBits(q.Mul), q.Shift+2) // one half alone has Shift+1 bits
	}
	l.line("wire signed %s%s_wide = %s;", span(width), name, extend(source, from, width))
	if r[0] == r[1] {
		l.line("wire signed %s%s = %s;", span(width), name, rounded(name+"_wide", width, r[0]))
		return name, width
	}
	for ph, suffix := range []string{"_even", "_odd"} {
		l.line("wire signed %s%s%s = %s;", span(width), name, suffix, rounded(name+"_wide", width, r[ph]))
	}
	l.line("wire signed %s%s = odd ? %s_odd : %s_even;", span(width), name, name, name)
	return name, width
}

// rounded is one phase of a requantisation, all at one width.
func rounded(v string, width int, r arith.Requant) string {
	if r.Mul != 1 {
		v = fmt.Sprintf("%s * %s", v, slit(width, r.Mul))
	}
	switch {
	case r.Shift > 0:
		return fmt.Sprintf("(%s + %s) >>> %d", v, slit(width, 1<<(r.Shift-1)), r.Shift)
	case r.Shift < 0:
		return fmt.Sprintf("(%s) <<< %d", v, -r.Shift)
	}
	return v
}

// wire declares a signed wire that holds another extended, and gives its name; the other itself where widths agree.
func (l *lines) widened(name, source string, from, to int) string {
	if from == to {
		return source
	}
	l.line("wire signed %s%s = %s;", span(to), name, extend(source, from, to))
	return name
}

// product writes a wire for a weight of a matrix of p-bit entries times a value: a sign for p = 1.
// The weight stands at entry i of the vector weight.
func (l *lines) product(value string, valueBits, p int) (name string, width int) {
	if p == 1 {
		width = valueBits + 1
		wide := l.widened("value", value, valueBits, width)
		l.line("wire signed %sproduct = weight[i] ? -%s : %s;", span(width), wide, wide)
		return "product", width
	}
	width = valueBits + p
	l.line("wire signed %sentry_weight = weight[i * %d +: %d];", span(p), p, p)
	a := l.widened("factor", "entry_weight", p, width)
	b := l.widened("value", value, valueBits, width)
	l.line("wire signed %sproduct = %s * %s;", span(width), a, b)
	return "product", width
}

// note spells any text within a line of comment: it does not end it, go on behind it, or command a tool.
func note(text string) string {
	words := strings.Fields(spell.Line(text))
	for i, w := range words {
		if strings.HasSuffix(w, `\`) {
			words[i] = w + "."
		}
		if commands[strings.ToLower(strings.TrimRight(w, ",.:"))] {
			words[i] = "'" + w + "'"
		}
	}
	return strings.Join(words, " ")
}

// commands are words that tools obey at the start of a comment.
var commands = map[string]bool{"verilator": true, "synthesis": true, "synopsys": true, "cadence": true, "exemplar": true, "altera": true,
	"xilinx": true, "xst": true, "pragma": true, "coverage": true, "lint_off": true, "tb_off": true, "ambit": true, "verific": true}

// comment wraps lines of text into comment lines.
func comment(text string) string {
	const width = 110
	var out []string
	for _, paragraph := range strings.Split(text, "\n") {
		line := "//"
		for _, w := range strings.Fields(note(paragraph)) {
			if len(line)+1+len(w) > width {
				out = append(out, line)
				line = "//"
			}
			line += " " + w
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

package c

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/backends/spell"
)

// printer writes lines of C, indented by the braces around them.
type printer struct {
	buf    bytes.Buffer
	indent int
}

// line writes one line. A line that ends in an opening brace indents what follows, one that starts with a closing one
// takes it back.
func (p *printer) line(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	if strings.HasPrefix(s, "}") {
		p.indent--
	}
	if s != "" && !strings.HasPrefix(s, "#") {
		p.buf.WriteString(strings.Repeat("    ", p.indent))
	}
	p.buf.WriteString(s + "\n")
	if strings.HasSuffix(s, "{") {
		p.indent++
	}
}

// comment writes a block comment, wrapped.
func (p *printer) comment(format string, args ...any) {
	const width = 96
	words := strings.Fields(commentText(fmt.Sprintf(format, args...)))
	line := "/*"
	for _, w := range words {
		if len(line)+1+len(w) > width-4*p.indent {
			p.line("%s", line)
			line = " *"
		}
		line += " " + w
	}
	p.line("%s */", line)
}

// list writes a title and its lines, a comment each; nothing without lines.
func (p *printer) list(title string, lines []string) {
	if lines == nil {
		return
	}
	for _, l := range append([]string{title}, lines...) {
		p.comment("%s", l)
	}
}

// commentText spells any text within a comment: nothing in it ends the comment, begins one or is a trigraph.
func commentText(text string) string {
	text = spell.Line(text)
	for _, pair := range [][2]string{{"*/", "* /"}, {"/*", "/ *"}, {"??", "? ?"}, {"??", "? ?"}} {
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	return text
}

// inline is a comment behind something else on its line.
func inline(text string) string { return "/* " + commentText(text) + " */" }

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

// real spells a number so that reading it gives the same double.
func real(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

// perLine is how many numbers of a table stand on a line.
const perLine = 16

// numbers writes the entries of a table.
func (p *printer) numbers(v []int64) {
	var row []byte
	for numbers := range slices.Chunk(v, perLine) {
		row = append(row[:0], strings.Repeat("    ", p.indent)...)
		for _, n := range numbers {
			row = append(append(row, literal(n)...), ", "...)
		}
		row[len(row)-1] = '\n'
		p.buf.Write(row)
	}
}

// literal spells a number; what does not fit an int of 16 bits gets a macro of stdint.h.
func literal(n int64) string {
	switch {
	case n == -1<<63:
		return "(-INT64_C(9223372036854775807) - 1)"
	case n < -1<<31 || n >= 1<<31:
		return macro("INT64_C", n)
	case n == -1<<31:
		return "(-INT32_C(2147483647) - 1)"
	case n < -32767 || n > 32767:
		return macro("INT32_C", n)
	}
	return strconv.FormatInt(n, 10)
}

func macro(name string, n int64) string {
	if n < 0 {
		return fmt.Sprintf("(-%s(%d))", name, -n)
	}
	return fmt.Sprintf("%s(%d)", name, n)
}

// lane is the width of the smallest integer type of C that holds a number of bits.
func lane(bits int) int {
	for _, w := range []int{8, 16, 32} {
		if bits <= w {
			return w
		}
	}
	return 64
}

// wide is a lane to calculate in: 32 bits or 64.
func wide(bits ...int) int {
	w := 32
	for _, b := range bits {
		w = max(w, lane(b))
	}
	return w
}

func ctype(lane int) string { return fmt.Sprintf("int%d_t", lane) }

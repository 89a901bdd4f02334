package c

import (
	"bytes"
	"strings"

	"github.com/hrnnc/hrnnc/backends/spell"
)

// perLine is how many numbers of a table stand on a line, and lineWidth where other lines are broken.
const (
	perLine   = 16
	lineWidth = 110
)

// writer writes lines of C. Who opens a block closes it; between them lines are indented.
type writer struct {
	buf    bytes.Buffer
	indent int
}

func (w *writer) margin() { w.buf.WriteString(strings.Repeat("    ", w.indent)) }

// line writes one line of pieces.
func (w *writer) line(pieces ...string) {
	w.margin()
	for _, p := range pieces {
		w.buf.WriteString(p)
	}
	w.buf.WriteByte('\n')
}

// blank leaves a line empty.
func (w *writer) blank() { w.buf.WriteByte('\n') }

// directive writes a line for the preprocessor.
func (w *writer) directive(pieces ...string) {
	w.buf.WriteString("#" + strings.Join(pieces, "") + "\n")
}

// open writes a line that a block follows, such as "for (...) {", and indents what comes.
func (w *writer) open(pieces ...string) {
	w.line(pieces...)
	w.indent++
}

// reopen ends a block and begins the next, as in "} else {".
func (w *writer) reopen(line string) {
	w.indent--
	w.open(line)
}

// close ends a block with a line such as "}".
func (w *writer) close(line string) {
	w.indent--
	w.line(line)
}

// comment writes a block comment, wrapped.
func (w *writer) comment(text string) {
	line := "/*"
	for _, word := range strings.Fields(commentText(text)) {
		if len(line)+1+len(word) > lineWidth-3-4*w.indent {
			w.line(line)
			line = " *"
		}
		line += " " + word
	}
	w.line(line, " */")
}

// list writes a title and its lines, a comment each; nothing without lines.
func (w *writer) list(title string, lines []string) {
	if lines == nil {
		return
	}
	for _, l := range append([]string{title}, lines...) {
		w.comment(l)
	}
}

// numbers writes the entries of a table.
func (w *writer) numbers(v []int64, spell func(int64) string) {
	margin := strings.Repeat("    ", w.indent)
	row := []byte(margin)
	count := 0
	flush := func() {
		if count > 0 {
			row[len(row)-1] = '\n'
			w.buf.Write(row)
			row, count = append(row[:0], margin...), 0
		}
	}
	for _, n := range v {
		text := spell(n)
		if count == perLine || len(row)+len(text) > codeWidth-2 {
			flush()
		}
		row = append(append(row, text...), ", "...)
		count++
	}
	flush()
}

// commentText spells any text within a comment: nothing in it ends the comment, begins one or is a trigraph.
func commentText(text string) string {
	text = spell.Line(text)
	for _, pair := range [][2]string{{"*/", "* /"}, {"/*", "/ *"}, {"//", "/ /"}, {"??", "? ?"}, {"??", "? ?"}} {
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	return text
}

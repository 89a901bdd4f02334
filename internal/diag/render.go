package diag

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Renderer prints diagnostics for people: the place, what is wrong, the source line with a caret below it, the places
// that explain it, and what would be right.
type Renderer struct {
	// Source gives the text of a file, or nil when there is none to show.
	Source func(file string) []byte
	// Color adds ANSI colours.
	Color bool
}

// The colours of a rendered diagnostic.
const (
	bold   = "\x1b[1m"
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	blue   = "\x1b[34m"
	green  = "\x1b[32m"
	reset  = "\x1b[0m"
)

// Render prints one diagnostic.
func (r Renderer) Render(w io.Writer, d *Diagnostic) error {
	var b bytes.Buffer
	if d.Span.String() != "" {
		b.WriteString(r.paint(bold, d.Span.String()+": "))
	}
	severity := red
	if d.Severity == Warning {
		severity = yellow
	}
	b.WriteString(r.paint(severity, fmt.Sprintf("%s[%s]: ", d.Severity, d.Code)))
	b.WriteString(r.paint(bold, d.Summary) + "\n")
	s := snippet{r: r, out: &b, digits: digits(d)}
	s.mark(d.Span, '^', severity, "")
	for _, n := range d.Notes {
		s.mark(n.Span, '-', blue, n.Text)
	}
	if d.Help != "" {
		b.WriteString("  " + r.paint(green, "help: ") + d.Help + "\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}

// RenderAll prints a list, an empty line between two.
func (r Renderer) RenderAll(w io.Writer, l List) error {
	for i, d := range l {
		if i > 0 {
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		if err := r.Render(w, d); err != nil {
			return err
		}
	}
	return nil
}

func (r Renderer) paint(color, text string) string {
	if !r.Color {
		return text
	}
	return color + text + reset
}

// digits is the width of the widest line number shown.
func digits(d *Diagnostic) int {
	n := len(fmt.Sprint(d.Span.Start.Line))
	for _, note := range d.Notes {
		n = max(n, len(fmt.Sprint(note.Span.Start.Line)))
	}
	return n
}

// snippet prints source lines, each once, with what is marked in them below.
type snippet struct {
	r      Renderer
	out    *bytes.Buffer
	digits int
	file   string
	line   int
}

func (s *snippet) mark(at Span, sign byte, color, text string) {
	source, ok := s.r.line(at)
	if !ok {
		if text != "" {
			fmt.Fprintf(s.out, "  %s: %s\n", at, text)
		}
		return
	}
	if at.File != s.file && s.file != "" {
		fmt.Fprintf(s.out, "  in %s\n", at.File)
	}
	if at.File != s.file || at.Start.Line != s.line {
		fmt.Fprintf(s.out, "  %*d | %s\n", s.digits, at.Start.Line, strings.ReplaceAll(source, "\t", " "))
	}
	s.file, s.line = at.File, at.Start.Line
	width := utf8.RuneCountInString(source)
	first := min(max(at.Start.Col-1, 0), width)
	last := width
	if at.End.Line == at.Start.Line {
		last = min(at.End.Col-1, width)
	}
	under := strings.Repeat(string(sign), max(last-first, 1))
	if text != "" {
		under += " " + text
	}
	fmt.Fprintf(s.out, "  %*s | %s%s\n", s.digits, "", strings.Repeat(" ", first), s.r.paint(color, under))
}

// longestLine keeps a line of a generated or binary file from filling the screen.
const longestLine = 400

// line gives the first source line of a span.
func (r Renderer) line(at Span) (string, bool) {
	if at.Start.Line < 1 || r.Source == nil {
		return "", false
	}
	lines := bytes.SplitN(r.Source(at.File), []byte("\n"), at.Start.Line+1)
	if len(lines) < at.Start.Line {
		return "", false
	}
	text := strings.TrimRight(string(bytes.ToValidUTF8(lines[at.Start.Line-1], []byte("\uFFFD"))), "\r")
	return text, len(text) > 0 && len(text) <= longestLine
}

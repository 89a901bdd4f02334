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
	// Color adds ANSI colours. What is rendered holds no other escape, whatever the diagnostic does.
	Color bool

	lines map[string][]string // of the files shown so far
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
func (r *Renderer) Render(w io.Writer, d *Diagnostic) error {
	var b bytes.Buffer
	if at := d.Span.String(); at != "" {
		b.WriteString(r.paint(bold, Escape(at)+": "))
	}
	severity := red
	if d.Severity == Warning {
		severity = yellow
	}
	b.WriteString(r.paint(severity, fmt.Sprintf("%s[%s]: ", d.Severity, d.Code)))
	b.WriteString(r.paint(bold, Escape(d.Summary)) + "\n")
	s := snippet{r: r, out: &b, digits: digits(d)}
	s.mark(d.Span, '^', severity, "")
	for _, n := range d.Notes {
		s.mark(n.Span, '-', blue, n.Text)
	}
	for line := range strings.SplitSeq(strings.TrimRight(d.Output, "\n"), "\n") {
		if line != "" {
			fmt.Fprintf(&b, "  | %s\n", strings.ReplaceAll(EscapeLines(strings.TrimRight(line, "\r")), "\t", "    "))
		}
	}
	if d.Help != "" {
		b.WriteString("  " + r.paint(green, "help: ") + Escape(d.Help) + "\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}

// RenderAll prints the first twenty of a list, an empty line between two, and how many more there are.
func (r *Renderer) RenderAll(w io.Writer, l List) error {
	first, more := l.First(shownErrors)
	for i, d := range first {
		if i > 0 {
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		if err := r.Render(w, d); err != nil {
			return err
		}
	}
	if more > 0 {
		_, err := fmt.Fprintf(w, "\n%s\n", andMore(more))
		return err
	}
	return nil
}

func (r *Renderer) paint(color, text string) string {
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
	r      *Renderer
	out    *bytes.Buffer
	digits int
	file   string
	line   int
}

func (s *snippet) mark(at Span, sign byte, color, text string) {
	source, ok := s.r.line(at)
	text = Escape(text)
	if !ok {
		if text != "" {
			fmt.Fprintf(s.out, "  %s: %s\n", Escape(at.String()), text)
		}
		return
	}
	if at.File != s.file && s.file != "" {
		fmt.Fprintf(s.out, "  in %s\n", Escape(at.File))
	}
	shown, columns := layOut(source)
	if at.File != s.file || at.Start.Line != s.line {
		fmt.Fprintf(s.out, "  %*d | %s\n", s.digits, at.Start.Line, shown)
	}
	s.file, s.line = at.File, at.Start.Line
	width := len(columns) - 1
	first := min(max(at.Start.Col-1, 0), width)
	last := width
	if at.End.Line == at.Start.Line {
		last = min(max(at.End.Col-1, first), width)
	}
	under := strings.Repeat(string(sign), max(columns[last]-columns[first], 1))
	if text != "" {
		under += " " + text
	}
	fmt.Fprintf(s.out, "  %*s | %s%s\n", s.digits, "", strings.Repeat(" ", columns[first]), s.r.paint(color, under))
}

// layOut spells a source line, a tab as one blank, and says in which column each of its characters then stands, and the end.
func layOut(source string) (shown string, columns []int) {
	var b strings.Builder
	at := 0
	for _, r := range source {
		columns = append(columns, at)
		text := " "
		if r != '\t' {
			text = Escape(string(r))
		}
		b.WriteString(text)
		at += utf8.RuneCountInString(text)
	}
	return b.String(), append(columns, at)
}

// longestLine keeps a line of a generated or binary file from filling the screen.
const longestLine = 400

// line gives the first source line of a span.
func (r *Renderer) line(at Span) (string, bool) {
	if at.Start.Line < 1 || r.Source == nil {
		return "", false
	}
	lines, ok := r.lines[at.File]
	if !ok {
		if r.lines == nil {
			r.lines = map[string][]string{}
		}
		lines = strings.Split(string(r.Source(at.File)), "\n")
		r.lines[at.File] = lines
	}
	if len(lines) < at.Start.Line {
		return "", false
	}
	text := strings.ToValidUTF8(strings.TrimRight(lines[at.Start.Line-1], "\r"), "\uFFFD")
	return text, len(text) > 0 && len(text) <= longestLine
}

package verilog

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/backends/spell"
)

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

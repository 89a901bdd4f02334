package dsl

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Format lays a source out in the one way: a statement a line, one space around operators, none around * and ^,
// comments kept and those at the ends of lines aligned, at most one blank line. Formatting twice changes nothing.
// A source with syntax errors is refused, since its statements cannot be told apart.
func Format(file string, src []byte) ([]byte, diag.List) {
	if _, errs := Parse(file, src); errs.HasErrors() {
		return nil, errs
	}
	tokens := tokenise(file, src)
	f := formatter{starts: map[int]string{}}
	for _, s := range split(tokens) {
		f.starts[s[0].Pos.Offset] = s[0].Value
	}
	for _, t := range tokens {
		f.token(t)
	}
	f.endLine()
	return []byte(f.text()), nil
}

// formatLine is one line of output: code, then the comment behind it.
type formatLine struct {
	indent        int
	code, comment string
}

type formatter struct {
	starts    map[int]string // first word of every statement, by offset
	lines     []formatLine
	cur       formatLine
	last      lexer.Token
	keyword   string // of the statement at hand
	brackets  []string
	fresh     bool // the statement at hand has printed nothing on an earlier line
	wasUnary  bool
	lineBreak int // newlines since the last token
}

func (f *formatter) token(t lexer.Token) {
	switch t.Type {
	case spaceTok:
		return
	case newlineTok:
		f.endLine()
		f.lineBreak++
		return
	case commentTok:
		f.blank()
		f.comment(strings.TrimRight(t.Value, " \t\r"))
		return
	}
	if t.Value == ";" && len(f.brackets) == 0 {
		return
	}
	if word, ok := f.starts[t.Pos.Offset]; ok {
		f.endLine()
		f.keyword, f.fresh, f.brackets = word, true, nil
	}
	f.blank()
	f.code(t)
}

// blank keeps one of the blank lines that stood before.
func (f *formatter) blank() {
	if f.lineBreak > 1 && len(f.lines) > 0 {
		f.lines = append(f.lines, formatLine{})
	}
	f.lineBreak = 0
}

func (f *formatter) comment(text string) {
	if f.cur.comment != "" {
		text = f.cur.comment + " " + text
	}
	if f.cur.code == "" && f.cur.comment == "" && len(f.brackets) > 0 {
		f.cur.indent = 2
	}
	f.cur.comment = text
}

func (f *formatter) code(t lexer.Token) {
	if f.cur.comment != "" {
		f.endLine()
	}
	closes := t.Value == ")" || t.Value == "]" || t.Value == "}"
	if closes && len(f.brackets) > 0 {
		f.brackets = f.brackets[:len(f.brackets)-1]
	}
	if f.cur.code == "" {
		f.cur.indent = f.indent()
		f.cur.code = t.Value
	} else {
		if f.spaced(t) {
			f.cur.code += " "
		}
		f.cur.code += t.Value
	}
	f.wasUnary = t.Value == "-" && (f.last.Value == "" || expectsOperand(f.last) || f.last.Value == "(" || f.last.Value == "[")
	if t.Value == "(" || t.Value == "[" || t.Value == "{" {
		f.brackets = append(f.brackets, t.Value)
	}
	f.last, f.fresh = t, false
}

// indent is 2 inside a block and 4 where a statement goes on.
func (f *formatter) indent() int {
	switch {
	case f.fresh:
		return 0
	case f.keyword == "train" || f.keyword == "target" || f.keyword == "decide":
		return 2 * min(len(f.brackets), 2)
	}
	return 4
}

// spaced reports whether a space stands between the last token and t, on one line.
func (f *formatter) spaced(t lexer.Token) bool {
	a, b := f.last.Value, t.Value
	tight := []string{"*", "^", "("}
	if f.keyword != "input" || len(f.brackets) > 0 {
		tight = append(tight, "/")
	}
	switch {
	case a == "(" || a == "[" || b == ")" || b == "]" || b == "," || b == ";":
		return false
	case f.wasUnary:
		return false
	case b == "[" || b == "(":
		return f.last.Type != identTok && !slices.Contains(tight, a)
	}
	return !slices.Contains(tight, a) && !slices.Contains(tight, b)
}

func (f *formatter) endLine() {
	if f.cur.code != "" || f.cur.comment != "" {
		f.lines = append(f.lines, f.cur)
	}
	f.cur = formatLine{}
}

// text aligns the comments behind neighbouring lines and joins all lines.
func (f *formatter) text() string {
	var b strings.Builder
	for i := 0; i < len(f.lines); {
		j, width := i, 0
		for j < len(f.lines) && f.lines[j].code != "" {
			if f.lines[j].comment != "" {
				width = max(width, f.lines[j].indent+utf8.RuneCountInString(f.lines[j].code))
			}
			j++
		}
		for ; i < j; i++ {
			f.lines[i].write(&b, width)
		}
		if i < len(f.lines) {
			f.lines[i].write(&b, 0)
			i++
		}
	}
	return b.String()
}

func (l formatLine) write(b *strings.Builder, width int) {
	defer b.WriteByte('\n')
	if l.code == "" && l.comment == "" {
		return
	}
	b.WriteString(strings.Repeat(" ", l.indent))
	b.WriteString(l.code)
	if l.comment == "" {
		return
	}
	if l.code != "" {
		b.WriteString(strings.Repeat(" ", max(width-l.indent-utf8.RuneCountInString(l.code), 0)+2))
	}
	b.WriteString(l.comment)
}

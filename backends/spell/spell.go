// Package spell holds what generated text must not say by accident: the words that languages and their headers have taken, one
// table a language with its source, and the spelling of any text on one printable line. Each target adds what its comments and
// strings end with. Start with Line and words.go.
package spell

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Line spells any text on one line that shows what it holds: line breaks, tabs and other control characters, marks of the
// writing direction and bytes that are no UTF-8 become escapes as in Go.
func Line(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(text[0]), 16))
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[size:]
	}
	return b.String()
}

// Markdown spells any text within a paragraph or a list of Markdown.
func Markdown(text string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "<", `\<`, "[", `\[`, "|", `\|`).Replace(Line(text))
}

// MarkdownLines spells several.
func MarkdownLines(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = Markdown(l)
	}
	return out
}

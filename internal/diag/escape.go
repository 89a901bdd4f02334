package diag

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// hostile reports whether a terminal may obey a character instead of showing it: controls (C0, DEL, C1), what turns the
// direction of text around, invisible marks, and line ends that are not "\n". The joiners of scripts and emoji are not.
func hostile(r rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) && r != zeroWidthNonJoiner && r != zeroWidthJoiner
}

// Escape spells out what a terminal would obey, and bytes that are no UTF-8, so that a text stays on one line and shows what is
// in it. It spells as JSON does: "\n", "\u001b"; a byte that is no UTF-8 as "\xff". Escaping twice
// changes nothing more.
func Escape(s string) string { return escape(s, "") }

// EscapeLines is Escape that leaves line breaks and tabs.
func EscapeLines(s string) string { return escape(s, "\n\t") }

func escape(s, keep string) string {
	clean := func(r rune) bool {
		return !hostile(r) && r != utf8.RuneError || r < utf8.RuneSelf && strings.ContainsRune(keep, r)
	}
	if strings.IndexFunc(s, func(r rune) bool { return !clean(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case clean(r) || r == utf8.RuneError && size > 1:
			b.WriteRune(r)
		case r == utf8.RuneError:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		default:
			b.WriteString(spell(r))
		}
		s = s[size:]
	}
	return b.String()
}

func spell(r rune) string {
	switch r {
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	var b strings.Builder
	for _, unit := range utf16.AppendRune(nil, r) {
		fmt.Fprintf(&b, `\u%04x`, unit)
	}
	return b.String()
}

// Writer passes on text for people, or JSON, with what a terminal would obey spelled out as EscapeLines does; JSON means the same
// afterwards. A character may come in pieces.
type Writer struct {
	to   io.Writer
	rest []byte // the start of a character that is not complete
}

// NewWriter makes a Writer.
func NewWriter(to io.Writer) *Writer { return &Writer{to: to} }

// Write passes p on. The count is of p, whatever its spelling.
func (w *Writer) Write(p []byte) (int, error) {
	text := append(w.rest, p...)
	end := len(text)
	for i := max(len(text)-utf8.UTFMax+1, 0); i < len(text); i++ {
		if utf8.RuneStart(text[i]) && !utf8.FullRune(text[i:]) {
			end = i
		}
	}
	w.rest = append([]byte(nil), text[end:]...)
	if _, err := io.WriteString(w.to, EscapeLines(string(text[:end]))); err != nil {
		return 0, err
	}
	return len(p), nil
}

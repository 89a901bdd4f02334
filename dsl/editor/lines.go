package editor

import (
	"slices"
	"strings"
	"unicode/utf16"
)

// Lines finds places of a text by lines, as the Language Server Protocol and JavaScript count them: lines from 0, and characters in
// units of UTF-16. Lines end with "\n", "\r\n" or "\r".
type Lines struct {
	text   string
	starts []int // offset of every line
}

// LinesOf finds the lines of a text.
func LinesOf(text string) Lines {
	l := Lines{text: text, starts: []int{0}}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' || text[i] == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			l.starts = append(l.starts, i+1)
		}
	}
	return l
}

// Position gives the line and character of an offset in bytes.
func (l Lines) Position(offset int) (line, character int) {
	offset = min(max(offset, 0), len(l.text))
	line, found := slices.BinarySearch(l.starts, offset)
	if !found {
		line--
	}
	return line, Units(l.text[l.starts[line]:offset])
}

// Offset gives the offset in bytes of a line and a character. One behind a line's end stands for the end, one within a character for its
// start, and a line behind the last for the end of the text.
func (l Lines) Offset(line, character int) int {
	switch {
	case line < 0:
		return 0
	case line >= len(l.starts):
		return len(l.text)
	}
	start, end := l.starts[line], len(l.text)
	if line+1 < len(l.starts) {
		end = l.starts[line+1]
	}
	text := strings.TrimRight(l.text[start:end], "\r\n")
	for i, r := range text {
		if character -= utf16.RuneLen(r); character < 0 {
			return start + i
		}
	}
	return start + len(text)
}

// Units counts the UTF-16 units of a text.
func Units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

package diag

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// How much of what a user wrote is shown. A name of 80 characters is known by its start; a list of 20 says what is there.
const (
	shownName = 80
	shownList = 20
)

// The most that one part of a diagnostic shows, whoever worded it: of a word, and of all. A path has at most 255 characters a
// folder.
const (
	mostWord = 300
	mostText = 1200
)

// Short gives a name, number or other word of the user's as a diagnostic shows it: its first 80 characters, and how many
// there are.
func Short(s string) string { return cut(Escape(s[:min(len(s), 16*shownName)]), s, shownName) }

// cut shortens shown, which stands for all of whole, to so many characters.
func cut(shown, whole string, most int) string {
	if utf8.RuneCountInString(shown) <= most {
		return shown
	}
	end := 0
	for range most {
		_, size := utf8.DecodeRuneInString(shown[end:])
		end += size
	}
	return fmt.Sprintf("%s... (%s characters)", shown[:end], Grouped(utf8.RuneCountInString(whole)))
}

// Names lists names: the first twenty, and how many more there are.
func Names(names []string) string {
	short := make([]string, min(len(names), shownList))
	for i := range short {
		short[i] = Short(names[i])
	}
	text := strings.Join(short, ", ")
	if more := len(names) - len(short); more > 0 {
		text += fmt.Sprintf(" and %s more", Grouped(more))
	}
	return text
}

// Shape spells a shape: [3, 4]. Of more than twenty sizes it gives the first.
func Shape(shape []int) string {
	words := make([]string, min(len(shape), shownList))
	for i := range words {
		words[i] = strconv.Itoa(shape[i])
	}
	if more := len(shape) - len(words); more > 0 {
		words = append(words, fmt.Sprintf("and %s more", Grouped(more)))
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// fit is the safety net below Short and Names: no word of a text is longer than mostWord, and the text not than mostText.
func fit(text string) string {
	if len(text) <= mostWord {
		return text
	}
	text = cut(text, text, mostText)
	var b strings.Builder
	for i, word := range strings.Split(text, " ") {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(cut(word, word, mostWord))
	}
	return b.String()
}

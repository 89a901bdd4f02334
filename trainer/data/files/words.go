package files

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Words numbers words in the order of their first use.
type Words struct {
	number map[string]int32
	List   []string
}

// NewWords knows no word yet.
func NewWords() *Words { return &Words{number: map[string]int32{}} }

// Of gives the number of a word, a new one for one that is new.
func (in *Words) Of(word string) int32 {
	n, ok := in.number[word]
	if !ok {
		n = int32(len(in.List))
		word = strings.Clone(word) // not the whole row that it is part of
		in.number[word], in.List = n, append(in.List, word)
	}
	return n
}

// OrNone is of, and -1 for no word.
func (in *Words) OrNone(word string) int32 {
	if word == "" {
		return -1
	}
	return in.Of(word)
}

// Alike finds two words that differ in capitals only, or in what a screen does not show: two ways to write one letter in Unicode,
// characters without width.
func (in *Words) Alike() (a, b, how string) {
	seen := map[string]string{}
	for _, w := range in.List {
		shown := norm.NFKC.String(strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Cf, r) {
				return -1
			}
			return r
		}, w))
		folded := strings.ToLower(shown)
		other, ok := seen[folded]
		switch {
		case !ok:
			seen[folded] = w
		case strings.EqualFold(other, w):
			return other, w, "capitals"
		default:
			return strconv.QuoteToASCII(other), strconv.QuoteToASCII(w), "characters that look the same"
		}
	}
	return "", "", ""
}

// exactDigits are those of a number that a float64 tells from all others.
const exactDigits = 15

// AsNumbers gives what rows say of persons or recordings: the file's own numbers, where 1 and 1.0 are one; or when some are no
// whole numbers, numbers in the order of the names, which are given then.
func (in *Words) AsNumbers(rows []int32) (numbers []int32, names []string) {
	spelling := slices.Clone(in.List)
	for i, w := range spelling {
		if _, ok := Finite(w); ok && len(w) <= exactDigits {
			spelling[i] = spellNumber(w)
		}
	}
	number := make([]int32, len(spelling))
	own := true
	for i, w := range spelling {
		n, err := strconv.ParseInt(w, 10, 32)
		own = own && err == nil
		number[i] = int32(n)
	}
	if !own {
		names = slices.Compact(SortNames(spelling))
		at := map[string]int32{}
		for i, w := range names {
			at[w] = int32(i)
		}
		for i, w := range spelling {
			number[i] = at[w]
		}
	}
	out := make([]int32, len(rows))
	for i, w := range rows {
		out[i] = number[w]
	}
	return out, names
}

// AsClasses turns the numbers of labels as they are written into numbers of classes, in the order of their names. Where all
// are numbers, 1 and 1.0 are one class. A label of -1 stays.
func (in *Words) AsClasses(labels []int32) (Packed[int32], []string) {
	spelling := slices.Clone(in.List)
	if AllNumbers(spelling) {
		for i, w := range spelling {
			spelling[i] = spellNumber(w)
		}
	}
	names := SortNames(spelling)
	names = slices.Compact(names)
	at := map[string]int32{}
	for i, name := range names {
		at[name] = int32(i)
	}
	class := make([]int32, len(spelling))
	for i, w := range spelling {
		class[i] = at[w]
	}
	out := make(Packed[int32], len(labels))
	for i, v := range labels {
		if out[i] = -1; v >= 0 {
			out[i] = class[v]
		}
	}
	return out, names
}

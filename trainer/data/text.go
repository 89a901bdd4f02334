package data

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"unicode"

	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// The tokens that are no words.
const (
	padding     = 0 // in front of short texts
	unknown     = 1 // a word that has no token of its own
	firstOfWord = 2
)

// The defaults of texts: the vocabulary and the longest text of the IMDB experiments of Foucault et al. (ICLR 2025).
const (
	defaultVocabulary = 10_000
	defaultLength     = 500
)

// texts are texts as rows of word numbers, before the vocabulary is chosen.
type texts struct {
	words *files.Words
	all   []int32 // the words of all texts
	ends  []int32 // where each text ends in all
}

func newTexts() *texts { return &texts{words: files.NewWords()} }

func (t *texts) add(text string) {
	for w := range wordsOf(text) {
		t.all = append(t.all, t.words.Of(w))
	}
	t.ends = append(t.ends, int32(len(t.all)))
}

// Texts makes a set of texts without answers, for a model that was trained on texts.
func Texts(name string, list []string, meaning *Meaning) (*Set, error) {
	p := &pool{kind: Text, n: len(list), texts: newTexts(), source: name, y: unanswered{}}
	for _, text := range list {
		p.texts.add(text)
	}
	o := Defaults()
	o.Meaning, o.Unlabelled, o.Hold, o.Valid = meaning, true, 0, 0
	return p.set(name, o)
}

// of gives the words of text i.
func (t *texts) of(i int32) []int32 {
	from := int32(0)
	if i > 0 {
		from = t.ends[i-1]
	}
	return t.all[from:t.ends[i]]
}

// wordsOf cuts a text into words, in lower case: runs of letters, digits and apostrophes, and the marks ! and ?, which
// carry feeling. All else, and HTML line breaks, only separates.
func wordsOf(text string) iter.Seq[string] {
	text = strings.ToLower(strings.ReplaceAll(text, "<br />", " "))
	return func(yield func(string) bool) {
		start := -1 // of the word that is being read
		for i, r := range text {
			if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\'' {
				if start < 0 {
					start = i
				}
				continue
			}
			if start >= 0 && !yield(text[start:i]) {
				return
			}
			start = -1
			if (r == '!' || r == '?') && !yield(text[i:i+1]) {
				return
			}
		}
		if start >= 0 {
			yield(text[start:])
		}
	}
}

// vocabulary numbers the words of the training texts by falling frequency, words of one frequency by the alphabet.
// There are at most size tokens, those that are no words included; token gives the token of each word number.
func (t *texts) vocabulary(trainTexts []int32, size, minCount int) (names []string, token []int32) {
	count := make([]int, len(t.words.List))
	for _, i := range trainTexts {
		for _, w := range t.of(i) {
			count[w]++
		}
	}
	var order []int32
	for w, n := range count {
		if n >= max(1, minCount) {
			order = append(order, int32(w))
		}
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(t.words.List[a], t.words.List[b]))
	})
	order = order[:min(size-firstOfWord, len(order))]
	token = slices.Repeat([]int32{unknown}, len(count))
	names = []string{"padding", "unknown"}
	for i, w := range order {
		token[w] = int32(i) + firstOfWord
		names = append(names, t.words.List[w])
	}
	return names, token
}

// longest is the most words that a text has.
func (t *texts) longest() int {
	most := 1
	for i := range t.ends {
		most = max(most, len(t.of(int32(i))))
	}
	return most
}

// encode makes the tokens of all texts: the last so many words of each, padded in front.
func (p *pool) encode(name string, trainTexts []int32, o *Options) error {
	t := p.texts
	length := cmp.Or(o.Length, o.Meaning.length(), p.length, min(t.longest(), defaultLength))
	size := cmp.Or(o.Vocabulary, defaultVocabulary)
	if p.n > maxPadded/length {
		return fail(name, "").Errorf(code, "%d texts of %d words are too much", p.n, length).Helpf("choose a shorter  length")
	}
	var names []string
	var token []int32
	if o.Meaning != nil && o.Meaning.Vocabulary != nil {
		names = o.Meaning.Vocabulary
		token = t.tokensOf(names)
	} else {
		names, token = t.vocabulary(trainTexts, size, o.MinCount)
	}
	tokens := make([]int32, p.n*length)
	for i := range p.n {
		words := t.of(int32(i))
		words = words[max(0, len(words)-length):]
		for j, w := range words {
			tokens[(i+1)*length-len(words)+j] = token[w]
		}
	}
	p.x, p.frame, p.vocabulary = array{Numbers: shrink(tokens, len(names)), size: length}, frame{steps: length, channels: 1}, names
	p.note("texts of the last %d words, padded in front with token 0; vocabulary of the %d most frequent words of the training part; token 1 is any other",
		length, len(names)-firstOfWord)
	return nil
}

// shrink keeps tokens in two bytes when they fit.
func shrink(tokens []int32, vocabulary int) files.Numbers {
	if vocabulary > 1<<16 {
		return files.Packed[int32](tokens)
	}
	return files.Fill(len(tokens), func(i int) uint16 { return uint16(tokens[i]) })
}

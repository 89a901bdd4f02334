package ir

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Channel says how one entry of a step's input comes from a value of the data that the model was trained on: as the
// integer nearest to Gain times the value plus Offset, within the input's range. It changes no result; it is for those
// who feed the model.
type Channel struct {
	Name   string  `json:"name"`
	Gain   float64 `json:"gain"`
	Offset float64 `json:"offset"`
}

// valid reports whether the channel can be shown: a name of one line and finite numbers.
func (c Channel) valid() bool {
	return !strings.ContainsFunc(c.Name, unicode.IsControl) && !math.IsInf(c.Gain, 0) && !math.IsNaN(c.Gain) &&
		!math.IsInf(c.Offset, 0) && !math.IsNaN(c.Offset)
}

// formula is how the entry comes from a value v.
func (c Channel) formula() string {
	switch {
	case c.Offset == 0:
		return fmt.Sprintf("round(%s*v)", digits(c.Gain))
	case c.Offset < 0:
		return fmt.Sprintf("round(%s*v - %s)", digits(c.Gain), digits(-c.Offset))
	}
	return fmt.Sprintf("round(%s*v + %s)", digits(c.Gain), digits(c.Offset))
}

// digits writes a factor exactly enough for values of 24 bits.
func digits(v float64) string { return strconv.FormatFloat(v, 'g', 12, 64) }

// wordRules say how a text becomes tokens, which trainer/data does in the same way.
var wordRules = []string{
	"a word is a run of letters, digits and apostrophes, in lower case, or one of ! and ?; <br /> is a space",
	"its token is the number of its line in vocabulary.txt, counted from 0; token 1 stands for words that are not there",
	"a text is its last words, as many as the model has steps; token 0 comes before those of a shorter one",
}

// Feeding says how a step's input comes from the data that the model was trained on: what lines is a list of, and the lines;
// nil where that is unknown, or where the values of the data are the entries.
func (in Input) Feeding() (title string, lines []string) {
	if in.Words {
		return "A step's input is a word of a text:", wordRules
	}
	return "A step's input, of values v as in the data that the model was trained on, clamped to its range:", in.conversions()
}

// conversions says how each entry of a step's input comes from a value v, a line an entry.
func (in Input) conversions() []string {
	if !slices.ContainsFunc(in.Channels, func(c Channel) bool { return c.Gain != 1 || c.Offset != 0 }) {
		return nil
	}
	same := func(c Channel) bool { return c.Gain == in.Channels[0].Gain && c.Offset == in.Channels[0].Offset }
	if len(in.Channels) > 1 && !slices.ContainsFunc(in.Channels, func(c Channel) bool { return !same(c) }) {
		return []string{fmt.Sprintf("every entry: %s", in.Channels[0].formula())}
	}
	lines := make([]string, len(in.Channels))
	for i, c := range in.Channels {
		lines[i] = fmt.Sprintf("entry %d, %s: %s", i, c.Name, c.formula())
	}
	return lines
}

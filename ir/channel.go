package ir

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Channel says how one entry of a step's input comes from a value of the data that the model was trained on: as the
// integer nearest to Gain times the value plus Offset, within the input's range; or how such a value comes from an output in
// real units. It changes no result; it is for those who feed the model, and read it.
type Channel struct {
	Name   string  `json:"name"`
	Gain   float64 `json:"gain"`
	Offset float64 `json:"offset"`
}

// Conversion says how entry i comes from a value: as Channels say, or by the input's scale where nothing is said.
func (in Input) Conversion(i int) Channel {
	if i < len(in.Channels) {
		return in.Channels[i]
	}
	return Channel{Gain: 1 / in.Scale}
}

// Of gives Gain times a value plus Offset, both rounded to a float64: never one fused multiply-add, which some processors have
// and others not.
func (c Channel) Of(v float64) float64 { return float64(c.Gain*v) + c.Offset }

// valid reports whether the numbers are finite; the name may be any text.
func (c Channel) valid() bool {
	return !math.IsInf(c.Gain, 0) && !math.IsNaN(c.Gain) &&
		!math.IsInf(c.Offset, 0) && !math.IsNaN(c.Offset)
}

// formula is how the entry comes from a value v.
func (c Channel) formula() string { return "round(" + c.of("v") + ")" }

// of is the gain times something plus the offset.
func (c Channel) of(v string) string {
	switch {
	case c.Offset == 0:
		return fmt.Sprintf("%s*%s", digits(c.Gain), v)
	case c.Offset < 0:
		return fmt.Sprintf("%s*%s - %s", digits(c.Gain), v, digits(-c.Offset))
	}
	return fmt.Sprintf("%s*%s + %s", digits(c.Gain), v, digits(c.Offset))
}

// digits writes a factor so that reading it gives the same float64.
func digits(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

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

// Meaning says what values of the data the outputs stand for: what lines is a list of, and a line an output; nil where an
// output in real units is that value.
func (o Output) Meaning() (title string, lines []string) {
	for i, c := range o.Channels {
		lines = append(lines, fmt.Sprintf("output %d, %s: %s", i, c.Name, c.of("r")))
	}
	return "A value as in the data that the model was trained on, of an output r in real units:", lines
}

// Value gives the value of the data that output i stands for, of a result in real units.
func (o Output) Value(i int, r float64) float64 {
	if o.Channels == nil {
		return r
	}
	return o.Channels[i].Of(r)
}

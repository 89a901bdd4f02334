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

// ConversionsTitle is what Conversions is a list of.
const ConversionsTitle = "A step's input, of values v as in the data that the model was trained on, clamped to its range:"

// Conversions says how each entry of a step's input comes from a value v of the data that the model was trained on, a line
// an entry; nil where that is unknown, or where the values are the entries.
func (in Input) Conversions() []string {
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

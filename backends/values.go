package backends

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/ir"
)

// List is what generated code says of values: what Lines is a list of, and the lines, which are nil where there is nothing to say.
type List struct {
	Title string
	Lines []string
}

// Lists are those of Feeding and Meaning that have something to say.
func Lists(in ir.Input, out ir.Output) []List {
	return slices.DeleteFunc([]List{Feeding(in), Meaning(out)}, func(l List) bool { return l.Lines == nil })
}

// wordRules say how a text becomes tokens, which trainer/data does in the same way.
var wordRules = []string{
	"a word is a run of letters, digits and apostrophes, in lower case, or one of ! and ?; <br /> is a space",
	"its token is the number of its line in vocabulary.txt, counted from 0; token 1 stands for words that are not there",
	"a text is its last words, as many as the model has steps; token 0 comes before those of a shorter one",
}

// Feeding says how a step's input comes from the data that the model was trained on; nothing where that is unknown, or where the
// values of the data are the entries.
func Feeding(in ir.Input) List {
	if in.Words {
		return List{"A step's input is a word of a text:", wordRules}
	}
	return List{"A step's input, of values v as in the data that the model was trained on, clamped to its range:", conversions(in.Channels)}
}

// conversions says how each entry of a step's input comes from a value v, a line an entry.
func conversions(channels []ir.Channel) []string {
	if !slices.ContainsFunc(channels, func(c ir.Channel) bool { return c.Gain != 1 || c.Offset != 0 }) {
		return nil
	}
	formula := func(c ir.Channel) string { return "round(" + formula(c, "v") + ")" }
	same := func(c ir.Channel) bool { return c.Gain == channels[0].Gain && c.Offset == channels[0].Offset }
	if len(channels) > 1 && !slices.ContainsFunc(channels, func(c ir.Channel) bool { return !same(c) }) {
		return []string{"every entry: " + formula(channels[0])}
	}
	lines := make([]string, len(channels))
	for i, c := range channels {
		lines[i] = fmt.Sprintf("entry %d, %s: %s", i, c.Name, formula(c))
	}
	return lines
}

// Meaning says what values of the data the outputs stand for, a line an output; nothing where an output in real units is that
// value.
func Meaning(o ir.Output) List {
	var lines []string
	for i, c := range o.Channels {
		lines = append(lines, fmt.Sprintf("output %d, %s: %s", i, c.Name, formula(c, "r")))
	}
	return List{"A value as in the data that the model was trained on, of an output r in real units:", lines}
}

// DecideWords says in words when a decide block takes another class.
func DecideWords(d *decider.Settings) string {
	text := "the largest output takes over"
	if d.Smooth > 1 {
		text = fmt.Sprintf("the largest of the outputs, averaged over %d steps, takes over", d.Smooth)
	}
	if d.Threshold > 0.5 {
		text += fmt.Sprintf(" where its probability against the class before is at least %v", d.Threshold)
	}
	if d.Hold > 0 {
		text += fmt.Sprintf(", and then stays for %d steps", d.Hold)
	}
	return text
}

// formula is the gain times something plus the offset.
func formula(c ir.Channel, of string) string {
	switch {
	case c.Offset == 0:
		return fmt.Sprintf("%s*%s", digits(c.Gain), of)
	case c.Offset < 0:
		return fmt.Sprintf("%s*%s - %s", digits(c.Gain), of, digits(-c.Offset))
	}
	return fmt.Sprintf("%s*%s + %s", digits(c.Gain), of, digits(c.Offset))
}

// digits writes a factor so that reading it gives the same float64.
func digits(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

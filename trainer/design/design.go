// Package design writes a model for a data set: one that trains well as it is. It looks at the sequences, chooses the input,
// the frames, the layers, the readout and the settings of training, and says of each why; of what cannot be seen from the data
// it tries short trainings, on folds of the training part. The choices were measured on small time series (internal/bench/new,
// docs/benchmarks/new.md). It reads no file and prints nothing. Start with New, Design.Try and Design.Text.
package design

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data"
)

// Choice is one line of the model, and why it is as it is.
type Choice struct {
	Name   string `json:"name"`  // what is chosen: input, steps, units, epochs
	Value  string `json:"value"` // the line, or the setting's value
	Reason string `json:"reason"`
}

// Design is a model in the making.
type Design struct {
	name, weights string
	load          func(settings [][2]string) (*data.Set, error)
	set           *data.Set // as the settings of the user have it
	facts         facts
	answer        answer
	given         [][2]string // settings of the user, which stand as they are
	settings      []Choice    // of the train block, chosen
	updates       int         // steps of the optimiser in a try
}

// answer is what the model is to give.
type answer int

const (
	class   answer = iota // one of several
	several               // things that are true at once
	numbers
)

// Options are what a design is made for.
type Options struct {
	Name, Weights string      // of the model, and of the weights file that it names
	Data          string      // how the model names its data set
	Set           [][2]string // settings of the train block that are given, as key and value
	// Load reads the data set with settings that are about data.
	Load func(settings [][2]string) (*data.Set, error)
}

// New chooses a model for a data set.
func New(o Options) (*Design, error) {
	d := &Design{name: name(o.Name), weights: o.Weights, given: o.Set, load: o.Load, updates: tryUpdates}
	if err := d.read(); err != nil {
		return nil, err
	}
	switch {
	case d.set.Train.Outputs > 0 && d.facts.binary:
		d.answer = several
	case d.set.Train.Outputs > 0:
		d.answer = numbers
	}
	d.settings = append([]Choice{{Name: "data", Value: quoted(o.Data)}}, append(d.settings, d.training()...)...)
	return d, nil
}

// forms are the settings that decide what a step is, and what is taken where nothing is said.
var forms = []Choice{
	{"layout", "rows", "a line a step: few steps, each of which sees much"},
	bands,
}

var bands = Choice{"features", "bands", "the energy of 16 bands of sound, 60 times a second, instead of samples"}

// mostPadding is how many times longer than the shortest recording the longest may be where all are padded to its length.
// Others are better cut into windows, whose length their owner knows.
const mostPadding = 4

// read reads the data set as the settings say, all of it to train on that is not for test, in the form that suits its kind.
func (d *Design) read() error {
	all := func() (*data.Set, error) {
		settings := d.DataSettings()
		if d.Setting("valid") == "" {
			settings = append(settings, [2]string{"valid", "0"})
		}
		return d.load(settings)
	}
	set, err := all()
	var unequal *data.UnequalError
	if errors.As(err, &unequal) && unequal.Kind.Knows("features") && d.Setting("features") == "" {
		d.settings = append(d.settings, bands) // of sound, samples are too many in any case
		if set, err = all(); err != nil && !errors.As(err, &unequal) {
			d.settings, err = nil, unequal // sound that has no bands
		}
	}
	if errors.As(err, &unequal) && unequal.Longest <= mostPadding*unequal.Shortest {
		d.settings = append(d.settings, Choice{"length", strconv.Itoa(unequal.Longest),
			fmt.Sprintf("recordings have %d to %s; shorter ones are padded in front", unequal.Shortest, diag.Count(unequal.Longest, "step"))})
		set, err = all()
	}
	if err != nil {
		return err
	}
	for _, form := range forms {
		if set.Kind.Knows(form.Name) && d.Setting(form.Name) == "" {
			d.settings = append(d.settings, form)
		}
	}
	if d.settings != nil {
		if set, err = all(); err != nil {
			return err
		}
	}
	if err := fits(set); err != nil {
		return err
	}
	d.set = set
	d.facts = look(set, d.normalises())
	return nil
}

// normalises reports whether each channel is to have mean 0 and variance 1.
func (d *Design) normalises() bool {
	given := d.Setting("normalise")
	images := d.set.Kind.Knows("layout")
	return d.set.Train.Vocabulary == 0 && d.set.Kind.Knows("normalise") && (given == "channel" || given == "" && !images)
}

// name makes a model's name of any text: letters, digits and _, and none of the language's own words.
func name(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9' && b.Len() > 0:
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	out := strings.TrimRight(b.String()[:min(b.Len(), 40)], "_")
	if out == "" {
		return "sensor"
	}
	if ast, errs := dsl.Parse("", []byte("model "+out+"\n")); errs.HasErrors() || ast == nil {
		return out + "_model"
	}
	return out
}

// quoted writes a setting's value as the language has it: a word or a number as it is, anything else as a string.
func quoted(value string) string {
	bare := value != ""
	for i, r := range value {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		bare = bare && (letter || i > 0 && r >= '0' && r <= '9')
	}
	if _, err := strconv.ParseFloat(value, 64); bare || err == nil && strings.Trim(value, "0123456789.-") == "" {
		return value
	}
	return strconv.Quote(value)
}

// Setting gives a setting's value, "" when nothing is said.
func (d *Design) Setting(key string) string {
	for _, g := range d.given {
		if g[0] == key {
			return g[1]
		}
	}
	for _, c := range d.settings {
		if c.Name == key {
			return c.Value
		}
	}
	return ""
}

// DataSettings are the settings that are about the data, as key and value.
func (d *Design) DataSettings() [][2]string {
	var out [][2]string
	for _, s := range data.Settings {
		if v := d.Setting(s.Name); v != "" {
			out = append(out, [2]string{s.Name, v})
		}
	}
	return out
}

// Notes say what was taken for what in the data.
func (d *Design) Notes() []string { return d.set.Notes }

// Choices are all choices, in the order of the model.
func (d *Design) Choices() []Choice {
	var out []Choice
	for _, l := range d.model() {
		if l.name != "" {
			out = append(out, Choice{l.name, l.code, l.reason})
		}
	}
	return append(out, d.block()...)
}

// Text is the model, laid out as hrnnc fmt does, each choice with its reason in a comment.
func (d *Design) Text() ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "// Written by hrnnc new for %s. %s\n", comment(d.set.Name), d.facts.sentence(d))
	for _, l := range d.model() {
		b.WriteString(l.code)
		if l.reason != "" {
			b.WriteString(" // " + l.reason)
		}
		b.WriteByte('\n')
	}
	b.WriteString("train {\n")
	for _, c := range d.block() {
		fmt.Fprintf(&b, "%s = %s", c.Name, c.Value)
		if c.Reason != "" {
			b.WriteString(" // " + c.Reason)
		}
		b.WriteByte('\n')
	}
	b.WriteString("}\n")
	text, errs := dsl.Format("model.hrn", []byte(b.String()))
	if errs.HasErrors() {
		return nil, errs
	}
	return text, nil
}

// comment makes a text fit for one line of comment.
func comment(text string) string { return strings.Trim(strconv.QuoteToGraphic(text), `"`) }

// Model is the checked model.
func (d *Design) Model() (*dsl.Model, error) {
	text, err := d.Text()
	if err != nil {
		return nil, err
	}
	ast, errs := dsl.Parse("model.hrn", text)
	m, more := dsl.Check(ast)
	if errs = append(errs, more...); errs.HasErrors() {
		return nil, errs
	}
	return m, nil
}

// block is the train block: what was given, then what was chosen.
func (d *Design) block() []Choice {
	out := []Choice{d.settings[0]}
	isGiven := map[string]bool{}
	for _, g := range d.given {
		if !isGiven[g[0]] {
			out = append(out, Choice{g[0], quoted(g[1]), "given"})
		}
		isGiven[g[0]] = true
	}
	for _, c := range d.settings[1:] {
		if !isGiven[c.Name] {
			out = append(out, c)
		}
	}
	return out
}

// fits refuses what no design can be made for.
func fits(set *data.Set) error {
	at := diag.InFile(set.Name, "")
	switch s := &set.Train; {
	case s.Outputs == 0 && len(set.Classes) < 2:
		return at.Errorf("data", "has %s, and a model tells two or more apart", []string{"no class", "one class only"}[len(set.Classes)]).
			Helpf("say which column holds them, with  --set label=COLUMN,  or  --set targets=COLUMN  for numbers")
	case s.Outputs > mostOutputs || len(set.Classes) > mostOutputs:
		return at.Errorf("data", "has %d answers, and at most %d are designed for", max(s.Outputs, len(set.Classes)), mostOutputs).
			Helpf("write the model by hand: docs/language.md; or check that the label is one")
	}
	return nil
}

// mostOutputs keeps a column that is no label, such as a time, from becoming a huge readout.
const mostOutputs = 4096

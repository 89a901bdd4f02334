// Package metadata is the schema of what a weights file says beside its tensors: one list of entries, each with its key, its
// text and its meaning, that writers and readers share. It knows no model: what of it suits one is its readers' to check.
// Start with Metadata and Entries; docs/weights.md has the same list for people.
package metadata

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/ir"
)

// code is the code of every diagnostic of this package.
const code = "weights"

// Metadata is what a weights file says. What it does not say is nil, 0 or "".
type Metadata struct {
	Ranges     map[string]float64 // largest |h| of each state, by its name
	Inputs     []ir.Channel       // how entries of the input come from values of the data
	Outputs    []ir.Channel       // what the outputs of a regression stand for
	Classes    []string           // by their number
	Vocabulary []string           // of the tokens, by their number
	Length     int                // steps that texts and sequences are padded to
	TrainedOn  string             // name of the data set
	DrawnBy    map[string]string  // settings of the train block that drew the parts of that set, by their name
	Version    string             // of hrnnc that trained them
}

// Entry is one row of the schema.
type Entry struct {
	Key   string // that of ranges ends in * for the name of a state
	Form  string // of its text
	About string
	write func(m *Metadata) (text string, ok bool)
	read  func(m *Metadata, text string) error
}

// Keys that messages name.
const (
	InputsKey   = "input.channels"
	OutputsKey  = "output.channels"
	ClassesKey  = "output.classes"
	DrawnByKey  = "drawn_by"
	RangePrefix = "range."
)

// Entries are all of them.
var Entries = []Entry{
	{Key: RangePrefix + "*", Form: "number", About: "largest `|h|` of state `*`, which the unit of its integers comes from"},
	list(InputsKey, "how each entry of the input comes from a value `v` of the data: its `name`, and the integer nearest to `gain*v + offset`",
		func(m *Metadata) *[]ir.Channel { return &m.Inputs }),
	list(OutputsKey, "what each output `y` of a regression stands for: its `name`, and the value `gain*y + offset`", func(m *Metadata) *[]ir.Channel { return &m.Outputs }),
	list(ClassesKey, "names of the classes, by their number", func(m *Metadata) *[]string { return &m.Classes }),
	list("input.vocabulary", "words of the tokens, by their number", func(m *Metadata) *[]string { return &m.Vocabulary }),
	{"input.length", "number", "steps that texts and sequences are padded to",
		func(m *Metadata) (string, bool) { return strconv.Itoa(m.Length), m.Length > 0 },
		func(m *Metadata, text string) (err error) {
			if m.Length, err = strconv.Atoi(text); err == nil && m.Length < 0 {
				err = fmt.Errorf("%d is no number of steps", m.Length)
			}
			return err
		}},
	word("trained_on", "name of the data set that they were trained on", func(m *Metadata) *string { return &m.TrainedOn }),
	encoded(DrawnByKey, "settings that drew the parts of that data set, by their name: `seed`, and what was said of `valid`, `hold`, `test`, `split` and `sequences`",
		func(m *Metadata) *map[string]string { return &m.DrawnBy }, func(v map[string]string) bool { return v != nil }),
	word("hrnnc", "version of hrnnc that trained them", func(m *Metadata) *string { return &m.Version }),
}

// list is an entry that is a list in JSON.
func list[T any](key, about string, field func(*Metadata) *[]T) Entry {
	return encoded(key, about, field, func(v []T) bool { return v != nil })
}

// encoded is an entry that is a value in JSON; said reports whether there is one.
func encoded[T any](key, about string, field func(*Metadata) *T, said func(T) bool) Entry {
	return Entry{key, "JSON", about,
		func(m *Metadata) (string, bool) {
			text, err := json.Marshal(*field(m))
			return string(text), err == nil && said(*field(m)) // numbers are finite and strings are strings
		},
		func(m *Metadata, text string) error {
			err := json.Unmarshal([]byte(text), field(m))
			if err != nil {
				var none T
				*field(m) = none
			}
			return err
		}}
}

// word is an entry that is a text as it stands.
func word(key, about string, field func(*Metadata) *string) Entry {
	return Entry{key, "text", about,
		func(m *Metadata) (string, bool) { return *field(m), *field(m) != "" },
		func(m *Metadata, text string) error {
			*field(m) = text
			return nil
		}}
}

// Write puts what m says into the metadata of a weights file; what it does not say stays there.
func (m *Metadata) Write(into map[string]string) {
	for state, most := range m.Ranges {
		into[RangePrefix+state] = fmt.Sprint(most)
	}
	for _, e := range Entries {
		if e.write == nil {
			continue
		}
		if text, ok := e.write(m); ok {
			into[e.Key] = text
		}
	}
}

// Read takes every entry from a weights file, and the ranges of these states. One that is there and cannot be read is an error:
// who put it there relies on it. Keys that are no entry are left alone.
func Read(f *weights.File, states []string) (m *Metadata, errs diag.List) {
	m = &Metadata{Ranges: map[string]float64{}}
	for _, state := range states {
		m.readRange(f, state, &errs)
	}
	for _, e := range Entries {
		text, ok := f.Metadata[e.Key]
		if !ok || e.read == nil {
			continue
		}
		if err := e.read(m, text); err != nil {
			errs.Add(At(f, e.Key).Errorf(code, "cannot be read: %v", err).
				Helpf("train again, or remove the entry; without it numbers stand for names and values"))
		}
	}
	if slices.ContainsFunc(m.Outputs, func(c ir.Channel) bool { return c.Gain == 0 }) {
		errs.Add(At(f, OutputsKey).Errorf(code, "has a gain of 0").Helpf("train again, or remove the entry"))
	}
	return m, errs
}

func (m *Metadata) readRange(f *weights.File, state string, errs *diag.List) {
	key := RangePrefix + state
	text, ok := f.Metadata[key]
	if !ok {
		return
	}
	// "12,5" and "1,234.5" are no numbers here, and no prefix of them is taken.
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(v >= 0) || math.IsInf(v, 0) {
		errs.Add(At(f, key).Errorf(code, "%s is no range", diag.Short(strconv.Quote(text))).
			Helpf("it is the largest |%s|, a number such as 12.5; or remove the entry and run  hrnnc calibrate", state))
	}
	m.Ranges[state] = v
}

// At is the place of an entry, for diagnostics.
func At(f *weights.File, key string) diag.Builder { return diag.InFile(f.Path, "metadata "+key) }

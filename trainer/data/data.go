// Package data gives the trainer its sequences: known data sets, files of the user, and generated tasks, split into training,
// validation and test parts. It decides what of a file is a sequence, a class and a person, cuts, splits and normalises; formats are
// package files', batches, losses and the integers of a model's input the trainer's. The same options give the same sequences, bit
// by bit. Start with Load, Options and Sequences.
package data

import (
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// code is the code of every diagnostic of this package.
const code = "data"

// Set is a data set, split.
type Set struct {
	Name               string
	Train, Valid, Test Sequences
	// Kind says which settings it knows.
	Kind Kind
	// Classes names the classes, in the order of the labels; nil for regression.
	Classes []string
	// Targets names the numbers to give, or the labels; nil when there are classes.
	Targets []string
	// Labels says that the targets are labels, each 0 or 1, of which a sequence may have several.
	Labels bool
	// Length is the steps that texts or sequences are padded to, as in the files; 0 where they are not.
	Length int
	// Vocabulary spells the tokens; nil when the steps are values.
	Vocabulary []string
	// Channels says what the D values of a step are; nil for tokens.
	Channels []Channel
	// Hz is how many steps of a recording, as the files have them, are a second; 0 where that is unknown.
	Hz float64
	// Timed says which column of times Hz is from, or why one does not tell it; "" where there is none, or Hz was given.
	Timed string
	// Notes say what was done to the data that a report of results must repeat: the permutation, held-out persons.
	Notes           []string
	Source, Licence string
}

// Channel is one of the D values of a step. A value is Scale*raw + Offset, where raw is the number in the file or,
// for features, the integer that the front end computes.
type Channel struct {
	Name   string  `json:"name"`
	Scale  float64 `json:"scale"`
	Offset float64 `json:"offset"`
	Clamps bool    `json:"-"` // values beyond the input's range are meant
}

// channelNames are their names, in order.
func channelNames(channels []Channel) []string {
	out := make([]string, len(channels))
	for i, c := range channels {
		out[i] = c.Name
	}
	return out
}

// LoadWith is Load under settings of a train block, as key and value, and the defaults of training.
func LoadWith(name string, settings [][2]string) (*Set, error) {
	o := Defaults()
	o.Seed = 1 // as training has it where nothing is said
	for _, s := range settings {
		if _, err := o.Set(s[0], s[1]); err != nil {
			return nil, err
		}
	}
	return Load(name, o)
}

// Load gives a data set: a known one by name ("mnist"), a generated one ("copy(100)"), or files of the user by path.
// Its errors are diagnostics.
func Load(name string, o Options) (*Set, error) {
	if err := o.validate(name); err != nil {
		return nil, err
	}
	if err := o.fitsStream(name); err != nil {
		return nil, err
	}
	p, err := open(name, o)
	if err != nil {
		return nil, err
	}
	if err := o.applies(name, p.kind); err != nil {
		return nil, err
	}
	return p.set(name, o)
}

// open finds the reader that a name is for.
func open(name string, o Options) (*pool, error) {
	if g, length, ok, err := findGenerator(name); ok || err != nil {
		if err != nil {
			return nil, err
		}
		const perSequence = 16 // its part, its place in an order, and its group; its values are made when they are read
		if err := files.Fits(name, int64(o.Sequences)*perSequence, 0); err != nil {
			return nil, err
		}
		return g.pool(length, o), nil
	}
	if k := Find(name); k != nil {
		return k.open(o)
	}
	return openPath(name, o)
}

// fail starts an error about a data set, a file, or a part of one.
func fail(file, what string) diag.Builder { return diag.InFile(file, what) }

package main

import (
	"encoding/csv"
	"errors"
	"io"
	"strconv"

	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// answer is what the model said of a sequence or a step, and where that is.
type answer struct {
	Split     string   `json:"split,omitempty"`
	Level     string   `json:"level,omitempty"`
	Sequence  int      `json:"sequence"`            // its number in its file, or in the data set, from 0
	Recording string   `json:"recording,omitempty"` // "" where it is of none
	Person    string   `json:"person,omitempty"`
	First     int      `json:"first_step"`     // that the sequence begins with; of the recording where it is of one, from 0
	Step      int      `json:"step"`           // that the answer is given at
	Time      *float64 `json:"time,omitempty"` // of that step, in seconds from the start
	Label     string   `json:"label,omitempty"`
	Decided   string   `json:"decided,omitempty"`
	Right     *bool    `json:"right,omitempty"`
	// Of a regression: what was to be given, and what was.
	Want []float64 `json:"want,omitempty"`
	Said []float64 `json:"said,omitempty"`
}

// placed is an answer about sequence i of a part, or about step k of it, without what was said.
func (t *training) placed(part *data.Sequences, i, k int) answer {
	if !part.EachStep && t.model.Output.When != ir.EveryStep {
		k = part.T - 1
	}
	o := part.Origin(i)
	a := answer{Sequence: o.Number, Recording: o.Recording, Person: o.Person, First: max(0, o.Step), Step: part.StepAt(i, k)}
	if t.set.Hz > 0 {
		seconds := float64(a.Step) / t.set.Hz
		a.Time = &seconds
	}
	return a
}

// className is that of the data set, or the number of an output that has no class.
func (t *training) className(class int) string {
	if class >= 0 && class < len(t.set.Classes) {
		return t.set.Classes[class]
	}
	return strconv.Itoa(class)
}

// inUnits turns the outputs of a regression into what they stand for.
func inUnits[F float32 | float64](t *training, y []F) []float64 {
	out := make([]float64, len(y))
	for k, v := range y {
		out[k] = float64(v)
		if t.targets != nil {
			out[k] = t.targets[k].Gain*out[k] + t.targets[k].Offset
		}
	}
	return out
}

// answerColumns are the columns of a table of answers, those left out that would be empty.
type answerColumns struct {
	split, recording, person, time bool
	known                          bool     // what was right
	outputs                        []string // names of the numbers of a regression; nil where something is decided
}

// places names the columns that say where an answer is, and placed fills them.
func (c answerColumns) places() []string {
	return c.place([]string{"split", "level"}, "sequence", "recording", "person", "first_step", "step", "time")
}

func (c answerColumns) placed(a answer) []string {
	return c.place([]string{a.Split, a.Level}, strconv.Itoa(a.Sequence), a.Recording, a.Person, strconv.Itoa(a.First), strconv.Itoa(a.Step), seconds(a.Time))
}

func (c answerColumns) head() []string {
	out := c.places()
	switch {
	case c.outputs == nil && c.known:
		return append(out, "label", "decided", "right")
	case c.outputs == nil:
		return append(out, "decided")
	}
	for _, name := range c.outputs {
		if c.known {
			out = append(out, name)
		}
		out = append(out, name+" given")
	}
	return out
}

func (c answerColumns) row(a answer) []string {
	out := c.placed(a)
	switch {
	case c.outputs == nil && c.known:
		return append(out, a.Label, a.Decided, map[bool]string{true: "yes", false: "no"}[a.Right != nil && *a.Right])
	case c.outputs == nil:
		return append(out, a.Decided)
	}
	for k := range c.outputs {
		if c.known {
			out = append(out, strconv.FormatFloat(a.Want[k], 'g', -1, 64))
		}
		out = append(out, strconv.FormatFloat(a.Said[k], 'g', -1, 64))
	}
	return out
}

// place gives the cells that say where an answer is.
func (c answerColumns) place(split []string, sequence, recording, person, first, step, time string) []string {
	var out []string
	if c.split {
		out = append(out, split...)
	}
	out = append(out, sequence)
	if c.recording {
		out = append(out, recording)
	}
	if c.person {
		out = append(out, person)
	}
	out = append(out, first, step)
	if c.time {
		out = append(out, time)
	}
	return out
}

func seconds(t *float64) string {
	if t == nil {
		return ""
	}
	return strconv.FormatFloat(*t, 'f', -1, 64)
}

// answersFile writes answers as CSV (RFC 4180), the head first.
type answersFile struct {
	columns answerColumns
	w       *csv.Writer
}

func newAnswersFile(w io.Writer, columns answerColumns) (*answersFile, error) {
	f := &answersFile{columns, csv.NewWriter(w)}
	return f, f.w.Write(columns.head())
}

func (f *answersFile) write(a answer) error { return f.w.Write(f.columns.row(a)) }

func (f *answersFile) flush() error {
	f.w.Flush()
	return f.w.Error()
}

// writeAnswers opens the CSV file for answers, and hands write on to what makes them; "" for no file.
func (a *app) writeAnswers(path string, columns answerColumns, make func(write func(answer) error) error) error {
	if path == "" {
		return make(func(answer) error { return nil })
	}
	to := func(w io.Writer) error {
		f, err := newAnswersFile(w, columns)
		if err != nil {
			return err
		}
		return errors.Join(make(f.write), f.flush())
	}
	return a.emit(path, to)
}

// answerColumns are those that answers about these parts need.
func (t *training) answerColumns(parts ...*data.Sequences) answerColumns {
	c := answerColumns{time: t.set.Hz > 0}
	for _, part := range parts {
		if part.N > 0 {
			o := part.Origin(0)
			c.recording, c.person = c.recording || o.Recording != "", c.person || o.Person != ""
		}
	}
	if t.net.Loss == network.MeanSquared {
		c.outputs = t.outputNames()
	}
	return c
}

// shownMistakes are listed in the terminal.
const shownMistakes = 8

package main

import (
	"encoding/csv"
	"errors"
	"io"
	"strconv"

	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/study"
)

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

func (c answerColumns) placed(a study.Answer) []string {
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

func (c answerColumns) row(a study.Answer) []string {
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

func (f *answersFile) write(a study.Answer) error { return f.w.Write(f.columns.row(a)) }

func (f *answersFile) flush() error {
	f.w.Flush()
	return f.w.Error()
}

// writeAnswers opens the CSV file for answers, and hands write on to what makes them; "" for no file.
func (a *app) writeAnswers(path string, columns answerColumns, make func(write func(study.Answer) error) error) error {
	if path == "" {
		return make(func(study.Answer) error { return nil })
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
func answerColumnsOf(t *study.Study, parts ...*data.Sequences) answerColumns {
	c := answerColumns{time: t.Set.Hz > 0}
	for _, part := range parts {
		if part.N > 0 {
			o := part.Origin(0)
			c.recording, c.person = c.recording || o.Recording != "", c.person || o.Person != ""
		}
	}
	if t.Net.Loss == network.MeanSquared {
		c.outputs = t.OutputNames()
	}
	return c
}

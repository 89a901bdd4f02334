package study

import (
	"slices"
	"strconv"

	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer/data"
)

// Answer is what the model said of a sequence or a step, and where that is.
type Answer struct {
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

// Place is an answer about sequence i of a part, or about step k of it, without what was said.
func (s *Study) Place(part *data.Sequences, i, k int) Answer {
	if !part.EachStep && s.Model.Output.When != ir.EveryStep {
		k = part.T - 1
	}
	o := part.Origin(i)
	a := Answer{Sequence: o.Number, Recording: o.Recording, Person: o.Person, First: max(0, o.Step), Step: part.StepAt(i, k)}
	if s.Set.Hz > 0 {
		seconds := float64(a.Step) / s.Set.Hz
		a.Time = &seconds
	}
	return a
}

// className is that of the data set, or the number of an output that has no class.
func (s *Study) className(class int) string {
	if class >= 0 && class < len(s.Set.Classes) {
		return s.Set.Classes[class]
	}
	return strconv.Itoa(class)
}

// inUnits turns the outputs of a regression into what they stand for.
func inUnits(s *Study, y []float64) []float64 {
	out := slices.Clone(y)
	for k, c := range s.Targets {
		out[k] = c.Of(y[k])
	}
	return out
}

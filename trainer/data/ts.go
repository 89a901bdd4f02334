package data

import (
	"math"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// tsPool reads files of the UEA and UCR archive (the .ts format of sktime and aeon): a header, and a sequence a line, its
// dimensions and its answer separated by colons, the steps of a dimension by commas.
func tsPool(name string, list []dataFile, o *Options) (*pool, error) {
	s := newSeries(name, o)
	for _, f := range list {
		if err := s.readTS(f); err != nil {
			return nil, err
		}
	}
	return s.finish(name)
}

func (s *series) readTS(f dataFile) error {
	text, err := files.ReadNumbers(f.path)
	if err != nil {
		return err
	}
	return s.takeTS(f, text)
}

// takeTS takes the sequences of a file's text in.
func (s *series) takeTS(f dataFile, text string) error {
	t := &files.TSFile{LineReader: files.LineReader{File: f.path, Text: text}}
	if err := t.Header(); err != nil {
		return err
	}
	switch {
	case s.o.Unlabelled:
	case !t.Class && !t.Target:
		return fail(f.path, "").Errorf(code, "has sequences without an answer: @classLabel and @targetLabel are false or missing").
			Helpf("hrnnc run --data  reads it for a model to answer")
	case len(s.cuts) > 0 && t.Target != (s.outputs > 0):
		return fail(f.path, "").Errorf(code, "has numbers to give where the file before has classes, or the reverse").
			Helpf("give @classLabel or @targetLabel in both")
	case t.Target:
		s.outputs, s.p.targets = 1, []string{"target"}
	}
	for _, c := range t.Classes {
		s.labels.Of(c)
	}
	for {
		line, ok := t.Next()
		if !ok {
			return nil
		}
		if err := s.tsSequence(t, line, f.part); err != nil {
			return err
		}
	}
}

// tsSequence takes a line of the data in.
func (s *series) tsSequence(t *files.TSFile, line string, of part) error {
	fields := files.SplitOutside(line, ':')
	label := int32(-1)
	if t.Class || t.Target {
		answer := strings.TrimSpace(fields[len(fields)-1])
		if fields = fields[:len(fields)-1]; len(fields) == 0 {
			return t.At().Errorf(code, "has no colon, and so no class").Helpf("write the class behind the values, after a colon")
		}
		var err error
		if label, err = s.tsAnswer(t, answer); err != nil {
			return err
		}
	}
	want := s.d
	if want == 0 {
		want = max(t.Dimensions, 0)
	}
	if want > 0 && len(fields) != want {
		return t.At().Errorf(code, "has %s; expected: %d", diag.Count(len(fields), "dimension"), want).
			Helpf("dimensions are separated by colons, the class is the last field")
	}
	if s.d = len(fields); s.d > files.MaxColumns {
		return t.At().Errorf(code, "has %d dimensions; at most %d are read", s.d, files.MaxColumns).Helpf("check that it is the right file")
	}
	columns := make([][]float64, len(fields))
	var times []float64
	for i, f := range fields {
		values, at, err := t.Dimension(f)
		if err != nil {
			return err
		}
		if columns[i] = values; i > 0 && !slices.Equal(at, times) {
			return t.At().Errorf(code, "its dimensions have different timestamps").
				Helpf("resample them to the same steps, and write @timeStamps false")
		}
		times = at
	}
	if err := s.tsTimes(t, times); err != nil {
		return err
	}
	return s.addColumns(t.LineReader, columns, label, of)
}

// tsAnswer reads the last field of a line: the number of a class, or a target.
func (s *series) tsAnswer(t *files.TSFile, answer string) (label int32, err error) {
	switch {
	case s.o.Unlabelled:
		return -1, nil
	case t.Target:
		v, ok := files.Finite(answer)
		if !ok {
			return -1, t.At().Errorf(code, "its target is %q, which is no finite number", diag.Short(answer)).
				Helpf("write the number behind the last colon")
		}
		s.targets = append(s.targets, v)
		return -1, nil
	case answer == "" || answer == "?":
		return -1, t.At().Errorf(code, "has no class").Helpf("write it behind the last colon, or remove the line")
	}
	if len(t.Classes) > 0 && !slices.ContainsFunc(t.Classes, func(c string) bool { return files.SameClass(c, answer) }) {
		return -1, t.At().Errorf(code, "its class is %q, which @classLabel does not name", diag.Short(answer)).
			Helpf("the classes are %s", diag.Short(strings.Join(t.Classes, " ")))
	}
	return s.labels.Of(answer), nil
}

// tsTimes checks the times of a sequence. A model takes steps as equally far apart.
func (s *series) tsTimes(t *files.TSFile, times []float64) error {
	if len(times) == 0 {
		return nil
	}
	s.p.note("timestamps are not read: steps are taken in their order, as equally far apart")
	least, most := math.Inf(1), 0.0
	for i := range times[1:] {
		d := times[i+1] - times[i]
		if d <= 0 {
			return t.At().Errorf(code, "its timestamp of step %d is not after that of the step before", i+1).Helpf("sort the steps by their time")
		}
		least, most = min(least, d), max(most, d)
	}
	if most > 1.5*least {
		return t.At().Errorf(code, "its steps are %g to %g s apart", least, most).
			Helpf("resample to steps equally far apart; or write @timeStamps false and the values alone, if their order is all that counts")
	}
	return nil
}

// addColumns takes a sequence in, each of its values as a column of steps; shorter ones lack their last steps.
func (s *series) addColumns(at files.LineReader, columns [][]float64, label int32, of part) error {
	steps := 0
	for _, c := range columns {
		steps = max(steps, knownSteps(c))
	}
	if steps == 0 {
		return at.At().Errorf(code, "has no value").Helpf("remove the sequence")
	}
	if len(s.values) > maxPadded-steps*s.d {
		return at.At().Errorf(code, "the set is too large").Helpf("at most %d values are read", maxPadded)
	}
	values := make([]float64, steps*s.d)
	for c, column := range columns {
		for t := range steps {
			v := math.NaN()
			if t < len(column) {
				v = column[t]
			}
			values[t*s.d+c] = v
		}
	}
	s.add(at.At(), values, label, of)
	return nil
}

// knownSteps is how many steps there are up to the last known one: what is missing at the end pads a shorter sequence.
func knownSteps(column []float64) int {
	n := len(column)
	for n > 0 && column[n-1] != column[n-1] {
		n--
	}
	return n
}

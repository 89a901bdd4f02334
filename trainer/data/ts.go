package data

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// tsPool reads files of the UEA and UCR archive (the .ts format of sktime and aeon): a header, and a sequence a line, its
// dimensions and its answer separated by colons, the steps of a dimension by commas.
func tsPool(name string, files []dataFile, o *Options) (*pool, error) {
	s := newSeries(name, o)
	for _, f := range files {
		if err := s.readTS(f); err != nil {
			return nil, err
		}
	}
	return s.finish(name)
}

// tsFile is one of them while it is read.
type tsFile struct {
	lineReader
	timed      bool // each value has a timestamp
	dimensions int  // as declared; 0 for not
	classes    []string
	class      bool // the last field is a class
	target     bool // the last field is a number to give
}

func (s *series) readTS(f dataFile) error {
	text, err := readNumbers(f.path)
	if err != nil {
		return err
	}
	return s.takeTS(f, text)
}

// takeTS takes the sequences of a file's text in.
func (s *series) takeTS(f dataFile, text string) error {
	t := &tsFile{lineReader: lineReader{file: f.path, text: text}}
	if err := t.header(); err != nil {
		return err
	}
	switch {
	case s.o.Unlabelled:
	case !t.class && !t.target:
		return fail(f.path, "").Errorf(code, "has sequences without an answer: @classLabel and @targetLabel are false or missing").
			Helpf("hrnnc run --data  reads it for a model to answer")
	case len(s.cuts) > 0 && t.target != (s.outputs > 0):
		return fail(f.path, "").Errorf(code, "has numbers to give where the file before has classes, or the reverse").
			Helpf("give @classLabel or @targetLabel in both")
	case t.target:
		s.outputs, s.p.targets = 1, []string{"target"}
	}
	for _, c := range t.classes {
		s.labels.of(c)
	}
	for {
		line, ok := t.next()
		if !ok {
			return nil
		}
		if err := s.tsSequence(t, line, f.part); err != nil {
			return err
		}
	}
}

// header reads the lines up to @data.
func (t *tsFile) header() error {
	for {
		line, ok := t.next()
		if !ok {
			return fail(t.file, "").Errorf(code, "has no line @data").Helpf("check that it is a .ts file of the UEA and UCR archive")
		}
		fields := strings.Fields(line)
		if !strings.HasPrefix(fields[0], "@") {
			return t.at().Errorf(code, "comes before a line @data and is none of the header").
				Helpf("lines of the header start with @, comments with #")
		}
		value := ""
		if len(fields) > 1 {
			value = fields[1]
		}
		yes := strings.EqualFold(value, "true")
		switch strings.ToLower(fields[0]) {
		case "@data":
			return nil
		case "@timestamps":
			t.timed = yes
		case "@dimension", "@dimensions":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > maxColumns {
				return t.at().Errorf(code, "%s is %q", fields[0], diag.Short(value)).Helpf("it is 1 to %d", maxColumns)
			}
			t.dimensions = n
		case "@univariate":
			if yes {
				t.dimensions = 1
			}
		case "@targetlabel":
			t.target = yes
		case "@classlabel":
			if t.class = yes; yes {
				t.classes = fields[2:]
			}
		}
	}
}

// tsSequence takes a line of the data in.
func (s *series) tsSequence(t *tsFile, line string, of part) error {
	fields := splitOutside(line, ':')
	label := int32(-1)
	if t.class || t.target {
		answer := strings.TrimSpace(fields[len(fields)-1])
		if fields = fields[:len(fields)-1]; len(fields) == 0 {
			return t.at().Errorf(code, "has no colon, and so no class").Helpf("write the class behind the values, after a colon")
		}
		var err error
		if label, err = s.tsAnswer(t, answer); err != nil {
			return err
		}
	}
	want := s.d
	if want == 0 {
		want = max(t.dimensions, 0)
	}
	if want > 0 && len(fields) != want {
		return t.at().Errorf(code, "has %d dimensions; %d are expected", len(fields), want).
			Helpf("dimensions are separated by colons, the class is the last field")
	}
	if s.d = len(fields); s.d > maxColumns {
		return t.at().Errorf(code, "has %d dimensions; at most %d are read", s.d, maxColumns).Helpf("check that it is the right file")
	}
	columns := make([][]float64, len(fields))
	var times []float64
	for i, f := range fields {
		values, at, err := t.dimension(f)
		if err != nil {
			return err
		}
		if columns[i] = values; i > 0 && !slices.Equal(at, times) {
			return t.at().Errorf(code, "its dimensions have different timestamps").
				Helpf("resample them to the same steps, and write @timeStamps false")
		}
		times = at
	}
	if err := s.tsTimes(t, times); err != nil {
		return err
	}
	return s.addColumns(t.lineReader, columns, label, of)
}

// tsAnswer reads the last field of a line: the number of a class, or a target.
func (s *series) tsAnswer(t *tsFile, answer string) (label int32, err error) {
	switch {
	case s.o.Unlabelled:
		return -1, nil
	case t.target:
		v, ok := finite(answer)
		if !ok {
			return -1, t.at().Errorf(code, "its target is %q, which is no finite number", diag.Short(answer)).
				Helpf("write the number behind the last colon")
		}
		s.targets = append(s.targets, v)
		return -1, nil
	case answer == "" || answer == "?":
		return -1, t.at().Errorf(code, "has no class").Helpf("write it behind the last colon, or remove the line")
	}
	if len(t.classes) > 0 && !slices.ContainsFunc(t.classes, func(c string) bool { return sameClass(c, answer) }) {
		return -1, t.at().Errorf(code, "its class is %q, which @classLabel does not name", diag.Short(answer)).
			Helpf("the classes are %s", diag.Short(strings.Join(t.classes, " ")))
	}
	return s.labels.of(answer), nil
}

// sameClass reports whether two spellings are of one class.
func sameClass(a, b string) bool {
	x, isX := finite(a)
	y, isY := finite(b)
	return a == b || isX && isY && x == y
}

// dimension reads the steps of one dimension, and their times in seconds where they have some.
func (t *tsFile) dimension(text string) (values []float64, times []float64, err error) {
	text = strings.TrimSpace(text)
	if text == "" || text == "?" {
		return nil, nil, nil
	}
	if !t.timed {
		for f := range strings.SplitSeq(text, ",") {
			v, ok := value(f)
			if !ok {
				return nil, nil, t.at().Errorf(code, "step %d is %q, which is no number", len(values), diag.Short(f)).
					Helpf("write the number, or ? where it is missing")
			}
			values = append(values, v)
		}
		return values, nil, nil
	}
	for _, f := range splitOutside(text, ',') {
		inner, closed := strings.CutSuffix(strings.TrimSpace(f), ")")
		inner, opened := strings.CutPrefix(inner, "(")
		comma := strings.LastIndex(inner, ",")
		if !opened || !closed || comma < 0 {
			return nil, nil, t.at().Errorf(code, "step %d is %q; with @timeStamps true it is (TIME,VALUE)", len(values), diag.Short(f)).
				Helpf("write it so, or @timeStamps false")
		}
		at, isTime := parseTime(inner[:comma])
		v, ok := value(inner[comma+1:])
		if !isTime || !ok {
			return nil, nil, t.at().Errorf(code, "step %d is %q, which is no time and number", len(values), diag.Short(f)).
				Helpf("times are seconds, or such as 2007-01-01 00:00:00")
		}
		values, times = append(values, v), append(times, at)
	}
	return values, times, nil
}

// tsTimes checks the times of a sequence. A model takes steps as equally far apart.
func (s *series) tsTimes(t *tsFile, times []float64) error {
	if len(times) == 0 {
		return nil
	}
	s.p.note("timestamps are not read: steps are taken in their order, as equally far apart")
	least, most := math.Inf(1), 0.0
	for i := range times[1:] {
		d := times[i+1] - times[i]
		if d <= 0 {
			return t.at().Errorf(code, "its timestamp of step %d is not after that of the step before", i+1).Helpf("sort the steps by their time")
		}
		least, most = min(least, d), max(most, d)
	}
	if most > 1.5*least {
		return t.at().Errorf(code, "its steps are %g to %g s apart", least, most).
			Helpf("resample to steps equally far apart; or write @timeStamps false and the values alone, if their order is all that counts")
	}
	return nil
}

// maxColumns is more values of a step than any sensor has.
const maxColumns = 1 << 16

// addColumns takes a sequence in, each of its values as a column of steps; shorter ones lack their last steps.
func (s *series) addColumns(at lineReader, columns [][]float64, label int32, of part) error {
	steps := 0
	for _, c := range columns {
		steps = max(steps, knownSteps(c))
	}
	if steps == 0 {
		return at.at().Errorf(code, "has no value").Helpf("remove the sequence")
	}
	if len(s.values) > maxPadded-steps*s.d {
		return at.at().Errorf(code, "the set is too large").Helpf("at most %d values are read", maxPadded)
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
	s.add(at.at(), values, label, of)
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

// splitOutside splits a text at a mark outside of parentheses.
func splitOutside(text string, mark byte) (out []string) {
	depth, from := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		case mark:
			if depth <= 0 {
				out = append(out, text[from:i])
				from = i + 1
			}
		}
	}
	return append(out, text[from:])
}

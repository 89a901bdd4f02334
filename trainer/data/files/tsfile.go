package files

import (
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// TSFile is one of them while it is read.
type TSFile struct {
	LineReader
	timed      bool // each value has a timestamp
	Dimensions int  // as declared; 0 for not
	Classes    []string
	Class      bool // the last field is a class
	Target     bool // the last field is a number to give
}

// Header reads the lines up to @data.
func (t *TSFile) Header() error {
	for {
		line, ok := t.Next()
		if !ok {
			return diag.InFile(t.File, "").Errorf(code, "has no line @data").Helpf("check that it is a .ts file of the UEA and UCR archive")
		}
		fields := strings.Fields(line)
		if !strings.HasPrefix(fields[0], "@") {
			return t.At().Errorf(code, "comes before a line @data and is none of the header").
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
			if err != nil || n < 1 || n > MaxColumns {
				return t.At().Errorf(code, "%s is %q", fields[0], diag.Short(value)).Helpf("it is 1 to %d", MaxColumns)
			}
			t.Dimensions = n
		case "@univariate":
			if yes {
				t.Dimensions = 1
			}
		case "@targetlabel":
			t.Target = yes
		case "@classlabel":
			if t.Class = yes; yes {
				t.Classes = fields[2:]
			}
		}
	}
}

// SameClass reports whether two spellings are of one class.
func SameClass(a, b string) bool {
	x, isX := Finite(a)
	y, isY := Finite(b)
	return a == b || isX && isY && x == y
}

// Dimension reads the steps of one dimension, and their times in seconds where they have some.
func (t *TSFile) Dimension(text string) (values []float64, times []float64, err error) {
	text = strings.TrimSpace(text)
	if text == "" || text == "?" {
		return nil, nil, nil
	}
	if !t.timed {
		for f := range strings.SplitSeq(text, ",") {
			v, ok := value(f)
			if !ok {
				return nil, nil, t.At().Errorf(code, "step %d is %q, which is no number", len(values), diag.Short(f)).
					Helpf("write the number, or ? where it is missing")
			}
			values = append(values, v)
		}
		return values, nil, nil
	}
	for _, f := range SplitOutside(text, ',') {
		inner, closed := strings.CutSuffix(strings.TrimSpace(f), ")")
		inner, opened := strings.CutPrefix(inner, "(")
		comma := strings.LastIndex(inner, ",")
		if !opened || !closed || comma < 0 {
			return nil, nil, t.At().Errorf(code, "step %d is %q; with @timeStamps true it is (TIME,VALUE)", len(values), diag.Short(f)).
				Helpf("write it so, or @timeStamps false")
		}
		at, isTime := ParseTime(inner[:comma])
		v, ok := value(inner[comma+1:])
		if !isTime || !ok {
			return nil, nil, t.At().Errorf(code, "step %d is %q, which is no time and number", len(values), diag.Short(f)).
				Helpf("times are seconds, or such as 2007-01-01 00:00:00")
		}
		values, times = append(values, v), append(times, at)
	}
	return values, times, nil
}

// MaxColumns is more values of a step than any sensor has.
const MaxColumns = 1 << 16

// SplitOutside splits a text at a mark outside of parentheses.
func SplitOutside(text string, mark byte) (out []string) {
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

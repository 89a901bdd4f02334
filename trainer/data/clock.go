package data

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// clock is a column of times of a table with a step a row: it tells how many steps a second has, where nobody says it.
type clock struct {
	name   string
	column int       // of the file at hand, -1 where it has none
	dates  bool      // dates or times of day, which are in seconds
	broken bool      // something stands there that is no time
	apart  []float64 // of rows that follow each other in a recording, in the column's unit
	last   float64   // NaN where there is none
}

// timeUnit is the unit at the end of a column's name, or the name itself: time_ms, Time (s), seconds.
var timeUnit = regexp.MustCompile(`(?:^|[ _\-(\[])(s|ms|us|ns|secs?|seconds|millis|milliseconds|micros)[)\]]?$`)

// secondsOf are the units.
var secondsOf = map[string]float64{"s": 1, "sec": 1, "secs": 1, "seconds": 1, "ms": 1e-3, "millis": 1e-3, "milliseconds": 1e-3, "us": 1e-6, "micros": 1e-6, "ns": 1e-9}

// isDate reports whether a field is a date or a time of day, whatever its column is called.
func isDate(r *files.Rows, fields []string, i int) bool {
	_, dated, ok := r.Time(fields, i)
	return dated && ok
}

// findClocks finds the columns of times of a file: by their names, or by the dates in them.
func (t *table) findClocks(r *files.Rows) {
	for _, c := range t.clocks {
		c.column, c.last = -1, math.NaN()
	}
	if t.id < 0 && !t.wholeFile || t.o.Hz > 0 {
		return // no row is a step, or it is said
	}
	first, err := r.Ahead(1)
	if err != nil {
		return // as whoever reads the rows will hear
	}
	for i, name := range r.Header {
		name = files.Clean(name)
		if slices.Contains(t.taken, i) || !timeName.MatchString(strings.ToLower(name)) && (len(first) == 0 || !isDate(r, first[0], i)) {
			continue
		}
		k := slices.IndexFunc(t.clocks, func(c *clock) bool { return c.name == name })
		if k < 0 {
			k, t.clocks = len(t.clocks), append(t.clocks, &clock{name: name, last: math.NaN()})
		}
		t.clocks[k].column = i
	}
}

// continues reports whether the row at hand, whose recording and person are known, is of the recording of the one before it.
func (t *table) continues() bool {
	i := len(t.rowPart) // the row's part is that of its file
	return i > 0 && t.rowID[i] == t.rowID[i-1] && (t.rowWho == nil || t.rowWho[i] == t.rowWho[i-1])
}

// row takes a row in.
func (c *clock) row(r *files.Rows, fields []string, continues bool) {
	if c.column < 0 || c.broken {
		return
	}
	at, dated, ok := r.Time(fields, c.column)
	if by := at - c.last; continues && !isNaN(by) {
		c.apart = append(c.apart, by)
	}
	c.last, c.dates, c.broken = at, c.dates || dated, !ok
}

// Times are regular where all but one in a hundred of the steps are as far apart as they mostly are, up to a quarter: clocks are read late,
// and are coarse.
const (
	mostIrregular = 0.01
	unevenness    = 0.25
)

// period is the mean time between steps, without those that are further apart or closer than the others; false where it is irregular.
func (c *clock) period() (mean float64, regular bool) {
	if c.broken || len(c.apart) < 2 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(c.apart))
	usual := sorted[len(sorted)/2]
	sum, n := 0.0, 0
	for _, by := range c.apart {
		if math.Abs(by-usual) <= unevenness*usual {
			sum, n = sum+by, n+1
		}
	}
	return sum / float64(n), usual > 1e-9 && usual < 1e18 && float64(n) >= (1-mostIrregular)*float64(len(c.apart))
}

// unit is that of the times in seconds, 0 where it is not known. They count since 1970 where they are of this century; and what is
// fractions apart is taken for seconds, and told so.
func (c *clock) unit(period float64) (seconds float64, taken string) {
	if m := timeUnit.FindStringSubmatch(strings.ToLower(c.name)); m != nil && !c.dates {
		return secondsOf[m[1]], ""
	}
	const century, end, slowest = 9.8e8, 4.1e9, 10 // seconds since 1970 of 2001 and 2099; and between steps
	for _, unit := range []float64{1, 1e-3, 1e-6, 1e-9} {
		if at := c.last * unit; at >= century && at < end && period*unit <= slowest {
			return unit, ""
		}
	}
	switch {
	case c.dates:
		return 1, ""
	case period < 1:
		return 1, ", taken for seconds"
	}
	return 0, ""
}

// tellTime takes the steps a second from the first column of times that tells them.
func (t *table) tellTime() {
	for _, c := range t.clocks {
		period, regular := c.period()
		unit, taken := c.unit(period)
		switch {
		case !regular && len(c.apart) > 0:
			t.p.timed = fmt.Sprintf("the times of column %s are not regular", diag.Short(c.name))
		case !regular:
		case unit == 0:
			t.p.timed = fmt.Sprintf("the steps of column %s are %.6g apart, in a unit that it does not say", diag.Short(c.name), period)
		default:
			// More digits are those of sums, and not of a clock.
			t.p.hz, _ = strconv.ParseFloat(strconv.FormatFloat(1/(period*unit), 'g', 6, 64), 64)
			t.p.timed = fmt.Sprintf("%g steps a second, by column %s%s; hz = NUMBER says otherwise", t.p.hz, diag.Short(c.name), taken)
			t.p.note("%s", t.p.timed)
			return
		}
	}
}

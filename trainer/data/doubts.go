package data

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// doubts looks for readings of a table that are likely wrong, once all rows are there: columns that nobody named and that are times
// or give the answer away, and steps that would be taken for sequences. It leaves out, notes, or refuses.
func (t *table) doubts(name string) error {
	var times []int
	if t.guessed != nil {
		if err := t.unnamedID(name); err != nil {
			return err
		}
		if times = t.times(); len(times) > 0 && len(times) < len(t.values) {
			t.leaveOut(times)
		}
		if err := t.givenAway(name); err != nil {
			return err
		}
	}
	if t.rowID == nil && t.cols.Inputs == 0 && !t.o.Unlabelled && t.o.Meaning == nil {
		return t.stepsAsSequences(name, len(times) > 0)
	}
	return nil
}

// unnamedID refuses a guessed value that is called as an id is and has the same number in several rows that follow each other.
func (t *table) unnamedID(name string) error {
	d, n := len(t.values), len(t.rowPart)
	for c, column := range t.names {
		if t.rowID != nil || t.cols.Inputs > 0 || !t.named || !calledID(column) {
			continue
		}
		runs := 1
		for i := 1; i < n; i++ {
			if t.x[i*d+c] != t.x[(i-1)*d+c] {
				runs++
			}
		}
		if n > 2*runs {
			return fail(name, "").Errorf(code, "column %s seems to number recordings, of which each row is a step", column).
				Helpf("say  id = %s;  or  values = \"NAME,NAME\"  without it, and  inputs = 1,  where a row is a sequence", column)
		}
	}
	return nil
}

// rising says how the values of a column go on from row to row of a recording.
type rising struct {
	never bool // it falls or stays somewhere
	falls bool
	even  bool // by the same amount throughout
	by    float64
	rises int // rows that are above the one before
}

// rises looks at value column c.
func (t *table) rises(c int) rising {
	r, d := rising{even: true}, len(t.values)
	for i := 1; i < len(t.rowPart); i++ {
		if !t.sameRecording(i-1, i) {
			continue
		}
		by := t.x[i*d+c] - t.x[(i-1)*d+c]
		switch {
		case math.IsNaN(by):
			continue
		case by < 0:
			r.falls, r.never = true, true
			return r
		case by == 0:
			r.never = true
		default:
			r.rises++
		}
		if r.by == 0 {
			r.by = by
		}
		r.even = r.even && by == r.by
	}
	return r
}

// fewRows are too few to tell by its values alone that a column counts them.
const fewRows = 20

// times are the guessed values that are times or count the rows: called so, and never falling; or without a name, and rising by the
// same at every row.
func (t *table) times() (found []int) {
	var rising []string
	for c, name := range t.names {
		r := t.rises(c)
		lower := strings.ToLower(name)
		called := timeName.MatchString(lower) || indexName.MatchString(lower) || slices.Contains(t.unnamed, t.values[c])
		switch {
		case r.falls || r.rises == 0 && !(called && len(t.rowPart) == 1):
		case called || calledID(lower) && !r.never, !t.named && r.even && !r.never && r.rises >= fewRows:
			found = append(found, c)
		case !r.never && r.rises >= 2*fewRows:
			rising = append(rising, name)
		}
	}
	if len(found) == len(t.names) {
		return nil
	}
	var names []string
	for _, c := range found {
		names = append(names, t.names[c])
	}
	if len(found) == 1 {
		t.jumps(found[0])
	}
	if len(names) > 0 {
		t.p.note("columns that are not read, since they only rise, as a time or an index does: %s; values = \"...\" makes them values", strings.Join(names, ", "))
	}
	if len(rising) > 0 {
		t.p.note("values that only rise, as a time does: %s; values = \"...\" without them leaves them out", strings.Join(rising, ", "))
	}
	return found
}

// jumps notes where the steps of a recording are further apart in time than they mostly are.
func (t *table) jumps(c int) {
	d := len(t.values)
	var apart []float64
	for i := 1; i < len(t.rowPart); i++ {
		if by := t.x[i*d+c] - t.x[(i-1)*d+c]; t.sameRecording(i-1, i) && by > 0 {
			apart = append(apart, by)
		}
	}
	if len(apart) == 0 || t.rowID == nil {
		return
	}
	slices.Sort(apart)
	usual := apart[len(apart)/2]
	at, _ := slices.BinarySearch(apart, 2*usual)
	if n := len(apart) - at; n > 0 {
		t.p.note("column %s: steps are mostly %.4g apart, and in %s by up to %.4g; windows run across them", t.names[c], usual, diag.Count(n, "place"), apart[len(apart)-1])
	}
}

// sameRecording reports whether two rows that follow each other are of one recording.
func (t *table) sameRecording(i, j int) bool {
	return t.rowPart[i] == t.rowPart[j] && (t.rowID == nil || t.rowID[i] == t.rowID[j])
}

// calledID reports a name of ids: where each row has another, it is an index.
func calledID(name string) bool { return called(name, idNames) }

// leaveOut takes value columns out.
func (t *table) leaveOut(columns []int) {
	d := len(t.values)
	kept := t.x[:0]
	for i, v := range t.x {
		if !slices.Contains(columns, i%d) {
			kept = append(kept, v)
		}
	}
	t.x = kept
	var values []int
	var names []string
	for c := range d {
		if !slices.Contains(columns, c) {
			values, names = append(values, t.values[c]), append(names, t.names[c])
		}
	}
	t.values, t.names = values, names
}

// givenAway refuses a guessed value that says the answer: a number for each class, or a copy of a target.
func (t *table) givenAway(name string) error {
	d := len(t.values)
	if len(t.rowPart) < fewRows || d < 2 {
		return nil
	}
	for c := range d {
		what := ""
		switch {
		case t.answered() && t.numbersClasses(c):
			what = "has one whole number for each class"
		case len(t.targets) > 0 && !t.forecasts() && t.copiesTarget(c):
			what = "is a copy of a target"
		default:
			continue
		}
		var others []string
		for k, n := range t.names {
			if k != c {
				others = append(others, n)
			}
		}
		return fail(name, "").Errorf(code, "column %s %s, and would give the answer away as a value", t.names[c], what).
			Helpf("name the columns of values without it:  values = \"%s\";  or with it, if it is known on the device", listedNames(others))
	}
	return nil
}

// listedNames joins names, of many the first and the last.
func listedNames(names []string) string {
	if len(names) > 12 {
		return strings.Join(names[:10], ",") + ",...," + names[len(names)-1]
	}
	return strings.Join(names, ",")
}

func (t *table) numbersClasses(c int) bool {
	d := len(t.values)
	of, class := map[int32]float64{}, map[float64]int32{}
	for i, label := range t.classes {
		v := t.x[i*d+c]
		if label < 0 || isNaN(v) {
			continue
		}
		if v != float64(math.Trunc(float64(v))) {
			return false
		}
		known, ok := of[label]
		other, taken := class[v]
		if ok && known != v || taken && other != label {
			return false
		}
		of[label], class[v] = v, label
	}
	return len(of) > 1 && len(of)*4 <= len(t.classes)
}

func (t *table) copiesTarget(c int) bool {
	d, k := len(t.values), len(t.targets)
	for target := range k {
		same, varies := true, false
		for i := range t.rowPart {
			same = same && t.x[i*d+c] == t.y[i*k+target]
			varies = varies || t.y[i*k+target] != t.y[target]
		}
		if same && varies {
			return true
		}
	}
	return false
}

// scattered refuses recordings that are hardly more than single rows: rows that are not in the order of their recordings, or labels
// that change from step to step.
func (t *table) scattered(name string, cuts int) error {
	ids := len(distinct(t.rowID))
	n := len(t.rowPart)
	if t.o.Window > 0 || n < stepRows || cuts < 4*ids || n > 2*cuts {
		return nil
	}
	if t.answered() && !t.cols.EachStep {
		return fail(name, "").Errorf(code, "%s of %d recordings are cut into %d pieces of one label", diag.Count(n, "row"), ids, cuts).
			Helpf("where every step has a label of its own, say  each_step = yes;  or sort the rows by recording")
	}
	return fail(name, "").Errorf(code, "%s of %d recordings are %d pieces: rows of one id do not follow each other", diag.Count(n, "row"), ids, cuts).
		Helpf("sort the rows by recording, and by time within each")
}

// Tables of which more than this is so are taken for steps.
const (
	stepRows   = 50 // rows
	stepValues = 64 // values of a step, at most
	stepRun    = 8  // rows of one label in a row, on average
	smooth     = 0.5
)

// stepsAsSequences refuses a table without  id  whose rows look like the steps of recordings: few values, rows of one label that
// follow each other, or neighbours that are alike.
func (t *table) stepsAsSequences(name string, timed bool) error {
	n, d := len(t.rowPart), len(t.values)
	var why []string
	if timed {
		why = append(why, "a column only rises")
	}
	if axisNames.MatchString(" " + strings.ToLower(strings.Join(t.names, " ")) + " ") {
		why = append(why, "its columns are called as axes are")
	}
	if run := t.run(); run >= stepRun {
		why = append(why, fmt.Sprintf("%.0f rows of one label follow each other on average", run))
	}
	if t.smoothness() < smooth {
		why = append(why, "rows that follow each other are alike")
	}
	if n >= 20*stepRows && d <= 16 && t.apart() {
		why = append(why, "it has many rows of few columns with names of their own")
	}
	if n < stepRows || d > stepValues || n < 2*d || !t.apart() || len(why) == 0 {
		return nil
	}
	id := anyID
	if r, err := files.OpenRows(t.path, t.cols.dialect()); err == nil {
		id = likelyID(r, t.label)
	}
	return fail(name, "").Errorf(code, "its rows look like steps of recordings (%s), and would be read as %s of %s", strings.Join(why, ", "), diag.Count(n, "sequence"), diag.Count(d, "step")).
		Helpf("say  %s;  or  id = file  where the whole file is one; or  inputs = 1  where a row is a sequence", id)
}

// axisNames are names of three axes.
var axisNames = regexp.MustCompile(`\s(\S*)x\S*\s+(\S*)y\S*\s+(\S*)z\S*\s`)

// apart reports whether columns have names of their own, not one name with numbers, or no name.
func (t *table) apart() bool {
	stems := map[string]bool{}
	for _, n := range t.names {
		stems[strings.Trim(n, "0123456789 _-.[]()")] = true
	}
	return len(stems) > 1 && 2*len(stems) > len(t.names) || !t.named || len(t.names) == 1
}

// run is how many rows of one label follow each other, on average; 0 where there is one class or none.
func (t *table) run() float64 {
	if !t.answered() || len(t.p.classes) < 2 || len(t.classes) == 0 {
		return 0
	}
	runs := 1
	for i := 1; i < len(t.classes); i++ {
		if t.classes[i] != t.classes[i-1] {
			runs++
		}
	}
	return float64(len(t.classes)) / float64(runs)
}

// smoothness compares values that follow each other with all of a column: the mean square of their differences over twice the variance,
// 1 for rows in any order and near 0 for a slow signal; the median over the columns.
func (t *table) smoothness() float64 {
	d, n := len(t.values), len(t.rowPart)
	var all []float64
	for c := range d {
		var sum, squares, steps float64
		for i := range n {
			v := float64(t.x[i*d+c])
			if math.IsNaN(v) {
				continue
			}
			sum, squares = sum+v, squares+v*v
			if i > 0 {
				if by := v - float64(t.x[(i-1)*d+c]); !math.IsNaN(by) {
					steps += by * by
				}
			}
		}
		if variance := squares/float64(n) - sum/float64(n)*sum/float64(n); variance > 0 {
			all = append(all, steps/float64(n)/(2*variance))
		}
	}
	if len(all) == 0 {
		return 1
	}
	slices.Sort(all)
	return all[len(all)/2]
}

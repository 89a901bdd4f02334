package data

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// tablePool reads tables: a text a row, a sequence of numbers a row, or a step a row.
func tablePool(name string, files []dataFile, o *Options) (*pool, error) {
	t := newTable(name, o)
	for _, f := range files {
		if err := t.readFile(f); err != nil {
			return nil, err
		}
	}
	return t.finish(name)
}

// table gathers the rows of all files.
type table struct {
	o    *Options
	cols Columns
	p    *pool

	label, text, id, group int // columns, -1 when there is none
	values, targets        []int
	taken                  []int // columns that are something else than values
	labelName              string
	names                  []string // of the value columns
	named                  bool     // names are those of a header

	texts   *texts
	x, y    []float64     // values and targets, row by row, as the text says them
	classes packed[int32] // by row, numbers of labels
	rowID   []int32       // by row, numbers of ids
	rowWho  []int32       // by row, numbers of persons
	rowPart []part
	labels  *intern
	ids     *intern
	persons *intern
}

func newTable(name string, o *Options) *table {
	return &table{o: o, cols: o.Columns, p: &pool{kind: Table, source: name}, labels: newIntern(), ids: newIntern(), persons: newIntern()}
}

// intern numbers words in the order of their first use.
type intern struct {
	number map[string]int32
	words  []string
}

func newIntern() *intern { return &intern{number: map[string]int32{}} }

func (in *intern) of(word string) int32 {
	n, ok := in.number[word]
	if !ok {
		n = int32(len(in.words))
		word = strings.Clone(word) // not the whole row that it is part of
		in.number[word], in.words = n, append(in.words, word)
	}
	return n
}

// orNone is of, and -1 for no word.
func (in *intern) orNone(word string) int32 {
	if word == "" {
		return -1
	}
	return in.of(word)
}

func (t *table) readFile(f dataFile) error {
	r, err := openRows(f.path, t.cols.Header)
	if err != nil {
		return err
	}
	return t.readRows(r, f.part)
}

func (t *table) readRows(r *rows, of part) error {
	first, err := r.next()
	if err != nil || first == nil {
		return err
	}
	if err := t.findColumns(r, first); err != nil {
		return err
	}
	for fields := first; fields != nil; {
		if err := t.row(r, fields); err != nil {
			return err
		}
		t.rowPart = append(t.rowPart, of)
		if fields, err = r.next(); err != nil {
			return err
		}
	}
	return nil
}

// labelNames and textNames are names that columns are recognised by.
var (
	labelNames = []string{"label", "class", "y", "target", "activity", "category"}
	textNames  = []string{"text", "sentence", "review"}
)

// findColumns finds the columns that the options name, and guesses the others by their names.
func (t *table) findColumns(r *rows, first []string) error {
	columns := t.cols
	if columns.Label == "" && len(columns.Targets) == 0 {
		switch columns.Label = guess(r.header, labelNames); {
		case r.target != "":
			columns.Label, columns.Targets = "", []string{r.target}
		case columns.Label == "" && r.label != "":
			if columns.Label = r.label; r.header == nil {
				t.p.note("the first column is taken for the class, as in the tables of the UCR archive, which have no header; label = NUMBER takes another")
			}
		}
	}
	if columns.Text == "" && len(columns.Values) == 0 {
		columns.Text = guess(r.header, textNames)
	}
	if t.o.Unlabelled {
		columns = withoutMissing(r, columns)
	}
	for _, c := range []struct {
		name  string
		index *int
	}{{columns.Label, &t.label}, {columns.Text, &t.text}, {columns.ID, &t.id}, {columns.Group, &t.group}} {
		*c.index = -1
		if c.name == "" {
			continue
		}
		var err error
		if *c.index, err = r.column(c.name); err != nil {
			return err
		}
	}
	var err error
	if t.targets, err = r.columns(columns.Targets); err != nil {
		return err
	}
	if t.label >= 0 {
		t.labelName = r.columnName(t.label)
		for _, c := range r.classes {
			t.labels.of(c)
		}
	}
	t.p.targets = nil
	for _, i := range t.targets {
		t.p.targets = append(t.p.targets, r.columnName(i))
	}
	t.taken = append([]int{t.label, t.text, t.id, t.group}, t.targets...)
	if t.o.Unlabelled {
		t.label, t.targets = -1, nil
	} else if t.label < 0 && len(t.targets) == 0 {
		return fail(r.file, "").Errorf(code, "which column is the label cannot be guessed").Helpf("say  label = \"NAME\"  or its number from 1, or  targets  for regression")
	}
	if r.byNumber && t.cols.Header != "yes" && r.header != nil {
		t.p.note("the first row is taken for the names of columns, since no number is in it; header = no makes it data")
	}
	if err := t.needID(r); err != nil || t.text >= 0 {
		return err
	}
	return t.findValues(r, first, columns.Values)
}

// needID refuses settings of recordings for tables that have a sequence or a text a row.
func (t *table) needID(r *rows) error {
	of, help := "a sequence", fmt.Sprintf("say  id = COLUMN,  which numbers the recordings; %s", r.columnNames())
	if t.text >= 0 {
		of, help = "a text", "remove it"
	} else if t.id >= 0 {
		return nil
	}
	for _, s := range []struct {
		name  string
		given bool
	}{{"window", t.o.Window > 0}, {"stride", t.o.Stride > 0}, {"length", t.o.Length > 0 && t.text < 0}, {"each_step", t.cols.EachStep}} {
		if s.given {
			return fail(r.file, "").Errorf(code, "%s is for a table with a step a row; without  id  this one has %s a row", s.name, of).Helpf("%s", help)
		}
	}
	return nil
}

// findValues takes the columns named, or all others that hold a number in the first row.
func (t *table) findValues(r *rows, first, named []string) error {
	var found []int
	if len(named) > 0 {
		var err error
		if found, err = r.columns(named); err != nil {
			return err
		}
	} else if t.values != nil && r.header != nil && t.named {
		// The columns of the file before, wherever this one has them.
		var err error
		if found, err = r.columns(t.names); err != nil {
			return err
		}
	} else {
		for i, f := range first {
			switch {
			case slices.Contains(t.taken, i):
			case isNumber(f):
				found = append(found, i)
			case decimalComma.MatchString(strings.TrimSpace(f)):
				return fail(r.file, "").Errorf(code, "column %s holds %q in the first row: numbers have a point here, not a comma", r.columnName(i), f).
					Helpf("write 0.5 for 0,5 throughout, or name the columns of values with  values = \"NAME,NAME\"")
			case strings.TrimSpace(f) == "":
				return fail(r.file, "").Errorf(code, "column %s is empty in the first row, so that it cannot be told whether it holds values", r.columnName(i)).
					Helpf("fill it in, or name the columns with  values = \"NAME,NAME\"")
			}
		}
	}
	if len(found) == 0 {
		return fail(r.file, "").Errorf(code, "no column holds values").Helpf("say  values = \"NAME,NAME\"  or  text = \"NAME\"")
	}
	if t.values != nil && len(found) != len(t.values) {
		return fail(r.file, "").Errorf(code, "has %d columns of values; the file before it has %d", len(found), len(t.values)).
			Helpf("name them:  values = \"NAME,NAME\"")
	}
	t.values, t.names, t.named = found, nil, r.header != nil
	if len(named) == 0 {
		t.noteUnread(r, first, found)
	}
	for _, i := range found {
		t.names = append(t.names, r.columnName(i))
	}
	return nil
}

// decimalComma is a number as much of Europe writes it.
var decimalComma = regexp.MustCompile(`^[+-]?\d+,\d+$`)

// noteUnread says which columns are neither values nor anything else.
func (t *table) noteUnread(r *rows, first []string, found []int) {
	var unread []string
	for i := range first {
		if !slices.Contains(t.taken, i) && !slices.Contains(found, i) {
			unread = append(unread, r.columnName(i))
		}
	}
	if len(unread) > 0 {
		t.p.note("columns that are not read, since their first row is no number: %s", strings.Join(unread, ", "))
	}
}

// withoutMissing leaves out the columns of answers and persons that a file lacks.
func withoutMissing(r *rows, c Columns) Columns {
	lacks := func(name string) bool { _, err := r.column(name); return err != nil }
	for _, name := range []*string{&c.Label, &c.Group} {
		if lacks(*name) {
			*name = ""
		}
	}
	c.Targets = slices.DeleteFunc(slices.Clone(c.Targets), lacks)
	return c
}

func guess(header, names []string) string {
	for _, n := range names {
		for _, h := range header {
			if strings.EqualFold(strings.TrimSpace(h), n) {
				return h
			}
		}
	}
	return ""
}

// What a table may hold at most, so that a hostile file cannot fill the memory.
const (
	maxRows  = 1 << 26
	maxWords = 1 << 22 // different words, persons or ids
)

// row takes one row in.
func (t *table) row(r *rows, fields []string) error {
	if len(t.rowPart) == maxRows || len(t.x) > maxPadded || len(t.ids.words)+len(t.persons.words) > maxWords ||
		t.texts != nil && len(t.texts.words.words) > maxWords {
		return r.at(0).Errorf(code, "the table is too large").Helpf("at most %d rows, %d values and %d different words or ids are read", maxRows, maxPadded, maxWords)
	}
	if t.label >= 0 {
		label := strings.TrimSpace(fields[t.label])
		switch {
		case t.cols.EachStep && label == "-1":
			label = "" // as in arrays
		case !t.cols.EachStep && label == "":
			return r.at(0).Errorf(code, "has no label").Helpf("remove the row; or where every step has a label of its own, say  each_step = yes")
		}
		t.classes = append(t.classes, t.labels.orNone(label))
		if len(t.labels.words) > maxClasses {
			return r.at(0).Errorf(code, "is the %d. different label", len(t.labels.words)).Helpf("check  label;  for regression say  targets")
		}
	}
	for _, i := range t.targets {
		v, err := r.number(fields, i)
		if err != nil {
			return err
		}
		t.y = append(t.y, v)
	}
	if t.id >= 0 {
		id := fields[t.id]
		if t.group >= 0 {
			id += " of " + fields[t.group] // each person may count from 1
		}
		t.rowID = append(t.rowID, t.ids.of(id))
	}
	if t.group >= 0 {
		t.rowWho = append(t.rowWho, t.persons.of(fields[t.group]))
	}
	if t.text >= 0 {
		if t.texts == nil {
			t.texts = newTexts()
		}
		t.texts.add(fields[t.text])
		return nil
	}
	for _, i := range t.values {
		v, err := r.number(fields, i)
		if err != nil {
			return err
		}
		t.x = append(t.x, v)
	}
	return nil
}

// finish makes sequences of the rows.
func (t *table) finish(name string) (*pool, error) {
	if len(t.rowPart) == 0 {
		return nil, fail(name, "").Errorf(code, "has a header and no row").Helpf("check that it is the right file")
	}
	if t.label >= 0 {
		if err := t.nameClasses(name); err != nil {
			return nil, err
		}
	}
	if t.rowWho != nil {
		t.p.kind |= Grouped
		t.p.personsKnown = true
		t.rowWho, t.p.persons = t.persons.asNumbers(t.rowWho)
	}
	if t.rowID != nil {
		if t.rowID, t.p.recordingNames = t.ids.asNumbers(t.rowID); t.rowWho == nil {
			t.p.persons = t.p.recordingNames
		}
	}
	switch {
	case t.text >= 0:
		t.p.kind |= Text
		t.p.texts = t.texts
	case t.id >= 0:
		t.p.kind |= Series | Streams
		return t.p, t.recordings(name)
	default:
		t.p.kind |= Series
		if err := t.sequenceRows(name); err != nil {
			return nil, err
		}
	}
	t.p.n, t.p.parts, t.p.groups = len(t.rowPart), t.rowPart, t.rowWho
	t.answers()
	return t.p, nil
}

// answers are the classes or targets of the rows.
func (t *table) answers() {
	t.p.y = array{numbers: t.classes, size: 1}
	if len(t.targets) > 0 {
		t.p.outputs = len(t.targets)
		t.p.y = array{numbers: exactly(t.y, t.p.outputs), size: t.p.outputs}
		t.p.classes = nil
	}
}

// nameClasses numbers the labels in the order of their names.
func (t *table) nameClasses(name string) error {
	t.classes, t.p.classes = t.labels.asClasses(t.classes)
	if n := len(t.p.classes); n > manyClasses && allNumbers(t.p.classes) && !t.cols.EachStep {
		t.p.note("column %s has %d different numbers, each taken for a class; targets = \"%s\" makes them numbers to give", t.labelName, n, t.labelName)
	}
	return checkClasses(fail(name, ""), len(t.p.classes))
}

// asNumbers gives what rows say of persons or recordings: the file's own numbers, or when some are no numbers, numbers in
// the order of the names, which are given then.
func (in *intern) asNumbers(rows []int32) (numbers []int32, names []string) {
	number := make([]int32, len(in.words))
	own := true
	for i, w := range in.words {
		n, err := strconv.ParseInt(w, 10, 32)
		own = own && err == nil
		number[i] = int32(n)
	}
	if !own {
		names = sortNames(in.words)
		for i, w := range names {
			number[in.number[w]] = int32(i)
		}
	}
	out := make([]int32, len(rows))
	for i, w := range rows {
		out[i] = number[w]
	}
	return out, names
}

// sequenceRows makes each row a sequence, with  inputs  values a step.
func (t *table) sequenceRows(name string) error {
	d := max(1, t.cols.Inputs)
	if len(t.values)%d != 0 {
		return fail(name, "").Errorf(code, "a row has %d values, not a multiple of inputs = %d", len(t.values), d).Helpf("check  values  and  inputs")
	}
	t.p.x = array{numbers: exactly(t.x, len(t.values)), size: len(t.values)}
	t.p.frame = frame{steps: len(t.values) / d, channels: d}
	t.p.channels = numbered(d, t.unit())
	return nil
}

func (t *table) unit() float64 {
	if t.o.Unit == 0 {
		return 1
	}
	return t.o.Unit
}

// recordings makes each row a step. Rows of one id and one label that follow each other are a recording, or of one id where
// every step has its answer.
func (t *table) recordings(name string) error {
	d := len(t.values)
	rec := recordings{values: exactly(t.x, d), d: d}
	t.x = nil
	for i := 0; i < len(t.rowPart); {
		j := i + 1
		for j < len(t.rowPart) && t.same(i, j) {
			j++
		}
		c := cut{from: i, steps: j - i, part: t.rowPart[i], recording: t.rowID[i], group: t.rowID[i], label: -1}
		if t.rowWho != nil {
			c.group = t.rowWho[i]
		}
		if t.label >= 0 {
			c.label = t.classes[i]
		}
		rec.cuts = append(rec.cuts, c)
		i = j
	}
	rec.placeCuts()
	t.p.channels = make([]Channel, d)
	for c := range t.p.channels {
		t.p.channels[c] = Channel{Name: t.names[c], Scale: t.unit()}
	}
	switch {
	case len(t.targets) > 0:
		rec.answers, rec.width = exactly(t.y, len(t.targets)), len(t.targets)
		t.p.outputs, t.p.classes = len(t.targets), nil
	case t.label >= 0 && t.cols.EachStep:
		rec.answers, rec.width = t.classes, 1
	}
	rec.eachStep = t.cols.EachStep && rec.answers != nil
	return rec.windows(name, t.p, t.o.Window, t.o.Stride, t.o.Length)
}

// same reports whether two rows can be of one recording.
func (t *table) same(i, j int) bool {
	sameLabel := t.label < 0 || t.cols.EachStep || t.classes[i] == t.classes[j]
	return t.rowPart[i] == t.rowPart[j] && t.rowID[i] == t.rowID[j] && sameLabel
}

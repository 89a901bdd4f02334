package data

import (
	"cmp"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hrnnc/hrnnc/internal/diag"
	"golang.org/x/text/unicode/norm"
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
	header                 []string // of the file before; nil when it has none
	guessed                []int    // value columns that nobody named
	unnamed                []int    // columns without a name
	wholeFile              bool     // each file is a recording
	classOfFile            bool     // its path says its class
	file                   int      // how many have been read
	size                   int64    // bytes of the files read
	gaps                   gaps
	of                     recordedFile // the one that is read, where each is a recording

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
	r, err := openRows(f.path, t.cols)
	if err != nil {
		return err
	}
	return t.readRows(r, f.part)
}

func (t *table) readRows(r *rows, of part) error {
	if err := t.findColumns(r); err != nil {
		return err
	}
	t.file++
	t.size += r.size
	if err := fits(r.file, int64(len(t.rowPart)+r.lines)*t.rowBytes(), t.size); err != nil {
		return err
	}
	for {
		fields, err := r.next()
		if err != nil || fields == nil {
			return err
		}
		if err := t.row(r, fields); err != nil {
			return err
		}
		t.rowPart = append(t.rowPart, of)
	}
}

// rowBytes is what a row takes: its numbers, and which class, recording, person and part it is of.
func (t *table) rowBytes() int64 {
	return int64(len(t.values)+len(t.targets))*numberBytes + 3*4 + 1
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
		label := clean(fields[t.label])
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
	if t.classOfFile {
		t.classes = append(t.classes, t.labels.of(t.of.label))
	}
	for _, i := range t.targets {
		v, err := r.number(fields, i)
		if err != nil {
			return err
		}
		t.y = append(t.y, v)
	}
	if err := t.whose(r, fields); err != nil {
		return err
	}
	if t.text >= 0 {
		if t.texts == nil {
			t.texts = newTexts()
		}
		t.texts.add(fields[t.text])
		return nil
	}
	for _, i := range t.values {
		v, err := r.value(fields, i)
		if err != nil {
			return err
		}
		if isNaN(v) {
			t.gaps.add(len(t.rowPart), r.at(0))
		}
		t.x = append(t.x, v)
	}
	return nil
}

// whose says of which recording and person a row is.
func (t *table) whose(r *rows, fields []string) error {
	for _, c := range []struct {
		column int
		what   string
		words  *intern
		rows   *[]int32
	}{{t.id, "recording", t.ids, &t.rowID}, {t.group, "person", t.persons, &t.rowWho}} {
		if c.column < 0 {
			continue
		}
		name := clean(fields[c.column])
		if name == "" {
			return r.at(0).Errorf(code, "column %s is empty: it says of which %s the row is", r.columnName(c.column), c.what).Helpf("fill it in, or remove the row")
		}
		if c.what == "recording" && t.of.name != "" {
			name += " of " + t.of.name
		}
		*c.rows = append(*c.rows, c.words.of(name))
	}
	if t.wholeFile {
		t.rowID = append(t.rowID, t.ids.of(cmp.Or(t.of.name, filepath.Base(r.file))))
	}
	if t.of.group != "" && t.group < 0 {
		t.rowWho = append(t.rowWho, t.persons.of(t.of.group))
	}
	return nil
}

// finish makes sequences of the rows.
func (t *table) finish(name string) (*pool, error) {
	if len(t.rowPart) == 0 {
		return nil, (&rows{file: name}).noRow()
	}
	if t.answered() {
		if err := t.nameClasses(name); err != nil {
			return nil, err
		}
	}
	t.numberRows()
	if err := t.kindOfAnswers(name); err != nil {
		return nil, err
	}
	if t.text < 0 {
		if err := t.doubts(name); err != nil {
			return nil, err
		}
	}
	switch {
	case t.text >= 0:
		t.p.kind |= Text
		t.p.texts = t.texts
	case t.rowID != nil:
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

// kindOfAnswers checks what  answers  says of the columns.
func (t *table) kindOfAnswers(name string) error {
	switch how := t.o.Answers; {
	case how == "" || t.o.Unlabelled:
	case how == "labels":
		if i := slices.IndexFunc(t.y, func(v float64) bool { return v != 0 && v != 1 }); i >= 0 || len(t.targets) == 0 {
			return fail(name, "").Errorf(code, "answers = labels is for columns of zeros and ones").Helpf("name them:  targets = \"NAME,NAME\"")
		}
		t.p.labels = true
	case how == "numbers" && len(t.targets) == 0:
		return fail(name, "").Errorf(code, "answers = numbers is for columns of targets").Helpf("name them:  targets = \"NAME,NAME\"")
	case how == "classes" && len(t.targets) > 0:
		return fail(name, "").Errorf(code, "answers = classes is for a column of labels").Helpf("name it:  label = NAME")
	}
	return nil
}

// answered reports whether rows have classes.
func (t *table) answered() bool { return t.label >= 0 || t.classOfFile }

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

// numberRows numbers persons and recordings by their names. Recordings are those of a person: each may count from 1.
func (t *table) numberRows() {
	for _, names := range []*intern{t.persons, t.ids, t.labels} {
		if a, b, how := names.alike(); a != "" {
			t.p.note("%s and %s differ in %s only, and are taken for two", a, b, how)
		}
	}
	if t.rowWho != nil {
		t.p.kind |= Grouped
		t.p.personsKnown = true
		t.rowWho, t.p.persons = t.persons.asNumbers(t.rowWho)
	}
	if t.rowID == nil {
		return
	}
	t.rowID, t.p.recordingNames = t.ids.asNumbers(t.rowID)
	if t.rowWho == nil {
		t.p.persons = t.p.recordingNames
		return
	}
	both, of := newIntern(), map[[2]int32]int32{}
	for i, id := range t.rowID {
		pair := [2]int32{id, t.rowWho[i]}
		n, ok := of[pair]
		if !ok {
			n = both.of(spell(pair[:1], t.p.recordingNames) + " of " + spell(pair[1:], t.p.persons))
			of[pair] = n
		}
		t.rowID[i] = n
	}
	t.rowID, t.p.recordingNames = both.asNumbers(t.rowID)
}

// alike finds two words that differ in capitals only, or in what a screen does not show: two ways to write one letter in Unicode,
// characters without width.
func (in *intern) alike() (a, b, how string) {
	seen := map[string]string{}
	for _, w := range in.words {
		shown := norm.NFKC.String(strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Cf, r) {
				return -1
			}
			return r
		}, w))
		folded := strings.ToLower(shown)
		other, ok := seen[folded]
		switch {
		case !ok:
			seen[folded] = w
		case strings.EqualFold(other, w):
			return other, w, "capitals"
		default:
			return strconv.QuoteToASCII(other), strconv.QuoteToASCII(w), "characters that look the same"
		}
	}
	return "", "", ""
}

// exactDigits are those of a number that a float64 tells from all others.
const exactDigits = 15

// asNumbers gives what rows say of persons or recordings: the file's own numbers, where 1 and 1.0 are one; or when some are no
// whole numbers, numbers in the order of the names, which are given then.
func (in *intern) asNumbers(rows []int32) (numbers []int32, names []string) {
	spelling := slices.Clone(in.words)
	for i, w := range spelling {
		if _, ok := finite(w); ok && len(w) <= exactDigits {
			spelling[i] = spellNumber(w)
		}
	}
	number := make([]int32, len(spelling))
	own := true
	for i, w := range spelling {
		n, err := strconv.ParseInt(w, 10, 32)
		own = own && err == nil
		number[i] = int32(n)
	}
	if !own {
		names = slices.Compact(sortNames(spelling))
		at := map[string]int32{}
		for i, w := range names {
			at[w] = int32(i)
		}
		for i, w := range spelling {
			number[i] = at[w]
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
	steps := len(t.values) / d
	g := t.gapped(d)
	for i, part := range t.rowPart {
		g.cuts = append(g.cuts, cut{from: i * steps, steps: steps, part: part})
	}
	shorter := g.trimmed()
	if shorter > 0 {
		t.p.note("%d of %d rows end in missing values, and are taken for shorter sequences: padded in front with zeros", shorter, len(t.rowPart))
	}
	if err := g.resolve(t.p, t.o.Missing); err != nil {
		return err
	}
	for i, c := range g.cuts {
		if t.rowPart[i] = c.part; c.steps == 0 {
			return g.place(c.from).Errorf(code, "has no value").Helpf("remove the row")
		}
	}
	if shorter > 0 {
		t.x = pad(g.cuts, steps, d, 0, packed[float64](t.x).floats)
	}
	t.p.x = array{numbers: exactly(t.x, len(t.values)), size: len(t.values)}
	t.p.frame = frame{steps: steps, channels: d}
	t.p.channels = numbered(d, t.unit())
	return nil
}

// gapped are the values with what is missing, d a step.
func (t *table) gapped(d int) *gapped {
	perRow := max(1, len(t.values)/d)
	return &gapped{x: t.x, d: d, steps: t.o.Window > 0,
		place: func(step int) diag.Builder {
			if at, ok := t.gaps.rows[step/perRow]; ok {
				return at
			}
			return fail(t.p.source, "")
		},
		value: func(i int) string { return "column " + t.names[i%len(t.values)] },
		named: func(channel int) string {
			if perRow > 1 {
				return "the sequences"
			}
			return "column " + t.names[channel]
		}}
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
	g := t.gapped(d)
	for i := 0; i < len(t.rowPart); {
		j := i + 1
		for j < len(t.rowPart) && t.same(i, j) {
			j++
		}
		c := cut{from: i, steps: j - i, part: t.rowPart[i], recording: t.rowID[i], group: t.rowID[i], label: -1}
		if t.rowWho != nil {
			c.group = t.rowWho[i]
		}
		if t.answered() {
			c.label = t.classes[i]
		}
		g.cuts = append(g.cuts, c)
		i = j
	}
	if err := t.scattered(name, len(g.cuts)); err != nil {
		return err
	}
	recordings{cuts: g.cuts}.placeCuts()
	if err := g.resolve(t.p, t.o.Missing); err != nil {
		return err
	}
	rec := recordings{values: exactly(t.x, d), d: d, cuts: used(g.cuts)}
	t.x = nil
	if len(rec.cuts) == 0 {
		return fail(name, "").Errorf(code, "no recording is left: all lack values").Helpf("check the columns of values")
	}
	t.p.channels = make([]Channel, d)
	for c := range t.p.channels {
		t.p.channels[c] = Channel{Name: t.names[c], Scale: t.unit()}
	}
	switch {
	case len(t.targets) > 0:
		rec.answers, rec.width = exactly(t.y, len(t.targets)), len(t.targets)
		t.p.outputs, t.p.classes = len(t.targets), nil
	case t.answered() && t.cols.EachStep:
		rec.answers, rec.width = t.classes, 1
	}
	rec.eachStep = t.cols.EachStep && rec.answers != nil
	return rec.windows(name, t.p, t.o.Window, t.o.Stride, t.o.Length)
}

// same reports whether two rows can be of one recording.
func (t *table) same(i, j int) bool {
	sameLabel := !t.answered() || t.cols.EachStep || t.classes[i] == t.classes[j]
	return t.rowPart[i] == t.rowPart[j] && t.rowID[i] == t.rowID[j] && sameLabel
}

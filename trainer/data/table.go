package data

import (
	"cmp"
	"path/filepath"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// tablePool reads tables: a text a row, a sequence of numbers a row, or a step a row.
func tablePool(name string, list []dataFile, o *Options) (*pool, error) {
	t := newTable(name, o)
	for _, f := range list {
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
	path                   string   // of the last one
	size                   int64    // bytes of the files read
	gaps                   gaps
	of                     recordedFile // the one that is read, where each is a recording
	clocks                 []*clock     // columns of times

	texts   *texts
	x, y    []float64           // values and targets, row by row, as the text says them
	classes files.Packed[int32] // by row, numbers of labels
	rowID   []int32             // by row, numbers of ids
	rowWho  []int32             // by row, numbers of persons
	rowPart []part
	labels  *files.Words
	ids     *files.Words
	persons *files.Words
}

func newTable(name string, o *Options) *table {
	cols := o.Columns
	cols.EachStep = cols.EachStep || o.Stream
	return &table{o: o, cols: cols, p: &pool{kind: Table, source: name}, labels: files.NewWords(), ids: files.NewWords(), persons: files.NewWords()}
}

func (t *table) readFile(f dataFile) error {
	r, err := files.OpenRows(f.path, t.cols.dialect())
	if err != nil {
		return err
	}
	t.path = f.path
	return t.readRows(r, f.part)
}

func (t *table) readRows(r *files.Rows, of part) error {
	if err := t.findColumns(r); err != nil {
		return err
	}
	t.file++
	t.findClocks(r)
	t.size += r.Size
	if err := files.Fits(r.File, int64(len(t.rowPart)+r.Lines)*t.rowBytes(), t.size); err != nil {
		return err
	}
	for {
		fields, err := r.Next()
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
	return int64(len(t.values)+len(t.targets)+len(t.clocks))*files.NumberBytes + 3*4 + 1
}

// What a table may hold at most, so that a hostile file cannot fill the memory.
const (
	maxRows  = 1 << 26
	maxWords = 1 << 22 // different words, persons or ids
)

// row takes one row in.
func (t *table) row(r *files.Rows, fields []string) error {
	if len(t.rowPart) == maxRows || len(t.x) > maxPadded || len(t.ids.List)+len(t.persons.List) > maxWords ||
		t.texts != nil && len(t.texts.words.List) > maxWords {
		return r.At(0).Errorf(code, "the table is too large").Helpf("at most %s, %s and %d different words or ids are read", diag.Count(maxRows, "row"), diag.Count(maxPadded, "value"), maxWords)
	}
	if t.label >= 0 {
		label := files.Clean(fields[t.label])
		switch {
		case t.cols.EachStep && label == "-1":
			label = "" // as in arrays
		case !t.cols.EachStep && label == "":
			return r.At(0).Errorf(code, "has no label").Helpf("remove the row; or where every step has a label of its own, say  each_step = yes")
		}
		t.classes = append(t.classes, t.labels.OrNone(label))
		if len(t.labels.List) > maxClasses {
			return r.At(0).Errorf(code, "is the %d. different label", len(t.labels.List)).Helpf("check  label;  for regression say  targets")
		}
	}
	if t.classOfFile {
		t.classes = append(t.classes, t.labels.Of(t.of.label))
	}
	for _, i := range t.targets {
		v, err := r.Number(fields, i)
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
	for _, c := range t.clocks {
		c.row(r, fields, t.continues())
	}
	for _, i := range t.values {
		v, err := r.Value(fields, i)
		if err != nil {
			return err
		}
		if isNaN(v) {
			t.gaps.add(len(t.rowPart), r.At(0))
		}
		t.x = append(t.x, v)
	}
	return nil
}

// whose says of which recording and person a row is.
func (t *table) whose(r *files.Rows, fields []string) error {
	for _, c := range []struct {
		column int
		what   string
		words  *files.Words
		rows   *[]int32
	}{{t.id, "recording", t.ids, &t.rowID}, {t.group, "person", t.persons, &t.rowWho}} {
		if c.column < 0 {
			continue
		}
		name := files.Clean(fields[c.column])
		if name == "" {
			return r.At(0).Errorf(code, "column %s is empty: it says of which %s the row is", r.ColumnName(c.column), c.what).Helpf("fill it in, or remove the row")
		}
		if c.what == "recording" && t.of.name != "" {
			name += " of " + t.of.name
		}
		*c.rows = append(*c.rows, c.words.Of(name))
	}
	if t.wholeFile {
		t.rowID = append(t.rowID, t.ids.Of(cmp.Or(t.of.name, filepath.Base(r.File))))
	}
	if t.of.group != "" && t.group < 0 {
		t.rowWho = append(t.rowWho, t.persons.Of(t.of.group))
	}
	return nil
}

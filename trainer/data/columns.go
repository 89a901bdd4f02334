package data

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// Names that columns are recognised by.
var (
	textNames  = []string{"text", "sentence", "review"}
	groupNames = []string{"subject", "person", "user", "participant", "speaker", "patient", "volunteer", "group"}
	idNames    = []string{"id", "session", "recording", "record", "trial", "run", "take", "sequence", "series", "file", "filename", "segment", "episode"}
	// timeName is that of a time, with or without its unit; indexName that of a number that counts the rows.
	timeName  = regexp.MustCompile(`^(unix|system|sample|local)?[ _-]?(time|timestamp|date|datetime|t|ts|seconds|secs?|millis|milliseconds|micros|elapsed|epoch|uptime)` + unitSuffix)
	indexName = regexp.MustCompile(`^(index|idx|row|rownum|step|frame|sample|tick|seq|counter|no|nr|#)` + unitSuffix)
)

// unitSuffix is what stands behind the name of a time or an index: _ms, [s], _utc, _id.
const unitSuffix = `[ _-]?[(\[]?(s|ms|us|ns|sec|secs|seconds|millis|utc|local|start|stamp|id|no|nr|num|number|index|count|counter)?[)\]]?$`

// called reports whether a column's name is one of a list, perhaps with _id or _no behind it.
func called(name string, list []string) bool {
	name = strings.ToLower(files.Clean(name))
	for _, suffix := range []string{"", "_id", " id", "id", "_no", "_nr", "_number"} {
		if rest, ok := strings.CutSuffix(name, suffix); ok && slices.Contains(list, rest) {
			return true
		}
	}
	return false
}

// wholeFile, as the name of the column with the id, makes each file one recording.
const wholeFile = "file"

// findColumns finds the columns that the options name, and guesses the others by their names.
func (t *table) findColumns(r *files.Rows) error {
	for _, n := range r.Notes {
		t.p.note("%s", n)
	}
	columns := t.cols
	if forecast := t.forecasts(); forecast && columns.Label != "" {
		return fail(r.File, "").Errorf(code, "label is a class, and horizon forecasts numbers").Helpf("remove  label;  targets  names the columns to forecast, else it is the inputs")
	} else if columns.Label == "" && len(columns.Targets) == 0 && !t.classOfFile && !forecast {
		if err := t.guessAnswer(r, &columns); err != nil {
			return err
		}
	}
	if columns.Text == "" && len(columns.Values) == 0 {
		columns.Text = guess(r.Header, textNames)
	}
	if t.o.Unlabelled {
		columns = t.withoutMissing(r, columns)
	}
	if t.wholeFile = columns.ID == wholeFile && !slices.Contains(r.Header, wholeFile); t.wholeFile {
		columns.ID = ""
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
		if *c.index, err = r.Column(c.name); err != nil {
			return err
		}
	}
	var err error
	if t.targets, err = r.Columns(columns.Targets); err != nil {
		return err
	}
	if t.label >= 0 {
		t.labelName = r.ColumnName(t.label)
		for _, c := range r.Classes {
			t.labels.Of(c)
		}
	}
	t.p.targets = nil
	for _, i := range t.targets {
		t.p.targets = append(t.p.targets, r.ColumnName(i))
	}
	t.taken = []int{t.label, t.text, t.id, t.group}
	if !t.forecasts() { // what is forecast is known until now
		t.taken = append(t.taken, t.targets...)
	}
	if t.o.Unlabelled {
		t.label, t.targets = -1, nil
	} else if t.label < 0 && len(t.targets) == 0 && !t.classOfFile && !t.forecasts() {
		say := "label = \"NAME\"  or its number from 1"
		if label, id := likely(r, -1); label != "" {
			if say = label; id != "" && columns.ID == "" {
				say += ";  and  " + id + ", if a row is a step"
			}
		}
		return fail(r.File, "").Errorf(code, "which column is the label cannot be guessed").Helpf("say  %s;  or  targets  for regression; %s", say, r.ColumnNames())
	}
	if r.ByNumber && t.cols.Header != "yes" && r.Header != nil {
		t.p.note("the first row is taken for the names of columns, since no number is in it; header = no makes it data")
	}
	if err := t.needID(r); err != nil || t.text >= 0 {
		return err
	}
	return t.findValues(r, columns.Values)
}

// forecasts reports whether the answers are values of later steps.
func (t *table) forecasts() bool { return t.o.Horizon > 0 && !t.o.Unlabelled }

// guessAnswer finds the column with the class by its name, or takes what the file itself says.
func (t *table) guessAnswer(r *files.Rows, c *Columns) error {
	if r.Target != "" {
		c.Targets = []string{r.Target}
		return nil
	}
	found := answerColumns(r.Header)
	switch {
	case len(found) > 1 && !t.o.Unlabelled:
		return fail(r.File, "").Errorf(code, "columns %s may each be the answer", strings.Join(found, " and ")).
			Helpf("say which with  label = %s  (or  targets  for numbers to give); the others are not read then, unless  values  names them", found[0])
	case len(found) > 0:
		c.Label = found[0]
	case r.Label != "":
		if c.Label = r.Label; r.Header == nil {
			t.p.note("the first column is taken for the class, as in the tables of the UCR archive, which have no header; label = NUMBER takes another")
		}
	}
	return nil
}

// answerColumns are those whose names are of answers, the likeliest first. y is an axis where there is an x.
func answerColumns(header []string) (found []string) {
	axes := guess(header, []string{"x"}) != ""
	for _, n := range files.LabelNames {
		if name := guess(header, []string{n}); name != "" && !(n == "y" && axes) {
			found = append(found, name)
		}
	}
	return found
}

// needID refuses settings of recordings for tables that have a sequence or a text a row.
func (t *table) needID(r *files.Rows) error {
	if t.text < 0 && (t.id >= 0 || t.wholeFile) {
		return nil
	}
	for _, s := range []struct {
		name  string
		given bool
	}{{"window", t.o.Window > 0}, {"stride", t.o.Stride > 0}, {"length", t.o.Length > 0 && t.text < 0}, {"stream", t.o.Stream}, {"horizon", t.o.Horizon > 0}, {"each_step", t.cols.EachStep}} {
		if !s.given {
			continue
		}
		of, help := "a text", "remove it"
		if t.text < 0 {
			of, help = "a sequence", fmt.Sprintf("say  %s; %s; or  id = file  where the whole file is one", likelyID(r, t.label), r.ColumnNames())
		}
		return fail(r.File, "").Errorf(code, "%s is for a table with a step a row; without  id  this one has %s a row", s.name, of).Helpf("%s", help)
	}
	return nil
}

// findValues takes the columns named, or all others that hold numbers.
func (t *table) findValues(r *files.Rows, named []string) error {
	var found []int
	var err error
	t.guessed, t.unnamed = nil, r.Unnamed
	switch {
	case len(named) > 0:
		found, err = r.Columns(named)
	case t.values != nil && r.Header != nil && t.named:
		// The columns of the file before, wherever this one has them.
		found, err = r.Columns(t.names)
		t.noteOthers(r)
	default:
		if found, err = t.guessValues(r); err == nil {
			t.guessed = found
		}
	}
	if err != nil {
		return err
	}
	if len(found) == 0 {
		if rows, err := r.Ahead(1); err != nil || len(rows) == 0 {
			return cmp.Or(err, r.NoRow())
		}
		return fail(r.File, "").Errorf(code, "no column holds values").Helpf("say  values = \"NAME,NAME\"  or  text = \"NAME\"")
	}
	if t.values != nil && len(found) != len(t.values) {
		return fail(r.File, "").Errorf(code, "has %s of values; the file before it has %d", diag.Count(len(found), "column"), len(t.values)).
			Helpf("name them:  values = \"NAME,NAME\"")
	}
	t.values, t.names, t.named, t.header = found, nil, r.Header != nil, r.Header
	for _, i := range found {
		t.names = append(t.names, r.ColumnName(i))
	}
	return nil
}

// noteOthers says which columns of a further file are not read, since the file before it has none of that name.
func (t *table) noteOthers(r *files.Rows) {
	others := slices.DeleteFunc(slices.Clone(r.Header), func(name string) bool { return slices.Contains(t.header, name) })
	if len(others) > 0 {
		t.p.note("columns of %s that are not read, since the file before it has none of that name: %s", filepath.Base(r.File), diag.Names(others))
	}
}

// guessValues takes all columns that hold numbers but those that are something else by their name.
func (t *table) guessValues(r *files.Rows) (found []int, err error) {
	kinds, err := r.Kinds()
	if err != nil {
		return nil, err
	}
	first, err := r.Ahead(1)
	if err != nil {
		return nil, err
	}
	var words, dates, empty, answers, persons []string
	known := t.modelColumns(r)
	for i, kind := range kinds {
		name := r.ColumnName(i)
		switch {
		case slices.Contains(t.taken, i):
		case known != nil && !slices.Contains(known, name):
		case kind == files.WordColumn && len(first) > 0 && isDate(r, first[0], i):
			dates = append(dates, name)
		case kind == files.WordColumn:
			words = append(words, name)
		case kind == files.EmptyColumn:
			empty = append(empty, name)
		case kind == files.CommaColumn:
			return nil, fail(r.File, "").Errorf(code, "column %s holds numbers with a comma for a point", name).
				Helpf("say  decimal = comma;  where commas stand between thousands, write the numbers without; " +
					"or name the columns of values with  values = \"NAME,NAME\"")
		case known == nil && r.Header != nil && slices.Contains(answerColumns(r.Header), name):
			answers = append(answers, name)
		case known == nil && r.Header != nil && called(name, groupNames):
			persons = append(persons, name)
		default:
			found = append(found, i)
		}
	}
	for _, n := range []struct {
		names []string
		why   string
	}{
		{words, "columns that are not read, since they hold words: %s"},
		{dates, "columns that are not read, since they hold dates: %s"},
		{empty, "columns that are not read, since nothing is in them: %s"},
		{answers, "columns that are not read, since they are called as answers are: %s; values = \"...\" makes them values"},
		{persons, "columns that are not read, since they are called as persons are: %s; group = COLUMN holds out whole persons, values = \"...\" makes them values"},
	} {
		if len(n.names) > 0 {
			t.p.note(n.why, strings.Join(n.names, ", "))
		}
	}
	for name, all := range r.Twice {
		if slices.ContainsFunc(all, func(i int) bool { return slices.Contains(found, i) }) {
			t.p.note("%d columns are called %s; they are taken as %s, %s 2 and so on, and named by their number", len(all), name, name, name)
		}
	}
	return found, nil
}

// modelColumns are the names of the values that a trained model takes, where the file has them all; nil otherwise.
func (t *table) modelColumns(r *files.Rows) (names []string) {
	if t.o.Meaning == nil || len(t.o.Meaning.Channels) == 0 || t.id < 0 && !t.wholeFile {
		return nil
	}
	names = t.o.Meaning.columns(t.o.Frame)
	if slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(r.Header, n) }) {
		return nil
	}
	return names
}

// withoutMissing leaves out the columns of answers and persons that a file lacks. A file without the column that numbers recordings
// is one recording.
func (t *table) withoutMissing(r *files.Rows, c Columns) Columns {
	lacks := func(name string) bool { _, err := r.Column(name); return err != nil }
	if r.Header == nil && c.Label != "" && !lacks(c.Label) && t.hasNoClasses(r, c.Label) {
		t.p.note("column %s is taken for a value: it holds no class that the model knows", c.Label)
		c.Label = ""
	}
	for _, name := range []*string{&c.Label, &c.Group} {
		if lacks(*name) {
			*name = ""
		}
	}
	c.Targets = slices.DeleteFunc(slices.Clone(c.Targets), lacks)
	if steps := t.o.Window > 0 || t.o.Length > 0 || c.EachStep; c.ID != wholeFile && c.Text == "" && (c.ID != "" && lacks(c.ID) || c.ID == "" && steps) {
		t.p.note("the file is one recording: no column says which row is of which")
		c.ID = wholeFile
	}
	return c
}

// hasNoClasses reports whether a column of a file without a header holds something else than classes of the model: the file has none.
func (t *table) hasNoClasses(r *files.Rows, column string) bool {
	m := t.o.Meaning
	if m == nil || m.Classes == nil {
		return false
	}
	i, _ := r.Column(column)
	rows, err := r.Ahead(1)
	if err != nil || len(rows) == 0 {
		return false
	}
	field := files.Clean(rows[0][i])
	return !files.IsMissing(field) && m.class(field) < 0
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

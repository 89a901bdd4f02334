package files

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// findHeader finds the names of the columns: the first row, where no number is in it or where it is clear that its numbers are names.
func (r *Rows) findHeader(first, comments []string, header string) error {
	switch {
	case header == "yes":
		return r.takeHeader(first)
	case header == "no":
	case !slices.ContainsFunc(first, r.isNumber):
		return r.takeHeader(first)
	default:
		if names := r.headerOf(comments); names != nil {
			r.Notes = append(r.Notes, "the names of the columns are taken from the comment above the first row")
			r.name(names)
			return nil
		}
		switch numbered, err := r.numberedHeader(first); {
		case err != nil:
			return err
		case numbered:
			r.Notes = append(r.Notes, "the first row is taken for the names of columns, since its numbers are not like those below; header = no makes it data")
			return r.takeHeader(first)
		}
	}
	return r.classFirst()
}

// headerOf is the last comment above the first row, where it has a name for each column, as numpy.savetxt writes them.
func (r *Rows) headerOf(comments []string) []string {
	if len(comments) == 0 {
		return nil
	}
	last := strings.TrimLeft(comments[len(comments)-1], "# ")
	read := (&lead{text: last}).csv(separator(last, r.decimalComma))()
	fields, _, err := read()
	if err != nil || len(fields) != r.width || r.width < 2 || slices.ContainsFunc(fields, r.isNumber) {
		return nil
	}
	return slices.Clone(fields)
}

// numberedHeader reports whether a first row with numbers in it has the names of columns: they count from 0 or 1 and those below
// do not, or a word stands above numbers. Numbers that rise evenly otherwise, as wavelengths do, are either.
func (r *Rows) numberedHeader(first []string) (bool, error) {
	rest, err := r.Ahead(3)
	if err != nil || len(rest) < 2 {
		return false, err
	}
	second := rest[1]
	from, step, n := evenly(first)
	_, below, _ := evenly(second)
	switch {
	case n >= 3 && step == 1 && (from == 0 || from == 1) && below != 1:
		return true, nil
	case slices.ContainsFunc(columnsOf(first, rest[1:]), r.wordAboveNumbers):
		return true, nil
	case n >= 4 && step != 0 && below != step:
		return false, lineAt(r.File, r.Line, 1).Errorf(code, "the first row holds numbers that rise evenly, as names of columns do (%s, ...)", diag.Names(first[:3])).
			Helpf("say  header = yes  if they are names, or  header = no  if they are data")
	}
	return false, nil
}

// column is one of the first row, with what stands below it.
type columnAbove struct {
	top   string
	below []string
}

func columnsOf(first []string, rest [][]string) []columnAbove {
	out := make([]columnAbove, len(first))
	for i, f := range first {
		out[i].top = f
		for _, row := range rest {
			out[i].below = append(out[i].below, row[i])
		}
	}
	return out
}

func (r *Rows) wordAboveNumbers(c columnAbove) bool {
	return !r.isNumber(c.top) && !IsMissing(c.top) && !slices.ContainsFunc(c.below, func(f string) bool { return !r.isNumber(f) })
}

// evenly gives the first of the numbers of a row, how many there are, and by what they rise from each to the next; 0 when that varies.
func evenly(fields []string) (from, step float64, n int) {
	last := 0.0
	for _, f := range fields {
		v, ok := Finite(strings.TrimSpace(f))
		if !ok {
			continue
		}
		switch n++; {
		case n == 1:
			from = v
		case n == 2:
			step = v - last
		case v-last != step:
			return from, 0, n
		}
		last = v
	}
	return from, step, n
}

// takeHeader names the columns by the first row, and leaves out a row of units below it.
func (r *Rows) takeHeader(first []string) error {
	r.name(first)
	r.body++
	rest, err := r.Ahead(2)
	if err != nil || len(rest) < 2 {
		return err
	}
	units, numbers := 0, 0
	for i, f := range rest[1] {
		if !r.isNumber(f) {
			continue
		}
		switch numbers++; {
		case r.isNumber(rest[0][i]):
			return nil
		case !IsMissing(rest[0][i]) && !likeCommaNumber.MatchString(rest[0][i]):
			units++
		}
	}
	if units == 0 || 2*units < numbers {
		return nil
	}
	r.Notes = append(r.Notes, "the row below the names is taken for units, since the next one has numbers where it has words: "+diag.Names(rest[0]))
	r.rewind()
	if _, err := r.Next(); err != nil {
		return err
	}
	r.body = r.Line + 1
	return nil
}

// name names the columns. Blanks and line breaks, which spreadsheets have in names, become single blanks.
func (r *Rows) name(fields []string) {
	r.Header, r.Twice = make([]string, len(fields)), map[string][]int{}
	count := map[string][]int{}
	for i, f := range fields {
		name := Clean(f)
		if name == "" || strings.HasPrefix(name, "Unnamed: ") { // as pandas has it
			r.Unnamed = append(r.Unnamed, i)
			name = "column " + strconv.Itoa(i+1)
		}
		count[name] = append(count[name], i)
		r.Header[i] = name
	}
	for name, all := range count {
		if len(all) < 2 {
			continue
		}
		r.Twice[name] = all
		for k, i := range all[1:] {
			r.Header[i] = name + " " + strconv.Itoa(k+2)
		}
	}
}

// classFirst takes the first column for the class in tables as those of the UCR archive, which have no header: named NAME_TRAIN, or of a
// few whole numbers in front of others that are not.
func (r *Rows) classFirst() error {
	const looked = 1000
	named := PartName.MatchString(filepath.Base(r.File))
	first, err := r.Ahead(looked)
	if err != nil || r.width < 3 {
		return err
	}
	classes := map[string]bool{}
	fractions := false
	for _, row := range first {
		v, ok := Finite(strings.TrimSpace(row[0]))
		if !ok || v != float64(int(v)) {
			return nil
		}
		classes[spellNumber(strings.TrimSpace(row[0]))] = true
		second, _ := Finite(strings.TrimSpace(row[1]))
		fractions = fractions || second != float64(int(second))
	}
	if named || fractions && 2*len(classes) <= len(first) {
		r.Label = "1"
	}
	return nil
}

// Column finds a column by its name or by its number from 1, as an index from 0.
func (r *Rows) Column(name string) (int, error) {
	if all := r.Twice[name]; all != nil {
		var numbers []string
		for _, i := range all {
			numbers = append(numbers, strconv.Itoa(i+1))
		}
		return 0, diag.InFile(r.File, "").Errorf(code, "%d columns are called %s", len(all), diag.Short(name)).
			Helpf("give the number of the one that is meant: %s", strings.Join(numbers, ", "))
	}
	if i := slices.Index(r.Header, Clean(name)); i >= 0 {
		return i, nil
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= r.width {
		r.ByNumber = true
		return n - 1, nil
	}
	d := diag.InFile(r.File, "").Errorf(code, "there is no column %s", diag.Short(name))
	if meant := diag.Nearest(name, r.Header); meant != "" {
		return 0, d.Helpf("did you mean %s? %s", diag.Short(meant), r.ColumnNames())
	}
	return 0, d.Helpf("%s", r.ColumnNames())
}

// ColumnNames lists the columns.
func (r *Rows) ColumnNames() string {
	if r.Header != nil {
		return "the columns are " + diag.Names(r.Header)
	}
	return "the columns are 1 to " + strconv.Itoa(r.width) + "; header = yes  where the first row names them"
}

// Columns finds several, each named once.
func (r *Rows) Columns(names []string) ([]int, error) {
	var out []int
	for _, n := range names {
		i, err := r.Column(n)
		if err != nil {
			return nil, err
		}
		if slices.Contains(out, i) {
			return nil, diag.InFile(r.File, "").Errorf(code, "column %s is named twice", diag.Short(n)).Helpf("name each column once")
		}
		out = append(out, i)
	}
	return out, nil
}

// ColumnName is what a column is called.
func (r *Rows) ColumnName(i int) string {
	if r.Header != nil {
		return r.Header[i]
	}
	return strconv.Itoa(i + 1)
}

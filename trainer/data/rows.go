package data

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// rows reads a CSV file (RFC 4180) or a TSV file (one row a line, no quotes), packed or not, row by row.
type rows struct {
	file   string
	header []string // nil when the file has none
	first  []string // a row that was read to look for a header
	read   func() (fields []string, line int, err error)
	line   int
	width  int
	// label and target are the column with the class, or with a number to give, that the file itself says; "" for none.
	label, target string
	classes       []string // as declared; nil where the file declares none
	// byNumber says that a column was asked for by its number.
	byNumber bool
}

// openRows reads the header when there is one: header is yes, no, or guess (a first row without a number).
func openRows(path, header string) (*rows, error) {
	data, err := readUnpacked(path)
	if err != nil {
		return nil, err
	}
	return newRows(path, data, header)
}

func newRows(path string, data []byte, header string) (*rows, error) {
	text, err := decodeText(path, data)
	if err != nil {
		return nil, err
	}
	r := &rows{file: path}
	switch ext := extension(path); {
	case ext == ".tsv" || ext == ".tab":
		r.read = fieldReader(text, func(line string) []string { return strings.Split(line, "\t") })
	case blanks(text):
		r.read = fieldReader(text, strings.Fields)
	default:
		r.read = csvReader(text)
	}
	first, err := r.next()
	if err != nil {
		return nil, err
	}
	if first == nil {
		return nil, fail(path, "").Errorf(code, "has no row").Helpf("check that it is the right file")
	}
	first = slices.Clone(first)
	if header == "yes" || header != "no" && !slices.ContainsFunc(first, isNumber) {
		r.header = first
	} else {
		r.first = first
		r.classFirst()
	}
	return r, nil
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return err == nil
}

// separator is what stands between the fields of a CSV file: a comma, or what spreadsheets write in its place where the first
// row has more of it outside of quotes.
func separator(text string) rune {
	first, _, _ := strings.Cut(text, "\n")
	count := map[rune]int{}
	for i, part := range strings.Split(first, `"`) {
		for _, s := range ",;\t" {
			if i%2 == 0 { // not quoted
				count[s] += strings.Count(part, string(s))
			}
		}
	}
	best := ','
	for _, s := range ";\t" {
		if count[s] > count[best] {
			best = s
		}
	}
	return best
}

// blanks reports whether nothing but blanks stands between the numbers of the first row.
func blanks(text string) bool {
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\n"), "\n")
	fields := strings.Fields(first)
	return len(fields) > 1 && !strings.ContainsAny(strings.TrimSpace(first), "\t,;") && !slices.ContainsFunc(fields, func(f string) bool { return !isNumber(f) })
}

func csvReader(text string) func() ([]string, int, error) {
	c := csv.NewReader(strings.NewReader(text))
	c.Comma = separator(text)
	c.ReuseRecord = true
	c.FieldsPerRecord = -1 // rows.next says it better
	return func() ([]string, int, error) {
		fields, err := c.Read()
		line := 0
		if err == nil {
			line, _ = c.FieldPos(0)
		}
		return fields, line, err
	}
}

// fieldReader reads a row a line, without quotes.
func fieldReader(text string, split func(line string) []string) func() ([]string, int, error) {
	line := 0
	return func() ([]string, int, error) {
		for text != "" {
			var row string
			row, text, _ = strings.Cut(text, "\n")
			line++
			if row = strings.TrimSuffix(row, "\r"); row != "" {
				return split(row), line, nil
			}
		}
		return nil, line, io.EOF
	}
}

// classFirst takes the first column for the class in the tables of the UCR archive, NAME_TRAIN.tsv or .txt, which have no header.
func (r *rows) classFirst() {
	if _, _, ok := partOf(r.file); ok && len(r.first) > 2 {
		r.label = "1"
	}
}

// next gives the fields of the next row, nil at the end. They are overwritten by the next call.
func (r *rows) next() ([]string, error) {
	if r.first != nil {
		row := r.first
		r.first = nil
		return row, nil
	}
	fields, line, err := r.read()
	if err == io.EOF {
		return nil, nil
	}
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		r.line = parse.Line
		return nil, r.at(parse.Column).Errorf(code, "%s", parse.Err).Helpf("write quotes inside quoted fields twice, or save it as TSV")
	}
	if err != nil {
		return nil, fail(r.file, "").Errorf(code, "cannot be read: %v", err).Helpf("save it again")
	}
	r.line = line
	if r.width == 0 {
		r.width = len(fields)
	}
	if len(fields) != r.width {
		return nil, r.at(0).Errorf(code, "has %d fields; the first row has %d", len(fields), r.width).Helpf("every row needs the same columns")
	}
	for i, f := range fields {
		if !utf8.ValidString(f) {
			return nil, r.at(0).Errorf(code, "field %d is not UTF-8", i+1).Helpf("save the file in UTF-8")
		}
	}
	return fields, nil
}

// at is the row that was read last, and a column of its text when it is known.
func (r *rows) at(column int) diag.Builder {
	return lineAt(r.file, r.line, column)
}

// column finds a column by its name or by its number from 1, as an index from 0.
func (r *rows) column(name string) (int, error) {
	if i := slices.Index(r.header, name); i >= 0 {
		return i, nil
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= r.width {
		r.byNumber = true
		return n - 1, nil
	}
	return 0, fail(r.file, "").Errorf(code, "there is no column %s", fileio.Printable(name)).Helpf("%s", r.columnNames())
}

// columnNames lists the columns.
func (r *rows) columnNames() string {
	if r.header != nil {
		return "the columns are " + fileio.Printable(strings.Join(r.header, ", "))
	}
	return "the columns are 1 to " + strconv.Itoa(r.width)
}

// columns finds several.
func (r *rows) columns(names []string) ([]int, error) {
	var out []int
	for _, n := range names {
		i, err := r.column(n)
		if err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	return out, nil
}

// columnName is what a column is called.
func (r *rows) columnName(i int) string {
	if r.header != nil {
		return r.header[i]
	}
	return strconv.Itoa(i + 1)
}

// number reads a field as a finite number.
func (r *rows) number(fields []string, i int) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(fields[i]), 64)
	if err != nil || v != v || v > 3e38 || v < -3e38 {
		return 0, r.at(0).Errorf(code, "column %s is %q, which is no finite number", r.columnName(i), fileio.Printable(fields[i])).
			Helpf("write the number, or leave the row out")
	}
	return v, nil
}

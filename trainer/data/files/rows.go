package files

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Rows reads a table row by row: CSV (RFC 4180), a row a line with tabs or blanks, or the data of an .arff file.
type Rows struct {
	File   string
	Header []string // nil when the file has none
	// open starts reading the records anew, those of the header too; body is the line that the first row of data starts on.
	open  records
	body  int
	read  func() (fields []string, line int, err error)
	Line  int
	width int
	Lines int   // at least as many as there are rows
	Size  int64 // of the file, in bytes
	// decimalComma says that numbers have a comma where others have a point.
	decimalComma bool
	// twice are the columns of names that more than one has.
	Twice map[string][]int
	// unnamed are the columns whose name in the header is empty.
	Unnamed []int
	// notes say what the text was taken for.
	Notes []string
	// label and target are the column with the class, or with a number to give, that the file itself says; "" for none.
	Label, Target string
	Classes       []string // as declared; nil where the file declares none
	// byNumber says that a column was asked for by its number.
	ByNumber bool
}

// Dialect says of a table what its text may not.
type Dialect struct {
	Header  string // whether the first row has the names of the columns: yes, no; guessed for others
	Decimal string // what stands before the decimals of a number: comma; a point for others
}

// records starts reading a text: what it gives reads its next record, and says on which line that starts.
type records func() func() (fields []string, line int, err error)

// longestLine is how many bytes a line of a table may have: half a million numbers.
const longestLine = 4 << 20

// OpenRows reads what stands before the rows of data: marks of spreadsheets, comments, the header and a row of units.
func OpenRows(path string, d Dialect) (*Rows, error) {
	data, size, err := readSized(path)
	if err != nil {
		return nil, err
	}
	r, err := NewRows(path, data, d)
	if err != nil {
		return nil, err
	}
	r.Size = size
	return r, nil
}

// NewRows is OpenRows of a file at hand; path names it.
func NewRows(path string, data []byte, d Dialect) (*Rows, error) {
	text, err := decodeText(path, data)
	if err != nil {
		return nil, err
	}
	lead := newLead(text)
	r := &Rows{File: path, decimalComma: d.Decimal == "comma"}
	for line := range strings.Lines(lead.text) {
		if r.Lines++; len(line) > longestLine {
			r.Line = lead.line + r.Lines
			return nil, r.At(0).Errorf(code, "has %s in one line; at most %d are read", diag.Count(len(line), "byte"), longestLine).
				Helpf("check that it is the right file; a long recording is saved with a step a line")
		}
	}
	switch ext := Extension(path); {
	case ext == ".tsv" || ext == ".tab":
		r.open = lead.fields(func(line string) []string { return strings.Split(line, "\t") })
	case lead.comma == 0 && r.blanks(lead.text):
		r.open = lead.fields(strings.Fields)
	default:
		comma := lead.comma
		if comma == 0 {
			comma = separator(lead.text, r.decimalComma)
		}
		if comma == ',' && r.decimalComma && !strings.Contains(lead.text, `"`) {
			return nil, diag.InFile(path, "").Errorf(code, "has commas between its fields, where decimal = comma needs others").
				Helpf("separate them by semicolons or tabs, or remove  decimal")
		}
		r.open = lead.csv(comma)
	}
	r.rewind()
	first, err := r.Next()
	if err != nil {
		return nil, err
	}
	if first == nil {
		return nil, diag.InFile(path, "").Errorf(code, "has no row").Helpf("check that it is the right file")
	}
	r.body = r.Line
	if err := r.findHeader(slices.Clone(first), lead.comments, d.Header); err != nil {
		return nil, err
	}
	r.rewind()
	return r, nil
}

// rewind goes back to the first row of data.
func (r *Rows) rewind() { r.read, r.Line = r.open(), 0 }

// Ahead gives copies of the first rows of data, at most n; the next row that is read is again the first.
func (r *Rows) Ahead(n int) (out [][]string, err error) {
	r.rewind()
	for len(out) < n {
		fields, err := r.Next()
		if err != nil {
			return nil, err
		}
		if fields == nil {
			break
		}
		out = append(out, slices.Clone(fields))
	}
	r.rewind()
	return out, nil
}

// lead is a text with what stands before its first row taken off.
type lead struct {
	text     string
	line     int      // lines before it
	comma    rune     // that  sep=  names; 0 for none
	comments []string // lines that start with #
}

// newLead takes  sep=;  as Excel writes it, empty lines and comments off a text.
func newLead(text string) *lead {
	l := &lead{text: text}
	for l.text != "" {
		line, rest, _ := strings.Cut(l.text, "\n")
		line = strings.TrimRight(line, "\r")
		sep, isSep := strings.CutPrefix(strings.ToLower(line), "sep=")
		switch {
		case line == "":
		case isSep && l.line == 0 && utf8.RuneCountInString(sep) == 1:
			l.comma, _ = utf8.DecodeRuneInString(sep)
		case line[0] == '#':
			l.comments = append(l.comments, line)
		default:
			return l
		}
		l.text = rest
		l.line++
	}
	return l
}

// separator is what stands between the fields of a CSV file: a comma, or what spreadsheets write in its place where the first
// row has more of it outside of quotes; any of it where commas are decimal.
func separator(text string, decimalComma bool) rune {
	first, _, _ := strings.Cut(text, "\n")
	count := map[rune]int{}
	for i, part := range strings.Split(first, `"`) {
		for _, s := range ",;\t|" {
			if i%2 == 0 { // not quoted
				count[s] += strings.Count(part, string(s))
			}
		}
	}
	best := ','
	for _, s := range ";\t|" {
		if count[s] > count[best] || decimalComma && best == ',' && count[s] > 0 {
			best = s
		}
	}
	return best
}

// blanks reports whether nothing but blanks stands between the numbers of the first row.
func (r *Rows) blanks(text string) bool {
	first, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(first)
	marks := "\t,;|"
	if r.decimalComma {
		marks = "\t;|"
	}
	return len(fields) > 1 && !strings.ContainsAny(strings.TrimSpace(first), marks) && !slices.ContainsFunc(fields, func(f string) bool { return !r.isNumber(f) })
}

func (l *lead) csv(comma rune) records {
	return func() func() ([]string, int, error) {
		c := csv.NewReader(strings.NewReader(l.text))
		c.Comma = comma
		c.ReuseRecord = true
		c.FieldsPerRecord = -1 // rows.next says it better
		return func() ([]string, int, error) {
			fields, err := c.Read()
			line := 0
			if err == nil {
				line, _ = c.FieldPos(0)
			}
			var parse *csv.ParseError
			if errors.As(err, &parse) {
				parse.Line += l.line
			}
			return fields, line + l.line, err
		}
	}
}

// fields reads a row a line, without quotes.
func (l *lead) fields(split func(line string) []string) records {
	return func() func() ([]string, int, error) {
		text, line := l.text, l.line
		return func() ([]string, int, error) {
			for text != "" {
				var row string
				row, text, _ = strings.Cut(text, "\n")
				line++
				if row = strings.TrimSuffix(row, "\r"); row == "" {
					continue
				}
				if fields := split(row); len(fields) > 0 { // blanks alone have none
					return fields, line, nil
				}
			}
			return nil, line, io.EOF
		}
	}
}

// Next gives the fields of the next row of data, nil at the end. They are overwritten by the next call.
func (r *Rows) Next() ([]string, error) {
	for {
		fields, line, err := r.read()
		if err == io.EOF {
			return nil, nil
		}
		var parse *csv.ParseError
		var said *diag.Diagnostic
		switch {
		case errors.As(err, &parse):
			r.Line = parse.Line
			return nil, r.At(parse.Column).Errorf(code, "%s", parse.Err).Helpf("write quotes inside quoted fields twice, or save it as TSV")
		case errors.As(err, &said):
			return nil, err
		case err != nil:
			return nil, diag.InFile(r.File, "").Errorf(code, "cannot be read: %v", err).Helpf("save it again")
		}
		r.Line = line
		if line < r.body {
			continue
		}
		if r.width == 0 {
			r.width = len(fields)
		}
		if len(fields) != r.width {
			if strings.HasPrefix(fields[0], "#") {
				continue // a comment
			}
			return nil, r.At(0).Errorf(code, "has %s; the first row has %d", diag.Count(len(fields), "field"), r.width).Helpf("every row needs the same columns")
		}
		for i, f := range fields {
			if !utf8.ValidString(f) {
				return nil, r.At(0).Errorf(code, "field %d is not UTF-8", i+1).Helpf("save the file in UTF-8")
			}
		}
		return fields, nil
	}
}

// Clean is a text without blanks around it and with single blanks within.
func Clean(text string) string { return strings.Join(strings.Fields(text), " ") }

// At is the row that was read last, and a column of its text when it is known.
func (r *Rows) At(column int) diag.Builder {
	return lineAt(r.File, r.Line, column)
}

// NoRow is the error of a table without data.
func (r *Rows) NoRow() error {
	return diag.InFile(r.File, "").Errorf(code, "has a header and no row").Helpf("check that it is the right file")
}

// likeCommaNumber is a number as much of Europe writes it, perhaps with points between its thousands.
var likeCommaNumber = regexp.MustCompile(`^\s*[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+([eE][+-]?\d+)?\s*$`)

// spelling is a field with a decimal point.
func (r *Rows) spelling(field string) string {
	if r.decimalComma && likeCommaNumber.MatchString(field) {
		return strings.ReplaceAll(strings.ReplaceAll(field, ".", ""), ",", ".")
	}
	return field
}

func (r *Rows) isNumber(field string) bool {
	if r.otherPoint(field) {
		return false
	}
	_, err := strconv.ParseFloat(strings.TrimSpace(r.spelling(field)), 64)
	return err == nil
}

// otherPoint reports a point where commas are decimal: it may stand for thousands.
func (r *Rows) otherPoint(field string) bool {
	return r.decimalComma && strings.Contains(field, ".") && !likeCommaNumber.MatchString(field) && !IsMissing(field)
}

// Value reads a field as a finite number, NaN where it is missing.
func (r *Rows) Value(fields []string, i int) (float64, error) {
	v, ok := value(r.spelling(fields[i]))
	if ok && !r.otherPoint(fields[i]) {
		return v, nil
	}
	help := "write the number, leave the row out, or the column with  values = \"NAME,NAME\""
	if likeCommaNumber.MatchString(fields[i]) {
		help = "say  decimal = comma  where numbers have a comma for a point"
	}
	what := "no finite number"
	if v, err := strconv.ParseFloat(strings.TrimSpace(r.spelling(fields[i])), 64); err == nil && !math.IsInf(v, 0) && !r.otherPoint(fields[i]) {
		what, help = "beyond the numbers of float32, up to 3.4e38", "write it in a larger unit, leave the row out, or the column with  values = \"NAME,NAME\""
	}
	return 0, r.At(0).Errorf(code, "column %s is %q, which is %s", r.ColumnName(i), diag.Short(fields[i]), what).Helpf("%s", help)
}

// Time reads a field as a time: a number, or where dated is set a date, a time of day or both, as seconds. NaN where it is missing, and
// false where it is none of them.
func (r *Rows) Time(fields []string, i int) (at float64, dated, ok bool) {
	field := r.spelling(fields[i])
	if IsMissing(field) {
		return math.NaN(), false, true
	}
	at, ok = ParseTime(field)
	return at, ok && !r.isNumber(field), ok
}

// Number reads a field as a finite number.
func (r *Rows) Number(fields []string, i int) (float64, error) {
	v, err := r.Value(fields, i)
	if err == nil && v != v {
		return 0, r.At(0).Errorf(code, "column %s is %q, which is no finite number", r.ColumnName(i), diag.Short(fields[i])).
			Helpf("write the number, or leave the row out")
	}
	return v, err
}

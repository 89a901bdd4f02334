package data

import (
	"io"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// arffPool reads files of Weka (the ARFF format, 2008): a table with typed columns; or, where an attribute is relational, sequences
// of several dimensions as the UEA archive has them, a dimension a line.
func arffPool(name string, files []dataFile, o *Options) (*pool, error) {
	s, t := newSeries(name, o), newTable(name, o)
	for _, f := range files {
		text, err := readNumbers(f.path)
		if err != nil {
			return nil, err
		}
		a, err := openARFF(f.path, text)
		if err != nil {
			return nil, err
		}
		switch relational := a.relational() >= 0; {
		case relational != (a.bag != nil) || relational && len(t.rowPart) > 0 || !relational && len(s.cuts) > 0:
			return nil, fail(f.path, "").Errorf(code, "has not the attributes of the file before").Helpf("write both in the same way")
		case relational:
			err = s.readARFF(a, f.part)
		default:
			err = t.readRows(a.rows(), f.part)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(s.cuts) > 0 {
		return s.finish(name)
	}
	return t.finish(name)
}

// attribute is a column of an .arff file.
type attribute struct {
	name    string
	kind    string   // numeric, nominal, string, date or relational
	classes []string // of a nominal one
}

// arffFile is an .arff file with its header read.
type arffFile struct {
	lineReader
	attributes []attribute
	bag        []attribute // those of the relational one; nil where there is none
}

func openARFF(path, text string) (*arffFile, error) {
	a := &arffFile{lineReader: lineReader{file: path, text: text}}
	inBag := false
	for {
		line, ok := a.next()
		if !ok {
			return nil, fail(path, "").Errorf(code, "has no line @data").Helpf("check that it is an .arff file")
		}
		word, rest, _ := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
		switch strings.ToLower(word) {
		case "@relation":
		case "@attribute":
			attr, err := a.attribute(rest)
			if err != nil {
				return nil, err
			}
			if inBag {
				a.bag = append(a.bag, attr)
			} else {
				a.attributes = append(a.attributes, attr)
			}
			if len(a.attributes)+len(a.bag) > maxColumns {
				return nil, a.at().Errorf(code, "is the %d. attribute", maxColumns+1).Helpf("at most %d are read", maxColumns)
			}
			inBag = inBag || attr.kind == "relational"
		case "@end":
			inBag = false
		case "@data":
			if len(a.attributes) == 0 {
				return nil, a.at().Errorf(code, "comes before any @attribute").Helpf("check that it is an .arff file")
			}
			return a, nil
		default:
			return nil, a.at().Errorf(code, "%s is none of the header", diag.Short(word)).
				Helpf("lines of the header start with @relation, @attribute, @end or @data")
		}
	}
}

// arffKinds are the types of attributes by the words for them.
var arffKinds = map[string]string{"numeric": "numeric", "real": "numeric", "integer": "numeric", "string": "string", "date": "date", "relational": "relational"}

// attribute reads a declaration:  NAME numeric,  'A NAME' {a,b}.
func (a *arffFile) attribute(text string) (attribute, error) {
	name, rest := arffField(strings.TrimSpace(text), " ")
	rest = strings.TrimSpace(rest)
	if list, ok := strings.CutPrefix(rest, "{"); ok {
		list, _, _ = strings.Cut(list, "}")
		attr := attribute{name: name, kind: "nominal"}
		for list != "" {
			var class string
			class, list = arffField(strings.TrimLeft(list, " "), ",")
			attr.classes = append(attr.classes, class)
		}
		return attr, nil
	}
	word, _, _ := strings.Cut(rest, " ")
	kind, ok := arffKinds[strings.ToLower(word)]
	if !ok {
		return attribute{}, a.at().Errorf(code, "attribute %s has type %q", diag.Short(name), diag.Short(word)).
			Helpf("types are numeric, real, integer, string, date, relational and {A,B}")
	}
	return attribute{name: name, kind: kind}, nil
}

// arffField cuts the first field, quoted or not, off a text; marks end it.
func arffField(text, marks string) (field, rest string) {
	if text == "" || text[0] != '\'' && text[0] != '"' {
		if i := strings.IndexAny(text, marks); i >= 0 {
			return strings.TrimSpace(text[:i]), text[i+1:]
		}
		return strings.TrimSpace(text), ""
	}
	quote := text[0]
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote:
			rest = strings.TrimLeft(text[i+1:], " \t")
			if rest != "" && strings.IndexByte(marks, rest[0]) >= 0 {
				rest = rest[1:]
			}
			return b.String(), rest
		case c == '\\' && i+1 < len(text):
			i++
			if e := strings.IndexByte("ntr", text[i]); e >= 0 {
				b.WriteByte("\n\t\r"[e])
			} else {
				b.WriteByte(text[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}

// fields gives those of the next line of the data; io.EOF at the end.
func (a *arffFile) fields() ([]string, int, error) {
	line, ok := a.next()
	if !ok {
		return nil, a.line, io.EOF
	}
	if line[0] == '{' {
		return nil, a.line, a.at().Errorf(code, "is a sparse row").Helpf("write all values of it, zeros too")
	}
	var out []string
	for line != "" {
		var f string
		f, line = arffField(strings.TrimLeft(line, " \t"), ",")
		out = append(out, f)
	}
	return out, a.line, nil
}

// rows are the rows of a table.
func (a *arffFile) rows() *rows {
	r := &rows{file: a.file, width: len(a.attributes)}
	r.open = func() func() ([]string, int, error) {
		from := *a
		return from.fields
	}
	r.rewind()
	names := make([]string, len(a.attributes))
	for i, attr := range a.attributes {
		names[i] = attr.name
	}
	r.name(names)
	last := len(a.attributes) - 1
	switch a.attributes[last].kind { // Weka's own rule: the last attribute is the class
	case "nominal":
		r.label = r.header[last]
		r.classes = a.attributes[last].classes
	case "numeric":
		if slices.Contains(labelNames, strings.ToLower(a.attributes[last].name)) {
			r.target = r.header[last]
		}
	}
	return r
}

// relational is the attribute that holds sequences; -1 when there is none.
func (a *arffFile) relational() int {
	return slices.IndexFunc(a.attributes, func(attr attribute) bool { return attr.kind == "relational" })
}

// readARFF takes the sequences of a file with a relational attribute in: a line of it is a dimension, its attributes are steps.
func (s *series) readARFF(a *arffFile, of part) error {
	bag, last := a.relational(), len(a.attributes)-1
	answer := a.attributes[last]
	switch {
	case len(a.attributes) != 2 || bag == last || answer.kind != "nominal" && answer.kind != "numeric":
		return fail(a.file, "").Errorf(code, "has %d attributes beside one that is relational", len(a.attributes)-1).
			Helpf("sequences are one relational attribute, and their class, nominal, or target, numeric, the second")
	case answer.kind == "numeric" && !s.o.Unlabelled:
		s.outputs, s.p.targets = 1, []string{answer.name}
	}
	for _, c := range answer.classes {
		s.labels.of(c)
	}
	for {
		fields, _, err := a.fields()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if len(fields) != 2 {
			return a.at().Errorf(code, "has %d fields; a quoted sequence and its answer are expected", len(fields)).
				Helpf("write  'DIMENSION\\nDIMENSION',CLASS")
		}
		label := int32(-1)
		switch {
		case s.o.Unlabelled:
		case s.outputs > 0:
			v, ok := finite(fields[1])
			if !ok {
				return a.at().Errorf(code, "its target is %q, which is no finite number", diag.Short(fields[1])).Helpf("write the number")
			}
			s.targets = append(s.targets, v)
		case !slices.ContainsFunc(answer.classes, func(c string) bool { return sameClass(c, fields[1]) }):
			return a.at().Errorf(code, "its class is %q, which attribute %s does not name", diag.Short(fields[1]), diag.Short(answer.name)).
				Helpf("the classes are %s", diag.Names(answer.classes))
		default:
			label = s.labels.of(fields[1])
		}
		columns, err := a.dimensions(fields[0])
		if err != nil {
			return err
		}
		if s.d == 0 {
			s.d = len(columns)
		}
		if len(columns) != s.d {
			return a.at().Errorf(code, "has %d dimensions; those before have %d", len(columns), s.d).
				Helpf("dimensions are separated by \\n within the quotes")
		}
		if err := s.addColumns(a.lineReader, columns, label, of); err != nil {
			return err
		}
	}
}

// dimensions reads a sequence: a line for each dimension, a value for each step.
func (a *arffFile) dimensions(text string) (columns [][]float64, err error) {
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		var column []float64
		for f := range strings.SplitSeq(line, ",") {
			v, ok := value(f)
			if !ok {
				return nil, a.at().Errorf(code, "step %d of dimension %d is %q, which is no number", len(column), len(columns), diag.Short(f)).
					Helpf("write the number, or ? where it is missing")
			}
			column = append(column, v)
		}
		columns = append(columns, column)
	}
	return columns, nil
}

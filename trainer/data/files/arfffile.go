package files

import (
	"io"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Attribute is a column of an .arff file.
type Attribute struct {
	Name    string
	Kind    string   // numeric, nominal, string, date or relational
	Classes []string // of a nominal one
}

// ARFFFile is an .arff file with its header read.
type ARFFFile struct {
	LineReader
	Attributes []Attribute
	Bag        []Attribute // those of the relational one; nil where there is none
}

// OpenARFF reads the header of a file's text; the lines of its data come next.
func OpenARFF(path, text string) (*ARFFFile, error) {
	a := &ARFFFile{LineReader: LineReader{File: path, Text: text}}
	inBag := false
	for {
		line, ok := a.Next()
		if !ok {
			return nil, diag.InFile(path, "").Errorf(code, "has no line @data").Helpf("check that it is an .arff file")
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
				a.Bag = append(a.Bag, attr)
			} else {
				a.Attributes = append(a.Attributes, attr)
			}
			if len(a.Attributes)+len(a.Bag) > MaxColumns {
				return nil, a.At().Errorf(code, "is the %d. attribute", MaxColumns+1).Helpf("at most %d are read", MaxColumns)
			}
			inBag = inBag || attr.Kind == "relational"
		case "@end":
			inBag = false
		case "@data":
			if len(a.Attributes) == 0 {
				return nil, a.At().Errorf(code, "comes before any @attribute").Helpf("check that it is an .arff file")
			}
			return a, nil
		default:
			return nil, a.At().Errorf(code, "%s is none of the header", diag.Short(word)).
				Helpf("lines of the header start with @relation, @attribute, @end or @data")
		}
	}
}

// arffKinds are the types of attributes by the words for them.
var arffKinds = map[string]string{"numeric": "numeric", "real": "numeric", "integer": "numeric", "string": "string", "date": "date", "relational": "relational"}

// attribute reads a declaration:  NAME numeric,  'A NAME' {a,b}.
func (a *ARFFFile) attribute(text string) (Attribute, error) {
	name, rest := arffField(strings.TrimSpace(text), " ")
	rest = strings.TrimSpace(rest)
	if list, ok := strings.CutPrefix(rest, "{"); ok {
		list, _, _ = strings.Cut(list, "}")
		attr := Attribute{Name: name, Kind: "nominal"}
		for list != "" {
			var class string
			class, list = arffField(strings.TrimLeft(list, " "), ",")
			attr.Classes = append(attr.Classes, class)
		}
		return attr, nil
	}
	word, _, _ := strings.Cut(rest, " ")
	kind, ok := arffKinds[strings.ToLower(word)]
	if !ok {
		return Attribute{}, a.At().Errorf(code, "attribute %s has type %q", diag.Short(name), diag.Short(word)).
			Helpf("types are numeric, real, integer, string, date, relational and {A,B}")
	}
	return Attribute{Name: name, Kind: kind}, nil
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

// Fields gives those of the next line of the data; io.EOF at the end.
func (a *ARFFFile) Fields() ([]string, int, error) {
	line, ok := a.Next()
	if !ok {
		return nil, a.line, io.EOF
	}
	if line[0] == '{' {
		return nil, a.line, a.At().Errorf(code, "is a sparse row").Helpf("write all values of it, zeros too")
	}
	var out []string
	for line != "" {
		var f string
		f, line = arffField(strings.TrimLeft(line, " \t"), ",")
		out = append(out, f)
	}
	return out, a.line, nil
}

// Rows are the rows of a table.
func (a *ARFFFile) Rows() *Rows {
	r := &Rows{File: a.File, width: len(a.Attributes)}
	r.open = func() func() ([]string, int, error) {
		from := *a
		return from.Fields
	}
	r.rewind()
	names := make([]string, len(a.Attributes))
	for i, attr := range a.Attributes {
		names[i] = attr.Name
	}
	r.name(names)
	last := len(a.Attributes) - 1
	switch a.Attributes[last].Kind { // Weka's own rule: the last attribute is the class
	case "nominal":
		r.Label = r.Header[last]
		r.Classes = a.Attributes[last].Classes
	case "numeric":
		if slices.Contains(LabelNames, strings.ToLower(a.Attributes[last].Name)) {
			r.Target = r.Header[last]
		}
	}
	return r
}

// Relational is the attribute that holds sequences; -1 when there is none.
func (a *ARFFFile) Relational() int {
	return slices.IndexFunc(a.Attributes, func(attr Attribute) bool { return attr.Kind == "relational" })
}

// Dimensions reads a sequence: a line for each dimension, a value for each step.
func (a *ARFFFile) Dimensions(text string) (columns [][]float64, err error) {
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		var column []float64
		for f := range strings.SplitSeq(line, ",") {
			v, ok := value(f)
			if !ok {
				return nil, a.At().Errorf(code, "step %d of dimension %d is %q, which is no number", len(column), len(columns), diag.Short(f)).
					Helpf("write the number, or ? where it is missing")
			}
			column = append(column, v)
		}
		columns = append(columns, column)
	}
	return columns, nil
}

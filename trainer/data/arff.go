package data

import (
	"io"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// arffPool reads files of Weka (the ARFF format, 2008): a table with typed columns; or, where an attribute is relational, sequences
// of several dimensions as the UEA archive has them, a dimension a line.
func arffPool(name string, list []dataFile, o *Options) (*pool, error) {
	s, t := newSeries(name, o), newTable(name, o)
	for _, f := range list {
		text, err := files.ReadNumbers(f.path)
		if err != nil {
			return nil, err
		}
		a, err := files.OpenARFF(f.path, text)
		if err != nil {
			return nil, err
		}
		switch relational := a.Relational() >= 0; {
		case relational != (a.Bag != nil) || relational && len(t.rowPart) > 0 || !relational && len(s.cuts) > 0:
			return nil, fail(f.path, "").Errorf(code, "has not the attributes of the file before").Helpf("write both in the same way")
		case relational:
			err = s.readARFF(a, f.part)
		default:
			err = t.readRows(a.Rows(), f.part)
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

// readARFF takes the sequences of a file with a relational attribute in: a line of it is a dimension, its attributes are steps.
func (s *series) readARFF(a *files.ARFFFile, of part) error {
	bag, last := a.Relational(), len(a.Attributes)-1
	answer := a.Attributes[last]
	switch {
	case len(a.Attributes) != 2 || bag == last || answer.Kind != "nominal" && answer.Kind != "numeric":
		return fail(a.File, "").Errorf(code, "has %d attributes beside one that is relational", len(a.Attributes)-1).
			Helpf("sequences are one relational attribute, and their class, nominal, or target, numeric, the second")
	case answer.Kind == "numeric" && !s.o.Unlabelled:
		s.outputs, s.p.targets = 1, []string{answer.Name}
	}
	for _, c := range answer.Classes {
		s.labels.Of(c)
	}
	for {
		fields, _, err := a.Fields()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if len(fields) != 2 {
			return a.At().Errorf(code, "has %s; a quoted sequence and its answer are expected", diag.Count(len(fields), "field")).
				Helpf("write  'DIMENSION\\nDIMENSION',CLASS")
		}
		label := int32(-1)
		switch {
		case s.o.Unlabelled:
		case s.outputs > 0:
			v, ok := files.Finite(fields[1])
			if !ok {
				return a.At().Errorf(code, "its target is %q, which is no finite number", diag.Short(fields[1])).Helpf("write the number")
			}
			s.targets = append(s.targets, v)
		case !slices.ContainsFunc(answer.Classes, func(c string) bool { return files.SameClass(c, fields[1]) }):
			return a.At().Errorf(code, "its class is %q, which attribute %s does not name", diag.Short(fields[1]), diag.Short(answer.Name)).
				Helpf("the classes are %s", diag.Names(answer.Classes))
		default:
			label = s.labels.Of(fields[1])
		}
		columns, err := a.Dimensions(fields[0])
		if err != nil {
			return err
		}
		if s.d == 0 {
			s.d = len(columns)
		}
		if len(columns) != s.d {
			return a.At().Errorf(code, "has %s; those before have %d", diag.Count(len(columns), "dimension"), s.d).
				Helpf("dimensions are separated by \\n within the quotes")
		}
		if err := s.addColumns(a.LineReader, columns, label, of); err != nil {
			return err
		}
	}
}

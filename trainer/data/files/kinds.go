package files

// ColumnKind is what a column holds, by its first field that is not missing.
type ColumnKind int

const (
	EmptyColumn ColumnKind = iota
	numberColumn
	WordColumn
	CommaColumn // numbers with a comma for a point
)

// Kinds looks at as many rows as it takes to say what every column holds.
func (r *Rows) Kinds() ([]ColumnKind, error) {
	defer r.rewind()
	r.rewind()
	kinds := make([]ColumnKind, r.width)
	for open := r.width; open > 0; {
		fields, err := r.Next()
		if err != nil || fields == nil {
			return kinds, err
		}
		for i, f := range fields {
			if kinds[i] != EmptyColumn || IsMissing(f) {
				continue
			}
			switch open--; {
			case r.isNumber(f):
				kinds[i] = numberColumn
			case likeCommaNumber.MatchString(f):
				kinds[i] = CommaColumn
			default:
				kinds[i] = WordColumn
			}
		}
	}
	return kinds, nil
}

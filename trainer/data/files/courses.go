package files

// Course is how the fields of a column follow each other down the rows.
type Course struct {
	Kind   ColumnKind
	Values int // different fields that are not missing; one more than were counted where there are more
	Runs   int // stretches of rows with the same field
}

// Courses looks at the columns of at most so many rows, and counts at most so many different fields of each.
func (r *Rows) Courses(mostRows, mostValues int) (columns []Course, rows int, err error) {
	kinds, err := r.Kinds()
	if err != nil {
		return nil, 0, err
	}
	defer r.rewind()
	columns = make([]Course, len(kinds))
	values, last := make([]map[string]bool, len(kinds)), make([]string, len(kinds))
	for i, k := range kinds {
		columns[i].Kind, values[i] = k, map[string]bool{}
	}
	for ; rows < mostRows; rows++ {
		fields, err := r.Next()
		if err != nil || fields == nil {
			return columns, rows, err
		}
		for i, f := range fields {
			c := &columns[i]
			if f = Clean(f); c.Values > mostValues || IsMissing(f) || c.Runs > 0 && f == last[i] {
				continue
			}
			c.Runs++
			if last[i] = f; !values[i][f] {
				values[i][f] = true
				c.Values++
			}
		}
	}
	return columns, rows, nil
}

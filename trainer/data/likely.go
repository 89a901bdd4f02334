package data

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// What is looked at where the names of columns say too little.
const (
	likelyRows    = 1 << 17
	likelyClasses = 64   // different answers, at most
	likelyIDs     = 1000 // recordings, at most
)

// anyID is what to say where no column looks like the numbers of recordings.
const anyID = "id = COLUMN,  which numbers the recordings"

// likelyID proposes the setting of the column that numbers recordings; answer is as likely has it.
func likelyID(r *files.Rows, answer int) string {
	_, id := likely(r, answer)
	return cmp.Or(id, anyID)
}

// likely proposes settings for columns whose names say nothing, by what stands in them. The only column of words that come back is the label.
// Columns of which each value stands in many rows that follow each other number recordings, or persons, of whom there are fewer. Either is ""
// where nothing speaks for it; the column of answers that is known, or -1, is neither.
func likely(r *files.Rows, answer int) (label, id string) {
	columns, rows, err := r.Courses(likelyRows, likelyIDs)
	if err != nil || r.Header == nil {
		return "", ""
	}
	labels, most := 0, 0
	for i, c := range columns {
		name := r.ColumnName(i)
		switch {
		case i == answer || c.Values < 2 || timeName.MatchString(strings.ToLower(files.Clean(name))):
		case c.Runs == c.Values && c.Values <= likelyIDs && rows >= stepRun*c.Runs:
			if c.Values > most {
				most, id = c.Values, fmt.Sprintf("id = %q,  of whose %d values each stands in rows that follow each other", name, c.Values)
			}
		case c.Kind == files.WordColumn && c.Runs > c.Values && c.Values <= likelyClasses:
			labels++
			label = fmt.Sprintf("label = %q,  whose %d words come back", name, c.Values)
		}
	}
	if labels > 1 {
		label = ""
	}
	return label, id
}

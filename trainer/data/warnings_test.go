package data

import (
	"fmt"
	"strings"
	"testing"
)

// recordingsOf is a table of recordings, so many of each person, of which half is of each of two classes.
func recordingsOf(t *testing.T, persons string, each, rows int) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("id,who,label,v\n")
	for _, who := range persons {
		for r := range each {
			for i := range rows {
				fmt.Fprintf(&text, "%d,%c,%s,%d\n", r, who, []string{"sit", "walk"}[2*i/rows], i)
			}
		}
	}
	return saveTable(t, "s.csv", text.String())
}

// TestShared says what of a held-out part is trained on: recordings before persons, and nothing where none is.
func TestShared(t *testing.T) {
	for _, c := range []struct {
		persons string
		each    int
		set     []string
		want    string
	}{
		{"a", 1, []string{"id=id"}, "all 2 windows of the validation part are of 1 recording that training saw too: its score says little about new recordings"},
		{"abcdefgh", 4, []string{"id=id", "group=who"}, ""},
		{"abcdefgh", 4, []string{"id=id", "group=who", "split=random"}, "persons that training saw too: its score says little about new persons"},
		{"abcdefgh", 4, []string{"id=id", "group=who", "split=groups"}, ""},
	} {
		s := load(t, recordingsOf(t, c.persons, c.each, 40), append(c.set, "window=4", "hold=0", "valid=20%")...)
		got := s.Shared(&s.Valid)
		if got.Part != "validation" || c.want == "" && got.String() != "" || !strings.Contains(got.String(), c.want) {
			t.Errorf("%v: %q", c.set, got.String())
		}
		if got.Sequences > 0 && got.Remedy() == "" {
			t.Error("no remedy")
		}
		warned := false
		for _, w := range s.Warnings(s.CountClasses()) {
			warned = warned || strings.Contains(w.Summary, "training saw too")
		}
		if warned != (got.What == "recordings") {
			t.Errorf("%v: warned is %v", c.set, warned)
		}
	}
}

package data

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestOrigin follows windows back to recording, person and step, through the parts.
func TestOrigin(t *testing.T) {
	var text strings.Builder
	text.WriteString("id,person,label,v\n")
	for r, who := range []string{"anna", "anna", "ben", "carl"} {
		for i := range 10 {
			fmt.Fprintf(&text, "r%d,%s,%s,%d\n", r, who, []string{"sit", "walk"}[i/5], 100*r+i)
		}
	}
	s := load(t, saveTable(t, "s.csv", text.String()), "id=id", "group=person", "label=label", "window=2", "stride=1", "test=ben", "valid=0")
	if what, of := s.Train.Independent(); what != "persons" || !slices.Equal(slices.Compact(of), []int{0, 1}) {
		t.Errorf("independent: %s %v", what, of)
	}
	for i := range s.Test.N {
		o, x := s.Test.Origin(i), values(&s.Test, i)
		if o.Person != "ben" || o.Recording != "r2 of ben" || o.Step != int(x[0])-200 || s.Test.StepAt(i, 1) != int(x[1])-200 {
			t.Errorf("window %v is of %+v", x, o)
		}
	}
	// One person in a part: the recordings are what is independent, here one.
	if what, of := s.Test.Independent(); what != "recordings" || slices.Max(of) != 0 {
		t.Errorf("independent: %s %v", what, of)
	}
	d := s.Describe()
	if p := d.Parts; !slices.Equal(p[0].Persons, []string{"anna", "carl"}) || len(p[0].Recordings) != 3 || !slices.Equal(p[2].Persons, []string{"ben"}) || p[1].Sequences != 0 {
		t.Errorf("parts %+v", p)
	}
}

// TestOriginOfRows numbers sequences within their file, and sequences that are padded begin before their first step.
func TestOriginOfRows(t *testing.T) {
	s := load(t, saveTable(t, "s.csv", "label,a,b\nx,1,2\ny,3,4\nx,5,6\ny,7,8\n"), "valid=0", "hold=50%")
	for _, part := range []*Sequences{&s.Train, &s.Test} {
		for i := range part.N {
			if o := part.Origin(i); float64(2*o.Number+1) != values(part, i)[0] || o.Recording != "" || o.Person != "" || o.Step != 0 {
				t.Errorf("%v is %+v", values(part, i), o)
			}
		}
	}
	if what, of := s.Train.Independent(); what != "sequences" || len(of) != s.Train.N || of[1] != 1 {
		t.Errorf("independent: %s %v", what, of)
	}
	s = load(t, saveTable(t, "s.csv", "id,label,v\n1,x,1\n1,x,2\n2,y,3\n"), "id=id", "length=3", "valid=0", "hold=0")
	if a, b := s.Train.Origin(0).Step, s.Train.Origin(1).Step; a != -1 || b != -2 {
		t.Errorf("padded sequences begin at %d and %d", a, b)
	}
}

// TestLacking names the classes that a part has none of.
func TestLacking(t *testing.T) {
	s := load(t, saveTable(t, "s.csv", "who,label,v\n1,x,1\n1,y,2\n2,x,3\n3,x,3\n3,y,3\n3,z,4\n"), "group=who", "valid=0", "test=2")
	counts := s.CountClasses()
	if want := []ClassCount{{"x", 2, 0, 1}, {"y", 2, 0, 0}, {"z", 1, 0, 0}}; !slices.Equal(counts, want) {
		t.Errorf("%v", counts)
	}
	if l := s.Lacking(counts); len(l) != 1 || !slices.Equal(l["test"], []string{"y", "z"}) {
		t.Errorf("lacking %v", l)
	}
}

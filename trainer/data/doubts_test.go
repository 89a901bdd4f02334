package data

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// long writes a table of a step a row: recordings of 30 steps of noise, of two persons and classes.
func long(header string, row func(id, step int, noise func() float64) string) string {
	rng := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	b.WriteString(header + "\n")
	for id := range 6 {
		for step := range 30 {
			b.WriteString(row(id, step, rng.NormFloat64) + "\n")
		}
	}
	return b.String()
}

func noted(s *Set, note string) bool {
	return slices.ContainsFunc(s.Notes, func(n string) bool { return strings.Contains(n, note) })
}

// TestLikelyWrong lists readings that would be wrong in silence: what is read instead, with a note, or the error that asks.
func TestLikelyWrong(t *testing.T) {
	class := func(id int) string { return []string{"run", "walk"}[id%2] }
	for _, test := range []struct {
		name, text, settings string
		channels             string // read as values
		note, err            string
	}{
		{"a time in milliseconds", long("session,timestamp_ms,ax,ay,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%d,%.3f,%.3f,%s", id, 1700000000000+int64(id*30+step)*20, noise(), noise(), class(id))
		}), "id=session window=5", "ax,ay", "since they only rise, as a time or an index does: timestamp_ms; values = ", ""},
		{"a time that starts again in every recording", long("session,Time (s),ax,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%.2f,%.3f,%s", id, float64(step)/50, noise(), class(id))
		}), "id=session window=5", "ax", "Time (s)", ""},
		{"a time that is asked for", long("session,t,ax,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%d,%.3f,%s", id, step, noise(), class(id))
		}), "id=session window=5 values=t,ax", "t,ax", "", ""},
		{"the index of pandas", long(",session,ax,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%d,%.3f,%s", id*30+step, id, noise(), class(id))
		}), "id=session window=5", "ax", "as a time or an index does: column 1", ""},
		{"the index of pandas, read before", long("Unnamed: 0,session,ax,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%d,%.3f,%s", id*30+step, id, noise(), class(id))
		}), "id=session window=5", "ax", "column 1", ""},
		{"a signal that rises", long("session,level,ax,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%d,%.3f,%s", id, step, noise(), class(id))
		}), "id=session window=5", "level,ax", "values that only rise, as a time does: level", ""},
		{"a second column of answers", long("session,ax,class,target", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%.3f,%s,%d", id, noise(), class(id), id%2)
		}), "id=session window=5", "", "", "columns class and target may each be the answer; help: say which with  label = class"},
		{"a second column of answers, once one is named", long("session,ax,class,target", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%.3f,%s,%d", id, noise(), class(id), id%2)
		}), "id=session window=5 label=class", "ax", "since they are called as answers are: target", ""},
		{"the class as a number, by another name", long("session,ax,class,code", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%.3f,%s,%d", id, noise(), class(id), 1+id%2)
		}), "id=session window=5", "", "", `column code has one whole number for each class, and would give the answer away as a value; help: name the columns of values without it:  values = "ax"`},
		{"a copy of the target", long("session,ax,load,force", func(id, step int, noise func() float64) string {
			f := noise()
			return fmt.Sprintf("%d,%.3f,%.3f,%.3f", id, noise(), f, f)
		}), "id=session window=5 targets=force", "", "", "column load is a copy of a target"},
		{"axes called x, y, z", long("session,x,y,z,activity", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%.3f,%.3f,%.3f,%s", id, noise(), noise(), noise(), class(id))
		}), "id=session window=5", "x,y,z", "", ""},
		{"persons as numbers", long("session,subject,ax,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%d,%.3f,%s", id, 7+id/2, noise(), class(id))
		}), "id=session window=5", "ax", "called as persons are: subject; group = COLUMN holds out whole persons", ""},
		{"steps without id, in runs of one label", long("p,q,r,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%.3f,%.3f,%.3f,%s", noise(), noise(), noise(), class(id))
		}), "", "", "", "its rows look like steps of recordings (30 rows of one label follow each other on average), and would be read as 180 sequences of 3 steps; help: say  id = COLUMN"},
		{"steps without id, called as axes are", long("acc_x,acc_y,acc_z,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%.3f,%.3f,%.3f,%s", noise(), noise(), noise(), class(step))
		}), "", "", "", "its columns are called as axes are"},
		{"steps without id, of a slow signal", long("level,force", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%d", (id*30+step)%90, id+step)
		}), "targets=force", "", "", "rows that follow each other are alike"},
		{"steps without id, once it is said that they are sequences", long("acc_x,acc_y,acc_z,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%.3f,%.3f,%.3f,%s", noise(), noise(), noise(), class(id))
		}), "inputs=1", "0", "", ""},
		{"steps of one recording", long("acc_x,acc_y,acc_z,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%.3f,%.3f,%.3f,%s", noise(), noise(), noise(), class(id))
		}), "id=file window=5", "acc_x,acc_y,acc_z", "", ""},
		{"an id that is not named", long("session,p,q,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%.3f,%.3f,%s", id, noise(), noise(), class(step))
		}), "", "", "", "column session seems to number recordings"},
		{"a sequence a row, sorted by class", long("x0,x1,x2,x3,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%.3f,%.3f,%.3f,%.3f,%s", noise(), noise(), noise(), noise(), []string{"a", "b"}[id/3])
		}), "", "0", "", ""},
		{"names that are given twice", long("id,t,t,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%.3f,%.3f,%s", id, noise(), noise(), class(id))
		}), "id=id window=5", "t,t 2", "2 columns are called t; they are taken as t, t 2", ""},
		{"one of the names that are given twice", long("id,t,t,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%.3f,%.3f,%s", id, noise(), noise(), class(id))
		}), "id=id window=5 values=t", "", "", "2 columns are called t; help: give the number of the one that is meant: 2, 3"},
		{"a column named twice", long("id,t,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%.3f,%s", id, noise(), class(id))
		}), "id=id window=5 values=t,t", "", "", "column t is named twice"},
		{"persons with blanks, capitals and zeros", long("id,who,t,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%s,%.3f,%s", id, []string{"anna", " anna ", "Anna", "ben", "ben", "ben"}[id], noise(), class(id))
		}), "id=id group=who window=5 test=ben", "t", "anna and Anna differ in capitals only, and are taken for two", ""},
		{"a person in two forms of Unicode", long("id,who,t,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%s,%.3f,%s", id, []string{"Jos\u00e9", "Jose\u0301", "ben"}[id%3], noise(), class(id))
		}), "id=id group=who window=5 test=ben", "t", `"Jos\u00e9" and "Jose\u0301" differ in characters that look the same only`, ""},
		{"a class with a blank that has no width", long("id,t,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%.3f,%s", id, noise(), []string{"walk", "walk\u200b"}[id%2])
		}), "id=id window=5", "t", `"walk" and "walk\u200b" differ in characters that look the same only`, ""},
		{"a person that is missing", long("id,who,t,class", func(id, step int, noise func() float64) string {
			return fmt.Sprintf("%d,%s,%.3f,%s", id, []string{"anna", "", "ben"}[id%3], noise(), class(id))
		}), "id=id group=who window=5", "", "", "a.csv:32:1: error[data]: column who is empty: it says of which person the row is"},
	} {
		s, err := Load(saveTable(t, "a.csv", test.text), options(t, append(strings.Fields(test.settings), "valid=0")...))
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: got %v\nwant %s", test.name, err, test.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		var names []string
		for _, c := range s.Channels {
			names = append(names, c.Name)
		}
		if got := strings.Join(names, ","); got != test.channels || !noted(s, test.note) && test.note != "" {
			t.Errorf("%s: values %s, notes %q", test.name, got, s.Notes)
		}
	}
}

// TestOnePerson takes 1, 1.0 and 01 for one person and one recording, and blanks around a name for none of it.
func TestOnePerson(t *testing.T) {
	for _, names := range [][]string{{"1", "1.0", "01"}, {"anna", "anna ", "  anna"}, {"anna b", "anna  b", "anna\tb"}} {
		text := "id,who,v,class\n"
		for i, n := range names {
			text += fmt.Sprintf("%s,%s,%d,a\n%s,%s,1,a\n", n, n, i, n, n)
		}
		text += "7,ben,1,a\n7,ben,3,a\n"
		s := load(t, saveTable(t, "a.csv", text), "id=id", "group=who", "window=2", "valid=0", "hold=0")
		if got := distinct(s.Train.Groups); len(got) != 2 || s.Train.N != 4 {
			t.Errorf("%q: groups %v of %d windows", names, got, s.Train.N)
		}
	}
}

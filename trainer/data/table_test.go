package data

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hostile"
	"github.com/hrnnc/hrnnc/trainer/data/files"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

func saveTable(t testing.TB, name, text string) string {
	t.Helper()
	return filetest.Write(t, t.TempDir(), name, []byte(text))
}

func TestCSVOfSequences(t *testing.T) {
	path := saveTable(t, "s.csv", "\xef\xbb\xbfclass,a,b,c,d,note\nup,1,2,3,4,x\ndown,5,6,7,8.5,\"a,\"\"b\"\"\"\nup,1,1,1,1,x\n")
	s := load(t, path, "valid=0", "hold=0")
	if s.Train.N != 3 || s.Train.T != 4 || s.Train.D != 1 || !slices.Equal(s.Classes, []string{"down", "up"}) {
		t.Fatalf("%+v", s)
	}
	if got := values(&s.Train, 1); !slices.Equal(got, []float64{5, 6, 7, 8.5}) || s.Train.Label(1) != 0 {
		t.Errorf("got %v", got)
	}
	two := load(t, path, "valid=0", "hold=0", "inputs=2", "values=d,c,b,a", "unit=10")
	if got := values(&two.Train, 1); !slices.Equal(got, []float64{85, 70, 60, 50}) || two.Train.T != 2 || two.Train.D != 2 {
		t.Errorf("got %v", got)
	}
	regression := load(t, path, "valid=0", "hold=0", "targets=c,d")
	y := make([]float64, 2)
	if regression.Train.Targets(1, y); regression.Train.Outputs != 2 || !slices.Equal(y, []float64{7, 8.5}) || regression.Train.T != 2 {
		t.Errorf("targets %v", y)
	}
}

func TestTSVWithoutHeader(t *testing.T) {
	path := saveTable(t, "s.tsv", "9\t1\t2\r\n\n10\t3\t\"4\"x\n")
	s := load(t, path, "label=1", "values=2", "valid=0", "hold=0", "group=3")
	if s.Train.N != 2 || !slices.Equal(s.Classes, []string{"9", "10"}) || !slices.Equal(s.Train.Groups, []int32{1, 0}) {
		t.Errorf("%+v, groups %v", s, s.Train.Groups)
	}
}

// steps writes a table of one step a row: recordings of the given ids, lengths and labels.
func steps(rows ...[3]int) string {
	var b strings.Builder
	b.WriteString("session,x,y,label\n")
	at := 0
	for _, r := range rows {
		for range r[1] {
			fmt.Fprintf(&b, "%d,%d,%d,%d\n", r[0], at, -at, r[2])
			at++
		}
	}
	return b.String()
}

func TestCSVOfSteps(t *testing.T) {
	// Recording 3 has ten steps of label 0 and seven of label 1; no window crosses the change.
	path := saveTable(t, "s.csv", steps([3]int{3, 10, 0}, [3]int{3, 7, 1}, [3]int{8, 4, 0}, [3]int{9, 3, 1}))
	s := load(t, path, "id=session", "window=4", "stride=3", "valid=0", "test=8")
	if s.Train.N != 5 || s.Test.N != 1 || s.Train.T != 4 || s.Train.D != 2 || s.Channels[1].Name != "y" {
		t.Fatalf("%d + %d of %d x %d", s.Train.N, s.Test.N, s.Train.T, s.Train.D)
	}
	var first []float64
	for i := range s.Train.N {
		first = append(first, values(&s.Train, i)[0])
	}
	if !slices.Equal(first, []float64{0, 3, 6, 10, 13}) || s.Train.Label(2) != 0 || s.Train.Label(3) != 1 {
		t.Errorf("windows start at %v", first)
	}
	padded := load(t, path, "id=session", "length=5", "valid=0", "hold=0")
	if got := values(&padded.Train, 2); !slices.Equal(got, []float64{0, 0, 17, -17, 18, -18, 19, -19, 20, -20}) || padded.Train.N != 4 {
		t.Errorf("got %v", got)
	}
	y := load(t, path, "id=session", "window=4", "channels=y", "valid=0", "hold=0", "normalise=range")
	if got := values(&y.Train, 0); y.Train.D != 1 || got[0] != 1 || y.Channels[0].Name != "y" {
		t.Errorf("got %v, %v", got, y.Channels)
	}
	if _, err := Load(path, options(t, "id=session")); err == nil || !strings.Contains(err.Error(), "its recordings have different lengths, 3 to 10 steps; help: cut windows:  window = 2,  stride = 1;  or pad and cut them all:  length = 10") {
		t.Errorf("got %v", err)
	}
}

// TestTargetsOfSteps gives a window the targets of its last row, whatever those before it are.
func TestTargetsOfSteps(t *testing.T) {
	path := saveTable(t, "s.csv", "id,x,charge,peak\n1,0,10,5\n1,1,11,6\n1,2,12,7\n1,3,13,8\n1,4,14,9\n2,5,15,4\n2,6,16,3\n2,7,17,2\n")
	s := load(t, path, "id=id", "targets=peak,charge", "window=2", "stride=1", "valid=0", "hold=0")
	y := make([]float64, 2)
	for i, want := range [][]float64{{6, 11}, {7, 12}, {8, 13}, {9, 14}, {3, 16}, {2, 17}} {
		if s.Train.Targets(i, y); !slices.Equal(y, want) || s.Train.N != 6 || s.Train.EachStep {
			t.Errorf("window %d of %d: targets %v, want %v", i, s.Train.N, y, want)
		}
	}
	if s.Classes != nil || !slices.Equal(s.Targets, []string{"peak", "charge"}) {
		t.Errorf("classes %v, targets %v", s.Classes, s.Targets)
	}
	padded := load(t, path, "id=id", "targets=charge", "length=4", "valid=0", "hold=0")
	for i, want := range []float64{13, 17} { // the first is cut, the second padded
		if padded.Train.Targets(i, y); y[0] != want {
			t.Errorf("recording %d: target %v, want %v", i, y[0], want)
		}
	}
	every := load(t, path, "id=id", "targets=peak,charge", "each_step=yes", "window=3", "stride=2", "subsample=2", "valid=0", "hold=0")
	y = make([]float64, 4)
	for i, want := range [][]float64{{5, 10, 7, 12}, {7, 12, 9, 14}, {4, 15, 2, 17}} {
		if every.Train.Targets(i, y); !slices.Equal(y, want) || !every.Train.EachStep || every.Train.Outputs != 2 {
			t.Errorf("window %d: targets %v, want %v", i, y, want)
		}
	}
}

// TestLabelsOfSteps keeps windows whole where the label changes, and has a label for each step, or none.
func TestLabelsOfSteps(t *testing.T) {
	path := saveTable(t, "s.csv", "id,x,label\n1,0,no\n1,1,yes\n1,2,\n1,3,no\n1,4,yes\n2,5,-1\n2,6,no\n")
	s := load(t, path, "id=id", "each_step=yes", "window=2", "valid=0", "hold=0")
	y := make([]int32, 4)
	for i, want := range [][]int32{{0, 1}, {-1, 0}, {-1, 0}} {
		if s.Train.Labels(i, y); !slices.Equal(y[:2], want) || !s.Train.EachStep || s.Train.N != 3 {
			t.Errorf("window %d of %d: labels %v, want %v", i, s.Train.N, y[:2], want)
		}
	}
	if d := s.Describe(); d.LabelledSteps != 4 || !slices.Equal(d.Classes, []ClassCount{{"no", 3, 0, 0}, {"yes", 1, 0, 0}}) {
		t.Errorf("%v of %d steps", d.Classes, d.LabelledSteps)
	}
	padded := load(t, path, "id=id", "each_step=yes", "length=4", "valid=0", "hold=0")
	for i, want := range [][]int32{{0, 1, -1, 0}, {-1, -1, -1, 0}} {
		if padded.Train.Labels(i, y); !slices.Equal(y, want) {
			t.Errorf("recording %d: labels %v, want %v", i, y, want)
		}
	}
}

// TestTableNotes says, once, what may be meant otherwise.
func TestTableNotes(t *testing.T) {
	dir := t.TempDir()
	rows := "good film\tpos\n"
	filetest.Write(t, dir, "train.tsv", []byte(rows+"bad film\tneg\n"))
	filetest.Write(t, dir, "test.tsv", []byte(rows+"a film\tpos\n"))
	const note = "the first row is taken for the names of columns, since no number is in it; header = no makes it data"
	count := func(s *Set, note string) (n int) {
		for _, have := range s.Notes {
			if have == note {
				n++
			}
		}
		return n
	}
	if s := load(t, dir, "text=1", "label=2", "valid=0"); count(s, note) != 1 || s.Train.N != 1 {
		t.Errorf("notes %q", s.Notes)
	}
	for _, header := range []string{"yes", "no"} {
		if s := load(t, dir, "text=1", "label=2", "valid=0", "header="+header); count(s, note) != 0 {
			t.Errorf("header = %s: notes %q", header, s.Notes)
		}
	}
	many := "q,a\n"
	for i := range 60 {
		many += fmt.Sprintf("%d.5,1\n", i)
	}
	if s := load(t, saveTable(t, "s.csv", many), "label=q", "valid=0", "hold=0"); count(s, `column q has 60 different numbers, each taken for a class; targets = "q" makes them numbers to give`) != 1 {
		t.Errorf("notes %q", s.Notes)
	}
	for _, name := range []string{"train.csv", "test.csv"} {
		filetest.Write(t, dir, name, []byte("class,note,a\n1.0,x,1\n1,y,3\n02,z,3\n"))
	}
	s := load(t, dir, "valid=0")
	if count(s, "columns that are not read, since they hold words: note") != 1 || !slices.Equal(s.Classes, []string{"1", "2"}) || s.Train.Label(2) != 1 {
		t.Errorf("classes %v, notes %q", s.Classes, s.Notes)
	}
}

// TestOneRecording checks that the parts of a single recording share no step.
func TestOneRecording(t *testing.T) {
	s := load(t, saveTable(t, "s.csv", steps([3]int{1, 100, 0})), "id=session", "window=8", "stride=2")
	last := func(p *Sequences) float64 { return values(p, p.N-1)[7*2] }
	first := func(p *Sequences) float64 { return values(p, 0)[0] }
	if last(&s.Train) >= first(&s.Valid) || last(&s.Valid) >= first(&s.Test) || s.Valid.N == 0 {
		t.Errorf("training ends at %v, validation is %v to %v, test starts at %v", last(&s.Train), first(&s.Valid), last(&s.Valid), first(&s.Test))
	}
}

func TestTableFolder(t *testing.T) {
	dir := t.TempDir()
	filetest.Write(t, dir, "train.csv", []byte("label,a,b\n0,1,2\n1,3,4\n0,5,6\n"))
	filetest.Write(t, dir, "test.csv", []byte("a,b,label\n7,8,1\n"))
	s := load(t, dir, "valid=0")
	if s.Train.N != 3 || s.Test.N != 1 || !slices.Equal(values(&s.Test, 0), []float64{7, 8}) || s.Test.Label(0) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestTableErrors(t *testing.T) {
	for _, test := range []struct{ name, text, settings, want string }{
		{"a.csv", "label,a\n0,1\n1,x\n", "", `a.csv:3:1: error[data]: column a is "x", which is no finite number`},
		{"a.csv", "label,a\n0,1\n1,NaN\n", "", "a.csv:3:1: error[data]: has no value"},
		{"a.csv", "label,a\n0,1\n1,1e999\n", "", "which is no finite number"},
		{"a.csv", "label,a\n0,1\n1,1e39\n", "", `column a is "1e39", which is beyond the numbers of float32`},
		{"a.csv", "label,a\n0,1\n" + strings.Repeat("x", 1001) + ",1\n", "", "names of classes have at most 1000"},
		{"a.csv", "label,a\n0,1\n1\n", "", "a.csv:3:1: error[data]: has 1 field; the first row has 2"},
		{"a.csv", "label,a\n0,1\n\"1,2\n", "", "a.csv:3:6: error[data]: extraneous or missing \" in quoted-field"},
		{"a.tsv", "label\ta\n0\t\xff\n", "text=a", "a.tsv:2:1: error[data]: field 2 is not UTF-8"},
		{"a.csv", "label,a\n0,\x001\n", "", "is not text: byte 10 is 0"},
		{"a.csv", "label,a\n,1\n", "", "a.csv:2:1: error[data]: has no label"},
		{"a.csv", "label,a\n", "", "has a header and no row"},
		{"a.csv", "\n\n", "", "has no row"},
		{"a.csv", "q,a\n0,1\n", "", "which column is the label cannot be guessed"},
		{"a.csv", "q,a\n0,1\n", "label=z", "there is no column z; help: the columns are q, a"},
		{"a.csv", "quality,a\n0,1\n", "label=qualty", "there is no column qualty; help: did you mean quality? the columns are quality, a"},
		{"a.csv", "1,2\n0,1\n", "label=3", "there is no column 3; help: the columns are 1 to 2"},
		{"a.csv", "label,a\n0,x\n", "", "no column holds values"},
		{"a.csv", "label,a,b,c\n0,1,2,3\n", "inputs=2", "a row has 3 values, not a multiple of inputs = 2"},
		{"a.csv", "label,a\n0,1\n1,2\n", "window=4", "window is for a table with a step a row; without  id  this one has a sequence a row; help: say  id = COLUMN,  which numbers the recordings; the columns are label, a"},
		{"a.csv", "0,1\n1,2\n", "label=1,length=4", "the columns are 1 to 2"},
		{"a.csv", "label,a\n0,1\n1,2\n", "each_step=yes", "each_step is for a table with a step a row"},
		{"a.csv", "label,text\n0,a\n1,b\n", "stride=4", "stride is for a table with a step a row; without  id  this one has a text a row; help: remove it"},
		{"a.csv", "id,a,label\n1,1,x\n1,2,\n", "id=id", "a.csv:3:1: error[data]: has no label; help: remove the row; or where every step has a label of its own, say  each_step = yes"},
		{"a.csv", "id,a,label\n1,1,-1\n1,2,\n", "id=id,each_step=yes", "no label counts: all are empty or -1"},
		{"a.csv", "id,a,y\n1,1,2\n1,2,3\n2,1,1\n", "id=id,targets=y,each_step=yes,length=2", "some recordings are shorter than length = 2, and steps that pad them have no numbers to give"},
		{"a.csv", "id,a,label\n1,1,x\n2,1,x\n1,2,x\n2,1,x\n1,2,y\n1,2,y\n", "id=id,window=4", "no recording has 4 steps; the longest has 2; help: choose a shorter  window;  a recording is rows of one id and one label that follow each other"},
		{"a.csv", "id,a,y\n1,1,2\n", "id=id,window=4,targets=y", "rows of one id that follow each other"},
	} {
		var settings []string
		if test.settings != "" {
			settings = strings.Split(test.settings, ",")
		}
		if _, err := Load(saveTable(t, test.name, test.text), options(t, settings...)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %v\nwant %s", test.text, err, test.want)
		}
	}
}

func FuzzTable(f *testing.F) {
	f.Add("label,a,b\n0,1,2\n", false)
	f.Add("label\ttext\n0\tone two\n", true)
	f.Add("id,label,x\n1,0,2\n1,0,3\n", false)
	f.Add("label,\"a\n\",b\n0,1,2\n", false)
	f.Fuzz(func(t *testing.T, text string, tsv bool) {
		name := "f.csv"
		if tsv {
			name = "f.tsv"
		}
		for _, columns := range []Columns{{}, {ID: "1", Label: "2"}, {Text: "1", Label: "2", Header: "no"}, {ID: "1", Label: "2", EachStep: true}, {ID: "1", Targets: []string{"3"}}} {
			o := &Options{Columns: columns}
			if columns.ID != "" {
				o.Window = 2
			}
			var s *Set
			err := hostile.Read(t, name, func() error {
				tab := newTable(name, o)
				r, err := files.NewRows(name, []byte(text), columns.dialect())
				if err != nil {
					return err
				}
				if err := tab.readRows(r, unassigned); err != nil {
					return err
				}
				p, err := tab.finish(name)
				if err != nil {
					return err
				}
				s, err = p.set(name, Defaults())
				return err
			})
			if err == nil {
				looked(t, s)
			}
		}
	})
}

// TestSeparators reads the same table with each of the separators that spreadsheets write into CSV files.
func TestSeparators(t *testing.T) {
	for _, between := range []string{",", ";", "\t"} {
		path := saveTable(t, "s.csv", strings.ReplaceAll("class,a,b\nrun,1,2\nwalk,3,4\n", ",", between))
		s := load(t, path, "valid=0", "hold=0")
		values := make([]float64, 2)
		if s.Train.Values(1, values); values[0] != 3 || values[1] != 4 {
			t.Errorf("separator %q: %v", between, values)
		}
	}
}

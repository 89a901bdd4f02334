package data

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMeaning loads sets for a model that was trained on other data: classes, scales and words stay those of the model.
func TestMeaning(t *testing.T) {
	path := saveTable(t, "new.csv", "class,a,b\nrun,10,20\nrun,12,22\nwalk,14,24\n")
	o := options(t, "valid=0", "hold=0", "normalise=channel")
	o.Meaning = &Meaning{Classes: []string{"idle", "walk", "run"}, Channels: []Channel{{Name: "0", Scale: 2, Offset: -1}}}
	s, err := Load(path, o)
	if err != nil {
		t.Fatal(err)
	}
	var labels []int32
	values := make([]float64, 2)
	for i := range s.Train.N {
		labels = append(labels, s.Train.Label(i))
		s.Train.Values(i, values)
		if want := []float64{2*float64(10+2*i) - 1, 2*float64(20+2*i) - 1}; !slices.Equal(values, want) {
			t.Errorf("sequence %d is %v, want %v", i, values, want)
		}
	}
	if want := []int32{2, 2, 1}; !slices.Equal(labels, want) {
		t.Errorf("labels %v, want %v", labels, want)
	}

	o.Meaning.Classes = []string{"idle", "walk"}
	if _, err := Load(path, o); err == nil || !strings.Contains(err.Error(), `the model was not trained on class "run"; help: it knows idle, walk`) {
		t.Errorf("error %v", err)
	}
	// The same number spelt otherwise is the same class; another is none.
	o.Meaning.Classes = []string{"3.0", "7"}
	if s, err = Load(saveTable(t, "spelt.csv", "class,a,b\n3,10,20\n7.0,12,22\n"), o); err != nil || s.Train.Label(0) != 0 || s.Train.Label(1) != 1 {
		t.Errorf("%v: error %v", s, err)
	}
	if _, err = Load(saveTable(t, "counted.csv", "class,a,b\n0,10,20\n1,12,22\n"), o); err == nil || !strings.Contains(err.Error(), `was not trained on class "0"; help: it knows 3.0, 7`) {
		t.Errorf("error %v", err)
	}
	// Numbers where the model has names count its classes.
	o.Meaning.Classes = []string{"idle", "walk"}
	numbered := saveTable(t, "numbered.csv", "class,a,b\n1,10,20\n0,12,22\n")
	if s, err = Load(numbered, o); err != nil || s.Train.Label(0) != 1 || s.Train.Label(1) != 0 {
		t.Errorf("%v: error %v", s, err)
	}
}

func TestMeaningOfWords(t *testing.T) {
	path := saveTable(t, "new.tsv", "text\tlabel\nGood, unheard-of film!\t1\nbad\t0\n")
	o := options(t, "valid=0", "hold=0")
	o.Meaning = &Meaning{Classes: []string{"0", "1"}, Vocabulary: []string{"padding", "unknown", "bad", "good", "film", "!"}, Length: 6}
	s, err := Load(path, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]int32{{0, 3, 1, 1, 4, 5}, {0, 0, 0, 0, 0, 2}} {
		got := make([]int32, s.Train.T)
		s.Train.Tokens(i, got)
		if !slices.Equal(got, want) {
			t.Errorf("text %d is %v, want %v", i, got, want)
		}
	}
}

// TestFirstRowEmpty knows a column of values by its first number, and does not leave out what is missing before.
func TestFirstRowEmpty(t *testing.T) {
	path := saveTable(t, "gap.csv", "class,a,b\nrun,,20\nrun,12,22\n")
	if _, err := Load(path, options(t)); err == nil || !strings.Contains(err.Error(), "gap.csv:2:1: error[data]: column a is missing; help: write what is known, or say what to do:  missing = drop") {
		t.Errorf("error %v", err)
	}
}

// TestMeaningOfColumns refuses columns in another order than in training, and takes them once they are named.
func TestMeaningOfColumns(t *testing.T) {
	path := saveTable(t, "swapped.csv", "id,class,b,a\n1,run,20,10\n1,run,22,12\n")
	o := options(t, "valid=0", "hold=0", "id=id")
	o.Meaning = &Meaning{Classes: []string{"run"}, Channels: []Channel{{Name: "a", Scale: 1}, {Name: "b", Scale: 1}}}
	if _, err := Load(path, o); err == nil || !strings.Contains(err.Error(), `its columns of values are b,a; the model was trained on a,b; help: name them in that order:  values = "a,b"`) {
		t.Errorf("error %v", err)
	}
	o.Columns.Values = []string{"a", "b"}
	s, err := Load(path, o)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float64, 4)
	if s.Train.Values(0, values); !slices.Equal(values, []float64{10, 20, 12, 22}) {
		t.Errorf("values %v", values)
	}
}

// TestColumnsOfSplitFiles reads the columns of a test file by the names that the training file has.
func TestColumnsOfSplitFiles(t *testing.T) {
	path := saveTable(t, "train.csv", "class,note,a,b\nrun,x,1,2\nwalk,y,3,4\n")
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "test.csv"), []byte("b,a,class,note\n20,10,run,z\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := load(t, filepath.Dir(path), "valid=0")
	values := make([]float64, 2)
	if s.Test.Values(0, values); !slices.Equal(values, []float64{10, 20}) {
		t.Errorf("values %v", values)
	}
	if !slices.Contains(s.Notes, "columns that are not read, since they hold words: note") {
		t.Errorf("notes %q", s.Notes)
	}
	comma := saveTable(t, "comma.csv", "class;a;b\nrun;1,5;2\n")
	if _, err := Load(comma, options(t)); err == nil || !strings.Contains(err.Error(), "column a holds numbers with a comma for a point; help: say  decimal = comma") {
		t.Errorf("error %v", err)
	}
}

package data

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

// TestUnlabelled reads files for a model to answer, with the settings of its training: answers may be there or not.
func TestUnlabelled(t *testing.T) {
	dir := t.TempDir()
	filetest.Write(t, dir, "train.csv", []byte("class,a,b\nrun,1,2\n"))
	filetest.Write(t, dir, "test.csv", []byte("a,b,class\n3,4,walk\n"))
	x := ints('i', 2, 2, 2)
	if err := npy.WriteFile(filepath.Join(dir, "field.npy"), x); err != nil {
		t.Fatal(err)
	}
	table := func(text string) string { return saveTable(t, "new.csv", text) }
	for _, test := range []struct {
		name, path string
		settings   []string
		want       [][]float64
	}{
		{"no label", table("a,b\n1,2\n3,4\n"), nil, [][]float64{{1, 2}, {3, 4}}},
		{"a named label is missing", table("a,b\n1,2\n3,4\n"), []string{"label=q", "group=who"}, [][]float64{{1, 2}, {3, 4}}},
		{"a label is no value", table("a,q,b\n1,7,2\n3,,4\n"), []string{"label=q"}, [][]float64{{1, 2}, {3, 4}}},
		{"a guessed label is no value", table("a,y,b\n1,7,2\n3,,4\n"), nil, [][]float64{{1, 2}, {3, 4}}},
		{"targets", table("a,q,b\n1,7,2\n3,x,4\n"), []string{"targets=q,r"}, [][]float64{{1, 2}, {3, 4}}},
		{"steps", table("id,a,label\n1,1,run\n1,2,walk\n2,3,\n2,4,walk\n"), []string{"id=id", "window=2"}, [][]float64{{1, 2}, {3, 4}}},
		{"labels of steps", table("id,a,label\n1,1,run\n1,2,walk\n2,3,\n2,4,walk\n"), []string{"id=id", "each_step=yes"}, [][]float64{{1, 2}, {3, 4}}},
		{"targets of steps", table("id,a,q\n1,1,0\n1,2,1\n2,3,x\n2,4,\n"), []string{"id=id", "targets=q"}, [][]float64{{1, 2}, {3, 4}}},
		{"a folder is one part", dir, nil, [][]float64{{1, 2}, {3, 4}}},
		{"arrays", saveNpz(t, map[string]*npy.Array{"x": x, "x_test": x}), nil, [][]float64{{0, 1}, {2, 3}, {0, 1}, {2, 3}}},
		{"numbers of arrays", saveNpz(t, map[string]*npy.Array{"x": x, "y": npy.FromFloats([]float64{1, 2}, 2)}), []string{"arrays=y=y"}, [][]float64{{0, 1}, {2, 3}}},
		{"an array", filepath.Join(dir, "field.npy"), nil, [][]float64{{0, 1}, {2, 3}}},
	} {
		o := options(t, append(test.settings, "valid=0", "hold=0")...)
		o.Unlabelled = true
		for _, classes := range [][]string{nil, {"walk", "run"}} {
			o.Meaning = &Meaning{Classes: classes}
			s, err := Load(test.path, o)
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
				continue
			}
			if s.Train.N != len(test.want) || s.Train.Outputs != 0 || s.Train.EachStep || !slices.Equal(s.Classes, classes) {
				t.Fatalf("%s: %+v, classes %v", test.name, s.Train, s.Classes)
			}
			for i, want := range test.want {
				if got := values(&s.Train, i); !slices.Equal(got, want) || s.Train.Label(i) != -1 {
					t.Errorf("%s: sequence %d is %v with label %d, want %v", test.name, i, got, s.Train.Label(i), want)
				}
			}
			for _, c := range s.Describe().Classes {
				if c.Train != 0 {
					t.Errorf("%s: %d of class %s", test.name, c.Train, c.Name)
				}
			}
		}
	}
	o := options(t, "valid=0", "hold=0")
	o.Unlabelled, o.Meaning = true, &Meaning{Classes: []string{"bad", "good"}, Vocabulary: []string{"padding", "unknown", "good"}, Length: 3}
	s, err := Load(saveTable(t, "new.tsv", "text\nso good\nbad\n"), o)
	if err != nil || s.Train.Label(1) != -1 || !slices.Equal(tokens(&s.Train, 0), []int32{0, 1, 2}) {
		t.Errorf("%+v, %v", s, err)
	}
}

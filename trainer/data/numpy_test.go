package data

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

// textArray is an array of words.
type textArray struct {
	name  string
	shape []int
	words []string
}

// npy gives the bytes of the .npy file.
func (a textArray) npy() []byte {
	const chars = 16
	head := fmt.Sprintf("{'descr': '<U%d', 'fortran_order': False, 'shape': (%s,), }\n", chars, strings.Trim(diag.Shape(a.shape), "[]"))
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(head)), 0)
	out = append(out, head...)
	for _, w := range a.words {
		word := make([]byte, 4*chars)
		for i, r := range []rune(w) {
			binary.LittleEndian.PutUint32(word[4*i:], uint32(r))
		}
		out = append(out, word...)
	}
	return out
}

// npz builds an archive of arrays.
func npz(t testing.TB, arrays map[string]*npy.Array, texts ...textArray) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range npy.Names(arrays) {
		w, err := z.Create(name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		if err := npy.Write(w, arrays[name]); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range texts {
		w, err := z.Create(a.name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(a.npy()); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// ints is 0, 1, 2, ... in a shape.
func ints(kind byte, size int, shape ...int) *npy.Array {
	n := 1
	for _, d := range shape {
		n *= d
	}
	a := &npy.Array{Shape: shape, Kind: kind, Size: size, Ints: make([]int64, n)}
	for i := range a.Ints {
		a.Ints[i] = int64(i)
	}
	return a
}

func intArray(v ...int64) *npy.Array { return npy.FromInts(v, len(v)) }

func saveNpz(t testing.TB, arrays map[string]*npy.Array, texts ...textArray) string {
	t.Helper()
	return filetest.Write(t, t.TempDir(), "set.npz", npz(t, arrays, texts...))
}

func TestNpzOfEveryType(t *testing.T) {
	floats := npy.FromFloats([]float64{0, 1, 2, 3, 4, 5, 6, 7}, 4, 2)
	for _, x := range []*npy.Array{ints('u', 1, 4, 2), ints('i', 1, 4, 2), ints('u', 2, 4, 2), ints('i', 2, 4, 2), ints('i', 4, 4, 2), ints('u', 8, 4, 2), floats,
		{Shape: []int{4, 2}, Kind: 'f', Size: 4, Floats: floats.Floats}} {
		s := load(t, saveNpz(t, map[string]*npy.Array{"x": x, "y": intArray(3, 9, 3, 9)}), "valid=0", "hold=0")
		if got := values(&s.Train, 3); !slices.Equal(got, []float64{6, 7}) || s.Train.Label(3) != 1 || !slices.Equal(s.Classes, []string{"3", "9"}) {
			t.Errorf("%s: %v, classes %v", x.DType(), got, s.Classes)
		}
	}
}

func TestNpzParts(t *testing.T) {
	s := load(t, saveNpz(t, map[string]*npy.Array{"x_train": ints('i', 2, 5, 2, 3), "y_train": intArray(0, 1, 0, 1, 1), "x_test": ints('i', 2, 2, 2, 3), "y_test": intArray(1, 0),
		"x_val": ints('i', 2, 1, 2, 3), "y_val": intArray(1)}), "unit=1/2")
	if s.Train.N != 5 || s.Valid.N != 1 || s.Test.N != 2 || s.Train.T != 2 || s.Train.D != 3 {
		t.Fatalf("%+v", s)
	}
	if got := values(&s.Test, 1); !slices.Equal(got, []float64{3, 3.5, 4, 4.5, 5, 5.5}) || s.Test.Label(1) != 0 {
		t.Errorf("got %v", got)
	}
	one := load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 100, 4), "y": intArray(slices.Repeat([]int64{0, 1}, 50)...)}))
	if one.Test.N != 20 || one.Valid.N != 8 || one.Train.N != 72 {
		t.Errorf("%d + %d + %d", one.Train.N, one.Valid.N, one.Test.N)
	}
	if n := labels(&one.Test); n[0] != 10 || n[1] != 10 {
		t.Errorf("the test part has %v of each class", n)
	}
}

func TestNpzGroups(t *testing.T) {
	path := saveNpz(t, map[string]*npy.Array{"signals": ints('i', 2, 60, 4), "y": intArray(slices.Repeat([]int64{0, 1}, 30)...), "who": intArray(slices.Repeat([]int64{5, 6, 7, 8, 9, 10}, 10)...)})
	s := load(t, path, "arrays=x=signals,groups=who", "test=7,9-10")
	if got := distinct(s.Test.Groups); !slices.Equal(got, []int32{7, 9, 10}) || s.Test.N != 30 {
		t.Errorf("test persons %v", got)
	}
	if v, tr := distinct(s.Valid.Groups), distinct(s.Train.Groups); len(v) != 1 || slices.Contains(tr, v[0]) {
		t.Errorf("validation persons %v, training %v", v, tr)
	}
	drawn := load(t, path, "arrays=x=signals,groups=who")
	if n := len(distinct(drawn.Test.Groups)); n != 1 {
		t.Errorf("%d test persons", n)
	}
	random := load(t, path, "arrays=x=signals,groups=who", "split=random")
	if n := len(distinct(random.Test.Groups)); n < 3 {
		t.Errorf("%d test persons", n)
	}
}

func TestNpzEachStepAndRegression(t *testing.T) {
	s := load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 2, 3), "y": npy.FromInts([]int64{-1, 4, 5, 5, -1, 4}, 2, 3)}), "valid=0", "hold=0", "subsample=2")
	y := make([]int32, 2)
	s.Train.Labels(0, y)
	if !s.Train.EachStep || !slices.Equal(y, []int32{-1, 1}) || s.Train.Label(1) != 0 || !slices.Equal(s.Classes, []string{"4", "5"}) {
		t.Errorf("labels %v, classes %v", y, s.Classes)
	}
	for _, test := range []struct {
		shape    []int
		eachStep bool
		outputs  int
		want     []float64 // of sequence 1
	}{
		{[]int{2}, false, 1, []float64{1}},
		{[]int{2, 3}, false, 3, []float64{3, 4, 5}},
		{[]int{2, 3, 1}, true, 1, []float64{3, 4, 5}},
		{[]int{2, 3, 2}, true, 2, []float64{6, 7, 8, 9, 10, 11}},
	} {
		n := 1
		for _, d := range test.shape {
			n *= d
		}
		y := make([]float64, n)
		for i := range y {
			y[i] = float64(i)
		}
		s := load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 2, 3), "y": npy.FromFloats(y, test.shape...)}), "valid=0", "hold=0")
		got := make([]float64, len(test.want))
		s.Train.Targets(1, got)
		if s.Train.EachStep != test.eachStep || s.Train.Outputs != test.outputs || !slices.Equal(got, test.want) || s.Classes != nil {
			t.Errorf("%v: each step %v, %d outputs, %v", test.shape, s.Train.EachStep, s.Train.Outputs, got)
		}
	}
	classes := load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 2, 3), "y": npy.FromFloats([]float64{7, 2}, 2)}), "answers=classes", "valid=0", "hold=0")
	if classes.Train.Outputs != 0 || classes.Train.Label(0) != 1 {
		t.Errorf("%+v", classes.Train)
	}
}

// TestNpzLabels reads labels in the shapes and types that people save them in.
func TestNpzLabels(t *testing.T) {
	x := ints('i', 2, 4, 3)
	for name, path := range map[string]string{
		"a column":         saveNpz(t, map[string]*npy.Array{"x": x, "y": npy.FromInts([]int64{3, 9, 3, 9}, 4, 1)}),
		"text":             saveNpz(t, map[string]*npy.Array{"x": x}, textArray{"y", []int{4}, []string{"3", "9", "3.0", " 9"}}),
		"a column of text": saveNpz(t, map[string]*npy.Array{"x": x}, textArray{"y", []int{4, 1}, []string{"3", "9", "3", "9"}}),
	} {
		s := load(t, path, "valid=0", "hold=0")
		if s.Train.EachStep || s.Train.Label(2) != 0 || s.Train.Label(3) != 1 || !slices.Equal(s.Classes, []string{"3", "9"}) {
			t.Errorf("%s: classes %v, labels %d and %d", name, s.Classes, s.Train.Label(2), s.Train.Label(3))
		}
	}
	words := textArray{"y", []int{2, 3}, []string{"walk", "", "run", "run", "walk", "walk"}}
	y := make([]int32, 3)
	s := load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 2, 3)}, words), "valid=0", "hold=0")
	if s.Train.Labels(0, y); !s.Train.EachStep || !slices.Equal(y, []int32{1, -1, 0}) || !slices.Equal(s.Classes, []string{"run", "walk"}) {
		t.Errorf("labels %v, classes %v", y, s.Classes)
	}
	s = load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 2, 3), "y": ints('i', 2, 2, 3, 1)}), "valid=0", "hold=0")
	if s.Train.Labels(1, y); !s.Train.EachStep || !slices.Equal(y, []int32{3, 4, 5}) {
		t.Errorf("labels %v", y)
	}
}

// TestNpzTextErrors says which text is missing.
func TestNpzTextErrors(t *testing.T) {
	x, y := map[string]*npy.Array{"x": ints('i', 2, 2, 3)}, map[string]*npy.Array{"x": ints('i', 2, 2, 3), "y": intArray(0, 1)}
	for _, test := range []struct {
		arrays   map[string]*npy.Array
		text     textArray
		settings []string
		want     string
	}{
		{x, textArray{"y", []int{2}, []string{"a", ""}}, nil, "y[1] is empty; help: remove the sequence"},
		{x, textArray{"y", []int{2}, []string{"a", "b"}}, []string{"answers=numbers"}, "y holds text, which are classes; help: remove  answers = numbers"},
		{y, textArray{"groups", []int{2}, []string{"", "b"}}, nil, "array groups: error[data]: groups[0] is empty"},
		{y, textArray{"groups", []int{2, 1}, []string{"a", "b"}}, nil, "array groups: error[data]: its shape is [2, 1]"},
		{map[string]*npy.Array{"y": intArray(0, 1)}, textArray{"x", []int{2, 1}, []string{"a", "b"}}, nil, "array x: error[data]: holds text"},
	} {
		if _, err := Load(saveNpz(t, test.arrays, test.text), options(t, test.settings...)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
	one := npy.FromFloats([]float64{0, 1, 1, 0}, 2, 2)
	if s := load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 2, 3), "y": one}), "answers=numbers", "valid=0", "hold=0"); s.Train.Outputs != 2 {
		t.Errorf("%d outputs", s.Train.Outputs)
	}
}

// TestNpzPersonsByName takes text for the names of persons, in all parts.
func TestNpzPersonsByName(t *testing.T) {
	path := saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 4, 3), "y": intArray(0, 1, 0, 1), "x_test": ints('i', 2, 1, 3), "y_test": intArray(1)},
		textArray{"groups", []int{4}, []string{"ben", "anna", "ben", "emil"}}, textArray{"groups_test", []int{1}, []string{"anna"}})
	s := load(t, path, "valid=0", "test=emil")
	if s.Test.N != 1 || !slices.Contains(s.Notes, "test part: emil") || !slices.Equal(s.Train.Groups, []int32{1, 0, 1, 0}) {
		t.Errorf("%d to test, groups %v, notes %q", s.Test.N, s.Train.Groups, s.Notes)
	}
}

// TestNpzNotes says how y may be meant otherwise.
func TestNpzNotes(t *testing.T) {
	s := load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 2, 2, 3), "y": npy.FromFloats([]float64{1, 2, 3, 4, 5, 6}, 2, 3)}), "valid=0", "hold=0")
	if want := "y has 3 numbers for each sequence; to give one at each step, save it as [sequences, 3, 1]"; s.Train.Outputs != 3 || !slices.Contains(s.Notes, want) {
		t.Errorf("notes %q", s.Notes)
	}
	many := map[string]*npy.Array{"x": ints('i', 2, 60, 3), "y": ints('i', 2, 60)}
	s = load(t, saveNpz(t, many), "valid=0", "hold=0")
	if want := "y has 60 different integers, each taken for a class; answers = numbers makes them numbers to give"; !slices.Contains(s.Notes, want) {
		t.Errorf("notes %q", s.Notes)
	}
	if s = load(t, saveNpz(t, many), "valid=0", "hold=0", "answers=classes"); len(s.Notes) > 0 {
		t.Errorf("notes %q", s.Notes)
	}
}

func TestNpzTokens(t *testing.T) {
	s := load(t, saveNpz(t, map[string]*npy.Array{"x": ints('i', 8, 2, 3), "y": intArray(0, 1)}), "tokens=yes", "valid=0", "hold=0")
	if got := tokens(&s.Train, 1); !slices.Equal(got, []int32{3, 4, 5}) || s.Train.Vocabulary != 6 || s.Channels != nil {
		t.Errorf("%v, %d tokens", got, s.Train.Vocabulary)
	}
}

func TestNpzErrors(t *testing.T) {
	x, y := ints('i', 2, 2, 3), intArray(0, 1)
	nan := npy.FromFloats([]float64{0, 1, 2, math.NaN()}, 2, 2)
	for _, test := range []struct {
		name     string
		arrays   map[string]*npy.Array
		settings string
		want     string
	}{
		{"no x", map[string]*npy.Array{"a": x, "y": y}, "", `which array is x cannot be guessed; help: say  arrays = "x=NAME";  it holds a, y`},
		{"no y", map[string]*npy.Array{"x": x, "b": y}, "", "which array is y cannot be guessed"},
		{"no such", map[string]*npy.Array{"x": x, "y": y}, "arrays=x=z", "holds no array z; help: it holds x, y"},
		{"role", map[string]*npy.Array{"x": x, "y": y}, "arrays=z=x", `arrays has "z=x"`},
		{"counts", map[string]*npy.Array{"x": x, "y": intArray(1, 2, 3)}, "", "x has 2 sequences and y 3"},
		{"test without labels", map[string]*npy.Array{"x": x, "y": y, "x_test": x}, "", "has x_test and no labels for it"},
		{"parts differ", map[string]*npy.Array{"x": x, "y": y, "x_test": ints('i', 2, 2, 4), "y_test": y}, "", "its parts have different shapes: x is [2, 3] and [2, 4]"},
		{"one axis", map[string]*npy.Array{"x": ints('i', 2, 2), "y": y}, "", "x has shape [2]; help: [sequences, steps] or"},
		{"no step", map[string]*npy.Array{"x": ints('i', 2, 2, 0), "y": y}, "", "x has shape [2, 0]"},
		{"no sequence", map[string]*npy.Array{"x": ints('i', 2, 0, 3), "y": intArray()}, "", "x has shape [0, 3]"},
		{"NaN", map[string]*npy.Array{"x": nan, "y": y}, "", "array x: error[data]: x[1, 1] is NaN; help: indices are numpy's, the sequence first; remove the sequence"},
		{"many NaN", map[string]*npy.Array{"x": npy.FromFloats([]float64{0, 1, 2, 3, 4, math.Inf(-1), math.NaN(), 7}, 2, 2, 2), "y": y}, "",
			"array x: error[data]: x[1, 0, 1] is -Inf; others that are NaN or infinite: 1; help"},
		{"NaN in y", map[string]*npy.Array{"x": x, "y": npy.FromFloats([]float64{0, math.NaN()}, 2)}, "", "array y: error[data]: y[1] is NaN; help"},
		{"64 bits", map[string]*npy.Array{"x": npy.FromInts([]int64{1, 1 << 40}, 2, 1), "y": y}, "", "x[1, 0] is 1099511627776; integers are -2147483648 to 2147483647 here"},
		{"labels of no step", map[string]*npy.Array{"x": x, "y": ints('i', 2, 2, 5)}, "", "y has shape [2, 5], for sequences of 3 steps"},
		{"groups", map[string]*npy.Array{"x": x, "y": y, "groups": intArray(1)}, "", "array groups: error[data]: has 1 entry for 2 sequences"},
		{"float tokens", map[string]*npy.Array{"x": npy.FromFloats([]float64{0, 1}, 2, 1), "y": y}, "tokens=yes", "tokens are integers, and x holds floats; help: save  x.astype(np.int64)"},
		{"tokens of several values", map[string]*npy.Array{"x": ints('i', 2, 2, 3, 2), "y": y}, "tokens=yes", "tokens are [sequences, steps], and x has shape [2, 3, 2]"},
		{"one-hot", map[string]*npy.Array{"x": x, "y": npy.FromInts([]int64{0, 1, 1, 0}, 2, 2)}, "", "y has shape [2, 2] and a single 1 in each row of 2: it is one-hot; help: save the classes,  y.argmax(1);"},
		{"one-hot floats", map[string]*npy.Array{"x": x, "y": npy.FromFloats([]float64{0, 1, 1, 0}, 2, 2)}, "", "it is one-hot"},
		{"one-hot steps", map[string]*npy.Array{"x": ints('i', 2, 1, 3), "y": npy.FromInts([]int64{0, 1, 1, 0, 1, 0}, 1, 3, 2)}, "", "y.argmax(2)"},
		{"no label counts", map[string]*npy.Array{"x": x, "y": npy.FromInts([]int64{-1, -1, -1, -1, -1, -1}, 2, 3)}, "", "y: error[data]: no label counts: all are empty or -1"},
		{"negative token", map[string]*npy.Array{"x": npy.FromInts([]int64{1, -4}, 2, 1), "y": y}, "tokens=yes", "x[1, 0] is -4; tokens are 0 to"},
		{"test of whom", map[string]*npy.Array{"x": x, "y": y}, "test=3", "test says nothing about this data set"},
	} {
		path := saveNpz(t, test.arrays)
		var settings []string
		if test.settings != "" {
			settings = []string{test.settings}
		}
		if _, err := Load(path, options(t, settings...)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v\nwant %s", test.name, err, test.want)
		}
	}
}

func TestNpyFiles(t *testing.T) {
	dir := t.TempDir()
	for name, a := range map[string]*npy.Array{"x_train": ints('i', 2, 4, 3), "y_train": intArray(0, 1, 0, 1)} {
		if err := npy.WriteFile(filepath.Join(dir, name+".npy"), a); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "x_train.npy")} {
		if s := load(t, path, "valid=0", "hold=0"); s.Train.N != 4 || s.Train.T != 3 {
			t.Errorf("%s: %+v", path, s.Train)
		}
	}
	capital := t.TempDir()
	for from, to := range map[string]string{"x_train.npy": "X.npy", "y_train.npy": "y.npy"} {
		b, err := os.ReadFile(filepath.Join(dir, from))
		if err != nil {
			t.Fatal(err)
		}
		filetest.Write(t, capital, to, b)
	}
	if s := load(t, filepath.Join(capital, "X.npy"), "valid=0", "hold=0"); s.Train.N != 4 {
		t.Errorf("X.npy beside y.npy: %+v", s.Train)
	}
	if err := os.Remove(filepath.Join(dir, "y_train.npy")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(filepath.Join(dir, "x_train.npy"), Defaults()); err == nil || !strings.Contains(err.Error(), "the labels of x_train.npy are not beside it") {
		t.Errorf("got %v", err)
	}
}

func TestPathErrors(t *testing.T) {
	dir := t.TempDir()
	text := filetest.Write(t, dir, "set.mat", []byte("hello"))
	for _, test := range []struct{ path, want string }{
		{filepath.Join(dir, "none.npz"), "there is no such file"},
		{dir, "bad.npz: error[data]: is not an .npz file"}, // all that it holds
		{t.TempDir(), "the folder holds no data set; help: a set is an .npz file"},
		{text, "is of no known kind"},
		{filetest.Write(t, dir, "bad.npz", []byte("hello")), "bad.npz: error[data]: is not an .npz file"},
		{"nothing", "there is no data set of this name; help: hrnnc data list"},
	} {
		if _, err := Load(test.path, Defaults()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
}

func ExampleLoad() {
	o := Defaults()
	o.Sequences = 10
	s, err := Load("parity(8)", o)
	if err != nil {
		fmt.Println(err)
		return
	}
	bits := make([]int32, s.Train.T)
	s.Train.Tokens(0, bits)
	fmt.Println(s.Train.N, bits, s.Classes[s.Train.Label(0)])
	// Output: 10 [1 1 1 1 1 0 1 1] odd
}

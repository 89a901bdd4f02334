package data

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hostile"
	"github.com/hrnnc/hrnnc/trainer/data/files"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

// The same three sequences as the archive of UEA and UCR has them, and as Weka does.
const (
	tsHeader   = "# a comment\n@problemName Tiny\n@timeStamps false\n@univariate true\n@classLabel true 2 10\n@data\n"
	tinyTS     = tsHeader + "0.5,-1,2e0:10\n1,2,3:2\n\n4,5,6:10\n"
	tinyARFF   = "% a comment\n@RELATION 'Tiny set'\n@attribute att0 NUMERIC\n@attribute 'att 1' real\n@attribute att2 integer\n@attribute target {2, 10}\n@DATA\n0.5,-1,2e0,10\n1, 2, 3, 2\n4,5,6,'10'\n"
	tinyTSV    = "10\t0.5\t-1\t2\n2\t1\t2\t3\n10\t4\t5\t6\n"
	tinyTXT    = "  1.0000e+01  5.000e-01 -1.0e+00 2.0\n  2.0  1 2 3\n 1.0000e+01   4 5 6\n"
	tinyCSV    = "10,0.5,-1,2\n2,1,2,3\n10,4,5,6\n"
	tinyTested = tsHeader + "7,8,9:2\n"
)

// TestSeriesFormats reads a set of the UEA and UCR archive from each format that it comes in, with the part that its name says.
func TestSeriesFormats(t *testing.T) {
	for name, text := range map[string]string{"Tiny_TRAIN.ts": tinyTS, "Tiny_TRAIN.arff": tinyARFF, "Tiny_TRAIN.tsv": tinyTSV, "Tiny_TRAIN.txt": tinyTXT, "Tiny_TRAIN.csv": tinyCSV} {
		s := load(t, filetest.Write(t, t.TempDir(), name, []byte(text)), "valid=0", "hold=0")
		if s.Train.N != 3 || s.Train.T != 3 || s.Train.D != 1 || !slices.Equal(s.Classes, []string{"2", "10"}) {
			t.Errorf("%s: %d x %d x %d, classes %v", name, s.Train.N, s.Train.T, s.Train.D, s.Classes)
			continue
		}
		for i, want := range [][]float64{{0.5, -1, 2}, {1, 2, 3}, {4, 5, 6}} {
			if got := values(&s.Train, i); !slices.Equal(got, want) || s.Train.Label(i) != []int32{1, 0, 1}[i] {
				t.Errorf("%s: sequence %d is %v of class %d", name, i, got, s.Train.Label(i))
			}
		}
	}
}

// TestNamedParts takes NAME_TRAIN and NAME_TEST for the parts of one set, whichever is named, or their folder.
func TestNamedParts(t *testing.T) {
	dir := t.TempDir()
	trainFile, testFile := filetest.Write(t, dir, "Tiny_TRAIN.ts", []byte(tinyTS)), filetest.Write(t, dir, "Tiny_TEST.ts", []byte(tinyTested))
	for _, path := range []string{dir, trainFile, testFile} {
		s := load(t, path, "valid=0")
		if s.Train.N != 3 || s.Test.N != 1 || values(&s.Test, 0)[2] != 9 || s.Test.Label(0) != 0 {
			t.Errorf("%s: %d to train on, %d to test", path, s.Train.N, s.Test.N)
		}
	}
	if s := load(t, testFile, "valid=0", "hold=0"); s.Train.N != 1 {
		t.Errorf("hold = 0: %d sequences", s.Train.N)
	}
	o := options(t, "valid=0")
	o.Unlabelled = true
	if s, err := Load(testFile, o); err != nil || s.Train.N+s.Test.N != 1 {
		t.Errorf("for a model to answer: %v", err)
	}
	filetest.Write(t, dir, "Other_TRAIN.ts", []byte(tinyTS))
	if _, err := Load(dir, options(t)); err == nil || !strings.Contains(err.Error(), "holds several data sets: Other, Tiny; help: name one file") {
		t.Errorf("got %v", err)
	}
}

// TestSeveralDimensions reads dimensions, of .ts files and relational ones, as the values of a step; shorter sequences are padded
// in front, and what is missing at the end of one is no step of it.
func TestSeveralDimensions(t *testing.T) {
	for name, text := range map[string]string{
		"a.ts":   "@dimensions 2\n@equalLength false\n@classLabel true a b\n@data\n1,2,3:4,5,6:a\n7,NaN,?:8,?,NaN:b\n",
		"a.arff": "@relation x\n@attribute bag relational\n@attribute t0 numeric\n@attribute t1 numeric\n@attribute t2 numeric\n@end bag\n@attribute c {a,b}\n@data\n'1,2,3\\n4,5,6',a\n\"7,?,?\\n8,?,?\",b\n",
	} {
		s := load(t, filetest.Write(t, t.TempDir(), name, []byte(text)), "valid=0", "hold=0")
		if s.Train.N != 2 || s.Train.T != 3 || s.Train.D != 2 || s.Train.Groups != nil {
			t.Fatalf("%s: %+v", name, s.Train)
		}
		if got := values(&s.Train, 0); !slices.Equal(got, []float64{1, 4, 2, 5, 3, 6}) {
			t.Errorf("%s: got %v", name, got)
		}
		if got := values(&s.Train, 1); !slices.Equal(got, []float64{0, 0, 0, 0, 7, 8}) || s.Train.Label(1) != 1 {
			t.Errorf("%s: got %v", name, got)
		}
		if s = load(t, filetest.Write(t, t.TempDir(), name, []byte(text)), "valid=0", "hold=0", "window=1"); s.Train.N != 4 {
			t.Errorf("%s: %d windows", name, s.Train.N)
		}
	}
}

func TestTSTargets(t *testing.T) {
	const text = "@univariate true\n@targetLabel true\n@data\n1,2:0.25\n3,4,5:-7\n"
	for _, settings := range [][]string{{"valid=0", "hold=0"}, {"valid=0", "hold=0", "window=1"}} {
		s := load(t, filetest.Write(t, t.TempDir(), "a.ts", []byte(text)), settings...)
		var first, last [1]float64
		s.Train.Targets(0, first[:])
		s.Train.Targets(s.Train.N-1, last[:])
		if s.Classes != nil || s.Train.Outputs != 1 || first[0] != 0.25 || last[0] != -7 {
			t.Errorf("targets %v, %v", first, last)
		}
	}
}

func TestTimestamps(t *testing.T) {
	const header = "@timeStamps true\n@univariate true\n@classLabel true 1 2\n@data\n"
	for _, text := range []string{"(2007-01-01 00:00:00,241.5),(2007-01-01 00:01:00,3):1\n", "(0,241.5),(0.5,3):1\n"} {
		s := load(t, filetest.Write(t, t.TempDir(), "a.ts", []byte(header+text)), "valid=0", "hold=0")
		if got := values(&s.Train, 0); !slices.Equal(got, []float64{241.5, 3}) || !slices.Contains(s.Notes, "timestamps are not read: steps are taken in their order, as equally far apart") {
			t.Errorf("got %v, notes %q", got, s.Notes)
		}
	}
	for text, want := range map[string]string{
		"(0,1),(1,1),(3,1):1\n": "a.ts:5:1: error[data]: its steps are 1 to 2 s apart; help: resample",
		"(0,1),(0,1):1\n":       "its timestamp of step 1 is not after that of the step before",
		"(x,1):1\n":             "which is no time and number",
		"1,2:1\n":               `step 0 is "1"; with @timeStamps true it is (TIME,VALUE)`,
	} {
		if _, err := Load(filetest.Write(t, t.TempDir(), "a.ts", []byte(header+text)), options(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestSeriesErrors(t *testing.T) {
	const ts, arff = "@classLabel true a b\n@data\n", "@relation r\n@attribute x numeric\n@attribute c {a,b}\n@data\n"
	for _, test := range []struct{ name, text, want string }{
		{"a.ts", "1,2:a\n", "a.ts:1:1: error[data]: comes before a line @data"},
		{"a.ts", "@problemName x\n", "has no line @data"},
		{"a.ts", "@classLabel false\n@data\n1,2\n", "has sequences without an answer"},
		{"a.ts", ts, "has no sequence"},
		{"a.ts", ts + "1,2:c\n", `a.ts:3:1: error[data]: its class is "c", which @classLabel does not name; help: the classes are a b`},
		{"a.ts", ts + "1,x:a\n", `step 1 is "x", which is no number`},
		{"a.ts", ts + "1,2:3,4:a\n1,2:a\n", "a.ts:4:1: error[data]: has 1 dimension; expected: 2"},
		{"a.ts", ts + "1,2:\n", "has no class"},
		{"a.ts", ts + "?,NaN:a\n", "has no value"},
		{"a.ts", ts + "1,NaN,2:a\n", "a.ts:3:1: error[data]: step 1 of dimension 0 is missing"},
		{"a.ts", "@dimensions 0\n", `@dimensions is "0"`},
		{"a.ts", "@targetLabel true\n@data\n1:x\n", `its target is "x"`},
		{"a.arff", "@relation x\n", "has no line @data"},
		{"a.arff", "@relation x\n@attribute a what\n", `attribute a has type "what"`},
		{"a.arff", arff + "1\n", "a.arff:5:1: error[data]: has 1 field; the first row has 2"},
		{"a.arff", arff + "{0 1}\n", "is a sparse row"},
		{"a.arff", "@relation x\n@attribute b relational\n@attribute t numeric\n@end b\n@attribute c {a}\n@data\n'1',z\n", `its class is "z", which attribute c does not name`},
	} {
		if _, err := Load(filetest.Write(t, t.TempDir(), test.name, []byte(test.text)), options(t)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %v\nwant %s", test.text, err, test.want)
		}
	}
}

// FuzzSeries reads hostile .ts and .arff files.
func FuzzSeries(f *testing.F) {
	for _, text := range []string{tinyTS, tinyARFF, "@timeStamps true\n@data\n(0,1),(1,2):1\n", "@attribute b relational\n@attribute t numeric\n@end b\n@attribute c {a}\n@data\n'1\\n2',a\n"} {
		f.Add(text, text == tinyARFF)
	}
	f.Fuzz(func(t *testing.T, text string, weka bool) {
		o, name := Defaults(), "f.ts"
		if weka {
			name = "f.arff"
		}
		s := &Set{}
		err := hostile.Read(t, name, func() error {
			sequences := newSeries(name, &o)
			if weka {
				a, err := files.OpenARFF(name, text)
				if err != nil || a.Relational() < 0 {
					return err
				}
				if err := sequences.readARFF(a, unassigned); err != nil {
					return err
				}
			} else if err := sequences.takeTS(dataFile{name, unassigned}, text); err != nil {
				return err
			}
			p, err := sequences.finish(name)
			if err != nil {
				return err
			}
			s, err = p.set(name, o)
			return err
		})
		if err != nil {
			return
		}
		for i := range s.Train.N {
			if s.Channels != nil && math.IsNaN(float64(values(&s.Train, i)[0])) {
				t.Fatal("a missing value is left")
			}
		}
	})
}

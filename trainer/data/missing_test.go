package data

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/trainer/data/filetest"
)

// TestMissingValues resolves missing values of tables, sets and arrays in the same ways.
func TestMissingValues(t *testing.T) {
	const steps = "id,a,b,class\n1,1,5,x\n1,NA,6,x\n1,3,,x\n1,4,8,x\n1,5,9,x\n2,?,1,x\n2,7,2,x\n2,8,3,x\n"
	const rows = "class,p,q,r,s\nx,1,,3,4\ny,5,6,7,\nx,8,9,8,7\n"
	x := npy.FromFloats([]float64{1, math.NaN(), 3, 4, 5, 6}, 2, 3)
	arrays := saveNpz(t, map[string]*npy.Array{"x": x, "y": npy.FromInts([]int64{0, 1}, 2)})
	ts := filetest.Write(t, t.TempDir(), "a.ts", []byte("@univariate true\n@classLabel true x y\n@data\n1,?,3:x\n4,5,6:y\n"))
	for _, test := range []struct {
		name, path, settings string
		want                 [][]float64
		note, err            string
	}{
		{"steps", saveTable(t, "a.csv", steps), "id=id window=2", nil, "", "a.csv:3:1: error[data]: column a is missing; in all, 3 values are missing: 2 in column a, 1 in column b; help: write what is known, or say what to do:  missing = drop"},
		{"steps, dropped", saveTable(t, "a.csv", steps), "id=id window=2 missing=drop", [][]float64{{4, 8, 5, 9}, {7, 2, 8, 3}}, "missing = drop: 3 steps are left out, in 2 gaps of 2 recordings; no window runs across one", ""},
		{"steps, held", saveTable(t, "a.csv", steps), "id=id window=3 missing=hold", [][]float64{{1, 5, 1, 6, 3, 6}, {7, 1, 7, 2, 8, 3}}, "missing = hold: 3 values are filled in", ""},
		{"steps, on a line", saveTable(t, "a.csv", steps), "id=id window=3 missing=interpolate", [][]float64{{1, 5, 2, 6, 3, 7}, {7, 1, 7, 2, 8, 3}}, "missing = interpolate: 3", ""},
		{"rows", saveTable(t, "a.csv", rows), "", nil, "", "a.csv:2:1: error[data]: column q is missing; help"},
		{"rows, dropped", saveTable(t, "a.csv", rows), "missing=drop", [][]float64{{0, 5, 6, 7}, {8, 9, 8, 7}}, "1 of 3 sequences lack a value and are left out", ""},
		{"rows, on a line", saveTable(t, "a.csv", rows), "missing=interpolate", [][]float64{{1, 2, 3, 4}, {0, 5, 6, 7}, {8, 9, 8, 7}}, "1 of 3 rows end in missing values", ""},
		{"arrays", arrays, "", nil, "", "x[0, 1] is NaN"},
		{"arrays, dropped", arrays, "missing=drop", [][]float64{{4, 5, 6}}, "1 of 2 sequences", ""},
		{"arrays, held", arrays, "missing=hold", [][]float64{{1, 1, 3}, {4, 5, 6}}, "1 value is filled in", ""},
		{"a set of the archive", ts, "", nil, "", "a.ts:4:1: error[data]: step 1 of dimension 0 is missing"},
		{"a set of the archive, dropped", ts, "missing=drop", [][]float64{{4, 5, 6}}, "", ""},
		{"a set of the archive, on a line", ts, "missing=interpolate", [][]float64{{1, 2, 3}, {4, 5, 6}}, "", ""},
		{"nothing known", saveTable(t, "a.csv", "class,p,q\nx,NA,NA\n"), "missing=hold", nil, "", "no column holds values"},
	} {
		s, err := Load(test.path, options(t, append(strings.Fields(test.settings), "valid=0", "hold=0")...))
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: got %v\nwant %s", test.name, err, test.err)
			}
			continue
		}
		if err != nil || s.Train.N != len(test.want) || !noted(s, test.note) && test.note != "" {
			t.Errorf("%s: %+v, %v", test.name, s, err)
			continue
		}
		for i, want := range test.want {
			if got := values(&s.Train, i); !slices.Equal(got, want) {
				t.Errorf("%s: sequence %d is %v, want %v", test.name, i, got, want)
			}
		}
	}
}

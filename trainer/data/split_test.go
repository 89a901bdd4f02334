package data

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// TestDeal checks for random sets and options that every sequence is in one part at most, that no group is in two, and
// that the same seed deals alike.
func TestDeal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(t, "n")
		groups := rapid.SliceOfN(rapid.Int32Range(0, 6), n, n).Draw(t, "groups")
		classes := rapid.SliceOfN(rapid.Int32Range(0, 3), n, n).Draw(t, "classes")
		grouped := rapid.Bool().Draw(t, "grouped")
		o := Options{Valid: rapid.Float64Range(0, 0.5).Draw(t, "valid"), Hold: rapid.Float64Range(0, 0.5).Draw(t, "hold"),
			Seed: rapid.Uint64().Draw(t, "seed"), Limit: rapid.IntRange(0, 50).Draw(t, "limit")}
		deal := func() ([numParts][]int32, error) {
			p := &pool{n: n, y: array{Numbers: files.Packed[int32](classes), size: 1}, kind: Series, classes: []string{"a", "b", "c", "d"}}
			if grouped {
				p.groups = groups
			}
			return p.deal("set", &o)
		}
		index, err := deal()
		if err != nil {
			return
		}
		var others []int32 // persons who are not of the test part: one alone is in both others
		for _, i := range slices.Concat(index[train], index[valid]) {
			others = append(others, groups[i])
		}
		seen, partOf := map[int32]bool{}, map[int32]part{}
		for k, members := range index {
			for _, i := range members {
				if seen[i] {
					t.Fatalf("sequence %d is in two parts", i)
				}
				seen[i] = true
				if of, ok := partOf[groups[i]]; grouped && ok && of != part(k) && len(distinct(others)) > 1 {
					t.Fatalf("group %d is in parts %d and %d", groups[i], of, k)
				}
				partOf[groups[i]] = part(k)
			}
			if !slices.IsSorted(members) || o.Limit > 0 && len(members) > o.Limit {
				t.Fatalf("part %d: %v", k, members)
			}
		}
		if o.Limit == 0 && len(seen) != n {
			t.Fatalf("%d of %d sequences are in a part", len(seen), n)
		}
		again, err := deal()
		if err != nil || !slices.EqualFunc(index[:], again[:], slices.Equal[[]int32]) {
			t.Fatal("the same seed deals otherwise")
		}
	})
}

func TestSpellGroups(t *testing.T) {
	if got := new(pool).spellGroups([]int32{1, 2, 3, 7, 9, 10}); got != "groups 1-3, 7, 9-10" {
		t.Error(got)
	}
}

func TestNormalise(t *testing.T) {
	x := npy.FromFloats([]float64{1000, 5, 1002, 5, 1004, 5, 1006, 5}, 2, 2, 2)
	path := saveNpz(t, map[string]*npy.Array{"x": x, "y": intArray(0, 1), "x_test": npy.FromFloats([]float64{1003, 6, 1000, 4}, 1, 2, 2), "y_test": intArray(0)})
	range_ := load(t, path, "valid=0", "normalise=range", "unit=2")
	if got := values(&range_.Train, 1); !near(got, []float64{1.0 / 3, 0, 1, 0}) {
		t.Errorf("got %v", got)
	}
	if got := values(&range_.Test, 0); !near(got, []float64{0, 2, -1, -2}) {
		t.Errorf("the test part is scaled as the training part: %v", got)
	}
	if c := range_.Channels[0]; c.Scale != 1.0/3 || !near([]float64{float64(c.Offset)}, []float64{-1003.0 / 3}) {
		t.Errorf("channel %+v", c)
	}
}

func TestAmplify(t *testing.T) {
	x := npy.FromFloats([]float64{1000, 5, 1002, 5, 1004, 5, 1006, 5}, 2, 2, 2)
	path := saveNpz(t, map[string]*npy.Array{"x": x, "y": intArray(0, 1), "x_test": npy.FromFloats([]float64{1003, 6, 1000, 4}, 1, 2, 2), "y_test": intArray(0)})
	s := load(t, path, "valid=0", "normalise=range", "amplify=6, 1/2")
	if got := values(&s.Test, 0); !near(got, []float64{0, 0.5, -6, -0.5}) {
		t.Errorf("behind normalise: %v", got)
	}
	if s.Channels[1].Clamps || !s.Channels[0].Clamps {
		t.Errorf("channels %+v", s.Channels)
	}
	// The order of a frame is that of its samples; one factor is for all.
	if got := values(&load(t, path, "valid=0", "normalise=range", "amplify=6,1/2", "frame=2").Test, 0); !near(got, []float64{0, 0.5, -6, -0.5}) {
		t.Errorf("in frames: %v", got)
	}
	if got := values(&load(t, path, "valid=0", "amplify=2").Test, 0); !near(got, []float64{2006, 12, 2000, 8}) {
		t.Errorf("all alike: %v", got)
	}
	for _, c := range []struct{ value, want string }{
		{"1,2,3", "amplify has 3 factors; values of a step: 2"},
		{"0", "amplify is 1e-06 to 1e+06, not 0"},
		{"2,NaN", "not NaN"},
		{"two", "it is a number"},
	} {
		o := Defaults()
		_, err := o.Set("amplify", c.value)
		if err == nil {
			_, err = Load(path, o)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.value, err, c.want)
		}
	}
}

func near(a, b []float64) bool {
	for i, v := range a {
		if math.Abs(float64(v-b[i])) > 1e-4 {
			return false
		}
	}
	return len(a) == len(b)
}

func TestLimitIsRandom(t *testing.T) {
	index := make([]int32, 100)
	for i := range index {
		index[i] = int32(i)
	}
	got := limit(index, 10, rand.New(rand.NewPCG(1, 1)))
	if len(got) != 10 || got[9] < 50 {
		t.Errorf("got %v", got)
	}
}

// TestNamedPersons takes persons for the test part by name, and says them by name.
func TestNamedPersons(t *testing.T) {
	rows := "person,class,a,b\n"
	for i, who := range []string{"anna", "ben", "cleo", "dora", "emil"} {
		rows += fmt.Sprintf("%s,run,%d,2\n%s,walk,%d,4\n", who, i, who, i)
	}
	path := saveTable(t, "p.csv", rows)
	s := load(t, path, "group=person", "test=ben,emil", "valid=0")
	if s.Test.N != 4 || !slices.ContainsFunc(s.Notes, func(n string) bool { return n == "test part: ben, emil" }) {
		t.Errorf("%d test sequences, notes %q", s.Test.N, s.Notes)
	}
	for _, test := range []string{"test=fritz", "test=5-3", "test=4-5", "test=1-999999999"} {
		_, err := Load(path, options(t, "group=person", test))
		if _, who, _ := strings.Cut(test, "="); err == nil || !strings.Contains(err.Error(), "test names "+who+", who is not in the data; help: the data has anna, ben, cleo, dora, emil") {
			t.Errorf("%s: %v", test, err)
		}
	}
}

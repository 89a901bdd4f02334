package data

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/data/files"
	"pgregory.net/rapid"
)

// TestDealWindows checks for random recordings that no step is in two parts, that every class is in all of them unless it is one
// short stretch, and that the test part does not depend on the seed.
func TestDealWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const window = 4
		stride := rapid.IntRange(1, 5).Draw(t, "stride")
		r, at := recordings{d: 1}, 0
		shortest := window // of the first stretch, so that there is a window
		for range rapid.IntRange(1, 30).Draw(t, "stretches") {
			c := cut{from: at, steps: rapid.IntRange(shortest, 60).Draw(t, "steps"), label: rapid.Int32Range(0, 2).Draw(t, "label"), recording: rapid.Int32Range(0, 20).Draw(t, "recording")}
			c.group = c.recording
			r.cuts, at, shortest = append(r.cuts, c), at+c.steps, 1
		}
		r.values = make(files.Packed[float32], at)
		o := Options{Valid: rapid.Float64Range(0.01, 0.5).Draw(t, "valid"), Hold: rapid.Float64Range(0.01, 0.5).Draw(t, "hold"), Split: rapid.SampledFrom([]string{"", "random"}).Draw(t, "split")}
		deal := func(seed uint64) (*pool, [numParts][]int32) {
			p := &pool{classes: []string{"a", "b", "c"}}
			if err := r.cut("set", p, window, stride); err != nil {
				t.Fatal(err)
			}
			o.Seed = seed
			index, err := p.deal("set", &o)
			if err != nil {
				t.Fatal(err)
			}
			return p, index
		}
		p, index := deal(rapid.Uint64().Draw(t, "seed"))
		if _, again := deal(5); !slices.Equal(again[test], index[test]) {
			t.Fatal("the test part depends on the seed")
		}
		of := make([]part, at) // of each step
		for i, part := range p.parts {
			start := p.x.(array).start(i)
			for step := start; step < start+window && part != unused; step++ {
				if of[step] != unassigned && of[step] != part {
					t.Fatalf("step %d is in parts %d and %d", step, of[step], part)
				}
				of[step] = part
			}
		}
		// oneShort reports whether the windows of a class in some parts are one stretch that cannot be cut.
		oneShort := func(class int32, parts ...part) bool {
			windows := map[int32]int{}
			for i, part := range p.parts {
				if p.label(i) == class && slices.Contains(parts, part) {
					windows[p.stretches[i]]++
				}
			}
			for _, n := range windows {
				return len(windows) == 1 && n <= p.overlap+1
			}
			return false
		}
		for class := range p.classesIn(train) {
			if !p.classesIn(test)[class] && !oneShort(class, train, valid, unused) || !p.classesIn(valid)[class] && !oneShort(class, train) {
				t.Fatalf("class %d is not in every part", class)
			}
		}
		for _, part := range []part{valid, test, unused} {
			for class := range p.classesIn(part) {
				if !p.classesIn(train)[class] {
					t.Fatalf("class %d is not in the training part", class)
				}
			}
		}
	})
}

// TestHoldRecordings holds out recordings of every class, in a table that is sorted by class.
func TestHoldRecordings(t *testing.T) {
	var rows [][3]int
	for i := range 30 {
		rows = append(rows, [3]int{i, 40, i / 10})
	}
	path := saveTable(t, "s.csv", steps(rows...))
	for _, settings := range [][]string{nil, {"split=random"}} {
		s := load(t, path, append(settings, "id=session", "window=8", "stride=2")...)
		for _, part := range []*Sequences{&s.Train, &s.Valid, &s.Test} {
			if n := labels(part); len(n) != 3 || n[0] != n[1] || n[1] != n[2] {
				t.Errorf("labels %v", n)
			}
			for _, other := range []*Sequences{&s.Train, &s.Valid, &s.Test} {
				for _, id := range distinct(part.Groups) {
					if part != other && slices.Contains(other.Groups, id) {
						t.Errorf("recording %d is in two parts", id)
					}
				}
			}
		}
		if !slices.ContainsFunc(s.Notes, func(n string) bool { return strings.HasPrefix(n, "test part: recordings ") }) {
			t.Errorf("notes %q", s.Notes)
		}
	}
}

// TestHoldEnds holds out the end of each stretch of one label where recordings are few, or few have a class.
func TestHoldEnds(t *testing.T) {
	few := steps([3]int{1, 100, 0}, [3]int{1, 100, 1}, [3]int{2, 100, 2})
	s := load(t, saveTable(t, "few.csv", few), "id=session", "window=8", "stride=4", "valid=0")
	// 24 windows each: 5 to test, one that shares steps with both, 18 to train on.
	for class := range int32(3) {
		if labels(&s.Test)[class] != 5 || labels(&s.Train)[class] != 18 {
			t.Errorf("class %d: %v to test, %v to train on", class, labels(&s.Test), labels(&s.Train))
		}
	}
	want := []string{"test part: the last windows of each stretch of one label, 15 in all", "3 windows are left out, since they share steps with the test part"}
	if !slices.Equal(s.Notes[len(s.Notes)-2:], want) {
		t.Errorf("notes %q", s.Notes)
	}
	var rows [][3]int
	for i := range 10 {
		rows = append(rows, [3]int{i, 40, 0})
	}
	s = load(t, saveTable(t, "rare.csv", steps(append(rows, [3]int{10, 40, 7})...)), "id=session", "window=8", "valid=0")
	if n := labels(&s.Test); n[0] != 10 || n[1] != 1 {
		t.Errorf("labels of the test part %v", n)
	}
	if !slices.Contains(s.Notes, "test part: the last windows of each stretch of 7, 1 in all") {
		t.Errorf("notes %q", s.Notes)
	}
}

// TestRecordingsOfPersons takes recordings of two persons for two, where both count from 1.
func TestRecordingsOfPersons(t *testing.T) {
	rows := "who,id,label,x\n"
	for _, who := range []string{"anna", "ben"} {
		for id := range 5 {
			rows += strings.Repeat(fmt.Sprintf("%s,%d,0,1\n", who, id), 8)
		}
	}
	s := load(t, saveTable(t, "p.csv", rows), "id=id", "group=who", "window=4", "split=random", "valid=0")
	if s.Test.N != 4 || s.Train.N != 16 || !slices.ContainsFunc(s.Notes, func(n string) bool {
		return strings.HasPrefix(n, "test part: recordings ") && strings.Contains(n, " of ben")
	}) {
		t.Errorf("%d to test, %d to train on, notes %q", s.Test.N, s.Train.N, s.Notes)
	}
}

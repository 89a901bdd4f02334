package search

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
)

const stacked = `model stacked
input x : i8[1] / 32
steps 20
param U : int4
param B : binary
param p : index
param b
param V : int8[10, 64]
param c
state g : int16[32] range 7
state h : int12[64] headroom 2
g <- hadamard(g, block = 8, permute = p) + U*x + b
h <- hadamard(h) + B*relu(g)
output class = argmax(V*relu(h) + c) at last
weights "elsewhere.npz"
train { data = "curves(20)"  epochs = 4  batch = 20  rate = 0.005 }
`

func parse(t testing.TB, text string) *dsl.Model {
	t.Helper()
	ast, errs := dsl.Parse("model.hrn", []byte(text))
	m, more := dsl.Check(ast)
	if errs = append(errs, more...); errs.HasErrors() {
		t.Fatal(errs)
	}
	return m
}

func TestVariants(t *testing.T) {
	m := parse(t, stacked)
	before := string(dsl.Source(m))
	s := Space{Units: []int{16, 48}, Blocks: []int{0, 16, 32}, Weights: []string{"ternary", "int4"}, StateBits: []int{12}, Rates: []float64{0.01, 0.001}}
	all, leftOut, err := Variants(m, s, 100, 1)
	if err != nil {
		t.Fatal(err)
	}
	// 16 units in one block, which block = 16 gives too, and 48 in blocks of 16.
	if len(all) != 2*4 || leftOut != 3*4 {
		t.Errorf("%d variants, %d left out", len(all), leftOut)
	}
	v := all[slices.IndexFunc(all, func(v Variant) bool { return v.Name() == "u48-b16-ternary-s12-r0.01" })].Model
	source := string(dsl.Source(v))
	for _, line := range []string{"param U : ternary[48, 1]", "param B : binary[48, 48]", "param p : index[48]", "param b : [48]", "param V : ternary[10, 48]", "param c : [10]",
		"state g : int12[48]", "state h : int12[48] headroom 2", "g <- hadamard(g, block = 16, permute = p) + U*x + b",
		"h <- hadamard(h, block = 16) + B*relu(g)", `weights "model.safetensors"`, "  epochs = 4", "  rate = 0.01"} {
		if !strings.Contains(source, line+"\n") {
			t.Errorf("%q is missing in\n%s", line, source)
		}
	}
	if string(dsl.Source(m)) != before {
		t.Error("the model itself has changed")
	}
}

func TestSampleGrowsWithTheBudget(t *testing.T) {
	m := parse(t, stacked)
	s := Default(m, 0.01)
	var last []string
	for _, budget := range []int{3, 7, 1000} {
		all, _, err := Variants(m, s, budget, 5)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, v := range all {
			names = append(names, v.Name())
		}
		if budget < 1000 && len(names) != budget || len(unique(names)) != len(names) {
			t.Errorf("a budget of %d gives %v", budget, names)
		}
		for _, n := range last {
			if !slices.Contains(names, n) {
				t.Errorf("%s is in a smaller sample, but not in %v", n, names)
			}
		}
		last = names
	}
}

func TestDefaultSpace(t *testing.T) {
	want := fmt.Sprint(Space{[]int{32, 64, 128}, []int{8, 0}, []string{"int4", "int8", "ternary"}, []int{16}, []float64{0.01}})
	if got := fmt.Sprint(Default(parse(t, stacked), 0.01)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestValuesThatCannotBe(t *testing.T) {
	m := parse(t, stacked)
	_, _, err := Variants(m, Space{Units: []int{0}, Blocks: []int{3}, Weights: []string{"int17", "sign"}, StateBits: []int{7}, Rates: []float64{0}}, 1, 1)
	var list diag.List
	if !errors.As(err, &list) || len(list) != 6 {
		t.Fatalf("%v", err)
	}
	for _, d := range list {
		if d.Help == "" {
			t.Errorf("no remedy: %v", d)
		}
	}
	s := Default(m, 0.01)
	s.Units, s.Blocks = []int{3}, []int{0, 2}
	if _, _, err := Variants(m, s, 1, 1); err == nil || !strings.Contains(err.Error(), "no combination") {
		t.Errorf("%v", err)
	}
	s.Units, s.Blocks = []int{1 << 15}, []int{0}
	if _, _, err := Variants(m, s, 1, 1); err == nil || !strings.Contains(err.Error(), "the variant u32768-full-") {
		t.Errorf("%v", err)
	}
}

// TestParetoByDefinition compares the marks with the definition, on candidates with few and so often equal figures.
func TestParetoByDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		all := make([]Candidate, 1+rng.IntN(12))
		for i := range all {
			all[i] = Candidate{Accuracy: float64(rng.IntN(4)), Bytes: rng.IntN(4), Adds: rng.IntN(4), Front: rng.IntN(2) == 0}
			if rng.IntN(6) == 0 {
				all[i].Error = "diverged"
			}
		}
		Pareto(all)
		for _, c := range all {
			want := c.Error == ""
			for _, o := range all {
				better := o.Accuracy >= c.Accuracy && o.Bytes <= c.Bytes && o.Adds <= c.Adds && (o.Accuracy > c.Accuracy || o.Bytes < c.Bytes || o.Adds < c.Adds)
				want = want && (o.Error != "" || !better)
			}
			if c.Front != want {
				t.Fatalf("%+v among %+v", c, all)
			}
		}
	}
}

func TestBestKeepsTheEndsOfTheFront(t *testing.T) {
	var all []*Candidate
	for i := range 9 {
		all = append(all, &Candidate{Name: fmt.Sprint(i), Accuracy: float64(i * i), Bytes: 100 * i, Adds: 10 * i})
	}
	beaten := &Candidate{Accuracy: 15, Bytes: 500, Adds: 50}
	all = append(all, beaten)
	kept := best(all, 4)
	if len(kept) != 4 || !slices.Contains(kept, all[0]) || !slices.Contains(kept, all[8]) || slices.Contains(kept, beaten) {
		t.Errorf("%v", kept)
	}
	if got := best(all, len(all)); len(got) != len(all) {
		t.Errorf("%d of %d", len(got), len(all))
	}
}

func TestHalvingStaysWithinTheBudget(t *testing.T) {
	for epochs := 1; epochs < 40; epochs++ {
		rounds := halvingRounds(epochs)
		for budget := 1; budget < 20; budget++ {
			n := halvingStarts(rounds, budget*epochs)
			if n < budget || epochsOf(rounds, n) > budget*epochs {
				t.Errorf("%d trainings of %d epochs: %d start, for %d epochs", budget, epochs, n, epochsOf(rounds, n))
			}
		}
	}
}

// newSearch is a search over curves; a variant's cost is made up.
func newSearch(t testing.TB, folder string, halving bool) *Search {
	t.Helper()
	o := data.Defaults()
	o.Sequences, o.Limit = 400, 400
	set, err := data.Load("curves(20)", o)
	if err != nil {
		t.Fatal(err)
	}
	space := Space{Units: []int{8, 16}, Blocks: []int{0, 4}, Weights: []string{"int4"}, StateBits: []int{16}, Rates: []float64{0.02, 0.01}}
	return &Search{Model: parse(t, stacked), Space: space, Budget: 4, Halving: halving, Seed: 1, Set: set, Valid: &set.Valid, Folder: openFolder(t, folder),
		Measure: func(_ context.Context, c Trained) (Measured, error) {
			f, err := weights.Open(c.Weights)
			if err != nil {
				return Measured{}, err
			}
			if err := trainer.LoadWeights(f, c.Net); err != nil {
				return Measured{}, err
			}
			r, err := trainer.Score(context.Background(), c.Net, trainer.Task{Model: c.Model, Loss: c.Config.Loss, Classes: len(set.Classes)}.Split(&set.Valid, data.Augment{}), nil)
			return Measured{r.Accuracy(), c.Units, c.Units * (2 + c.Block)}, err
		}}
}

// openFolder takes a folder; Close lets the next search have it.
func openFolder(t testing.TB, path string) *fileio.Folder {
	t.Helper()
	f, err := fileio.OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// withoutTime is the results as text, but for the seconds.
func withoutTime(all []Candidate) string {
	var b strings.Builder
	for _, c := range all {
		c.Seconds = 0
		fmt.Fprintf(&b, "%+v\n", c)
	}
	return b.String()
}

// TestResumeIsExact stops searches at several places and goes on: the results are those of a search that was never stopped.
func TestResumeIsExact(t *testing.T) {
	for _, halving := range []bool{false, true} {
		whole, err := newSearch(t, filepath.Join(t.TempDir(), "search"), halving).Run(context.Background(), false, false)
		if err != nil {
			t.Fatal(err)
		}
		want := withoutTime(whole.Candidates)
		if halving && !strings.Contains(want, "Dropped:true") || strings.Count(want, "Epochs:4") < 2 || !strings.Contains(want, "Front:true") {
			t.Fatalf("halving %v: %s", halving, want)
		}
		dir := t.TempDir()
		stops := []int{0, 25, 80, 90, 200}
		for i := range len(stops) + 1 {
			ctx, cancel := context.WithCancel(context.Background())
			s, seen := newSearch(t, dir, halving), 0
			s.Watch = func(Event) {
				if seen++; i < len(stops) && seen > stops[i] {
					cancel()
				}
			}
			got, err := s.Run(ctx, i > 0, false)
			cancel()
			s.Folder.Close()
			if i < len(stops) && err != nil {
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if g := withoutTime(got.Candidates); g != want {
				t.Errorf("halving %v, stopped %d times:\n%s\nwithout a stop\n%s", halving, i, g, want)
			}
		}
	}
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "search")
	search := func(change func(s *Search), resume, force bool) (Result, error) {
		s := newSearch(t, dir, false)
		s.Model.Train["epochs"] = "1"
		if change != nil {
			change(s)
		}
		defer s.Folder.Close()
		return s.Run(context.Background(), resume, force)
	}
	refused := func(err error, want string) {
		t.Helper()
		var d *diag.Diagnostic
		if !errors.As(err, &d) || !strings.Contains(d.Summary, want) || d.Help == "" {
			t.Errorf("%v, want %s", err, want)
		}
	}
	_, err := search(nil, true, false)
	refused(err, "there is no search")
	r, err := search(func(s *Search) { s.Budget = 2 }, false, false)
	if err != nil {
		t.Fatal(err)
	}
	holdsTheFront(t, dir, r)
	_, err = search(nil, false, false)
	refused(err, "a search is there already")
	_, err = search(func(s *Search) { s.Model.Train["epochs"] = "2" }, true, false)
	refused(err, "begun with another model")

	// A larger budget adds to what is there.
	more, err := search(func(s *Search) { s.Budget = 5 }, true, false)
	if err != nil || len(more.Candidates) != 5 || more.Candidates[0].Seconds != r.Candidates[0].Seconds {
		t.Fatalf("%+v, first %+v: %v", more.Candidates, r.Candidates, err)
	}
	holdsTheFront(t, dir, more)

	// Starting afresh takes away what is the search's, and nothing else.
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r, err = search(func(s *Search) { s.Budget = 1 }, false, true)
	if err != nil {
		t.Fatal(err)
	}
	holdsTheFront(t, dir, r, "notes.txt")
	for _, name := range []string{planName, resultsName} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	_, err = search(nil, false, false)
	refused(err, "holds something else")
}

// holdsTheFront checks that a folder has the results, and a folder for each candidate of the front.
func holdsTheFront(t *testing.T, dir string, r Result, others ...string) {
	t.Helper()
	want := append([]string{"hrnnc-written.json", planName, resultsName}, others...)
	for _, c := range r.Candidates {
		if !c.Front {
			continue
		}
		want = append(want, c.Name)
		for name, there := range map[string]bool{modelName: true, WeightsName: true, "checkpoint.safetensors": false} {
			if _, err := os.Stat(filepath.Join(dir, c.Name, name)); (err == nil) != there {
				t.Errorf("%s/%s: %v", c.Name, name, err)
			}
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the folder holds %v, want %v", got, want)
	}
}

func TestFailures(t *testing.T) {
	s := newSearch(t, t.TempDir(), true)
	measure := s.Measure
	s.Measure = func(ctx context.Context, c Trained) (Measured, error) {
		if c.Units == 8 {
			return Measured{}, &UnfitError{errors.New("too wide")}
		}
		return measure(ctx, c)
	}
	r, err := s.Run(context.Background(), false, false)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, c := range r.Candidates {
		if c.Error != "" {
			failed++
			if c.Units != 8 || c.Front || c.Dropped {
				t.Errorf("%+v", c)
			}
		}
	}
	if failed == 0 {
		t.Error("no variant failed")
	}

	s = newSearch(t, t.TempDir(), false)
	s.Measure = func(context.Context, Trained) (Measured, error) {
		return Measured{}, &UnfitError{errors.New("too wide")}
	}
	_, err = s.Run(context.Background(), false, false)
	if err == nil || !strings.Contains(err.Error(), "no variant could be trained and compiled") {
		t.Errorf("%v", err)
	}

	s = newSearch(t, t.TempDir(), false)
	s.Measure = func(context.Context, Trained) (Measured, error) { return Measured{}, errors.New("no compiler") }
	if _, err := s.Run(context.Background(), false, false); err == nil || err.Error() != "no compiler" {
		t.Errorf("%v", err)
	}
}

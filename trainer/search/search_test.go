package search

import (
	"encoding/json"
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
	"github.com/hrnnc/hrnnc/trainer"
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
	source := sourceOf(t, all, "u48-b16-ternary-s12-r0.01")
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

func sourceOf(t testing.TB, all []Variant, name string) string {
	t.Helper()
	i := slices.IndexFunc(all, func(v Variant) bool { return v.Name() == name })
	if i < 0 {
		var names []string
		for _, v := range all {
			names = append(names, v.Name())
		}
		t.Fatalf("there is no %s among %v", name, names)
	}
	return string(dsl.Source(all[i].Model))
}

// TestVary varies what has no flag of its own.
func TestVary(t *testing.T) {
	var vary []Varied
	for _, text := range []string{"leak=0,1/16,[1/8, 1/32]", "layers=1,3", "rounding=once,staged", "train.weight_decay=0,0.01"} {
		v, err := ReadVaried(text)
		if err != nil {
			t.Fatal(err)
		}
		vary = append(vary, v)
	}
	s := Space{Units: []int{16}, Blocks: []int{0, 8}, Weights: []string{"int4"}, StateBits: []int{16}, Rates: []float64{0.01}, Vary: vary}
	all, leftOut, err := Variants(parse(t, stacked), s, 1000, 1)
	if err != nil {
		t.Fatal(err)
	}
	// Two leaks do not fit one block.
	if len(all) != (2*3-1)*2*2*2 || leftOut != 2*2*2 {
		t.Errorf("%d variants, %d left out", len(all), leftOut)
	}
	for name, lines := range map[string][]string{
		"u16-b8-int4-s16-r0.01-layers1-leak0-roundingonce-weight_decay0": {"g <- hadamard(g, block = 8, permute = p) + U*x + b", "output class = argmax(V*relu(g) + c) at last"},
		"u16-b8-int4-s16-r0.01-layers3-leak1_8__1_32-roundingstaged-weight_decay0.01": {"  weight_decay = 0.01", "param W_h3 : int8[16, 16]",
			"h <- hadamard(h, block = 8, leak = [1/8, 1/32], rounding = staged) + B*relu(g)",
			"h3 <- hadamard(h3, block = 8, leak = [1/8, 1/32], rounding = staged) + W_h3*relu(h)", "output class = argmax(V*relu(h3) + c) at last"},
	} {
		source := sourceOf(t, all, name)
		for _, line := range lines {
			if !strings.Contains(source, line+"\n") {
				t.Errorf("%s: %q is missing in\n%s", name, line, source)
			}
		}
	}
}

func TestVaryRefusesWhatCannotBe(t *testing.T) {
	for text, want := range map[string]string{"leak": "varies nothing", "leek=1/2": "did you mean  leak?", "weight_decay=0": "did you mean  train.weight_decay?", "train.lr=1": "did you mean",
		"train.rate=1": "--rate", "train.epochs=1": "--epochs", "leak=[1/2,1/4": "bracket", "leak=1/2,": "lacks a value", "units=3": "flags of their own"} {
		_, err := ReadVaried(text)
		var d *diag.Diagnostic
		if !errors.As(err, &d) || !strings.Contains(d.Summary+d.Help, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	m := parse(t, stacked)
	for _, text := range []string{"leak=1/3", "leak=2", "leak=1/8192", "layers=0", "layers=9", "rounding=never", "train.weight_decay=-1", "train.optimizer=sgd", "train.window=x"} {
		v, err := ReadVaried(text)
		if err != nil {
			t.Fatal(err)
		}
		s := Default(m, 0.01)
		s.Vary = []Varied{v}
		_, _, err = Variants(m, s, 4, 1)
		var list diag.List
		if !errors.As(err, &list) || len(list) != 1 || list[0].Help == "" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestLeaksFollowTheBlocks: a model's own leaks stand for the blocks in turn, of other units too.
func TestLeaksFollowTheBlocks(t *testing.T) {
	m := parse(t, strings.Replace(stacked, "hadamard(g, block = 8", "hadamard(g, block = 8, leak = [1/8, 1/32]", 1))
	s := Space{Units: []int{64}, Blocks: []int{0, 8}, Weights: []string{"int4"}, StateBits: []int{16}, Rates: []float64{0.01}}
	all, leftOut, err := Variants(m, s, 10, 1)
	if err != nil || len(all) != 1 || leftOut != 1 {
		t.Fatalf("%d variants, %d left out: %v", len(all), leftOut, err)
	}
	if source := sourceOf(t, all, "u64-b8-int4-s16-r0.01"); strings.Count(source, "1/8, 1/32") != 4 {
		t.Error(source)
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
	want := fmt.Sprint(Space{[]int{32, 64, 128}, []int{8, 0}, []string{"int4", "int8", "ternary"}, []int{16}, []float64{0.01}, nil})
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
			all[i] = Candidate{Accuracy: float64(rng.IntN(4)), Costs: Costs{Bytes: rng.IntN(4), Adds: rng.IntN(4)}, Front: rng.IntN(2) == 0}
			if rng.IntN(6) == 0 {
				all[i].Error = "diverged"
			}
		}
		limit := rng.IntN(4)
		Pareto(all, Goal{MaxBytes: limit})
		in := func(c *Candidate) bool { return c.Error == "" && (limit == 0 || c.Bytes <= limit) }
		for _, c := range all {
			want := in(&c)
			for _, o := range all {
				better := o.Accuracy >= c.Accuracy && o.Bytes <= c.Bytes && o.Adds <= c.Adds && (o.Accuracy > c.Accuracy || o.Bytes < c.Bytes || o.Adds < c.Adds)
				want = want && (!in(&o) || !better)
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
		all = append(all, &Candidate{Name: fmt.Sprint(i), Accuracy: float64(i * i), Costs: Costs{Bytes: 100 * i, Adds: 10 * i}})
	}
	beaten := &Candidate{Accuracy: 15, Costs: Costs{Bytes: 500, Adds: 50}}
	all = append(all, beaten)
	kept := best(all, 4, Goal{})
	if len(kept) != 4 || !slices.Contains(kept, all[0]) || !slices.Contains(kept, all[8]) || slices.Contains(kept, beaten) {
		t.Errorf("%v", kept)
	}
	if got := best(all, len(all), Goal{}); len(got) != len(all) {
		t.Errorf("%d of %d", len(got), len(all))
	}
	// What cannot keep a limit goes on only where room is left, the nearest first.
	kept = best(all, 4, Goal{MaxBytes: 200})
	if !slices.Equal(kept[:3], all[:3]) && len(kept) == 4 || kept[3] != all[3] {
		t.Errorf("%v", kept)
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

// planOf lists trials of a search whose data set is made up.
func planOf(t testing.TB, halving bool, budget int) []Trial {
	t.Helper()
	s := Space{Units: []int{8, 16, 32}, Blocks: []int{0, 4}, Weights: []string{"int4"}, StateBits: []int{16}, Rates: []float64{0.02, 0.01}}
	all, _, err := Plan(parse(t, stacked), s, Frame{Epochs: 8, Halving: halving, Budget: budget,
		Config: func(m *dsl.Model) (trainer.Config, error) { return trainer.ReadConfig(m, nil, nil) },
		Data:   func(*dsl.Model) (string, string, error) { return "curves(20)", "abcd", nil }}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// finish writes the result of a trial, as a good process does.
func finish(t testing.TB, folder string, trial *Trial, change func(o *Outcome)) {
	t.Helper()
	o := Outcome{Trial: trial.Hash(), Epochs: trial.Epochs, Accuracy: float64(trial.Units) / 100, Costs: Costs{Bytes: trial.Units, Adds: trial.Units * (2 + trial.Block)},
		About: About{Name: "curves"}}
	if change != nil {
		change(&o)
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(trial.Folder(folder), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(trial.Folder(folder), trial.OutcomeName()), text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestShardsPartTheTrials: every trial is in one shard, whatever the number of shards.
func TestShardsPartTheTrials(t *testing.T) {
	all := planOf(t, false, 100)
	for n := 1; n < 15; n++ {
		count := map[string]int{}
		for i := 1; i <= n; i++ {
			s, err := ReadShard(fmt.Sprintf("%d/%d", i, n))
			if err != nil {
				t.Fatal(err)
			}
			for _, trial := range s.Of(all) {
				count[trial.Hash()]++
			}
		}
		for _, trial := range all {
			if count[trial.Hash()] != 1 {
				t.Errorf("%s is in %d of %d shards", trial.Name, count[trial.Hash()], n)
			}
		}
	}
	for _, text := range []string{"", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "1/2x", "a/b", "1 / 2 3"} {
		if s, err := ReadShard(text); err == nil {
			t.Errorf("%q is %v", text, s)
		}
	}
}

// TestMergeGoesRoundByRound: each merge names what lacks a result, or adds the better half; what was added is not added again, and a
// result that is no trial's or that was cut off counts as none.
func TestMergeGoesRoundByRound(t *testing.T) {
	dir := t.TempDir()
	all := planOf(t, true, 4)
	n := len(all)
	if n < 6 || !slices.Equal(all[0].Rounds, []int{2, 4, 8}) {
		t.Fatalf("%d trials, rounds %v", n, all[0].Rounds)
	}
	for round, want := range []int{n, goOn(n), goOn(goOn(n)), 0} {
		if want == 0 {
			break
		}
		var open []Trial
		for i := range all {
			if all[i].Epochs == all[i].Rounds[round] {
				open = append(open, all[i])
			}
		}
		if len(open) != want {
			t.Fatalf("round %d has %d trials, want %d", round, len(open), want)
		}
		for i := range open {
			m, err := Merge(all, dir)
			if err != nil || len(m.Missing) != len(open)-i || len(m.Next) != 0 {
				t.Fatalf("%d are missing, %d next, of %d: %v", len(m.Missing), len(m.Next), len(open)-i, err)
			}
			finish(t, dir, &open[i], nil)
		}
		m, err := Merge(all, dir)
		if err != nil || len(m.Missing) != 0 {
			t.Fatal(m, err)
		}
		all, _ = Join(all, m.Next)
	}
	m, err := Merge(all, dir)
	if err != nil || len(m.Candidates) != n || len(m.Next) != 0 {
		t.Fatal(m, err)
	}
	dropped, front := 0, 0
	for _, c := range m.Candidates {
		if c.Dropped {
			dropped++
		}
		if c.Front {
			front++
		}
		if c.Dropped != (c.Epochs < 8) || c.Front && c.Dropped {
			t.Errorf("%+v", c)
		}
	}
	if dropped != n-goOn(goOn(n)) || front == 0 {
		t.Errorf("%d dropped, %d on the front", dropped, front)
	}
	// A result that was cut off.
	one := &all[len(all)-1]
	path := filepath.Join(one.Folder(dir), one.OutcomeName())
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]byte{text[:len(text)/2], nil, []byte("{}"), []byte(strings.Replace(string(text), `"epochs":8`, `"epochs":4`, 1))} {
		if err := os.WriteFile(path, bad, 0o666); err != nil {
			t.Fatal(err)
		}
		if m, err := Merge(all, dir); err != nil || len(m.Missing) != 1 || m.Missing[0].Hash() != one.Hash() {
			t.Errorf("%q: %v, %v", bad, m, err)
		}
	}
	// One whose weights are others.
	finish(t, dir, one, func(o *Outcome) { o.Weights = Digest([]byte("weights")) })
	weights := filepath.Join(one.Folder(dir), WeightsName)
	for text, want := range map[string]int{"weights": 0, "weight": 1} {
		if err := os.WriteFile(weights, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if m, err := Merge(all, dir); err != nil || len(m.Missing) != want {
			t.Errorf("%s: %d missing, %v", text, len(m.Missing), err)
		}
	}
}

// TestTrialsAsText reads what was written, and refuses the rest by line.
func TestTrialsAsText(t *testing.T) {
	all := planOf(t, true, 3)
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	read := func(text string) ([]Trial, error) {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return ReadTrials(path)
	}
	text := string(Encode(all))
	got, err := read(text)
	if err != nil || string(Encode(got)) != text || got[0].ID() != all[0].ID() {
		t.Fatalf("%v, %v", got, err)
	}
	lines := strings.SplitAfter(text, "\n")
	for name, bad := range map[string]string{
		"cut off":     text[:len(text)-40],
		"twice":       lines[0] + lines[0],
		"no trial":    "{}\n",
		"no JSON":     lines[0] + "hello\n",
		"two a line":  strings.Replace(lines[0], "\n", lines[1], 1),
		"unknown key": strings.Replace(lines[0], `{`, `{"x":1,`, 1),
		"its name":    strings.Replace(lines[0], `"name":"u`, `"name":"../u`, 1),
		"its epochs":  strings.Replace(lines[0], `"epochs":2`, `"epochs":3`, 1),
		"no rounds":   strings.Replace(lines[0], `"rounds":[2,4,8]`, `"rounds":[]`, 1),
		"two of them": lines[0] + strings.Replace(lines[1], `"search":"`, `"search":"0`, 1),
		"no data":     strings.Replace(lines[0], `"data":"abcd"`, `"data":""`, 1),
	} {
		_, err := read(bad)
		var d *diag.Diagnostic
		if !errors.As(err, &d) || d.Help == "" || !strings.Contains(d.Span.What, "line ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestVerdict says what is in the way where nothing keeps the limits.
func TestVerdict(t *testing.T) {
	g := Goal{MCU: "atmega328p", MaxCycles: 8000, MaxFlash: 2500, MinF1: 0.9}
	f1 := 0.85
	all := []Candidate{{Name: "far", Costs: Costs{Cycles: 80000, Flash: 9000}, F1: &f1}, {Name: "near", Costs: Costs{Cycles: 8100, Flash: 2400}, F1: &f1}, {Name: "broken", Error: "diverged"}}
	Pareto(all, g)
	err := Verdict("model.hrn", all, g)
	var d *diag.Diagnostic
	if !errors.As(err, &d) || d.Code != "limits" || !strings.HasPrefix(d.Help, "the nearest are near: 8,100 of 8,000 cycles a step, macro F1 of 0.8500, not 0.9; far: 9,000 of 2,500 bytes of flash") {
		t.Errorf("%v", err)
	}
	if err := Verdict("model.hrn", all[2:], g); err == nil || !strings.Contains(err.Error(), "no variant could be trained") {
		t.Errorf("%v", err)
	}
	all[1].Cycles, f1 = 8000, 0.9
	if Pareto(all, g); Verdict("model.hrn", all, g) != nil || !all[1].Front {
		t.Errorf("%+v", all)
	}
}

// TestByMacroF1: candidates are compared by macro F1 where the train block says so, as where it has a limit.
func TestByMacroF1(t *testing.T) {
	low, high := 0.5, 0.8
	for _, c := range []struct {
		goal Goal
		want string
	}{{Goal{}, "accurate"}, {Goal{F1: true}, "fair"}, {Goal{MinF1: 0.1}, "fair"}} {
		all := []Candidate{{Name: "accurate", Accuracy: 0.9, F1: &low}, {Name: "fair", Accuracy: 0.85, F1: &high}}
		Pareto(all, c.goal)
		for _, x := range all {
			if x.Front != (x.Name == c.want) {
				t.Errorf("%+v: on the front is not %s alone: %+v", c.goal, c.want, all)
			}
		}
	}
}

// TestRefuse: what is beyond a limit by more than a quarter is refused; a verdict names what is in its way, and nothing that is unknown.
func TestRefuse(t *testing.T) {
	g := Goal{MCU: "atmega328p", MaxCycles: 8000, MaxFlash: 2000, MinF1: 0.9}
	for _, c := range []struct {
		costs Costs
		want  string
	}{
		{Costs{Cycles: 8000, Flash: 2000}, ""},
		{Costs{Cycles: 10000, Flash: 2500}, ""},
		{Costs{Cycles: 10001, Flash: 2500}, "10,001 of 8,000 cycles a step"},
		{Costs{Cycles: 9000, Flash: 2501, RAM: 1 << 20}, "2,501 of 2,000 bytes of flash"},
	} {
		o := Outcome{Costs: c.costs}
		if o.Refuse(&g); o.Refused != c.want {
			t.Errorf("%+v: %q, want %q", c.costs, o.Refused, c.want)
		}
	}
	if r := g.Roomy(); r.MaxCycles != 10000 || r.MaxFlash != 2500 || r.MaxRAM != 0 || g.MaxFlash != 2000 {
		t.Errorf("%+v", r)
	}
	trial := Trial{Name: "large", Rounds: []int{1, 4}, Epochs: 1, Goal: g}
	o := Outcome{Costs: Costs{Cycles: 90000, Flash: 2000}}
	o.Refuse(&g)
	all := []Candidate{trial.Candidate(&o)}
	Pareto(all, g)
	if c := all[0]; c.Dropped || c.Front || c.Error == "" {
		t.Errorf("%+v", c)
	}
	if more := next([]Trial{trial}, all); len(more) != 0 {
		t.Errorf("it goes on: %v", more)
	}
	err := Verdict("model.hrn", all, g)
	var d *diag.Diagnostic
	if !errors.As(err, &d) || d.Code != "limits" || !strings.HasPrefix(d.Help, "the nearest are large: 90,000 of 8,000 cycles a step. ") {
		t.Errorf("%v", err)
	}
}

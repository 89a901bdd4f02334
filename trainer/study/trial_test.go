package study

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/search"
)

const searchedModel = `model m
input x : i8[1] / 32
steps 20
param U : int4[16, 1]
param b
param V : int4[10, 16]
param c
state h : int16[16]
h <- hadamard(h) + U*x + b
output class = argmax(V*relu(h) + c) at last
weights "w.safetensors"
train { data = "curves(20)"  sequences = 300  epochs = 4  batch = 20  rate = 0.01 }
`

// plan writes a plan of a few trials, and gives it with its file.
func plan(t *testing.T, halving bool) ([]search.Trial, string) {
	t.Helper()
	s, err := New(write(t, searchedModel), Options{})
	if err != nil {
		t.Fatal(err)
	}
	space := search.Space{Units: []int{8, 16}, Blocks: []int{0, 4}, Weights: []string{"int4"}, StateBits: []int{16}, Rates: []float64{0.02}}
	all, _, err := s.Plan(SearchOptions{Space: space, Budget: 2, Halving: halving, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "trials.jsonl")
	if err := os.WriteFile(file, search.Encode(all), 0o666); err != nil {
		t.Fatal(err)
	}
	return all, file
}

// result is the tables and the front of a search.
func result(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		switch {
		case err != nil || d.IsDir() && name != search.TrialsFolder:
			return err
		case d.IsDir():
			return filepath.SkipDir
		}
		text, err := os.ReadFile(path)
		out[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func equal(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s: %s differs", what, name)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d files, want %d", what, len(got), len(want))
	}
}

// shards does all rounds of a plan in n shards, each round's at once.
func shards(t *testing.T, file, dir string, n int) {
	t.Helper()
	for round := 0; ; round++ {
		var all sync.WaitGroup
		for i := 1; i <= n; i++ {
			all.Go(func() {
				w := SearchWork{Trials: file, Folder: dir}
				if _, err := w.Shard(context.Background(), search.Shard{I: i, N: n}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		w := SearchWork{Folder: dir}
		found, err := w.Merge(context.Background(), false)
		if err != nil {
			t.Fatal(err)
		}
		if found.Next == 0 {
			return
		}
	}
}

// TestShardsGiveWhatOneSearchGives: the result has the same bytes, however the trials are shared out.
func TestShardsGiveWhatOneSearchGives(t *testing.T) {
	for _, halving := range []bool{false, true} {
		_, file := plan(t, halving)
		one := t.TempDir()
		shards(t, file, one, 1)
		want := result(t, one)
		if len(want) < 6 { // the plan, what is owned, the table, the report, a model and its weights
			t.Fatalf("%d files", len(want))
		}
		for _, n := range []int{2, 3, 7} {
			dir := t.TempDir()
			shards(t, file, dir, n)
			equal(t, "shards", result(t, dir), want)
		}
	}
}

// TestDrawsAreNoEpochs: the trials of first weights come before the epochs that a trial counts.
func TestDrawsAreNoEpochs(t *testing.T) {
	s, err := New(write(t, searchedModel), Options{Set: []string{"draws=3"}})
	if err != nil {
		t.Fatal(err)
	}
	space := search.Space{Units: []int{8}, Blocks: []int{0}, Weights: []string{"int4"}, StateBits: []int{16}, Rates: []float64{0.02, 0.01}}
	found, err := s.Search(context.Background(), SearchOptions{Space: space, Budget: 1, Halving: true, Seed: 1}, SearchFolder{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	one, err := search.ReadTrials(filepath.Join(found.Folder, search.TrialsName))
	if err != nil {
		t.Fatal(err)
	}
	last := &one[len(one)-1]
	metrics, err := os.ReadFile(filepath.Join(last.Folder(found.Folder), trainer.MetricsName))
	if err != nil || !last.Last() || strings.Count(string(metrics), "\n") != 4 {
		t.Errorf("%+v: %s, %v", last, metrics, err)
	}
}

// TestTwoOfAShardAtOnce: two processes of the same shard do each trial once, and both end when all is done.
func TestTwoOfAShardAtOnce(t *testing.T) {
	all, file := plan(t, false)
	dir := t.TempDir()
	var lines [2]listener
	var both sync.WaitGroup
	for i := range lines {
		both.Go(func() {
			w := SearchWork{Trials: file, Folder: dir, Watch: &lines[i]}
			if found, err := w.Shard(context.Background(), search.Whole); err != nil || len(found.Candidates) != len(all) {
				t.Error(found, err)
			}
		})
	}
	both.Wait()
	if n := len(lines[0].lines) + len(lines[1].lines); n != len(all) {
		t.Errorf("%d trials were done, of %d", n, len(all))
	}
}

// stopping is a watcher that ends a context after some events.
type stopping struct {
	silent
	left int
	stop func()
}

func (s *stopping) Plan(string, float64) Stage { return s }
func (s *stopping) Set(float64) {
	if s.left--; s.left == 0 {
		s.stop()
	}
}

// TestAStoppedShardGoesOn stops a shard at many places, and spoils what it left: the end is that of one that was never stopped.
func TestAStoppedShardGoesOn(t *testing.T) {
	_, file := plan(t, true)
	whole := t.TempDir()
	shards(t, file, whole, 1)
	want := result(t, whole)
	dir := t.TempDir()
	spoil := []func(path string) error{
		func(string) error { return nil },
		func(path string) error { return os.Truncate(path, 100) }, // as no process of ours leaves a file
		os.Remove,
	}
	for i, after := range []int{1, 3, 7, 16, 20, 22, 25, 27, 30} {
		ctx, cancel := context.WithCancel(context.Background())
		w := SearchWork{Trials: file, Folder: dir, Watch: &stopping{left: after, stop: cancel}}
		_, err := w.Shard(ctx, search.Whole)
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(fileio.EscapeGlob(dir), search.TrialsFolder, "*", "[cmr]*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("nothing is left: %v", err)
		}
		if err := spoil[i%len(spoil)](files[i*7%len(files)]); err != nil {
			t.Fatal(err)
		}
	}
	shards(t, file, dir, 2)
	equal(t, "stopped and spoilt", result(t, dir), want)
}

// TestATrialWantsItsData refuses a data set that is not the planned one, whatever it is called.
func TestATrialWantsItsData(t *testing.T) {
	all, _ := plan(t, false)
	for i := range all {
		all[i].Data = strings.Repeat("0", 32)
	}
	file := filepath.Join(t.TempDir(), "trials.jsonl")
	if err := os.WriteFile(file, search.Encode(all), 0o666); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	w := SearchWork{Trials: file, Folder: dir}
	_, err := w.Shard(context.Background(), search.Whole)
	var d *diag.Diagnostic
	if !errors.As(err, &d) || d.Code != "data" || !strings.Contains(d.Summary, "another data set") || !strings.Contains(d.Help, "--data") {
		t.Errorf("%v", err)
	}
}

// TestDigest hashes what training and validation see, and nothing else.
func TestDigest(t *testing.T) {
	digest := func(set ...string) string {
		s, err := New(write(t, searchedModel), Options{Set: set})
		if err != nil {
			t.Fatal(err)
		}
		return s.Set.Digest()
	}
	if digest() != digest("rate=0.5") {
		t.Error("two hashes of one data set")
	}
	if digest() == digest("seed=2") || digest() == digest("sequences=301") {
		t.Error("one hash of two data sets")
	}
}

// TestWhatCannotBeWritten is an error with a remedy, and the trials are done when it can.
func TestWhatCannotBeWritten(t *testing.T) {
	all, file := plan(t, false)
	dir := t.TempDir()
	blocked := filepath.Join(dir, search.TrialsFolder)
	if err := os.WriteFile(blocked, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	w := SearchWork{Trials: file, Folder: dir}
	_, err := w.Shard(context.Background(), search.Whole)
	var d *diag.Diagnostic
	if !errors.As(err, &d) || d.Help == "" {
		t.Errorf("%v", err)
	}
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	if found, err := w.Shard(context.Background(), search.Whole); err != nil || len(found.Candidates) != len(all) {
		t.Error(found, err)
	}
}

// TestMergesAtOnce: merges wait for each other, and all give the same.
func TestMergesAtOnce(t *testing.T) {
	_, file := plan(t, false)
	dir := t.TempDir()
	shards(t, file, dir, 1)
	want := result(t, dir)
	var all sync.WaitGroup
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for range 3 {
		all.Go(func() {
			w := SearchWork{Folder: dir}
			if _, err := w.Merge(ctx, false); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	equal(t, "merged again", result(t, dir), want)
	if !bytes.Contains([]byte(want[search.ResultsName]), []byte(`"front":true`)) {
		t.Error("there is no front")
	}
}

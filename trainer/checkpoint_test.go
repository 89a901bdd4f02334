package trainer

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hostile"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/trainer/optim"
)

// three are the first sequences of a source.
type three struct{ Source }

func (three) Len() int { return 3 }

// progress writes checkpoints of a run with any progress, and goes on with them for an epoch.
type progress struct {
	run  *Run
	file *weights.File
	path string
}

func newProgress(t testing.TB) *progress {
	t.Helper()
	r := newRun(t, curves, t.TempDir(), "batch=2")
	r.Train, r.Valid, r.Watch = three{r.Train}, three{r.Valid}, func(Event) {}
	p := &progress{run: r, file: &weights.File{Format: weights.Safetensors, Metadata: map[string]string{}}, path: filepath.Join(t.TempDir(), "c.safetensors")}
	for _, q := range r.Net.Params {
		for _, prefix := range []string{"", "adam.m/", "adam.v/"} {
			p.file.Tensors = append(p.file.Tensors, floats32(prefix+q.Name, q.Shape, q.Latent))
		}
	}
	r.Folder.Close()
	r.Folder = nil // nothing more is written
	return p
}

// goOn loads a checkpoint that has the progress, and trains an epoch.
func (p *progress) goOn(t testing.TB, text string) error {
	t.Helper()
	p.file.Metadata[progressKey] = text
	data, err := weights.Encode(p.path, p.file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r := p.run
	r.adam = optim.NewAdam()
	err = hostile.Read(t, p.path, func() (err error) {
		r.state, _, err = r.load(p.path)
		return err
	})
	if err != nil {
		return err
	}
	before := r.state.Epoch
	if err := r.epoch(context.Background()); err == nil && (r.state.Epoch != before+1 || len(r.state.History) != before+1) {
		t.Errorf("%s: epoch %d of %d follows %d", text, r.state.Epoch, len(r.state.History), before)
	}
	return nil
}

// seeds are texts of progress; want is what the error says, "" for none.
func seeds(t testing.TB) map[string]string {
	t.Helper()
	whole, err := json.Marshal(progressState{Epoch: 1, Batch: 1, Steps: 3, BestEpoch: 1, Config: Fingerprint{Model: "test"}, History: []Metrics{{Epoch: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{string(whole): "", "": "is no checkpoint", "[]": "is no checkpoint", "null": "was made with another model", `{"config":{"model":"test"}}`: ""}
	for _, change := range [][3]string{
		{`"batch":1`, `"batch":-1`, "is damaged"},
		{`"batch":1`, `"batch":4611686018427387904`, ""},
		{`"steps":3`, `"steps":-3`, "is damaged"},
		{`{"epoch":1`, `{"epoch":-1`, "is damaged"},
		{`{"epoch":1`, `{"epoch":7`, "is damaged"},
		{`{"epoch":1`, `{"epoch":1e99`, "is no checkpoint"},
		{`"best_epoch":1`, `"best_epoch":2`, "is damaged"},
		{`[{"epoch":1`, `[{"epoch":5`, "is damaged"},
	} {
		text := strings.Replace(string(whole), change[0], change[1], 1)
		if text == string(whole) {
			t.Fatalf("%s has no %s", whole, change[0])
		}
		out[text] = change[2]
	}
	return out
}

func TestCheckpointDamaged(t *testing.T) {
	p := newProgress(t)
	for text, want := range seeds(t) {
		if err := p.goOn(t, text); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v\nwant %s", text, err, want)
		}
	}
}

// FuzzCheckpoint reads checkpoints with any text as their progress: what is taken, an epoch can follow.
func FuzzCheckpoint(f *testing.F) {
	for text := range seeds(f) {
		f.Add(text)
	}
	p := newProgress(f)
	f.Fuzz(func(t *testing.T, text string) { _ = p.goOn(t, text) })
}

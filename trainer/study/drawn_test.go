package study

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/internal/weights"
)

// TestTrainedTakesTheValidationOfTheTraining draws the parts of a data set as the training of the weights did, whatever the train block
// says by then, unless settings say otherwise.
func TestTrainedTakesTheValidationOfTheTraining(t *testing.T) {
	file := write(t, curvesModel)
	path := filepath.Join(filepath.Dir(file), "w.safetensors")
	s, err := New(file, Options{Set: []string{"seed=2", "valid=0.3", "epochs=1", "sequences=200"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Train(context.Background(), TrainOptions{}); err != nil {
		t.Fatal(err)
	}
	parts := func(set ...string) string {
		t.Helper()
		got, err := Trained(file, Options{Set: set})
		if err != nil {
			t.Fatal(err)
		}
		return got.Set.Digest()
	}
	plain, err := New(file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if parts() != s.Set.Digest() {
		t.Error("the weights are scored on other parts than they were trained with")
	}
	if parts("seed=1", "valid=0.1", "sequences=400") != plain.Set.Digest() || parts("seed=1") == s.Set.Digest() {
		t.Error("settings do not win over what the weights say")
	}
	// A train block that was changed since.
	text := strings.Replace(curvesModel, "epochs = 2", "epochs = 2  seed = 5  valid = 0.2  split = random", 1)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if parts() != s.Set.Digest() {
		t.Error("a train block that was changed since the training draws other parts")
	}
	// Another data set has parts of its own, and weights of before say nothing.
	own, err := New(file, Options{Data: "curves(40)"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := Trained(file, Options{Data: "curves(40)"})
	if err != nil {
		t.Fatal(err)
	}
	if other.Set.Digest() != own.Set.Digest() {
		t.Error("another data set is drawn by the seed of the one that was trained on")
	}
	change := func(by string) {
		t.Helper()
		f, err := weights.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		delete(f.Metadata, metadata.DrawnByKey)
		if by != "" {
			f.Metadata[metadata.DrawnByKey] = by
		}
		text, err := weights.Encode(path, f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	change("")
	if plain, err = New(file, Options{}); err != nil {
		t.Fatal(err)
	}
	if parts() != plain.Set.Digest() {
		t.Error("without an entry the train block does not decide")
	}
	for _, by := range []string{`{"seed": "two"}`, `{"seed": "2", "valid": "7"}`, `[2]`} {
		change(by)
		if _, err := Trained(file, Options{}); err == nil || !strings.Contains(err.Error(), "w.safetensors: metadata drawn_by") {
			t.Errorf("drawn_by = %s: %v", by, err)
		}
	}
}

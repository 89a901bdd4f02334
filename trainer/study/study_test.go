package study

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/network"
)

const curvesModel = `model m
input x : i8[1] / 32
steps 40
param U : int4[32, 1]
param b
param V : int4[10, 32]
param c
state h : int16[32]
h <- hadamard(h) + U*x + b
y = V*relu(h) + c
output class = argmax(y) at last
weights "w.safetensors"
train { data = curves  sequences = 400  epochs = 2  batch = 20 }
`

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "m.hrn")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// listener is a watcher that remembers.
type listener struct {
	silent
	planned []string
	lines   []string
}

func (l *listener) Plan(what string, work float64) Stage {
	l.planned = append(l.planned, what)
	return silent{}
}

func (l *listener) Tell(line string) { l.lines = append(l.lines, line) }

// TestTrainThenScore trains, scores what was left, and finds the same figures in it later, by another study of its files.
func TestTrainThenScore(t *testing.T) {
	file := write(t, curvesModel)
	s, err := New(file, Options{Set: []string{"seed=3", "verilog.butterflies=4"}})
	if err != nil {
		t.Fatal(err)
	}
	heard := &listener{}
	s.Watch = heard
	started := false
	left, err := s.Train(t.Context(), TrainOptions{Finetune: true, Start: func(*network.Network) { started = true }})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"training", "measuring the states", "comparing real and fixed", "finetuning", "scoring"}; !slices.Equal(heard.planned, want) || !started {
		t.Errorf("planned %q, started %v", heard.planned, started)
	}
	if !slices.ContainsFunc(heard.lines, func(l string) bool { return strings.HasPrefix(l, "epoch 2/2  ") }) {
		t.Errorf("told %q", heard.lines)
	}
	if left.Epochs != 2 || left.Report != filepath.Join(filepath.Dir(file), "run-m", reportName) || len(left.Scores) != 3 || left.Ranges["h"] <= 0 {
		t.Errorf("left %+v", left)
	}
	again, err := Trained(file, Options{Set: []string{"seed=3"}, Loaded: s.Set})
	if err != nil {
		t.Fatal(err)
	}
	for _, was := range left.Scores {
		answers := 0
		is, err := again.Score(t.Context(), was.Split, was.Level, func(Answer) error { answers++; return nil })
		if err != nil {
			t.Fatal(err)
		}
		if is.Accuracy != was.Accuracy || answers != was.Decisions || answers == 0 {
			t.Errorf("%s, %s: accuracy %v of %d, then %v of %d", was.Split, was.Level, was.Accuracy, was.Decisions, is.Accuracy, answers)
		}
	}
	l, err := s.Lower()
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Targets["verilog"]["butterflies"]; got != "4" {
		t.Errorf("butterflies = %q", got)
	}
}

// TestCancelledTrainingGoesOn stops before the first batch, and goes on.
func TestCancelledTrainingGoesOn(t *testing.T) {
	file := write(t, curvesModel)
	s, err := New(file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := s.Train(stopped, TrainOptions{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if s, err = New(file, Options{}); err != nil {
		t.Fatal(err)
	}
	var d *diag.Diagnostic
	if _, err := s.Train(t.Context(), TrainOptions{}); !errors.As(err, &d) || d.Code != "output" {
		t.Errorf("a run that is there was replaced: %v", err)
	}
	if _, err := s.Train(t.Context(), TrainOptions{Resume: true}); err != nil {
		t.Error(err)
	}
}

// TestScoreOfNoPart says that there is none.
func TestScoreOfNoPart(t *testing.T) {
	s, err := New(write(t, curvesModel), Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Set.Valid.N = 0
	for _, split := range []string{"valid", "elsewhere"} {
		if _, err := s.Score(t.Context(), split, "real", nil); err == nil || !strings.Contains(err.Error(), "has no "+split+" part") {
			t.Errorf("%s: got %v", split, err)
		}
	}
}

func TestSplitSettings(t *testing.T) {
	targets, train := SplitSettings([]string{"epochs=5", " verilog.butterflies = 8", "verilog.nothing=1", "window=3"})
	if !slices.Equal(targets, []string{" verilog.butterflies = 8"}) || len(train) != 3 {
		t.Errorf("targets %q, train %q", targets, train)
	}
}

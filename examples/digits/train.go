package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/passes"
)

const (
	seedCount  = 5
	voiceCount = 6 // of fsdd
)

// training is what one run of hrnnc train left and said.
type training struct {
	folder    string
	number    int     // the seed, or the speaker who was left out
	seconds   float64 // of its epochs, by the clock
	processor float64 // seconds of the whole command on all cores together, reading data and scoring included
	real      float64
	fixed     float64
	cost      lower.Cost
}

// trainings trains from every seed, and then without every speaker.
func trainings(ctx context.Context, dir string) (seeds, voices []*training, err error) {
	hrnnc := filepath.Join(dir, "hrnnc")
	if _, err := exttool.Run(ctx, here(), nil, "go", "build", "-o", hrnnc, "github.com/hrnnc/hrnnc/cmd/hrnnc"); err != nil {
		return nil, nil, err
	}
	for seed := 1; seed <= seedCount; seed++ {
		t, err := train(ctx, hrnnc, filepath.Join(dir, fmt.Sprint("seed", seed)), "seed", seed)
		if err != nil {
			return nil, nil, err
		}
		seeds = append(seeds, t)
	}
	for voice := range voiceCount {
		t, err := train(ctx, hrnnc, filepath.Join(dir, fmt.Sprint("voice", voice)), "test", voice)
		if err != nil {
			return nil, nil, err
		}
		voices = append(voices, t)
	}
	return seeds, voices, nil
}

// train trains a copy of the model in a folder of its own, with one setting changed.
func train(ctx context.Context, hrnnc, folder, setting string, value int) (*training, error) {
	model, err := os.ReadFile(filepath.Join(here(), "model.hrn"))
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(folder, 0o777); err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "model.hrn")
	if err := os.WriteFile(file, model, 0o666); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, hrnnc, "train", file, "--json", "--set", fmt.Sprintf("%s=%d", setting, value))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("training with %s = %d: %w\n%s", setting, value, err, out)
	}
	t := &training{folder: folder, number: value, processor: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()}
	if err := t.read(out); err != nil {
		return nil, fmt.Errorf("what hrnnc train --json said: %w", err)
	}
	l, err := lowered(file)
	if err != nil {
		return nil, err
	}
	t.cost = l.Plan.Cost()
	return t, nil
}

// read takes the figures of hrnnc train --json.
func (t *training) read(out []byte) error {
	var said struct {
		Seconds float64
		Scores  []struct {
			Level    string
			Accuracy float64
		}
	}
	if err := json.Unmarshal(out, &said); err != nil {
		return err
	}
	t.seconds = said.Seconds
	for _, s := range said.Scores {
		switch s.Level {
		case "real":
			t.real = s.Accuracy
		case "fixed":
			t.fixed = s.Accuracy
		}
	}
	return nil
}

// keep copies the weights and the log of the epochs into a folder.
func (t *training) keep(dir string) error {
	for _, name := range []string{"model.safetensors", filepath.Join("run", "metrics.jsonl")} {
		data, err := os.ReadFile(filepath.Join(t.folder, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), data, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// lowered takes a model and its weights to integers.
func lowered(file string) (*compiler.Lowered, error) {
	m, err := compiler.Load(file, "")
	if err != nil {
		return nil, err
	}
	return m.Lower(passes.Config{})
}

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/bench/machine"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer/study"
)

const (
	seedCount  = 5
	voiceCount = 6 // of fsdd
)

// training is what one training left and said.
type training struct {
	folder    string
	number    int     // the seed, or the speaker who was left out
	seconds   float64 // of its epochs, by the clock
	processor float64 // seconds of all of it on all cores together, reading data and scoring included
	real      float64
	fixed     float64
	cost      lower.Cost
}

// trainings trains from every seed, and then without every speaker.
func trainings(ctx context.Context, dir string) (seeds, voices []*training, err error) {
	for seed := 1; seed <= seedCount; seed++ {
		t, err := train(ctx, filepath.Join(dir, fmt.Sprint("seed", seed)), "seed", seed)
		if err != nil {
			return nil, nil, err
		}
		seeds = append(seeds, t)
	}
	for voice := range voiceCount {
		t, err := train(ctx, filepath.Join(dir, fmt.Sprint("voice", voice)), "test", voice)
		if err != nil {
			return nil, nil, err
		}
		voices = append(voices, t)
	}
	return seeds, voices, nil
}

// train trains a copy of the model in a folder of its own, with one setting changed.
func train(ctx context.Context, folder, setting string, value int) (*training, error) {
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
	before := machine.Seconds()
	s, err := study.New(file, study.Options{Set: []string{fmt.Sprintf("%s=%d", setting, value)}})
	if err != nil {
		return nil, err
	}
	left, err := s.Train(ctx, study.TrainOptions{})
	if err != nil {
		return nil, fmt.Errorf("training with %s = %d: %w", setting, value, err)
	}
	t := &training{folder: folder, number: value, seconds: left.Seconds, processor: machine.Seconds() - before}
	for _, score := range left.Scores {
		switch score.Split + " " + score.Level {
		case "test real":
			t.real = score.Accuracy
		case "test fixed":
			t.fixed = score.Accuracy
		}
	}
	l, err := s.Lower()
	if err != nil {
		return nil, err
	}
	t.cost = l.Plan.Cost()
	return t, nil
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

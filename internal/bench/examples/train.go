package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hrnnc/hrnnc/internal/bench/machine"
	"github.com/hrnnc/hrnnc/internal/bench/results"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// work is where trainings lie until all of a call are done.
var work = filepath.Join("build", "examples")

// trainAll trains the examples with all seeds: the first seed of each on all cores, which its time is taken from, then the
// others side by side on a core each.
func trainAll(ctx context.Context, names []string, command string) error {
	if command == "" {
		command = filepath.Join(work, "hrnnc")
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", command, "./cmd/hrnnc").CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
	}
	for _, name := range names {
		if err := train(ctx, command, name, 1, runtime.NumCPU()); err != nil {
			return err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.NumCPU())
	for _, name := range names {
		for seed := 2; seed <= seedsOf(name); seed++ {
			g.Go(func() error { return train(ctx, command, name, seed, 1) })
		}
	}
	return g.Wait()
}

// place is the folder of a training.
func place(name string, seed int) string { return filepath.Join(work, name, strconv.Itoa(seed)) }

// train does one training, unless it is done, or goes on with one that was stopped, and leaves its result in its folder.
func train(ctx context.Context, command, name string, seed, cores int) error {
	dir := place(name, seed)
	done := filepath.Join(dir, "result.json")
	if _, err := os.Stat(done); err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	text, err := os.ReadFile(filepath.Join("examples", name, "model.hrn"))
	if err != nil {
		return err
	}
	model := filepath.Join(dir, "model.hrn")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(model, text, 0o666); err != nil {
		return err
	}
	args := []string{"train", model, "--json", "--finetune", "fixed", "--set", fmt.Sprintf("seed=%d", seed)}
	if _, err := os.Stat(filepath.Join(dir, "run", "checkpoint.safetensors")); err == nil {
		args = append(args, "--resume")
	}
	r := results.Training{Machine: fmt.Sprintf("%s, %s", machine.Processor(), runtime.Version()), Seed: seed}
	if err := call(ctx, &r, cores, command, args...); err != nil {
		return err
	}
	var report struct {
		Cost struct {
			Parameters, Bits  int
			State             int `json:"state_bits"`
			Recurrence, Input struct{ Adds int }
		}
	}
	if err := call(ctx, &report, cores, command, "report", model, "--json"); err != nil {
		return err
	}
	c := report.Cost
	r.Parameters, r.Bits, r.State, r.Adds = c.Parameters, c.Bits, c.State, c.Recurrence.Adds+c.Input.Adds
	if r.Valid, err = validation(filepath.Join(dir, "run", "metrics.jsonl")); err != nil {
		return err
	}
	if how := streams[name]; how != nil {
		var said struct{ Scores []results.Events }
		if err := call(ctx, &said, cores, command, slices.Concat([]string{"eval", model, "--stream", "--level", "fixed", "--json"}, how)...); err != nil {
			return err
		}
		r.Events = &said.Scores[0]
	}
	log.Printf("%s, seed %d: %s in %.0f s", name, seed, r.At("fixed"), r.Seconds)
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return fileio.WriteFile(done, data)
}

// validation reads the score on the validation part of every epoch.
func validation(path string) ([]float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var scores []float64
	for d := json.NewDecoder(f); d.More(); {
		var epoch struct {
			Score float64 `json:"valid_score"`
		}
		if err := d.Decode(&epoch); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		scores = append(scores, epoch.Score)
	}
	return scores, nil
}

// collect takes the results of an example, and keeps weights and metrics of its first seed.
func collect(name string) ([]results.Training, error) {
	all := make([]results.Training, seedsOf(name))
	for i := range all {
		data, err := os.ReadFile(filepath.Join(place(name, i+1), "result.json"))
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, &all[i]); err != nil {
			return nil, err
		}
	}
	for from, to := range map[string]string{"model.safetensors": "model.safetensors", filepath.Join("run", "metrics.jsonl"): "metrics.jsonl"} {
		data, err := os.ReadFile(filepath.Join(place(name, 1), from))
		if err != nil {
			return nil, err
		}
		if err := fileio.WriteFile(filepath.Join("examples", name, to), data); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// call runs a command on so many cores and reads the JSON that it prints. When ctx ends, the command is asked to stop.
func call(ctx context.Context, into any, cores int, command string, args ...string) error {
	c := exec.CommandContext(ctx, command, args...)
	c.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", cores))
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = time.Minute
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(command), strings.Join(args, " "), err, errs.Bytes(), out)
	}
	return json.Unmarshal(out, into)
}

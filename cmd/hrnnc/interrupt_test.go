package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hrnnc/hrnnc/internal/modelgen"
)

const bigModel = `model big
input x : u8[1] / 255
steps 100
param U : int4
state h : int16[1024]
param b
h <- hadamard(h) + U*x + b
param V : int4[10, 1024]
param c
y = V*relu(h) + c
output class = argmax(y) at last
weights "model.safetensors"
`

// buildCommand gives the path of the command, for tests that kill it.
func buildCommand(t *testing.T) string {
	t.Helper()
	command := filepath.Join(t.TempDir(), "hrnnc")
	if out, err := exec.Command("go", "build", "-o", command, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return command
}

// TestInterrupt stops a compile at moments from its start to its end: there is a whole folder, or nothing at all.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	command := buildCommand(t)
	w, err := modelgen.Weights(bigModel, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "model"), 0o755); err != nil {
		t.Fatal(err)
	}
	model, err := (&modelgen.Model{Text: bigModel, Weights: w}).Save(filepath.Join(dir, "model"))
	if err != nil {
		t.Fatal(err)
	}
	stopped := 0
	for i := range 12 {
		parent := filepath.Join(dir, "out")
		if err := os.Mkdir(parent, 0o755); err != nil {
			t.Fatal(err)
		}
		c := exec.Command(command, "compile", model, "-q", "-o", filepath.Join(parent, "big"))
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(20*i) * time.Millisecond)
		if err := c.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		err := c.Wait()
		left, readErr := os.ReadDir(parent)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if err != nil {
			stopped++
			if len(left) != 0 {
				t.Errorf("stopped after %d ms (%v), it leaves %v", 20*i, err, left)
			}
		} else if _, err := os.Stat(filepath.Join(parent, "big", "hrnnc.json")); err != nil || len(left) != 1 {
			t.Errorf("done before %d ms, it leaves %v: %v", 20*i, left, err)
		}
		if err := os.RemoveAll(parent); err != nil {
			t.Fatal(err)
		}
	}
	if stopped == 0 {
		t.Error("it was never interrupted")
	}
}

const finetunedModel = `model curves
input x : i8[1] / 32
steps 20
param U : int4[16, 1]   param b : [16]
param V : int4[10, 16]  param c : [10]
state h : int8[16]
h <- hadamard(h) + U*x + b
output class = argmax(V*relu(h) + c) at last
weights "model.safetensors"
train {
  data = "curves(20)"
  sequences = 600
  epochs = 5
  batch = 20
  rate = 0.02
  seed = 2
}
`

// TestAKilledTrainingHasTheBytesOfOneThatWasNot kills a training with finetuning at many moments, scoring and writing included,
// and goes on each time: weights, ranges and metrics are those of a training that was never stopped. So they are when nothing
// is left to do.
func TestAKilledTrainingHasTheBytesOfOneThatWasNot(t *testing.T) {
	command := buildCommand(t)
	folder := func() string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "model.hrn"), []byte(finetunedModel), 0o666); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	train := func(dir string, args ...string) (*exec.Cmd, *bytes.Buffer) {
		t.Helper()
		c := exec.Command(command, append([]string{"train", "model.hrn", "--finetune", "fixed"}, args...)...)
		var said bytes.Buffer
		c.Dir, c.Stdout, c.Stderr = dir, &said, &said
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c, &said
	}
	result := func(dir string) string {
		t.Helper()
		var all strings.Builder
		for _, name := range []string{"model.safetensors", "run/metrics.jsonl", "run/finetune/metrics.jsonl", "run/finetune/best.safetensors"} {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			all.Write(wallTime.ReplaceAll(data, nil))
		}
		return all.String()
	}

	whole := folder()
	start := time.Now()
	c, said := train(whole)
	if err := c.Wait(); err != nil || !strings.Contains(said.String(), "finetuned through the rounding") {
		t.Fatalf("the training is to be finetuned: %v\n%s", err, said)
	}
	lasts := time.Since(start)
	want := result(whole)
	if c, said = train(whole, "--resume"); c.Wait() != nil || result(whole) != want {
		t.Errorf("gone on with when nothing was left to do, it is another\n%s", said)
	}

	dir := folder()
	const kills = 5
	for i := range kills + 1 {
		var args []string
		if _, err := os.Stat(filepath.Join(dir, "run", "checkpoint.safetensors")); err == nil {
			args = []string{"--resume"}
		} else if i > 0 {
			args = []string{"--force"} // weights, perhaps, and no checkpoint yet
		}
		c, said := train(dir, args...)
		if i < kills {
			time.Sleep(lasts * time.Duration(3+3*i) / 16) // later each time, as each goes on where the last was
			signal := []os.Signal{syscall.SIGKILL, syscall.SIGINT, syscall.SIGKILL}[i%3]
			if err := c.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
			_ = c.Wait() // killed, or done already
			continue
		}
		if err := c.Wait(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
	}
	if result(dir) != want {
		t.Error("after kills the result is another")
	}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if strings.Contains(path, ".tmp-") || strings.HasSuffix(path, ".lock") {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wallTime is what differs between two runs of one training.
var wallTime = regexp.MustCompile(`"seconds":[0-9.e-]+`)

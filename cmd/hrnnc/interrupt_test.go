package main

import (
	"os"
	"os/exec"
	"path/filepath"
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

// TestInterrupt stops a compile at moments from its start to its end: there is a whole folder, or nothing at all.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	command := filepath.Join(dir, "hrnnc")
	if out, err := exec.Command("go", "build", "-o", command, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
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

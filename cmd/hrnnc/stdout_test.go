package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/spf13/cobra"
)

// failing is a standard output that cannot be written.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// copyModel gives a folder with the small trained model.
func copyModel(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/model")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestEveryCommandSaysThatItCouldNotPrint runs each command into a full device: a result that nobody can read is none.
func TestEveryCommandSaysThatItCouldNotPrint(t *testing.T) {
	dir := copyModel(t)
	t.Setenv("HRNNC_DATA", dir)
	model, x := filepath.Join(dir, "model.hrn"), filepath.Join(dir, "x.npy")
	toy := filepath.Join(dir, "toy.hrn")
	text := `model toy
input t : token[10]
steps 24
param U : int4[16, 10]
param V : int4[9, 16]
state h : int16[16]
h <- hadamard(h) + U*onehot(t)
output class = argmax(V*h) at every step
train {
  data = "copy(4)"
  sequences = 50
  epochs = 1
}
weights "toy.safetensors"
`
	if err := os.WriteFile(toy, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if code := run([]string{"train", toy, "-q"}, io.Discard, io.Discard); code != 0 {
		t.Fatal("nothing is trained: exit code ", code)
	}
	lines := map[string][]string{
		"bench": {model, "--mcu", "host", "--steps", "10"}, "chips": {},
		"calibrate": {model, "--input", x}, "check": {model}, "completion": {"bash"}, "compile": {model, "-o", filepath.Join(dir, "out")},
		"core hadamard": {"--n", "4", "--width", "4", "-o", filepath.Join(dir, "core")},
		"new":           {"copy(2)", "-o", "-", "--set", "sequences=50"}, "data get": {"nothing"}, "data info": {"copy(2)"}, "data list": {}, "eval": {toy}, "explore": {model}, "export": {model, "--to", "onnx", "-o", filepath.Join(dir, "onnx")}, "fmt": {model, "--check"},
		"import": {filepath.Join(dir, "model.safetensors")}, "ir": {model}, "report": {model}, "run": {model, "--input", x}, "synth": {model, "--part", "ecp5", "--set", "verilog.arch=serial"},
		"search": {toy, "--units", "16", "--budget", "1", "--force"}, "train": {toy, "--force"}, "verify": {model, "--level", "plan"}, "version": {},
	}
	var commands []string
	for _, c := range newApp(io.Discard, io.Discard).root().Commands() {
		for _, leaf := range append([]*cobra.Command{c}, c.Commands()...) {
			if leaf.Runnable() && !leaf.HasSubCommands() && leaf.Name() != "help" {
				commands = append(commands, strings.TrimPrefix(leaf.CommandPath(), "hrnnc "))
			}
		}
	}
	for _, name := range append(commands, "--help", "train --help") {
		if name == "lsp" {
			continue // it answers an editor, which reads
		}
		args, ok := lines[name]
		if !ok && !strings.HasSuffix(name, "--help") {
			t.Errorf("no command line for %s here", name)
		}
		if name == "synth" && len(exttool.Missing("yosys")) > 0 {
			continue // there is nothing to print
		}
		for _, json := range []bool{false, true} {
			line := append(strings.Fields(name), args...)
			if json {
				line = append(line, "--json")
			}
			var errs bytes.Buffer
			code := run(line, failing{&os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}}, &errs)
			said := strings.Count(errs.String(), "standard output cannot be written: no space left on device")
			if prints := said == 1 || name == "data get" && !json || name == "fmt" || name == "import" && !json; code == 0 || !prints {
				t.Errorf("%v: exit code %d, said %d times: %s", line, code, said, errs.String())
			}
		}
	}
	var errs bytes.Buffer
	if code := run([]string{"version"}, failing{errors.Join(syscall.EPIPE)}, &errs); code != 1 || errs.Len() > 0 {
		t.Errorf("a closed pipe: exit code %d, %s", code, errs.String())
	}
}

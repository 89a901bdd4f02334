package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hrnnc/hrnnc/internal/modelgen"
)

// TestLimits holds large models to the processor time and the memory that they may take: the sum over all threads, which a busy
// machine does not change, and the largest resident set.
func TestLimits(t *testing.T) {
	command := buildCommand(t)
	for _, c := range []struct {
		units     int
		args      string
		processor time.Duration
		memory    int64 // bytes
		want      string
	}{
		{1024, "compile model.hrn -o out", 2 * time.Second, 300e6, "written to out"},
		{8192, "compile model.hrn --target c --mcu cortex-m7", 10 * time.Second, 300e6, "RAM, state"},
		{8192, "verify model.hrn --level plan", time.Minute, 500e6, "proven on 8192 unit vectors"},
	} {
		t.Run(fmt.Sprint(c.units, " ", c.args), func(t *testing.T) {
			text := fmt.Sprintf("model big\ninput x : u8[1] / 255\nsteps 784\nparam U : int4\nparam b\nstate h : int16[%d]\nh <- hadamard(h) + U*x + b\n"+
				"param V : int4[10, %d]\ny = V*relu(h)\noutput class = argmax(y)\nweights \"model.safetensors\"\n", c.units, c.units)
			w, err := modelgen.Weights(text, 1)
			if err != nil {
				t.Fatal(err)
			}
			model, err := (&modelgen.Model{Text: text, Weights: w}).Save(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			run := exec.Command(command, strings.Fields(c.args)...)
			run.Dir = filepath.Dir(model)
			out, err := run.CombinedOutput()
			if err != nil || !strings.Contains(string(out), c.want) {
				t.Fatalf("%v\n%s", err, out)
			}
			used, memory := run.ProcessState.UserTime()+run.ProcessState.SystemTime(), run.ProcessState.SysUsage().(*syscall.Rusage).Maxrss*1024
			t.Logf("%v, %d bytes", used, memory)
			if used > c.processor {
				t.Errorf("it took %v of a processor; %v are allowed", used, c.processor)
			}
			if memory > c.memory {
				t.Errorf("it held %d bytes; %d are allowed", memory, c.memory)
			}
		})
	}
}

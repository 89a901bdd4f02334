package main

import (
	"bytes"
	"fmt"
	"os"
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
	small, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
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
			run := exec.Command(small, append([]string{command}, strings.Fields(c.args)...)...)
			run.Dir, run.Env = filepath.Dir(model), append(os.Environ(), measured+"=yes")
			out, err := run.CombinedOutput()
			if err != nil || !strings.Contains(string(out), c.want) {
				t.Fatalf("%v\n%s", err, out)
			}
			var used time.Duration
			var memory int64
			last := out[bytes.LastIndexByte(bytes.TrimSpace(out), '\n')+1:]
			if _, err := fmt.Sscanf(string(last), measuredFormat, &used, &memory); err != nil {
				t.Fatalf("%v: %s", err, last)
			}
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

// A process that a large one starts counts the large one's memory as its own until it runs a program of its own. So it is a small one
// that starts what is measured: this test's own program, with the environment variable.
const (
	measured       = "HRNNC_TEST_MEASURED"
	measuredFormat = "%d ns, %d bytes"
)

// measure runs a command and says what it took, on the last line.
func measure(args []string) int {
	run := exec.Command(args[0], args[1:]...)
	run.Stdout, run.Stderr = os.Stdout, os.Stderr
	if err := run.Run(); err != nil {
		fmt.Println(err)
		return 1
	}
	s := run.ProcessState
	fmt.Printf("\n"+measuredFormat+"\n", s.UserTime()+s.SystemTime(), s.SysUsage().(*syscall.Rusage).Maxrss*1024)
	return 0
}

package ecg

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/frontend"
	"github.com/hrnnc/hrnnc/internal/shared"
	"github.com/hrnnc/hrnnc/trainer/data/files"
)

// TestVerilog holds chip/slopes.v to internal/frontend in a simulator: noise of every loudness, the edges of 16 bits and a recording, with
// cycles in which one side or the other waits, and with a reset within a step and at the end of one.
func TestVerilog(t *testing.T) {
	need(t, "iverilog")
	dir := t.TempDir()
	if _, err := exttool.Run(t.Context(), "chip", nil, "iverilog", "-g2001", "-Wall", "-o", filepath.Join(dir, "slopes"), "slopes.v", "slopes_tb.v"); err != nil {
		t.Fatal(err)
	}
	noise := random(150)
	var edges []int16
	for _, period := range []int{1, 5, 6, 7, 12, 500} {
		for n := range 3000 {
			edges = append(edges, []int16{1<<15 - 1, -1 << 15}[n/period%2])
		}
		edges = append(edges, make([]int16, 1500)...)
	}
	for _, c := range []struct {
		name    string
		samples []int16
		pauses  bool
		reset   int // behind so many samples
	}{
		{"random", noise, false, 0},
		{"extreme", edges, false, 0},
		{"pauses", noise[:6000], true, 0},
		{"reset within a step", noise[:6000], false, 3001},
		{"reset at the end of a step", noise[:6000], true, 3000},
		{"recorded", nil, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.samples == nil {
				c.samples = recorded(t, 20_000)
			}
			args := []string{}
			if c.pauses {
				args = append(args, "+pauses")
			}
			want := frontend.Slopes(c.samples)
			if c.reset > 0 {
				args = append(args, fmt.Sprintf("+reset=%d", c.reset))
				// What a reset finds in work is lost.
				want = slices.Concat(frontend.Slopes(c.samples[:c.reset-1]), frontend.Slopes(c.samples[c.reset:]))
			}
			simulated(t, dir, c.samples, want, args...)
		})
	}
}

// simulated runs the testbench and compares what it writes.
func simulated(t *testing.T, dir string, samples []int16, want [][frontend.NumSlopes]int8, args ...string) {
	t.Helper()
	var in, lines bytes.Buffer
	for _, s := range samples {
		fmt.Fprintf(&in, "%04x\n", uint16(s))
	}
	for _, w := range want {
		fmt.Fprintf(&lines, "%d %d\n", w[0], w[1])
	}
	written(t, dir, "slopes", "samples.hex", in.Bytes(), lines.Bytes(), args...)
}

// written runs a testbench on a file, and compares the lines that it writes.
func written(t *testing.T, dir, module, file string, in, want []byte, args ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), in, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := exttool.Run(t.Context(), dir, nil, "vvp", append([]string{module}, args...)...); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, module+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	if len(g) != len(w) {
		t.Fatalf("%d steps, not %d", len(g)-1, len(w)-1)
	}
	for i := range g {
		if !bytes.Equal(g[i], w[i]) {
			t.Fatalf("step %d: %s, not %s", i, g[i], w[i])
		}
	}
}

// TestRhythmVerilog holds chip/rhythm.v to internal/frontend in a simulator: marks of any distance, with cycles in which one side or the
// other waits, and with a reset.
func TestRhythmVerilog(t *testing.T) {
	need(t, "iverilog")
	dir := t.TempDir()
	if _, err := exttool.Run(t.Context(), "chip", nil, "iverilog", "-g2001", "-Wall", "-o", filepath.Join(dir, "rhythm"), "rhythm.v", "rhythm_tb.v"); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(4, 4))
	var steps []bool
	for _, longest := range []int{1, 2, 10, 60, 60, 60, 300, 2, 600} {
		for range 60 {
			steps = append(append(steps, make([]bool, rng.IntN(longest))...), true)
		}
	}
	for _, c := range []struct {
		name  string
		reset int // behind so many steps
		args  []string
	}{{"random", 0, nil}, {"pauses", 0, []string{"+pauses"}}, {"reset", 4000, []string{"+pauses", "+reset=4000"}}} {
		t.Run(c.name, func(t *testing.T) {
			bytesOf := frontend.Rhythms(steps)
			if c.reset > 0 { // what it finds in work is lost
				bytesOf = slices.Concat(frontend.Rhythms(steps[:c.reset-1]), frontend.Rhythms(steps[c.reset:]))
			}
			var in, want bytes.Buffer
			for _, mark := range steps {
				fmt.Fprintf(&in, "%d\n", map[bool]int{true: 1}[mark])
			}
			for _, x := range bytesOf {
				fmt.Fprintf(&want, "%d\n", x)
			}
			written(t, dir, "rhythm", "marks.txt", in.Bytes(), want.Bytes(), c.args...)
		})
	}
}

// recorded is how a recording of the data set begins.
func recorded(t *testing.T, n int) (samples []int16) {
	a, err := files.OpenNpz(filepath.Join(shared.Path(t, "data", "mitbih"), "mitbih.npz"))
	if err != nil {
		t.Fatal(err)
	}
	differences, err := a.Integers("dx_208")
	if err != nil {
		t.Fatal(err)
	}
	sum := int32(0)
	for _, d := range differences[:n] {
		sum += d
		samples = append(samples, int16(sum))
	}
	return samples
}

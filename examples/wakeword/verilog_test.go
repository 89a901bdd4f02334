package wakeword

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/frontend"
)

// TestVerilog holds chip/frontend.v to internal/frontend in a simulator: noise and tones of every loudness, the edges of 16 bits, speech,
// with cycles in which one side or the other waits, and with a reset before a frame, in one and at the end of one.
func TestVerilog(t *testing.T) {
	need(t, "iverilog")
	dir := t.TempDir()
	if _, err := exttool.Run(t.Context(), "chip", nil, "iverilog", "-g2001", "-Wall", "-o", filepath.Join(dir, "frontend"), "frontend.v", "frontend_tb.v"); err != nil {
		t.Fatal(err)
	}
	noise := random(24)
	var edges []int16
	for _, period := range []int{1, 8, 128, 1 << 20} {
		for n := range 3 * frontend.FrameHop {
			edges = append(edges, []int16{1<<15 - 1, -1 << 15}[n/period%2])
		}
		edges = append(edges, make([]int16, 2*frontend.FrameHop)...)
	}
	const few = 8 * frontend.FrameHop
	for _, c := range []struct {
		name    string
		samples []int16
		pauses  bool
		reset   int // behind so many samples
		lost    int // frames that came before and are not given: one that is in work or not complete, and one that waits
	}{
		{"random", noise, false, 0, 0},
		{"extreme", edges, false, 0, 0},
		{"pauses", noise[:few], true, 0, 0},
		{"reset before a frame", noise[:few], false, 100, 1},
		{"reset in a frame", noise[:few], false, 300, 1},
		{"reset at the end of a frame", noise[:few], true, 4 * frontend.FrameHop, 2},
		{"recorded", nil, false, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.samples == nil {
				c.samples = testClips(t)[0].samples
				c.samples = c.samples[:min(len(c.samples), 12*frontend.FrameHop)]
			}
			var args []string
			if c.pauses {
				args = append(args, "+pauses")
			}
			want := frontend.Features(c.samples, frontend.LeanBands)
			if c.reset > 0 {
				args = append(args, fmt.Sprintf("+reset=%d", c.reset))
				want = frontend.Features(c.samples[:c.reset], frontend.LeanBands)
				want = slices.Concat(want[:len(want)-c.lost], frontend.Features(c.samples[c.reset:], frontend.LeanBands))
			}
			simulated(t, dir, c.samples, want, args...)
		})
	}
}

// simulated runs the testbench and compares what it writes.
func simulated(t *testing.T, dir string, samples []int16, want [][frontend.NumBands]uint8, args ...string) {
	t.Helper()
	var in bytes.Buffer
	for _, s := range samples {
		fmt.Fprintf(&in, "%04x\n", uint16(s))
	}
	if err := os.WriteFile(filepath.Join(dir, "samples.hex"), in.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exttool.Run(t.Context(), dir, nil, "vvp", append([]string{"frontend"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(said, []byte("band")) {
		t.Errorf("%s", said)
	}
	file, err := os.ReadFile(filepath.Join(dir, "bands.txt"))
	if err != nil {
		t.Fatal(err)
	}
	got := bytes.Split(bytes.TrimSpace(file), []byte("\n"))
	if len(got) != len(want) {
		t.Fatalf("%d frames, not %d", len(got), len(want))
	}
	for i, w := range want {
		if line := fmt.Sprint(w); line[1:len(line)-1] != string(got[i]) {
			t.Fatalf("frame %d: %s, not %s", i, got[i], line)
		}
	}
}

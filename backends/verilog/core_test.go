package verilog

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/verilog/sim"
	"github.com/hrnnc/hrnnc/internal/exttool"
)

// writeCore writes the files of a core into a folder of the test's, some of its Verilog replaced.
func writeCore(t *testing.T, c *Core, was, is string) string {
	t.Helper()
	files, err := c.Files(nil)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(files[0].Data); !strings.Contains(text, was) {
		t.Fatalf("no %q in\n%s", was, text)
	}
	files[0].Data = bytes.Replace(files[0].Data, []byte(was), []byte(is), 1)
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, f.Path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestCoresRun runs the testbenches of cores in both simulators, and Verilator's lint.
func TestCoresRun(t *testing.T) {
	need(t, "iverilog", "vvp", "make")
	for _, style := range datapath.CoreStyles {
		for _, size := range [][2]int{{2, 3}, {8, 1}, {16, 12}, {64, 20}} {
			if style == datapath.CoreSerial && size[0] < 8 {
				continue
			}
			t.Run(fmt.Sprintf("%s %d of %d", style, size[0], size[1]), func(t *testing.T) {
				t.Parallel()
				c, err := NewCore("", size[0], size[1], style)
				if err != nil {
					t.Fatal(err)
				}
				dir := writeCore(t, c, "", "")
				targets := []string{"check"}
				if _, err := exec.LookPath("verilator"); err == nil {
					targets = append(targets, "lint")
					if size[0] == 16 && style == datapath.CorePipelined { // whose ports are many; it takes seconds
						targets = append(targets, "check-verilator")
					}
				}
				for _, target := range targets {
					out, err := exec.Command("make", "-s", "-C", dir, target).CombinedOutput()
					if err != nil || target != "lint" && !strings.Contains(string(out), "PASS: ") {
						t.Fatalf("make %s: %v\n%s", target, err, out)
					}
				}
			})
		}
	}
}

// TestCoreTestbenchesFindFaults changes a core and expects its testbench, and its proof, to say so.
func TestCoreTestbenchesFindFaults(t *testing.T) {
	need(t, "iverilog", "vvp", "make")
	for style, fault := range map[datapath.CoreStyle][2]string{
		datapath.CorePipelined: {"y2_5 <= sum2_5", "y2_5 <= ~sum2_5"},
		datapath.CoreStreaming: {"sum4 = front4 + ", "sum4 = front4 - "},
		datapath.CoreSerial:    {"sum1 : ", "sum0 : "},
	} {
		c, err := NewCore("", 8, 4, style)
		if err != nil {
			t.Fatal(err)
		}
		dir := writeCore(t, c, fault[0], fault[1])
		targets := []string{"check"}
		if len(exttool.Missing(sim.ProofTools...)) == 0 {
			targets = append(targets, "formal")
		}
		for _, target := range targets {
			if out, err := exec.Command("make", "-s", "-C", dir, target).CombinedOutput(); err == nil || !strings.Contains(string(out), "FAIL") {
				t.Errorf("%s: make %s: %v %s", style, target, err, out)
			}
		}
	}
}

// TestCoresEqualTheDefinition proves small transforms for all values, of the first and last width too.
func TestCoresEqualTheDefinition(t *testing.T) {
	need(t, append([]string{"make"}, sim.ProofTools...)...)
	for _, style := range datapath.CoreStyles {
		for _, size := range [][2]int{{2, 4}, {4, 4}, {8, 4}, {8, 1}} {
			if size[0] < 8 && style == datapath.CoreSerial {
				continue
			}
			t.Run(fmt.Sprintf("%s %d of %d", style, size[0], size[1]), func(t *testing.T) {
				t.Parallel()
				c, err := NewCore("", size[0], size[1], style)
				if err != nil {
					t.Fatal(err)
				}
				if out, err := exec.Command("make", "-s", "-C", writeCore(t, c, "", ""), "formal").CombinedOutput(); err != nil || !strings.Contains(string(out), "PROVED") {
					t.Errorf("%v %s", err, out)
				}
			})
		}
	}
}

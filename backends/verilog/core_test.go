package verilog

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower/datapath"
)

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
				files, err := c.Files(nil)
				if err != nil {
					t.Fatal(err)
				}
				dir := t.TempDir()
				for _, f := range files {
					if err := os.WriteFile(filepath.Join(dir, f.Path), f.Data, 0o644); err != nil {
						t.Fatal(err)
					}
				}
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

// TestCoreTestbenchesFindFaults changes a core and expects its testbench to say so.
func TestCoreTestbenchesFindFaults(t *testing.T) {
	need(t, "iverilog", "vvp")
	for style, fault := range map[datapath.CoreStyle][2]string{
		datapath.CorePipelined: {"y2_5 <= sum2_5", "y2_5 <= ~sum2_5"},
		datapath.CoreStreaming: {"sum4 = front4 + ", "sum4 = front4 - "},
		datapath.CoreSerial:    {"sum1 : ", "sum0 : "},
	} {
		c, err := NewCore("", 16, 12, style)
		if err != nil {
			t.Fatal(err)
		}
		files, err := c.Files(nil)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		text := string(files[0].Data)
		if !strings.Contains(text, fault[0]) {
			t.Fatalf("%s: no %q in\n%s", style, fault[0], text)
		}
		for i, data := range []string{strings.Replace(text, fault[0], fault[1], 1), string(files[1].Data)} {
			if err := os.WriteFile(filepath.Join(dir, files[i].Path), []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		program := filepath.Join(dir, "d.vvp")
		if out, err := exec.Command("iverilog", "-g2001", "-s", c.Name+"_tb", "-o", program, filepath.Join(dir, files[0].Path), filepath.Join(dir, files[1].Path)).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		if out, err := exec.Command("vvp", "-n", program).Output(); err != nil || !strings.Contains(string(out), "FAIL: ") {
			t.Errorf("%s: %v %s", style, err, out)
		}
	}
}

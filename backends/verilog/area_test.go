package verilog

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/datapath/area"
)

// synthesise gives yosys's count of cells of a design on the iCE40.
func synthesise(t *testing.T, d *datapath.Design) map[string]int {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "d.v")
	module, _ := spellDesign(d, &memories{})
	if err := os.WriteFile(file, []byte(module), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("yosys", "-q", "-p", fmt.Sprintf("read_verilog %s; synth_ice40 -top %s; tee -o %s stat", file, d.Name, filepath.Join(dir, "stat")))
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		t.Fatal(err)
	}
	cells := map[string]int{}
	for _, m := range regexp.MustCompile(`(SB_\w+)\s+(\d+)`).FindAllStringSubmatch(string(text), -1) {
		cells[m[1]], _ = strconv.Atoi(m[2])
	}
	return cells
}

// TestAreaIsWhatYosysCounts holds the count on the form against synthesis.
func TestAreaIsWhatYosysCounts(t *testing.T) {
	need(t, "yosys")
	for _, c := range []struct {
		n, width int
		style    datapath.CoreStyle
	}{{16, 12, datapath.CoreStreaming}, {16, 12, datapath.CorePipelined}, {128, 10, datapath.CoreStreaming}} {
		t.Run(fmt.Sprintf("%s %d", c.style, c.n), func(t *testing.T) {
			t.Parallel()
			d, err := datapath.Core("core", c.n, c.width, c.style)
			if err != nil {
				t.Fatal(err)
			}
			got, cells := area.Count(d, area.ICE40), synthesise(t, d)
			t.Logf("predicted %+v, synthesised %v", got, cells)
			if n := cells["SB_LUT4"]; got.Tables*100 < n*85 || got.Tables*100 > n*115 {
				t.Errorf("predicted %d look-up tables, synthesis makes %d", got.Tables, n)
			}
		})
	}
}

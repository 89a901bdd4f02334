package pack_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/pack"
	"github.com/hrnnc/hrnnc/backends/verilog"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/exttool"
)

// logic compiles a model to Verilog with packages and gives the folder of target verilog.
func logic(t *testing.T, l *compiler.Lowered, settings map[string]string, formats ...string) string {
	t.Helper()
	all := map[string]string{"package": strings.Join(formats, ","), "butterflies": "1"}
	maps.Copy(all, settings)
	l.Targets = map[string]map[string]string{"verilog": all}
	o, err := l.Compile(context.Background(), []backends.Target{verilog.Target})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	if err := o.Write(dir, false); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "verilog")
}

// only is the one folder of a package.
func only(t *testing.T, dir, format string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, format, "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v (%v)", format, found, err)
	}
	return found[0]
}

// TestSimulatedBoards sends golden vectors to the modules of a board, for each kind of model: the package's own program talks to the pins of a
// simulated serial port.
func TestSimulatedBoards(t *testing.T) {
	need(t, "iverilog", "make", "go")
	for kind, text := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dir := only(t, logic(t, random(t, text), nil, "icebreaker"), "icebreaker")
			run(t, dir, "make -s board")
			if out := run(t, dir, host(t, dir)+" -run build/board -golden"); !regexp.MustCompile(`^PASS: ([0-9]+) of ([0-9]+) outputs equal\n$`).MatchString(out) {
				t.Errorf("%s", out)
			}
		})
	}
}

// TestBitstreams makes what is loaded onto boards, with the FPGA's own oscillator, and with PLLs of both kinds; and for the ECP5 what yosys
// makes.
func TestBitstreams(t *testing.T) {
	for _, c := range []struct{ format, clock, with, made, log string }{
		{"icebreaker", "18MHz", "bit", "top.bin", "PASS at 18.00 MHz"},
		{"upduino", "", "bit", "top.bin", "PASS at 12.00 MHz"},
		{"hx8k", "30MHz", "bit", "top.bin", "PASS at 30.00 MHz"},
		{"ecp5", "", "synth", "top.json", ""},
	} {
		t.Run(c.format+c.clock, func(t *testing.T) {
			need(t, "make", "yosys")
			if c.made == "top.bin" {
				need(t, "nextpnr-ice40", "icepack")
			}
			t.Parallel()
			settings := map[string]string{}
			if c.clock != "" {
				settings["clock"] = c.clock
			}
			dir := only(t, logic(t, random(t, kinds["tokens"]), settings, c.format), c.format)
			run(t, dir, "make -s "+c.with)
			if info, err := os.Stat(filepath.Join(dir, "build", c.made)); err != nil || info.Size() < 1000 {
				t.Errorf("%v", err)
			}
			if c.log != "" {
				log, err := os.ReadFile(filepath.Join(dir, "build", "route.log"))
				if err != nil || !strings.Contains(string(log), c.log) {
					t.Errorf("%v: no %q", err, c.log)
				}
			}
		})
	}
}

// TestProductsOfBoards makes a bitstream in the folder, which does not keep hrnnc from writing it anew.
func TestProductsOfBoards(t *testing.T) {
	l := random(t, kinds["tokens"])
	l.Targets = map[string]map[string]string{"verilog": {"package": "icebreaker"}}
	o, err := l.Compile(context.Background(), []backends.Target{verilog.Target})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if err := o.Write(out, false); err != nil {
		t.Fatal(err)
	}
	build := filepath.Join(only(t, filepath.Join(out, "verilog"), "icebreaker"), "build")
	write := func(name string) {
		t.Helper()
		if err := os.MkdirAll(build, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(build, name), []byte("made"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"top.json", "top.asc", "top.bin", "size.txt", "route.log", "board"} {
		write(name)
	}
	if err := o.Write(out, false); err != nil {
		t.Error(err)
	}
	write("mine.txt")
	if err := o.Write(out, false); err == nil {
		t.Error("a file of the user's is gone")
	}
}

func TestClockOfABoard(t *testing.T) {
	for _, c := range []struct{ format, clock, wrong string }{
		{"icebreaker", "8MHz", "the clock of iCEBreaker 1.0 is 12 MHz, and 8 MHz cannot be made of it here"},
		{"hx8k", "300MHz", "the clock of iCE40-HX8K-B-EVN, Lattice's breakout board is 12 MHz, and 300 MHz cannot be made of it here"},
		{"ecp5", "50MHz", "the clock of ULX3S is 25 MHz, and 50 MHz cannot be made of it here"},
	} {
		l := random(t, kinds["tokens"])
		l.Targets = map[string]map[string]string{"verilog": {"package": c.format, "clock": c.clock}}
		_, err := l.Compile(context.Background(), []backends.Target{verilog.Target})
		if err == nil || !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v", c.format, err)
		}
	}
}

// capi2 are the keys that FuseSoC's schema of CAPI2 has, by where they stand.
var capi2 = map[string][]string{
	"core":    {"description", "license", "filesets", "generate", "generators", "name", "parameters", "provider", "scripts", "targets", "vpi", "virtual", "mapping"},
	"fileset": {"file_type", "logical_name", "tags", "files", "depend"},
	"file":    {"define", "is_include_file", "include_path", "file_type", "logical_name", "tags", "copyto"},
	"target": {"default_tool", "description", "flow", "flow_options", "hooks", "tools", "toplevel", "flags", "filesets", "filters", "generate",
		"parameters", "vpi"},
}

func keys(t *testing.T, where string, m map[string]any) {
	t.Helper()
	for k := range m {
		if !slices.Contains(capi2[where], k) {
			t.Errorf("a %s has no %s", where, k)
		}
	}
}

// TestFuseSoC holds the core file to CAPI2, and its targets to files that are there and modules that are in them.
func TestFuseSoC(t *testing.T) {
	for kind, text := range kinds {
		t.Run(kind, func(t *testing.T) {
			dir := only(t, logic(t, random(t, text), map[string]string{"shell": "axis,wishbone,uart", "package_vendor": "Acme-Labs"}, "fusesoc"), "fusesoc")
			data, err := os.ReadFile(filepath.Join(dir, filepath.Base(dir)+".core"))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(data), "CAPI=2:\n") {
				t.Error("the first line does not say CAPI=2:")
			}
			var core map[string]any
			if err := yaml.Unmarshal([]byte(strings.TrimPrefix(string(data), "CAPI=2:\n")), &core); err != nil {
				t.Fatal(err)
			}
			keys(t, "core", core)
			if name, _ := core["name"].(string); !regexp.MustCompile(`^Acme-Labs:hrnnc:[a-z0-9_]+:0\.1\.0$`).MatchString(name) {
				t.Errorf("the name is %q", name)
			}
			sources := map[string]string{} // of a fileset
			for name, f := range core["filesets"].(map[string]any) {
				set := f.(map[string]any)
				keys(t, "fileset", set)
				for _, file := range set["files"].([]any) {
					path, _ := file.(string)
					if m, ok := file.(map[string]any); ok {
						if len(m) != 1 {
							t.Errorf("%v: a file is one key", m)
						}
						for p, attributes := range m {
							path = p
							keys(t, "file", attributes.(map[string]any))
						}
					}
					text, err := os.ReadFile(filepath.Join(dir, path))
					if err != nil {
						t.Error(err)
					}
					sources[name] += string(text)
				}
			}
			for name, v := range core["targets"].(map[string]any) {
				target := v.(map[string]any)
				keys(t, "target", target)
				all := ""
				for _, set := range target["filesets"].([]any) {
					text, ok := sources[set.(string)]
					if !ok {
						t.Errorf("%s: no fileset %s", name, set)
					}
					all += text
				}
				if top := target["toplevel"].(string); !regexp.MustCompile(`(?m)^module ` + top + `\b`).MatchString(all) {
					t.Errorf("%s: no module %s in its files", name, top)
				}
			}
			simulated(t, dir, core, "sim_wishbone")
		})
	}
}

// simulated runs a target as FuseSoC does: in a folder of its own, with files of type user copied.
func simulated(t *testing.T, dir string, core map[string]any, target string) {
	need(t, "iverilog")
	work := t.TempDir()
	v := core["targets"].(map[string]any)[target].(map[string]any)
	args := []string{"-g2001", "-s", v["toplevel"].(string), "-o", "sim"}
	for _, set := range v["filesets"].([]any) {
		for _, file := range core["filesets"].(map[string]any)[set.(string)].(map[string]any)["files"].([]any) {
			if path, ok := file.(string); ok {
				args = append(args, filepath.Join(dir, path))
				continue
			}
			for path, attributes := range file.(map[string]any) {
				data, err := os.ReadFile(filepath.Join(dir, path))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(work, attributes.(map[string]any)["copyto"].(string)), data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if _, err := exttool.Run(t.Context(), work, nil, "iverilog", args...); err != nil {
		t.Fatal(err)
	}
	if out := run(t, work, "vvp -n sim"); !strings.Contains(out, "PASS") {
		t.Error(out)
	}
}

// TestTcl runs the scripts for Vivado and Quartus in a Tcl shell whose commands of theirs say what they are given.
func TestTcl(t *testing.T) {
	need(t, "tclsh")
	const stand = `proc unknown {args} { puts $args; return {} }
proc package {args} {}
set argc 0
set argv {}
source [lindex $::argv0 0]
`
	big := strings.Replace(kinds["tokens"], "input t : token[5]", "input t : token[2000]", 1)
	big = strings.ReplaceAll(big, "[16, 5]", "[16, 2000]")
	for _, c := range []struct{ format, script string }{{"vivado", "add_files.tcl"}, {"vivado", "synth.tcl"}, {"quartus", "add_files.tcl"}, {"quartus", "project.tcl"}} {
		t.Run(c.format+"/"+c.script, func(t *testing.T) {
			dir := only(t, logic(t, random(t, big), map[string]string{"shell": "axilite"}, c.format), c.format)
			stands := strings.Replace(stand, "[lindex $::argv0 0]", filepath.Join(dir, c.script), 1)
			script := filepath.Join(t.TempDir(), "stand.tcl")
			if err := os.WriteFile(script, []byte(stands), 0o644); err != nil {
				t.Fatal(err)
			}
			out := run(t, t.TempDir(), "tclsh "+script)
			sources, err := filepath.Glob(filepath.Join(dir, "src", "*"))
			if err != nil || len(sources) == 0 {
				t.Fatal(err)
			}
			memories := 0
			for _, s := range sources {
				if strings.HasSuffix(s, ".mem") {
					memories++
				}
				if design := !strings.HasSuffix(s, "_tb.v") && !strings.HasSuffix(s, ".hex"); design != strings.Contains(out, s) {
					t.Errorf("%s named: %v\n%s", s, !design, out)
				}
			}
			if memories != 1 || c.script == "synth.tcl" && !strings.Contains(out, "read_mem") {
				t.Errorf("%d memory files\n%s", memories, out)
			}
			if !strings.Contains(out, "min_axilite") {
				t.Errorf("the top module is not named:\n%s", out)
			}
		})
	}
}

// TestPackagesOfTheOtherTarget names packages in the block of a target whose files they do not wrap.
func TestPackagesOfTheOtherTarget(t *testing.T) {
	c := pack.Choice{Target: "verilog"}
	if _, err := c.Set("package", "arduino"); err == nil || err.Summary != "arduino is a package of target c" {
		t.Error(err)
	}
	if _, err := c.Set("package", "icebraker"); err == nil || err.Help != "did you mean icebreaker?" {
		t.Error(err)
	}
	if _, err := c.Set("package", fmt.Sprint(strings.Join(pack.Names("verilog"), ", "))); err != nil || len(c.Formats) != len(pack.Names("verilog")) {
		t.Error(err)
	}
}

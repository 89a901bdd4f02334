package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hrnnc/hrnnc/internal/exttool"
)

// document runs a command with --json, in a folder that is the working one, and gives the one object that it printed.
func document(t *testing.T, line string, code int) map[string]any {
	t.Helper()
	var out, errs bytes.Buffer
	if got := run(append(strings.Fields(line), "--json"), &out, &errs); got != code {
		t.Errorf("%s: exit code %d, not %d\n%s%s", line, got, code, out.Bytes(), errs.Bytes())
	}
	dec := json.NewDecoder(&out)
	var doc map[string]any
	if err := dec.Decode(&doc); err != nil {
		t.Fatalf("%s: standard output is no JSON object: %v", line, err)
	}
	if dec.More() {
		t.Errorf("%s: more than one document", line)
	}
	return doc
}

// documented reads the table of docs/command.md: the keys that a command's document always has, and those that it may have.
func documented(t *testing.T) (always, may map[string][]string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/command.md")
	if err != nil {
		t.Fatal(err)
	}
	always, may = map[string][]string{}, map[string][]string{}
	name := regexp.MustCompile("`([^`]+)`")
	for _, row := range regexp.MustCompile("(?m)^\\| `hrnnc ([^`]+)` \\| (.*) \\|$").FindAllStringSubmatch(string(page), -1) {
		sure, sometimes, _ := strings.Cut(row[2], ";")
		always[row[1]] = []string{}
		for _, m := range name.FindAllStringSubmatch(sure, -1) {
			always[row[1]] = append(always[row[1]], m[1])
		}
		for _, m := range name.FindAllStringSubmatch(sometimes, -1) {
			may[row[1]] = append(may[row[1]], m[1])
		}
	}
	return always, may
}

// workplace is a new working folder with the small model of testdata, a model to train and a data set that is there.
func workplace(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"model.hrn", "model.safetensors", "x.npy", "labels.npy"} {
		data, err := os.ReadFile(filepath.Join("testdata/model", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	spokenDigits(t, filepath.Join(dir, "sets", "fsdd", "recordings"))
	for name, text := range map[string]string{
		"curves.hrn": `model curves
input x : i8[1] / 32
steps 40
param U : int4[16, 1]
param V : int4[10, 16]
state h : int16[16]
h <- hadamard(h) + U*x
y = V*relu(h)
output class = argmax(y) at last
weights "curves.safetensors"
train { data = curves  sequences = 200  epochs = 1 limit = 200 }
`,
		"wrong.hrn":   "model wrong\ninput x : u8\nstate h : int99[3]\n",
		"untidy.hrn":  "model   untidy\n",
		"config.json": `{"basic_block": 3}`,
		"table.csv":   "ax,label\n1,up\n2,down\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HRNNC_DATA", filepath.Join(dir, "sets"))
	t.Chdir(dir)
}

// spokenDigits writes as many recordings as the known set fsdd has, of a sample each.
func spokenDigits(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	const sample = "RIFF\x26\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x02\x00\x00\x00\x01\x00"
	for i := range 3_000 {
		name := fmt.Sprintf("%d_%c_%d.wav", i%10, 'a'+i/10%6, i/60)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(sample), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// The set has a speaker called so.
	if err := os.Rename(filepath.Join(dir, "0_a_0.wav"), filepath.Join(dir, "0_george_0.wav")); err != nil {
		t.Fatal(err)
	}
}

// jsonRuns are command lines in a workplace, in order, with their exit codes.
var jsonRuns = []struct {
	command, rest string
	code          int
	tool          string // without which it is left out
}{
	{command: "version"},
	{command: "completion", rest: "zsh"},
	{command: "check", rest: "model.hrn"},
	{command: "check", rest: "wrong.hrn", code: exitUser},
	{command: "check", rest: "no.hrn", code: exitUser},
	{command: "fmt", rest: "untidy.hrn --check", code: exitUser},
	{command: "fmt", rest: "untidy.hrn"},
	{command: "fmt", rest: "untidy.hrn wrong.hrn"},
	{command: "fmt", rest: "no.hrn", code: exitUser},
	{command: "ir", rest: "model.hrn"},
	{command: "ir", rest: "model.hrn --inline --after range"},
	{command: "ir", rest: "model.hrn -o out.ir"},
	{command: "ir", rest: "--passes"},
	{command: "ir", rest: "model.hrn --after lunch", code: exitUsage},
	{command: "ir", code: exitUsage},
	{command: "compile", rest: "model.hrn -o out --set verilog.butterflies=2"},
	{command: "compile", rest: "model.hrn -o table.csv", code: exitUser},
	{command: "compile", rest: "model.hrn --target cobol", code: exitUsage},
	{command: "compile", rest: "model.hrn --set verilog.butterflies=7 -o out2", code: exitUser},
	{command: "compile", rest: "--colour", code: exitUsage},
	{command: "report", rest: "model.hrn"},
	{command: "report", rest: "curves.hrn", code: exitUser},
	{command: "verify", rest: "model.hrn --level plan"},
	{command: "verify", rest: "model.hrn --level moon", code: exitUsage},
	{command: "chips"},
	{command: "chips", rest: "atmega382p", code: exitUser},
	{command: "bench", rest: "model.hrn --mcu host --steps 10"},
	{command: "bench", rest: "model.hrn", code: exitUser},
	{command: "bench", rest: "model.hrn --mcu z80", code: exitUser},
	{command: "verify", rest: "model.hrn --mcu esp8266", code: exitUser},
	{command: "synth", rest: "model.hrn --part ecp5 --set verilog.butterflies=1", tool: "yosys"},
	{command: "synth", rest: "model.hrn --part up6k", code: exitUser},
	{command: "explore", rest: "model.hrn --steps-per-second 100"},
	{command: "explore", rest: "model.hrn --part z80", code: exitUser},
	{command: "core hadamard", rest: "--n 16 --width 12 -o core"},
	{command: "core hadamard", rest: "--n 12 --width 12", code: exitUsage},
	{command: "calibrate", rest: "model.hrn --input x.npy"},
	{command: "calibrate", rest: "model.hrn", code: exitUsage},
	{command: "run", rest: "model.hrn --input x.npy --labels labels.npy -o y.npy"},
	{command: "run", rest: "model.hrn --input x.npy --level real"},
	{command: "run", rest: "model.hrn", code: exitUsage},
	{command: "run", rest: "model.hrn --input no.npy", code: exitUser},
	{command: "import", rest: "no.pth", code: exitUser},
	{command: "import", rest: "model.safetensors --input i8 --config config.json -o imported"},
	{command: "export", rest: "model.hrn --to pytorch -o torch"},
	{command: "export", rest: "model.hrn --to onnx -o onnx"},
	{command: "export", rest: "model.hrn --to keras", code: exitUsage},
	{command: "data list"},
	{command: "data get", rest: "fsdd"},
	{command: "data get", rest: "nosuchset", code: exitUser},
	{command: "data info", rest: "curves"},
	{command: "data info", rest: "nosuchset", code: exitUser},
	{command: "data info", rest: "curves --set lable=x", code: exitUsage},
	{command: "new", rest: "curves -o made.hrn --set sequences=100"},
	{command: "new", rest: "curves -o made.hrn --set sequences=100", code: exitUser},
	{command: "new", rest: "curves -o -", code: exitUsage},
	{command: "new", rest: "nosuchset", code: exitUser},
	{command: "train", rest: "curves.hrn"},
	{command: "train", rest: "curves.hrn", code: exitUser},
	{command: "train", rest: "curves.hrn --epochs 5", code: exitUsage},
	{command: "train", rest: "curves.hrn --force --set epochs=none", code: exitUser},
	{command: "eval", rest: "curves.hrn --split valid --level real"},
	{command: "eval", rest: "curves.hrn --split all", code: exitUsage},
	{command: "eval", rest: "curves.hrn --stream", code: exitUser},
	{command: "eval", rest: "curves.hrn --stream --tune test", code: exitUsage},
	{command: "search", rest: "curves.hrn --budget 1 --units 16 --block full --bits int4"},
	{command: "search", rest: "curves.hrn --budget 0", code: exitUsage},
	{command: "help", rest: "train"},
	{command: "help", rest: "lunch", code: exitUsage},
	{command: "lunch", code: exitUsage},
	{command: "data lunch", code: exitUsage},
}

// TestJSON holds every command to one JSON object on standard output, whatever happens, with the keys of docs/command.md.
func TestJSON(t *testing.T) {
	always, may := documented(t)
	workplace(t)
	seen := map[string]bool{}
	for _, r := range jsonRuns {
		line := strings.TrimSpace(r.command + " " + r.rest)
		if r.tool != "" && len(exttool.Missing(r.tool)) > 0 {
			t.Logf("left out: no %s for %s", r.tool, line)
			seen[r.command] = true
			continue
		}
		doc := document(t, line, r.code)
		keys := slices.Sorted(maps.Keys(doc))
		if !slices.Contains(keys, "diagnostics") {
			t.Errorf("%s: no diagnostics in %v", line, keys)
		}
		if list, _ := doc["diagnostics"].([]any); r.code == exitUsage && len(list) == 0 {
			t.Errorf("%s: exit code %d and nothing in diagnostics", line, r.code)
		}
		if len(keys) == 1 && r.code != 0 {
			continue // no result
		}
		seen[r.command] = true
		for _, k := range keys {
			if !slices.Contains(append(append([]string{"diagnostics"}, always[r.command]...), may[r.command]...), k) {
				t.Errorf("%s: docs/command.md does not document the key %s", line, k)
			}
		}
		for _, k := range always[r.command] {
			if !slices.Contains(keys, k) {
				t.Errorf("%s: the key %s of docs/command.md is missing", line, k)
			}
		}
	}
	for command := range always {
		if !seen[command] {
			t.Errorf("no result of %s was seen", command)
		}
	}
	root := (&app{}).root()
	eachCommand(root, func(c *cobra.Command) {
		name := strings.TrimPrefix(c.CommandPath(), "hrnnc ")
		if c.Runnable() && !c.HasSubCommands() && always[name] == nil && name != "lsp" { // which speaks to editors
			t.Errorf("docs/command.md has no row for hrnnc %s", name)
		}
	})
	for _, line := range []string{"--help", "train --help", "help data", "--version", ""} {
		document(t, line, 0)
	}
}

// eachCommand visits a command and all below it.
func eachCommand(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		eachCommand(sub, visit)
	}
}

// TestFlagValues holds the tables of completion to the commands: a flag that takes words or files completes them.
func TestFlagValues(t *testing.T) {
	free := []string{"set", "output", "map", "ignore", "input-scale", "name", "text", "steps", "state-bits", "units", "rate", "budget", "epochs", "seed", "sequences", "clock", "seeds", "steps-per-second", "timeout", "n", "width", "seconds",
		"background", "tolerance", "warmup", "false-alarms", "hold", "smooth", "threshold", "vary", "shard", "shards", "merge", "image", "claim", "cpus",
		"max-bytes", "max-cycles", "max-flash", "max-luts", "max-ram", "min-accuracy", "min-f1"}
	flags := map[string]bool{}
	eachCommand((&app{}).root(), func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			flags[f.Name] = true
			if _, ok := flagValues[f.Name]; f.Value.Type() != "bool" && !ok && !slices.Contains(free, f.Name) {
				t.Errorf("%s --%s completes nothing", c.CommandPath(), f.Name)
			}
		})
	})
	for name := range flagValues {
		if !flags[name] {
			t.Errorf("no command has --%s", name)
		}
	}
}

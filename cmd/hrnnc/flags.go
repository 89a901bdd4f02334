package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer"
)

// flagError words an error about flags, with what the person had in mind where it is a flag that other programs have.
func (a *app) flagError(c *cobra.Command, err error) error {
	var known *diag.Diagnostic
	if errors.As(err, &known) { // of a flag that checks its value itself
		return known
	}
	d := misuse("%s", wordedFlag(err)).Helpf("hrnnc %s --help shows the flags", strings.TrimPrefix(c.CommandPath(), "hrnnc "))
	if c.Parent() == nil {
		d.Help = "hrnnc --help shows the commands, hrnnc COMMAND --help their flags"
	}
	var missing *pflag.NotExistError
	if !errors.As(err, &missing) {
		return d
	}
	name := missing.GetSpecifiedName()
	if missing.GetSpecifiedShortnames() != "" {
		if long, ok := shorthands[name]; ok {
			name = long
		}
	}
	if meant := a.meantFlag(c, name); meant != "" {
		d.Help = meant
	}
	return d
}

// flagKinds say what a flag's value is, by the type that pflag has for it.
var flagKinds = map[string]string{
	"int": "a whole number, such as 100", "int64": "a whole number, such as 100", "uint64": "a whole number from 0, such as 1",
	"intSlice": "whole numbers, such as 32,64", "float64": "a number, such as 0.5", "float64Slice": "numbers, such as 0.003,0.001",
	"duration": "a time with its unit, such as 500ms or 0.5s", "bool": "true or false",
}

// wordedFlag says of a value that cannot be read what it would have to be, instead of which function of a library failed.
func wordedFlag(err error) string {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err.Error()
	}
	kind, known := flagKinds[invalid.GetFlag().Value.Type()]
	switch {
	case !known:
		return err.Error()
	case errors.Is(err, strconv.ErrRange):
		return fmt.Sprintf("--%s %s is out of range", invalid.GetFlag().Name, diag.Short(invalid.GetValue()))
	}
	return fmt.Sprintf("--%s takes %s, not %q", invalid.GetFlag().Name, kind, diag.Short(invalid.GetValue()))
}

// shorthands are single letters that other programs have.
var shorthands = map[string]string{"v": "verbose", "V": "version", "t": "target", "f": "force", "w": "weights", "d": "data", "l": "level", "i": "input",
	"e": "epochs", "b": "batch", "s": "seed", "n": "dry-run", "j": "jobs", "c": "config"}

// othersFlags are what flags are called elsewhere; the first that a command has is meant.
var othersFlags = []struct {
	flag   string
	others []string
}{
	{"output", []string{"out", "outdir", "out-dir", "output-dir", "output-file", "output-folder", "dest", "save", "save-dir", "folder", "dir", "log-dir", "run-dir"}},
	{"package", []string{"packages", "pack", "library", "framework", "arduino", "platformio", "zephyr", "esp-idf", "cmake", "cmsis"}},
	{"target", []string{"targets", "lang", "language", "backend", "format", "to", "emit"}},
	{"level", []string{"levels", "engine", "engines", "backend"}},
	{"data", []string{"dataset", "data-set", "data-path", "data-dir", "csv", "train-data", "file"}},
	{"input", []string{"inputs", "in", "x", "data", "file"}},
	{"labels", []string{"label", "y"}},
	{"from", []string{"init", "pretrained", "checkpoint", "ckpt", "load", "weights", "finetune-from"}},
	{"weights", []string{"checkpoint", "ckpt", "weight", "model", "load", "from", "params"}},
	{"split", []string{"part", "parts", "subset", "splits"}},
	{"force", []string{"overwrite", "yes", "replace"}},
	{"resume", []string{"continue", "restart"}},
	{"disable", []string{"skip", "skip-pass", "without"}},
	{"after", []string{"stop-after", "until", "dump"}},
	{"config", []string{"cfg", "configuration"}},
	{"mcu", []string{"chip", "board", "device", "cpu", "core", "processor", "microcontroller", "fqbn"}},
	{"part", []string{"fpga", "device", "chip", "board", "family", "mcu"}},
	{"dsp", []string{"multipliers", "use-dsp"}},
	{"quiet", []string{"silent", "no-progress"}},
	{"set", []string{"setting", "option", "opt", "param", "define"}},
	{"raw", []string{"float", "floats", "real"}},
	{"rate", nil}, // of search
}

// remarks are about flags that hrnnc needs none for.
var remarks = map[string]string{
	"verbose": "there is no more to print; hrnnc --version prints the version, --json everything there is for scripts",
	"debug":   "hrnnc ir model.hrn --after PASS shows what the compiler does, hrnnc verify where bits would differ",
	"version": "hrnnc --version  or  hrnnc version",
	"gpu":     "hrnnc trains on the processor's vector units, on all cores",
	"device":  "hrnnc trains on the processor's vector units, on all cores",
	"cuda":    "hrnnc trains on the processor's vector units, on all cores",
	"jobs":    "hrnnc uses all cores; GOMAXPROCS=4 in the environment takes fewer",
	"workers": "hrnnc uses all cores; GOMAXPROCS=4 in the environment takes fewer",
	"threads": "hrnnc uses all cores; GOMAXPROCS=4 in the environment takes fewer",
	"dry-run": "hrnnc report model.hrn  prints the figures and writes nothing",
	"color":   "NO_COLOR=1 in the environment leaves colours out",
}

// meantFlag says what to write for a flag that a command does not have; "" where nobody can know.
func (a *app) meantFlag(c *cobra.Command, name string) string {
	key, value := strings.ReplaceAll(name, "-", "_"), a.flagValue(name)
	var keys []string // what the command's --set knows
	if f := c.Flags().Lookup("set"); f != nil {
		keys = settingKeys(f.Value.(*settingFlag).about)
	}
	for _, f := range othersFlags {
		if c.Flags().Lookup(f.flag) != nil && (slices.Contains(f.others, name) || trainer.Alias(key) == f.flag) {
			return fmt.Sprintf("did you mean --%s?", f.flag)
		}
	}
	if s := namedSetting(key, keys); s != "" {
		return fmt.Sprintf("write  --set %s=%s", s, value)
	}
	if remark, ok := remarks[strings.TrimPrefix(name, "no-")]; ok {
		return remark
	}
	var own []string
	c.Flags().VisitAll(func(f *pflag.Flag) { own = append(own, f.Name) })
	if near := diag.Nearest(name, own); near != "" {
		return fmt.Sprintf("did you mean --%s?", near)
	}
	if near := diag.Nearest(key, keys); near != "" {
		return fmt.Sprintf("write  --set %s=%s", near, value)
	}
	for _, w := range whereSet {
		if s := namedSetting(key, settingKeys(w.about)); s != "" && name != "data" {
			return fmt.Sprintf("%s %s: hrnnc %s model.hrn --set %s=%s", s, w.what, w.command, s, value)
		}
	}
	if others := commandsWith(c.Root(), name); others != nil {
		return fmt.Sprintf("--%s is a flag of %s", name, strings.Join(others, ", "))
	}
	return ""
}

// namedSetting is the setting of a name, or of what others call it, among known ones; or "".
func namedSetting(key string, known []string) string {
	for _, name := range append([]string{key, trainer.Alias(key)}, ofTargets(key)...) {
		if slices.Contains(known, name) {
			return name
		}
	}
	return ""
}

// flagValue is what was typed behind a flag, or "...".
func (a *app) flagValue(name string) string {
	for i, arg := range a.args {
		if value, ok := strings.CutPrefix(arg, "--"+name+"="); ok {
			return value
		}
		if arg == "--"+name && i+1 < len(a.args) && !strings.HasPrefix(a.args[i+1], "-") && !strings.HasSuffix(a.args[i+1], ".hrn") {
			return a.args[i+1]
		}
	}
	return "..."
}

// commandsWith lists the commands that have a flag of their own.
func commandsWith(root *cobra.Command, flag string) (out []string) {
	for _, c := range root.Commands() {
		if c.LocalNonPersistentFlags().Lookup(flag) != nil {
			out = append(out, c.CommandPath())
		}
		out = append(out, commandsWith(c, flag)...)
	}
	return out
}

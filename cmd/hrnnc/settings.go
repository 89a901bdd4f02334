package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
)

// subject is what settings are about; a command's --set takes those of some subjects.
type subject uint

const (
	aboutTraining subject = 1 << iota
	aboutData
	aboutTargets
)

// setting is one key that --set may give a value.
type setting struct {
	key, doc string
	words    []string // the values that it may have, nil when any
	about    subject
}

// settings are all of them: those of train blocks, and those of target blocks with the target in front.
func settings() []setting {
	var out []setting
	for _, s := range trainer.Settings {
		out = append(out, setting{s.Key, s.Form, s.Words, aboutTraining})
	}
	for _, s := range data.Settings {
		out = append(out, setting{s.Name, s.Doc, s.Words, aboutData})
	}
	for _, t := range compiler.Targets {
		for _, s := range t.Settings() {
			out = append(out, setting{t.Name() + "." + s.Key, s.Doc, s.Words, aboutTargets})
		}
	}
	return out
}

// settingKeys lists the keys of some subjects.
func settingKeys(about subject) []string {
	var keys []string
	for _, s := range settings() {
		if s.about&about != 0 {
			keys = append(keys, s.key)
		}
	}
	return keys
}

// settingFlag is --set: it takes KEY=VALUE again and again, and refuses a key that the command does not know.
type settingFlag struct {
	about  subject
	values *[]string
}

func settingsFlag(c *cobra.Command, values *[]string, about subject, usage string) {
	c.Flags().Var(&settingFlag{about, values}, "set", usage)
}

func (f *settingFlag) String() string { return "" }
func (f *settingFlag) Type() string   { return "KEY=VALUE" }

func (f *settingFlag) Set(text string) error {
	key, _, ok := strings.Cut(text, "=")
	if key = strings.TrimSpace(key); !ok {
		return misuse("--set %s sets nothing", text).Helpf("write  --set KEY=VALUE, such as  --set %s", exampleSetting(f.about))
	}
	if !slices.Contains(settingKeys(f.about), key) {
		return misuse("there is no setting %s here", key).Helpf("%s", f.meant(key))
	}
	*f.values = append(*f.values, text)
	return nil
}

func exampleSetting(about subject) string {
	switch {
	case about&aboutTraining != 0:
		return "epochs=5"
	case about&aboutData != 0:
		return "window=128"
	}
	return "verilog.butterflies=8"
}

// meant says what somebody had in mind who gave a key that the command does not know.
func (f *settingFlag) meant(key string) string {
	if name := trainer.Meant(key, settingKeys(f.about)); name != "" {
		return fmt.Sprintf("did you mean %s?", name)
	}
	if targets := ofTargets(key); f.about&aboutTargets != 0 && targets != nil {
		return fmt.Sprintf("did you mean %s?", strings.Join(targets, " or "))
	}
	for _, w := range whereSet {
		if name := cmp.Or(namedSetting(key, settingKeys(w.about)), diag.Nearest(key, settingKeys(w.about))); name != "" {
			return fmt.Sprintf("%s %s: hrnnc %s model.hrn --set %s=...", name, w.what, w.command, name)
		}
	}
	return "its settings are " + strings.Join(slices.Sorted(slices.Values(settingKeys(f.about))), ", ")
}

// ofTargets lists the settings of targets that are called key there.
func ofTargets(key string) (out []string) {
	for _, k := range settingKeys(aboutTargets) {
		if strings.HasSuffix(k, "."+key) {
			out = append(out, k)
		}
	}
	return out
}

// whereSet says which command takes the settings of a subject.
var whereSet = []struct {
	about         subject
	what, command string
}{
	{aboutTraining, "is a setting of training", "train"},
	{aboutData, "is a setting about data", "train"},
	{aboutTargets, "is a setting of generated code", "compile"},
}

// misuse is an error about the command line.
func misuse(format string, args ...any) *diag.Diagnostic {
	return diag.InFile("", "").Errorf(usageCode, format, args...)
}

// usageCode is the code of errors about the command line; their exit code is exitUsage.
const usageCode = "usage"

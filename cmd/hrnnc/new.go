package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/design"
)

// newFlags are the flags of hrnnc new.
type newFlags struct {
	file  string
	set   []string
	force bool
}

func (a *app) newCmd() *cobra.Command {
	var o newFlags
	c := &cobra.Command{
		Use:   "new DATA",
		Short: "Write a model for a data set that trains well as it is",
		Long: `Look at a data set and write a model.hrn for it: input, steps, layers, readout and the settings of training, each with its
reason in a comment. hrnnc train takes it as it is, and every line can be changed. DATA is what train --data takes. --set says
what the data is, and anything else that shall stand in the train block. For small sets short trainings, on folds of the
training part, decide how its sequences are changed in training; the test part is not looked at. docs/new.md says more.`,
		Example: `  hrnnc new GunPoint_TRAIN.ts                # writes model.hrn
  hrnnc train model.hrn                      # trains it
  hrnnc new recordings.csv --set id=session --set label=activity --set window=128
  hrnnc new beats.npz -o beats/model.hrn
  hrnnc new mnist1d -o -                     # to standard output
  hrnnc new beats.npz --json                 # the choices and their reasons, too`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.newModel(cmd.Context(), args[0], o) },
	}
	f := c.Flags()
	f.StringVarP(&o.file, "output", "o", "model.hrn", "where the model goes; - is standard output")
	settingsFlag(c, &o.set, aboutTraining|aboutData, "a setting of the train block that shall stand, as KEY=VALUE: what the data is, mostly")
	f.BoolVar(&o.force, "force", false, "replace a model that is there")
	return c
}

// newResult is what hrnnc new wrote, for scripts.
type newResult struct {
	Model   string          `json:"model"`
	Text    string          `json:"text"`
	Choices []design.Choice `json:"choices"`
	Notes   []string        `json:"notes"`
	Next    []string        `json:"next"`
}

func (a *app) newModel(ctx context.Context, source string, o newFlags) error {
	if _, err := os.Lstat(o.file); err == nil && !o.force && !fileio.IsStream(o.file) {
		return diag.InFile(o.file, "").Errorf("output", "is there already").Helpf("write another one with -o, or replace it with --force")
	}
	if err := a.mayEmit(o.file); err != nil {
		return err
	}
	bar := a.progress()
	defer bar.clear()
	bar.say("reading data")
	opt := design.Options{Name: modelName(source), Weights: weightsBeside(o.file), Data: seenFrom(o.file, source), Set: pairs(o.set),
		Load: func(settings [][2]string) (*data.Set, error) { return data.LoadWith(source, settings) }}
	d, err := design.New(opt)
	if err != nil {
		return err
	}
	if tries := d.Tries(); tries > 0 {
		stage := bar.plan("trying augmentation", 1)
		stage.Begin()
		if err := d.Try(ctx, func(n float64) { stage.Set(n / float64(tries)) }); err != nil {
			return err
		}
	}
	text, err := d.Text()
	if err != nil {
		return err
	}
	bar.clear()
	if err := a.emit(o.file, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	return a.printNew(newResult{Model: o.file, Text: string(text), Choices: d.Choices(), Notes: d.Notes(), Next: nextOfNew(o.file)})
}

func (a *app) printNew(r newResult) error {
	if a.json {
		return a.printJSON(r)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(a.out, "data: %s\n", note)
	}
	if !fileio.IsStdout(r.Model) {
		fmt.Fprintf(a.out, "written: %s\n", r.Model)
	}
	for i, next := range r.Next {
		fmt.Fprintf(a.out, "%-8s %s\n", []string{"next:", "then:"}[min(i, 1)], next)
	}
	return nil
}

// nextOfNew are the commands that make a chip of it.
func nextOfNew(file string) []string {
	if fileio.IsStream(file) {
		file = "model.hrn"
	}
	return []string{"hrnnc train " + file, "hrnnc compile " + file}
}

// pairs takes KEY=VALUE apart.
func pairs(set []string) (out [][2]string) {
	for _, s := range set {
		key, value, _ := strings.Cut(s, "=")
		out = append(out, [2]string{strings.TrimSpace(key), strings.TrimSpace(value)})
	}
	return out
}

// modelName is what a data set's name says of it: without folders, extensions and the part that a file holds.
func modelName(source string) string {
	base, _, _ := strings.Cut(filepath.Base(filepath.Clean(source)), ".")
	for _, part := range []string{"_TRAIN", "_train"} {
		base = strings.TrimSuffix(base, part)
	}
	return base
}

// weightsBeside names the weights of a model file.
func weightsBeside(file string) string {
	if fileio.IsStream(file) {
		return "model.safetensors"
	}
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base)) + ".safetensors"
}

// seenFrom gives a data set's path as a model names it, relative to the model's folder; the undoing of beside.
func seenFrom(file, source string) string {
	if _, err := os.Stat(source); err != nil || fileio.IsStream(file) || filepath.IsAbs(source) {
		return source
	}
	folder, err := filepath.Abs(filepath.Dir(file))
	path, err2 := filepath.Abs(source)
	if err != nil || err2 != nil {
		return source
	}
	relative, err := filepath.Rel(folder, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(relative)
}

package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/pack"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/passes"
)

func (a *app) compileCmd() *cobra.Command {
	var targets []string
	var out, weights string
	var set, packages []string
	var force, explain bool
	var mcu string
	var logic logicFlags
	var cfg passes.Config
	c := &cobra.Command{
		Use:   "compile model.hrn",
		Short: "Generate Go, C and Verilog",
		Long: `Generate Go, C and Verilog, each in its own folder, with golden vectors and a harness. The output folder appears whole
or not at all; a folder that hrnnc did not make, or in which something was changed, is not replaced without --force.`,
		Example: `  hrnnc compile model.hrn                        # everything, in build/NAME
  hrnnc compile model.hrn --target c -o firmware/model
  hrnnc compile model.hrn --target c --package arduino,cmake
  hrnnc compile model.hrn --target verilog --package icebreaker
  hrnnc compile model.hrn --target c --mcu atmega328p --explain
  hrnnc compile model.hrn --target verilog --part up5k --clock 24MHz --steps-per-second 1000
  hrnnc compile model.hrn --target verilog --part up5k --steps-per-second 10000 --explain
  hrnnc compile model.hrn --set verilog.butterflies=8 --set c.prefix=gait
  hrnnc compile model.hrn --json                 # the figures, for scripts
  hrnnc compile model.hrn --verify-each          # check every pass on the way`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := folder(out); err != nil {
				return err
			}
			chosen, err := compiler.FindTargets(targets)
			if err != nil {
				return err
			}
			bar := a.progress()
			defer bar.clear()
			of, err := packageSettings(packages, targets)
			if err != nil {
				return err
			}
			set = append(set, of...)
			if mcu != "" && len(targets) > 0 && !slices.Contains(targets, "c") && !slices.Contains(targets, "all") {
				return misuse("--mcu is about C, which is not among the targets").Helpf("add  --target c")
			}
			set = logic.settings(forChip(set, mcu))
			l, err := a.lower(args[0], weights, set, cfg, bar.say)
			if err != nil {
				return err
			}
			if out == "" {
				out = filepath.Join("build", l.Name())
			}
			l.Watch = bar.plan("generating", 1).at
			bar.say("generating")
			o, err := l.Compile(cmd.Context(), chosen)
			if err != nil {
				return err
			}
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			if explain {
				if err = a.explain(l, chosen, &o.Report); err != nil {
					return err
				}
			}
			bar.say("writing " + out)
			if err := o.Write(out, force); err != nil {
				return err
			}
			bar.clear()
			a.warn(l.Warnings)
			if a.json {
				return a.printJSON(struct {
					Folder string `json:"folder"`
					compiler.Report
				}{out, o.Report})
			}
			a.printReport(o.Report)
			fmt.Fprintf(a.out, "\nwritten to %s\n", out)
			return nil
		},
	}
	f := c.Flags()
	f.StringSliceVar(&targets, "target", nil, "what to generate: go, c, verilog, or all (the default)")
	f.StringSliceVar(&packages, "package", nil, "packages for build systems and boards, of C: "+strings.Join(pack.Names("c"), ", ")+"; of Verilog: "+strings.Join(pack.Names("verilog"), ", "))
	f.StringVarP(&out, "output", "o", "", "folder to write (default build/NAME)")
	chipFlags(c, &mcu, &explain)
	logic.add(c)
	f.BoolVar(&force, "force", false, "replace the folder whatever it holds")
	targetSettingsFlag(c, &set)
	weightsFlag(c, &weights)
	passFlags(c, &cfg)
	return c
}

// packageSettings are the settings that ask for packages, each of the target whose files it wraps. It refuses packages that there are not,
// and those of a target that is not generated.
func packageSettings(packages, targets []string) ([]string, error) {
	of := map[string][]string{}
	for _, name := range packages {
		f, ok := pack.Find(name)
		if !ok {
			e := misuse("there is no package for %s", diag.Short(name))
			if near := diag.Nearest(strings.ToLower(name), pack.Names("")); near != "" {
				return nil, e.Helpf("did you mean %s?", near)
			}
			return nil, e.Helpf("there are packages for %s", strings.Join(pack.Names(""), ", "))
		}
		if len(targets) > 0 && !slices.Contains(targets, f.Target) && !slices.Contains(targets, "all") {
			return nil, misuse("--package %s is about target %s, which is not among the targets", f.Name, f.Target).Helpf("add  --target %s", f.Target)
		}
		of[f.Target] = append(of[f.Target], f.Name)
	}
	var set []string
	for _, target := range slices.Sorted(maps.Keys(of)) {
		set = append(set, target+".package="+strings.Join(of[target], ","))
	}
	return set, nil
}

// chipFlags are those of commands that choose a schedule for a chip.
func chipFlags(c *cobra.Command, mcu *string, explain *bool) {
	c.Flags().StringVar(mcu, "mcu", "", "the chip that C is for, as hrnnc chips lists them (default: mcu of the model's target c)")
	c.Flags().BoolVar(explain, "explain", false, "say how C computes a step on its chip, and Verilog on its FPGA, what that costs there, and what else was near")
}

// forChip gives target c a chip.
func forChip(set []string, mcu string) []string {
	if mcu == "" {
		return set
	}
	return append(set, "c.mcu="+mcu)
}

// explain adds to a report what was decided about the targets that were generated.
func (a *app) explain(l *compiler.Lowered, targets []backends.Target, r *compiler.Report) error {
	made := func(name string) bool {
		return slices.ContainsFunc(targets, func(t backends.Target) bool { return t.Name() == name })
	}
	var err error
	if made("c") {
		a.bar.say("pricing other schedules")
		if r.Schedule, err = l.Schedule(); err != nil {
			return err
		}
		if r.Schedule != nil {
			r.Schedule.Explain()
		}
	}
	if made("verilog") {
		a.bar.say("counting other architectures")
		if r.Architecture, err = l.Architecture(nil); err != nil {
			return err
		}
	}
	if r.Schedule == nil && r.Architecture == nil {
		return misuse("--explain is about a chip, and none is named whose prices are known").Helpf("add  --mcu NAME;  hrnnc chips lists them")
	}
	return nil
}

func targetSettingsFlag(c *cobra.Command, set *[]string) {
	settingsFlag(c, set, aboutTargets, "a setting of a target, as verilog.butterflies=8, in the place of the model's")
}

func weightsFlag(c *cobra.Command, weights *string) {
	c.Flags().StringVar(weights, "weights", "", "weights file instead of the one that the model names")
}

// passFlags are the flags of every command that runs passes.
func passFlags(c *cobra.Command, cfg *passes.Config) {
	c.Flags().StringSliceVar(&cfg.Disable, "disable", nil, "leave passes out: "+passes.Names())
	c.Flags().BoolVar(&cfg.VerifyEach, "verify-each", false, "run both interpreters around every pass and fail where they differ")
}

// checkPasses refuses to leave out passes that do not exist or cannot be left out.
func checkPasses(cfg passes.Config) error {
	if err := cfg.Check(); err != nil {
		return usageError{err}
	}
	return nil
}

// lower loads a model and runs the passes.
func (a *app) lower(file, weights string, set []string, cfg passes.Config, say func(string)) (*compiler.Lowered, error) {
	if err := checkPasses(cfg); err != nil {
		return nil, err
	}
	say("reading " + file)
	m, err := load(file, weights, set)
	if err != nil {
		return nil, err
	}
	say("passes")
	return m.Lower(cfg)
}

// load reads a model, with settings of targets in the place of its own.
func load(file, weights string, set []string) (*compiler.Model, error) {
	m, err := compiler.Load(file, weights)
	if err != nil {
		return nil, err
	}
	return m, m.Set(set)
}

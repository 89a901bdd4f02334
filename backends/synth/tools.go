package synth

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/npm"
)

// Tools says whose yosys and nextpnr are run.
type Tools string

// The sources of tools.
const (
	Default Tools = ""       // those of the system, or npm's where they are missing and npm is there
	System  Tools = "system" // those on the PATH, such as Debian's
	NPM     Tools = "npm"    // those of YoWASP, which npm fetches once into the user's cache
)

// npmPackages are what brings the tools, with the versions that the figures are of.
var npmPackages = []string{"@yowasp/yosys@0.55.944", "@yowasp/nextpnr-ice40@0.8.621"}

//go:embed npm.mjs
var npmScript []byte

// runner runs the tools for one design, in a folder of its own.
type runner struct {
	Design
	Options
	part     *chip.Part
	dir      string // with the files of the design
	packages string // npm's folder; "" for the system's tools
	log      bytes.Buffer
}

func (r *runner) watch(what string, done float64) {
	if r.Watch != nil {
		r.Watch(what, done)
	}
}

// choose finds the tools.
func (r *runner) choose() error {
	need := r.commands()
	missing := exttool.Missing(need...)
	switch {
	case r.Tools == NPM, r.Tools == Default && len(missing) > 0 && len(exttool.Missing(npm.Tools...)) == 0:
		for _, t := range npm.Tools {
			if _, err := exttool.Find(t); err != nil {
				return err
			}
		}
		var err error
		if r.packages, err = npm.Folder(); err != nil {
			return err
		}
	case len(missing) > 0:
		_, err := exttool.Find(missing[0])
		return err
	}
	return nil
}

// commands are the tools that are run.
func (r *runner) commands() []string {
	if c := r.part.Logic.PlaceRoute.Command; c != "" && !r.SizeOnly {
		return []string{"yosys", c}
	}
	return []string{"yosys"}
}

// Installed names the tools that Run would run for a part, each differently once it is replaced: what Run gave may be kept while they
// stay as they are.
func Installed(part *chip.Part, o Options) ([]string, error) {
	r := &runner{Options: o, part: part}
	if err := r.choose(); err != nil {
		return nil, err
	}
	if r.packages != "" {
		return npmPackages, nil
	}
	var out []string
	for _, c := range r.commands() {
		path, err := exttool.Find(c)
		if err != nil {
			return nil, err
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		out = append(out, fmt.Sprint(path, info.Size(), info.ModTime().UnixNano()))
	}
	return out, nil
}

// copyDesign puts the files of the design, and the tables beside them, where the tools run.
func (r *runner) copyDesign() error {
	if len(r.Files) == 0 {
		return diag.InFile(r.Dir, "").Errorf("file", "holds no Verilog")
	}
	files := r.Files
	for _, pattern := range []string{"*.hex", "*.mem"} {
		tables, err := filepath.Glob(filepath.Join(fileio.EscapeGlob(r.Dir), pattern))
		if err != nil {
			return err
		}
		for _, t := range tables {
			files = append(files, filepath.Base(t))
		}
	}
	for _, f := range files {
		data, err := fileio.Read(filepath.Join(r.Dir, f), "file")
		if err != nil {
			return err
		}
		if err := fileio.WriteIn(r.dir, f, data); err != nil {
			return err
		}
	}
	return nil
}

// run runs a tool in the folder. What it prints goes to the log, unless several run at once.
func (r *runner) run(ctx context.Context, command string, args ...string) ([]byte, error) {
	program := command
	if r.packages != "" {
		if err := r.fetch(ctx); err != nil {
			return nil, err
		}
		program, args = "node", append([]string{"npm.mjs", r.packages, command}, args...)
	}
	within, cancel := ctx, context.CancelFunc(func() {})
	if r.Timeout > 0 {
		within, cancel = context.WithTimeout(ctx, r.Timeout)
	}
	defer cancel()
	out, err := exttool.Run(within, r.dir, nil, program, args...)
	if err != nil && errors.Is(within.Err(), context.DeadlineExceeded) && ctx.Err() == nil {
		d := diag.InFile("", "").Errorf("time", "%s did not end within %s on %s, and was stopped", command, r.Timeout, r.Top)
		if r.Smaller != "" {
			return out, d.Helpf("%s; or more time, as  --timeout %s", r.Smaller, 4*r.Timeout)
		}
		return out, d.Helpf("more time, as  --timeout %s", 4*r.Timeout)
	}
	return out, err
}

// fetch has npm put the packages into the cache, once.
func (r *runner) fetch(ctx context.Context) error {
	if err := fileio.WriteIn(r.dir, "npm.mjs", npmScript); err != nil {
		return err
	}
	_, err := npm.Install(ctx, func(what string) { r.watch(what, 0) }, npmPackages...)
	return err
}

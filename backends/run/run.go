// Package run builds generated C for a chip, runs it on the chip's emulator (or this machine) and measures it: cycles or
// instructions of each function, flash, RAM and stack, and every output. What is chip-specific is a row of backends/chip; the C
// of the firmware is in firmware/, that of the emulators' counters in runner/. Start with Open.
package run

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/ir"
)

//go:embed firmware runner
var sources embed.FS

// Model is generated C, and the plan that it was generated from.
type Model struct {
	Dir  string // its folder: every .c and .S file in it belongs to the model, but for its test and the harness
	Plan *lower.Plan
}

// Bench is a place to build and run firmwares of one chip: a temporary folder with the emulator's counter in it.
type Bench struct {
	Part *chip.Part
	// Optimise is the level of optimisation, "-Os"; it begins as the chip's.
	Optimise string
	dir      string
	remove   func() error
	made     int // firmwares
}

// Missing lists those of a chip's tools that are not installed.
func Missing(p *chip.Part) []string { return exttool.Missing(p.Tools()...) }

// Open makes a bench and builds the chip's counter. Close removes it. A tool that is not installed is an error that says how to
// get it.
func Open(ctx context.Context, p *chip.Part) (*Bench, error) {
	if p.Kind == chip.FPGA {
		return nil, diag.InFile("", "").Errorf("mcu", "%s is no microcontroller: generated C does not run on it", p.Name).
			Helpf("hrnnc chips lists those that it runs on")
	}
	for _, t := range p.Tools() {
		if _, err := exttool.Find(t); err != nil {
			return nil, err
		}
	}
	dir, err := os.MkdirTemp("", "hrnnc-mcu-")
	if err != nil {
		return nil, err
	}
	b := &Bench{Part: p, Optimise: p.Build.Optimise, dir: dir, remove: func() error { return os.RemoveAll(dir) }}
	if err := b.prepare(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Close removes what was built.
func (b *Bench) Close() error { return b.remove() }

// prepare writes the sources and builds the counter.
func (b *Bench) prepare(ctx context.Context) error {
	err := fs.WalkDir(sources, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := sources.ReadFile(name)
		if err != nil {
			return err
		}
		return fileio.WriteIn(b.dir, name, data)
	})
	if err != nil {
		return err
	}
	script, err := linkerScript(b.Part)
	if err != nil {
		return err
	}
	if err := fileio.WriteIn(b.dir, "firmware/memory.ld", script); err != nil {
		return err
	}
	switch b.Part.Emulator.Program {
	case "", "host":
		return nil
	case "simavr":
		_, err = exttool.Run(ctx, b.dir, nil, "gcc", "-O2", "-o", "counter", "runner/simavr.c", "-lsimavr", "-lelf", "-lm")
	default:
		_, err = exttool.Run(ctx, b.dir, nil, "gcc", "-O2", "-shared", "-fPIC", "-o", "counter", "runner/qemu.c")
	}
	return err
}

// Runs reports whether the chip's programs run here, or are compiled only.
func (b *Bench) Runs() bool { return b.Part.Emulator.Program != "" }

// files are the sources of a model, and the start of its names.
func (m Model) files() (prefix string, files []string, err error) {
	entries, err := os.ReadDir(m.Dir)
	if err != nil {
		return "", nil, err
	}
	has := map[string]bool{}
	for _, e := range entries {
		has[e.Name()] = true
	}
	for _, e := range entries {
		name := e.Name()
		stem, ext := strings.TrimSuffix(name, path.Ext(name)), path.Ext(name)
		of, test := strings.CutPrefix(name, "test_")
		switch {
		case ext != ".c" && ext != ".S" || name == "harness.c" || test && has[of]:
			continue
		case ext == ".c" && has[stem+".h"]:
			prefix = stem
		}
		files = append(files, filepath.Join(m.Dir, name))
	}
	if prefix == "" {
		return "", nil, fmt.Errorf("%s holds no generated C: a source with a header of its name", m.Dir)
	}
	return prefix, files, nil
}

// underTest is under_test.h of a model, for main.c and bare.c.
func (m Model) underTest(prefix string) []byte {
	p := m.Plan
	inputs, token := p.Input.Size, 0
	if p.Input.Kind == ir.Token {
		inputs, token = 1, 1
	}
	flag := func(yes bool) int {
		if yes {
			return 1
		}
		return 0
	}
	return fmt.Appendf(nil, `#include "%[1]s.h"
#define MODEL(name) %[1]s_##name
#define INPUTS %[2]d
#define TOKEN %[3]d
#define OUTPUTS %[4]d
#define EVERY_STEP %[5]d
#define HAS_CLASS %[6]d
#define HAS_BITS %[7]d
`, prefix, inputs, token, p.Readout.Matrix.Rows, flag(p.Output.When == ir.EveryStep), flag(p.Output.Decision == ir.Argmax),
		flag(p.Output.Decision == ir.Threshold))
}

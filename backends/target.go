// Package backends says what a target is: something that turns a lower.Plan into files and can run them here.
// The targets live in the packages below it (golang, c, verilog); this one knows none of them.
// Start with Target.
package backends

import (
	"context"
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// File is one generated file; Path is relative to the target's folder, with slashes.
type File struct {
	Path string
	Data []byte
	// Named and Stretches are what Origins is made of: the target fills in one of them where it knows.
	Named     []Named
	Stretches []Stretch
}

// Vectors are golden sequences: X[sequence][step][entry] goes in and Y[sequence][step][output] comes out, with one step
// only when the output is not at every step. Behind the outputs of a step stands the decision of a decide block, where the plan has
// one (lower.Plan.Entries). They come from the fixed interpreter.
type Vectors struct {
	X [][][]int64
	Y [][][]int64
}

// Settings are the key = value pairs of a model's `target NAME { ... }` block, as written.
type Settings map[string]string

// Setting is one key of a target's block, and the words that its value may be, nil when any.
type Setting struct {
	Key, Doc string
	Words    []string
}

// UnknownSetting is the error about a key that a target does not have.
func UnknownSetting(t Target, key string) *diag.Diagnostic {
	d := BadSetting(key, "target %s has no setting %s", t.Name(), key)
	var keys, docs []string
	for _, s := range t.Settings() {
		keys, docs = append(keys, s.Key), append(docs, fmt.Sprintf("%s (%s)", s.Key, s.Doc))
	}
	if near := diag.Nearest(key, keys); near != "" {
		return d.Helpf("did you mean %s?", near)
	}
	return d.Helpf("its settings are %s", strings.Join(docs, ", "))
}

// BadSetting is an error about a setting. The target does not know where it was written; the compiler does.
func BadSetting(key, format string, args ...any) *diag.Diagnostic {
	return diag.InFile("", key).Errorf("settings", format, args...)
}

// Figure is one line of a summary, such as {"flash", 5312, "bytes"}.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
	Note  string  `json:"note,omitempty"`
}

// Engine is one way to build and run a target's generated files on this machine.
// Run takes the folder of the files and X as in Vectors (sequences may differ in length) and returns Y as in Vectors.
type Engine struct {
	Name  string   // "gcc -O3"
	Tools []string // outside tools it needs, as internal/exttool names them
	// Rate is how many additions and multiplications a second a simulator computes, in order of magnitude; 0 for compiled
	// code, which needs no care.
	Rate float64
	Run  func(ctx context.Context, dir string, p *lower.Plan, x [][][]int64) ([][][]int64, error)
}

// Drafter is a target that can leave out drawings: all else is as Generate has it, and sooner there.
type Drafter interface {
	Draft(p *lower.Plan, v Vectors, s Settings) ([]File, []Figure, error)
}

// Prober is a target whose settings depend on the sizes of a model. Probing gives those that make of a plan with one layer of the model
// what they make of that layer in the model.
type Prober interface {
	Probing(p *lower.Plan, s Settings) Settings
}

// Target is one output language.
type Target interface {
	// Name is what --target calls it: "go", "c", "verilog".
	Name() string
	// Settings is every key of its block.
	Settings() []Setting
	// Generate gives every file of the target's folder, deterministic to the byte, and figures for the summary.
	// An unknown or ill-formed setting is an error.
	Generate(p *lower.Plan, v Vectors, s Settings) ([]File, []Figure, error)
	// Products are the paths of what the generated Makefile makes: it may be replaced with the files.
	Products() []string
	// Engines lists the ways to run the generated files, the usual one first.
	Engines() []Engine
}

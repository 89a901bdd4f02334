// Package backends says what a target is: something that turns a lower.Plan into files and can run them here.
// The targets live in the packages below it (golang, c, verilog); this one knows none of them.
// Start with Target.
package backends

import (
	"context"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// File is one generated file; Path is relative to the target's folder, with slashes.
type File struct {
	Path string
	Data []byte
}

// Vectors are golden sequences: X[sequence][step][entry] goes in and Y[sequence][step][output] comes out, with one step
// only when the output is not at every step. They come from the fixed interpreter.
type Vectors struct {
	X [][][]int64
	Y [][][]int64
}

// Settings are the key = value pairs of a model's `target NAME { ... }` block, as written.
type Settings map[string]string

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

// Target is one output language.
type Target interface {
	// Name is what --target calls it: "go", "c", "verilog".
	Name() string
	// Generate gives every file of the target's folder, deterministic to the byte, and figures for the summary.
	// An unknown or ill-formed setting is an error that lists the known ones.
	Generate(p *lower.Plan, v Vectors, s Settings) ([]File, []Figure, error)
	// Engines lists the ways to run the generated files, the usual one first.
	Engines() []Engine
}

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/synth"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// measured is a design on a part.
type measured struct {
	*synth.Result
	Problem      string `json:"problem,omitempty"` // why there is no result
	Cycles       int    `json:"-"`                 // of a step, without outputs
	OutputCycles int    `json:"-"`                 // with them
}

// measure synthesises and places a design, or finds what that gave before.
func (b *bench) measure(ctx context.Context, d synth.Design, r row) (*measured, error) {
	part, err := chip.GetFPGA(r.part)
	if err != nil {
		return nil, err
	}
	m, err := cached(b, []any{"synth", part, r.dsp, seeds, toolVersions(ctx)}, d, func() (*measured, error) {
		out, err := synth.Run(ctx, d, part, synth.Options{Seeds: seeds, Multipliers: r.dsp, Timeout: b.patience})
		var wrong *diag.Diagnostic
		switch {
		case errors.As(err, &wrong) && wrong.Code == "fit":
			_, takes, _ := strings.Cut(wrong.Summary, "it takes ")
			return &measured{Result: &synth.Result{Part: part.Name}, Problem: "no room: " + takes}, nil
		case errors.As(err, &wrong) && wrong.Code == "time":
			return &measured{Result: &synth.Result{Part: part.Name}, Problem: fmt.Sprintf("not done in %s", b.patience)}, nil
		}
		return &measured{Result: out}, err
	})
	if errors.Is(err, errNotMeasured) {
		return &measured{Result: &synth.Result{Part: part.Name}, Problem: err.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	for _, t := range m.Tools {
		if !slices.Contains(b.tools, t) {
			b.tools = append(b.tools, t)
		}
	}
	return m, nil
}

// cycles counts those of a step in simulation, or finds the count.
func (b *bench) cycles(ctx context.Context, d synth.Design) (int, error) {
	all := d
	tests, err := filepath.Glob(filepath.Join(fileio.EscapeGlob(d.Dir), "*_tb.v"))
	if err != nil {
		return 0, err
	}
	for _, t := range tests {
		all.Files = append(slices.Clip(all.Files), filepath.Base(t))
	}
	n, err := cached(b, []any{"cycles"}, all, func() (*int, error) {
		n, err := synth.Cycles(ctx, d)
		return &n, err
	})
	if errors.Is(err, errNotMeasured) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return *n, nil
}

// toolVersions is what the tools say of themselves.
func toolVersions(ctx context.Context) string {
	out, err := exttool.Run(ctx, os.TempDir(), nil, "sh", "-c", "yosys -V; nextpnr-ice40 --version 2>&1")
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// errNotMeasured is a design that was not measured before, where only such are asked for.
var errNotMeasured = errors.New("not measured")

// comments of Verilog change nothing that is measured.
var comments = regexp.MustCompile(`(?m)[ \t]*//.*$`)

// cached gives what compute gave for the same files and the same of all else. An error is not kept.
func cached[T any](b *bench, of []any, d synth.Design, compute func() (*T, error)) (*T, error) {
	key := sha256.New()
	if err := json.NewEncoder(key).Encode(of); err != nil {
		return nil, err
	}
	files := slices.Clone(d.Files)
	for _, pattern := range []string{"*.hex", "*.mem"} {
		tables, err := filepath.Glob(filepath.Join(fileio.EscapeGlob(d.Dir), pattern))
		if err != nil {
			return nil, err
		}
		for _, t := range tables {
			files = append(files, filepath.Base(t))
		}
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(d.Dir, f))
		if err != nil {
			return nil, err
		}
		data = comments.ReplaceAll(data, nil)
		fmt.Fprintf(key, "%s %s %d\n%s\n", d.Top, f, len(data), data)
	}
	path := filepath.Join(b.cache, hex.EncodeToString(key.Sum(nil))+".json")
	if data, err := os.ReadFile(path); err == nil {
		out := new(T)
		if json.Unmarshal(data, out) == nil {
			return out, nil
		}
	}
	if b.kept {
		return nil, errNotMeasured
	}
	out, err := compute()
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(b.cache, 0o755); err != nil {
		return nil, err
	}
	return out, fileio.WriteFile(path, data)
}

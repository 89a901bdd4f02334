package sim

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/exttool"
)

// CoverageMain is the file of a generated folder that runs its testbench and counts.
const CoverageMain = "coverage.cpp"

// CoverageTools are the programs that coverage needs.
var CoverageTools = []string{"verilator", "g++", "make"}

// Coverage is what the testbench reaches of a design.
type Coverage struct {
	Lines, Toggles Covered
	Constants      int      // bits of tables, which never change and are not among Toggles
	Missed         []Missed // in the order of the files
}

// Covered are points that were reached, of all.
type Covered struct {
	Reached int `json:"reached"`
	All     int `json:"all"`
}

// Percent is the share that was reached.
func (c Covered) Percent() float64 {
	if c.All == 0 {
		return 100
	}
	return 100 * float64(c.Reached) / float64(c.All)
}

// Missed is a line that never ran, or a signal of which bits never changed.
type Missed struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Signal string `json:"signal,omitempty"` // "" for a line
	Bits   []int  `json:"bits,omitempty"`   // of a vector
}

// Cover runs the testbench in Verilator and counts the lines and the bits of signals of the design that it reaches.
func Cover(ctx context.Context, d *Design) (*Coverage, error) {
	tmp, err := os.MkdirTemp("", "hrnnc-coverage-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	args := append([]string{"--cc", "--exe", "--build", "--timing", "--quiet-exit", "-j", "2", "-MAKEFLAGS", "OPT_GLOBAL=-O0 OPT_FAST=-O1 OPT_SLOW=-O0",
		"--coverage-line", "--coverage-toggle", "-Wno-fatal", "-Wno-lint", "--prefix", "Vtestbench", "--top-module", d.Top + "_tb", "--Mdir", tmp,
		filepath.Join(d.Dir, CoverageMain), d.Top + testbench}, d.Sources...)
	if _, err := exttool.RunEnv(ctx, d.Dir, ccache(), nil, "verilator", args...); err != nil {
		return nil, err
	}
	if _, err := exttool.Run(ctx, d.Dir, nil, filepath.Join(tmp, "Vtestbench")); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(d.Dir, "coverage.dat"))
	if err != nil {
		return nil, err
	}
	return readCoverage(string(text), d), nil
}

type point struct {
	kind, file, signal string
	line               int
}

// readCoverage adds up the points of Verilator's file: lines of C 'fields' count, each field a name and a value behind two control
// characters. Instances of a module count as one.
func readCoverage(text string, d *Design) *Coverage {
	counts := map[point]int{}
	for line := range strings.Lines(text) {
		fields, count, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "C '"), "' ")
		n, err := strconv.Atoi(count)
		if !ok || err != nil {
			continue
		}
		var p point
		for field := range strings.SplitSeq(fields, "\x01") {
			switch name, value, _ := strings.Cut(field, "\x02"); name {
			case "f":
				p.file = filepath.Base(value)
			case "l":
				p.line, _ = strconv.Atoi(value)
			case "page":
				p.kind, _, _ = strings.Cut(value, "/")
			case "o":
				p.signal = value
			}
		}
		if slices.Contains(d.Sources, p.file) {
			counts[p] += n
		}
	}
	changes := map[point]bool{} // memories that do
	memory := func(p point) (point, bool) {
		name, _, ok := strings.Cut(p.signal, "[")
		return point{p.kind, p.file, name, p.line}, ok && strings.Contains(p.signal, "][")
	}
	for p, n := range counts {
		if of, ok := memory(p); ok && n > 0 {
			changes[of] = true
		}
	}
	out := &Coverage{}
	missed := map[point]*Missed{}
	for p, n := range counts {
		if of, ok := memory(p); ok && !changes[of] {
			out.Constants++ // of a table
			continue
		}
		of := &out.Lines
		if p.kind == "v_toggle" {
			of = &out.Toggles
		}
		of.All++
		if n > 0 {
			of.Reached++
			continue
		}
		m := Missed{File: p.file, Line: p.line}
		bit := -1
		if p.kind == "v_toggle" {
			m.Signal = p.signal
			if name, index, ok := strings.Cut(strings.TrimSuffix(p.signal, "]"), "["); ok && !strings.Contains(index, "[") {
				if b, err := strconv.Atoi(index); err == nil {
					m.Signal, bit = name, b
				}
			}
		}
		key := point{p.kind, p.file, m.Signal, p.line}
		if missed[key] == nil {
			missed[key] = &m
		}
		if bit >= 0 {
			missed[key].Bits = append(missed[key].Bits, bit)
		}
	}
	for _, m := range missed {
		slices.Sort(m.Bits)
		out.Missed = append(out.Missed, *m)
	}
	slices.SortFunc(out.Missed, func(a, b Missed) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Signal, b.Signal))
	})
	return out
}

// Package verilog writes a plan as Verilog-2001 that streams: ready and valid at both sides, the state in a block RAM,
// and as many butterflies a cycle as the model's settings say, with tables, a testbench and a harness beside it.
// The arithmetic is decided by the plan (package lower); this package chooses memories, pipelines and cycles.
// Start with Target, then design in design.go; templates/ holds the modules' text.
package verilog

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/pack"
	"github.com/hrnnc/hrnnc/backends/spell"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// Target is the Verilog backend.
var Target backends.Target = target{}

type target struct{}

func (target) Name() string { return "verilog" }

func (target) Settings() []backends.Setting {
	return slices.Concat([]backends.Setting{
		{Key: "prefix", Doc: "the start of every file and module"},
		{Key: "shell", Doc: "modules around it that speak a bus or a serial line: " + strings.Join(shellNames(), ", "), Words: shellNames()},
	}, architectureSettings, pack.Settings("verilog"))
}

// keywords are the words of the languages, and names that the generated files use.
var keywords = append(spell.VerilogWords(), strings.Fields("harness testbench hadamard readout outputs work top")...)

// takenModule reports whether a module of that name would meet a word, a file, or a signal within it.
func takenModule(name string) bool {
	return slices.Contains(keywords, name) || spell.Device(name) || topNames()[name]
}

var (
	notNames = regexp.MustCompile(`//[^\n]*|\[\[[^\]]*\]\]`) // comments and actions of templates
	aName    = regexp.MustCompile(`[a-zA-Z_][a-zA-Z0-9_]*`)
)

// topNames are all names that stand in the template of the top module: linters call its ports and signals hidden where the module
// has their name.
var topNames = sync.OnceValue(func() map[string]bool {
	text, err := templateFiles.ReadFile("templates/top.v.tmpl")
	if err != nil {
		panic(err) // it is embedded
	}
	names := map[string]bool{}
	for _, n := range aName.FindAllString(notNames.ReplaceAllString(string(text), " "), -1) {
		names[n] = true
	}
	return names
})

type settings struct {
	prefix string
	architecture
	butterflies int // a cycle
	shells      []shell
	pack        pack.Choice
	clockNamed  bool // the clock was
}

// defaultButterflies is where the adders of a 512-unit model still fit the smallest FPGAs with room for the rest.
const defaultButterflies = 4

func readSettings(p *lower.Plan, s backends.Settings) (settings, error) {
	out := settings{prefix: strings.ToLower(lower.Word(p.Name)), architecture: newArchitecture(), butterflies: defaultButterflies, pack: pack.Choice{Target: "verilog"}}
	if takenModule(out.prefix) {
		out.prefix += "_model"
	}
	var problems diag.List
	for _, k := range slices.Sorted(maps.Keys(s)) {
		v := s[k]
		switch k {
		case "prefix":
			switch {
			case v == "" || lower.Word(v) != v:
				problems.Add(backends.BadSetting(k, "prefix = %s is no name in Verilog", v).Helpf("use letters, digits and underscores"))
			case takenModule(v):
				problems.Add(backends.BadSetting(k, "prefix = %s is a word of Verilog, or a name in the modules written here", v).Helpf("write  prefix = %s_model", v))
			}
			out.prefix = v
		case "shell":
			var wrong *diag.Diagnostic
			if out.shells, wrong = chosenShells(v); wrong != nil {
				problems.Add(wrong)
			}
		default:
			known, wrong := out.pack.Set(k, v)
			if !known {
				known, wrong = out.architecture.set(k, v)
			}
			out.clockNamed = out.clockNamed || k == "clock"
			if wrong != nil {
				problems.Add(wrong)
			}
			if !known {
				problems.Add(backends.UnknownSetting(Target, k))
			}
		}
	}
	if out.Fixed.Lanes > 0 {
		out.butterflies = out.Fixed.Lanes
	}
	if err := out.forBoards(); err != nil {
		problems.Add(err)
	}
	return out, problems.Err()
}

func (target) Generate(p *lower.Plan, v backends.Vectors, s backends.Settings) ([]backends.File, []backends.Figure, error) {
	set, err := readSettings(p, s)
	if err != nil {
		return nil, nil, err
	}
	d := newDesign(p, set)
	if set.Rate > 0 || set.Fixed.Kind != "" {
		if d.made, err = set.candidate(p, set.prefix); err != nil {
			return nil, nil, err
		}
		d.readout.Y = d.made.Design.Port(datapath.OutData).Bits
	}
	w := writer{design: d}
	if d.made != nil {
		w.module()
	} else {
		w.modules()
	}
	w.shellFiles(w.testbench(v))
	w.print("harness.v", "harness.v", d.top())
	w.print("Makefile", "Makefile", d.makefile())
	w.print("README.md", "README.md", d.readme())
	if w.err != nil {
		return nil, nil, fmt.Errorf("verilog: %w", w.err)
	}
	packages, made, err := pack.Files(w.packed(v), set.pack)
	if err != nil {
		return nil, nil, err
	}
	return append(w.files, packages...), append(d.figures(), made...), nil
}

func (target) Products() []string {
	return []string{"build/testbench", "build/result.txt", "build/size.txt", "build/board", "build/axis_tb", "build/axilite_tb", "build/wishbone_tb",
		"*/*/build/top.json", "*/*/build/top.asc", "*/*/build/top.bin", "*/*/build/size.txt", "*/*/build/route.log", "*/*/build/board"}
}

func (d *design) figures() []backends.Figure {
	note := fmt.Sprintf("%d butterflies a cycle", d.butterflies)
	if d.butterflies == 1 {
		note = "one butterfly a cycle"
	}
	return []backends.Figure{
		{Name: "cycles a step", Value: float64(d.stepCycles(false)), Unit: "cycles", Note: note + "; the testbench counts them"},
		{Name: "cycles a step with outputs", Value: float64(d.stepCycles(true)), Unit: "cycles"},
		{Name: "state memory", Value: float64(d.memoryBits()), Unit: "bits"},
		{Name: "tables", Value: float64(d.tableBits), Unit: "bits", Note: "weights, signs and biases"},
		{Name: "multipliers in the recurrence", Value: 0},
	}
}

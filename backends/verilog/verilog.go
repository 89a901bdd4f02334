// Package verilog writes a plan as Verilog-2001 that streams: ready and valid at both sides, one module,
// and as many butterflies a cycle as the model's settings say, with tables, a testbench and a harness beside it.
// The arithmetic is decided by the plan (package lower); this package chooses memories, pipelines and cycles.
// Start with Target, then design in design.go; templates/ holds the modules' text.
package verilog

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/datapath/waveform"
	"github.com/hrnnc/hrnnc/backends/pack"
	"github.com/hrnnc/hrnnc/backends/spell"
	"github.com/hrnnc/hrnnc/backends/verilog/sim"
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
var keywords = append(spell.VerilogWords(), strings.Fields("harness testbench hadamard readout outputs work top unused")...)

// takenModule reports whether a module of that name would meet a word, a file, or one of its own ports.
func takenModule(name string) bool {
	ports := []string{"clk", "rst", datapath.InValid, datapath.InReady, datapath.InData, datapath.InLast, datapath.OutValid, datapath.OutReady,
		datapath.OutData, datapath.OutLast, datapath.OutClass, datapath.OutChanged, datapath.OutBit}
	return slices.Contains(keywords, name) || spell.Device(name) || slices.Contains(ports, name)
}

type settings struct {
	prefix string
	architecture
	shells []shell
	pack   pack.Choice
}

func readSettings(p *lower.Plan, s backends.Settings) (settings, error) {
	out := settings{prefix: strings.ToLower(lower.Word(p.Name)), architecture: newArchitecture(), pack: pack.Choice{Target: "verilog"}}
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
			if wrong != nil {
				problems.Add(wrong)
			}
			if !known {
				problems.Add(backends.UnknownSetting(Target, k))
			}
		}
	}
	if err := out.forBoards(); err != nil {
		problems.Add(err)
	}
	return out, problems.Err()
}

func (target) Generate(p *lower.Plan, v backends.Vectors, s backends.Settings) ([]backends.File, []backends.Figure, error) {
	return files(p, v, s, (*writer).waveform)
}

// Draft is Generate without the timing diagram, which a step is run for.
func (target) Draft(p *lower.Plan, v backends.Vectors, s backends.Settings) ([]backends.File, []backends.Figure, error) {
	return files(p, v, s, func(*writer, backends.Vectors) {})
}

func files(p *lower.Plan, v backends.Vectors, s backends.Settings, draw func(*writer, backends.Vectors)) ([]backends.File, []backends.Figure, error) {
	set, err := readSettings(p, s)
	if err != nil {
		return nil, nil, err
	}
	d, err := designFor(p, set)
	if err != nil {
		return nil, nil, err
	}
	w := writer{design: d}
	w.module()
	w.shellFiles(w.testbench(v))
	w.formal()
	w.drawn = len(v.X) > 0 && waveform.Draws(d.made.Design)
	if w.drawn {
		draw(&w, v)
	}
	w.print(sim.CoverageMain, "coverage.cpp", nil)
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

// Engines lists the ways to run the files, the usual one first.
func (target) Engines() []backends.Engine { return sim.Engines() }

func (target) Products() []string {
	out := strings.Fields("build/testbench build/result.txt build/size.txt build/netlist build/netlist.v build/coverage.dat build/wave.vcd " +
		"build/board build/axis_tb build/axilite_tb build/wishbone_tb " +
		"*/*/build/top.json */*/build/top.asc */*/build/top.bin */*/build/size.txt */*/build/route.log */*/build/board")
	for _, name := range sim.ProofNames {
		out = append(out, "build/"+name+".aig", "build/"+name+".names", "build/"+name+".txt")
	}
	return out
}

func (d *design) figures() []backends.Figure {
	of := func(used, there int) string {
		if used > there {
			return fmt.Sprintf("of %d: more than %s has, take a larger  --part", there, d.Part.Name)
		}
		return fmt.Sprintf("of %d", there)
	}
	area := fmt.Sprintf("predicted for %s, %s", d.Part.Name, of(d.made.Tables, d.Part.Logic.LUTs))
	return []backends.Figure{
		{Name: "cycles a step", Value: float64(d.period(false)), Unit: "cycles", Note: d.made.Arch.String() + "; the testbench counts them"},
		{Name: "cycles a step with outputs", Value: float64(d.period(true)), Unit: "cycles"},
		{Name: "look-up tables", Value: float64(d.made.Tables), Note: area},
		{Name: "block RAMs", Value: float64(d.made.Blocks), Note: of(d.made.Blocks, d.Part.Logic.Block.Count)},
		{Name: "state memory", Value: float64(d.stateBits()), Unit: "bits"},
		{Name: "tables", Value: float64(d.tableBits), Unit: "bits", Note: "weights, signs and biases"},
		{Name: "multipliers", Value: float64(d.made.Area.Multipliers)},
	}
}

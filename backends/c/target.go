// Package c spells a model as portable C99 for microcontrollers: one header and one source file that need nothing but stdint.h,
// allocate nothing and use no floating point, with golden vectors, a test and a Makefile beside them. What is computed, and how,
// is the step form's (backends/lower/step); this package chooses words. Start with Target, then speller.go and expr.go.
package c

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/schedule"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/backends/pack"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// Target is the C backend.
var Target backends.Target = target{}

type target struct{}

func (target) Name() string { return "c" }

func (target) Settings() []backends.Setting {
	return append([]backends.Setting{
		{Key: "prefix", Doc: "the start of every file, type and function"},
		{Key: "tables", Doc: "compact is small, wide is faster on wide processors", Words: []string{"compact", "wide"}},
		{Key: "mcu", Doc: "the chip it is for, one of hrnnc chips"},
		{Key: "flash", Doc: "the most bytes of flash that code and tables may take"},
		{Key: "ram", Doc: "the most bytes of RAM that state and stack may take"},
		{Key: "constant_time", Doc: "yes: no branch depends on data", Words: []string{"yes", "no"}},
		{Key: "asm", Doc: "no: neither assembly nor instructions beyond C", Words: []string{"yes", "no"}},
	}, pack.Settings("c")...)
}

type settings struct {
	prefix     string
	wide       bool // tables of at least 16 bits an entry, which wide processors read faster
	part       *chip.Part
	flash, ram int // bytes; 0 for the chip's
	steady     bool
	asm        bool
	pack       pack.Choice
	restarts   bool // of the plan: there are several copies of the states
}

func readSettings(p *lower.Plan, s backends.Settings) (*settings, error) {
	out := &settings{prefix: strings.ToLower(lower.Word(p.Name)), asm: true, pack: pack.Choice{Target: "c"}}
	if takenPrefix(out.prefix) {
		out.prefix += "_model"
	}
	var problems diag.List
	steady := ""
	for _, k := range slices.Sorted(maps.Keys(s)) {
		switch v := s[k]; k {
		case "prefix":
			switch {
			case v == "" || lower.Word(v) != v:
				problems.Add(backends.BadSetting(k, "prefix = %s is no name in C", v).Helpf("use letters, digits and underscores"))
			case takenPrefix(v):
				problems.Add(backends.BadSetting(k, "prefix = %s is a word or a file of C, or of what is written here", v).Helpf("write  prefix = %s_model", v))
			}
			out.prefix = v
		case "tables":
			if v != "wide" && v != "compact" {
				problems.Add(backends.BadSetting(k, "tables = %s is neither wide nor compact", v).
					Helpf("compact tables are as narrow as C has integers; wide ones have 16 bits an entry or more and run faster on wide processors"))
			}
			out.wide = v == "wide"
		case "mcu":
			part, err := chip.Get(v)
			var d *diag.Diagnostic
			switch {
			case errors.As(err, &d):
				problems.Add(backends.BadSetting(k, "%s", d.Summary).Helpf("%s", d.Help))
			case err != nil:
				problems.Add(backends.BadSetting(k, "%v", err))
			case part.Kind == chip.FPGA:
				problems.Add(backends.BadSetting(k, "%s has no processor", v).Helpf("--target verilog writes for it"))
			}
			out.part = part
		case "flash", "ram":
			n, err := strconv.Atoi(v)
			if err != nil || n <= 0 {
				problems.Add(backends.BadSetting(k, "%s = %s is no number of bytes", k, v).Helpf("write a whole number, as  %s = 2048", k))
			}
			if k == "flash" {
				out.flash = n
			} else {
				out.ram = n
			}
		case "constant_time", "asm":
			if v != "yes" && v != "no" {
				problems.Add(backends.BadSetting(k, "%s = %s is neither yes nor no", k, v).Helpf("write  %s = yes  or  %s = no", k, k))
			}
			if k == "asm" {
				out.asm = v == "yes"
			} else {
				steady = v
			}
		default:
			known, err := out.pack.Set(k, v)
			if err != nil {
				problems.Add(err)
			} else if !known {
				problems.Add(backends.UnknownSetting(Target, k))
			}
		}
	}
	out.steady = steady == "yes" || steady == "" && out.part != nil && out.part.Kind == chip.MCU
	return out, problems.Err()
}

func (target) Generate(p *lower.Plan, v backends.Vectors, s backends.Settings) ([]backends.File, []backends.Figure, error) {
	set, err := readSettings(p, s)
	if err != nil {
		return nil, nil, err
	}
	program, err := scheduled(p, set)
	if err != nil {
		return nil, nil, err
	}
	files, figures := write(p, program, v, set)
	packages, made, err := pack.Files(pack.Model{Name: p.Name, Prefix: set.prefix, Sources: files, Input: p.Input, Output: p.Output,
		Outputs: p.Readout.Matrix.Rows, Steps: p.Longest(), Vectors: v}, set.pack)
	if err != nil {
		return nil, nil, err
	}
	return append(files, packages...), append(figures, made...), nil
}

// scheduled makes the program: for a chip whose prices are known the quickest that fits, else the plain one.
func scheduled(p *lower.Plan, set *settings) (*step.Program, error) {
	if set.part == nil || schedule.PricesOf(set.part) == nil {
		return step.Build(p, unpriced(p, set))
	}
	picked, err := pick(p, set)
	if err != nil {
		return nil, err
	}
	return picked.Program, nil
}

// unpriced is the choice where no prices say more: for this machine, whose compilers make vectors, or for a small one.
func unpriced(p *lower.Plan, set *settings) step.Choice {
	if set.part != nil && set.part.Kind == chip.MCU {
		return step.Plain(p)
	}
	return step.Vectorised(p, !set.wide)
}

func pick(p *lower.Plan, set *settings) (*schedule.Picked, error) {
	asm := Assembled
	if !set.asm {
		asm = nil
	}
	picked, err := schedule.Pick(p, set.part, schedule.Budget{Flash: set.flash, RAM: set.ram}, asm)
	var small *schedule.NoFit
	if errors.As(err, &small) {
		return nil, errors.Join(diag.InFile("", "").Errorf("fit", "%s on %s: %v", p.Name, set.part.Name, small).Helpf("%s", remedy(small, set.part)), small)
	}
	return picked, err
}

// remedy says what would fit: another budget, or another chip where the chip itself has less.
func remedy(small *schedule.NoFit, part *chip.Part) string {
	if small.Smallest.Flash <= part.Flash && small.Smallest.RAM <= part.RAM {
		return small.Help()
	}
	least := fmt.Sprintf("the model needs about %d bytes of flash and %d of RAM, more than %s has: a larger chip of hrnnc chips", small.Smallest.Flash, small.Smallest.RAM, part.Name)
	return least + ", fewer units, or fewer bits of state or weights"
}

// Pick is the schedule that Generate would choose on the chip of the settings, with its runners-up; nil without a chip whose prices
// are known.
func Pick(p *lower.Plan, s backends.Settings) (*schedule.Picked, error) {
	set, err := readSettings(p, s)
	if err != nil {
		return nil, err
	}
	if set.part == nil || schedule.PricesOf(set.part) == nil {
		return nil, nil
	}
	return pick(p, set)
}

// Program is what Generate spells, whatever chose its schedule. The error is a diagnostic where nothing fits the chip.
func Program(p *lower.Plan, s backends.Settings) (*step.Program, error) {
	set, err := readSettings(p, s)
	if err != nil {
		return nil, err
	}
	return scheduled(p, set)
}

// Assembled are the functions of a program that get assembly on a chip, and what they cost.
func Assembled(program *step.Program, part *chip.Part) map[string]schedule.Known {
	if part.Arch != "avr" {
		return nil
	}
	set := &settings{part: part, asm: true, steady: true, prefix: "model"}
	s := newSpeller(program, set, false)
	s.decides = program.Decision == "" // where there is none, that counts a few bytes of stack too many
	a := s.assemble()
	if a == nil {
		return nil
	}
	out := map[string]schedule.Known{}
	for name, f := range a.functions {
		out[name] = schedule.Known{Time: arith.Phased[float64]{float64(f.Cycles[0]), float64(f.Cycles[1])}, Code: f.Bytes, Stack: f.Stack}
	}
	if a.class != nil {
		out[schedule.Class] = schedule.Known{Code: a.class.Bytes, Stack: a.class.Stack}
	}
	if f, ok := out[program.Output]; ok && a.class != nil {
		f.Stack = max(f.Stack, a.class.Stack)
		out[program.Output] = f
	}
	return out
}

// Spell writes what Generate does for one program of a plan, whatever its choice, without packages.
func Spell(p *lower.Plan, program *step.Program, v backends.Vectors, s backends.Settings) ([]backends.File, error) {
	set, err := readSettings(p, s)
	if err != nil {
		return nil, err
	}
	files, _ := write(p, program, v, set)
	return files, nil
}

// write spells a program that computes a plan.
func write(p *lower.Plan, program *step.Program, v backends.Vectors, set *settings) ([]backends.File, []backends.Figure) {
	with := *set
	with.restarts = p.Hop > 0
	s := newSpeller(program, &with, p.Input.Kind == ir.Token)
	s.decides = p.Output.Decision == ir.Argmax && p.Decide == nil
	g := newPage(p, s, set)
	files := g.files(s, v)
	return files, []backends.Figure{
		{Name: "flash, tables", Value: float64(g.TableBytes), Unit: "bytes", Note: "weights, signs and biases; code is a few kilobytes beside them"},
		{Name: "RAM, state", Value: float64(g.StateBytes), Unit: "bytes", Note: "sizeof " + g.Prefix + "_state"},
		{Name: "RAM, stack", Value: float64(g.Stack), Unit: "bytes", Note: "at most, of a call"},
	}
}

func (target) Products() []string { return []string{"build/test"} }

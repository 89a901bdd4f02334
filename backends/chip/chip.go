// Package chip describes the chips that generated code runs on: word, memories, compiler, emulator and current, or logic, tools
// and boards. A chip is a file of parts/ and nothing more; one that names another in "inherits" says only what differs. Start with
// Get and GetFPGA.
package chip

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/hrnnc/hrnnc/internal/diag"
)

//go:embed parts/*.json
var files embed.FS

// Kind is what a part is.
type Kind string

// The kinds of parts.
const (
	MCU  Kind = "mcu"  // a microcontroller, or a processor core with the memories of one
	Host Kind = "host" // this machine
	FPGA Kind = "fpga" // programmable logic
)

// Part is one chip. Sizes are bytes, clocks MHz, currents mA.
type Part struct {
	Name string `json:"-"` // the file's, as --mcu and --part take it
	// Inherits is the part whose values hold where this one says nothing.
	Inherits string `json:"inherits,omitempty"`
	// Aliases are other names that Get takes.
	Aliases []string `json:"aliases,omitempty"`
	Kind    Kind     `json:"kind"`
	Title   string   `json:"title"` // for people: "ATmega328P, on the Arduino Uno and Nano"
	// Model is the chip whose memories, clock and current these are, where Title is a core.
	Model string `json:"model,omitempty"`
	// Arch is the instruction set: avr, arm, riscv, xtensa or host. Intrinsics and start-up code go by it.
	Arch string `json:"arch,omitempty"`
	// Word is the bits of a register, Int those of C's int.
	Word int `json:"word,omitempty"`
	Int  int `json:"int,omitempty"`
	// Lanes are the 16-bit numbers that one instruction adds or multiplies: 2 with the DSP instructions of Arm (SADD16, SMLAD), else 1.
	Lanes    int      `json:"lanes,omitempty"`
	Flash    int      `json:"flash,omitempty"` // for programs and tables
	RAM      int      `json:"ram,omitempty"`
	Clock    float64  `json:"clock_mhz,omitempty"` // the highest, or the board's
	Build    Build    `json:"build,omitzero"`
	Emulator Emulator `json:"emulator,omitzero"`
	// Prices is the chip that prices of operations were fitted on, this or a near one (backends/lower/schedule).
	Prices string `json:"prices,omitempty"`
	// Timing is the cycles of instructions, for chips whose emulator counts instructions; nil where the maker gives none.
	Timing *Timing `json:"timing,omitempty"`
	Energy *Energy `json:"energy,omitempty"` // nil where no data sheet's figure is known
	// Logic is what an FPGA has.
	Logic *Logic `json:"logic,omitempty"`
	// Sources say where the numbers are from: "memory", "timing", ...
	Sources map[string]string `json:"sources,omitempty"`
}

// Build is how programs for the chip are made.
type Build struct {
	Compiler string   `json:"compiler,omitempty"`
	Flags    []string `json:"flags,omitempty"`    // for every file, without the level of optimisation
	Optimise string   `json:"optimise,omitempty"` // the usual level: -Os
	Link     []string `json:"link,omitempty"`
}

// Emulator is what runs the chip's programs here. The zero value stands for none: programs are compiled only.
type Emulator struct {
	Program string `json:"program,omitempty"` // simavr, or a command of QEMU; "host" runs the program itself
	Machine string `json:"machine,omitempty"` // of QEMU, or the chip that simavr knows
	Counts  Unit   `json:"counts,omitempty"`
	// Code and Data are where its memories for programs and for data begin, and how large they are, in bytes.
	Code Memory `json:"code,omitzero"`
	Data Memory `json:"data,omitzero"`
}

// Memory is a range of addresses.
type Memory struct {
	Origin uint64 `json:"origin"`
	Length uint64 `json:"length"`
}

// Unit is what an emulator counts.
type Unit string

// The units.
const (
	Cycles       Unit = "cycles"
	Instructions Unit = "instructions"
	Nanoseconds  Unit = "nanoseconds"
)

// Timing is the cycles that instructions take, without wait states of the flash.
type Timing struct {
	Other    float64 `json:"other"`
	Load     float64 `json:"load"`
	Store    float64 `json:"store"`
	Multiple float64 `json:"multiple"` // load or store of several registers, without Register
	Register float64 `json:"register"` // each register of those
	Multiply float64 `json:"multiply"`
	Branch   float64 `json:"branch"` // one that is not taken
	Taken    float64 `json:"taken"`  // any that is, calls and returns among them
}

// Energy is the current that a chip takes when it computes.
type Energy struct {
	Current float64 `json:"ma_per_mhz"`
	Volts   float64 `json:"volts"`
	Source  string  `json:"source"` // the data sheet, and where in it
}

// PerCycle is the energy of a cycle, in nanojoules: mA/MHz are nC a cycle.
func (e Energy) PerCycle() float64 { return e.Current * e.Volts }

// all reads every part once; a file that cannot be read is a bug, which TestParts finds.
var all = sync.OnceValues(func() ([]*Part, error) {
	entries, err := files.ReadDir("parts")
	if err != nil {
		return nil, err
	}
	var parts []*Part
	for _, e := range entries {
		p, err := read(strings.TrimSuffix(e.Name(), ".json"), nil)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, nil
})

// read reads a part over what it inherits. below are the parts that are being read.
func read(name string, below []string) (*Part, error) {
	if slices.Contains(below, name) {
		return nil, fmt.Errorf("parts inherit from one another in a circle: %s", strings.Join(append(below, name), ", "))
	}
	data, err := files.ReadFile(path.Join("parts", name+".json"))
	if err != nil {
		return nil, err
	}
	var head struct{ Inherits string }
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("parts/%s.json: %w", name, err)
	}
	p := &Part{}
	if head.Inherits != "" {
		if p, err = read(head.Inherits, append(below, name)); err != nil {
			return nil, err
		}
		p.Aliases, p.Inherits = nil, ""
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(p); err != nil {
		return nil, fmt.Errorf("parts/%s.json: %w", name, err)
	}
	p.Name = name
	return p, nil
}

// All lists the parts in the order of their names. They are shared: change none.
func All() []*Part {
	parts, err := all()
	if err != nil {
		panic(err)
	}
	return parts
}

// Names lists the parts of some kinds, aliases left out.
func Names(kinds ...Kind) []string {
	var names []string
	for _, p := range All() {
		if slices.Contains(kinds, p.Kind) {
			names = append(names, p.Name)
		}
	}
	return names
}

// find gives the part of a name or an alias, in any case, or the nearest name of some kinds; "" where none is near.
func find(name string, kinds ...Kind) (p *Part, near string) {
	known := map[string]*Part{}
	var names []string
	for _, p := range All() {
		for _, n := range append([]string{p.Name}, p.Aliases...) {
			known[n] = p
			if slices.Contains(kinds, p.Kind) {
				names = append(names, n)
			}
		}
	}
	if p := known[strings.ToLower(strings.TrimSpace(name))]; p != nil {
		return p, ""
	}
	return nil, diag.Nearest(name, names)
}

// Get finds a part by its name or an alias, in any case. The error is a diagnostic that names the nearest.
func Get(name string) (*Part, error) {
	p, near := find(name, MCU, Host)
	if p != nil {
		return p, nil
	}
	d := diag.InFile("", "").Errorf("mcu", "there is no chip %q", name)
	if near != "" {
		return nil, d.Helpf("did you mean %s? hrnnc chips lists them all; of a chip that is not there, name the core, such as cortex-m3", near)
	}
	return nil, d.Helpf("the chips are %s; of another, name the core", strings.Join(Names(MCU, Host), ", "))
}

// Any is Get for parts of every kind.
func Any(name string) (*Part, error) {
	p, near := find(name, MCU, Host, FPGA)
	if p == nil && near != "" {
		return nil, diag.InFile("", "").Errorf("mcu", "there is no chip %q", name).
			Helpf("did you mean %s? hrnnc chips lists them all; of a microcontroller that is not there, name the core, such as cortex-m3", near)
	}
	return Get(name)
}

// Tools lists the commands that building and running a chip's programs takes here, or a design; headers of libraries by their paths.
func (p *Part) Tools() []string {
	var tools []string
	if p.Kind == FPGA {
		tools = append(tools, "yosys")
		if p.Logic.PlaceRoute.Command != "" {
			tools = append(tools, p.Logic.PlaceRoute.Command, p.Logic.Bitstream)
		}
	}
	if p.Build.Compiler != "" {
		tools = append(tools, p.Build.Compiler)
	}
	switch p.Emulator.Program {
	case "", "host":
	case "simavr": // a counter of its own, with the library
		tools = append(tools, "gcc", "/usr/include/simavr/sim_avr.h", "/usr/include/libelf.h")
	default: // QEMU, with a counter as its plugin
		tools = append(tools, "gcc", p.Emulator.Program)
	}
	if p.Arch == "avr" {
		tools = append(tools, "/usr/lib/avr/include/avr/io.h")
	}
	return tools
}

// Mix counts instructions by kind. Taken are those of Branch that were; Register are the registers of Multiple.
type Mix struct {
	Other    float64 `json:"other"`
	Load     float64 `json:"load"`
	Store    float64 `json:"store"`
	Multiple float64 `json:"multiple"`
	Register float64 `json:"register"`
	Multiply float64 `json:"multiply"`
	Branch   float64 `json:"branch"`
	Taken    float64 `json:"taken"`
}

// With joins two mixes, kind by kind.
func (m Mix) With(n Mix, f func(a, b float64) float64) Mix {
	return Mix{Other: f(m.Other, n.Other), Load: f(m.Load, n.Load), Store: f(m.Store, n.Store), Multiple: f(m.Multiple, n.Multiple),
		Register: f(m.Register, n.Register), Multiply: f(m.Multiply, n.Multiply), Branch: f(m.Branch, n.Branch), Taken: f(m.Taken, n.Taken)}
}

// Cycles are those of a mix of instructions.
func (t Timing) Cycles(i Mix) float64 {
	return t.Other*i.Other + t.Load*i.Load + t.Store*i.Store + t.Multiple*i.Multiple + t.Register*i.Register +
		t.Multiply*i.Multiply + t.Branch*(i.Branch-i.Taken) + t.Taken*i.Taken
}

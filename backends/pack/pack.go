// Package pack wraps a generated model for build systems. Of C: an Arduino library, a PlatformIO library, a Zephyr module, an
// ESP-IDF component, a CMSIS-Pack or a CMake project; of Verilog: a FuseSoC core, projects for FPGA boards, and Tcl for vendors'
// tools (logic.go). What runs on a board answers samples over a serial port, and a program for the host sends them. A package is
// a folder of templates and what every one has (files.go); it knows the names of the model's functions or modules and nothing of
// how they compute. Start with Files.
package pack

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// Format is one kind of package.
type Format struct {
	Name    string // as --package says it
	About   string // "an Arduino library"
	Target  string // whose files it wraps: c or verilog
	folder  string // of templates, where it is not Name
	board   string // of a part in backends/chip, for Verilog: the serial shell on that board's pins
	example string // the folder of the example's sources
	bare    bool   // the example runs on a bare chip: it has a main of its own, and a driver for a serial port
	avr     bool   // there are AVR boards for it, which take the model's assembly
}

// Formats are all kinds, by name.
var Formats = []Format{
	{Name: "arduino", About: "an Arduino library", Target: "c", example: "examples/stream", avr: true},
	{Name: "cmake", About: "a CMake project with install and find_package", Target: "c", example: "examples/stream", bare: true, avr: true},
	{Name: "cmsis-pack", About: "a CMSIS-Pack, as a folder and as a .pack archive", Target: "c", example: "examples/stream", bare: true},
	{Name: "ecp5", About: "a project for a ULX3S board", Target: "verilog", folder: "board-ecp5", board: "ulx3s"},
	{Name: "esp-idf", About: "an ESP-IDF component", Target: "c", example: "examples/stream/main"},
	{Name: "fusesoc", About: "a FuseSoC core", Target: "verilog"},
	{Name: "hx8k", About: "a project for Lattice's iCE40-HX8K board", Target: "verilog", folder: "board-ice40", board: "hx8k-b-evn"},
	{Name: "icebreaker", About: "a project for an iCEBreaker board", Target: "verilog", folder: "board-ice40", board: "icebreaker"},
	{Name: "platformio", About: "a PlatformIO library", Target: "c", example: "examples/stream/src", avr: true},
	{Name: "quartus", About: "Tcl for Quartus", Target: "verilog"},
	{Name: "upduino", About: "a project for a UPduino 3 board", Target: "verilog", folder: "board-ice40", board: "upduino"},
	{Name: "vivado", About: "Tcl for Vivado", Target: "verilog"},
	{Name: "zephyr", About: "a Zephyr module", Target: "c", example: "samples/stream/src"},
}

// Names lists what --package takes, of one target's files or, of "", of all.
func Names(target string) []string {
	var names []string
	for _, f := range Formats {
		if target == "" || f.Target == target {
			names = append(names, f.Name)
		}
	}
	return names
}

// Find finds a format by its name, in any case.
func Find(name string) (Format, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	i := slices.IndexFunc(Formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return Format{}, false
	}
	return Formats[i], true
}

// Taken reports whether examples have files and functions that start with a prefix.
func Taken(prefix string) bool {
	return slices.Contains([]string{"protocol", "serial"}, strings.ToLower(prefix))
}

// Settings are the keys of a target's block that are about packages.
func Settings(target string) []backends.Setting {
	return []backends.Setting{
		{Key: "package", Doc: "for which build systems: " + strings.Join(Names(target), ", "), Words: Names(target)},
		{Key: "package_vendor", Doc: "who hands the packages on: the first part of their names"},
		{Key: "package_version", Doc: "their version, as 1.2.0"},
	}
}

// Choice is what a target's settings say about packages; with a target alone it is none.
type Choice struct {
	Target  string // c or verilog: whose block says it
	Formats []Format
	Vendor  string // letters, digits and hyphens
	Version string // MAJOR.MINOR.PATCH
}

var (
	vendorForm  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{1,30}$`)
	versionForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$`)
)

// Set reads one setting into the choice; known is false for keys that are not about packages.
func (c *Choice) Set(key, value string) (known bool, err *diag.Diagnostic) {
	switch key {
	case "package":
		return true, c.setFormats(value)
	case "package_vendor":
		wrong := backends.BadSetting(key, "package_vendor = %s cannot be part of a package's name", diag.Short(value))
		if !vendorForm.MatchString(value) {
			return true, wrong.Helpf("use a letter, then letters, digits and hyphens, 2 to 31 in all")
		}
		if strings.HasPrefix(strings.ToLower(value), "arduino") {
			return true, wrong.Helpf("names that begin with Arduino are for libraries of the Arduino project")
		}
		c.Vendor = value
	case "package_version":
		if !versionForm.MatchString(value) {
			return true, backends.BadSetting(key, "package_version = %s is no version", diag.Short(value)).
				Helpf(`write three numbers, such as  package_version = "1.2.0"`)
		}
		c.Version = value
	default:
		return false, nil
	}
	return true, nil
}

func (c *Choice) setFormats(value string) *diag.Diagnostic {
	c.Formats = nil
	for name := range strings.SplitSeq(value, ",") {
		f, ok := Find(name)
		switch {
		case !ok:
			d := backends.BadSetting("package", "there is no package for %s", diag.Short(strings.TrimSpace(name)))
			if near := diag.Nearest(strings.ToLower(strings.TrimSpace(name)), Names(c.Target)); near != "" {
				return d.Helpf("did you mean %s?", near)
			}
			return d.Helpf("there are packages for %s", strings.Join(Names(c.Target), ", "))
		case f.Target != c.Target:
			return backends.BadSetting("package", "%s is a package of target %s", f.Name, f.Target).Helpf("those of target %s are %s", c.Target, strings.Join(Names(c.Target), ", "))
		case !slices.ContainsFunc(c.Formats, func(g Format) bool { return g.Name == f.Name }):
			c.Formats = append(c.Formats, f)
		}
	}
	return nil
}

// Boards are the FPGAs on the boards that packages are for, by the names of their formats, and the fastest clock of those boards in MHz. What runs on
// a board needs the model's shell for a serial line.
func (c Choice) Boards() (boards map[string]*chip.Part, clock float64, err error) {
	boards = map[string]*chip.Part{}
	for _, f := range c.Formats {
		if f.board == "" {
			continue
		}
		part, board, err := chip.GetBoard(f.board)
		if err != nil {
			return nil, 0, err
		}
		boards[f.Name], clock = part, max(clock, board.Clock)
	}
	return boards, clock, nil
}

// Model is what packages need to know of a generated model.
type Model struct {
	Name    string          // as the user calls it
	Prefix  string          // of its files, types and functions
	Sources []backends.File // the target's files, of which packages take PREFIX.h, PREFIX.c and assembly
	Input   ir.Input
	Output  ir.Output
	Outputs int
	Steps   int // the most of a sequence, 0 for any number
	Vectors backends.Vectors
	Logic   Logic // of a model in Verilog
}

// Files gives the files of all packages, each in the folder FORMAT/VENDOR_PREFIX, and a figure for each.
func Files(m Model, c Choice) ([]backends.File, []backends.Figure, error) {
	var files []backends.File
	var figures []backends.Figure
	for _, f := range c.Formats {
		v, err := newValues(m, c, f)
		if err != nil {
			return nil, nil, err
		}
		one, err := f.files(v)
		if err != nil {
			return nil, nil, fmt.Errorf("package %s: %w", f.Name, err)
		}
		folder := f.Name + "/" + v.ID
		for _, file := range one {
			files = append(files, backends.File{Path: folder + "/" + file.Path, Data: file.Data})
		}
		note := f.About + " in " + folder
		figures = append(figures, backends.Figure{Name: "package " + f.Name, Value: float64(len(one)), Unit: "files", Note: note})
	}
	return files, figures, nil
}

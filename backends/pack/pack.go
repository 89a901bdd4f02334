// Package pack wraps a generated model for the build systems of microcontrollers: an Arduino library, a PlatformIO library, a
// Zephyr module, an ESP-IDF component, a CMSIS-Pack or a CMake project, each with an example that answers samples over a serial
// port and a program for the host that sends them. A package is a folder of templates and what every one has (files.go); it
// knows the names of the model's functions and nothing of how they compute. Start with Files.
package pack

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// Format is one kind of package.
type Format struct {
	Name    string // as --package says it
	About   string // "an Arduino library"
	example string // the folder of the example's sources
	bare    bool   // the example runs on a bare chip: it has a main of its own, and a driver for a serial port
	avr     bool   // there are AVR boards for it, which take the model's assembly
}

// Formats are all kinds, by name.
var Formats = []Format{
	{"arduino", "an Arduino library", "examples/stream", false, true},
	{"cmake", "a CMake project with install and find_package", "examples/stream", true, true},
	{"cmsis-pack", "a CMSIS-Pack, as a folder and as a .pack archive", "examples/stream", true, false},
	{"esp-idf", "an ESP-IDF component", "examples/stream/main", false, false},
	{"platformio", "a PlatformIO library", "examples/stream/src", false, true},
	{"zephyr", "a Zephyr module", "samples/stream/src", false, false},
}

// Names lists what --package takes.
func Names() []string {
	names := make([]string, len(Formats))
	for i, f := range Formats {
		names[i] = f.Name
	}
	return names
}

// Taken reports whether examples have files and functions that start with a prefix.
func Taken(prefix string) bool {
	return slices.Contains([]string{"protocol", "serial"}, strings.ToLower(prefix))
}

// Settings are the keys of a target's block that are about packages.
var Settings = []backends.Setting{
	{Key: "package", Doc: "for which build systems: " + strings.Join(Names(), ", "), Words: Names()},
	{Key: "package_vendor", Doc: "who hands the packages on: the first part of their names"},
	{Key: "package_version", Doc: "their version, as 1.2.0"},
}

// Choice is what a target's settings say about packages; its zero value is none.
type Choice struct {
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
		name = strings.TrimSpace(name)
		i := slices.IndexFunc(Formats, func(f Format) bool { return f.Name == strings.ToLower(name) })
		if i < 0 {
			d := backends.BadSetting("package", "there is no package for %s", diag.Short(name))
			if near := diag.Nearest(strings.ToLower(name), Names()); near != "" {
				return d.Helpf("did you mean %s?", near)
			}
			return d.Helpf("there are packages for %s", strings.Join(Names(), ", "))
		}
		if !slices.Contains(c.Formats, Formats[i]) {
			c.Formats = append(c.Formats, Formats[i])
		}
	}
	return nil
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
}

// Files gives the files of all packages, each in the folder FORMAT/VENDOR_PREFIX, and a figure for each.
func Files(m Model, c Choice) ([]backends.File, []backends.Figure, error) {
	var files []backends.File
	var figures []backends.Figure
	for _, f := range c.Formats {
		v := newValues(m, c, f)
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

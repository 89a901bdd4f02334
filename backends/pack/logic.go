package pack

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
)

// Logic is what packages need to know of a model in Verilog. Paths are those of Model.Sources.
type Logic struct {
	Design   []string // the core's modules, the top module's first
	Memories []string // files that they read
	Tests    []string // the core's testbench, and the vectors of all testbenches behind it
	Shells   []Shell
	Clock    float64 // MHz; 0 for the board's
}

// Shell is a module around the core.
type Shell struct {
	Name   string   // as the target's setting says it
	Module string   // its top module
	Files  []string // its modules
	Bench  string   // the file of its testbench or simulation, whose module has its name
}

// taken are the sources that a format takes: on a board the core and its serial line, elsewhere all.
func (l Logic) taken(sources []backends.File, f Format) (out []backends.File) {
	names := slices.Concat(l.Design, l.Memories)
	for _, s := range l.Shells {
		switch serial := s.Name == "uart"; {
		case f.board != "" && serial, f.board == "" && !serial:
			names = slices.Concat(names, s.Files, []string{s.Bench})
		case f.board == "":
			names = append(names, s.Files...)
		}
	}
	if f.board == "" {
		names = append(names, l.Tests...)
	}
	for _, s := range sources {
		if slices.Contains(names, s.Path) {
			out = append(out, s)
		}
	}
	return out
}

// below puts paths into the folder src, each file once.
func below(paths ...string) []string {
	var out []string
	for _, p := range paths {
		if p = "src/" + path.Base(p); !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// Verilog are the model's modules in the package, the core's top module first.
func (v values) Verilog() []string {
	names := slices.Clone(v.Logic.Design)
	for _, s := range v.Logic.Shells {
		if v.Board.Name == "" || s.Name == "uart" {
			names = append(names, s.Files...)
		}
	}
	return below(names...)
}

// Core are those of the core, without shells.
func (v values) Core() []string { return below(v.Logic.Design...) }

// Memories are the files that modules read.
func (v values) Memories() []string { return below(v.Logic.Memories...) }

// ShellFiles are the modules of all shells.
func (v values) ShellFiles() []string {
	var names []string
	for _, s := range v.Logic.Shells {
		names = append(names, s.Files...)
	}
	return below(names...)
}

// Shells are those with a testbench that says PASS.
func (v values) Shells() []Shell {
	return slices.DeleteFunc(slices.Clone(v.Logic.Shells), func(s Shell) bool { return s.Name == "uart" })
}

// Tests are the core's testbench and, behind it, the vectors.
func (v values) Tests() []string { return below(v.Logic.Tests...) }

// TopModule is what is built where no board is meant: the first shell, or the core.
func (v values) TopModule() string {
	if len(v.Logic.Shells) > 0 {
		return v.Logic.Shells[0].Module
	}
	return v.Prefix
}

// ClockPort is the clock of TopModule.
func (v values) ClockPort() string {
	switch {
	case len(v.Logic.Shells) == 0, v.Logic.Shells[0].Name == "uart":
		return "clk"
	case v.Logic.Shells[0].Name == "wishbone":
		return "clk_i"
	}
	return "aclk"
}

// Period is that of the clock in ns.
func (v values) Period() string {
	mhz := v.Logic.Clock
	if mhz == 0 {
		mhz = 12
	}
	return fmt.Sprintf("%.3f", 1000/mhz)
}

// Base is the last part of a path.
func (values) Base(p string) string { return path.Base(p) }

// Module is the module of a file.
func (values) Module(p string) string { return strings.TrimSuffix(path.Base(p), ".v") }

// onBoard is a board, and how its clock becomes the model's.
type onBoard struct {
	chip.Board
	Part *chip.Part
	Hz   int  // of the model
	PLL  *pll // nil where the board's clock is the model's
	// Oscillator is set where the FPGA's own takes the place of the one on the board, which needs solder.
	Oscillator bool
}

// newBoard finds a board, and the clock that is nearest to one in MHz; 0 stands for the board's.
func newBoard(name string, mhz float64) (onBoard, error) {
	part, board, err := chip.GetBoard(name)
	if err != nil {
		return onBoard{}, err
	}
	b := onBoard{Board: *board, Part: part, Hz: int(board.Clock * 1e6), Oscillator: board.Name == "upduino"}
	if mhz == 0 || mhz == board.Clock {
		return b, nil
	}
	wrong := backends.BadSetting("clock", "the clock of %s is %g MHz, and %g MHz cannot be made of it here", board.Title, board.Clock, mhz)
	if part.Logic.Synthesis.Command != "synth_ice40" {
		return b, wrong.Helpf("write  clock = %gMHz, or leave it out", board.Clock)
	}
	if b.PLL = findPLL(board.Clock, mhz); b.PLL == nil {
		return b, wrong.Helpf("its PLL makes 16 to 275 MHz; without it the clock is %g MHz", board.Clock)
	}
	b.Hz = int(math.Round(b.PLL.Output * 1e6))
	return b, nil
}

// MHz is the clock of the model.
func (b onBoard) MHz() string { return fmt.Sprintf("%.6g", float64(b.Hz)/1e6) }

// Pin is the pin of a name, "" where the board has none.
func (b onBoard) Pin(name string) string {
	if pins := b.Pins[name]; len(pins) > 0 {
		return pins[0]
	}
	return ""
}

// LED reports whether a plain output drives the first LED: the LEDs of UPduino hang on the current driver.
func (b onBoard) LED() bool { return b.Pin("led") != "" && b.Name != "upduino" }

// Inverted reports whether a pin is on when 0.
func (b onBoard) Inverted(name string) bool { return slices.Contains(b.ActiveLow, name) }

// PadPLL reports whether the clock's pin is the PLL's own, which must take it then.
func (b onBoard) PadPLL() bool { return b.Name == "icebreaker" }

// Route is the command that places and routes.
func (b onBoard) Route() string {
	return strings.Join(append([]string{b.Part.Logic.PlaceRoute.Command}, b.Part.Logic.PlaceRoute.Args...), " ")
}

// Loader is the command that loads a bitstream.
func (b onBoard) Loader() string { return strings.Join(b.Program, " ") }

// pll are the dividers of an iCE40's PLL with simple feedback: Fout = Fin * (F + 1) / ((R + 1) * 2^Q).
type pll struct {
	R, F, Q, Filter int
	Output          float64 // MHz
}

// findPLL finds the dividers whose output is nearest to one in MHz, within the limits of Lattice's FPGA-TN-02052: 10 to 133 MHz at the
// phase detector, 533 to 1066 at the oscillator, 16 to 275 out; nil where nothing is within 2 %.
func findPLL(in, out float64) *pll {
	var best *pll
	for r := range 16 {
		detector := in / float64(r+1)
		if detector < 10 || detector > 133 {
			continue
		}
		for f := range 128 {
			oscillator := detector * float64(f+1)
			if oscillator < 533 || oscillator > 1066 {
				continue
			}
			for q := 1; q <= 6; q++ {
				got := oscillator / float64(int(1)<<q)
				if got < 16 || got > 275 || math.Abs(got-out) > out/50 {
					continue
				}
				if best == nil || math.Abs(got-out) < math.Abs(best.Output-out) {
					best = &pll{r, f, q, filter(detector), got}
				}
			}
		}
	}
	return best
}

// filter is the range of the PLL's filter for a frequency at the phase detector in MHz.
func filter(mhz float64) int {
	for i, limit := range []float64{17, 26, 44, 66, 101} {
		if mhz < limit {
			return i + 1
		}
	}
	return 6
}

// Package synth measures Verilog on an FPGA: it asks yosys for its size and nextpnr for its clock, for any design with one clock. It
// knows the part (backends/chip) and the files, and nothing of the model that they came from. Start with Run.
//
// A design with wide ports has too few pins on a small package, and pins far away would make its clock slower. So it is placed within a
// harness: shift registers of flip-flops around its ports, and three pins. The design is synthesised alone, and so is the harness; the two
// netlists are joined and not optimised again. The figures of the design are thus those of the design alone, whatever the harness takes.
package synth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
)

// Design is Verilog in a folder, with the files of tables that it reads.
type Design struct {
	Dir   string
	Files []string // in Dir, without testbenches
	Top   string   // module
}

// Options say how. The zero value synthesises without multipliers and places once.
type Options struct {
	Seeds       int           // of placement: 1, 2, ...; 0 stands for 1
	Multipliers bool          // may be used
	SizeOnly    bool          // nothing is placed, and there is no clock
	Timeout     time.Duration // of each tool; 0 for none
	Tools       Tools
	// Smaller says what makes the design smaller, for errors; may be empty.
	Smaller string
	// Watch is told what is being done, and how far all of it is, 0 to 1.
	Watch func(what string, done float64)
}

// Size is what a design takes of a part.
type Size struct {
	LUTs        int `json:"luts"`
	FlipFlops   int `json:"flip_flops"`
	Carries     int `json:"carries"`
	Blocks      int `json:"blocks"`          // of RAM
	Large       int `json:"large,omitempty"` // memories, such as SPRAM
	Multipliers int `json:"multipliers"`
}

// Result is what the tools made of a design.
type Result struct {
	Part  string         `json:"part"`
	Top   string         `json:"top"`
	Tools []string       `json:"tools"` // with their versions
	Size  Size           `json:"size"`
	Cells map[string]int `json:"cells"` // of the design, by their types
	// Harness is what is around the design when it is placed; nil where nothing places on the part.
	Harness *Size `json:"harness,omitempty"`
	// LogicCells are those that were placed, with the harness: a cell is a LUT, its carry and its flip-flop, or some of them.
	LogicCells int    `json:"logic_cells,omitempty"`
	Seeds      []Seed `json:"seeds,omitempty"`
	// Worst and Median are clocks in MHz over the seeds; 0 where nothing was placed.
	Worst  float64 `json:"worst_mhz,omitempty"`
	Median float64 `json:"median_mhz,omitempty"`

	// HarnessVerilog, Log and FloorPlan are for a report: the harness, what the tools said, and a drawing in SVG of the slowest placement.
	HarnessVerilog, Log, FloorPlan []byte `json:"-"`
}

// Seed is one placement.
type Seed struct {
	Seed int     `json:"seed"`
	MHz  float64 `json:"mhz,omitempty"`
	// Problem says why there is no clock.
	Problem string `json:"problem,omitempty"`
	Path    *Path  `json:"critical_path,omitempty"`
	cells   int
	log     []byte
	plan    []byte
}

// Path is the slowest one.
type Path struct {
	From    string  `json:"from"`
	To      string  `json:"to"`
	Logic   float64 `json:"logic_ns"` // with set-up and clock-to-output times
	Routing float64 `json:"routing_ns"`
	Levels  int     `json:"levels"` // of cells
	at      [][2]float64
}

// Run synthesises a design for a part, and places and routes it where there is a tool. Errors have the codes "tool" (one is not
// installed), "fit" (no room) and "time" (one was stopped).
func Run(ctx context.Context, d Design, part *chip.Part, o Options) (*Result, error) {
	r := &runner{Design: d, Options: o, part: part}
	if err := r.choose(); err != nil {
		return nil, err
	}
	var err error
	if r.dir, err = os.MkdirTemp("", "hrnnc-synth-"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(r.dir)
	if err := r.copyDesign(); err != nil {
		return nil, err
	}
	out := &Result{Part: part.Name, Top: d.Top}
	r.watch("synthesising", 0)
	core, err := r.synthesise(ctx)
	if err != nil {
		return nil, err
	}
	out.Tools = append(out.Tools, core.creator())
	out.Cells = core.cells(d.Top)
	out.Size = sizeOf(part.Logic, out.Cells)
	out.Log = r.log.Bytes()
	if err := r.room(out.Size); err != nil {
		return nil, err
	}
	if o.SizeOnly || part.Logic.PlaceRoute.Command == "" {
		return out, nil
	}
	r.watch("making the harness", 0.35)
	joined, err := r.enclose(ctx, core, out)
	if err != nil {
		return nil, err
	}
	if err := r.place(ctx, joined, out); err != nil {
		return nil, err
	}
	return out, nil
}

func sizeOf(l *chip.Logic, cells map[string]int) Size {
	return Size{LUTs: l.Counts("luts", cells), FlipFlops: l.Counts("flip_flops", cells), Carries: l.Counts("carries", cells),
		Blocks: l.Counts("blocks", cells), Large: l.Counts("large", cells), Multipliers: l.Counts("multipliers", cells)}
}

// lack is a resource of which a design needs more than a part has.
type lack struct {
	what       string
	needs, has int
}

// lacks compares a size with a part.
func lacks(s Size, l *chip.Logic) []lack {
	var out []lack
	for _, r := range []lack{
		{"LUTs", s.LUTs, l.LUTs}, {"flip-flops", s.FlipFlops, l.FlipFlops}, {"block RAMs", s.Blocks, l.Block.Count},
		{"large RAMs", s.Large, l.Large.Count}, {"multipliers", s.Multipliers, l.Multipliers},
	} {
		if r.needs > r.has {
			out = append(out, r)
		}
	}
	return out
}

// on is about the size on another part, whose memories differ.
func (s Size) on(l, other *chip.Logic) Size {
	bits := s.Blocks*l.Block.Bits + s.Large*l.Large.Bits
	s.Large, s.Blocks = 0, (bits+other.Block.Bits-1)/other.Block.Bits
	return s
}

// room is an error where a design needs more than the part has.
func (r *runner) room(s Size) error {
	if lacking := lacks(s, r.part.Logic); len(lacking) > 0 {
		return r.noRoom(s, lacking)
	}
	return nil
}

// noRoom says what is lacking, and what would do.
func (r *runner) noRoom(s Size, lacking []lack) error {
	var words []string
	for _, l := range lacking {
		words = append(words, fmt.Sprintf("%d %s of %d", l.needs, l.what, l.has))
	}
	d := diag.InFile("", "").Errorf("fit", "%s does not fit %s: it takes %s", r.Top, r.part.Name, strings.Join(words, ", "))
	var larger []string
	for _, p := range chip.All() {
		if p.Kind == chip.FPGA && p.Logic.LUTInputs == r.part.Logic.LUTInputs && p.Logic.LUTs > r.part.Logic.LUTs && len(lacks(s.on(r.part.Logic, p.Logic), p.Logic)) == 0 {
			larger = append(larger, "--part "+p.Name)
		}
	}
	switch also := strings.Join(larger, " or "); {
	case r.Smaller != "" && also != "":
		return d.Helpf("%s; %s has room", r.Smaller, also)
	case also != "":
		return d.Helpf("%s has room", also)
	case r.Smaller != "":
		return d.Helpf("%s", r.Smaller)
	}
	return d.Helpf("a smaller model, or another part: hrnnc chips says what they have")
}

// testbench ends the name of the file and module that runs a design's golden vectors.
const testbench = "_tb"

// Generated is the design in a folder that hrnnc wrote: its Verilog without testbench and harness. The testbench is named after the
// top module.
func Generated(dir string) (Design, error) {
	d := Design{Dir: dir}
	all, err := filepath.Glob(filepath.Join(fileio.EscapeGlob(dir), "*.v"))
	if err != nil {
		return d, err
	}
	for _, f := range all {
		name := filepath.Base(f)
		if top, ok := strings.CutSuffix(name, testbench+".v"); ok {
			d.Top = top
		} else if name != "harness.v" {
			d.Files = append(d.Files, name)
		}
	}
	if d.Top == "" {
		return d, diag.InFile(dir, "").Errorf("file", "holds no Verilog of hrnnc's").Helpf("hrnnc compile model.hrn --target verilog  writes it")
	}
	return d, nil
}

// spread fills in the clocks.
func (out *Result) spread() error {
	var clocks []float64
	for _, s := range out.Seeds {
		if s.Problem == "" {
			clocks = append(clocks, s.MHz)
		}
	}
	if len(clocks) == 0 {
		return errors.New("no seed was placed: " + out.Seeds[0].Problem)
	}
	slices.Sort(clocks)
	out.Worst, out.Median = clocks[0], clocks[len(clocks)/2]
	if n := len(clocks); n%2 == 0 {
		out.Median = (clocks[n/2-1] + clocks[n/2]) / 2
	}
	return nil
}

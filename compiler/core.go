package compiler

import (
	"context"
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/datapath/area"
	"github.com/hrnnc/hrnnc/backends/synth"
	"github.com/hrnnc/hrnnc/backends/verilog"
)

// Core is a Hadamard transform in Verilog, for other people's designs, and what it takes.
type Core struct {
	*verilog.Core
	// Counted is what it takes of an iCE40, counted on the design without synthesis.
	Counted area.Area `json:"counted"`
	// Measured is what yosys and nextpnr made of it; nil until Measure was called.
	Measured *synth.Result `json:"measured,omitempty"`
}

// NewCore makes a transform of n integers of width bits; without a name it is called after what it is. The error is a
// *datapath.CoreError, which says what can be made, or a *verilog.NameError.
func NewCore(name string, n, width int, style datapath.CoreStyle) (*Core, error) {
	c, err := verilog.NewCore(name, n, width, style)
	if err != nil {
		return nil, err
	}
	return &Core{Core: c, Counted: area.Count(c.Design, area.ICE40)}, nil
}

// Measure synthesises the core for a part, and places it where there is a tool.
func (c *Core) Measure(ctx context.Context, part *chip.Part, o synth.Options) error {
	f := c.Verilog()
	dir, done, err := temporary([]backends.File{f})
	if err != nil {
		return err
	}
	defer done()
	c.Measured, err = synth.Run(ctx, synth.Design{Dir: dir, Files: []string{f.Path}, Top: c.Name}, part, o)
	return err
}

// Figures are rows of a name and a text: what it takes.
func (c *Core) Figures() [][2]string {
	rows := [][2]string{{"counted for an iCE40", taken(c.Counted.Tables, 4, c.Counted.FlipFlops, c.Counted.Blocks)}}
	m := c.Measured
	if m == nil {
		return rows
	}
	part, err := chip.GetFPGA(m.Part)
	inputs := 4
	if err == nil {
		inputs = part.Logic.LUTInputs
	}
	rows = append(rows, [2]string{"synthesised for " + m.Part, taken(m.Size.LUTs, inputs, m.Size.FlipFlops, m.Size.Blocks) + " (" + strings.Join(m.Tools, ", ") + ")"})
	if m.Worst > 0 {
		rows = append(rows, [2]string{"clock on " + m.Part, fmt.Sprintf("%.1f MHz, the worst of %d placements", m.Worst, len(m.Seeds))})
	}
	return rows
}

func taken(luts, inputs, flipFlops, blocks int) string {
	text := fmt.Sprintf("%d LUT%d, %d flip-flops", luts, inputs, flipFlops)
	if blocks > 0 {
		text += fmt.Sprintf(", %d block RAMs", blocks)
	}
	return text
}

// Write puts the core's files into a folder, as Output.Write does.
func (c *Core) Write(dir string, force bool) error {
	files, err := c.Files(c.Figures())
	if err != nil {
		return err
	}
	return WriteTree(dir, force, files, c.Products(), c)
}

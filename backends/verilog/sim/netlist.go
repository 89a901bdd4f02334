package sim

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/exttool"
)

// cells are the folders of the models of the cells that a command of yosys makes, in yosys's own.
var cells = map[string]string{"synth_ice40": "ice40", "synth_ecp5": "ecp5", "synth_xilinx": "xilinx"}

// noModel keeps a command from cells that yosys has no model of: block RAMs of an ECP5 and of Xilinx. Memories are look-up tables then.
var noModel = map[string][]string{"synth_ecp5": {"-nobram"}, "synth_xilinx": {"-nobram"}}

// noDefaults keeps values of ports that nothing is connected to out of the models, which Icarus Verilog does not read. Yosys
// connects every port.
const noDefaults = "-DNO_ICE40_DEFAULT_ASSIGNMENTS"

// Netlist runs the cells of an FPGA that yosys makes of the design, in Icarus Verilog. Without the FPGA's multipliers, as designs
// are made where the settings say nothing of them.
func Netlist(part *chip.Part) backends.Engine {
	return backends.Engine{Name: "netlist " + part.Name, Tools: []string{"yosys", "iverilog", "vvp"}, Rate: 2e4,
		Run: func(ctx context.Context, dir string, p *lower.Plan, x [][][]int64) ([][][]int64, error) {
			return simulate(ctx, dir, p, x, func(tmp string, d *Design) (string, []string, error) {
				netlist := filepath.Join(tmp, "netlist.v")
				if err := synthesise(ctx, d, part, netlist); err != nil {
					return "", nil, err
				}
				folder, err := yosysFolder()
				if err != nil {
					return "", nil, err
				}
				folder = filepath.Join(folder, cells[part.Logic.Synthesis.Command])
				return icarus(ctx, tmp, d.Dir, []string{"-g2012", noDefaults, "-I", folder, filepath.Join(folder, "cells_sim.v"), netlist, harness})
			})
		}}
}

// synthesise writes the netlist of a design.
func synthesise(ctx context.Context, d *Design, part *chip.Part, netlist string) error {
	_, err := exttool.Run(ctx, d.Dir, nil, "yosys", "-q", "-p", synthesis(d.Sources, d.Top, part)+"; setundef -zero -params; write_verilog -noattr "+netlist) // memories start with something, as they do in an FPGA
	return err
}

// synthesis is what yosys is told to make cells of a part, all with models, out of sources.
func synthesis(sources []string, top string, part *chip.Part) string {
	s := part.Logic.Synthesis
	words := slices.Concat([]string{s.Command}, s.Args, s.NoMultipliers, noModel[s.Command], []string{"-top", top})
	style := ""
	if noModel[s.Command] != nil {
		style = "setattr -unset ram_style -unset rom_style m:*; "
	}
	return fmt.Sprintf("read_verilog %s; %s%s", strings.Join(sources, " "), style, strings.Join(words, " "))
}

// yosysFolder is where yosys keeps what it reads: share, beside the folder of its program.
func yosysFolder() (string, error) {
	program, err := exttool.Find("yosys")
	if err != nil {
		return "", err
	}
	if program, err = filepath.EvalSymlinks(program); err != nil {
		return "", err
	}
	return filepath.Join(filepath.Dir(filepath.Dir(program)), "share", "yosys"), nil
}

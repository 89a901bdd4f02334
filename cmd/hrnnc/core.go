package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/synth"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
)

func (a *app) coreCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "core",
		Args:  knownCommand,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
		Short: "Write a part of the Verilog as a core for other designs: the Hadamard transform",
		Long:  `Write a part of what target verilog is made of as a core for other designs, with a testbench and a description for FuseSoC.`,
		Example: `  hrnnc core hadamard --n 16 --width 12
  hrnnc core hadamard --help`,
	}
	c.AddCommand(a.coreHadamardCmd())
	for _, sub := range c.Commands() {
		wrapArgs(sub)
	}
	return c
}

// coreStyles are the words of --style.
func coreStyles() []string {
	var out []string
	for _, s := range datapath.CoreStyles {
		out = append(out, string(s))
	}
	return out
}

func (a *app) coreHadamardCmd() *cobra.Command {
	o := synth.Options{Seeds: 3, Timeout: 15 * time.Minute}
	var n, width int
	var style, name, part, out string
	var force bool
	c := &cobra.Command{
		Use:   "hadamard",
		Short: "Write a Hadamard transform in Verilog",
		Long: `Write a Walsh-Hadamard transform in Verilog-2001: exact, in natural order, of --n signed integers of --width bits. Its style is

- pipelined: a whole vector a cycle, every butterfly in its own logic; the most area;
- streaming: a value a cycle, a stage each in its own logic;
- serial: a butterfly a cycle, values in two block RAMs; ready and valid at both sides.

A testbench for Icarus Verilog and Verilator, a Makefile, a description for FuseSoC and a README with its cycles and its area lie beside
it. With --part the area and the clock are measured, too, by yosys and nextpnr.`,
		Example: `  hrnnc core hadamard --n 16 --width 12
  hrnnc core hadamard --n 16 --width 12 --style pipelined -o rtl/hadamard
  hrnnc core hadamard --n 256 --width 16 --style serial --part up5k
  hrnnc core hadamard --n 64 --width 8 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := folder(out); err != nil {
				return err
			}
			if !cmd.Flags().Changed("n") || !cmd.Flags().Changed("width") {
				return misuse("a transform needs --n and --width").Helpf("hrnnc core hadamard --n 16 --width 12  is one of 16 integers of 12 bits")
			}
			core, err := compiler.NewCore(name, n, width, datapath.CoreStyle(style))
			var wrong *datapath.CoreError
			switch {
			case errors.As(err, &wrong):
				return misuse("%s", wrong.What).Helpf("%s", wrong.Help)
			case err != nil:
				return misuse("--name: %v", err).Helpf("use letters, digits and underscores, and no word of Verilog")
			}
			if out == "" {
				out = filepath.Join("build", core.Name)
			}
			if part != "" {
				if o.Seeds < 1 || o.Seeds > 100 {
					return misuse("--seeds %d is not from 1 to 100", o.Seeds).Helpf("3 is the default; more say better what a placement may turn out to be")
				}
				p, err := chip.GetFPGA(part)
				if err != nil {
					return err
				}
				bar := a.progress()
				defer bar.clear()
				o.Watch = bar.plan("synthesising", 1).reach
				o.Smaller = smallerCore(core)
				if err := core.Measure(cmd.Context(), p, o); err != nil {
					return err
				}
				bar.clear()
			}
			if err := core.Write(out, force); err != nil {
				return err
			}
			if a.json {
				return a.printJSON(struct {
					Folder string `json:"folder"`
					*compiler.Core
				}{out, core})
			}
			fmt.Fprintf(a.out, "Hadamard transform of %d integers of %s, %s: %s\n\n", n, diag.GroupedCount(width, "bit"), style, core.Name)
			rows := append([][2]string{
				{"throughput", "a vector every " + diag.GroupedCount(core.Interval, "cycle")},
				{"latency", fmt.Sprintf("%s from the first value to the first result", diag.GroupedCount(core.Latency, "cycle"))},
			}, core.Figures()...)
			long := 0
			for _, r := range rows {
				long = max(long, len(r[0]))
			}
			for _, r := range rows {
				fmt.Fprintf(a.out, "%-*s  %s\n", long, r[0], r[1])
			}
			fmt.Fprintf(a.out, "\nwritten to %s\n", out)
			return nil
		},
	}
	f := c.Flags()
	f.IntVar(&n, "n", 0, "values of a vector: a power of two")
	f.IntVar(&width, "width", 0, "bits of a value, which is signed")
	f.StringVar(&style, "style", string(datapath.CoreStreaming), "how it is made: "+strings.Join(coreStyles(), ", "))
	f.StringVar(&name, "name", "", "of the module (default hadamardN_STYLE)")
	f.StringVar(&part, "part", "", "measure it on this FPGA, too: "+strings.Join(chip.Names(chip.FPGA), ", "))
	f.IntVar(&o.Seeds, "seeds", o.Seeds, "placements to try")
	f.DurationVar(&o.Timeout, "timeout", o.Timeout, "how long a tool may take before it is stopped")
	f.StringVarP(&out, "output", "o", "", "folder to write (default build/NAME)")
	f.BoolVar(&force, "force", false, "replace the folder whatever it holds")
	return c
}

// smallerCore says what takes less room.
func smallerCore(c *compiler.Core) string {
	if c.Style == datapath.CorePipelined {
		return "style streaming takes less room"
	}
	return ""
}

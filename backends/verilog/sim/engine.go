// Package sim runs generated Verilog with outside tools: simulators and the netlists of FPGAs as engines, formal proofs, coverage
// and waveforms. It knows a generated folder by its files and a core by its ports, and nothing of what is inside.
// Start with Engines and Prove.
package sim

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/exttool"
	"github.com/hrnnc/hrnnc/ir"
)

// Engines lists the simulators, the usual one first: Verilator takes seconds to build and then runs a hundred times as
// fast as Icarus Verilog, which starts at once.
func Engines() []backends.Engine {
	return []backends.Engine{
		{Name: "verilator", Tools: []string{"verilator", "g++", "make"}, Rate: 1e7, Run: runVerilator},
		{Name: "iverilog", Tools: []string{"iverilog", "vvp"}, Rate: 4e4, Run: runIcarus},
	}
}

const (
	harness   = "harness.v"
	testbench = "_tb.v" // behind the name of the top module
)

// Design is what a generated folder holds, by the names of its files.
type Design struct {
	Dir     string
	Top     string   // the module
	Sources []string // Verilog of the top module and of all in it
}

// Open reads the names of a generated folder's files.
func Open(dir string) (*Design, error) {
	all, err := filepath.Glob(filepath.Join(dir, "*.v"))
	if err != nil {
		return nil, err
	}
	d := &Design{Dir: dir}
	for _, f := range all {
		name := filepath.Base(f)
		if top, ok := strings.CutSuffix(name, testbench); ok {
			d.Top = top
		} else if name != harness {
			d.Sources = append(d.Sources, name)
		}
	}
	if d.Top == "" || len(d.Sources) == 0 {
		return nil, fmt.Errorf("%s holds no generated Verilog with its testbench", dir)
	}
	return d, nil
}

func runIcarus(ctx context.Context, dir string, p *lower.Plan, x [][][]int64) ([][][]int64, error) {
	return simulate(ctx, dir, p, x, func(tmp string, d *Design) (string, []string, error) {
		return icarus(ctx, tmp, d.Dir, append([]string{"-g2001", "-Wall", harness}, d.Sources...))
	})
}

// icarus builds the harness and gives the command that runs it.
func icarus(ctx context.Context, tmp, dir string, args []string) (string, []string, error) {
	program := filepath.Join(tmp, "harness.vvp")
	_, err := exttool.Run(ctx, dir, nil, "iverilog", append([]string{"-s", "harness", "-o", program}, args...)...)
	return "vvp", []string{"-n", program}, err
}

func runVerilator(ctx context.Context, dir string, p *lower.Plan, x [][][]int64) ([][][]int64, error) {
	return simulate(ctx, dir, p, x, func(tmp string, d *Design) (string, []string, error) {
		args := append([]string{"--binary", "--quiet-exit", "-j", "2", "-O3",
			"-MAKEFLAGS", "OPT_GLOBAL=-O0 OPT_FAST=-O1 OPT_SLOW=-O0", // most of the time goes into building its library
			"--top-module", "harness", "--Mdir", tmp, harness}, d.Sources...)
		_, err := exttool.RunEnv(ctx, dir, ccache(), nil, "verilator", args...)
		return filepath.Join(tmp, "Vharness"), nil, err
	})
}

// ccache is the environment in which Verilator's library, which is the same for every model, is built once.
func ccache() []string {
	if len(exttool.Missing("ccache")) > 0 {
		return nil
	}
	return []string{"OBJCACHE=ccache"}
}

// simulate builds the harness, feeds it the sequences through files and reads its outputs.
func simulate(ctx context.Context, dir string, p *lower.Plan, x [][][]int64, build func(tmp string, d *Design) (string, []string, error)) ([][][]int64, error) {
	d, err := Open(dir)
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "hrnnc-verilog-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	program, args, err := build(tmp, d)
	if err != nil {
		return nil, err
	}
	in, out := filepath.Join(tmp, "in.txt"), filepath.Join(tmp, "out.txt")
	if err := os.WriteFile(in, numbers(x), 0o600); err != nil {
		return nil, err
	}
	printed, err := exttool.Run(ctx, dir, nil, program, append(args, "+in="+in, "+out="+out)...)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(out)
	if err != nil {
		return nil, fmt.Errorf("the simulation wrote nothing: %s", printed)
	}
	return parse(strings.Fields(string(text)), p, x)
}

func numbers(x [][][]int64) []byte {
	var b bytes.Buffer
	for _, sequence := range x {
		fmt.Fprintln(&b, len(sequence))
		for _, row := range sequence {
			for _, v := range row {
				fmt.Fprintln(&b, v)
			}
		}
	}
	return b.Bytes()
}

// parse cuts the outputs into sequences, steps and rows.
func parse(words []string, p *lower.Plan, x [][][]int64) ([][][]int64, error) {
	y := make([][][]int64, len(x))
	for i := range x {
		steps := 1
		if p.Output.When == ir.EveryStep {
			steps = len(x[i])
		}
		for range steps {
			row := make([]int64, p.Entries())
			for j := range row {
				if len(words) == 0 {
					return nil, fmt.Errorf("the simulation stopped in sequence %d", i)
				}
				v, err := strconv.ParseInt(words[0], 10, 64)
				if err != nil {
					return nil, fmt.Errorf("the simulation gave %q in sequence %d", words[0], i)
				}
				row[j], words = v, words[1:]
			}
			y[i] = append(y[i], row)
		}
	}
	if len(words) > 0 {
		return nil, fmt.Errorf("the simulation gave %d outputs too many", len(words))
	}
	return y, nil
}

package verilog

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/ir"
)

// sources lists the files of the design, the top module first.
func (d *design) sources() []string {
	return []string{d.prefix + ".v"}
}

type makefileValues struct {
	Prefix, Design     string
	Shells, ShellFiles []string
	Benches            []string // testbenches of shells that say PASS
	Serial             bool     // one of the shells is for serial lines
}

func (d *design) makefile() makefileValues {
	v := makefileValues{Prefix: d.prefix, Design: strings.Join(d.sources(), " "), ShellFiles: d.shellSources()}
	for _, s := range d.shells {
		v.Shells = append(v.Shells, s.Name)
		if s.Name == "uart" {
			v.Serial = true
		} else {
			v.Benches = append(v.Benches, s.bench)
		}
	}
	return v
}

// readmeValues fill templates/README.md.tmpl.
type readmeValues struct {
	topValues
	Name, Decision string
	Sources        []string
	Arch           string
	StateBits      int
	TableBits      int
	MemoryFiles    []string
	MemoriesMacro  string
	Shells         []shell
	Serial         bool
}

func (d *design) readme() readmeValues {
	v := readmeValues{topValues: d.top(), Name: d.plan.Name, Sources: d.sources(), Arch: d.made.Arch.String(), StateBits: d.stateBits(), TableBits: d.tableBits,
		MemoryFiles: d.memoryFiles, MemoriesMacro: memoriesMacro(d.prefix), Shells: d.shells, Serial: d.makefile().Serial}
	switch d.plan.Output.Decision {
	case ir.Argmax:
		v.Decision = "`out_class` is the index of the largest, with `out_last`."
	case ir.Threshold:
		v.Decision = fmt.Sprintf("`out_bit` is 1 where the output is above %v.", d.plan.Output.Threshold)
	}
	return v
}

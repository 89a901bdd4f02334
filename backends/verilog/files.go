package verilog

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/verilog/sim"
	"github.com/hrnnc/hrnnc/ir"
)

// sources lists the files of the design, the top module first.
func (d *design) sources() []string {
	return []string{d.prefix + ".v"}
}

// makefileValues fill templates/Makefile.tmpl.
type makefileValues struct {
	Prefix, Design     string
	Proofs             []sim.Proof
	Prepare, Bounded   string // of a proof named $@; the names of those that are searched cycle by cycle only
	Products           []string
	Shells, ShellFiles []string
	Benches            []string // testbenches of shells that say PASS
	Serial             bool     // one of the shells is for serial lines
}

func (d *design) makefile() makefileValues {
	v := makefileValues{Prefix: d.prefix, Design: strings.Join(d.sources(), " "), ShellFiles: d.shellSources(), Proofs: d.proofs(), Products: target{}.Products()}
	v.formal()
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

// formal says how a proof is prepared.
func (v *makefileValues) formal() {
	var bounded, cut []string
	for _, p := range v.Proofs {
		if p.Bounded {
			bounded = append(bounded, p.Name)
		}
		if p.Cut {
			cut = append(cut, p.Name)
		}
	}
	v.Bounded = strings.Join(bounded, " ")
	const proof = "PROOF" // stands for it while dollars are doubled, as make wants them
	script := sim.PrepareScript([]string{"DESIGN"}, "formal/"+proof+".sv", v.Prefix+"_"+proof, "build/"+proof, "CUT")
	v.Prepare = strings.NewReplacer("$", "$$", proof, "$@", "DESIGN", "$(DESIGN)",
		"CUT", fmt.Sprintf("$(if $(filter %s,$@),%s)", strings.Join(cut, " "), strings.ReplaceAll(sim.CutMemories, "$", "$$"))).Replace(script)
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
	Waveform       string // the file; "" where there is none
}

func (d *design) readme() readmeValues {
	v := readmeValues{topValues: d.top(), Name: d.plan.Name, Sources: d.sources(), Arch: d.made.Arch.String(), StateBits: d.stateBits(), TableBits: d.tableBits,
		MemoryFiles: d.memoryFiles, MemoriesMacro: memoriesMacro(d.prefix), Shells: d.shells, Serial: d.makefile().Serial}
	if d.drawn {
		v.Waveform = Waveform
	}
	switch d.plan.Output.Decision {
	case ir.Argmax:
		if s := d.plan.Output.Decide; d.plan.Decide != nil {
			v.Decision = "`out_class`, with `out_last`, is the class decided on: " + backends.DecideWords(s) + ". `out_changed` is 1 where it is another than that of the step before."
			break
		}
		v.Decision = "`out_class` is the index of the largest, with `out_last`."
	case ir.Threshold:
		v.Decision = fmt.Sprintf("`out_bit` is 1 where the output is above %v.", d.plan.Output.Threshold)
	}
	return v
}

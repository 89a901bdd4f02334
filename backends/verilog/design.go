package verilog

import (
	"fmt"
	"math/bits"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/datapath/explore"
	"github.com/hrnnc/hrnnc/ir"
)

// design is a plan with the datapath that its settings chose.
type design struct {
	*settings
	plan        *lower.Plan
	made        *explore.Candidate
	tableBits   int
	drawn       bool     // there is a timing diagram
	memoryFiles []string // of tables that do not stand in the module
}

// designFor is the design of a plan under settings.
func designFor(p *lower.Plan, set settings) (*design, error) {
	made, err := set.candidate(p, set.prefix)
	if err != nil {
		return nil, err
	}
	return &design{settings: &set, plan: p, made: made}, nil
}

// clog2 is the number of bits that count n things, at least 1.
func clog2(n int) int { return max(1, bits.Len(uint(n-1))) }

// inputBits and outputBits are the widths of in_data and out_data.
func (d *design) inputBits() int  { return d.made.Design.Port(datapath.InData).Bits }
func (d *design) outputBits() int { return d.made.Design.Port(datapath.OutData).Bits }

// period is the cycles from the last beat of a step to that of the next, where outputs leave meanwhile or none do.
func (d *design) period(outputs bool) int {
	if outputs {
		return d.made.OutputCycles
	}
	return d.made.StepCycles
}

// stateBits are those of the memories that are written.
func (d *design) stateBits() int {
	n := 0
	for _, m := range d.made.Design.Memories {
		if len(m.Writes) > 0 {
			n += m.Bits * m.Depth
		}
	}
	return n
}

func (d *design) inputComment() string {
	in := d.plan.Input
	lo, hi := in.Range()
	if in.Kind == ir.Token {
		return fmt.Sprintf("a token, 0 to %d", hi)
	}
	kind := "unsigned"
	if in.Signed {
		kind = "signed"
	}
	return fmt.Sprintf("%s, %d to %d; one is worth %.6g", kind, lo, hi, in.Scale)
}

func (d *design) valueComment() string {
	u := d.plan.Readout.Unit
	if u.Parity && d.plan.Output.When != ir.Mean {
		return fmt.Sprintf("signed; one is worth %.9g after an even number of steps, %.9g after an odd one", u.At(0), u.At(1))
	}
	return fmt.Sprintf("signed; one is worth %.9g", u.Unit)
}

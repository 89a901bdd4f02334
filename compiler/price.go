package compiler

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/hrnnc/hrnnc/backends/c"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/datapath/explore"
	"github.com/hrnnc/hrnnc/backends/lower/schedule"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// ChipPrice is what a model takes of a microcontroller, as counted for the schedule that Compile would choose.
type ChipPrice struct {
	Cycles, Flash, RAM int
	Unit               chip.Unit // of Cycles: those of a step, with an output where there is one at every step
	Unmet              string    // why nothing fits the chip or the limits of target c; the figures are then what would be needed
}

// mostRooms is how many budgets are tried for a model that has no room: what would do may hold a schedule that is not proven.
const mostRooms = 8

// ChipPrice prices the model on the chip of its settings, within their flash and ram. The error is a diag.List.
func (l *Lowered) ChipPrice() (*ChipPrice, error) {
	picked, err := c.Pick(l.Plan, l.Targets[c.Target.Name()])
	var small *schedule.NoFit
	unmet := ""
	need := schedule.Budget{}
	for range mostRooms {
		if !errors.As(err, &small) {
			break
		}
		// Within what would do, the figures say how far off it is.
		if unmet == "" {
			unmet = small.Error()
		}
		need = small.Smallest
		roomy := l.with(c.Target, "flash", strconv.Itoa(need.Flash)).with(c.Target, "ram", strconv.Itoa(need.RAM))
		picked, err = c.Pick(l.Plan, roomy.Targets[c.Target.Name()])
	}
	switch {
	case err != nil:
		return nil, l.placed(c.Target, err)
	case picked == nil && l.MCU() == "":
		return nil, diag.List{diag.InFile(l.File, "").Errorf("mcu", "no chip is named").Helpf("add  --mcu NAME;  hrnnc chips lists them")}
	case picked == nil:
		return nil, diag.List{diag.InFile(l.File, "").Errorf("mcu", "there are no prices of %s", l.MCU()).
			Helpf("hrnnc chips lists those that are emulated: they have prices")}
	}
	p := picked.Price
	cycles := p.Step()
	if l.Plan.Output.When == ir.EveryStep {
		cycles += p.Output
	}
	return &ChipPrice{Cycles: int(cycles + 0.5), Flash: max(p.Flash(), need.Flash), RAM: max(p.RAM(), need.RAM), Unit: p.Unit, Unmet: unmet}, nil
}

// ChipMemory is what the chip of the settings has, in bytes; 0 where there is none.
func (l *Lowered) ChipMemory() (flash, ram int) {
	p, err := chip.Get(l.MCU())
	if err != nil {
		return 0, 0
	}
	return p.Flash, p.RAM
}

// LogicPrice is what a model takes of an FPGA, as counted.
type LogicPrice struct {
	LUTs, Cycles int
	Arch         string
	Unmet        string // why no design fits the part or keeps up; the figures are then the nearest design's
}

// LogicPrice prices the design that Compile would make on the FPGA of the settings. Where they ask for no rate, it is the smallest that
// takes a step in maxCycles, 0 for any. The error is a diag.List.
func (l *Lowered) LogicPrice(maxCycles int) (*LogicPrice, error) {
	s, err := l.Explore(nil)
	if err != nil {
		return nil, err
	}
	if maxCycles > 0 && s.Rate == 0 || s.Chosen == nil {
		s.Chosen = nil
		quickEnough := func(o *explore.Candidate) bool {
			return (maxCycles == 0 || o.Cycles(l.Plan) <= maxCycles) && s.Clock*1e6 >= s.Rate*float64(o.Cycles(l.Plan))
		}
		var fastest *explore.Candidate // that fits
		for i := range s.All {
			o := &s.All[i]
			if o.Why != "" {
				continue
			}
			if s.Chosen == nil && quickEnough(o) {
				s.Chosen = o
			}
			if fastest == nil || o.Cycles(l.Plan) < fastest.Cycles(l.Plan) {
				fastest = o
			}
		}
		switch {
		case s.Chosen != nil:
		case fastest != nil:
			return logicPrice(l, fastest, fmt.Sprintf("the fastest design that fits takes %s a step", diag.Count(fastest.Cycles(l.Plan), "cycle"))), nil
		default:
			s.All[0].Measure(l.Plan)
			return logicPrice(l, &s.All[0], "the smallest design takes "+s.All[0].Why), nil
		}
	}
	return logicPrice(l, s.Chosen, ""), nil
}

func logicPrice(l *Lowered, o *explore.Candidate, unmet string) *LogicPrice {
	return &LogicPrice{LUTs: o.Tables, Cycles: o.Cycles(l.Plan), Arch: o.Arch.String(), Unmet: unmet}
}

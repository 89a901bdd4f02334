package compiler

import (
	"maps"
	"slices"

	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/datapath/explore"
	"github.com/hrnnc/hrnnc/backends/verilog"
)

// Explore counts every architecture that target verilog has for the model under its settings, the smallest first, with the goal
// that they are for. progress, which may be nil, is told how many of how many are done. The error is a diag.List.
func (l *Lowered) Explore(progress func(done, of int)) (explore.Goal, []explore.Candidate, error) {
	goal, all, err := verilog.Explore(l.Plan, l.Targets[verilog.Target.Name()], progress)
	if err != nil {
		return goal, nil, l.placed(verilog.Target, err)
	}
	return goal, all, nil
}

// As is the model with its architecture on the FPGA decided, whatever rate is asked for.
func (l *Lowered) As(a datapath.Arch) *Lowered {
	settings := verilog.Deciding(a)
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		l = l.with(verilog.Target, key, settings[key])
	}
	delete(l.Targets[verilog.Target.Name()], "steps_per_second") // the map is this model's own
	return l
}

package compiler

import (
	"maps"
	"slices"

	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/lower/datapath/explore"
	"github.com/hrnnc/hrnnc/backends/verilog"
)

// Explore counts every architecture that target verilog has for the model under its settings, and says which one it makes.
// progress, which may be nil, is told how many of how many are done. The error is a diag.List.
func (l *Lowered) Explore(progress func(done, of int)) (*explore.Survey, error) {
	s, err := verilog.Explore(l.Plan, l.Targets[verilog.Target.Name()], progress)
	if err != nil {
		return nil, l.placed(verilog.Target, err)
	}
	if s.Unmet != nil {
		s.Unmet = l.placed(verilog.Target, s.Unmet)
	}
	return s, nil
}

// Architecture is the design that target verilog makes, beside those of the front: what is worth which area.
type Architecture struct {
	Part     string              `json:"part"`
	Clock    float64             `json:"clock_mhz"`
	Rate     float64             `json:"steps_per_second,omitempty"`
	Counted  int                 `json:"counted"` // architectures
	Chosen   explore.Candidate   `json:"chosen"`
	RunnerUp []explore.Candidate `json:"runners_up"`
}

// Architecture is the architecture on the FPGA with the others that nothing beats. The error is a diag.List where none is good enough.
func (l *Lowered) Architecture(progress func(done, of int)) (*Architecture, error) {
	s, err := l.Explore(progress)
	if err != nil {
		return nil, err
	}
	if s.Chosen == nil {
		return nil, s.Unmet
	}
	out := &Architecture{Part: s.Part.Name, Clock: s.Clock, Rate: s.Rate, Counted: len(s.All), Chosen: *s.Chosen}
	for _, c := range explore.Front(l.Plan, s.All) {
		if !s.IsChosen(c) {
			out.RunnerUp = append(out.RunnerUp, c)
		}
	}
	return out, nil
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

package datapath

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/ir"
)

// several is a number of things in words.
func several(n int, thing string) string {
	if n == 1 {
		return "one " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// doc is the schedule in words.
func (s *serial) doc() []string {
	var out []string
	for _, e := range s.engines {
		out = append(out, e.schedule())
	}
	r := &s.p.Readout
	e := s.engines[r.Layer]
	rows := groupsOf(r.Matrix.Rows, e.readRows)
	switch {
	case e.mean != nil && e.mean.split:
		out = append(out, fmt.Sprintf("Of a mean the units are added up over the steps, and meet the readout once, behind the last: %d words of sums an output, once those of the odd "+
			"steps and, behind a rescale bit by bit, those of the even ones. The next sequence may begin meanwhile.", e.mean.sums))
	case e.mean != nil:
		out = append(out, fmt.Sprintf("Of a mean the units are added up over the steps, and meet the readout once, behind the last: %s over %d words. "+
			"The next sequence may begin meanwhile.", several(rows, "walk"), e.mean.sums))
	default:
		when := "After a last step"
		if s.p.Output.When == ir.EveryStep {
			when = "Then"
		}
		out = append(out, fmt.Sprintf("%s the readout walks over the state, %s of %s a cycle: %s of %d cycles. Outputs wait to be taken while the next step runs.",
			when, several(e.readUnits, "unit"), several(e.readRows, "row"), several(rows, "walk"), e.l.N/e.readUnits))
	}
	return out
}

// schedule tells how a layer is computed.
func (e *engine) schedule() string {
	l := e.l
	banks := 1 << e.w
	text := fmt.Sprintf("%s: %d units of %d bits", l.Name, l.N, l.Bits)
	if l.K == 0 {
		text += ", no transform"
	} else {
		word, butterflies := l.N/banks, "one butterfly"
		if banks > 2 {
			butterflies = fmt.Sprintf("%d butterflies", banks/2)
		}
		text += fmt.Sprintf(" in %d banks by the parity of the unit's number, so that partners lie apart at every stride; %d stages of %d cycles, %s a cycle, back to back",
			banks, e.stages(), word, butterflies)
	}
	update := e.groups() * e.cycles
	switch {
	case e.fused:
		each := "a cycle"
		if e.cycles > 1 {
			each = fmt.Sprintf("in %d cycles", e.cycles)
		}
		text += fmt.Sprintf("; the last one goes through the update, %s %s: %d cycles", several(e.units, "unit"), each, update)
	default:
		text += fmt.Sprintf("; then the update, a unit in %d: %d cycles", e.cycles, update)
	}
	if l.Perm != nil {
		text += ", in another order, from one half of the banks into the other"
	}
	if t := l.Term; t != nil && t.Source == lower.FromState {
		text += fmt.Sprintf(", once %s is updated", e.below.l.Name)
	}
	return text + "."
}

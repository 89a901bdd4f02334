package main

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/verilog/sim"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// provenRow is a proof for scripts.
type provenRow struct {
	Name    string  `json:"name"`
	Says    string  `json:"says"`
	Forever bool    `json:"forever"`
	Cycles  int     `json:"cycles,omitempty"` // searched from reset, where not for ever
	Wanted  int     `json:"wanted_cycles"`    // of whole steps
	Failed  string  `json:"failed,omitempty"`
	Seconds float64 `json:"seconds"`
}

func provenRows(proofs []sim.Proven) []provenRow {
	var out []provenRow
	for _, p := range proofs {
		out = append(out, provenRow{p.Name, p.Says, p.Forever, p.Depth, p.Cycles, p.Failed, p.Seconds})
	}
	return out
}

// proofTable prints what was proven, how far, and in how long.
func (a *app) proofTable(proofs []sim.Proven) error {
	var lines [][]string
	for _, p := range proofs {
		lines = append(lines, []string{p.Name, howFar(p), fmt.Sprintf("%.1f s", p.Seconds), p.Says})
	}
	return table(a.out, []string{"proof", "holds", "time", "what"}, lines)
}

func howFar(p sim.Proven) string {
	switch {
	case p.Failed != "":
		return "FAILED: " + p.Failed
	case p.Forever:
		return "for ever"
	case p.Enough():
		return fmt.Sprintf("for %s", diag.GroupedCount(p.Depth, "cycle"))
	}
	return fmt.Sprintf("for %s of %s", diag.GroupedCount(p.Depth, "cycle"), diag.Grouped(p.Cycles))
}

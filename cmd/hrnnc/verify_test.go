package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends/verilog/sim"
)

// TestProofsDecide sees what proofs found in the exit code: nothing fails, something does, or the time was up.
func TestProofsDecide(t *testing.T) {
	whole := sim.Proven{Proof: sim.Proof{Name: "reset", Cycles: 20}, Depth: 20}
	forever := sim.Proven{Proof: sim.Proof{Name: "stream", Cycles: 20}, Forever: true}
	short := sim.Proven{Proof: sim.Proof{Name: "definition", Cycles: 20}, Depth: 19}
	fails := sim.Proven{Proof: sim.Proof{Name: "hold", Cycles: 20}, Failed: "data_stays, in cycle 7"}
	for _, c := range []struct {
		code   int
		says   string
		proofs []sim.Proven
	}{
		{0, "for ever", []sim.Proven{whole, forever}},
		{exitUndecided, "NOT DECIDED: ", []sim.Proven{whole, short}},
		{exitUser, "NOT EQUAL: ", []sim.Proven{short, fails}},
	} {
		var out bytes.Buffer
		a := &app{out: &out, err: &out}
		if code := a.exitCode(a.printVerify(nil, c.proofs, nil)); code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("exit code %d, not %d\n%s", code, c.code, out.String())
		}
	}
}

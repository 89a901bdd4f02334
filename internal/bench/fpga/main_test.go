package main

import (
	"testing"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/synth"
	"github.com/hrnnc/hrnnc/compiler"
)

func TestVerdict(t *testing.T) {
	n := need{luts: 100, cycles: 50, clock: 20, outputLUTs: 10}
	m := &measured{Result: &synth.Result{Size: synth.Size{LUTs: 125}, Worst: 15}, Cycles: 50}
	first := &measured{Result: &synth.Result{Size: synth.Size{LUTs: 120}}}
	want := "LUTs at most 100: **125, 25 % more**; cycles at most 50: met; LUTs more than the first at most 10: met; 20 MHz: **25 % less**"
	if got := n.verdict(m, first); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	m.Problem = "no room"
	if got := n.verdict(m, first); got != "**no design**" {
		t.Errorf("of a design that is not there: %q", got)
	}
}

// Every row names a model and settings that there are.
func TestRows(t *testing.T) {
	t.Chdir("../../..")
	rows := append(append([]row{}, besideDense...), families...)
	for _, s := range sections {
		for _, c := range s.rows {
			rows = append(rows, c.row)
		}
	}
	for _, g := range ideas {
		rows = append(rows, g.rows...)
	}
	for _, r := range rows {
		l, err := compiler.Load(modelFile(r.model), "")
		if err != nil {
			t.Error(err)
			continue
		}
		set := []string{"verilog.part=" + r.part}
		for _, s := range r.set {
			set = append(set, "verilog."+s)
		}
		if err := l.Set(set); err != nil {
			t.Errorf("%s, %v: %v", r.model, r.set, err)
		}
		if _, err := chip.GetFPGA(r.part); err != nil {
			t.Error(err)
		}
	}
}

package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/backends/verilog/sim"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// coverageRow is coverage for scripts.
type coverageRow struct {
	Lines     sim.Covered  `json:"lines"`
	Toggles   sim.Covered  `json:"toggles"`
	Constants int          `json:"table_bits"` // never change, and are not counted
	Missed    []sim.Missed `json:"missed"`
}

func coverageOf(c *sim.Coverage) *coverageRow {
	if c == nil {
		return nil
	}
	return &coverageRow{c.Lines, c.Toggles, c.Constants, c.Missed}
}

// printCoverage says how much of the Verilog the testbench reaches, and what it does not.
func (a *app) printCoverage(c *sim.Coverage) error {
	if err := table(a.out, []string{"coverage of the testbench", "reached", "of", "share"}, [][]string{
		{"lines", diag.Grouped(c.Lines.Reached), diag.Grouped(c.Lines.All), fmt.Sprintf("%.1f %%", c.Lines.Percent())},
		{"bits of signals that rose and fell", diag.Grouped(c.Toggles.Reached), diag.Grouped(c.Toggles.All), fmt.Sprintf("%.1f %%", c.Toggles.Percent())},
	}); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "\nnot counted: %s of tables, which never change\n", diag.GroupedCount(c.Constants, "bit"))
	const most = 40
	for i, m := range c.Missed {
		if i == 0 {
			fmt.Fprintln(a.out, "\nnot reached:")
		}
		if i == most {
			fmt.Fprintf(a.out, "  and %d more; --json has them all\n", len(c.Missed)-most)
			break
		}
		fmt.Fprintf(a.out, "  %s:%d %s\n", m.File, m.Line, missedText(m))
	}
	return nil
}

func missedText(m sim.Missed) string {
	switch {
	case m.Signal == "":
		return "the line"
	case len(m.Bits) == 0:
		return m.Signal
	case len(m.Bits) == 1:
		return fmt.Sprintf("%s, bit %d", m.Signal, m.Bits[0])
	}
	return fmt.Sprintf("%s, bits %s", m.Signal, bitRanges(m.Bits))
}

// bitRanges spells sorted bits as 3..5, 7.
func bitRanges(bits []int) string {
	var out []string
	for i := 0; i < len(bits); {
		j := i
		for j+1 < len(bits) && bits[j+1] == bits[j]+1 {
			j++
		}
		text := strconv.Itoa(bits[i])
		if j > i {
			text += ".." + strconv.Itoa(bits[j])
		}
		out = append(out, text)
		i = j + 1
	}
	return strings.Join(out, ", ")
}

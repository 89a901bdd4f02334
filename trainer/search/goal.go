package search

import (
	"fmt"
	"math"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Goal is what variants are for: a chip or an FPGA whose costs are counted, and limits. With neither, what is counted is bytes and
// additions.
type Goal struct {
	MCU  string `json:"mcu,omitempty"`
	Part string `json:"part,omitempty"`
	F1   bool   `json:"f1,omitempty"` // macro F1 takes the place of accuracy
	// Limits; 0 for none.
	MaxCycles   int     `json:"max_cycles,omitempty"`
	MaxFlash    int     `json:"max_flash,omitempty"`
	MaxRAM      int     `json:"max_ram,omitempty"`
	MaxLUTs     int     `json:"max_luts,omitempty"`
	MaxBytes    int     `json:"max_bytes,omitempty"`
	MinF1       float64 `json:"min_f1,omitempty"`
	MinAccuracy float64 `json:"min_accuracy,omitempty"`
}

// Costs are what a variant takes. Those of a chip are counted, as hrnnc compile counts them.
type Costs struct {
	Bytes int `json:"bytes"` // of weights and signs, each at its own width
	Adds  int `json:"adds"`  // additions a step, of recurrence and input
	// Cycles are those of a step, with an output where there is one at every step; on a chip whose emulator counts instructions,
	// these.
	Cycles int `json:"cycles,omitempty"`
	Flash  int `json:"flash,omitempty"` // bytes of code and tables
	RAM    int `json:"ram,omitempty"`   // bytes of state and stack
	LUTs   int `json:"luts,omitempty"`
}

// Figure is one cost: the head of its column, what it counts, and its limit.
type Figure struct {
	Title, Words string
	Of           func(c *Costs) int
	Limit        func(g *Goal) int
}

var (
	bytesFigure  = Figure{"bytes", "bytes", func(c *Costs) int { return c.Bytes }, func(g *Goal) int { return g.MaxBytes }}
	addsFigure   = Figure{"additions a step", "additions a step", func(c *Costs) int { return c.Adds }, func(*Goal) int { return 0 }}
	cyclesFigure = Figure{"cycles a step", "cycles a step", func(c *Costs) int { return c.Cycles }, func(g *Goal) int { return g.MaxCycles }}
	flashFigure  = Figure{"flash", "bytes of flash", func(c *Costs) int { return c.Flash }, func(g *Goal) int { return g.MaxFlash }}
	ramFigure    = Figure{"RAM", "bytes of RAM", func(c *Costs) int { return c.RAM }, func(g *Goal) int { return g.MaxRAM }}
	lutsFigure   = Figure{"LUTs", "LUTs", func(c *Costs) int { return c.LUTs }, func(g *Goal) int { return g.MaxLUTs }}
)

// Figures are the costs that candidates are compared by, the first of them first.
func (g *Goal) Figures() []Figure {
	switch {
	case g.MCU != "":
		return []Figure{flashFigure, cyclesFigure, ramFigure}
	case g.Part != "":
		return []Figure{lutsFigure, cyclesFigure}
	}
	return []Figure{bytesFigure, addsFigure}
}

// ByF1 reports whether variants are compared by macro F1: where the train block says so, or it has a limit.
func (g *Goal) ByF1() bool { return g.F1 || g.MinF1 > 0 }

// Score is what is to be large: accuracy or macro F1.
func (g *Goal) Score(c *Candidate) float64 {
	if g.ByF1() && c.F1 != nil {
		return *c.F1
	}
	return c.Accuracy
}

// Miss is a limit that a candidate does not keep.
type Miss struct {
	What string
	By   float64 // part of the limit
}

// costMisses are the limits on costs that a candidate breaks.
func (g *Goal) costMisses(c *Candidate) (out []Miss) {
	figures := g.Figures()
	if g.MCU+g.Part != "" {
		figures = append(figures, bytesFigure)
	}
	for _, f := range figures {
		if limit, has := f.Limit(g), f.Of(&c.Costs); limit > 0 && has > limit {
			out = append(out, Miss{fmt.Sprintf("%s of %s %s", diag.Grouped(has), diag.Grouped(limit), f.Words), float64(has)/float64(limit) - 1})
		}
	}
	if c.Unmet != "" && len(out) == 0 {
		out = append(out, Miss{c.Unmet, 1})
	}
	return out
}

// Misses are all limits that a candidate breaks.
func (g *Goal) Misses(c *Candidate) []Miss {
	out := g.costMisses(c)
	if c.Refused != "" {
		return out // nothing else is known
	}
	least := func(what string, has, limit float64) {
		if limit > 0 && !(has >= limit) {
			out = append(out, Miss{fmt.Sprintf("%s of %.4f, not %g", what, has, limit), (limit - has) / limit})
		}
	}
	least("accuracy", c.Accuracy, g.MinAccuracy)
	if c.F1 != nil {
		least("macro F1", *c.F1, g.MinF1)
	} else {
		least("macro F1", 0, g.MinF1)
	}
	return out
}

// far is how far off misses are in all.
func far(misses []Miss) (sum float64) {
	for _, m := range misses {
		sum += m.By
	}
	return sum
}

// missText is what is in the way, for people.
func missText(misses []Miss) string {
	var parts []string
	for _, m := range misses {
		parts = append(parts, m.What)
	}
	return strings.Join(parts, ", ")
}

// farBeyond is the part of a limit on costs by which a variant has to be beyond it before it is trained, to be refused. The integers that
// training gives changed flash, cycles and look-up tables by less than a tenth.
const farBeyond = 0.25

// Roomy is the goal with limits on costs that what is not refused keeps.
func (g Goal) Roomy() Goal {
	for _, limit := range []*int{&g.MaxCycles, &g.MaxFlash, &g.MaxRAM, &g.MaxLUTs, &g.MaxBytes} {
		*limit += int(farBeyond * float64(*limit))
	}
	return g
}

// LimitsCosts reports whether a cost has a limit.
func (g *Goal) LimitsCosts() bool {
	return g.MaxCycles+g.MaxFlash+g.MaxRAM+g.MaxLUTs+g.MaxBytes > 0
}

// Limited reports whether anything has a limit.
func (g *Goal) Limited() bool {
	return g.LimitsCosts() || math.Max(g.MinF1, g.MinAccuracy) > 0
}

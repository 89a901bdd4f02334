package playground

import (
	"context"
	"fmt"

	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower/schedule"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// Chip is one that costs are known of.
type Chip struct {
	Name  string  `json:"name"`
	Title string  `json:"title"`
	Kind  string  `json:"kind"` // mcu or fpga
	Flash int     `json:"flash,omitempty"`
	RAM   int     `json:"ram,omitempty"`
	LUTs  int     `json:"luts,omitempty"`
	Clock float64 `json:"clock_mhz,omitempty"`
}

// chips are those with prices, or with logic that is counted.
func (p *Playground) chips(context.Context, struct{}) (any, error) {
	var out []Chip
	for _, c := range chip.All() {
		one := Chip{Name: c.Name, Title: c.Title, Kind: string(c.Kind), Flash: c.Flash, RAM: c.RAM, Clock: c.Clock}
		if one.Title == "" {
			one.Title = c.Model
		}
		switch {
		case c.Kind == chip.FPGA:
			one.LUTs = c.Logic.LUTs
		case c.Kind != chip.MCU || schedule.PricesOf(c) == nil:
			continue
		}
		out = append(out, one)
	}
	return out, nil
}

// Cost is what a model takes of one chip, as counted.
type Cost struct {
	Cycles int    `json:"cycles"`
	Unit   string `json:"unit"` // of Cycles
	Flash  int    `json:"flash,omitempty"`
	RAM    int    `json:"ram,omitempty"`
	LUTs   int    `json:"luts,omitempty"`
	Blocks int    `json:"blocks,omitempty"`
	Arch   string `json:"arch,omitempty"`
	Unmet  string `json:"unmet,omitempty"` // why it does not fit
}

type onChip struct {
	Source
	Chip string `json:"chip"`
}

func (p *Playground) on(a onChip, setting string) (*compiler.Lowered, error) {
	a.Set = append(a.Set[:len(a.Set):len(a.Set)], setting+"="+a.Chip)
	_, low, err := p.lower(a.Source)
	return low, err
}

func (p *Playground) cost(ctx context.Context, a onChip) (any, error) {
	part, err := chip.Any(a.Chip)
	if err != nil {
		return nil, err
	}
	if part.Kind == chip.FPGA {
		low, err := p.on(a, "verilog.part")
		if err != nil {
			return nil, err
		}
		targets, err := compiler.FindTargets([]string{"verilog"})
		if err != nil {
			return nil, err
		}
		low.Draft = true
		made, err := low.Compile(ctx, targets)
		if err != nil {
			return nil, err
		}
		cost := Cost{Unit: "cycles"}
		for _, f := range made.Report.Targets["verilog"] {
			switch f.Name {
			case "cycles a step":
				cost.Cycles, cost.Arch = int(f.Value), f.Note
			case "look-up tables":
				cost.LUTs = int(f.Value)
			case "block RAMs":
				cost.Blocks = int(f.Value)
			}
		}
		return cost, nil
	}
	low, err := p.on(a, "c.mcu")
	if err != nil {
		return nil, err
	}
	price, err := low.ChipPrice()
	if err != nil {
		return nil, err
	}
	return Cost{Cycles: price.Cycles, Unit: string(price.Unit), Flash: price.Flash, RAM: price.RAM, Unmet: price.Unmet}, nil
}

// Schedule is how a step is computed on a microcontroller, and what other choices would take.
type Schedule struct {
	Chip   string      `json:"chip"`
	Priced int         `json:"priced"`
	Chosen Scheduled   `json:"chosen"`
	Others []Scheduled `json:"others"`
}

// Scheduled is one choice with its price.
type Scheduled struct {
	Said    []string `json:"said"`
	Instead string   `json:"instead,omitempty"`
	Step    float64  `json:"step"`   // mean of even and odd
	Output  float64  `json:"output"` // what an output adds
	Unit    string   `json:"unit"`
	Flash   int      `json:"flash"`
	RAM     int      `json:"ram"`
}

func scheduled(c schedule.Candidate) Scheduled {
	return Scheduled{Said: c.Said, Instead: c.Instead, Step: c.Price.Step(), Output: c.Price.Output, Unit: string(c.Price.Unit), Flash: c.Price.Flash(), RAM: c.Price.RAM()}
}

func (p *Playground) schedule(_ context.Context, a onChip) (any, error) {
	low, err := p.on(a, "c.mcu")
	if err != nil {
		return nil, err
	}
	picked, err := low.Schedule()
	if err != nil {
		return nil, err
	}
	picked.Explain()
	out := Schedule{Chip: picked.Chip, Priced: picked.Priced, Chosen: scheduled(picked.Candidate)}
	for _, o := range picked.Others {
		out.Others = append(out.Others, scheduled(o))
	}
	return out, nil
}

// Design is an architecture on an FPGA.
type Design struct {
	Arch   string `json:"arch"`
	Units  string `json:"units"` // what works at once in it
	LUTs   int    `json:"luts"`
	Blocks int    `json:"blocks"`
	Cycles int    `json:"cycles"`
	Chosen bool   `json:"chosen"`
	Why    string `json:"why,omitempty"` // it does not fit
}

// explore counts the architectures on an FPGA: those that nothing beats.
func (p *Playground) explore(_ context.Context, a onChip) (any, error) {
	low, err := p.on(a, "verilog.part")
	if err != nil {
		return nil, err
	}
	s, err := low.Explore(func(done, of int) { p.tell(map[string]any{"done": done, "of": of}) })
	if err != nil {
		return nil, err
	}
	out := []Design{}
	for _, c := range s.Shown(low.Plan) {
		out = append(out, Design{Arch: c.Arch.String(), Units: fmt.Sprintf("%d under update, %s, %d of the readout", c.Arch.Update, diag.Count(c.Arch.Product, "weight"), c.Arch.Readout),
			LUTs: c.Tables, Blocks: c.Blocks, Cycles: c.Cycles(low.Plan), Chosen: s.IsChosen(c), Why: c.Why})
	}
	return map[string]any{"counted": len(s.All), "designs": out}, nil
}

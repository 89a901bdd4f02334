package synth

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/fileio"
)

// netlist is what yosys writes as JSON. Modules are kept as they are.
type netlist struct {
	Creator string                     `json:"creator"`
	Modules map[string]json.RawMessage `json:"modules"`
}

// module is what is read of a module.
type module struct {
	Ports map[string]port `json:"ports"`
	Cells map[string]struct {
		Type        string           `json:"type"`
		Connections map[string][]any `json:"connections"`
	} `json:"cells"`
}

// port is one of a module. A bit is the number of a net, or a constant.
type port struct {
	Direction string `json:"direction"`
	Bits      []any  `json:"bits"`
}

// synthesise makes the netlist of the design.
func (r *runner) synthesise(ctx context.Context) (*netlist, error) {
	s := r.part.Logic.Synthesis
	args := slices.Clone(s.Args)
	if r.Multipliers {
		args = append(args, s.Multipliers...)
	} else {
		args = append(args, s.NoMultipliers...)
	}
	return r.yosys(ctx, "core.json", r.Files, strings.Join(append([]string{s.Command, "-top", r.Top}, args...), " "))
}

// yosys reads files, runs a command, and gives the netlist.
func (r *runner) yosys(ctx context.Context, to string, files []string, command string) (*netlist, error) {
	script := fmt.Sprintf("read_verilog %s; %s; write_json %s", strings.Join(files, " "), command, to)
	printed, err := r.run(ctx, "yosys", "-p", script)
	r.log.Write(printed)
	if err != nil {
		return nil, err
	}
	data, err := fileio.Read(filepath.Join(r.dir, to), "file")
	if err != nil {
		return nil, err
	}
	n := &netlist{}
	if err := json.Unmarshal(data, n); err != nil {
		return nil, fmt.Errorf("yosys wrote a netlist that is none: %w", err)
	}
	return n, nil
}

// creator is the tool's name and version: "Yosys 0.23".
func (n *netlist) creator() string {
	short, _, _ := strings.Cut(n.Creator, " (")
	return short
}

func (n *netlist) module(name string) (*module, error) {
	m := &module{}
	raw, ok := n.Modules[name]
	if !ok {
		return nil, fmt.Errorf("the netlist has no module %s", name)
	}
	return m, json.Unmarshal(raw, m)
}

// cells counts the cells of a module by their types; those of yosys itself, which are no hardware, are left out.
func (n *netlist) cells(name string) map[string]int {
	counts := map[string]int{}
	m, err := n.module(name)
	if err != nil {
		return counts
	}
	for _, c := range m.Cells {
		if !strings.HasPrefix(c.Type, "$") {
			counts[c.Type]++
		}
	}
	return counts
}

// clockPins are what cells call the pin of a clock.
var clockPins = []string{"C", "CLK", "CLOCK", "RCLK", "WCLK", "CLKA", "CLKB", "CLKR", "CLKW", "WCK", "CLKARDCLK", "CLKBWRCLK"}

// clock is the input that most cells have for a clock; "" for a design without one.
func (m *module) clock() string {
	uses := map[string]int{}
	for _, c := range m.Cells {
		for _, pin := range clockPins {
			if bits := c.Connections[pin]; len(bits) == 1 {
				uses[fmt.Sprint(bits[0])]++
			}
		}
	}
	best, most := "", 0
	for _, name := range slices.Sorted(maps.Keys(m.Ports)) {
		p := m.Ports[name]
		if p.Direction == "input" && len(p.Bits) == 1 && uses[fmt.Sprint(p.Bits[0])] > most {
			best, most = name, uses[fmt.Sprint(p.Bits[0])]
		}
	}
	return best
}

// join puts the design in the place of the black box that the harness was synthesised with.
func join(harness, core *netlist, top string) ([]byte, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(core.Modules[top], &m); err != nil {
		return nil, err
	}
	delete(m, "attributes") // one of them says that it is the top
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	joined := netlist{Creator: cmp.Or(harness.Creator, core.Creator), Modules: maps.Clone(core.Modules)}
	maps.Copy(joined.Modules, harness.Modules)
	joined.Modules[top] = raw
	return json.Marshal(joined)
}

package chip

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// Logic is what an FPGA has, what makes a design for it, and the boards that it is sold on.
type Logic struct {
	LUTs        int    `json:"luts"`
	LUTInputs   int    `json:"lut_inputs"`
	FlipFlops   int    `json:"flip_flops"`
	Block       RAM    `json:"block"`          // block RAM
	Large       RAM    `json:"large,omitzero"` // few and large memories, such as the SPRAM of iCE40 UltraPlus
	Multipliers int    `json:"multipliers,omitempty"`
	Multiplier  string `json:"multiplier,omitempty"` // what one does, for people
	Package     string `json:"package"`              // of the chip; others differ in Pins
	Pins        int    `json:"pins"`                 // that a design may use
	Columns     int    `json:"columns,omitempty"`    // of tiles, as the place-and-route tool counts them
	Rows        int    `json:"rows,omitempty"`
	// Synthesis is a command of yosys.
	Synthesis Synthesis `json:"synthesis"`
	// Cells says what the cells that it makes are worth: of a kind of resource ("luts", "flip_flops", "carries", "blocks", "large",
	// "multipliers"), how many a cell takes. A name that ends in * is a beginning.
	Cells      map[string]map[string]int `json:"cells"`
	PlaceRoute Tool                      `json:"place_route,omitzero"` // none where Command is empty
	Bitstream  string                    `json:"bitstream,omitempty"`  // the command that makes one of what PlaceRoute writes
	Power      *Power                    `json:"power,omitempty"`      // nil where it is not known
	Boards     []Board                   `json:"boards,omitempty"`
}

// RAM is one kind of memory on an FPGA: Count of Bits each, in words of up to Width bits, with Ports addresses at once.
type RAM struct {
	Count int    `json:"count"`
	Bits  int    `json:"bits"`
	Width int    `json:"width"`
	Ports int    `json:"ports"`
	Note  string `json:"note"` // what the ports do
}

// Synthesis is a command of yosys, and what it is told about multipliers.
type Synthesis struct {
	Command       string   `json:"command"`
	Args          []string `json:"args,omitempty"`
	Multipliers   []string `json:"multipliers,omitempty"`    // to use them, where it does not by itself
	NoMultipliers []string `json:"no_multipliers,omitempty"` // to keep it from using them, where it does
}

// Tool is a command with its arguments.
type Tool struct {
	Command string   `json:"command"`
	Args    []string `json:"args,omitempty"`
}

// Power is the current of an FPGA's core. That of a LUT depends on how much of the design moves: LUT has the least and the most
// that were measured.
type Power struct {
	Volts  float64    `json:"volts"`
	Static float64    `json:"static_ma"`        // with the clock halted
	Clock  float64    `json:"clock_ma_per_mhz"` // the clock's tree
	LUT    [2]float64 `json:"lut_ua_per_mhz"`   // of a LUT with its flip-flop
	Note   string     `json:"note"`             // what it leaves out
	Source string     `json:"source"`
}

// Milliwatts are the least and the most that a design of some LUTs takes at a clock in MHz.
func (p Power) Milliwatts(luts int, mhz float64) (least, most float64) {
	at := func(lut float64) float64 { return p.Volts * (p.Static + mhz*(p.Clock+float64(luts)*lut/1000)) }
	return at(p.LUT[0]), at(p.LUT[1])
}

// Board is a board with an FPGA.
type Board struct {
	Name  string  `json:"name"`
	Title string  `json:"title"`
	Clock float64 `json:"clock_mhz"` // at pin clk
	// Pins are the package's, by what is on them: "clk"; "rx" and "tx" of the serial port over USB, as the FPGA sees them; "led",
	// "button".
	Pins map[string][]string `json:"pins"`
	// ActiveLow are those of Pins that are on, or pressed, when 0.
	ActiveLow []string `json:"active_low,omitempty"`
	Program   []string `json:"program"` // the command that loads a bitstream, which comes last
	Note      string   `json:"note,omitempty"`
	Source    string   `json:"source"`
}

// GetFPGA finds an FPGA by its name, an alias or a board, in any case. The error is a diagnostic that names the nearest.
func GetFPGA(name string) (*Part, error) {
	p, near := find(name, FPGA)
	d := diag.InFile("", "")
	switch {
	case p != nil && p.Kind == FPGA:
		return p, nil
	case p != nil:
		return nil, d.Errorf("part", "%s is no FPGA", p.Name).Helpf("the FPGAs are %s; hrnnc bench --mcu %s measures C on this chip",
			strings.Join(Names(FPGA), ", "), p.Name)
	case near != "":
		return nil, d.Errorf("part", "there is no FPGA %q", name).Helpf("did you mean %s? hrnnc chips lists them all", near)
	}
	return nil, d.Errorf("part", "there is no FPGA %q", name).Helpf("the FPGAs are %s; hrnnc chips says what they have", strings.Join(Names(FPGA), ", "))
}

// GetBoard finds a board by its name, in any case, with the FPGA on it.
func GetBoard(name string) (*Part, *Board, error) {
	var names []string
	for _, p := range All() {
		if p.Kind != FPGA {
			continue
		}
		for i := range p.Logic.Boards {
			b := &p.Logic.Boards[i]
			if b.Name == strings.ToLower(strings.TrimSpace(name)) {
				return p, b, nil
			}
			names = append(names, b.Name)
		}
	}
	return nil, nil, diag.InFile("", "").Errorf("part", "there is no board %q", name).Helpf("the boards are %s", strings.Join(names, ", "))
}

// Counts gives how much of a kind of resource cells take, by their types.
func (l *Logic) Counts(kind string, cells map[string]int) int {
	n := 0
	for cell, count := range cells {
		if weight, ok := l.Cells[kind][cell]; ok {
			n += count * weight
			continue
		}
		for pattern, weight := range l.Cells[kind] {
			if start, ok := strings.CutSuffix(pattern, "*"); ok && strings.HasPrefix(cell, start) {
				n += count * weight
				break
			}
		}
	}
	return n
}

// ParseClock reads a frequency such as 24MHz, 32.768 kHz or 1e6 Hz, in MHz.
func ParseClock(text string) (mhz float64, err error) {
	text = strings.TrimSpace(text)
	for _, unit := range []struct {
		name string
		mhz  float64
	}{{"MHz", 1}, {"kHz", 1e-3}, {"Hz", 1e-6}} {
		if len(text) <= len(unit.name) || !strings.EqualFold(text[len(text)-len(unit.name):], unit.name) {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(text[:len(text)-len(unit.name)]), 64)
		if mhz = v * unit.mhz; err == nil && mhz > 0 && mhz <= 10e3 {
			return mhz, nil
		}
		break
	}
	return 0, fmt.Errorf("%q is no clock, such as 24MHz", text)
}

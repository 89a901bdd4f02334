// Package verilog writes a plan as Verilog-2001 that streams: ready and valid at both sides, the state in a block RAM,
// and as many butterflies a cycle as the model's settings say, with tables, a testbench and a harness beside it.
// The arithmetic is decided by the plan (package lower); this package chooses memories, pipelines and cycles.
// Start with Target, then design in design.go; templates/ holds the modules' text.
package verilog

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/internal/diag"
)

// Target is the Verilog backend.
var Target backends.Target = target{}

type target struct{}

func (target) Name() string { return "verilog" }

func (target) Settings() []backends.Setting {
	return []backends.Setting{
		{Key: "butterflies", Doc: "a cycle: a power of two from 1 to 512", Words: strings.Fields("1 2 4 8 16 32 64 128 256 512")},
		{Key: "prefix", Doc: "the start of every file and module"},
	}
}

// keywords of Verilog-2001 and SystemVerilog that could be a model's name, and names that the generated modules use.
var keywords = strings.Fields(`always and assign automatic begin bit buf bufif0 bufif1 byte case casex casez cell chandle class
clocking cmos config const constraint context continue cover cross deassign default defparam design disable dist do edge else
end endcase endconfig endfunction endgenerate endmodule endprimitive endspecify endtable endtask enum event expect export
extends extern final first_match for force foreach forever fork function generate genvar global highz0 highz1 if iff ifnone
import incdir include initial inout input inside instance int integer interface intersect join large let liblist library local
localparam logic longint macromodule matches medium modport module nand negedge new nmos nor noshowcancelled not notif0
notif1 null or output package packed parameter pmos posedge primitive priority program property protected pull0 pull1
pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc rcmos real realtime ref reg release repeat return
rnmos rpmos rtran rtranif0 rtranif1 scalared sequence shortint shortreal showcancelled signed small solve specify specparam
static string strong0 strong1 struct super supply0 supply1 table tagged task this throughout time timeprecision timeunit tran
tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union unique unsigned use uwire var vectored virtual void wait
wand weak0 weak1 while wildcard wire with within wor xnor xor
harness testbench hadamard readout outputs input work top`)

type settings struct {
	prefix      string
	butterflies int // a cycle
}

// defaultButterflies is where the adders of a 512-unit model still fit the smallest FPGAs with room for the rest.
const defaultButterflies = 4

// mostButterflies is half the largest transform: more would wait for words that do not exist.
const mostButterflies = 512

func readSettings(p *lower.Plan, s backends.Settings) (settings, error) {
	out := settings{prefix: strings.ToLower(lower.Word(p.Name)), butterflies: defaultButterflies}
	if slices.Contains(keywords, out.prefix) {
		out.prefix += "_model"
	}
	var problems diag.List
	for _, k := range slices.Sorted(maps.Keys(s)) {
		v := s[k]
		switch k {
		case "prefix":
			if v == "" || lower.Word(v) != v || slices.Contains(keywords, v) {
				problems.Add(backends.BadSetting(k, "prefix = %s is no name in Verilog", v).Helpf("use letters, digits and underscores"))
			}
			out.prefix = v
		case "butterflies":
			n, err := strconv.Atoi(v)
			if err != nil || n < 1 || n > mostButterflies || n&(n-1) != 0 {
				problems.Add(backends.BadSetting(k, "butterflies = %s is no power of two from 1 to %d", v, mostButterflies).
					Helpf("butterflies = 1 is smallest; each doubling halves the cycles of the transform"))
			}
			out.butterflies = n
		default:
			problems.Add(backends.UnknownSetting(Target, k))
		}
	}
	return out, problems.Err()
}

func (target) Generate(p *lower.Plan, v backends.Vectors, s backends.Settings) ([]backends.File, []backends.Figure, error) {
	set, err := readSettings(p, s)
	if err != nil {
		return nil, nil, err
	}
	d := newDesign(p, set)
	w := writer{design: d}
	w.modules()
	w.testbench(v)
	w.print("harness.v", "harness.v", d.top())
	w.print("Makefile", "Makefile", d.makefile())
	w.print("README.md", "README.md", d.readme())
	if w.err != nil {
		return nil, nil, fmt.Errorf("verilog: %w", w.err)
	}
	return w.files, d.figures(), nil
}

func (target) Products() []string {
	return []string{"build/testbench", "build/result.txt", "build/size.txt"}
}

func (d *design) figures() []backends.Figure {
	note := fmt.Sprintf("%d butterflies a cycle", d.butterflies)
	if d.butterflies == 1 {
		note = "one butterfly a cycle"
	}
	return []backends.Figure{
		{Name: "cycles a step", Value: float64(d.stepCycles(false)), Unit: "cycles", Note: note + "; the testbench counts them"},
		{Name: "cycles a step with outputs", Value: float64(d.stepCycles(true)), Unit: "cycles"},
		{Name: "state memory", Value: float64(d.memoryBits()), Unit: "bits"},
		{Name: "tables", Value: float64(d.tableBits), Unit: "bits", Note: "weights, signs and biases"},
		{Name: "multipliers in the recurrence", Value: 0},
	}
}

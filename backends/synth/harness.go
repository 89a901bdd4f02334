package synth

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/fileio"
)

// enclose synthesises a harness around the design and joins both.
func (r *runner) enclose(ctx context.Context, core *netlist, out *Result) ([]byte, error) {
	m, err := core.module(r.Top)
	if err != nil {
		return nil, err
	}
	name := "harness"
	for name == r.Top {
		name += "_"
	}
	text, err := harness(m, name, r.Top)
	if err != nil {
		return nil, err
	}
	const file = "harness.v"
	if err := fileio.WriteIn(r.dir, file, text); err != nil {
		return nil, err
	}
	s := r.part.Logic.Synthesis
	around, err := r.yosys(ctx, "harness.json", []string{file}, strings.Join(append([]string{s.Command, "-top", name}, s.Args...), " "))
	if err != nil {
		return nil, err
	}
	size := sizeOf(r.part.Logic, around.cells(name))
	out.Harness, out.HarnessVerilog = &size, text
	return join(around, core, r.Top)
}

// folded is how many bits a LUT folds into one.
const folded = 4

// harness writes the module around a design: every input bit is a flip-flop of a shift register, every output bit goes to a
// flip-flop, and those are folded by exclusive or, through flip-flops, into one pin. So each path of the design begins and ends at
// flip-flops, as it would in a larger design.
func harness(m *module, name, top string) ([]byte, error) {
	clock := m.clock()
	var in, out int
	var stub, pins []string
	for _, p := range slices.Sorted(maps.Keys(m.Ports)) {
		width := len(m.Ports[p].Bits)
		first := &in
		wire := "in"
		switch direction := m.Ports[p].Direction; {
		case p == clock:
			stub, pins = append(stub, fmt.Sprintf("input \\%s ", p)), append(pins, fmt.Sprintf(".\\%s (clk)", p))
			continue
		case direction == "output":
			first, wire = &out, "out"
		case direction != "input":
			return nil, fmt.Errorf("port %s of %s is %s: only inputs and outputs can be placed in a harness", p, top, direction)
		}
		stub = append(stub, fmt.Sprintf("%s [%d:0] \\%s ", m.Ports[p].Direction, width-1, p))
		pins = append(pins, fmt.Sprintf(".\\%s (%s[%d:%d])", p, wire, *first+width-1, *first))
		*first += width
	}
	if in == 0 || out == 0 {
		return nil, fmt.Errorf("%s has no inputs or no outputs beside its clock", top)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `// Around %s, so that it can be placed with three pins, and so that its clock is that of the design and not of pins far away:
// its inputs are a shift register, its outputs go to flip-flops that are folded into one.
module %s (input wire clk, input wire serial_in, output wire serial_out);
    reg [%d:0] in;
    always @(posedge clk)
        in <= %s;

    wire [%d:0] out;
    \%s core (%s);
`, top, name, in-1, shifted(in), out-1, top, strings.Join(pins, ", "))
	stage, width := "folded0", out
	fmt.Fprintf(&b, "\n    reg [%d:0] %s;\n    always @(posedge clk)\n        %s <= out;\n", out-1, stage, stage)
	for i := 1; width > 1; i++ {
		next := fmt.Sprintf("folded%d", i)
		n := (width + folded - 1) / folded
		fmt.Fprintf(&b, "\n    reg [%d:0] %s;\n    always @(posedge clk) begin\n", n-1, next)
		for j := range n {
			fmt.Fprintf(&b, "        %s[%d] <= ^%s[%d:%d];\n", next, j, stage, min(width, (j+1)*folded)-1, j*folded)
		}
		b.WriteString("    end\n")
		stage, width = next, n
	}
	fmt.Fprintf(&b, "    assign serial_out = %s[0];\nendmodule\n\n(* blackbox *)\nmodule \\%s (%s);\nendmodule\n", stage, top, strings.Join(stub, ", "))
	return []byte(b.String()), nil
}

func shifted(n int) string {
	if n == 1 {
		return "serial_in"
	}
	return fmt.Sprintf("{in[%d:0], serial_in}", n-2)
}

package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"log"
	"math/bits"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/hrnnc/hrnnc/backends/synth"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/exttool"
)

//go:embed dense.v.tmpl
var denseVerilog string

// cellModels are yosys's of an iCE40, for the large memories in simulation.
const cellModels = "/usr/share/yosys/ice40/cells_sim.v"

// engine is a dense layer of N units on P accumulators.
type engine struct{ N, P int }

func (e engine) A() int            { return bits.Len(uint(e.N - 1)) }     // bits of a unit's number
func (e engine) Pass() int         { return bits.Len(uint(e.N/e.P - 1)) } // and of a pass's
func (e engine) Lane() int         { return bits.Len(uint(e.P - 1)) }
func (e engine) W() int            { return e.A() + e.Pass() }
func (e engine) Acc() int          { return 16 + e.A() + 1 }
func (e engine) Wide() int         { return e.Acc() + 1 }
func (e engine) Shift() int        { return (e.A() + 1) / 2 }
func (e engine) Large() int        { return (e.P + 15) / 16 }
func (engine) Twice(n int) int     { return 2 * n }
func (engine) Last(n int) int      { return n - 1 }
func (engine) Range(n int) string  { return fmt.Sprintf("[%d:0]", n-1) }
func (e engine) Word(i int) string { return fmt.Sprintf("[%d:%d]", 16*i+15, 16*i) }

// Pad fills an address of a large memory up.
func (e engine) Pad() string {
	if e.W() == 14 {
		return ""
	}
	return fmt.Sprintf("%d'd0, ", 14-e.W())
}

// Memories number the large memories.
func (e engine) Memories() []int {
	var out []int
	for i := range e.Large() {
		out = append(out, i)
	}
	return out
}

// write puts the engine into a folder, with random tables.
func (e engine) write(dir string, u, b []int) (synth.Design, error) {
	t, err := template.New("dense").Delims("[[", "]]").Parse(denseVerilog)
	if err != nil {
		return synth.Design{}, err
	}
	var text bytes.Buffer
	if err := t.Execute(&text, e); err != nil {
		return synth.Design{}, err
	}
	hex := func(values []int, digits int) []byte {
		var out bytes.Buffer
		for _, v := range values {
			fmt.Fprintf(&out, "%0*x\n", digits, v&(1<<(4*digits)-1))
		}
		return out.Bytes()
	}
	for name, data := range map[string][]byte{"dense.v": text.Bytes(), "dense_input.hex": hex(u, 1), "dense_bias.hex": hex(b, 4)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return synth.Design{}, err
		}
	}
	return synth.Design{Dir: dir, Files: []string{"dense.v"}, Top: "dense"}, nil
}

// denseTest loads the weights, runs steps, and prints the cycles of each and the state after the last.
const denseTest = `module test;
    reg clk = 0, rst = 1, load_valid = 0, in_valid = 0;
    reg [15:0] load_data = 0;
    reg [7:0] in_data = 0;
    reg [%[1]d:0] read_address = 0;
    wire in_ready;
    wire [15:0] read_data;
    dense dut (.clk(clk), .rst(rst), .load_valid(load_valid), .load_data(load_data), .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data),
        .read_address(read_address), .read_data(read_data));
    reg [15:0] words [0:%[2]d];
    integer i, cycles;
    initial begin
        $readmemh("weights.hex", words);
        for (i = 0; i < %[4]d; i = i + 1) dut.state[i] = 0;
        repeat (2) @(negedge clk); rst = 0;
        for (i = 0; i <= %[2]d; i = i + 1) begin load_valid = 1; load_data = words[i]; @(negedge clk); end
        load_valid = 0;
        for (i = 0; i < %[3]d; i = i + 1) begin
            in_valid = 1; in_data = 37 * i + 5; @(negedge clk); in_valid = 0; cycles = 1;
            while (!in_ready) begin @(negedge clk); cycles = cycles + 1; end
            $display("cycles %%0d", cycles);
        end
        repeat (8) @(negedge clk);
        for (i = 0; i < %[5]d; i = i + 1) begin read_address = i; @(negedge clk); $display("%%0d", $signed(read_data)); end
        $finish;
    end
    always #5 clk = ~clk;
endmodule
`

// check simulates the engine and holds it to plain loops; it gives the cycles of a step.
func (e engine) check(ctx context.Context, d synth.Design, u, b []int) (int, error) {
	const steps = 3
	rng := rand.New(rand.NewSource(2))
	weights := make([][]bool, e.N) // of a unit, what it takes of each
	for i := range weights {
		weights[i] = make([]bool, e.N)
		for j := range weights[i] {
			weights[i][j] = rng.Intn(2) == 1
		}
	}
	var words bytes.Buffer
	for pass := range e.N / e.P {
		for j := range e.N {
			for m := range e.Large() {
				w := 0
				for k := range min(16, e.P) {
					if weights[pass*e.P+m*16+k][j] {
						w |= 1 << k
					}
				}
				fmt.Fprintf(&words, "%04x\n", w)
			}
		}
	}
	test := fmt.Sprintf(denseTest, e.A()-1, e.N/e.P*e.N*e.Large()-1, steps, 2*e.N, e.N)
	for name, data := range map[string][]byte{"weights.hex": words.Bytes(), "test.v": []byte(test)} {
		if err := os.WriteFile(filepath.Join(d.Dir, name), data, 0o600); err != nil {
			return 0, err
		}
		defer os.Remove(filepath.Join(d.Dir, name))
	}
	program := filepath.Join(d.Dir, "test.vvp")
	defer os.Remove(program)
	if _, err := exttool.Run(ctx, d.Dir, nil, "iverilog", "-g2005-sv", "-DNO_ICE40_DEFAULT_ASSIGNMENTS", "-s", "test", "-o", program, "test.v", "dense.v", cellModels); err != nil {
		return 0, err
	}
	printed, err := exttool.Run(ctx, d.Dir, nil, "vvp", "-n", program)
	if err != nil {
		return 0, err
	}
	var got []int
	cycles := 0
	for line := range strings.Lines(string(printed)) {
		line = strings.TrimSpace(line)
		if n, ok := strings.CutPrefix(line, "cycles "); ok {
			cycles, _ = strconv.Atoi(n)
			continue
		}
		v, err := strconv.Atoi(line)
		if err != nil {
			continue // what the simulator says
		}
		got = append(got, v)
	}
	h := make([]int, e.N)
	for s := range steps {
		next := make([]int, e.N)
		for i := range next {
			sum := 0
			for j, v := range h {
				if weights[i][j] {
					sum += v
				} else {
					sum -= v
				}
			}
			next[i] = min(max((sum>>e.Shift())+(37*s+5)*u[i]+b[i], -32768), 32767)
		}
		h = next
	}
	if fmt.Sprint(got) != fmt.Sprint(h) {
		return 0, fmt.Errorf("the dense engine of %d lanes does not compute its layer:\n%v\n%v", e.P, got, h)
	}
	return cycles, nil
}

// dense compares with a layer whose recurrent matrix is any of ones and minus ones.
func (b *bench) dense(ctx context.Context) error {
	b.line("## Beside a dense layer")
	b.line("")
	b.line("A recurrent layer of 512 units whose matrix is any of ones and minus ones, generated for this page (`internal/bench/fpga/dense.v.tmpl`) and held to plain")
	b.line("loops in simulation: lanes of one adder each, one or two large memories for the 262,144 weights, no readout, which is in its favour. A lane")
	b.line("costs no more than its adder and its place in the multiplexer behind.")
	b.line("")
	b.head("")
	rng := rand.New(rand.NewSource(1))
	const n = 512
	u, bias := make([]int, n), make([]int, n)
	for i := range n {
		u[i], bias[i] = rng.Intn(16)-8, rng.Intn(1<<12)-1<<11
	}
	var engines []*measured
	var names, beside []string
	for _, lanes := range []int{16, 32} {
		log.Printf("a dense layer on %d lanes", lanes)
		dir, err := os.MkdirTemp("", "hrnnc-dense-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		e := engine{N: n, P: lanes}
		d, err := e.write(dir, u, bias)
		if err != nil {
			return err
		}
		cycles, err := e.check(ctx, d, u, bias)
		if err != nil {
			return err
		}
		m, err := b.measure(ctx, d, row{part: "up5k"})
		if err != nil {
			return err
		}
		m.Cycles = cycles
		if m.Problem == "" {
			engines = append(engines, m)
			names = append(names, fmt.Sprintf("%d lanes", lanes))
		}
		b.row(m, "| dense, 512 units | up5k | %d lanes, %d large RAMs | %s |", lanes, e.Large(), m.cells())
	}
	for _, r := range besideDense {
		m, err := b.model(ctx, r)
		if err != nil {
			return err
		}
		b.row(m, "| %s | %s | %s | %s |", r.model, r.part, strings.Join(r.set, ", "), m.cells())
		if m.Problem != "" || len(engines) == 0 {
			continue
		}
		away := func(e *measured) int { return max(e.Size.LUTs, m.Size.LUTs) - min(e.Size.LUTs, m.Size.LUTs) }
		near := slices.IndexFunc(engines, func(e *measured) bool {
			return away(e) == away(slices.MinFunc(engines, func(x, y *measured) int { return away(x) - away(y) }))
		})
		e := engines[near]
		beside = append(beside, fmt.Sprintf("- %s, %s LUTs, beside the dense layer on %s, %s LUTs: %.0f times fewer cycles.", strings.Join(r.set, ", "),
			diag.Grouped(m.Size.LUTs), names[near], diag.Grouped(e.Size.LUTs), float64(e.Cycles)/float64(m.Cycles)))
	}
	b.line("")
	b.line("Each beside the dense layer that is nearest in LUTs; twenty times fewer cycles are asked for at the same LUTs:")
	b.line("")
	for _, l := range beside {
		b.line("%s", l)
	}
	b.line("")
	return nil
}

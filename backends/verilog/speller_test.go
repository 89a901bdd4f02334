package verilog

import (
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower/datapath"
)

// TestSpelledDesignsRunAlike holds random designs, as Icarus Verilog runs their text, against the form's own interpreter.
func TestSpelledDesignsRunAlike(t *testing.T) {
	need(t, "iverilog", "vvp")
	for seed := range 24 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			d := randomDesign(rand.New(rand.NewSource(int64(seed))))
			if err := d.Verify(); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			bench, want := benchFor(d, rand.New(rand.NewSource(int64(seed))))
			text, _ := spellDesign(d, &memories{})
			for name, data := range map[string]string{"d.v": text, "bench.v": bench} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			program := filepath.Join(dir, "d.vvp")
			if out, err := exec.Command("iverilog", "-g2001", "-Wall", "-Wno-timescale", "-s", "bench", "-o", program, filepath.Join(dir, "d.v"), filepath.Join(dir, "bench.v")).CombinedOutput(); err != nil || len(out) > 0 {
				t.Fatalf("%v %s\n%s", err, out, text)
			}
			got, err := exec.Command("vvp", "-n", program).Output()
			if err != nil {
				t.Fatal(err)
			}
			wanted := strings.Split(want, "\n")
			for i, line := range strings.Split(string(got), "\n") {
				if i >= len(wanted) || line != wanted[i] {
					t.Fatalf("cycle %d: got\n%s\nwant\n%s\nof\n%s", i, line, wanted[min(i, len(wanted)-1)], text)
				}
			}
		})
	}
}

// randomDesign has wires, registers and a memory over two inputs; every wire leaves through an output.
func randomDesign(rng *rand.Rand) *datapath.Design {
	d := datapath.New("random")
	d.Section("what goes in")
	pool := []*datapath.Expr{d.Input("a", 7).AsSigned(), d.Input("b", 5)}
	var outs []*datapath.Signal
	for i := range 24 {
		outs = append(outs, d.Output(fmt.Sprintf("o%d", i), 0+16))
	}
	m := datapath.Memory{Name: "lut", Bits: 9, Depth: 16, Style: datapath.Logic, Signed: true}
	for range m.Depth {
		m.Init = append(m.Init, rng.Int63n(512)-256)
	}
	table := d.Memory(m)
	ram := d.Memory(datapath.Memory{Name: "ram", Bits: 6, Depth: 16, Style: datapath.Block, Old: true})
	pick := func() *datapath.Expr { return pool[rng.Intn(len(pool))] }
	bit := func() *datapath.Expr { e := pick(); return e.Bit(rng.Intn(e.Bits)) }
	d.Section("what is made of it")
	state := d.Reg("state", 8).ResetTo(3)
	pool = append(pool, state.Ref(), d.Read(ram, "word", pick().AsUnsigned().To(4), bit()))
	for i := range outs {
		a, b := pick(), pick()
		n := max(a.Bits, b.Bits)
		a, b = a.To(n), b.To(n)
		var e *datapath.Expr
		switch rng.Intn(16) {
		case 0:
			e = datapath.Add(a, b)
		case 1:
			e = datapath.Sub(a, b)
		case 2:
			e = datapath.AddCarry(a, datapath.NotIf(bit(), b), bit())
		case 3:
			e = datapath.Mux(datapath.And(bit(), bit().Not()), a, b.Not())
		case 4:
			e = datapath.Or(datapath.And(a, b), datapath.Xor(a.Not(), b))
		case 5:
			e = datapath.Less(a.AsSigned(), b.AsSigned())
		case 6:
			e = datapath.Xor(datapath.Less(a.AsUnsigned(), b.AsUnsigned()), datapath.Equal(a, b))
		case 7:
			e = datapath.Gate(bit(), datapath.NotIf(bit(), a))
		case 8:
			e = datapath.Mul(a.To(min(n, 7)).AsSigned(), b.To(min(n, 8)).AsSigned())
		case 9:
			e = datapath.Lookup(table, pick().AsUnsigned().To(4))
		case 10:
			e = datapath.Cat(a, datapath.Const(2, 1), b.Top(), b.Parity()).AsSigned()
		case 11:
			e = a.Down(rng.Intn(n)).AsSigned()
		case 12:
			e = datapath.Or(a.All(), b.Any().Not(), datapath.Mux(bit(), bit(), datapath.Zero()))
		case 13:
			e = datapath.Repeat(3, bit())
		case 14:
			e = datapath.Int(8, rng.Int63n(256)-128)
		default:
			e = a.Slice(n-1, n/2)
		}
		if e.Bits > 20 {
			e = d.Wire(fmt.Sprintf("wide%d", i), e).To(20)
		}
		w := d.Wire(fmt.Sprintf("w%d", i), e)
		pool = append(pool, w)
		d.Drive(outs[i], w.To(16).AsUnsigned())
	}
	d.Section("state")
	state.When(bit(), pick().AsUnsigned().To(8))
	state.When(bit(), pick().To(8))
	ram.Write(datapath.One(), pick().AsUnsigned().To(4), pick().To(6))
	return d
}

// benchFor drives a design for some cycles and prints its outputs; want is what the form's interpreter says of them.
func benchFor(d *datapath.Design, rng *rand.Rand) (text, want string) {
	var b, w strings.Builder
	b.WriteString("module bench;\n    reg clk = 1'b0, rst = 1'b1;\n    reg [6:0] a;\n    reg [4:0] b;\n    integer i;\n")
	ports, prints := ".clk(clk), .rst(rst), .a(a), .b(b)", ""
	for _, p := range d.Ports {
		if p.Kind == datapath.Output {
			fmt.Fprintf(&b, "    wire [%d:0] %s;\n", p.Bits-1, p.Name)
			ports += fmt.Sprintf(", .%s(%s)", p.Name, p.Name)
			prints += fmt.Sprintf("        $write(\"%%0d \", %s);\n", p.Name)
		}
	}
	fmt.Fprintf(&b, "    random dut (%s);\n    task cycle; begin\n        #1;\n%s        $write(\"\\n\");\n        clk = 1'b1; #1 clk = 1'b0;\n    end endtask\n    initial begin\n", ports, prints)
	s := datapath.NewSimulator(d)
	b.WriteString("        a = 7'd0; b = 5'd0;\n        for (i = 0; i < 16; i = i + 1) dut.ram[i] = 6'd21;\n        dut.word = 6'd21; dut.state = 8'd85;\n        #1 clk = 1'b1; #1 clk = 1'b0; rst = 1'b0;\n")
	s.Clock(true)
	for range 60 {
		x, y := rng.Intn(128), rng.Intn(32)
		s.Set("a", uint64(x))
		s.Set("b", uint64(y))
		fmt.Fprintf(&b, "        a = 7'd%d; b = 5'd%d; cycle;\n", x, y)
		for _, p := range d.Ports {
			if p.Kind == datapath.Output {
				fmt.Fprintf(&w, "%d ", s.Get(p.Name))
			}
		}
		w.WriteByte('\n')
		s.Clock(false)
	}
	b.WriteString("        $finish;\n    end\nendmodule\n")
	return b.String(), w.String()
}

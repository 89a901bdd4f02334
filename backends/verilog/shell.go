package verilog

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/pack"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// shell is a module around the core that speaks a bus or a serial line: what its name adds to the prefix, and the templates of its
// files, the shell's own first.
type shell struct {
	Name    string
	About   string
	modules []string // each is also the template in templates/shell
	bench   string   // the template of its testbench or simulation
	stream  bool     // it has AXI4-Streams
}

// shells are all of them, as the setting shell names them.
var shells = []shell{
	{"axis", "AXI4-Stream", []string{"axis", "guard"}, "axis_tb", true},
	{"axilite", "AXI4-Stream, and registers behind AXI4-Lite", []string{"axilite", "registers", "guard"}, "axilite_tb", true},
	{"wishbone", "Wishbone B4 classic", []string{"wishbone", "registers", "guard"}, "wishbone_tb", false},
	{"uart", "a serial line", []string{"uart", "uart_receive", "uart_send", "uart_line", "uart_answer"}, "uart_sim", false},
}

func shellNames() []string {
	names := make([]string, len(shells))
	for i, s := range shells {
		names[i] = s.Name
	}
	return names
}

// chosenShells reads the setting: names with commas between them.
func chosenShells(value string) ([]shell, *diag.Diagnostic) {
	var out []shell
	for name := range strings.SplitSeq(value, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		i := slices.IndexFunc(shells, func(s shell) bool { return s.Name == name })
		if i < 0 {
			d := backends.BadSetting("shell", "there is no shell %s", diag.Short(name))
			if near := diag.Nearest(name, shellNames()); near != "" {
				return nil, d.Helpf("did you mean %s?", near)
			}
			return nil, d.Helpf("the shells are %s", strings.Join(shellNames(), ", "))
		}
		if !slices.ContainsFunc(out, func(s shell) bool { return s.Name == name }) {
			out = append(out, shells[i])
		}
	}
	return out, nil
}

// core is what shells know of the module that they go around: its ports.
type core struct {
	Prefix, Title string
	In            int // bits of in_data
	Low, High     int64
	Entries       int  // beats of a step
	Outputs, Out  int  // outputs of a step, bits of out_data
	Decided       bool // by a decide block
	Golden        bool // whose classes the golden outputs have
	Class         int  // bits of out_class, 0 where there is none
	Bit           bool
	Steps         int  // the most of a sequence, 0 for any number
	Every         bool // outputs at every step
	State         *statePort

	InComment, OutComment string
}

// statePort is the port behind which the state can be read and written while idle is 1: state_out is the word at state_address a cycle
// later, state_write puts state_in there. state_load takes state_odd_in and state_first_in, which state_odd and state_first give; saturated is 1
// for a cycle in which a unit saturates.
type statePort struct{ Address, Bits int }

// statePort is that of a design; nil where it has none.
func (d *design) statePort() *statePort {
	if d.made == nil || d.made.Design.Port(datapath.StateAddress) == nil {
		return nil
	}
	return &statePort{Address: d.made.Design.Port(datapath.StateAddress).Bits, Bits: d.made.Design.Port(datapath.StateOut).Bits}
}

func (d *design) core() core {
	p := d.plan
	c := core{Prefix: d.prefix, Title: p.Name, In: d.inputBits(), Entries: p.Input.Size, Outputs: p.Readout.Matrix.Rows, Out: d.outputBits(),
		Bit: p.Output.Decision == ir.Threshold, Steps: p.Longest(), Every: p.Output.When == ir.EveryStep,
		InComment: d.inputComment(), OutComment: d.valueComment(), State: d.statePort()}
	c.Low, c.High = p.Input.Range()
	c.Decided, c.Golden = p.Decide != nil, d.goldenClass()
	if p.Output.Decision == ir.Argmax {
		c.Class = clog2(c.Outputs)
	}
	return c
}

// shellValues fill templates/shell.
type shellValues struct {
	core
	Clk       string // the name of its clock
	Registers bool   // it has the module of registers
	Texts     []textCharacter
	Start     textStarts
	// Of the testbenches.
	BeatWord, Beats, BeatDepth, OutWord, Goldens, OutputDepth, Patience int
}

func (c core) values(s shell) shellValues {
	v := shellValues{core: c, Clk: "clk", Registers: slices.Contains(s.modules, "registers")}
	switch {
	case s.stream:
		v.Clk = "aclk"
	case s.Name == "wishbone":
		v.Clk = "clk_i"
	}
	v.texts()
	return v
}

func (c core) EntryBits() int { return clog2(c.Entries) }
func (c core) CountBits() int { return clog2(c.Entries + 1) }
func (c core) StepBits() int  { return clog2(max(c.Steps, 2)) }
func (c core) RowBits() int   { return clog2(c.Outputs) }

// DecisionBits are those of out_class or out_bit, and one where there is neither.
func (c core) DecisionBits() int { return max(1, c.Class) }

// OutRegister is an output in a register of 32 bits.
func (c core) OutRegister() string {
	if c.Out > 32 {
		return "out_data[31:0]"
	}
	return extend("out_data", c.Out, 32)
}

// textCharacter is a character of the answers of a serial line, with the bit that ends its text.
type textCharacter struct {
	At          int
	Value, Text string
}

// textStarts says where each text begins.
type textStarts struct {
	Greeting, Dot, Result, Values int
	Wrong                         [7]int
}

// wrongs are what is said of a line that is none, by the number that it has in the template uart_line.
var wrongs = [7]string{1: "sign", 2: "character", 3: "range", 4: "too few", 5: "too many", 6: "command"}

// texts lays the answers out one behind the other.
func (v *shellValues) texts() {
	say := func(text string) int {
		start := len(v.Texts)
		for i, r := range []byte(text) {
			value := int(r)
			if i == len(text)-1 {
				value |= 1 << 7
			}
			v.Texts = append(v.Texts, textCharacter{len(v.Texts), fmt.Sprintf("8'h%02x", value), strconv.QuoteRune(rune(r))})
		}
		return start
	}
	v.Start.Greeting = say(fmt.Sprintf("hrnnc %s %d %d %d\n", v.Prefix, v.Entries, v.Steps, v.Outputs))
	v.Start.Dot = say(".\n")
	v.Start.Values = say("values")
	switch {
	case v.Class > 0:
		v.Start.Result = say("class ")
	case v.Bit:
		v.Start.Result = say("bits ")
	default:
		v.Start.Result = v.Start.Values
	}
	for i, why := range wrongs[1:] {
		v.Start.Wrong[i+1] = say("error " + why + "\n")
	}
}

func (v shellValues) TextBits() int { return clog2(len(v.Texts)) }

// WrongText is where the text about a line begins, by wrong.
func (v shellValues) WrongText() string {
	var b strings.Builder
	for i := 1; i < len(wrongs)-1; i++ {
		fmt.Fprintf(&b, "wrong == 3'd%d ? %s : ", i, lit(v.TextBits(), v.Start.Wrong[i]))
	}
	return b.String() + lit(v.TextBits(), v.Start.Wrong[len(wrongs)-1])
}

// SayText is where the text of an answer begins, by what was asked.
func (v shellValues) SayText() string {
	dot := fmt.Sprintf("asked == 2'd0 ? %s : ", lit(v.TextBits(), v.Start.Dot))
	if v.Every {
		dot = ""
	}
	return fmt.Sprintf("asked == 2'd2 ? %s : %s%s", lit(v.TextBits(), v.Start.Values), dot, lit(v.TextBits(), v.Start.Result))
}

// BehindText is what stands behind the text.
func (v shellValues) BehindText() string {
	result := "2'd3"
	switch {
	case v.Class > 0:
		result = "2'd1"
	case v.Bit:
		result = "2'd2"
	}
	if v.Every {
		return "asked == 2'd2 ? 2'd3 : " + result
	}
	return "asked == 2'd2 ? 2'd3 : asked == 2'd0 ? 2'd0 : " + result
}

// ResultText says when a step is answered with a result.
func (v shellValues) ResultText() string {
	switch {
	case v.Every:
		return "at every step"
	case v.Steps > 0:
		return fmt.Sprintf("after %d steps", v.Steps)
	}
	return "when it is asked for"
}

// Example is the line of a step.
func (v shellValues) Example() string {
	if v.Entries == 1 {
		return "42     "
	}
	return "12 3 ..."
}

// Magnitude is the largest of an entry, without its sign.
func (v shellValues) Magnitude() int64 { return max(v.High, -v.Low) }

func (v shellValues) NegatedLow() int64 { return -v.Low }

// NumberBits hold a number with a digit more than the largest.
func (v shellValues) NumberBits() int { return max(5, bits.Len64(uint64(10*v.Magnitude()+9))) }

func (v shellValues) DigitText() string {
	return fmt.Sprintf("{%d'd0, character[3:0]}", v.NumberBits()-4)
}

// BankBits address the entries of two steps.
func (v shellValues) BankBits() int { return v.EntryBits() + 1 }

func (v shellValues) EntryDepth() int {
	if v.Every {
		return 1 << v.EntryBits()
	}
	return 2 << v.EntryBits()
}

func (v shellValues) OutDepth() int { return 1 << v.RowBits() }

func (v shellValues) OutWordBits() int {
	if v.Bit {
		return v.Out + 1
	}
	return v.Out
}

// GoldenClass are the bits of a golden output that have the class.
func (v shellValues) GoldenClass() string { return fmt.Sprintf("[%d:%d]", v.Out+v.Class-1, v.Out) }

// Print is the bits of the largest number that is printed.
func (v shellValues) Print() int     { return max(v.Out, v.Class) }
func (v shellValues) PrintBits() int { return clog2(v.Print()) }
func (v shellValues) Digits() int {
	return len(strconv.FormatUint(max(1<<(v.Out-1), uint64(v.Outputs-1)), 10))
}
func (v shellValues) DigitBits() int   { return clog2(v.Digits()) }
func (v shellValues) DecimalBits() int { return 4 * v.Digits() }

// LoadText is the number that is printed.
func (v shellValues) LoadText() string {
	pad := func(name string, width int) string {
		if width == v.Print() {
			return name
		}
		return fmt.Sprintf("{%d'd0, %s}", v.Print()-width, name)
	}
	if v.Class == 0 {
		return pad("magnitude", v.Out)
	}
	return fmt.Sprintf("kind == 2'd1 ? %s : %s", pad("class_now", v.Class), pad("magnitude", v.Out))
}

// shellSources are the files of the chosen shells, without their testbenches.
func (d *design) shellSources() []string {
	var out []string
	for _, s := range d.shells {
		for _, m := range s.modules {
			path := d.shellPath(m)
			if !slices.Contains(out, path) && (m != "guard" || d.plan.Longest() > 0) {
				out = append(out, path)
			}
		}
	}
	return out
}

// shellPath is the file of a module of a shell.
func (d *design) shellPath(module string) string { return "shell/" + d.prefix + "_" + module + ".v" }

// shellFiles writes the chosen shells and their testbenches into the folder shell.
func (w *writer) shellFiles(t benchValues) {
	sources := w.shellSources()
	for _, s := range w.shells {
		v := w.core().values(s)
		v.BeatWord, v.Beats, v.BeatDepth, v.OutWord, v.Goldens, v.OutputDepth = t.BeatWord, t.Beats, t.BeatDepth, t.OutWord, t.Outputs, t.OutputDepth
		v.Patience = t.Patience
		for _, m := range append(slices.Clone(s.modules), s.bench) {
			path := w.shellPath(m)
			at := slices.Index(sources, path)
			if m == s.bench || at >= 0 {
				w.print(path, m+".v", v)
			}
			if at >= 0 {
				sources = slices.Delete(sources, at, at+1) // another shell has it too
			}
		}
	}
}

// packed is what packages take.
func (w *writer) packed(v backends.Vectors) pack.Model {
	p := w.plan
	m := pack.Model{Name: p.Name, Prefix: w.prefix, Sources: w.files, Input: p.Input, Output: p.Output, Outputs: p.Readout.Matrix.Rows, Steps: p.Longest(),
		Vectors: v, Logic: pack.Logic{Design: w.sources(), Memories: w.memoryFiles,
			Tests: []string{w.prefix + "_tb.v", w.prefix + "_inputs.hex", w.prefix + "_outputs.hex"}}}
	if w.said["clock"] {
		m.Logic.Clock = w.Clock
	}
	for _, s := range w.shells {
		one := pack.Shell{Name: s.Name, Module: w.prefix + "_" + s.Name, Bench: w.shellPath(s.bench)}
		for _, module := range s.modules {
			if path := w.shellPath(module); slices.Contains(w.shellSources(), path) {
				one.Files = append(one.Files, path)
			}
		}
		m.Logic.Shells = append(m.Logic.Shells, one)
	}
	return m
}

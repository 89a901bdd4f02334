package verilog

import (
	"bytes"
	"fmt"
	"math/bits"
	"strings"
	"text/template"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/datapath"
	"github.com/hrnnc/hrnnc/backends/verilog/sim"
)

// Core is a Hadamard transform alone, as a core for other people's designs.
type Core struct {
	Name  string             `json:"name"` // of the module
	N     int                `json:"n"`    // values of a vector
	Width int                `json:"width"`
	Style datapath.CoreStyle `json:"style"`
	// Latency is the cycles from a vector's first value to its first result, Interval those from one vector to the next at best.
	Latency  int              `json:"latency"`
	Interval int              `json:"interval"`
	Design   *datapath.Design `json:"-"`
}

// NameError is a name that no module can have.
type NameError struct{ Name string }

func (e *NameError) Error() string { return fmt.Sprintf("%q cannot be a module's name", e.Name) }

// NewCore makes a core; without a name it is called after what it is. The error is a *datapath.CoreError or a *NameError.
func NewCore(name string, n, width int, style datapath.CoreStyle) (*Core, error) {
	if err := datapath.CheckCore(n, width, style); err != nil {
		return nil, err
	}
	if name == "" {
		name = fmt.Sprintf("hadamard%d_%s", n, style)
	}
	if lower.Word(name) != name || takenModule(name) {
		return nil, &NameError{name}
	}
	d, err := datapath.Core(name, n, width, style)
	if err != nil {
		return nil, err
	}
	c := &Core{Name: name, N: n, Width: width, Style: style, Design: d}
	c.Latency, c.Interval = datapath.CoreCycles(n, style)
	return c, nil
}

// coreUnits is how many unit vectors a testbench runs: all of a transform of mostUnits and less. Simulation of all of them takes the
// square of n in time.
func coreUnits(n int) int {
	const mostUnits, some = 256, 64
	if n > mostUnits {
		return some
	}
	return n
}

// Definable reports whether a transform is small enough for its results to be proven those of the definition, in seconds.
func (c *Core) Definable() bool {
	return c.N <= 16
}

// coreValues are what the templates of a core say.
type coreValues struct {
	*Core
	K, Out, Lanes int
	Lane, Values  []int // numbers of lanes, and of a vector's values
	Units, Rows   int   // vectors of each kind
	Vectors       int
	Rows2         [][2]string // of the README's table
	Version       string
	How           string // it is used
}

func (v coreValues) Serial() bool { return v.Style == datapath.CoreSerial }

// Port is the name of a lane's port.
func (v coreValues) Port(name string, lane int) string {
	if v.Lanes == 1 {
		return name
	}
	return fmt.Sprintf("%s%d", name, lane)
}

// Past is how many cycles ago the first value came that the last result of a vector depends on.
func (v coreValues) Past() int { return v.Latency + v.N/v.Lanes - 1 }

// Delays are 1 to Past.
func (v coreValues) Delays() []int { return upTo(1, v.Past()+1) }

// Third is the cycle in which the last vector of a proof begins, of three that stream.
func (v coreValues) Third() int { return 2*v.N + 1 }

// TimeBits are enough to count the cycles of a proof.
func (v coreValues) TimeBits() int { return bits.Len(uint(v.Frames())) }

// Frames are the cycles of a proof: the reset, all vectors in and out, and one in which the last property is seen.
func (v coreValues) Frames() int {
	switch v.Style {
	case datapath.CorePipelined:
		return v.Latency + 3
	case datapath.CoreStreaming:
		return v.Third() + v.Past() + 3
	}
	return 2*v.Interval + v.N + 3
}

// Row is the definition of a result: a sum over all values of a vector, those added first that the design adds first.
func (v coreValues) Row(i int) string {
	terms := make([]string, v.N)
	for j := range terms {
		terms[j] = fmt.Sprintf("x%d", j)
		if v.Style == datapath.CoreStreaming {
			terms[j] = fmt.Sprintf("x%d", v.Latency+i-j) // the value's age as the result leaves
		}
	}
	for stage := range v.K {
		stride := v.N >> (stage + 1)
		if v.Serial() {
			stride = 1 << stage
		}
		for j := range terms {
			if sign := "+"; terms[j] != "" && j&stride == 0 {
				if i&stride != 0 {
					sign = "-"
				}
				terms[j], terms[j|stride] = fmt.Sprintf("(%s %s %s)", terms[j], sign, terms[j|stride]), ""
			}
		}
	}
	return terms[0]
}

// Prepare and Search are what yosys and its ABC are told for a proof: all cycles side by side, and what is equal in them found.
func (v coreValues) Prepare() string {
	script := sim.PrepareScript([]string{v.Name + ".v"}, "formal/definition.sv", v.Name+"_definition", "build/definition", "")
	return strings.ReplaceAll(script, "$", "$$") // as make wants it
}

func (v coreValues) Search() string {
	return fmt.Sprintf("read_aiger build/definition.aig; frames -i -F %d; ifraig; iprove", v.Frames())
}

func upTo(from, below int) []int {
	var out []int
	for i := from; i < below; i++ {
		out = append(out, i)
	}
	return out
}

func (v coreValues) Title() string {
	return fmt.Sprintf("Hadamard transform of %d integers of %d bits, %s", v.N, v.Width, v.Style)
}

func (v coreValues) Command() string {
	text := fmt.Sprintf("hrnnc core hadamard --n %d --width %d --style %s", v.N, v.Width, v.Style)
	if v.Name != fmt.Sprintf("hadamard%d_%s", v.N, v.Style) {
		text += " --name " + v.Name
	}
	return text
}

func (v coreValues) UnitsWords() string {
	if v.Units == v.N {
		return fmt.Sprintf("all %d unit vectors", v.Units)
	}
	return fmt.Sprintf("%d of the %d unit vectors", v.Units, v.N)
}

// Verilog is the core's module.
func (c *Core) Verilog() backends.File {
	m := &memories{prefix: c.Name}
	v := coreValues{Core: c}
	text, _ := spellDesign(c.Design, m) // a core belongs to no model
	return backends.File{Path: c.Name + ".v", Data: []byte(comment("Generated by "+v.Command()+"\n") + "\n" + text)}
}

// Products are what the Makefile makes.
func (c *Core) Products() []string {
	return []string{"build/testbench", "build/result.txt", "build/size.txt", "build/definition.aig", "build/definition.names", "build/definition.txt"}
}

// Files are the core's: Verilog, a testbench, a Makefile, a description for FuseSoC and a README, whose table has the rows given.
func (c *Core) Files(rows [][2]string) ([]backends.File, error) {
	v := coreValues{Core: c, K: bits.Len(uint(c.N)) - 1, Lanes: 1, Units: coreUnits(c.N), Rows: min(c.N, 4), Rows2: rows, Version: "0.1.0"}
	v.Out = c.Width + v.K
	v.Vectors = v.Units + v.Rows + 12
	switch c.Style {
	case datapath.CorePipelined:
		v.Lanes = c.N
		v.How = "The whole vector stands at `in_data0` and so on in one cycle, with `in_start`; its results come with `out_start`. The next vector may\n" +
			"follow at once. There is no ready: who cannot take results gives no vectors."
	case datapath.CoreStreaming:
		v.How = "`in_start` comes with the first value of a vector; the others follow in the next cycles, without a pause. The results leave in the same\n" +
			"way, the first with `out_start`. The next vector may follow at once, or any time later. There is no ready: who cannot take results gives\n" +
			"no vectors."
	case datapath.CoreSerial:
		v.How = "A value is taken in a cycle in which `in_valid` and `in_ready` are both 1, a result leaves in one in which `out_valid` and `out_ready`\n" +
			"are; `out_start` comes with the first of a vector. Both sides may pause at any time. While results leave, the next vector comes in."
	}
	v.Lane, v.Values = upTo(0, v.Lanes), upTo(0, v.N)
	files := []backends.File{c.Verilog()}
	made := []struct{ path, template string }{
		{c.Name + "_tb.v", "testbench.v"}, {c.Name + ".core", "fusesoc.core"}, {"Makefile", "Makefile"}, {"README.md", "README.md"},
	}
	if c.Definable() {
		made = append(made, struct{ path, template string }{"formal/definition.sv", "definition.sv"})
	}
	for _, f := range made {
		t, err := coreTemplates.Clone()
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		t.Funcs(template.FuncMap{"banner": func() string {
			return strings.TrimRight(comment("Generated by "+v.Command()), "\n")
		}})
		if err := t.ExecuteTemplate(&b, f.template+".tmpl", v); err != nil {
			return nil, fmt.Errorf("verilog: %w", err)
		}
		files = append(files, backends.File{Path: f.path, Data: b.Bytes()})
	}
	return files, nil
}

// coreTemplates are apart from those of models, some of which have the same names.
var coreTemplates = template.Must(template.New("").Delims("[[", "]]").Funcs(template.FuncMap{
	"banner": func() string { return "" }, // Files sets it
	"lane":   func(i, m int) string { return fmt.Sprintf("[%d:%d]", i*m+m-1, i*m) },
	"span":   span, "lit": lit,
	"add":  func(a, b int) int { return a + b },
	"sub":  func(a, b int) int { return a - b },
	"at":   func(i int) string { return fmt.Sprintf("[%d]", i) },
	"upto": func(i int) string { return fmt.Sprintf("[%d:0]", i) },
}).ParseFS(templateFiles, "templates/core/*.tmpl"))

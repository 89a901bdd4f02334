// Package datapath is the form of a model for programmable logic: registers, wires, memories and streams with every decision
// about architecture, memories, pipelines and widths made. Verilog is spelled from it and decides nothing; its area is
// counted on it, a cycle-accurate interpreter runs it, a verifier finds port conflicts, combinational loops and widths that
// do not fit. expr.go holds what wires compute, verify.go the rules, simulate.go the interpreter; an architecture is a
// function that builds a Design from a plan. Start with Design.
package datapath

import (
	"fmt"

	"github.com/hrnnc/hrnnc/backends/lower"
)

// Design is one synchronous module with one clock and one synchronous reset, clk and rst, which are not among its ports.
// What it holds stands in sections, in the order in which a reader meets it.
type Design struct {
	Name     string
	Doc      []string // the schedule in words, for the top of the file
	Ports    []*Signal
	Sections []*Section
	Memories []*Memory
	// StepCycles is the initiation interval: cycles from the last beat of a step's input to that of the next while neither side
	// waits. OutputCycles is the longest that a step may take, with the outputs of the sequence before in its way.
	StepCycles, OutputCycles int
	// Waves are what a timing diagram shows beside the ports, from top to bottom.
	Waves []Wave

	prefix string
	taken  map[string]bool
}

// Section is a part of a design under a title, such as "butterfly".
type Section struct {
	Title string
	Items []Item
	Of    []lower.Origin // the parts of the model that it computes, where a plan made it
}

// Wave is a signal as a timing diagram shows it.
type Wave struct {
	Group   string // the heading that it stands under
	Signal  *Signal
	Valid   *Expr // 1 where its value means something, Later cycles after; nil: always
	Later   int
	Changes bool // that it changes tells one phase from the next
}

// Show has a timing diagram show signals under a heading, in cycles in which valid (nil: always) is 1. What is nil or no signal is left
// out.
func (d *Design) Show(group string, valid *Expr, values ...*Expr) {
	d.ShowLater(group, valid, 0, values...)
}

// ShowLater is Show for values that are there some cycles after valid is 1.
func (d *Design) ShowLater(group string, valid *Expr, cycles int, values ...*Expr) {
	for _, v := range values {
		if v != nil && v.Op == OpRef {
			d.Waves = append(d.Waves, Wave{Group: group, Signal: v.Signal, Valid: valid, Later: cycles})
		}
	}
}

// ShowPhase is Show for a signal whose changes tell phases apart.
func (d *Design) ShowPhase(group string, valid *Expr, s *Signal) {
	d.Waves = append(d.Waves, Wave{Group: group, Signal: s, Valid: valid, Changes: true})
}

// Item is one of *Signal (a wire or a register) and *Memory.
type Item interface{ item() }

// Kind says what gives a signal its value.
type Kind string

// The kinds of signals.
const (
	Input    Kind = "input"  // the world outside
	Output   Kind = "output" // Value, for the world outside
	Wire     Kind = "wire"   // Value, in the same cycle
	Register Kind = "register"
	Word     Kind = "word" // a memory's word, a cycle after its address
)

// Signal is a value of Bits bits, at most 64; with Signed a two's complement integer.
type Signal struct {
	Kind   Kind
	Name   string
	Bits   int
	Signed bool
	Doc    string

	Value *Expr    // Output and Wire
	Next  []Assign // Register: at a clock edge the last that applies; without one the value stays
	Reset *uint64  // Register: its value after a cycle of rst; nil where none is needed

	ahead bool // declared before it is given its value
}

// Assign gives a register Value at a clock edge of a cycle in which When is 1; nil stands for always.
type Assign struct{ When, Value *Expr }

// Style says where a memory lies.
type Style string

// The styles of memories.
const (
	Block  Style = "block" // block RAM: words come a cycle after their address
	Logic  Style = "logic" // look-up tables: small constants, read in the same cycle
	Single Style = "spram" // the large memories of a UP5K, with one port for reading and writing and without first values
)

// Memory is Depth words of Bits bits. A word that is read in the cycle in which it is written is not known, unless Old asks for its old
// value: block RAM gives no such word of itself, and logic that does takes registers and look-up tables a bit.
type Memory struct {
	Name        string
	Doc         string
	Bits, Depth int
	Style       Style
	Signed      bool
	Old         bool
	Init        []int64 // the first words, the rest 0; nil where the memory has no first value
	Reads       []*Read
	Writes      []*Write
}

// Read is a synchronous port: Data has the word at Address a cycle later, and keeps it through cycles in which Enable is 0.
type Read struct {
	Data    *Signal
	Address *Expr
	Enable  *Expr // nil: always
}

// Write is a synchronous port.
type Write struct{ When, Address, Data *Expr }

func (*Signal) item() {}
func (*Memory) item() {}

// New begins a design. Names that are reserved are given to none of its signals.
func New(name string, reserved ...string) *Design {
	d := &Design{Name: name, taken: map[string]bool{"clk": true, "rst": true}}
	for _, r := range reserved {
		d.taken[r] = true
	}
	return d
}

// Section puts what follows under a title.
func (d *Design) Section(format string, args ...any) {
	d.Sections = append(d.Sections, &Section{Title: fmt.Sprintf(format, args...)})
}

// Of says what parts of the model the section that is open computes: of a layer, in the plan's order, where they are one's.
func (d *Design) Of(layer int, parts ...lower.Part) {
	s := d.Sections[len(d.Sections)-1]
	for _, p := range parts {
		s.Of = append(s.Of, lower.Origin{Part: p, Layer: layer})
	}
}

// Scope puts a prefix before the names that follow; "" ends it.
func (d *Design) Scope(prefix string) { d.prefix = prefix }

func (d *Design) add(i Item) {
	if len(d.Sections) == 0 {
		d.Section("")
	}
	s := d.Sections[len(d.Sections)-1]
	s.Items = append(s.Items, i)
}

// name makes a name that no other signal has.
func (d *Design) name(want string) string {
	want = d.prefix + want
	name := want
	for i := 2; d.taken[name]; i++ {
		name = fmt.Sprintf("%s_%d", want, i)
	}
	d.taken[name] = true
	return name
}

// mostBits are those of the widest signal, which the simulator of designs computes in one word.
const mostBits = 64

// tooWide is what a signal of more bits than a design has panics with; Construct makes an error of it.
type tooWide struct {
	name string
	bits int
}

func (d *Design) signal(s *Signal, doc []string) *Signal {
	switch {
	case s.Bits > mostBits:
		panic(tooWide{s.Name, s.Bits})
	case s.Bits < 1:
		panic(fmt.Sprintf("datapath: %s has %d bits", s.Name, s.Bits))
	}
	if len(doc) > 0 {
		s.Doc = doc[0]
	}
	return s
}

// Input adds a port.
func (d *Design) Input(name string, bits int, doc ...string) *Expr {
	s := d.signal(&Signal{Kind: Input, Name: name, Bits: bits}, doc)
	d.taken[name] = true
	d.Ports = append(d.Ports, s)
	return s.Ref()
}

// Output adds a port; Drive gives it its value.
func (d *Design) Output(name string, bits int, doc ...string) *Signal {
	s := d.signal(&Signal{Kind: Output, Name: name, Bits: bits}, doc)
	d.taken[name] = true
	d.Ports = append(d.Ports, s)
	return s
}

// Drive gives an output its value, in the section that is open.
func (d *Design) Drive(s *Signal, value *Expr) {
	s.Value = value
	d.add(s)
}

// Wire names a value.
func (d *Design) Wire(name string, value *Expr, doc ...string) *Expr {
	s := d.signal(&Signal{Kind: Wire, Name: d.name(name), Bits: value.Bits, Signed: value.Signed, Value: value}, doc)
	d.add(s)
	return s.Ref()
}

// Ahead names a value that is given later, by Define: a stall, a last stage's result.
func (d *Design) Ahead(name string, bits int, doc ...string) *Signal {
	return d.signal(&Signal{Kind: Wire, Name: d.name(name), Bits: bits, ahead: true}, doc)
}

// Define gives a wire that was named ahead its value, in the section that is open.
func (d *Design) Define(s *Signal, value *Expr) {
	s.Value = value
	d.add(s)
}

// Reg adds a register of unknown value until it is set or reset.
func (d *Design) Reg(name string, bits int, doc ...string) *Signal {
	s := d.signal(&Signal{Kind: Register, Name: d.name(name), Bits: bits}, doc)
	d.add(s)
	return s
}

// RegSigned adds a register that holds a two's complement integer.
func (d *Design) RegSigned(name string, bits int, doc ...string) *Signal {
	s := d.Reg(name, bits, doc...)
	s.Signed = true
	return s
}

// Delayed is a value a cycle later, in a register of that name.
func (d *Design) Delayed(name string, value *Expr, doc ...string) *Expr {
	s := d.Reg(name, value.Bits, doc...)
	s.Signed = value.Signed
	s.Set(value)
	return s.Ref()
}

// Set gives a register its value at every clock edge, but where a later When or the reset says otherwise.
func (s *Signal) Set(value *Expr) *Signal { return s.When(nil, value) }

// When gives a register its value at the edges of cycles in which the condition holds. Of several the last wins.
func (s *Signal) When(condition, value *Expr) *Signal {
	if s.Kind != Register || value.Bits != s.Bits {
		panic(fmt.Sprintf("datapath: %s (%s, %d bits) cannot take %d bits", s.Name, s.Kind, s.Bits, value.Bits))
	}
	if condition != nil {
		if condition.Op == OpConst {
			if condition.Value == 0 {
				return s
			}
			condition = nil
		}
	}
	if condition == nil {
		s.Next = nil
	}
	s.Next = append(s.Next, Assign{condition, value})
	return s
}

// ResetTo gives a register its value after a cycle of rst.
func (s *Signal) ResetTo(v uint64) *Signal {
	s.Reset = &v
	return s
}

// Ref is the signal's value.
func (s *Signal) Ref() *Expr { return &Expr{Op: OpRef, Bits: s.Bits, Signed: s.Signed, Signal: s} }

// Memory adds a memory.
func (d *Design) Memory(m Memory) *Memory {
	m.Name = d.name(m.Name)
	out := &m
	d.Memories = append(d.Memories, out)
	d.add(out)
	return out
}

// Read adds a port to a memory: the word at an address, a cycle later.
func (d *Design) Read(m *Memory, name string, address, enable *Expr, doc ...string) *Expr {
	s := d.signal(&Signal{Kind: Word, Name: d.name(name), Bits: m.Bits, Signed: m.Signed}, doc)
	m.Reads = append(m.Reads, &Read{s, address, enable})
	return s.Ref()
}

// Write adds a port to a memory.
func (m *Memory) Write(when, address, data *Expr) {
	m.Writes = append(m.Writes, &Write{when, address, data})
}

// Package area counts what a design takes on a part without synthesis: it maps the form, bit by bit, onto look-up tables,
// carry chains, flip-flops and block RAM as yosys's synth commands do. network.go is the design as gates, cover.go the
// mapping onto tables. Start with Count.
package area

import (
	"math"

	"github.com/hrnnc/hrnnc/backends/lower/datapath"
)

// Logic is what a part offers, as package chip describes it.
type Logic struct {
	Inputs      int   // of a look-up table
	BlockBits   int   // of a block RAM
	BlockWidths []int // of its words, the widest first
	Multipliers bool  // whether products take multipliers; otherwise look-up tables
}

// ICE40 is the logic of Lattice's iCE40 parts (Lattice, "iCE40 LP/HX Family Data Sheet" DS1040, memory: 4 kbit of 16, 8, 4 or 2 bits).
var ICE40 = Logic{Inputs: 4, BlockBits: 4096, BlockWidths: []int{16, 8, 4, 2}}

// Area is what a design takes.
type Area struct {
	Tables      int `json:"luts"`
	Carries     int `json:"carries"`
	FlipFlops   int `json:"flip_flops"`
	Blocks      int `json:"block_rams"`
	Multipliers int `json:"multipliers"`
}

// Count counts a design.
func Count(d *datapath.Design, l Logic) Area {
	c := counter{network: newNetwork(), logic: l, roots: map[literal]bool{}}
	for _, m := range d.Memories {
		if m.Old && len(m.Writes) > 0 {
			for _, r := range m.Reads {
				c.old[r.Data] = true
			}
		}
	}
	for _, s := range d.Signals() {
		switch s.Kind {
		case datapath.Output:
			c.need(c.signal(s)...)
		case datapath.Register:
			c.register(s)
		}
	}
	for _, m := range d.Memories {
		if m.Style != datapath.Logic {
			c.memory(m)
		}
	}
	c.chains()
	c.products()
	tables := c.cover(c.physical(), l.Inputs)
	c.area.Tables += len(tables) - c.merged(tables)
	return c.area
}

// merged counts tables that the adder's bit before them takes in: a bit that nothing else needs, where the inputs of both fit one
// table (yosys's opt_lut).
func (c *counter) merged(tables [][]int) int {
	fanout := map[int]int{}
	for r := range c.roots {
		fanout[r.node()] += 2
	}
	for _, t := range tables {
		for _, v := range t {
			fanout[v]++
		}
	}
	count := 0
	for _, t := range tables {
		for _, v := range t {
			sum := c.nodes[v].sum
			if sum == nil || fanout[v] > 1 {
				continue
			}
			inputs := map[literal]bool{}
			for _, l := range []literal{sum.a[c.nodes[v].bit], sum.b[c.nodes[v].bit]} {
				if !l.constant() {
					inputs[l] = true
				}
			}
			if c.nodes[v].bit > 0 || !sum.carry.constant() {
				inputs[-1] = true // the carry
			}
			for _, other := range t {
				if other != v {
					inputs[literal(other)<<1] = true
				}
			}
			if len(inputs) <= c.logic.Inputs {
				count++
				break
			}
		}
	}
	return count
}

type counter struct {
	*network
	logic Logic
	area  Area
	roots map[literal]bool // physical nets
}

func (c *counter) need(bits ...literal) {
	for _, b := range bits {
		if !b.constant() {
			c.roots[b] = true
		}
	}
}

// register counts a register's flip-flops and needs what they take: a condition of all values is their enable, and where its
// last values are constants, the conditions of those are its reset.
func (c *counter) register(s *datapath.Signal) {
	bits := c.signal(s)
	assigns, resets := s.Next, zero
	for n := len(assigns); n > 1; n = len(assigns) {
		last := assigns[n-1]
		if last.When == nil || last.Value.Op != datapath.OpConst || s.Reset != nil && *s.Reset != last.Value.Value {
			break
		}
		resets = c.or(resets, c.expr(last.When)[0])
		assigns = assigns[:n-1]
	}
	enable := zero
	next := bits
	for i, a := range assigns {
		value := a.Value
		when := one
		if a.When != nil {
			when = c.expr(a.When)[0]
		}
		if len(assigns) == 1 && a.When == nil {
			var more literal
			value, more = c.constants(value, s.Reset)
			resets = c.or(resets, more)
		}
		v := c.expr(value)
		enable = c.or(enable, when)
		switch {
		case i == 0:
			next = v
		default:
			next = c.each(v, next, func(x, y literal) literal { return c.mux(when, x, y) })
		}
	}
	if s.Reset != nil && (enable != one || resets != zero) {
		resets = c.or(resets, c.reset())
	}
	if enable != one { // a reset takes an enabled flip-flop
		enable = c.or(enable, resets)
	}
	c.area.FlipFlops += len(bits)
	c.need(enable, resets)
	c.need(next...)
}

// constants takes a register's value apart: what it is unless it is a constant, and when it is that constant. With a reset value
// only that constant counts.
func (c *counter) constants(e *datapath.Expr, reset *uint64) (rest *datapath.Expr, when literal) {
	when = zero
	for fixed := reset; ; {
		is := func(a *datapath.Expr) bool { return a.Op == datapath.OpConst && (fixed == nil || *fixed == a.Value) }
		switch {
		case e.Op == datapath.OpRef && e.Signal.Kind == datapath.Wire:
			e = e.Signal.Value
		case e.Op == datapath.OpGate && (fixed == nil || *fixed == 0):
			fixed = new(uint64)
			when, e = c.or(when, c.expr(e.Args[0])[0].not()), e.Args[1]
		case e.Op == datapath.OpMux && is(e.Args[1]):
			fixed = &e.Args[1].Value
			when, e = c.or(when, c.expr(e.Args[0])[0]), e.Args[2]
		case e.Op == datapath.OpMux && is(e.Args[2]):
			fixed = &e.Args[2].Value
			when, e = c.or(when, c.expr(e.Args[0])[0].not()), e.Args[1]
		default:
			return e, when
		}
	}
}

func (c *counter) reset() literal {
	return c.signal(reset)[0]
}

// reset stands for the port rst.
var reset = &datapath.Signal{Kind: datapath.Input, Name: "rst", Bits: 1}

// memory counts a memory's blocks, with the choice of words where it is deeper than one.
func (c *counter) memory(m *datapath.Memory) {
	blocks, decode := math.MaxInt, 0
	for _, w := range c.logic.BlockWidths {
		deep := (m.Depth*w + c.logic.BlockBits - 1) / c.logic.BlockBits
		if n := deep * ((m.Bits + w - 1) / w); n < blocks {
			blocks, decode = n, 0
			if deep > 1 {
				decode = (m.Bits*(deep-1)*2)/3 + deep
			}
		}
	}
	ports := max(1, len(m.Reads))
	c.area.Blocks += blocks * ports
	c.area.Tables += decode * ports
	for _, r := range m.Reads {
		c.need(c.expr(r.Address)...)
		for _, w := range m.Writes {
			if m.Old { // what is written at the address that is read waits beside the memory
				address, at := c.expr(r.Address), c.expr(w.Address)
				n := max(len(address), len(at))
				same := c.reduce(c.each(padded(address, n), padded(at, n), func(x, y literal) literal { return c.xor(x, y).not() }), c.and)
				c.need(c.and(c.expr(w.When)[0], same[0]))
				c.area.FlipFlops += m.Bits + 1
			}
		}
		if r.Enable != nil {
			c.need(c.expr(r.Enable)...)
		}
	}
	for _, w := range m.Writes {
		c.need(c.expr(w.Address)...)
		c.need(c.expr(w.Data)...)
		c.need(c.expr(w.When)...)
	}
}

// padded is a number of n bits.
func padded(a []literal, n int) []literal {
	out := append([]literal(nil), a...)
	for len(out) < n {
		out = append(out, zero)
	}
	return out
}

// chains counts the bits of adders that something needs, and needs their operands in turn.
func (c *counter) chains() {
	seen := map[int]bool{}
	var visit func(int)
	visit = func(v int) {
		if seen[v] {
			return
		}
		seen[v] = true
		for _, in := range c.inputs(v) {
			visit(in)
		}
		x := &c.nodes[v]
		if x.sum == nil {
			return
		}
		chain := x.sum
		chain.taken[x.bit] = true
		for ; chain.used <= x.bit; chain.used++ {
			for _, l := range []literal{chain.a[chain.used], chain.b[chain.used]} {
				c.need(l)
				visit(l.node())
			}
		}
		c.need(chain.carry)
		visit(chain.carry.node())
	}
	var roots []literal
	for r := range c.roots {
		roots = append(roots, r)
	}
	for _, r := range roots {
		visit(r.node())
	}
	for _, chain := range c.adders {
		c.area.Carries += chain.used
		for _, t := range chain.taken {
			if t {
				c.area.Tables++
			}
		}
	}
}

// products counts multipliers, or the tables of rows of additions.
func (c *counter) products() {
	for _, m := range c.multipliers {
		if c.logic.Multipliers {
			c.area.Multipliers++
			continue
		}
		c.area.Tables += m.a * m.b * 6 / 5
	}
}

// physical lists the nodes that some net needs, and counts inverters: a table gives a node or its inverse, and a leaf only itself.
func (c *counter) physical() []int {
	var nodes []int
	for r := range c.roots {
		v := r.node()
		switch {
		case c.nodes[v].sum != nil && r.inverted() && !c.roots[r.not()]: // the adder's table gives the inverse
		case c.nodes[v].gate == leaf && r.inverted():
			c.area.Tables++
		case c.nodes[v].gate == leaf:
		case r.inverted() && c.roots[r.not()]:
			c.area.Tables++
		default:
			nodes = append(nodes, v)
		}
	}
	return nodes
}

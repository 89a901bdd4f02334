package area

import "github.com/hrnnc/hrnnc/backends/lower/datapath"

// literal is a node of a network, its lowest bit set where it is inverted. Nodes 0 is the constant zero.
type literal int

const (
	zero literal = 0
	one  literal = 1
)

func (l literal) not() literal   { return l ^ 1 }
func (l literal) node() int      { return int(l >> 1) }
func (l literal) inverted() bool { return l&1 == 1 }
func (l literal) constant() bool { return l < 2 }

// gate is what a node computes from its inputs.
type gate uint8

const (
	leaf gate = iota // a flip-flop, a port, a word of a memory, a bit of an adder
	and2
	xor2
	mux3 // in[0] ? in[1] : in[2]
)

// node is one bit. Inputs are literals of nodes that stand before it.
type node struct {
	gate gate
	in   [3]literal
	// sum is the adder whose bit a leaf is, nil for other leaves.
	sum *adder
	bit int
}

// adder is a chain of carries. Its operands are physical nets: an inverted one takes a look-up table.
type adder struct {
	a, b  []literal
	carry literal // into bit 0
	out   []literal
	used  int // bits whose carries are needed
	taken []bool
}

// network is a design, bit by bit.
type network struct {
	nodes  []node
	shared map[node]literal
	memo   map[*datapath.Signal][]literal
	adders []*adder
	// old are words of memories whose old value is kept beside them while they are written.
	old map[*datapath.Signal]bool
	// multipliers are products of two values that are not constant.
	multipliers []multiplier
}

type multiplier struct{ a, b int }

func newNetwork() *network {
	return &network{nodes: make([]node, 1), shared: map[node]literal{}, memo: map[*datapath.Signal][]literal{}, old: map[*datapath.Signal]bool{}}
}

func (n *network) leaf() literal {
	n.nodes = append(n.nodes, node{})
	return literal(len(n.nodes)-1) << 1
}

func (n *network) gate(g gate, in ...literal) literal {
	v := node{gate: g}
	copy(v.in[:], in)
	if l, ok := n.shared[v]; ok {
		return l
	}
	n.nodes = append(n.nodes, v)
	l := literal(len(n.nodes)-1) << 1
	n.shared[v] = l
	return l
}

func (n *network) and(a, b literal) literal {
	if a > b {
		a, b = b, a
	}
	switch {
	case a == zero, a == b.not():
		return zero
	case a == one, a == b:
		return b
	}
	return n.gate(and2, a, b)
}

func (n *network) or(a, b literal) literal { return n.and(a.not(), b.not()).not() }

func (n *network) xor(a, b literal) literal {
	invert := (a ^ b) & 1
	a, b = a&^1, b&^1
	if a > b {
		a, b = b, a
	}
	switch {
	case a == b:
		return invert
	case a == zero:
		return b ^ invert
	}
	return n.gate(xor2, a, b) ^ invert
}

func (n *network) mux(c, a, b literal) literal {
	switch {
	case c == one, a == b:
		return a
	case c == zero:
		return b
	case a.constant() && a == one, a == c:
		return n.or(c, b)
	case a == zero, a == c.not():
		return n.and(c.not(), b)
	case b == zero, b == c:
		return n.and(c, a)
	case b == one, b == c.not():
		return n.or(c.not(), a)
	case a == b.not():
		return n.xor(c, b)
	}
	if c.inverted() {
		c, a, b = c.not(), b, a
	}
	if invert := b & 1; invert == 1 {
		return n.gate(mux3, c, a.not(), b.not()).not()
	}
	return n.gate(mux3, c, a, b)
}

// add is a + b + carry, a chain from the first bit on that is not known.
func (n *network) add(a, b []literal, carry literal) []literal {
	out := make([]literal, len(a))
	i := 0
	for ; i < len(a) && carry.constant(); i++ {
		x, y := a[i], b[i]
		if !x.constant() && !y.constant() {
			break
		}
		if x.constant() {
			x, y = y, x
		}
		out[i] = n.xor(n.xor(x, y), carry)
		switch { // the carry is the majority
		case y == carry:
		case x.constant():
			carry = x
		default:
			carry = x // y and carry differ
		}
	}
	if i == len(a) {
		return out
	}
	chain := &adder{a: a[i:], b: b[i:], carry: carry, taken: make([]bool, len(a)-i)}
	for k := range chain.a {
		l := n.leaf()
		n.nodes[l.node()].sum, n.nodes[l.node()].bit = chain, k
		chain.out = append(chain.out, l)
		out[i+k] = l
	}
	n.adders = append(n.adders, chain)
	return out
}

func inverted(a []literal) []literal {
	out := make([]literal, len(a))
	for i, l := range a {
		out[i] = l.not()
	}
	return out
}

func (n *network) signal(s *datapath.Signal) []literal {
	if bits, ok := n.memo[s]; ok {
		return bits
	}
	var bits []literal
	if s.Kind == datapath.Wire || s.Kind == datapath.Output {
		bits = n.expr(s.Value)
	} else {
		for range s.Bits {
			bits = append(bits, n.leaf())
		}
		if n.old[s] {
			met := n.leaf()
			bits = n.each(bits, bits, func(x, _ literal) literal { return n.mux(met, n.leaf(), x) })
		}
	}
	n.memo[s] = bits
	return bits
}

func constants(v uint64, n int) []literal {
	out := make([]literal, n)
	for i := range out {
		out[i] = literal(v >> i & 1)
	}
	return out
}

func (n *network) each(a, b []literal, f func(a, b literal) literal) []literal {
	out := make([]literal, len(a))
	for i := range a {
		out[i] = f(a[i], b[i])
	}
	return out
}

func (n *network) reduce(bits []literal, f func(a, b literal) literal) []literal {
	for len(bits) > 1 { // a balanced tree
		var next []literal
		for i := 0; i+1 < len(bits); i += 2 {
			next = append(next, f(bits[i], bits[i+1]))
		}
		if len(bits)%2 == 1 {
			next = append(next, bits[len(bits)-1])
		}
		bits = next
	}
	return bits
}

// expr is an expression's bits, the lowest first.
func (n *network) expr(e *datapath.Expr) []literal {
	if e.Op == datapath.OpConst {
		return constants(e.Value, e.Bits)
	}
	if e.Op == datapath.OpRef {
		return n.signal(e.Signal)
	}
	var a [][]literal
	for _, arg := range e.Args {
		a = append(a, n.expr(arg))
	}
	switch e.Op {
	case datapath.OpSlice:
		return a[0][e.Low : e.Low+e.Bits]
	case datapath.OpCat:
		var out []literal
		for i := len(a) - 1; i >= 0; i-- {
			out = append(out, a[i]...)
		}
		return out
	case datapath.OpExtend:
		top := zero
		if e.Args[0].Signed {
			top = a[0][len(a[0])-1]
		}
		out := append([]literal(nil), a[0]...)
		for len(out) < e.Bits {
			out = append(out, top)
		}
		return out
	case datapath.OpNot:
		return inverted(a[0])
	case datapath.OpAnd:
		return n.each(a[0], a[1], n.and)
	case datapath.OpOr:
		return n.each(a[0], a[1], n.or)
	case datapath.OpXor:
		return n.each(a[0], a[1], n.xor)
	case datapath.OpGate:
		return n.each(a[1], a[1], func(x, _ literal) literal { return n.and(a[0][0], x) })
	case datapath.OpNotIf:
		return n.each(a[1], a[1], func(x, _ literal) literal { return n.xor(a[0][0], x) })
	case datapath.OpMux:
		return n.each(a[1], a[2], func(x, y literal) literal { return n.mux(a[0][0], x, y) })
	case datapath.OpAll:
		return n.reduce(a[0], n.and)
	case datapath.OpAny:
		return n.reduce(a[0], n.or)
	case datapath.OpParity:
		return n.reduce(a[0], n.xor)
	case datapath.OpEqual:
		return n.reduce(n.each(a[0], a[1], func(x, y literal) literal { return n.xor(x, y).not() }), n.and)
	case datapath.OpLess:
		return n.less(a[0], a[1], e.Args[0].Signed)
	case datapath.OpAdd:
		return n.add(a[0], a[1], zero)
	case datapath.OpSub:
		return n.add(a[0], inverted(a[1]), one)
	case datapath.OpAddCarry:
		return n.add(a[0], a[1], a[2][0])
	case datapath.OpMul:
		n.multipliers = append(n.multipliers, multiplier{e.Args[0].Bits, e.Args[1].Bits})
		out := make([]literal, e.Bits)
		for i := range out {
			out[i] = n.leaf()
		}
		return out
	case datapath.OpLookup:
		return n.lookup(e, a[0])
	}
	panic("area: no operation " + string(e.Op))
}

// less is the borrow of a - b; signs are compared as digits that count the other way.
func (n *network) less(a, b []literal, signed bool) []literal {
	x, y := append([]literal(nil), a...), append([]literal(nil), b...)
	if signed {
		top := len(x) - 1
		x[top], y[top] = x[top].not(), y[top].not()
	}
	sum := n.add(append(x, zero), append(inverted(y), zero), one)
	return []literal{sum[len(sum)-1].not()}
}

// lookup is a table as a tree of choices by the bits of its address.
func (n *network) lookup(e *datapath.Expr, address []literal) []literal {
	out := make([]literal, e.Bits)
	m := e.Memory
	for bit := range out {
		words := make([]literal, 1<<len(address))
		for i := range words {
			if i < len(m.Init) {
				words[i] = literal(uint64(m.Init[i]) >> bit & 1)
			}
		}
		for _, a := range address {
			for i := range len(words) / 2 {
				words[i] = n.mux(a, words[2*i+1], words[2*i])
			}
			words = words[:len(words)/2]
		}
		out[bit] = words[0]
	}
	return out
}

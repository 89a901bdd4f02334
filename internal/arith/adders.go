package arith

// AdderGraph computes a constant matrix times a vector with shifts and additions, sharing sums.
// Node i < Inputs is entry i of the vector; each later node adds two earlier ones.
type AdderGraph struct {
	Inputs int
	Nodes  []AdderNode
	Out    []AdderTerm // one a row; Node -1 is zero
}

// AdderNode is (A << ShiftA) + (B << ShiftB) or, with Sub, minus.
type AdderNode struct {
	A, B           int
	ShiftA, ShiftB int
	Sub            bool
}

// AdderTerm is a row's result: node << Shift, negated when Neg.
type AdderTerm struct {
	Node  int
	Shift int
	Neg   bool
}

// Bits is the width that holds every node and every row of the graph, before and after shifts and negation, where each entry of
// the vector is in an interval; at most 64. A node is a part of the sum that makes a row, so it seldom needs more than the rows do.
func (g *AdderGraph) Bits(in Interval) int {
	b := widest{bits: 1}
	nodes := make([]Interval, g.Inputs, g.Inputs+len(g.Nodes))
	for i := range nodes {
		nodes[i] = in
	}
	for _, n := range g.Nodes {
		x, y := b.shifted(nodes[n.A], n.ShiftA, false), b.shifted(nodes[n.B], n.ShiftB, n.Sub)
		nodes = append(nodes, b.note(Interval{x.Lo + y.Lo, x.Hi + y.Hi}))
	}
	for _, o := range g.Out {
		if o.Node >= 0 {
			b.shifted(nodes[o.Node], o.Shift, o.Neg)
		}
	}
	return b.bits
}

// widest collects the widths of intervals.
type widest struct{ bits int }

// most keeps sums and shifts of intervals within 64 bits: wider ones are cut there, and say so by their width.
const most = 1<<62 - 1

func (b *widest) note(i Interval) Interval {
	if i.Lo < -most || i.Hi > most {
		b.bits, i = 64, Interval{max(i.Lo, -most), min(i.Hi, most)}
	}
	b.bits = max(b.bits, i.Bits())
	return i
}

// shifted is an interval times 2^shift, perhaps negated.
func (b *widest) shifted(i Interval, shift int, neg bool) Interval {
	if shift >= 62 || i.Lo < -most>>shift || i.Hi > most>>shift {
		b.bits = 64
		return Interval{}
	}
	i = b.note(Interval{i.Lo << shift, i.Hi << shift})
	if neg {
		i = b.note(Interval{-i.Hi, -i.Lo})
	}
	return i
}

package area

import "slices"

// cut is a set of nodes from which another's value follows: the inputs of a look-up table.
type cut struct {
	leaves []int // sorted
	flow   float64
	depth  int
}

const keptCuts = 10

// cover chooses look-up tables of k inputs that give every root, and lists the inputs of each, by priority cuts: for each node the best few sets of at
// most k inputs, first by depth, then by the area that flows into them (Mishchenko, Cho, Chatterjee, Brayton, "Combinational
// and sequential mapping with priority cuts", ICCAD 2007).
func (n *network) cover(roots []int, k int) [][]int {
	fanout := make([]float64, len(n.nodes))
	reach := make([]bool, len(n.nodes))
	var mark func(int)
	mark = func(v int) {
		fanout[v]++
		if reach[v] {
			return
		}
		reach[v] = true
		for _, in := range n.inputs(v) {
			mark(in)
		}
	}
	for _, r := range roots {
		mark(r)
	}
	best := make([]cut, len(n.nodes))
	sets := make([][]cut, len(n.nodes))
	for round := range 4 {
		for v := range n.nodes {
			if !reach[v] {
				continue
			}
			if n.nodes[v].gate == leaf {
				sets[v] = []cut{{leaves: []int{v}}}
				continue
			}
			sets[v] = n.cuts(v, k, sets, best, fanout, round)
			best[v] = sets[v][0]
			sets[v] = append(sets[v], cut{leaves: []int{v}, flow: best[v].flow, depth: best[v].depth})
		}
		uses := n.uses(roots, best)
		for v := range fanout { // how often a node is really taken, smoothed
			fanout[v] = (fanout[v] + 2*float64(uses[v])) / 3
		}
	}
	var tables [][]int
	for v, u := range n.uses(roots, best) {
		if u > 0 && n.nodes[v].gate != leaf {
			tables = append(tables, best[v].leaves)
		}
	}
	return tables
}

// uses counts how often every node is the input of a chosen table, or a root.
func (n *network) uses(roots []int, best []cut) []int {
	uses := make([]int, len(n.nodes))
	var take func(int)
	take = func(v int) {
		uses[v]++
		if uses[v] > 1 || n.nodes[v].gate == leaf {
			return
		}
		for _, l := range best[v].leaves {
			take(l)
		}
	}
	for _, r := range roots {
		take(r)
	}
	return uses
}

func (n *network) inputs(v int) []int {
	x := &n.nodes[v]
	switch x.gate {
	case and2, xor2:
		return []int{x.in[0].node(), x.in[1].node()}
	case mux3:
		return []int{x.in[0].node(), x.in[1].node(), x.in[2].node()}
	}
	return nil
}

// cuts joins the cuts of a node's inputs and keeps the best.
func (n *network) cuts(v, k int, sets [][]cut, best []cut, fanout []float64, round int) []cut {
	joined := []cut{{}}
	for _, in := range n.inputs(v) {
		var next []cut
		for _, a := range joined {
			for _, b := range sets[in] {
				if leaves, ok := union(a.leaves, b.leaves, k); ok {
					next = append(next, cut{leaves: leaves})
				}
			}
		}
		joined = next
	}
	for i := range joined {
		c := &joined[i]
		c.flow = 1
		for _, l := range c.leaves {
			c.depth = max(c.depth, best[l].depth+1)
			if n.nodes[l].gate != leaf {
				c.flow += best[l].flow / max(1, fanout[l])
			}
		}
	}
	slices.SortStableFunc(joined, func(a, b cut) int {
		if round == 0 && a.depth != b.depth {
			return a.depth - b.depth
		}
		switch {
		case a.flow < b.flow-1e-9:
			return -1
		case a.flow > b.flow+1e-9:
			return 1
		case a.depth != b.depth:
			return a.depth - b.depth
		}
		return len(a.leaves) - len(b.leaves)
	})
	var kept []cut
	for _, c := range joined {
		if len(kept) == keptCuts {
			break
		}
		if !slices.ContainsFunc(kept, func(o cut) bool { return subset(o.leaves, c.leaves) }) {
			kept = append(kept, c)
		}
	}
	return kept
}

func union(a, b []int, k int) ([]int, bool) {
	out := make([]int, 0, k)
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		if len(out) == k {
			return nil, false
		}
		switch {
		case j == len(b) || i < len(a) && a[i] < b[j]:
			out = append(out, a[i])
			i++
		case i == len(a) || b[j] < a[i]:
			out = append(out, b[j])
			j++
		default:
			out = append(out, a[i])
			i++
			j++
		}
	}
	return out, true
}

func subset(a, b []int) bool {
	i := 0
	for _, v := range b {
		if i < len(a) && a[i] == v {
			i++
		}
	}
	return i == len(a)
}

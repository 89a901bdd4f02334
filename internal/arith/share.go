package arith

import (
	"cmp"
	"slices"
)

// digit is one nonzero digit of a number: +-2^shift.
type digit struct {
	shift int
	neg   bool
}

// Digits is how many nonzero digits +1 and -1 a number has when it is written with the fewest: the terms of a product with it.
func Digits(n int64) int { return len(signedDigits(n)) }

// signedDigits writes a number with the fewest nonzero digits +1 and -1 (the canonical signed-digit form).
func signedDigits(n int64) []digit {
	var out []digit
	for shift := 0; n != 0; shift++ {
		if n&1 != 0 {
			d := 2 - n&3 // +1 or -1, so that the next digit is zero
			out = append(out, digit{shift, d < 0})
			n -= d
		}
		n >>= 1
	}
	return out
}

// term is a node of the graph being built, shifted and perhaps negated, in the sum that makes a row.
type term struct {
	node int
	digit
}

// pair is two terms up to a common shift and sign: what rows can share.
type pair struct {
	a, b           int
	shiftA, shiftB int
	sub            bool
}

func (p pair) compare(q pair) int {
	return cmp.Or(cmp.Compare(p.a, q.a), cmp.Compare(p.b, q.b), cmp.Compare(p.shiftA, q.shiftA),
		cmp.Compare(p.shiftB, q.shiftB), boolCompare(p.sub, q.sub))
}

func boolCompare(a, b bool) int {
	if a == b {
		return 0
	}
	if b {
		return -1
	}
	return 1
}

// pairOf gives the shared form of two terms and how the pair's sum is then used.
func pairOf(x, y term) (pair, digit) {
	if cmp.Or(cmp.Compare(x.node, y.node), cmp.Compare(x.shift, y.shift)) > 0 {
		x, y = y, x
	}
	base := min(x.shift, y.shift)
	return pair{x.node, y.node, x.shift - base, y.shift - base, x.neg != y.neg}, digit{base, x.neg}
}

// ShareAdders computes a constant matrix with shifts and additions: rows become sums of signed digits, and as long as
// some pair of terms stands in two places, the most frequent one becomes a node (Hartley, "Subexpression sharing in
// filters using canonic signed digit multipliers", 1996). What is left of each row is added up in order.
func ShareAdders(ints []int64, rows, cols int) *AdderGraph {
	g := &AdderGraph{Inputs: cols}
	sums := make([][]term, rows)
	for r := range sums {
		for c, q := range ints[r*cols : r*cols+cols] {
			for _, d := range signedDigits(q) {
				sums[r] = append(sums[r], term{c, d})
			}
		}
	}
	places := countPairs(sums)
	for {
		p, ok := places.mostFrequent(sums)
		if !ok {
			break
		}
		node := addNode(g, p)
		for r, s := range sums {
			if sums[r] = replacePair(s, p, node); len(sums[r]) < len(s) {
				places.update(s, sums[r])
			}
		}
	}
	for _, s := range sums {
		g.Out = append(g.Out, addUp(g, s))
	}
	return g
}

func addNode(g *AdderGraph, p pair) int {
	g.Nodes = append(g.Nodes, AdderNode{A: p.a, B: p.b, ShiftA: p.shiftA, ShiftB: p.shiftB, Sub: p.sub})
	return g.Inputs + len(g.Nodes) - 1
}

// pairs counts the places of pairs in sums: all of them, and apart those that stand in two places or more.
type pairs struct{ all, often map[pair]int }

func countPairs(sums [][]term) pairs {
	p := pairs{map[pair]int{}, map[pair]int{}}
	for _, s := range sums {
		p.update(nil, s)
	}
	return p
}

// update recounts the pairs of a sum whose terms, each of which stands there once, have changed.
func (p pairs) update(old, new []term) {
	p.add(-1, missing(old, new), old)
	p.add(1, missing(new, old), new)
}

// add counts the pairs that some terms of a sum make with each other and with the rest of it.
func (p pairs) add(n int, of, s []term) {
	for i, x := range of {
		for _, y := range s {
			if slices.Contains(of[:i+1], y) {
				continue
			}
			q, _ := pairOf(x, y)
			switch p.all[q] += n; {
			case p.all[q] > 1:
				p.often[q] = p.all[q]
			default:
				delete(p.often, q)
			}
			if p.all[q] == 0 {
				delete(p.all, q)
			}
		}
	}
}

// missing are the terms of a that b does not have.
func missing(a, b []term) (out []term) {
	for _, t := range a {
		if !slices.Contains(b, t) {
			out = append(out, t)
		}
	}
	return out
}

// mostFrequent finds the pair in the most places, the first in order among equals; ok is false when none is in two.
func (p pairs) mostFrequent(sums [][]term) (best pair, ok bool) {
	most := 1
	for q, n := range p.often {
		if n > most || n == most && q.compare(best) < 0 {
			best, most = q, n
		}
	}
	return best, most > 1 && placesOf(sums, best) > 1
}

// placesOf counts the places of a pair that do not overlap.
func placesOf(sums [][]term, p pair) int {
	n := 0
	for _, s := range sums {
		n += len(s) - len(replacePair(s, p, -1))
	}
	return n
}

// replacePair puts a node for every place of a pair in a sum.
func replacePair(s []term, p pair, node int) []term {
	s = slices.Clone(s)
	for i := 0; i < len(s); i++ {
		for j := range i {
			if q, use := pairOf(s[i], s[j]); q == p {
				s[j] = term{node, use}
				s = slices.Delete(s, i, i+1)
				i--
				break
			}
		}
	}
	return s
}

// addUp adds a row's terms.
func addUp(g *AdderGraph, s []term) AdderTerm {
	if len(s) == 0 {
		return AdderTerm{Node: -1}
	}
	for len(s) > 1 {
		p, use := pairOf(s[0], s[1])
		s = append([]term{{addNode(g, p), use}}, s[2:]...)
	}
	return AdderTerm{Node: s[0].node, Shift: s[0].shift, Neg: s[0].neg}
}

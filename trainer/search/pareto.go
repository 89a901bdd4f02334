package search

import (
	"cmp"
	"math"
	"slices"
)

// objectives are what candidates are compared by; larger is better.
func (g *Goal) objectives(c *Candidate) []float64 {
	out := []float64{g.Score(c)}
	for _, f := range g.Figures() {
		out = append(out, -float64(f.Of(&c.Costs)))
	}
	return out
}

// dominates reports whether a is as good as b in everything, and better in something.
func (g *Goal) dominates(a, b *Candidate) bool {
	x, y := g.objectives(a), g.objectives(b)
	for i := range x {
		if x[i] < y[i] {
			return false
		}
	}
	return !slices.Equal(x, y)
}

// Pareto marks the candidates that no other dominates, among those that were trained to the end and keep the limits.
func Pareto(all []Candidate, g Goal) {
	var whole []*Candidate
	for i := range all {
		c := &all[i]
		c.Front, c.Missed = false, ""
		if c.Error != "" || c.Dropped {
			continue
		}
		if c.Missed = missText(g.Misses(c)); c.Missed == "" {
			whole = append(whole, c)
		}
	}
	for _, c := range front(whole, g) {
		c.Front = true
	}
}

// front gives the candidates that no other dominates.
func front(all []*Candidate, g Goal) []*Candidate {
	var out []*Candidate
	for _, c := range all {
		if !slices.ContainsFunc(all, func(o *Candidate) bool { return g.dominates(o, c) }) {
			out = append(out, c)
		}
	}
	return out
}

// best gives n candidates as NSGA-II selects them (Deb et al., IEEE Transactions on Evolutionary Computation 6(2), 2002): those within
// the limits on costs front after front, and of the last one those with the most room around them; then those that miss limits by
// least.
func best(all []*Candidate, n int, g Goal) []*Candidate {
	var rest, out, beyond []*Candidate
	for _, c := range all {
		if len(g.costMisses(c)) > 0 {
			beyond = append(beyond, c)
		} else {
			rest = append(rest, c)
		}
	}
	for len(out) < n && len(rest) > 0 {
		f := front(rest, g)
		if room := n - len(out); len(f) > room {
			distance := crowding(f, g)
			sortBy(f, func(c *Candidate) float64 { return -distance[c] })
			f = f[:room]
		}
		out = append(out, f...)
		rest = slices.DeleteFunc(rest, func(c *Candidate) bool { return slices.Contains(f, c) })
	}
	sortBy(beyond, func(c *Candidate) float64 { return far(g.costMisses(c)) })
	return append(out, beyond[:min(len(beyond), n-len(out))]...)
}

// sortBy puts those of the smallest value first.
func sortBy(all []*Candidate, value func(c *Candidate) float64) {
	slices.SortStableFunc(all, func(a, b *Candidate) int { return cmp.Compare(value(a), value(b)) })
}

// crowding is how far a candidate's neighbours in each objective are apart, in parts of the front's extent, added up; the
// ends of a front have infinite room.
func crowding(f []*Candidate, g Goal) map[*Candidate]float64 {
	out := map[*Candidate]float64{}
	for k := range g.objectives(f[0]) {
		at := func(c *Candidate) float64 { return g.objectives(c)[k] }
		sorted := slices.Clone(f)
		sortBy(sorted, at)
		lo, hi := sorted[0], sorted[len(sorted)-1]
		if at(lo) == at(hi) {
			continue
		}
		out[lo], out[hi] = math.Inf(1), math.Inf(1)
		for i := 1; i+1 < len(sorted); i++ {
			out[sorted[i]] += (at(sorted[i+1]) - at(sorted[i-1])) / (at(hi) - at(lo))
		}
	}
	return out
}

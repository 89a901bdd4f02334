package search

import (
	"cmp"
	"math"
	"slices"
)

// Candidate is a variant and what came of it: a line of results.jsonl.
type Candidate struct {
	Name string `json:"name"`
	Settings
	Epochs   int     `json:"epochs"`   // that it was trained for
	Accuracy float64 `json:"accuracy"` // on validation, at the fixed level; the negative loss of a regression
	Real     float64 `json:"real"`     // the same at the real level
	Bytes    int     `json:"bytes"`    // of weights and signs, each at its own width
	Adds     int     `json:"adds"`     // additions a step, of recurrence and input
	Seconds  float64 `json:"seconds"`  // of training
	Front    bool    `json:"front"`
	Dropped  bool    `json:"dropped,omitempty"` // by successive halving, before its last epoch
	Error    string  `json:"error,omitempty"`   // why it has no figures
}

// objectives are what candidates are compared by; larger is better.
func (c *Candidate) objectives() [3]float64 {
	return [3]float64{c.Accuracy, -float64(c.Bytes), -float64(c.Adds)}
}

// dominates reports whether a is as good as b in everything, and better in something.
func dominates(a, b *Candidate) bool {
	x, y := a.objectives(), b.objectives()
	for i := range x {
		if x[i] < y[i] {
			return false
		}
	}
	return x != y
}

// Pareto marks the candidates that no other dominates, among those that were trained to the end.
func Pareto(all []Candidate) {
	var whole []*Candidate
	for i := range all {
		c := &all[i]
		c.Front = false
		if c.Error == "" && !c.Dropped {
			whole = append(whole, c)
		}
	}
	for _, c := range front(whole) {
		c.Front = true
	}
}

// front gives the candidates that no other dominates.
func front(all []*Candidate) []*Candidate {
	var out []*Candidate
	for _, c := range all {
		if !slices.ContainsFunc(all, func(o *Candidate) bool { return dominates(o, c) }) {
			out = append(out, c)
		}
	}
	return out
}

// best gives n candidates as NSGA-II selects them (Deb et al., IEEE Transactions on Evolutionary Computation 6(2), 2002):
// front after front, and of the last one those with the most room around them.
func best(all []*Candidate, n int) []*Candidate {
	rest, out := slices.Clone(all), []*Candidate(nil)
	for len(out) < n {
		f := front(rest)
		if room := n - len(out); len(f) > room {
			distance := crowding(f)
			slices.SortStableFunc(f, func(a, b *Candidate) int { return cmp.Compare(distance[b], distance[a]) })
			f = f[:room]
		}
		out = append(out, f...)
		rest = slices.DeleteFunc(rest, func(c *Candidate) bool { return slices.Contains(f, c) })
	}
	return out
}

// crowding is how far a candidate's neighbours in each objective are apart, in parts of the front's extent, added up; the
// ends of a front have infinite room.
func crowding(f []*Candidate) map[*Candidate]float64 {
	out := map[*Candidate]float64{}
	for k := range f[0].objectives() {
		at := func(c *Candidate) float64 { return c.objectives()[k] }
		sorted := slices.Clone(f)
		slices.SortStableFunc(sorted, func(a, b *Candidate) int { return cmp.Compare(at(a), at(b)) })
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

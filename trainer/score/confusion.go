package score

import (
	"cmp"
	"math"
	"slices"
)

// Confusion counts the decisions about classes.
type Confusion struct {
	Classes []string
	Counts  [][]int // [true][decided]
	Outside []int   // [true]: decided to be what is no class, as a model with more outputs than classes can
}

// NewConfusion counts nothing yet.
func NewConfusion(classes []string) *Confusion {
	c := &Confusion{Classes: classes, Counts: make([][]int, len(classes)), Outside: make([]int, len(classes))}
	for i := range c.Counts {
		c.Counts[i] = make([]int, len(classes))
	}
	return c
}

// Add takes in a decision. truth is the number of a class; decided may be none.
func (c *Confusion) Add(truth, decided int) {
	if decided < 0 || decided >= len(c.Classes) {
		c.Outside[truth]++
		return
	}
	c.Counts[truth][decided]++
}

// ClassScore is how well a class is decided.
type ClassScore struct {
	Name      string `json:"name"`
	Count     int    `json:"count"`     // how many there are
	Decided   int    `json:"decided"`   // how many are decided to be of it
	Recall    Part   `json:"recall"`    // of those that there are, how many are found
	Precision Part   `json:"precision"` // of those that are decided to be of it, how many are
	F1        Part   `json:"f1"`        // their harmonic mean
}

func classScore(name string, hits, count, decided int) ClassScore {
	return ClassScore{name, count, decided, part(hits, count), part(hits, decided), part(2*hits, count+decided)}
}

// Of counts the decisions about what is of a class.
func (c *Confusion) Of(class int) int {
	n := c.Outside[class]
	for _, v := range c.Counts[class] {
		n += v
	}
	return n
}

// Total counts all decisions, and Right those that are right.
func (c *Confusion) Total() (n int) {
	for i := range c.Classes {
		n += c.Of(i)
	}
	return n
}

// Right counts the decisions that are right.
func (c *Confusion) Right() (n int) {
	for i := range c.Classes {
		n += c.Counts[i][i]
	}
	return n
}

// Scores judges the classes one by one.
func (c *Confusion) Scores() []ClassScore {
	out := make([]ClassScore, len(c.Classes))
	for i, name := range c.Classes {
		decided := 0
		for _, row := range c.Counts {
			decided += row[i]
		}
		out[i] = classScore(name, c.Counts[i][i], c.Of(i), decided)
	}
	return out
}

// MacroF1 is the mean of the F1 that there are: a class that neither occurs nor is decided has none. NaN where no class has one.
func MacroF1(scores []ClassScore) Part {
	sum, n := 0.0, 0
	for _, s := range scores {
		if s.F1.Known() {
			sum, n = sum+float64(s.F1), n+1
		}
	}
	if n == 0 {
		return Part(math.NaN())
	}
	return Part(sum / float64(n))
}

// Largest is the class that occurs most.
func (c *Confusion) Largest() int {
	best := 0
	for i := range c.Classes {
		if c.Of(i) > c.Of(best) {
			best = i
		}
	}
	return best
}

// Mistake is a class that is taken for another.
type Mistake struct {
	True    string `json:"true"`
	Decided string `json:"decided"`
	Count   int    `json:"count"`
	Of      int    `json:"of"` // decisions about what is of the class
}

// Mistakes gives the n most frequent ones.
func (c *Confusion) Mistakes(n int) []Mistake {
	var out []Mistake
	for i, row := range c.Counts {
		for j, v := range row {
			if i != j && v > 0 {
				out = append(out, Mistake{c.Classes[i], c.Classes[j], v, c.Of(i)})
			}
		}
		if v := c.Outside[i]; v > 0 {
			out = append(out, Mistake{c.Classes[i], "no class", v, c.Of(i)})
		}
	}
	slices.SortStableFunc(out, func(a, b Mistake) int { return cmp.Compare(b.Count, a.Count) })
	return out[:min(n, len(out))]
}

package data

import (
	"fmt"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
)

// gaps remembers where values are missing while rows are read.
type gaps struct {
	rows map[int]diag.Builder // the place of a row, of the first ones
}

// mostPlaces is how many places are remembered; the first gap that counts is all but surely among them.
const mostPlaces = 1000

func (g *gaps) add(row int, at diag.Builder) {
	if g.rows == nil {
		g.rows = map[int]diag.Builder{}
	}
	if len(g.rows) < mostPlaces {
		g.rows[row] = at
	}
}

func isNaN(v float64) bool { return v != v }

// gapped is what values are missing from.
type gapped struct {
	x     []float64 // steps of d values, NaN where one is missing
	d     int
	cuts  []cut
	place func(step int) diag.Builder // of a step, from the start of x
	value func(i int) string          // what value i of x is: column ax, step 7 of dimension 3
	named func(channel int) string    // column ax, dimension 3
	steps bool                        // cuts may be split: windows are taken from them
}

// resolve does what  missing  says about missing values: an error, or values in their place, or cuts without them. Cuts that
// are left out as a whole become unused.
func (g *gapped) resolve(p *pool, how string) error {
	total, first := 0, -1
	by := make([]int, g.d)
	for _, c := range g.cuts {
		for i := c.from * g.d; i < (c.from+c.steps)*g.d; i++ {
			if isNaN(g.x[i]) {
				if first < 0 {
					first = i
				}
				by[i%g.d]++
				total++
			}
		}
	}
	switch {
	case total == 0:
		return nil
	case how == "drop":
		g.drop(p)
		return nil
	case how == "hold" || how == "interpolate":
		g.fill(p, how, total)
		return nil
	}
	var where []string
	for c, n := range by {
		if n > 0 && len(where) < 5 {
			where = append(where, fmt.Sprintf("%d in %s", n, g.named(c)))
		}
	}
	more := ""
	if total > 1 {
		more = fmt.Sprintf("; in all, %s: %s", diag.Count(total, "value is missing", "values are missing"), strings.Join(where, ", "))
	}
	return g.place(first/g.d).Errorf(code, "%s is missing%s", g.value(first), more).
		Helpf("write what is known, or say what to do:  missing = drop  (leaves those steps out),  hold  (repeats the value before)  or  interpolate")
}

// drop splits cuts at the steps that lack a value; or, where they are not to be split, leaves those out that have one.
func (g *gapped) drop(p *pool) {
	var pieces []cut
	gaps, steps, whole := 0, 0, 0
	for i := range g.cuts {
		c := &g.cuts[i]
		piece, before := *c, steps
		piece.steps = 0
		for t := c.from; t < c.from+c.steps; t++ {
			if !g.lacks(t) {
				piece.steps++
				continue
			}
			if steps++; t == c.from || !g.lacks(t-1) {
				gaps++
			}
			if piece.steps > 0 {
				pieces = append(pieces, piece)
			}
			piece.from, piece.first, piece.steps = t+1, c.first+t+1-c.from, 0
		}
		if piece.steps > 0 {
			pieces = append(pieces, piece)
		}
		if steps > before {
			whole++
			if !g.steps {
				c.part = unused
			}
		}
	}
	if !g.steps {
		p.note("missing = drop: %d of %s lack a value and are left out", whole, diag.Count(len(g.cuts), "sequence"))
		return
	}
	g.cuts = pieces
	p.note("missing = drop: %d steps are left out, in %d gaps of %s; no window runs across one", steps, gaps, diag.Count(whole, "recording"))
}

func (g *gapped) lacks(step int) bool {
	for _, v := range g.x[step*g.d : (step+1)*g.d] {
		if isNaN(v) {
			return true
		}
	}
	return false
}

// fill puts values in the place of missing ones, within each cut. One without any value of a channel is left out.
func (g *gapped) fill(p *pool, how string, total int) {
	without := 0
	for i := range g.cuts {
		c := &g.cuts[i]
		for channel := range g.d {
			if !g.fillChannel(*c, channel, how == "interpolate") {
				c.part = unused
				without++
				break
			}
		}
	}
	p.note("missing = %s: %s", how, diag.Count(total, "value is filled in", "values are filled in"))
	if without > 0 {
		p.note("%d of %s or sequences have no value of a channel at all and are left out", without, diag.Count(len(g.cuts), "recording"))
	}
}

// fillChannel fills one channel of a cut: with the value before, or on the line to the next; the first known value stands for
// those before it. It reports whether there is any.
func (g *gapped) fillChannel(c cut, channel int, line bool) bool {
	at := func(t int) *float64 { return &g.x[(c.from+t)*g.d+channel] }
	last := -1
	for t := 0; t < c.steps; t++ {
		if isNaN(*at(t)) {
			continue
		}
		for k := last + 1; k < t; k++ {
			switch {
			case last < 0:
				*at(k) = *at(t)
			case line:
				part := float64(k-last) / float64(t-last)
				*at(k) = float64(float64(*at(last))*(1-part) + float64(*at(t))*part)
			default:
				*at(k) = *at(last)
			}
		}
		last = t
	}
	for k := last + 1; last >= 0 && k < c.steps; k++ {
		*at(k) = *at(last)
	}
	return last >= 0
}

// trimmed takes the steps off the end of each cut that have no value at all: they pad a shorter sequence.
func (g *gapped) trimmed() (shorter int) {
	for i := range g.cuts {
		c := &g.cuts[i]
		steps := c.steps
		for c.steps > 0 && g.empty(c.from+c.steps-1) {
			c.steps--
		}
		if c.steps < steps {
			shorter++
		}
	}
	return shorter
}

func (g *gapped) empty(step int) bool {
	for _, v := range g.x[step*g.d : (step+1)*g.d] {
		if !isNaN(v) {
			return false
		}
	}
	return true
}

// used are the cuts that are not left out.
func used(cuts []cut) (out []cut) {
	for _, c := range cuts {
		if c.part != unused {
			out = append(out, c)
		}
	}
	return out
}

package step

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/hrnnc/hrnnc/internal/arith"
)

// What is counted beside the operations of expressions.
const (
	OpStore Op = "store" // to an array
	OpSet   Op = "set"   // of a mutable name
	OpLoop  Op = "loop"  // an iteration
	OpCall  Op = "call"  // of a function
)

// Counted is one kind of work.
type Counted struct {
	Op   Op   `json:"op"`
	Type Int  `json:"type"`            // of the result; of a store, of the entry
	Kind Kind `json:"array,omitempty"` // of the array that a load or a store is about
}

// Counts says how often a run does each kind of work. It holds for every input, because nothing depends on data.
type Counts map[Counted]int64

// Of is how often operations are done, in all types together.
func (c Counts) Of(ops ...Op) (n int64) {
	for k, v := range c {
		if slices.Contains(ops, k.Op) {
			n += v
		}
	}
	return n
}

// Kinds are the kinds of work, in a fixed order.
func (c Counts) Kinds() []Counted {
	out := make([]Counted, 0, len(c))
	for k := range c {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b Counted) int {
		return cmp.Or(cmp.Compare(a.Op, b.Op), cmp.Compare(a.Type.String(), b.Type.String()), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

// MarshalJSON lists the kinds in their order, each with how often.
func (c Counts) MarshalJSON() ([]byte, error) {
	type row struct {
		Counted
		Times int64 `json:"times"`
	}
	rows := []row{}
	for _, k := range c.Kinds() {
		rows = append(rows, row{k, c[k]})
	}
	return json.Marshal(rows)
}

// Work is what a program does, at even and at odd t.
type Work struct {
	Step   arith.Phased[Counts] `json:"step"`
	Output arith.Phased[Counts] `json:"output"`
	Decide arith.Phased[Counts] `json:"decide,omitzero"` // of what decides behind an output, where there is such a function
}

// Count counts a program without running it. The error is what Verify would say of names, kinds and types.
func Count(p *Program) (*Work, error) {
	c, err := check(p)
	if err != nil {
		return nil, err
	}
	var w Work
	for ph := range 2 {
		w.Step[ph] = c.count(c.step, ph)
		w.Output[ph] = c.count(c.out, ph)
		if c.decide != nil {
			w.Decide[ph] = c.count(c.decide, ph)
		}
	}
	return &w, nil
}

func (c *checked) count(f *function, ph int) Counts {
	n := Counts{}
	c.walk(f.body, ph, 1, func(l *line, times int64) {
		switch s := l.s.(type) {
		case Store:
			a := c.arrays[l.array[ph]]
			n[Counted{OpStore, a.Elem, a.Kind}] += times
		case Set:
			n[Counted{Op: OpSet, Type: s.Value.Type}] += times
		case For:
			n[Counted{Op: OpLoop, Type: Index}] += times * trips(l)
		case Call:
			n[Counted{Op: OpCall}] += times
		}
		c.countExpr(n, l.index, ph, times)
		c.countExpr(n, l.value, ph, times)
	})
	return n
}

func (c *checked) countExpr(n Counts, e *node, ph int, times int64) {
	if e == nil {
		return
	}
	k := Counted{Op: e.e.Op, Type: e.e.Type}
	if e.code == cLoad {
		a := c.arrays[e.array[ph]]
		k.Kind, k.Type = a.Kind, a.Elem
	}
	n[k] += times
	if e.code == cPhase {
		c.countExpr(n, []*node{e.a, e.b}[ph], ph, times)
		return
	}
	c.countExpr(n, e.a, ph, times)
	c.countExpr(n, e.b, ph, times)
	c.countExpr(n, e.c, ph, times)
}

func trips(l *line) int64 { return int64((l.to - l.from + l.by - 1) / l.by) }

// walk sees every statement that runs at a parity, with how often.
func (c *checked) walk(body []*line, ph int, times int64, see func(l *line, times int64)) {
	for _, l := range body {
		see(l, times)
		switch l.s.(type) {
		case For:
			c.walk(l.body, ph, times*trips(l), see)
		case IfOdd:
			if ph == arith.Odd {
				c.walk(l.body, ph, times, see)
			} else {
				c.walk(l.even, ph, times, see)
			}
		case Call:
			c.walk(l.call.body, ph, times, see)
		}
	}
}

// work is how many expressions and iterations a step and an output of even and odd t have, or a number above maxWork.
func (c *checked) work() int64 {
	var size func(n *node) int64
	size = func(n *node) int64 {
		if n == nil {
			return 0
		}
		return 1 + size(n.a) + size(n.b) + size(n.c)
	}
	memo := map[*function]arith.Phased[int64]{}
	var block func(body []*line, ph int) int64
	block = func(body []*line, ph int) (sum int64) {
		for _, l := range body {
			one := 1 + size(l.index) + size(l.value)
			switch l.s.(type) {
			case For:
				each := block(l.body, ph) + 1
				if n := trips(l); n > 0 && each > maxWork/n {
					return maxWork + 1
				} else {
					one += n * each
				}
			case IfOdd:
				if ph == arith.Odd {
					one += block(l.body, ph)
				} else {
					one += block(l.even, ph)
				}
			case Call:
				one += memo[l.call][ph]
			}
			if sum += one; sum > maxWork {
				return maxWork + 1
			}
		}
		return sum
	}
	for _, f := range c.funcs { // what a function calls stands before it
		memo[f] = arith.Phased[int64]{block(f.body, arith.Even), block(f.body, arith.Odd)}
	}
	sum := int64(0)
	for ph := range c.phases() {
		sum = min(sum+memo[c.step][ph]+memo[c.out][ph], maxWork+1)
	}
	return sum
}

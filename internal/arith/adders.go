package arith

import (
	"fmt"
	"slices"
)

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

// Zero reports whether every row is zero, so that no input is read.
func (g *AdderGraph) Zero() bool {
	return len(g.Nodes) == 0 && !slices.ContainsFunc(g.Out, func(o AdderTerm) bool { return o.Node >= 0 })
}

// Check says what is wrong with the graph of a matrix of some rows and columns.
func (g *AdderGraph) Check(rows, cols int) error {
	if g == nil {
		return fmt.Errorf("it has no adder graph")
	}
	if g.Inputs != cols || len(g.Out) != rows {
		return fmt.Errorf("its adder graph is %d by %d, its matrix %d by %d", len(g.Out), g.Inputs, rows, cols)
	}
	for i, n := range g.Nodes {
		if limit := g.Inputs + i; n.A < 0 || n.B < 0 || n.A >= limit || n.B >= limit {
			return fmt.Errorf("adder %d reads one that is not before it", i)
		}
		if n.ShiftA < 0 || n.ShiftB < 0 || n.ShiftA > 62 || n.ShiftB > 62 {
			return fmt.Errorf("adder %d shifts by more than 62", i)
		}
	}
	for i, o := range g.Out {
		if o.Node < -1 || o.Node >= g.Inputs+len(g.Nodes) || o.Shift < 0 || o.Shift > 62 {
			return fmt.Errorf("row %d of the adder graph names no adder", i)
		}
	}
	return nil
}

// Equals proves that the graph computes a matrix: every node as the row of factors that it has on the inputs. Numbers wrap
// as they do in the interpreter.
func (g *AdderGraph) Equals(ints []int64) error {
	if len(ints) != len(g.Out)*g.Inputs {
		return fmt.Errorf("its matrix is not one of integers")
	}
	rows := make([][]int64, g.Inputs+len(g.Nodes))
	for i := range rows {
		rows[i] = make([]int64, g.Inputs)
		if i < g.Inputs {
			rows[i][i] = 1
			continue
		}
		n := g.Nodes[i-g.Inputs]
		for c := range rows[i] {
			b := rows[n.B][c] << n.ShiftB
			if n.Sub {
				b = -b
			}
			rows[i][c] = rows[n.A][c]<<n.ShiftA + b
		}
	}
	for r, o := range g.Out {
		for c := range g.Inputs {
			got := int64(0)
			if o.Node >= 0 {
				got = rows[o.Node][c] << o.Shift
			}
			if o.Neg {
				got = -got
			}
			if want := ints[r*g.Inputs+c]; got != want {
				return fmt.Errorf("its adder graph has %d in row %d, column %d, its matrix %d", got, r, c, want)
			}
		}
	}
	return nil
}

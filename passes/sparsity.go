package passes

import (
	"fmt"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// sparsity rewrites
//
//	matvec(M, x)  ->  adders(M, x)      exact: the graph equals the matrix, which the verifier checks on unit vectors
//
// where the cost model finds shared shifts and additions cheaper than a table of M walked by a loop. Zero weights cost
// nothing in a graph, and sums that several rows need are made once. It expects the fixed level, and keeps the matrix
// as the graph's first operand, so that a backend may still choose the table.
func sparsity(m *ir.Module, o Options) (*ir.Module, Stats, error) {
	var stats Stats
	out, err := each(m, func(r *rewriter, id ir.ID, v *ir.Value) (ir.ID, error) {
		n := r.keep(id)
		if v.Op != ir.OpMatVec {
			return n, nil
		}
		w := m.Value(v.Args[0]).Const
		zero := 0
		for _, q := range w.Ints {
			if q == 0 {
				zero++
			}
		}
		if zero > 0 {
			stats = append(stats, fmt.Sprintf("%s: %d of %d weights are zero", w.Name, zero, len(w.Ints)))
		}
		g, ok := cheaper(w, o.Cost)
		if !ok {
			return n, nil
		}
		value := r.new.Value(n)
		value.Op, value.Adders = ir.OpAdders, g
		stats = append(stats, fmt.Sprintf("%s: %s instead of a table of %d", w.Name, count(len(g.Nodes), "shared addition", "shared additions"), len(w.Ints)))
		return n, nil
	})
	return out, stats, err
}

// cheaper gives the adder graph of a matrix when the cost model prefers it. A matrix whose digits alone outnumber the
// additions allowed, even if every sum served two rows, is not tried.
func cheaper(w *ir.Tensor, cost MatrixCost) (*arith.AdderGraph, bool) {
	digits := 0
	for _, q := range w.Ints {
		digits += arith.Digits(q)
	}
	if digits > 4*cost.MaxAdders {
		return nil, false
	}
	g := arith.ShareAdders(w.Ints, w.Shape[0], w.Shape[1])
	price := cost.Adder * float64(len(g.Nodes)+w.Shape[0])
	return g, len(g.Nodes) <= cost.MaxAdders && price < cost.Entry*float64(len(w.Ints))
}

package passes

import (
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
)

// fold rewrites
//
//	matvec(M, onehot(token))  ->  column(M, token)     exact: every other product is a product with 0
//	values nobody reads       ->  nothing
//
// It expects any real-level module and leaves no onehot that only products read.
func fold(m *ir.Module) (*ir.Module, Stats, error) {
	columns := 0
	out, err := each(m, func(r *rewriter, id ir.ID, v *ir.Value) (ir.ID, error) {
		if v.Op == ir.OpMatVec {
			if hot := m.Value(v.Args[1]); hot.Op == ir.OpOneHot {
				columns++
				return r.new.Add(&ir.Value{Op: ir.OpColumn, Args: []ir.ID{r.to[v.Args[0]], r.to[hot.Args[0]]},
					Type: v.Type, Name: v.Name, Span: v.Span}), nil
			}
		}
		return r.keep(id), nil
	})
	if err != nil {
		return nil, nil, err
	}
	var stats Stats
	if columns > 0 {
		stats = append(stats, diag.Count(columns, "one-hot product became a column look-up", "one-hot products became column look-ups"))
	}
	return out, stats, nil
}

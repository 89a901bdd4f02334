package passes

import (
	"fmt"
	"math"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/hadamard"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/form"
)

// scaleTolerance is how far, relative, the scale of a recognised matrix may be from 1/sqrt(m): float16 rounding passes.
const scaleTolerance = 2e-3

// recogniseTolerance covers a scale that is off by scaleTolerance for the steps that the runner compares.
const recogniseTolerance = 0.05

// recognise rewrites
//
//	matvec(W, state)  ->  signs(permute(hadamard(signs(permute(state)))))
//
// where W = Scale * diag(signs) P S D Q is a signed, permuted block Hadamard whose scale is 1/sqrt(m) as far as the
// weights file's precision tells. It is exact but for that precision. It expects W as real numbers and leaves no dense
// recurrent matrix: one that is not a Hadamard is an error that says how far from one it is.
func recognise(m *ir.Module) (*ir.Module, Stats, error) {
	var stats Stats
	out, err := each(m, func(r *rewriter, id ir.ID, v *ir.Value) (ir.ID, error) {
		if v.Op != ir.OpMatVec || m.Value(v.Args[1]).Op != ir.OpState {
			return r.keep(id), nil
		}
		f, err := recogniseMatrix(m, v)
		if err != nil {
			return 0, err
		}
		state := m.States[m.Value(v.Args[1]).Index].Name
		stats = append(stats, fmt.Sprintf("%s is a Hadamard of order %d in %s", m.Value(v.Args[0]).Const.Name, f.Block,
			diag.Count(len(f.Order)/f.Block, "block")))
		signed := form.Recurrence{State: m.Value(v.Args[1]).Index, Inner: form.SignedPermutation{Sign: f.PreSigns, Index: f.PrePermute},
			Outer: form.SignedPermutation{Sign: f.Signs, Index: f.Order}, Block: f.Block, Norm: true, Factor: arith.Both(1.0),
			Name: state + "_transformed", Span: v.Span}
		return signed.Apply(r.new, r.to[v.Args[1]]), nil
	})
	return out, stats, err
}

func recogniseMatrix(m *ir.Module, v *ir.Value) (*hadamard.Form, error) {
	w := m.Value(v.Args[0]).Const
	f, err := hadamard.Recognise(w.Real, w.Shape[0])
	if err != nil {
		return nil, diag.At(v.Span).Errorf("hadamard", "the recurrent matrix %s is not a signed Hadamard: %v", w.Name, err).
			Helpf("train with hadamard(h), whose weights are signs; a general dense matrix is not what hrnnc can run")
	}
	if want := 1 / math.Sqrt(float64(f.Block)); math.Abs(f.Scale-want) > scaleTolerance*want {
		return nil, diag.At(v.Span).Errorf("hadamard", "the recurrent matrix %s is %.6g times a signed Hadamard of order %d; only %.6g keeps the norm of the state",
			w.Name, f.Scale, f.Block, want).Helpf("divide it by its scale and multiply it by 1/sqrt(%d)", f.Block)
	}
	return f, nil
}

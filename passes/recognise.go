package passes

import (
	"fmt"
	"math"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/hadamard"
	"github.com/hrnnc/hrnnc/ir"
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
func recognise(m *ir.Module, _ Options) (*ir.Module, Stats, error) {
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
			count(len(f.Order)/f.Block, "block", "blocks")))
		return putForm(r.new, f, r.to[v.Args[1]], state, v), nil
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

// putForm writes a form, leaving out what is the identity.
func putForm(n *ir.Module, f *hadamard.Form, x ir.ID, state string, from *ir.Value) ir.ID {
	size := len(f.Order)
	add := func(op ir.Op, args ...ir.ID) ir.ID {
		return n.Add(&ir.Value{Op: op, Args: args, Type: vector(size), Span: from.Span})
	}
	permuted := func(x ir.ID, name string, index []int) ir.ID {
		ints, moved := make([]int64, size), false
		for i, j := range index {
			ints[i], moved = int64(j), moved || i != j
		}
		if !moved {
			return x
		}
		return add(ir.OpPermute, x, constant(n, intTensor(state+name, "index", 0, ints), from))
	}
	signed := func(x ir.ID, name string, sign []int64) ir.ID {
		for _, s := range sign {
			if s < 0 {
				return add(ir.OpSigns, x, constant(n, intTensor(state+name, "sign", 1, sign), from))
			}
		}
		return x
	}
	x = signed(permuted(x, "_units", f.PrePermute), "_presigns", f.PreSigns)
	x = add(ir.OpHadamard, x)
	n.Value(x).Block, n.Value(x).Norm, n.Value(x).Name = f.Block, true, state+"_transformed"
	return signed(permuted(x, "_order", f.Order), "_signs", f.Signs)
}

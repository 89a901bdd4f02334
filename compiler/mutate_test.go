package compiler

import (
	"errors"
	"math/rand"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/interp"
	"github.com/hrnnc/hrnnc/passes"
)

// mutated is a module with some things changed at random, as a person would who writes IR: operands, operations, attributes.
func mutated(m *ir.Module, rng *rand.Rand) *ir.Module {
	n := *m
	n.States, n.Values = slices.Clone(m.States), slices.Clone(m.Values)
	for i, v := range n.Values {
		c := *v
		c.Args = slices.Clone(v.Args)
		n.Values[i] = &c
	}
	for range 1 + rng.Intn(3) {
		id := rng.Intn(len(n.Values))
		v := n.Values[id]
		like := func() ir.ID { // a value before this one, of its shape where one is near
			for range 8 {
				if i := rng.Intn(id + 1); i < id && slices.Equal(n.Values[i].Type.Shape, v.Type.Shape) {
					return ir.ID(i)
				}
			}
			return ir.ID(rng.Intn(id + 1))
		}
		switch rng.Intn(9) {
		case 0, 1, 2:
			if len(v.Args) > 0 && id > 0 {
				v.Args[rng.Intn(len(v.Args))] = like()
			}
		case 3:
			unary := []ir.Op{ir.OpRelu, ir.OpExt, ir.OpTrunc, ir.OpSat, ir.OpHadamard, ir.OpRequant, ir.OpScale}
			if len(v.Args) == 1 && slices.Contains(unary, v.Op) {
				v.Op = unary[rng.Intn(len(unary))]
				v.Block, v.Requant, v.Factor = 1<<rng.Intn(3), arith.Both(arith.Requant{Mul: 1, Shift: rng.Intn(4)}), arith.Both(1.0)
			}
		case 4:
			v.Requant[rng.Intn(2)] = arith.Requant{Mul: 1 + rng.Int63n(3), Shift: rng.Intn(5) - 1}
			v.Factor[rng.Intn(2)] = []float64{0, 0.5, 1, 2, 3, 1.4142135623730951}[rng.Intn(6)]
		case 5:
			if v.Op == ir.OpConst && v.Const != nil && rng.Intn(2) == 0 {
				v.Phases, v.Const = &arith.Phased[*ir.Tensor]{v.Const, v.Const}, nil
			} else if v.Op == ir.OpConst && v.Phases != nil {
				v.Const, v.Phases = v.Phases[arith.Odd], nil
			}
		case 6:
			v.Staged = &arith.Phased[int]{rng.Intn(4), rng.Intn(4)}
			v.Norm = rng.Intn(2) == 0
		case 7:
			s := &n.States[rng.Intn(len(n.States))]
			s.Next = ir.ID(rng.Intn(len(n.Values)))
		default:
			n.Y = ir.ID(rng.Intn(len(n.Values)))
		}
	}
	return &n
}

// TestMutatedIR compiles IR that is well formed and not what passes leave: it is refused with a diagnostic, or the plan computes
// the bits of the interpreter.
func TestMutatedIR(t *testing.T) {
	tries := 1500
	if n, err := strconv.Atoi(os.Getenv("HRNNC_MUTANTS")); err == nil {
		tries = n
	}
	var bases []*ir.Module
	for seed := int64(1); len(bases) < 60; seed++ {
		m := randomModel(t, seed)
		for _, after := range []string{"", "fuse", "parity", "quantize", "range"} {
			if b, err := m.IRAfter(after, passes.Config{}); err == nil && b.States[0].Size <= 16 {
				bases = append(bases, b)
			}
		}
	}
	accepted, refusals := 0, 0
	for seed := range int64(tries) {
		rng := rand.New(rand.NewSource(seed))
		module := mutated(bases[rng.Intn(len(bases))], rng)
		if ir.Verify(module) != nil {
			continue
		}
		m := &Model{File: "m.ir", Real: module}
		if module.Level == ir.Fixed {
			m.Real, m.Fixed = nil, module
		}
		l, err := m.Lower(passes.Config{})
		if err != nil {
			if refusals++; !errors.As(err, new(diag.List)) {
				t.Errorf("seed %d: %v\n%s", seed, err, ir.Text(module))
			}
			continue
		}
		accepted++
		for _, x := range passes.Sequences(module, 4, 6, rng) {
			want, err := interp.RunFixed(l.Module, x)
			if err != nil {
				t.Errorf("seed %d: %v\n%s", seed, err, ir.Text(module))
				break
			}
			if got := l.Plan.Outputs([][][]int64{x})[0]; !slices.EqualFunc(want.Y, got, slices.Equal[[]int64]) {
				t.Errorf("seed %d: %v became %v\n%s", seed, want.Y, got, ir.Text(module))
				break
			}
		}
	}
	t.Logf("%d accepted, %d refused", accepted, refusals)
	if accepted < tries/100 || refusals < tries/100 {
		t.Errorf("of %d only %d were accepted and %d refused", tries, accepted, refusals)
	}
}

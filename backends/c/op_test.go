package c

import (
	"context"
	"fmt"
	"math/big"
	"math/rand"
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/backends/chip"
	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/backends/lower/step"
	"github.com/hrnnc/hrnnc/backends/run/runtest"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/ir"
)

// operation is one of the form, on arguments of some types.
type operation struct {
	name string
	args []step.Int
	make func(args []*step.Expr) *step.Expr
	// exact says of a lane's operands whether the result fits; nil where it always does.
	exact func(v []int64) bool
}

// within reports whether a sum of products fits a number of bits.
func within(bits int, products ...[2]int64) bool {
	total := new(big.Int)
	for _, p := range products {
		total.Add(total, new(big.Int).Mul(big.NewInt(p[0]), big.NewInt(p[1])))
	}
	r := arith.OfBits(bits)
	return total.Cmp(big.NewInt(r.Lo)) >= 0 && total.Cmp(big.NewInt(r.Hi)) <= 0
}

// operations are all that generated code may do with numbers of a type.
func operations(t step.Int) (out []operation) {
	lane := t
	lane.Lanes = 1
	add := func(name string, exact func(v []int64) bool, make func(a []*step.Expr) *step.Expr, args ...step.Int) {
		out = append(out, operation{fmt.Sprintf("%s %v", name, t), args, make, exact})
	}
	two := func(f func(a, b *step.Expr) *step.Expr) func(a []*step.Expr) *step.Expr {
		return func(a []*step.Expr) *step.Expr { return f(a[0], a[1]) }
	}
	fits := func(products func(v []int64) [][2]int64) func(v []int64) bool {
		return func(v []int64) bool { return within(t.Bits, products(v)...) }
	}
	add("phase", nil, two(step.ByPhase), t, t)
	add("add", fits(func(v []int64) [][2]int64 { return [][2]int64{{v[0], 1}, {v[1], 1}} }), two(step.Add), t, t)
	add("sub", fits(func(v []int64) [][2]int64 { return [][2]int64{{v[0], 1}, {v[1], -1}} }), two(step.Sub), t, t)
	add("mul", fits(func(v []int64) [][2]int64 { return [][2]int64{{v[0], v[1]}} }), two(step.Mul), t, lane)
	add("times", fits(func(v []int64) [][2]int64 { return [][2]int64{{v[0], 5}} }), func(a []*step.Expr) *step.Expr { return step.Times(a[0], 5) }, t)
	add("neg", fits(func(v []int64) [][2]int64 { return [][2]int64{{v[0], -1}} }), func(a []*step.Expr) *step.Expr { return step.Neg(a[0]) }, t)
	add("negneg", fits(func(v []int64) [][2]int64 { return [][2]int64{{v[0], -1}} }), func(a []*step.Expr) *step.Expr { return step.Neg(step.Neg(a[0])) }, t)
	add("minus one", fits(func(v []int64) [][2]int64 { return [][2]int64{{v[0], 1}, {-1, 1}} }), func(a []*step.Expr) *step.Expr { return step.Add(a[0], step.Const(t, -1)) }, t)
	for _, k := range []int{1, 3, t.Bits - 1} {
		add(fmt.Sprintf("shl %d", k), fits(func(v []int64) [][2]int64 { return [][2]int64{{v[0], 1 << k}} }), func(a []*step.Expr) *step.Expr { return step.Shl(a[0], k) }, t)
		add(fmt.Sprintf("shr %d", k), nil, func(a []*step.Expr) *step.Expr { return step.Shr(a[0], k) }, t)
		add(fmt.Sprintf("round %d", k), fits(func(v []int64) [][2]int64 { return [][2]int64{{v[0], 1}, {1 << (k - 1), 1}} }), func(a []*step.Expr) *step.Expr { return step.Round(a[0], k) }, t)
	}
	for _, f := range []struct {
		name string
		make func(a, b *step.Expr) *step.Expr
	}{{"halfadd", step.HalfAdd}, {"halfsub", step.HalfSub}, {"satadd", step.SatAdd}, {"and", step.And}, {"xor", step.Xor}, {"min", step.Min}, {"max", step.Max}} {
		add(f.name, nil, two(f.make), t, t)
	}
	add("not", nil, func(a []*step.Expr) *step.Expr { return step.Xor(a[0], step.Const(t, -1)) }, t)
	add("relu", nil, func(a []*step.Expr) *step.Expr { return step.Relu(a[0]) }, t)
	for _, bits := range []int{4, 7, 8, 11, 15, 16, 31} {
		if bits < t.Bits {
			add(fmt.Sprintf("clamp %d", bits), nil, func(a []*step.Expr) *step.Expr { return step.Clamp(a[0], bits) }, t)
		}
	}
	for _, bits := range []int{8, 15, 16, 31} {
		if t.Lanes == 1 && bits < t.Bits {
			add(fmt.Sprintf("clamp %d from below", bits), fits(func(v []int64) [][2]int64 { return [][2]int64{{v[0], 1}, {1<<(bits-1) - 1, 1}} }), func(a []*step.Expr) *step.Expr {
				return step.Clamp(step.Add(a[0], step.Const(t, 1<<(bits-1)-1)), bits)
			}, t)
		}
	}
	for _, bits := range []int{1, 7, 15} {
		if bits < t.Bits {
			add(fmt.Sprintf("crop %d", bits), nil, func(a []*step.Expr) *step.Expr { return step.Crop(a[0], bits) }, t)
		}
	}
	for _, f := range [][2]int{{0, 4}, {4, 4}, {3, 5}, {0, 8}, {8, 8}, {0, t.Bits}, {t.Bits - 1, 1}, {8, t.Bits - 8}} {
		if f[1] < 1 || f[0]+f[1] > t.Bits {
			continue
		}
		add(fmt.Sprintf("signed field %v", f), nil, func(a []*step.Expr) *step.Expr { return step.Field(a[0], f[0], f[1], true, t) }, t)
		if f[1] < t.Bits {
			add(fmt.Sprintf("field %v", f), nil, func(a []*step.Expr) *step.Expr { return step.Field(a[0], f[0], f[1], false, t) }, t)
		}
	}
	if t.Lanes == 2 {
		add("swap", nil, func(a []*step.Expr) *step.Expr { return step.Swap(a[0]) }, t)
		add("pack", nil, two(step.Pack), lane, lane)
		if t.Bits == 16 {
			add("ext", nil, func(a []*step.Expr) *step.Expr { return step.As(a[0], step.Int{Bits: 32, Lanes: 2}) }, t)
			add("dot", func(v []int64) bool { return within(31, [2]int64{v[0], v[1]}) }, func(a []*step.Expr) *step.Expr {
				return step.Dot(a[0], a[1], step.Const(step.I32, 0))
			}, t, t)
		} else {
			u := t
			u.Unsigned = true
			raw := func(a []*step.Expr) []*step.Expr {
				for i := range a {
					a[i] = &step.Expr{Op: step.OpLoad, Type: u, Name: a[i].Name, Args: a[i].Args}
				}
				return a
			}
			small := func(v []int64) bool { return v[0] < 1<<31 && v[len(v)-1] < 1<<31 }
			for _, f := range []struct {
				name string
				make func(a, b *step.Expr) *step.Expr
			}{{"add", step.Add}, {"and", step.And}, {"xor", step.Xor}} {
				add("words "+f.name, small, func(a []*step.Expr) *step.Expr { a = raw(a); return step.As(step.Shr(f.make(a[0], a[1]), 1), t) }, u, u)
			}
			add("words swap", nil, func(a []*step.Expr) *step.Expr { return step.As(step.Shr(step.Swap(raw(a)[0]), 5), t) }, u)
			add("trunc", func(v []int64) bool { return within(16, [2]int64{v[0], 1}) },
				func(a []*step.Expr) *step.Expr { return step.As(a[0], step.Int{Bits: 16, Lanes: 2}) }, t)
		}
		return out
	}
	if t.Bits <= 32 && t.Bits != 24 {
		add("mulwide", nil, two(step.MulWide), t, t)
	}
	for _, wider := range []step.Int{step.I16, step.I24, step.I32, step.I64} {
		if wider.Bits > t.Bits {
			add(fmt.Sprintf("ext %v", wider), nil, func(a []*step.Expr) *step.Expr {
				return step.Add(step.As(a[0], wider), step.Const(wider, 1<<(wider.Bits-2)))
			}, t)
			add(fmt.Sprintf("product in %v", wider), func(v []int64) bool { return within(wider.Bits, [2]int64{v[0], v[1]}) },
				func(a []*step.Expr) *step.Expr { return step.Mul(step.As(a[0], wider), step.As(a[1], wider)) }, t, t)
		}
	}
	for _, narrower := range []step.Int{step.I8, step.I16, step.I24, step.I32} {
		if narrower.Bits < t.Bits {
			add(fmt.Sprintf("trunc %v", narrower), func(v []int64) bool { return within(narrower.Bits, [2]int64{v[0], 1}) },
				func(a []*step.Expr) *step.Expr { return step.As(a[0], narrower) }, t)
		}
	}
	if t.Bits < 64 && t.Bits != 24 {
		u := step.Int{Bits: t.Bits, Lanes: 1, Unsigned: true}
		signed := step.LoadAs(u, "", step.At(0)).Type
		add("unsigned", nil, func(a []*step.Expr) *step.Expr { return step.Add(a[0], step.Const(signed, -3)) }, u)
		add("unsigned field", nil, func(a []*step.Expr) *step.Expr { return step.Field(a[0], 2, 5, false, step.I16) }, u)
		add("signed field of unsigned", nil, func(a []*step.Expr) *step.Expr { return step.Field(a[0], 1, 4, true, step.I16) }, u)
		add("unsigned sum", func(v []int64) bool { return v[0]+v[1] < 1<<t.Bits }, func(a []*step.Expr) *step.Expr {
			raw := func(e *step.Expr) *step.Expr { return &step.Expr{Op: step.OpLoad, Type: u, Name: e.Name, Args: e.Args} }
			return step.Field(step.As(step.Add(raw(a[0]), raw(a[1])), signed), 0, t.Bits, false, signed)
		}, u, u)
	}
	return out
}

// sample is how many operands an operation is tried on.
const sample = 12

// draw gives a number of a type: small ones and the ends of its range often.
func draw(rng *rand.Rand, t step.Int) int64 {
	r := t.Range()
	switch rng.Intn(8) {
	case 0:
		return r.Lo
	case 1:
		return r.Hi
	case 2:
		return max(r.Lo, int64(rng.Intn(3)-1))
	}
	bits := rng.Intn(t.Bits) + 1
	if t.Unsigned {
		return rng.Int63() & (1<<bits - 1)
	}
	return int64(rng.Uint64()) >> (64 - bits)
}

// program tries operations on operands for which they are exact. Each fills an entry of the output with what it gives, put
// together by exclusive or.
func program(rng *rand.Rand, ops []operation) *step.Program {
	p := &step.Program{Name: "ops", Step: "step", Output: "output", TwoPhase: true, Arrays: []*step.Array{
		{Kind: step.Input, Name: "x", Elem: step.I8, Len: 1, Range: arith.OfBits(8)},
		{Kind: step.State, Name: "h", Doc: "state", Elem: step.I8, Len: 1, Range: arith.OfBits(8)},
		{Kind: step.Output, Name: "y", Elem: step.I64, Len: len(ops), Range: arith.OfBits(64)},
	}}
	out := &step.Func{Name: "output", Doc: "All operations."}
	for n, op := range ops {
		lanes := op.args[0].Lanes
		data := make([][]int64, len(op.args))
		for count, try := 0, 0; count < sample && try < 3000; try++ {
			vectors := make([][]int64, len(op.args)) // an operand each, lane by lane
			exact := true
			for i, t := range op.args {
				for range t.Lanes {
					vectors[i] = append(vectors[i], draw(rng, t))
				}
			}
			for l := range lanes {
				lane := make([]int64, len(op.args))
				for i, v := range vectors {
					lane[i] = v[min(l, len(v)-1)]
				}
				exact = exact && (op.exact == nil || op.exact(lane))
			}
			if exact {
				count++
				for i := range data {
					data[i] = append(data[i], vectors[i]...)
				}
			}
		}
		var args []*step.Expr
		for i, t := range op.args {
			a := &step.Array{Kind: step.Table, Name: fmt.Sprintf("t%d_%d", n, i), Doc: op.name, Elem: t, Len: len(data[i]) / t.Lanes,
				Data: data[i], Range: arith.Between(slices.Min(data[i]), slices.Max(data[i]))}
			p.Arrays = append(p.Arrays, a)
			args = append(args, step.Load(a, step.Counter("i")))
		}
		v := op.make(args)
		name := step.Var(v.Type, "v")
		acc := step.Var(step.I64, "acc")
		body := []step.Stmt{step.Let{Name: "v", Value: v}}
		if v.Type.Lanes == 2 {
			body = append(body, step.Set{Name: "acc", Value: step.Xor(acc, step.As(step.Lane(name, 0), step.I64))},
				step.Set{Name: "acc", Value: step.Xor(acc, step.Shl(step.As(step.Lane(name, 1), step.I64), 1))})
		} else {
			body = append(body, step.Set{Name: "acc", Value: step.Xor(acc, step.As(name, step.I64))})
		}
		f := &step.Func{Name: fmt.Sprintf("op%d", n), Doc: op.name + ".", Body: []step.Stmt{
			step.Let{Name: "acc", Value: step.Const(step.I64, 0), Mutable: true},
			step.For{Var: "i", To: len(data[0]) / lanes, By: 1, Body: body},
			step.Store{Array: "y", Index: step.At(n), Value: acc}}}
		p.Funcs = append(p.Funcs, f)
		out.Body = append(out.Body, step.Call{Func: f.Name})
	}
	p.Funcs = append(p.Funcs, &step.Func{Name: "step", Doc: "Keeps the input.", Body: []step.Stmt{
		step.Store{Array: "h", Index: step.At(0), Value: &step.Expr{Op: step.OpLoad, Type: step.I8, Name: "x", Args: []*step.Expr{step.At(0)}}}}}, out)
	return p
}

// planOf is a plan with the interface of a program.
func planOf(p *step.Program) *lower.Plan {
	plan := &lower.Plan{Name: p.Name, Comment: []string{"made by a test"}, Input: ir.Input{Name: "x", Kind: ir.Vector, Size: 1, Bits: 8, Signed: true, Scale: 1}}
	for _, a := range p.Arrays {
		if a.Kind == step.Output {
			plan.Readout.Matrix.Rows = a.Len
		}
	}
	plan.Readout.Unit = ir.Scale{Unit: 1}
	plan.Output = ir.Output{Name: "y", When: ir.EveryStep, Decision: ir.Logits}
	return plan
}

var types = []step.Int{step.I8, step.I16, step.I24, step.I32, step.I64, {Bits: 16, Lanes: 2}, {Bits: 32, Lanes: 2}}

// TestEveryOperation holds every operation in every width, as it is spelled for this machine and for chips, against the machine of
// the form.
func TestEveryOperation(t *testing.T) {
	type way struct {
		name string
		set  settings
		run  func(t *testing.T, files []backends.File, p *lower.Plan, x [][][]int64) [][][]int64
	}
	var ways []way
	for i, e := range Target.Engines() {
		for _, steady := range []bool{false, true} {
			if steady != (i%2 == 0) && i > 0 {
				continue
			}
			ways = append(ways, way{fmt.Sprintf("%s, constant time %v", e.Name, steady), settings{steady: steady, asm: true},
				func(t *testing.T, files []backends.File, p *lower.Plan, x [][][]int64) [][][]int64 {
					need(t, e.Tools...)
					y, err := e.Run(context.Background(), runtest.Write(t, p, files).Dir, p, x)
					if err != nil {
						t.Fatal(err)
					}
					return y
				}})
		}
	}
	for _, name := range []string{"atmega328p", "cortex-m0", "cortex-m3", "cortex-m4", "rv32imc"} {
		part, err := chip.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, asm := range []bool{true, false} {
			if !asm && name != "atmega328p" && name != "cortex-m4" {
				continue
			}
			ways = append(ways, way{fmt.Sprintf("%s, asm %v", name, asm), settings{part: part, steady: true, asm: asm},
				func(t *testing.T, files []backends.File, p *lower.Plan, x [][][]int64) [][][]int64 {
					f, err := runtest.Open(t, name).Build(context.Background(), runtest.Write(t, p, files))
					if err != nil {
						t.Fatal(err)
					}
					r, err := f.Run(context.Background(), x)
					if err != nil {
						t.Fatal(err)
					}
					return r.Y
				}})
		}
	}
	x := [][][]int64{{{1}, {-2}}}
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			for i, typ := range types {
				ops := operations(typ)
				if w.set.part != nil && w.set.part.RAM < 4096 && typ.Bits*typ.Lanes == 64 {
					ops = ops[:10] // their tables lie in RAM
				}
				prog := program(rand.New(rand.NewSource(int64(i))), ops)
				if err := step.Verify(prog); err != nil {
					t.Fatal(err)
				}
				m, err := step.NewMachine(prog)
				if err != nil {
					t.Fatal(err)
				}
				plan := planOf(prog)
				set := w.set
				set.prefix = "ops"
				files, _ := write(plan, prog, backends.Vectors{}, &set)
				got := w.run(t, files, plan, x)
				for s, in := range x[0] {
					if err := m.Step(in); err != nil {
						t.Fatal(err)
					}
					want, err := m.Output()
					if err != nil {
						t.Fatal(err)
					}
					for k, op := range ops {
						if got[0][s][k] != want[k] {
							t.Errorf("%s, step %d: got %#x, want %#x", op.name, s, got[0][s][k], want[k])
						}
					}
				}
			}
		})
	}
}

package interp_test

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"math/rand"
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/interp"
	"github.com/hrnnc/hrnnc/passes"
)

// The interpreters are held against arithmetic that shares nothing with them: every linear op is the dense matrix that
// docs/numerics.md and docs/ir.md define it by, in rational numbers of any size, and every rounding is a division of big integers.

// vector is exact: rationals at the real level, integers at the fixed one.
type vector []*big.Rat

func number(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }

func integers(v []int64) vector {
	out := make(vector, len(v))
	for i, n := range v {
		out[i] = new(big.Rat).SetInt64(n)
	}
	return out
}

// times is a dense matrix, row by row, times a vector.
func times(rows, cols int, entry func(r, c int) *big.Rat, x vector) vector {
	out := make(vector, rows)
	for r := range out {
		out[r] = new(big.Rat)
		for c := range cols {
			out[r].Add(out[r], new(big.Rat).Mul(entry(r, c), x[c]))
		}
	}
	return out
}

// floor rounds down to an integer.
func floor(v *big.Rat) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Div(v.Num(), v.Denom())) // Euclidean: the denominator is positive
}

var half = big.NewRat(1, 2)

// halfUp is v * mul / 2^shift, rounded to the nearest integer, a half up.
func halfUp(v *big.Rat, mul int64, shift int) *big.Rat {
	p := new(big.Rat).Mul(v, new(big.Rat).SetInt64(mul))
	if shift < 0 {
		return p.Mul(p, new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(-shift))))
	}
	p.Quo(p, new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(shift))))
	return floor(p.Add(p, half))
}

// dense runs modules; where one restarts, a course.
type dense struct {
	m         *ir.Module
	t         int
	states    []vector
	sums      [2]vector // of y at even and odd t
	saturated int64
}

// clear returns to the state before the first step.
func (d *dense) clear() {
	d.t, d.states = 0, nil
	for _, s := range d.m.States {
		d.states = append(d.states, integers(make([]int64, s.Size)))
	}
	for ph := range d.sums {
		d.sums[ph] = integers(make([]int64, d.m.Values[d.m.Y].Type.Len()))
	}
}

func (d *dense) constant(id ir.ID) vector {
	v := d.m.Values[id]
	t := v.Const
	if v.Phases != nil {
		t = v.Phases[d.t%2]
	}
	if d.m.Level == ir.Fixed {
		return integers(t.Ints)
	}
	out := make(vector, len(t.Real))
	for i, r := range t.Real {
		out[i] = number(r)
	}
	return out
}

func (d *dense) step(x []int64) []vector {
	d.t++
	values := make([]vector, len(d.m.Values))
	for id, v := range d.m.Values {
		values[id] = d.value(v, ir.ID(id), x, values)
	}
	for i, s := range d.m.States {
		d.states[i] = values[s.Next]
	}
	return values
}

func (d *dense) value(v *ir.Value, id ir.ID, x []int64, values []vector) vector {
	n := v.Type.Len()
	arg := func(i int) vector { return values[v.Args[i]] }
	each := func(f func(*big.Rat) *big.Rat) vector {
		out := make(vector, n)
		for i, a := range arg(0) {
			out[i] = f(a)
		}
		return out
	}
	matrix := func(transposed bool) func(r, c int) *big.Rat {
		w, cols := arg(0), d.m.Values[v.Args[0]].Type.Shape[1]
		return func(r, c int) *big.Rat {
			if transposed {
				r, c = c, r
			}
			return w[r*cols+c]
		}
	}
	oneHot := func(token int64, size int) vector {
		out := integers(make([]int64, size))
		out[token].SetInt64(1)
		return out
	}
	switch v.Op {
	case ir.OpInput:
		in := integers(x)
		if d.m.Level == ir.Real && d.m.Input.Kind == ir.Vector {
			for i := range in {
				in[i].Mul(in[i], number(d.m.Input.Scale))
			}
		}
		return in
	case ir.OpState:
		return d.states[v.Index]
	case ir.OpConst:
		return d.constant(id)
	case ir.OpOneHot:
		return oneHot(x[0], n)
	case ir.OpEmbed:
		vocab := d.m.Values[v.Args[0]].Type.Shape[0]
		return times(n, vocab, matrix(true), oneHot(x[0], vocab))
	case ir.OpColumn:
		vocab := d.m.Values[v.Args[0]].Type.Shape[1]
		return times(n, vocab, matrix(false), oneHot(x[0], vocab))
	case ir.OpMatVec:
		return times(n, len(arg(1)), matrix(false), arg(1))
	case ir.OpSigns:
		return times(n, n, func(r, c int) *big.Rat {
			if r != c {
				return new(big.Rat)
			}
			return arg(1)[r]
		}, arg(0))
	case ir.OpPermute:
		return times(n, n, func(r, c int) *big.Rat {
			if i, _ := arg(1)[r].Float64(); int(i) != c {
				return new(big.Rat)
			}
			return big.NewRat(1, 1)
		}, arg(0))
	case ir.OpHadamard:
		return d.hadamard(v, arg(0))
	case ir.OpAdd:
		out := make(vector, n)
		for i := range out {
			out[i] = new(big.Rat).Add(arg(0)[i], arg(1)[i])
		}
		return out
	case ir.OpRelu:
		return each(func(a *big.Rat) *big.Rat {
			if a.Sign() < 0 {
				return new(big.Rat)
			}
			return a
		})
	case ir.OpScale:
		return each(func(a *big.Rat) *big.Rat { return new(big.Rat).Mul(a, number(v.Factor[d.t%2])) })
	case ir.OpRequant:
		r := v.Requant[d.t%2]
		return each(func(a *big.Rat) *big.Rat { return halfUp(a, r.Mul, r.Shift) })
	case ir.OpLeak:
		out := make(vector, n)
		for i, a := range arg(0) {
			l := v.Leak[i/(n/len(v.Leak))]
			gone := halfUp(a, 1, l)
			if d.m.Level == ir.Real {
				gone = new(big.Rat).Mul(a, big.NewRat(1, 1<<l))
			}
			out[i] = new(big.Rat).Sub(a, gone)
		}
		return out
	case ir.OpSat:
		limit := new(big.Int).Lsh(big.NewInt(1), uint(v.Type.Bits-1))
		hi, lo := new(big.Rat).SetInt(new(big.Int).Sub(limit, big.NewInt(1))), new(big.Rat).SetInt(new(big.Int).Neg(limit))
		return each(func(a *big.Rat) *big.Rat {
			switch {
			case a.Cmp(hi) > 0:
				d.saturated++
				return hi
			case a.Cmp(lo) < 0:
				d.saturated++
				return lo
			}
			return a
		})
	case ir.OpExt, ir.OpTrunc:
		return arg(0)
	}
	panic("there is an op that the test does not know: " + string(v.Op))
}

// hadamard is I (x) H_m with entries (-1)^popcount(i&j); staged, the product of the k matrices I (x) H_2 (x) I, of stride 1
// first, with a halving, half up, behind every second while any of the shift is left, and the rest at the end.
func (d *dense) hadamard(v *ir.Value, x vector) vector {
	n := len(x)
	entry := func(r, c int) *big.Rat {
		if r/v.Block != c/v.Block {
			return new(big.Rat)
		}
		return big.NewRat(int64(1-2*(bits.OnesCount(uint(r%v.Block&(c%v.Block)))%2)), 1)
	}
	if v.Staged == nil || d.m.Level == ir.Real {
		out := times(n, n, entry, x)
		if v.Norm {
			for i := range out {
				out[i].Quo(out[i], number(math.Sqrt(float64(v.Block))))
			}
		}
		return out
	}
	left := v.Staged[d.t%2]
	for stage, stride := 1, 1; stride < v.Block; stage, stride = stage+1, 2*stride {
		x = times(n, n, func(r, c int) *big.Rat {
			switch {
			case r == c && r&stride == 0, r != c && r|stride == c|stride && r&^stride == c&^stride:
				return big.NewRat(1, 1)
			case r == c:
				return big.NewRat(-1, 1)
			}
			return new(big.Rat)
		}, x)
		if stage%2 == 0 && left > 0 {
			left--
			for i := range x {
				x[i] = halfUp(x[i], 1, 1)
			}
		}
	}
	if left > 0 {
		for i := range x {
			x[i] = halfUp(x[i], 1, left)
		}
	}
	return x
}

// run gives what the output is: a row a step, the last, or the mean, which the fixed level leaves as a sum; and how many entries of
// states were clamped. Where the model restarts, the rows are those of the oldest of its courses.
func run(m *ir.Module, x [][]int64) (rows []vector, saturated int64) {
	n, hop := 1, len(x)
	if m.Hop > 0 {
		n, hop = m.Steps/m.Hop, m.Hop
	}
	var courses []*dense
	for range n {
		courses = append(courses, &dense{m: m})
		courses[len(courses)-1].clear()
	}
	var oldest *dense
	for i, row := range x {
		if i%hop == 0 {
			courses[i/hop%n].clear()
		}
		oldest = courses[(i/hop+1)%n]
		for _, d := range courses {
			y := d.step(row)[m.Y]
			for k, sums := 0, d.sums[d.t%2]; k < len(y); k++ {
				sums[k] = new(big.Rat).Add(sums[k], y[k])
			}
			if d == oldest {
				rows = append(rows, y)
			}
		}
	}
	for _, d := range courses {
		saturated += d.saturated
	}
	switch m.Output.When {
	case ir.AtLast:
		rows = rows[len(rows)-1:]
	case ir.Mean:
		rows = []vector{oldest.mean()}
	}
	return rows, saturated
}

func (d *dense) mean() vector {
	mean := make(vector, len(d.sums[0]))
	for i := range mean {
		odd := d.sums[1][i]
		if d.m.Values[d.m.Y].Type.Scale.Parity {
			odd = halfUp(odd, 23170, 15)
		}
		mean[i] = new(big.Rat).Add(odd, d.sums[0][i])
		if d.m.Level == ir.Real {
			mean[i].Quo(mean[i], new(big.Rat).SetInt64(int64(d.t)))
		}
	}
	return mean
}

// TestAgainstDenseMatrices runs random models with every construct at both levels, as the language and each pass leave them.
// Integers are equal; real numbers differ by what float64 rounds.
func TestAgainstDenseMatrices(t *testing.T) {
	ran, saturated := 0, int64(0)
	ops := map[ir.Op]bool{}
	for seed := int64(1); seed <= 60; seed++ {
		g, err := modelgen.Random(seed, modelgen.Options{MaxUnits: 16})
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := compiler.FromParts("model.hrn", []byte(g.Text), g.Weights)
		if err != nil {
			t.Fatal(err)
		}
		for _, after := range []string{"", "parity", "quantize", "range"} {
			m, err := loaded.IRAfter(after, passes.Config{})
			if err != nil {
				break // no width of integers can run it
			}
			ran++
			for _, v := range m.Values {
				ops[v.Op] = true
			}
			for i, x := range passes.Sequences(m, 4, 7, rand.New(rand.NewSource(seed))) {
				want, clamped := run(m, x)
				if err := same(m, x, want, clamped); err != nil {
					t.Fatalf("seed %d after %q, sequence %d: %v\n%s", seed, after, i, err, ir.Text(m))
				}
				saturated += clamped
			}
		}
	}
	for _, o := range ir.Ops {
		if !ops[o.Op] {
			t.Errorf("no model had the op %s", o.Op)
		}
	}
	if ran < 100 || saturated == 0 {
		t.Errorf("only %d modules ran, and %d entries were clamped", ran, saturated)
	}
}

func same(m *ir.Module, x [][]int64, want []vector, saturated int64) error {
	if m.Level == ir.Fixed {
		r, err := interp.RunFixed(m, x)
		if err != nil {
			return err
		}
		for i, row := range want {
			if !slices.EqualFunc(row, r.Y[i], func(a *big.Rat, b int64) bool { return a.Cmp(new(big.Rat).SetInt64(b)) == 0 }) {
				return fmt.Errorf("row %d is %v, want %v", i, r.Y[i], row)
			}
		}
		if r.Saturated != saturated || len(r.Y) != len(want) || r.Steps != len(x) {
			return fmt.Errorf("%d rows of %d steps, %d clamped; want %d, %d and %d", len(r.Y), r.Steps, r.Saturated, len(want), len(x), saturated)
		}
		return nil
	}
	r, err := interp.RunReal(m, x)
	if err != nil {
		return err
	}
	most := 1e-300
	for _, v := range slices.Concat(want...) {
		f, _ := v.Float64()
		most = max(most, math.Abs(f))
	}
	for i, row := range want {
		for k, v := range row {
			if f, _ := v.Float64(); math.Abs(f-r.Y[i][k]) > 1e-11*most {
				return fmt.Errorf("row %d, entry %d is %v, want %v", i, k, r.Y[i][k], f)
			}
		}
	}
	return nil
}

// TestMaxIsTheLargestState holds what calibration reads to the states themselves.
func TestMaxIsTheLargestState(t *testing.T) {
	m, err := ir.Parse("m.ir", []byte(`model "m" real {
  input "x" : i8[1] scale 0.5
  state "h" : i16[2] max 0 headroom 1 next %5
  %0 = state(index = 0) : real[2]
  %1 = hadamard(%0, block = 2, norm) : real[2]
  %2 = const(const = tensor "U" "real" [1, -2]) : real[2, 1]
  %3 = input() : real[1]
  %4 = matvec(%2, %3) : real[2]
  %5 = add(%1, %4) : real[2]
  output "y" = logits(%5) at every
}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := interp.RunReal(m, [][]int64{{6}, {0}, {0}})
	if err != nil {
		t.Fatal(err)
	}
	// 3, -6; then (3 - 6)/sqrt 2, (3 + 6)/sqrt 2; then 3, -6 again.
	for i, want := range []float64{3, -6, -3 / math.Sqrt2, 9 / math.Sqrt2, 3, -6} {
		if got := r.Y[i/2][i%2]; math.Abs(got-want) > 1e-12 {
			t.Errorf("entry %d is %v, want %v", i, got, want)
		}
	}
	if want := 9 / math.Sqrt2; math.Abs(r.Max[0]-want) > 1e-12 {
		t.Errorf("the largest state is %v, want %v", r.Max[0], want)
	}
}

// TestRefuses holds inputs that no model takes, and integers that leave their width, to errors that say where.
func TestRefuses(t *testing.T) {
	text := func(width string) string {
		return fmt.Sprintf(`model "m" fixed {
  steps 3
  input "x" : i4[2] scale 1
  state "h" : i8[2] unit 1 max 1 headroom 1 next %%2
  %%0 = input() : i4[2]
  %%1 = requant(%%0, even = 1 >> 0, odd = 1 << 2) : %s[2] unit 1
  %%2 = sat(%%1) : i8[2] unit 1
  output "y" = logits(%%2) at every
}
`, width)
	}
	for _, c := range []struct {
		name, width string
		mul         int
		x           [][]int64
		want        string
	}{
		{"nothing wrong", "i10", 1, [][]int64{{7, -8}, {0, 0}, {1, 1}}, "<nil>"},
		{"no step", "i10", 1, nil, "the sequence has no step"},
		{"too many steps", "i10", 1, [][]int64{{0, 0}, {0, 0}, {0, 0}, {0, 0}}, "the sequence has 4 steps, the model 3"},
		{"too few entries", "i10", 1, [][]int64{{0, 0}, {0}}, "step 2 has 1 entry, input x has 2"},
		{"out of range", "i10", 1, [][]int64{{0, 8}}, "step 1, entry 1 is 8; input x goes from -8 to 7"},
		{"wrong at an odd step", "i8", 1, [][]int64{{7, -8}}, "<nil>"},
		{"too narrow at an even step", "i8", 100, [][]int64{{0, 0}, {1, 2}}, "step 2, %1 = requant: entry 1, 200, does not fit its 8 bits: range analysis is wrong"},
		{"too wide a product", "i63", math.MaxInt64, [][]int64{{0, 0}, {7, 0}}, "step 2, %1 = requant: 7 * 9223372036854775807 overflows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := ir.Parse("m.ir", []byte(text(c.width)), nil)
			if err != nil {
				t.Fatal(err)
			}
			m.Values[1].Requant[0].Mul = int64(c.mul)
			if _, err := interp.RunFixed(m, c.x); fmt.Sprint(err) != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

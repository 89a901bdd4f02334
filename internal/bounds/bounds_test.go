package bounds_test

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/bounds"
	"github.com/hrnnc/hrnnc/internal/hadamard"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/interp"
	"github.com/hrnnc/hrnnc/passes"
)

// seen is what every entry of every value was over some runs: the smallest and the largest, at even and at odd steps; Lo is
// above Hi where it was nothing.
type seen struct {
	phases arith.Phased[[][]arith.Interval]
	norm   []float64 // the largest of each state's integers
}

// watch runs a module over sequences, once a value: the output is the value.
func watch(t testing.TB, m *ir.Module, sequences [][][]int64) seen {
	t.Helper()
	s := seen{norm: make([]float64, len(m.States))}
	for ph := range s.phases {
		s.phases[ph] = make([][]arith.Interval, len(m.Values))
	}
	for id, v := range m.Values {
		if len(v.Type.Shape) != 1 {
			continue
		}
		for ph := range s.phases {
			s.phases[ph][id] = slices.Repeat([]arith.Interval{{Lo: math.MaxInt64, Hi: math.MinInt64}}, v.Type.Len())
		}
		shown := *m
		shown.Y, shown.Output.When = ir.ID(id), ir.EveryStep
		for _, x := range sequences {
			r, err := interp.RunFixed(&shown, x)
			if err != nil {
				t.Fatal(err)
			}
			for i, y := range r.Y {
				square := 0.0
				for k, n := range y {
					e := &s.phases[(i+1)&1][id][k]
					*e = e.Union(arith.Between(n, n))
					square += float64(n) * float64(n)
				}
				if state := m.Updates(ir.ID(id)); state >= 0 {
					s.norm[state] = max(s.norm[state], math.Sqrt(square))
				}
			}
		}
	}
	return s
}

// escapes lists what left its interval, or its norm.
func (s seen) escapes(m *ir.Module, table *bounds.Table) (out []string) {
	for ph := range s.phases {
		for id, entries := range s.phases[ph] {
			for k, e := range entries {
				if b := table.Phases[ph][id][k]; e.Lo <= e.Hi && !e.Within(b) {
					out = append(out, fmt.Sprintf("%%%d = %s, entry %d, was %v at t&1 = %d; the bound is %v", id, m.Values[id].Op, k, e, ph, b))
				}
			}
		}
	}
	for i, n := range s.norm {
		if n > table.Norm[i] {
			out = append(out, fmt.Sprintf("||%s|| was %v; the bound is %v", m.States[i].Name, n, table.Norm[i]))
		}
	}
	return out
}

// sequences are those at the edges of the input's range, random ones of extremes, and those that drive one unit of the first
// state as far as the steps allow: by the sign of what each input adds to it at the end.
func sequences(t testing.TB, m *ir.Module, rng *rand.Rand) [][][]int64 {
	t.Helper()
	steps := 12
	if m.Steps > 0 {
		steps = min(steps, m.Steps)
	}
	out := passes.Sequences(m, 5, steps, rng)
	lo, hi := m.Input.Range()
	fill := func(f func(t, i int) int64) [][]int64 {
		x := make([][]int64, steps)
		for t := range x {
			x[t] = make([]int64, m.Input.Size)
			for i := range x[t] {
				x[t][i] = f(t, i)
			}
		}
		return x
	}
	out = append(out, fill(func(int, int) int64 { return []int64{lo, hi}[rng.Intn(2)] }))
	if m.Input.Kind == ir.Token {
		return out
	}
	shown := *m
	shown.Y, shown.Output.When = m.States[0].Next, ir.AtLast
	unit := rng.Intn(m.States[0].Size)
	last := func(x [][]int64) int64 {
		r, err := interp.RunFixed(&shown, x)
		if err != nil {
			t.Fatal(err)
		}
		return r.Y[0][unit]
	}
	still := last(fill(func(int, int) int64 { return 0 }))
	for _, up := range []bool{true, false} {
		out = append(out, fill(func(t, i int) int64 {
			more := last(fill(func(s, j int) int64 {
				if s == t && j == i {
					return hi
				}
				return 0
			})) > still
			if more == up {
				return hi
			}
			return lo
		}))
	}
	return out
}

// TestValuesStayInside runs random models of every construct: what passes leave, for any number of steps and for theirs.
func TestValuesStayInside(t *testing.T) {
	modules, tight := 0, 0
	for seed := int64(1); seed <= 50; seed++ {
		g, err := modelgen.Random(seed, modelgen.Options{MaxUnits: 16})
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := compiler.FromParts("model.hrn", []byte(g.Text), g.Weights)
		if err != nil {
			t.Fatal(err)
		}
		for _, after := range []string{"quantize", "range"} {
			m, err := loaded.IRAfter(after, passes.Config{})
			if err != nil {
				break // no width of integers can run it
			}
			modules++
			m.Output.Decide = nil // it may have a threshold that nothing reaches, and stands behind all values
			s := watch(t, m, sequences(t, m, rand.New(rand.NewSource(seed))))
			endless := *m
			endless.Steps = 0
			for _, of := range []*ir.Module{m, &endless} {
				if of == &endless && after == "range" {
					continue // its widths are proven from the steps
				}
				table, err := bounds.Of(of)
				if err != nil {
					t.Fatalf("seed %d after %s: %v", seed, after, err)
				}
				for _, what := range s.escapes(m, table) {
					t.Errorf("seed %d after %s, %d steps: %s", seed, after, of.Steps, what)
				}
				if !math.IsInf(table.Norm[0], 1) {
					tight++
				}
			}
		}
	}
	if modules < 80 || tight < 10 {
		t.Errorf("only %d modules were run, and %d of them had a bound by norm", modules, tight)
	}
}

// every is a module with one value of each kind over a vector of input, i2[4], whose 256 vectors the test runs. Its values
// after the input have independent operands each, so that interval arithmetic is exact.
const every = `model "every" fixed {
  steps 2
  input "x" : i2[4] scale 1
  state "h" : i8[4] unit 1 max 1 headroom 1 next %14
  %0 = input() : i2[4]
  %1 = hadamard(%0, block = 4) : i5[4]
  %2 = hadamard(%0, block = 2) : i4[4]
  %3 = const(const = tensor "s" "sign" [1, -1, -1, 1]) : i2[4]
  %4 = signs(%0, %3) : i3[4]
  %5 = const(const = tensor "o" "index" [2, 0, 3, 1]) : i3[4]
  %6 = permute(%4, %5) : i3[4]
  %7 = relu(%4) : i3[4]
  %8 = const(const = tensor "M" "int4" bits 4 [3, -5, 0, 7, -8, 1, 1, 2]) : i4[2, 4]
  %9 = matvec(%8, %0) : i7[2]
  %10 = matvec(%8, %0) : i8[2]
  %11 = requant(%1, even = 3 >> 2, odd = 1 << 1) : i7[4]
  %12 = const(even = tensor "b" "int" [3, -1, 0, 9], odd = tensor "b" "int" [-3, 1, 4, 0]) : i7[4]
  %13 = add(%11, %12) : i7[4]
  %14 = state(index = 0) : i8[4] unit 1
  %15 = sat(%13) : i4[4]
  %16 = ext(%15) : i6[4]
  %17 = relu(%12) : i7[4]
  output "y" = logits(%9) at every
}
`

// all parses the module of every op, and gives all two-step sequences of one vector.
func all(t *testing.T) (*ir.Module, [][][]int64) {
	t.Helper()
	m, err := ir.Parse("every.ir", []byte(every), nil)
	if err == nil {
		err = ir.Verify(m)
	}
	if err != nil {
		t.Fatal(err)
	}
	var sequences [][][]int64
	for n := range int64(256) {
		x := []int64{n&3 - 2, n>>2&3 - 2, n>>4&3 - 2, n>>6&3 - 2}
		sequences = append(sequences, [][]int64{x, x})
	}
	return m, sequences
}

// TestBoundsAreAttained holds intervals that are claimed to be exact to their witnesses: each end of each is a value of some
// input, at even and at odd steps.
func TestBoundsAreAttained(t *testing.T) {
	m, sequences := all(t)
	table, err := bounds.Of(m)
	if err != nil {
		t.Fatal(err)
	}
	s := watch(t, m, sequences)
	for id, v := range m.Values {
		if len(v.Type.Shape) != 1 || v.Op == ir.OpState {
			continue
		}
		for ph := range s.phases {
			if !slices.Equal(s.phases[ph][id], table.Phases[ph][id]) {
				t.Errorf("%%%d = %s at t&1 = %d is in %v; the bounds are %v", id, v.Op, ph, s.phases[ph][id], table.Phases[ph][id])
			}
		}
	}
}

// TestAShrunkBoundIsCaught holds the checks above, and the interpreter's, to what they are for: a bound that is smaller by one
// at either end, and a width that is smaller by one bit.
func TestAShrunkBoundIsCaught(t *testing.T) {
	m, sequences := all(t)
	s := watch(t, m, sequences)
	for id, v := range m.Values {
		if len(v.Type.Shape) != 1 || v.Op == ir.OpState {
			continue
		}
		for ph := range s.phases {
			for k := range v.Type.Len() {
				for _, shrink := range []func(*arith.Interval){func(i *arith.Interval) { i.Lo++ }, func(i *arith.Interval) { i.Hi-- }} {
					table, err := bounds.Of(m)
					if err != nil {
						t.Fatal(err)
					}
					// What is the same at even and odd steps shares its intervals.
					table.Phases[ph][id] = slices.Clone(table.Phases[ph][id])
					shrink(&table.Phases[ph][id][k])
					if len(s.escapes(m, table)) != 1 {
						t.Errorf("%%%d = %s, entry %d: %v is too small, and not caught", id, v.Op, k, table.Phases[ph][id][k])
					}
				}
			}
		}
		if v.Op == ir.OpConst || v.Op == ir.OpInput || v.Op == ir.OpSat {
			continue // their widths are not proven, they are what they are
		}
		table, err := bounds.Of(m)
		if err != nil {
			t.Fatal(err)
		}
		narrow := *m
		narrow.Values = slices.Clone(m.Values)
		w := *v
		w.Type.Bits = table.Hull(ir.ID(id)).Bits() - 1
		narrow.Values[id] = &w
		caught := false
		for _, x := range sequences {
			_, err := interp.RunFixed(&narrow, x)
			caught = caught || err != nil && strings.Contains(err.Error(), "range analysis is wrong")
		}
		if !caught {
			t.Errorf("%%%d = %s: %d bits are too few, and not caught", id, v.Op, w.Type.Bits)
		}
	}
}

// TestNormIsAttained holds the bound by norm to a state that reaches it: a bias at the first step, whose transform the second
// rounds up in every unit.
func TestNormIsAttained(t *testing.T) {
	m, err := ir.Parse("m.ir", []byte(`model "m" fixed {
  steps 2
  input "x" : i4[1] scale 1
  state "h" : i8[2] unit 1 parity max 1 headroom 1 next %5
  %0 = state(index = 0) : i8[2] unit 1 parity
  %1 = hadamard(%0, block = 2) : i9[2]
  %2 = requant(%1, even = 1 >> 1, odd = 1 >> 0) : i9[2] unit 1 parity
  %3 = const(even = tensor "b" "int" [0, 0], odd = tensor "b" "int" [1, 0]) : i9[2] unit 1 parity
  %4 = add(%2, %3) : i9[2] unit 1 parity
  %5 = sat(%4) : i8[2] unit 1 parity
  output "y" = logits(%5) at every
}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	table, err := bounds.Of(m)
	if err != nil {
		t.Fatal(err)
	}
	s := watch(t, m, [][][]int64{{{0}, {0}}})
	if got, want := table.Norm[0], math.Sqrt2; math.Abs(got-want) > 1e-8 || math.Abs(s.norm[0]-want) > 1e-8 {
		t.Errorf("the bound is %v, the state reaches %v; both are %v", got, s.norm[0], want)
	}
	table.Norm[0] *= 1 - 1e-6
	if len(s.escapes(m, table)) != 1 {
		t.Error("a norm that is too small is not caught")
	}
}

// TestStagedWidthIsNeeded holds the bound inside a staged transform to its witness, a state of smallest integers, and that of
// docs/numerics.md section 3, B+1+ceil(k/2) bits, to it.
func TestStagedWidthIsNeeded(t *testing.T) {
	const b = 8
	for k := 1; k <= 8; k++ {
		for shift := range k/2 + 2 {
			block := 1 << k
			text := fmt.Sprintf("model \"m\" fixed {\n  input \"x\" : i4[1] scale 1\n  state \"h\" : i%d[%d] unit 1 max 1 headroom 1 next %%2\n"+
				"  %%0 = state(index = 0) : i%d[%d] unit 1\n  %%1 = hadamard(%%0, block = %d, staged = [%d, %d]) : i40[%d] unit 1\n  %%2 = sat(%%1) : i%d[%d] unit 1\n"+
				"  output \"y\" = logits(%%2) at every\n}\n", b, block, b, block, block, shift, shift, block, b, block)
			m, err := ir.Parse("m.ir", []byte(text), nil)
			if err != nil {
				t.Fatal(err)
			}
			table, err := bounds.Of(m)
			if err != nil {
				t.Fatal(err)
			}
			v := slices.Repeat([]int64{-1 << (b - 1)}, block)
			low := v[0]
			for stage, left := 1, shift; stage <= k; stage++ { // the stage's butterflies, by the matrix that they are
				next := make([]int64, block)
				for i := range next {
					j := i &^ (1 << (stage - 1))
					next[i] = v[j] + int64(hadamard.Entry(i>>(stage-1)&1, 1))*v[j|1<<(stage-1)]
					low = min(low, next[i])
				}
				if v = next; stage%2 == 0 && left > 0 {
					left--
					for i := range v {
						v[i] = (v[i] + 1) >> 1
					}
				}
			}
			if got := table.HullAt(1, arith.Even); got.Lo != low {
				t.Errorf("k = %d, shift %d: the bound is %v; the smallest integers reach %d", k, shift, got, low)
			}
			if want := b + 1 + (k+1)/2; shift >= k/2 && table.HullAt(1, arith.Even).Bits() > want {
				t.Errorf("k = %d, shift %d: %v is more than %d bits", k, shift, table.HullAt(1, arith.Even), want)
			}
		}
	}
}

// TestRequantBounds holds the range of a requantised interval, and of the product inside it, to all integers between, or to
// some and the ends.
func TestRequantBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(1, 40).Draw(t, "bits")
		ends := rapid.Int64Range(-1<<(bits-1), 1<<(bits-1)-1)
		e := arith.Between(ends.Draw(t, "lo"), ends.Draw(t, "hi"))
		if e.Lo > e.Hi {
			e.Lo, e.Hi = e.Hi, e.Lo
		}
		r := arith.Requant{Mul: rapid.Int64Range(1, 1<<16).Draw(t, "mul"), Shift: rapid.IntRange(-20, 30).Draw(t, "shift")}
		product, err := bounds.Product(e, r)
		got, err2 := bounds.Requant(e, r)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%v by %v: %v and %v", e, r, err, err2)
		}
		if err != nil {
			if bits+arith.SignedBits(r.Mul)+max(0, -r.Shift) < ir.MaxBits {
				t.Fatalf("%v by %v fits: %v", e, r, err)
			}
			return
		}
		if got.Lo != r.Apply(e.Lo) || got.Hi != r.Apply(e.Hi) {
			t.Fatalf("%v by %v is %v; its ends become %d and %d", e, r, got, r.Apply(e.Lo), r.Apply(e.Hi))
		}
		half := int64(0)
		if r.Shift > 0 {
			half = 1 << (r.Shift - 1)
		}
		for _, v := range []int64{e.Lo, e.Hi, rapid.Int64Range(e.Lo, e.Hi).Draw(t, "v")} {
			if y := r.Apply(v); !arith.Between(y, y).Within(got) {
				t.Fatalf("%d by %v is %d, not in %v", v, r, y, got)
			}
			for _, p := range []int64{v * r.Mul << max(0, -r.Shift), v*r.Mul<<max(0, -r.Shift) + half} {
				if !arith.Between(p, p).Within(product) {
					t.Fatalf("%d by %v holds %d, not in %v", v, r, p, product)
				}
			}
		}
	})
}

// TestTooWide names the value that may leave 63 bits.
func TestTooWide(t *testing.T) {
	m, err := ir.Parse("m.ir", []byte(`model "m" fixed {
  input "x" : i8[1] scale 1
  state "h" : i8[2] unit 1 max 1 headroom 1 next %3
  %0 = state(index = 0) : i8[2] unit 1
  %1 = requant(%0, even = 1 >> 0, odd = 1 << 60) : i63[2] unit 1 "wide"
  %2 = add(%1, %1) : i63[2] unit 1
  %3 = sat(%2) : i8[2] unit 1
  output "y" = logits(%3) at every
}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bounds.Of(m); err == nil || !strings.HasPrefix(err.Error(), "%1 = requant (wide): it may need") {
		t.Errorf("got %v", err)
	}
}

// TestWidthsHoldWhatTheyWereFoundFor holds modules whose saturations are gone and whose widths are the smallest to an analysis that finds
// no value wider than before: a layer's inflow is bounded by the norm of the layer below, with its saturation and without.
func TestWidthsHoldWhatTheyWereFoundFor(t *testing.T) {
	for _, seed := range append([]int64{755, 1399}, upTo(60)...) {
		g, err := modelgen.Random(seed, modelgen.Options{MaxUnits: 256})
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := compiler.FromParts("model.hrn", []byte(g.Text), g.Weights)
		if err != nil {
			t.Fatal(err)
		}
		m, err := loaded.IRAfter("range", passes.Config{})
		if err != nil {
			continue // no width of integers can run it
		}
		if _, err := bounds.Of(m); err != nil {
			t.Errorf("seed %d: %v\n%s", seed, err, ir.Text(m))
		}
	}
}

func upTo(n int64) (list []int64) {
	for i := range n {
		list = append(list, i+1)
	}
	return list
}

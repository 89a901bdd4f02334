package form_test

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/modelgen"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/ir/form"
	"github.com/hrnnc/hrnnc/ir/interp"
	"github.com/hrnnc/hrnnc/passes"
)

// rebuilt is a module whose updates and readout were read and written back.
func rebuilt(t *testing.T, m *ir.Module) *ir.Module {
	t.Helper()
	n := *m
	n.Values, n.States = nil, slices.Clone(m.States)
	to := map[ir.ID]ir.ID{}
	copied := func(id ir.ID) ir.ID {
		for _, old := range behind(m, id, to) {
			v := *m.Value(old)
			v.Args = slices.Clone(v.Args)
			for i, a := range v.Args {
				v.Args[i] = to[a]
			}
			to[old] = n.Add(&v)
		}
		return to[id]
	}
	updates, err := form.Of(m)
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range updates {
		for k, term := range u.Terms {
			u.Terms[k].ID = copied(term.ID)
		}
		to[m.States[i].Next] = u.Put(&n)
	}
	y := form.Readout(m)
	for k, term := range y.Terms {
		y.Terms[k].ID = form.Scale(&n, copied(term.ID), steady)
	}
	like := *m.Value(m.Y)
	like.Type = form.Wide(&n, like.Type.Len(), like.Type.Scale)
	n.Y = y.Put(&n, form.None, ir.Value{Type: like.Type, Name: like.Name, Span: like.Span})
	if err := ir.Verify(&n); err != nil {
		t.Fatalf("what is written does not verify: %v\n%s", err, ir.Text(&n))
	}
	return &n
}

var steady = arith.Both(1.0)

// behind lists what a value is computed from, itself included, in order, without what is there already.
func behind(m *ir.Module, id ir.ID, there map[ir.ID]ir.ID) (ids []ir.ID) {
	if _, ok := there[id]; ok {
		return nil
	}
	for _, a := range m.Value(id).Args {
		ids = append(ids, behind(m, a, there)...)
	}
	ids = append(ids, id)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// results are the outputs of every step: exact integers, or real numbers.
func results(t *testing.T, m *ir.Module, x [][]int64) (out []float64) {
	t.Helper()
	every := *m
	every.Output.When = ir.EveryStep
	if m.Level == ir.Real {
		r, err := interp.RunReal(&every, x)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Concat(r.Y...)
	}
	r, err := interp.RunFixed(&every, x)
	if err != nil {
		t.Fatal(err)
	}
	for _, y := range slices.Concat(r.Y...) {
		if y != int64(float64(y)) {
			t.Fatalf("%d is beyond what the comparison sees", y)
		}
		out = append(out, float64(y))
	}
	return out
}

// TestRoundTrip reads and writes every update of random models as the language, each pass and range analysis leave them, and
// runs both. From fuse on nothing but the order of values may change, so a second round trip gives the same text.
func TestRoundTrip(t *testing.T) {
	modules := 0
	for seed := int64(1); seed <= 60; seed++ {
		g, err := modelgen.Random(seed, modelgen.Options{MaxUnits: 64})
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := compiler.FromParts("model.hrn", []byte(g.Text), g.Weights)
		if err != nil {
			t.Fatal(err)
		}
		for _, after := range []string{"", "fold", "fuse", "parity", "quantize", "range"} {
			m, err := loaded.IRAfter(after, passes.Config{})
			if err != nil {
				break // no width of integers can run it, or no shift reaches its range
			}
			modules++
			n := rebuilt(t, m)
			for i, x := range passes.Sequences(m, 4, 12, rand.New(rand.NewSource(seed))) {
				want, got := results(t, m, x), results(t, n, x)
				most := 0.0
				for _, y := range want {
					most = max(most, math.Abs(y))
				}
				for k := range want {
					if d := math.Abs(want[k] - got[k]); d > 1e-12*most || m.Level == ir.Fixed && d != 0 {
						t.Fatalf("seed %d after %q, sequence %d: %v became %v\n%s\nbecame\n%s", seed, after, i, want[k], got[k], ir.Text(m), ir.Text(n))
					}
				}
			}
			if again := rebuilt(t, n); ir.Text(again) != ir.Text(n) {
				t.Errorf("seed %d after %q: written twice it differs:\n%s\n%s", seed, after, ir.Text(n), ir.Text(again))
			}
			if (after == "fuse" || after == "parity") && ir.Text(n) != ir.Text(m) {
				t.Errorf("seed %d after %q: written back it differs:\n%s\n%s", seed, after, ir.Text(m), ir.Text(n))
			}
		}
	}
	if modules < 300 {
		t.Errorf("only %d modules were read", modules)
	}
}

// TestReads reads one update of each level and says what every field is.
func TestReads(t *testing.T) {
	m := parse(t, `model "m" fixed {
  steps 4
  input "x" : i4[1] scale 1
  state "h" : i8[4] unit 0.5 parity max 1 headroom 1 next %16
  %0 = state(index = 0) : i8[4] unit 0.5 parity
  %1 = const(const = tensor "p" "sign" [1, -1, 1, 1]) : i2[4]
  %2 = signs(%0, %1) : i9[4] unit 0.5 parity
  %3 = hadamard(%2, block = 2) : i10[4]
  %4 = requant(%3, even = 1 >> 1, odd = 1 >> 0) : i10[4] unit 0.5 parity
  %5 = const(const = tensor "o" "index" [1, 0, 3, 2]) : i3[4]
  %6 = permute(%4, %5) : i10[4] unit 0.5 parity
  %7 = const(const = tensor "s" "sign" [1, -1, -1, 1]) : i2[4]
  %8 = signs(%6, %7) : i11[4] unit 0.5 parity
  %9 = const(const = tensor "U" "int4" bits 4 [1, 2, 3, 4]) : i4[4, 1]
  %10 = input() : i4[1]
  %11 = requant(%10, even = 1 >> 0, odd = 181 >> 7) : i11[1]
  %12 = matvec(%9, %11) : i10[4]
  %13 = requant(%12, even = 1 << 1, odd = 1 << 1) : i11[4] unit 0.5 parity
  %14 = add(%8, %13) : i11[4] unit 0.5 parity
  %15 = ext(%14) : i12[4] unit 0.5 parity
  %16 = sat(%15) : i8[4] unit 0.5 parity
  output "y" = logits(%16) at last
}
`)
	u, err := form.UpdateOf(m, 0)
	if err != nil {
		t.Fatal(err)
	}
	term := u.Terms[0]
	got := fmt.Sprint(u.Inner.Sign, u.Inner.Moves(), u.Block, u.Staged, u.Round, u.Outer, u.Whole, u.Transform, u.Total, u.Saturates, len(u.Biases), "; ",
		len(u.Terms), term.ID, term.Rescale, term.Product, term.Source)
	want := "[1 -1 1 1] false 2 false [{1 1} {1 0}] {[1 -1 -1 1] [1 0 3 2]} 8 3 14 true 0; 1 13 [13] 12 {vector 11 11 10 0 false}"
	if got = strings.ReplaceAll(got, " ; ", "; "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func parse(t *testing.T, text string) *ir.Module {
	t.Helper()
	m, err := ir.Parse("m.ir", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestErrors holds what no update is to an error at the value, which it names.
func TestErrors(t *testing.T) {
	for _, c := range []struct{ name, level, next, values, want, unplaced string }{
		{"no term", "fixed", "%0", "%0 = const(const = tensor \"b\" \"int\" [1, 2]) : i8[2] unit 1", "m.ir:4:3: error[update]: the update of h has no recurrent term", ""},
		{"no transform", "fixed", "%0", "%0 = state(index = 0) : i8[2] unit 1", "m.ir:4:3: error[update]: the recurrence of h has no hadamard", ""},
		{"two terms", "fixed", "%4", `%0 = state(index = 0) : i8[2] unit 1
  %1 = hadamard(%0, block = 2) : i10[2] unit 1
  %2 = hadamard(%0, block = 1) : i10[2] unit 1
  %3 = add(%1, %2) : i10[2] unit 1
  %4 = sat(%3) : i8[2] unit 1`, "m.ir:7:3: error[update]: the update of h has two recurrent terms", ""},
		{"two transforms", "fixed", "%3", `%0 = state(index = 0) : i8[2] unit 1
  %1 = hadamard(%0, block = 2) : i10[2] unit 1
  %2 = hadamard(%1, block = 2) : i12[2] unit 1
  %3 = sat(%2) : i8[2] unit 1`, "m.ir:7:3: error[update]: the recurrence of h transforms twice: hadamard", "%2 = hadamard"},
		{"rounded first", "fixed", "%3", `%0 = state(index = 0) : i8[2] unit 1
  %1 = requant(%0, even = 1 >> 1, odd = 1 >> 1) : i8[2] unit 1
  %2 = hadamard(%1, block = 2) : i10[2] unit 1
  %3 = sat(%2) : i8[2] unit 1`, "m.ir:6:3: error[update]: the recurrence of h is rounded before its transform: requant", ""},
		{"rounded twice", "fixed", "%4", `%0 = state(index = 0) : i8[2] unit 1
  %1 = hadamard(%0, block = 2) : i10[2] unit 1
  %2 = requant(%1, even = 1 >> 1, odd = 1 >> 1) : i10[2] unit 1
  %3 = requant(%2, even = 1 >> 1, odd = 1 >> 1) : i10[2] unit 1
  %4 = sat(%3) : i8[2] unit 1`, "m.ir:8:3: error[update]: the recurrence of h is rounded twice: requant", ""},
		{"staged and rounded", "fixed", "%3", `%0 = state(index = 0) : i8[2] unit 1
  %1 = hadamard(%0, block = 2, staged = [1, 1]) : i10[2] unit 1
  %2 = requant(%1, even = 1 >> 1, odd = 1 >> 1) : i10[2] unit 1
  %3 = sat(%2) : i8[2] unit 1`, "m.ir:7:3: error[update]: the recurrence of h is rounded twice: requant", ""},
		{"rounded behind signs", "fixed", "%5", `%0 = state(index = 0) : i8[2] unit 1
  %1 = hadamard(%0, block = 2) : i10[2] unit 1
  %2 = const(const = tensor "s" "sign" [1, -1]) : i2[2]
  %3 = signs(%1, %2) : i10[2] unit 1
  %4 = requant(%3, even = 1 >> 1, odd = 1 >> 1) : i10[2] unit 1
  %5 = sat(%4) : i8[2] unit 1`, "m.ir:9:3: error[update]: the recurrence of h is rounded behind its signs: requant", "%4 = requant"},
		{"leaks first", "fixed", "%3", `%0 = state(index = 0) : i8[2] unit 1
  %1 = leak(%0, leak = [3]) : i8[2] unit 1
  %2 = hadamard(%1, block = 2) : i10[2] unit 1
  %3 = sat(%2) : i8[2] unit 1`, "m.ir:6:3: error[update]: the recurrence of h leaks before its transform: leak", ""},
		{"leaks twice", "fixed", "%4", `%0 = state(index = 0) : i8[2] unit 1
  %1 = hadamard(%0, block = 2) : i10[2] unit 1
  %2 = leak(%1, leak = [3]) : i10[2] unit 1
  %3 = leak(%2, leak = [4]) : i10[2] unit 1
  %4 = sat(%3) : i8[2] unit 1`, "m.ir:8:3: error[update]: the recurrence of h leaks twice: leak", "%3 = leak"},
		{"rounded behind a leak", "fixed", "%4", `%0 = state(index = 0) : i8[2] unit 1
  %1 = hadamard(%0, block = 2) : i10[2] unit 1
  %2 = leak(%1, leak = [3]) : i10[2] unit 1
  %3 = requant(%2, even = 1 >> 1, odd = 1 >> 1) : i10[2] unit 1
  %4 = sat(%3) : i8[2] unit 1`, "m.ir:8:3: error[update]: the recurrence of h is rounded behind its leak: requant", ""},
		{"leaks behind signs", "fixed", "%5", `%0 = state(index = 0) : i8[2] unit 1
  %1 = hadamard(%0, block = 2) : i10[2] unit 1
  %2 = const(const = tensor "s" "sign" [1, -1]) : i2[2]
  %3 = signs(%1, %2) : i10[2] unit 1
  %4 = leak(%3, leak = [3]) : i10[2] unit 1
  %5 = sat(%4) : i8[2] unit 1`, "m.ir:9:3: error[update]: the recurrence of h leaks behind its signs or its order: leak", ""},
		{"relu", "fixed", "%3", `%0 = state(index = 0) : i8[2] unit 1
  %1 = relu(%0) : i8[2] unit 1
  %2 = hadamard(%1, block = 2) : i10[2] unit 1
  %3 = sat(%2) : i8[2] unit 1`, "m.ir:6:3: error[update]: the recurrence of h is not linear: relu stands inside it", ""},
		{"a matrix", "real", "%2", `%0 = const(const = tensor "W" "real" [1, 0, 0, 1]) : real[2, 2]
  %1 = state(index = 0) : real[2]
  %2 = matvec(%0, %1) : real[2]`, "m.ir:7:3: error[update]: the recurrence of h is not linear: matvec stands inside it", ""},
		{"relu of real numbers", "real", "%2", `%0 = state(index = 0) : real[2]
  %1 = hadamard(%0, block = 2, norm) : real[2]
  %2 = relu(%1) : real[2]`, "m.ir:7:3: error[update]: the recurrence of h is not linear: relu stands inside it", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			unit := map[string]string{"fixed": " unit 1"}[c.level]
			m := parse(t, fmt.Sprintf("model \"m\" %s {\n  steps 4\n  input \"x\" : i4[1] scale 1\n  state \"h\" : i8[2]%s max 1 headroom 1 next %s\n  %s\n  output \"y\" = logits(%s) at last\n}\n",
				c.level, unit, c.next, c.values, c.next))
			_, err := form.Of(m)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			for _, v := range m.Values {
				v.Span = diag.Span{}
			}
			if _, err := form.Of(m); c.unplaced != "" && !strings.HasSuffix(strings.SplitN(err.Error(), "; help", 2)[0], c.unplaced) {
				t.Errorf("without places: got %v, want %s", err, c.unplaced)
			}
		})
	}
}

// TestManySums holds a sum of sums that doubles forty times to an error, not to a list of a million million.
func TestManySums(t *testing.T) {
	text := "model \"m\" real {\n  input \"x\" : i4[1] scale 1\n  state \"h\" : i8[2] max 1 headroom 1 next %43\n" +
		"  %0 = state(index = 0) : real[2]\n  %1 = hadamard(%0, block = 2, norm) : real[2]\n  %2 = const(const = tensor \"b\" \"real\" [1, 2]) : real[2]\n"
	for i := 3; i < 43; i++ {
		text += fmt.Sprintf("  %%%d = add(%%%d, %%%d) : real[2]\n", i, i-1, i-1)
	}
	m := parse(t, text+"  %43 = add(%1, %42) : real[2]\n  output \"y\" = logits(%42) at every\n}\n")
	if _, err := form.Of(m); err == nil || !strings.HasPrefix(err.Error(), "m.ir:47:3: error[update]: the update of h adds up some values many times") {
		t.Errorf("got %v", err)
	}
	if y := form.Readout(m); len(y.Biases) != len(m.Values)+1 {
		t.Errorf("the readout has %d constants", len(y.Biases))
	}
}

// TestSignedPermutation holds maps to what they do to a vector, written by Put and run.
func TestSignedPermutation(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for range 20 {
		const n = 8
		r := form.Recurrence{Inner: form.Identity(n), Outer: form.Identity(n), Block: 1, Factor: steady}
		for _, p := range []*form.SignedPermutation{&r.Inner, &r.Outer} {
			p.Index = rng.Perm(n)
			for i := range p.Sign {
				p.Sign[i] = 1 - 2*rng.Int63n(2)
			}
		}
		m := &ir.Module{Name: "m", Level: ir.Real, Input: ir.Input{Name: "x", Kind: ir.Vector, Size: n, Bits: 8, Signed: true, Scale: 1},
			States: []ir.State{{Name: "h", Size: n, Bits: 8}}, Output: ir.Output{Name: "y", When: ir.AtLast, Decision: ir.Logits}}
		x := m.Add(&ir.Value{Op: ir.OpInput, Type: ir.Type{Shape: []int{n}}})
		m.Y = r.Apply(m, x)
		m.States[0].Next = m.Y
		if err := ir.Verify(m); err != nil {
			t.Fatal(err)
		}
		v := make([]int64, n)
		for i := range v {
			v[i] = int64(i) + 1
		}
		res, err := interp.RunReal(m, [][]int64{v})
		if err != nil {
			t.Fatal(err)
		}
		for i, y := range res.Y[0] {
			j := r.Outer.Index[i]
			want := r.Outer.Sign[i] * r.Inner.Sign[j] * v[r.Inner.Index[j]]
			if y != float64(want) {
				t.Fatalf("entry %d is %v, want %d", i, y, want)
			}
		}
		rows := rng.Perm(n)
		picked := r.Outer.Rows(rows)
		for i, j := range rows {
			if picked.Sign[i] != r.Outer.Sign[j] || picked.Index[i] != r.Outer.Index[j] {
				t.Fatalf("row %d is not row %d of the map", i, j)
			}
		}
	}
}

package step

import (
	"math/rand"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/internal/hostile"
)

func small(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile("testdata/small.step")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

func parse(t testing.TB, src string) *Program {
	t.Helper()
	p, err := Parse("small.step", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTextIsReadBack(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/step.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tiny, _ := strings.Cut(string(doc), "```step tiny-step\n")
	tiny, _, _ = strings.Cut(tiny, "```")
	for _, src := range []string{small(t), tiny} {
		p := parse(t, src)
		if got := Text(p); got != src {
			t.Fatalf("printed:\n%s", got)
		}
		if again := parse(t, Text(p)); !reflect.DeepEqual(p, again) {
			t.Fatal("what was printed reads as another program")
		}
		if err := Verify(p); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReport(t *testing.T) {
	p := parse(t, small(t))
	r, err := Prove(p)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Claims) != 2 || !r.Claims[0].Needed() || r.Claims[0].Func != "small_step" {
		t.Errorf("claims: %v", r.Claims)
	}
	if len(r.TokenAddresses) != 1 || !strings.Contains(r.TokenAddresses[0].Expr, "column[") || r.ConstantTime() != nil {
		t.Errorf("the token's column: %v; data: %v", r.TokenAddresses, r.DataAddresses)
	}
	// Of the column, a token below 3 reaches all entries; of one unit, every eighth.
	load := p.Funcs[1].Body[3].(For).Body[0].(Store).Value.Args[0]
	if have, ok := r.Range(load); !ok || have != arith.Between(-7, 7) {
		t.Errorf("%v is in %v", load, have)
	}
}

// mend replaces one piece of the small program.
func mend(t testing.TB, was, is string) string {
	t.Helper()
	src := small(t)
	if strings.Count(src, was) == 0 {
		t.Fatalf("the program has no %q", was)
	}
	return strings.Replace(src, was, is, 1)
}

// TestErrorsOfTheText holds names, kinds and types: each mistake is an error with its line.
func TestErrorsOfTheText(t *testing.T) {
	for _, c := range []struct{ was, is, want string }{
		{"let a = h[i]\n", "let a = g[i]\n", "small.step:19:15: error[step]: no array g is in sight"},
		{"let a = h[i]\n", "let a = b\n", "nothing in sight is named b"},
		{"h[i] = halfadd(a, b)", "h[i] = halfadd(a, b, a)", "halfadd has 2 arguments, not 3"},
		{"h[i] = halfadd(a, b)", "h[i] = average(a, b)", "there is no operation average"},
		{"h[i] = halfadd(a, b)", "signs[i] = trunc(i8, a)", "signs is table; only states, outputs and scratch are written"},
		{"h[i] = halfadd(a, b)", "h[i] = ext(i32, a)", "it is i32, and an entry of h is i16"},
		{"h[i] = halfadd(a, b)", "h[a] = b", "an index is of type index, not i16"},
		{"h[i] = halfadd(a, b)", "h[i] = a + ext(i32, b)", "all must be alike"},
		{"h[i] = halfadd(a, b)", "h[i] = shl(a, 16)", "a shift by 16 in i16; 1 to 15 is possible"},
		{"h[i] = halfadd(a, b)", "h[i] = clamp(a, 17)", "a clamp to 17 bits in i16"},
		{"h[i] = halfadd(a, b)", "h[i] = swap(a)", "i16 has no lanes to exchange"},
		{"h[i] = halfadd(a, b)", "h[i] = dot(a, a, a)", "it is i32 from i16x2, i16x2 and i32"},
		{"h[i] = halfadd(a, b)", "h[i] = trunc(i16, a)", "i16 is not narrower than i16"},
		{"h[i] = halfadd(a, b)", "h[i] = ext(i16, a)", "i16 is not wider than i16"},
		{"h[i] = halfadd(a, b)", "h[i] = field(i16, a, 12, 8, signed)", "bits 12 to 19 of i16"},
		{"h[i] = halfadd(a, b)", "h[i] = claim(a, 3, 2)", "the claim holds no value"},
		{"h[i] = halfadd(a, b)", "a = b", "a is a value; only what `var` (Mutable) names can be set"},
		{"h[i] = halfadd(a, b)", "let a = b", "there is a value of that name in sight"},
		{"h[i] = halfadd(a, b)", "call small_step", "no function small_step stands before transform"},
		{"h[i] = halfadd(a, b)", "let raw1 = raw(h[i]) + raw(a)", "raw is of one entry of an array"},
		{"for j = 0 to 4 by 1", "for j = 0 to 4 by 0", "the step is at least 1"},
		{"for j = 0 to 4 by 1", "for j = 4 to 0 by 1", "the end not before the beginning"},
		{"odd odd_bias", "odd signs", "both must hold the same"},
		{"call transform", "remark \"none\"", "neither small_step nor small_output calls function transform"},
		{" parity {", " {", "set TwoPhase"},
		{"y[r] = s", "h[r] = trunc(i16, s)", "an output writes h, which is state"},
		{"turn[0] = and", "y[0] = 0i32\n    turn[0] = and", "a step writes y, which is output"},
		{"var s = sum[r]", "let z = token[0]\n      var s = sum[r]", "an output reads token, which is input"},
		{"state turn : i8[1] in 0..7", "state turn : i8[1] in 1..7", "begins as zero, which is not in its range"},
		{"state turn : i8[1] in 0..7", "state turn : i8[1] in 0..700", "the range 0..700 is not within i8"},
		{"state turn : i8[1]", "state turn : i9[1]", `"i9" is no type`},
		{"state turn : i8[1]", "state turn : i8[0]", "has 0 entries"},
		{"state turn : i8[1]", "state turn : i8[99999999]", "at most 4194304 are possible"},
		{"state turn", "scratch turn", "scratch stands in functions"},
		{"state turn : i8[1] in 0..7\n", "state turn : i8[1] in 0..7\n  state turn : i8[1] in 0..7\n", "there is a array of that name"},
		{"in -7..7", "in -7..8", "its range is -7..7, and -7..8 is written"},
		{"\"-1 0 0 -1", "\"-1 0 -1", "table signs has 7 numbers for 8 entries of i8"},
		{"\"-1 0 0 -1", "\"-1 0 x -1", "entry 2, \"x\", is no integer"},
		{"1i8, 7i8", "1i8, 200i9", `"i9" is no type`},
		{"step small_step", "step big_step", `step "big_step" and output "small_output" must both be functions`},
		{"call transform", "call transform +", "unexpected token \"+\""},
		{"for i = 0 to 8 by 2 independent", "for i = 0 to 2000000000 by 1", "compute more than 1073741824 expressions"},
	} {
		_, err := Parse("small.step", []byte(mend(t, c.was, c.is)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s instead of %s: got %v; want %s", c.is, c.was, err, c.want)
		}
		if err != nil && !strings.Contains(err.Error(), "help: ") {
			t.Errorf("%v has no remedy", err)
		}
	}
}

// TestErrorsOfTheProof holds what intervals show: a narrowed type, a shifted index, a dropped claim and the like are found.
func TestErrorsOfTheProof(t *testing.T) {
	for _, c := range []struct{ was, is, want string }{
		{"let b = h[i + 1]", "let b = h[i + 7]", "the index is 9, and h has entries 0 to 7"},
		{"let a = h[i]\n", "let a = h[i - 1]\n", "the index is -1, and h has entries 0 to 7"},
		{"h[i] = halfadd(a, b)", "h[i] = a + b + a + b + a + b + a + b + a + b + a + b + a + b + a + b + a", "do not fit i16"},
		{"h[i] = halfadd(a, b)", "h[i] = a * b", "values of -4192256..4194304 do not fit i16"},
		{"h[i + 1] = halfsub(a, b)", "h[i] = halfsub(a, b)", "h[i] = shl"}, // see below: nothing is wrong with that
		{"h[i] = halfadd(a, b)", "h[i] = halfadd(a, h[0])", "an iteration of an independent loop reads entry 0 of h, which another writes"},
		{"claim(sum[0] + ext(i32, h[0]), -1000000000, 1000000000)", "sum[0] + ext(i32, h[0])", "function small_step leaves -1000002047..1000002047 in entry 0 of state sum, whose range is"},
		{"claim(sum[0] + ext(i32, h[0]), -1000000000, 1000000000)", "claim(sum[0] + ext(i32, h[0]), 2000000000, 2100000000)", "the claim holds none of its values"},
		{"h[i] = clamp(xor(h[i], m) + a[i] + bias[i], 12)", "h[i] = xor(h[i], m) + a[i] + bias[i]", "leaves -2"},
		{"ext(i16, column[shl(t, 3) + i])", "ext(i16, column[shl(t, 3) + i + 8])", "the index is 8..24, and column has entries 0 to 23"},
		{"and(turn[0] + 1i8, 7i8)", "turn[0] + 1i8", "leaves 1..8 in entry 0 of state turn"},
		{"y[r] = s", "y[0] = s", "an iteration of an independent loop writes entry 0 of y, which another reads or writes"},
		{"for r = 0 to 2 by 1", "for r = 0 to 1 by 1", "leaves entry 1 of output y without value"},
		{"for i = 0 to 8 by 1 independent {\n      a[i]", "for i = 0 to 7 by 1 independent {\n      a[i]", "entry 7 of a is read before it is written"},
		{"output y : i32[2] in -2000000000", "output y : i32[2] in -2000000", "in entry 0 of output y, whose range is"},
		{"shl(ext(i16, column", "shl(ext(i16, signs[0]) * 32767i16 + ext(i16, column", "do not fit i16"},
		{"mulwide(max(h[i], 0i16), w - 8i16)", "mulwide(max(h[i], 0i16), w - 8i16) * 200000i32", "do not fit i32"},
		{"let q = pack(lane(p, 0) + lane(p, 1), lane(p, 0) - lane(p, 1))", "let q = shl(p, 5)", "do not fit i16x2"},
		{"let q = pack(lane(p, 0) + lane(p, 1), lane(p, 0) - lane(p, 1))", "let q = p * 100i16", "do not fit i16x2"},
		{"let m = ext(i16, signs[i])", "let m = round(shl(ext(i16, signs[i]) + 2i16, 14), 3)", "do not fit i16"},
		{"let m = ext(i16, signs[i])", "let m = round(ext(i16, signs[i]) + 32765i16, 3)", "and the half that is added, 4, do not fit i16"},
	} {
		p, err := Parse("small.step", []byte(mend(t, c.was, c.is)))
		if err != nil {
			t.Errorf("%s: %v", c.is, err)
			continue
		}
		if err = Verify(p); c.is == "h[i] = halfsub(a, b)" {
			if err != nil {
				t.Errorf("an entry that one iteration writes twice: %v", err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s instead of %s: got %v; want %s", c.is, c.was, err, c.want)
		}
	}
}

func TestIndependentLoopsSetNothingOfOthers(t *testing.T) {
	src := strings.Replace(mend(t, "for i = 0 to 8 by 1 {\n", "for i = 0 to 8 by 1 independent {\n"), "", "", 1)
	if _, err := Parse("small.step", []byte(src)); err == nil || !strings.Contains(err.Error(), "sets s, which belongs to all of them") {
		t.Errorf("got %v", err)
	}
}

func TestDataAddresses(t *testing.T) {
	for _, c := range []struct{ was, is string }{
		{"let m = ext(i16, signs[i])", "let m = ext(i16, signs[ext(index, and(h[i], 7i16))])"},
		{"h[i] = clamp(xor(h[i], m)", "h[ext(index, and(h[i], 7i16))] = clamp(xor(h[i], m)"},
		{"turn[0] = and(turn[0] + 1i8, 7i8)", "turn[0] = token[0]\n    a[ext(index, turn[0])] = 0i16"},
	} {
		src := strings.Replace(mend(t, c.was, c.is), "for i = 0 to 8 by 1 independent {\n      let m", "for i = 0 to 8 by 1 {\n      let m", 1)
		r, err := Prove(parse(t, src))
		if err != nil {
			t.Errorf("%s: %v", c.is, err)
			continue
		}
		if len(r.DataAddresses) != 1 || r.ConstantTime() == nil || !strings.Contains(r.ConstantTime().Error(), "an address depends on data") {
			t.Errorf("%s: %v", c.is, r.DataAddresses)
		}
	}
	// A counter that is kept decides an address, and depends on nothing.
	r, err := Prove(parse(t, mend(t, "turn[0] = and", "a[ext(index, turn[0])] = 0i16\n    turn[0] = and")))
	if err != nil || len(r.DataAddresses) > 0 {
		t.Errorf("%v, %v", err, r)
	}
}

// TestMachineStaysWithinTheProof runs the small program, and changed ones, beside what was proven of every expression.
func TestMachineStaysWithinTheProof(t *testing.T) {
	p := parse(t, small(t))
	r, err := Prove(p)
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewMachine(p)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewSource(1))
	inside(t, r, m)
	for range 200 {
		if err := m.Step([]int64{rng.Int63n(3)}); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Output(); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Step([]int64{3}); err == nil || !strings.Contains(err.Error(), "entry 0 of the input is 3, and its range is 0..2") {
		t.Errorf("got %v", err)
	}
}

// inside makes a machine fail where a value is outside what was proven.
func inside(t testing.TB, r *Report, m *Machine) {
	m.watch = func(n *node, v pairOf) {
		have, ok := r.Range(n.e)
		if !ok || v.l < have.Lo || v.l > have.Hi || n.lanes == 2 && (v.h < have.Lo || v.h > have.Hi) {
			t.Fatalf("%v is %v; proven is %v", n.e, v, have)
		}
	}
}

func TestMachineChecks(t *testing.T) {
	for _, c := range []struct{ was, is, want string }{
		{"claim(sum[0] + ext(i32, h[0]), -1000000000, 1000000000)", "claim(sum[0] + ext(i32, h[0]), -3, 3)", "and the claim is -3..3"},
		{"h[i] = halfadd(a, b)", "h[i] = shl(shl(shl(a + 12i16, 8), 3), 1)", "does not fit i16"},
		{"let b = h[i + 1]", "let b = h[i + 2]", "the index is 8, and h has entries 0 to 7"},
	} {
		m, err := NewMachine(parse(t, mend(t, c.was, c.is)))
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			if err = m.Step([]int64{2}); err != nil {
				break
			}
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.is, err)
		}
	}
}

func TestCount(t *testing.T) {
	w, err := Count(parse(t, small(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what      string
		got, want int64
	}{
		{"stores to the state", w.Step[arith.Even][Counted{OpStore, I16, State}], 8 + 8 + 8 + 8},
		{"calls", w.Step[arith.Odd].Of(OpCall), 1},
		{"iterations", w.Step[arith.Odd].Of(OpLoop), 4 + 2 + 4 + 4 + 8 + 8},
		{"products of an output", w.Output[arith.Odd].Of(OpMulWide), 16},
		{"sets of an output", w.Output[arith.Even].Of(OpSet), 16},
		{"loads of packed weights", w.Output[arith.Even][Counted{OpLoad, Int{Bits: 8, Lanes: 1, Unsigned: true}, Table}], 16},
		{"additions of an odd step", w.Step[arith.Odd].Of(OpAdd, OpSub), w.Step[arith.Even].Of(OpAdd, OpSub)},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.what, c.got, c.want)
		}
	}
}

// TestLimits holds the text to a size and a depth.
func TestLimits(t *testing.T) {
	for _, c := range []struct{ was, is, want string }{
		{"let a = h[i]\n", "let a = " + strings.Repeat("(", 1000) + "\n", "brackets nest deeper than 64"},
		{"let a = h[i]\n", "let a = h[i]\n" + strings.Repeat("x", MaxCode), "at most 16777216 and 786432 are read"},
		{"let a = h[i]\n", "let a = h[i]" + strings.Repeat(" + h[i]", 600) + "\n", "an expression nests deeper than 512"},
	} {
		err := hostile.Read(t, "small.step", func() error {
			_, err := Parse("small.step", []byte(mend(t, c.was, c.is)))
			return err
		})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// FuzzParse reads any bytes as a program; what is read prints, reads back and can be proven or refused.
func FuzzParse(f *testing.F) {
	f.Add([]byte(small(f)))
	f.Add([]byte(`program "a" step b output b { func b { } }`))
	f.Add([]byte(`program "a" step b output b { table t : i8[1] in 0..0 "0" func b { scratch z : i16x2[4] in 0..1 let $let = 1i16x2 z[0] = $let } }`))
	f.Fuzz(func(t *testing.T, src []byte) {
		var p *Program
		err := hostile.Read(t, "p.step", func() (err error) {
			p, err = Parse("p.step", src)
			return err
		})
		if err != nil {
			return
		}
		text := Text(p)
		back, err := Parse("p.step", []byte(text))
		if err != nil || Text(back) != text {
			t.Fatalf("%v of\n%s", err, text)
		}
		if c, err := check(p); err == nil && c.work() < 1<<16 {
			_ = Verify(p)
		}
	})
}

// TestLanesWithoutSign proves and runs the operations of words whose lanes have no sign.
func TestLanesWithoutSign(t *testing.T) {
	p := parse(t, `program "lanes" step step output output {
  input x : i8[2] in -128..127
  state h : i32x2[1] in -8..7
  table masks : u32x2[1] in 0..1023 "0 1023"
  output y : i32[2] in -8..7
  func step {
    let v = pack(ext(i32, x[0]), ext(i32, x[1])) * 3i64 + 512i32x2
    let u = xor(trunc(u32x2, v), raw(masks[0]))
    let r = and(shr(u, 3), 1023u32x2)
    let s = swap(r)
    h[0] = crop(trunc(i32x2, s) - 60i32x2, 4) - 8i32x2
  }
  func output {
    y[0] = lane(h[0], 0)
    y[1] = lane(h[0], 1)
  }
}
`)
	if err := Verify(p); err != nil {
		t.Fatal(err)
	}
	m, err := NewMachine(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]int64{{0, 0}, {-128, 127}, {20, -20}} {
		m.Reset()
		if err := m.Step(c[:2]); err != nil {
			t.Fatal(err)
		}
		var want [2]int64
		for i, x := range c[:2] {
			v := 3*x + 512
			if i == 1 {
				v ^= 1023
			}
			want[1-i] = min(max(v>>3-60, 0), 15) - 8
		}
		if y, err := m.Output(); err != nil || !reflect.DeepEqual(y, want[:]) {
			t.Errorf("of %v: %v, %v; want %v", c[:2], y, err, want)
		}
	}
	for _, wrong := range []string{"max(raw(masks[0]), 1u32x2)", "neg(raw(masks[0]))", "round(raw(masks[0]), 1)"} {
		src := "program \"p\" step s output o {\n  table masks : u32x2[1] in 0..1023 \"0 1023\"\n  state h : i32x2[1] in 0..1023\n  output y : i32[1] in 0..0\n" +
			"  func s {\n    h[0] = trunc(i32x2, " + wrong + ")\n  }\n  func o {\n    y[0] = 0i32\n  }\n}\n"
		if _, err := Parse("p.step", []byte(src)); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}

package step

import (
	"os"
	"reflect"
	"testing"
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
	src := small(t)
	p := parse(t, src)
	if got := Text(p); got != src {
		t.Fatalf("printed:\n%s", got)
	}
	if again := parse(t, Text(p)); !reflect.DeepEqual(p, again) {
		t.Fatal("what was printed reads as another program")
	}
	r, err := Prove(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", *r)
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

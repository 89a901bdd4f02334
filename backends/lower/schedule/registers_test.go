package schedule

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower/step"
)

// body is a step of statements over a few arrays, counted on a chip.
func body(t *testing.T, chip, statements string) Measures {
	t.Helper()
	prog, err := step.Parse("p.step", []byte(`program "p" step s output o {
  state w : i32[64] in -100..100
  state h : i32[64] in -100..100
  state n : i16[64] in -100..100
  output y : i32[1] in -100..100
  func s {
`+statements+`
  }
  func o {
    y[0] = h[0]
  }
}
`))
	if err != nil {
		t.Fatal(err)
	}
	return Measure(prog, part(t, chip), nil)
}

// loads is a loop that holds so many values at once.
func loads(n int) string {
	var b strings.Builder
	fmt.Fprintln(&b, "for i = 0 to 32 by 32 {")
	for i := range n {
		fmt.Fprintf(&b, "let a%d = h[i + %d]\n", i, i)
	}
	for i := range n {
		fmt.Fprintf(&b, "h[i + %d] = a%d + a%d\n", i, n-1-i, i)
	}
	return b.String() + "}"
}

// TestSpills: values go to memory where there are more of them than registers, the more the fewer a chip has.
func TestSpills(t *testing.T) {
	spilled := func(chip string, n int) float64 { return body(t, chip, loads(n)).Step[0]["spill"] }
	for _, c := range []struct {
		chip    string
		n       int
		spilled bool
	}{{"cortex-m4", 8, false}, {"cortex-m4", 16, true}, {"rv32imc", 16, false}, {"rv32imc", 32, true}, {"atmega328p", 4, false}, {"atmega328p", 12, true}} {
		if got := spilled(c.chip, c.n); got > 0 != c.spilled {
			t.Errorf("%d values on a %s: %v are spilled", c.n, c.chip, got)
		}
	}
	if m := body(t, "cortex-m4", loads(16)); m.Spilled["s"] == 0 {
		t.Error("values that are spilled take no memory")
	}
	// Sums that a loop carries are read and written in each round.
	var b strings.Builder
	for i := range 16 {
		fmt.Fprintf(&b, "var s%d = 0i32\n", i)
	}
	fmt.Fprintln(&b, "for i = 0 to 32 by 1 {")
	for i := range 16 {
		fmt.Fprintf(&b, "s%d = s%d + w[i]\n", i, i)
	}
	fmt.Fprintln(&b, "}")
	for i := range 16 {
		fmt.Fprintf(&b, "h[%d] = s%d\n", i, i)
	}
	if m := body(t, "cortex-m4", b.String()).Step[0]; m["spill"] < 32 || m["reload"] < 32 {
		t.Errorf("16 sums of 32 rounds: %v are spilled, %v read again", m["spill"], m["reload"])
	}
}

// TestOneInstruction: what a chip does in one instruction is counted as such.
func TestOneInstruction(t *testing.T) {
	shifted := "h[0] = h[1] + shr(h[2], 3)"
	if m := body(t, "cortex-m4", shifted).Step[0]; m["shr.32.folded"] != 1 || m["shr.32"] != 0 {
		t.Errorf("a shift of what is added: %v", m)
	}
	if m := body(t, "rv32imc", shifted).Step[0]; m["shr.32"] != 1 {
		t.Errorf("a shift of what is added: %v", m)
	}
	halves := "n[0] = 1i16\nn[1] = 2i16\nn[5] = 3i16"
	if m := body(t, "cortex-m4", halves).Step[0]; m["storemerged.16"] != 2 || m["store.16"] != 1 {
		t.Errorf("halves that are stored side by side: %v", m)
	}
	narrow := "n[0] = trunc(i16, ext(i32, n[1]) + ext(i32, n[2]))"
	if m := body(t, "atmega328p", narrow).Step[0]; m["add.16"] != 1 || m["add.32"] != 0 {
		t.Errorf("a sum of which halves are left: %v", m)
	}
}

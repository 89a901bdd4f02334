package pack

import (
	"fmt"
	"math"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// TestPLL finds dividers for every whole frequency that can be made, and holds some against icestorm's icepll.
func TestPLL(t *testing.T) {
	number := func(text []byte, pattern string) int {
		m := regexp.MustCompile(pattern).FindSubmatch(text)
		if m == nil {
			return -1
		}
		n, err := strconv.Atoi(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	_, missing := exec.LookPath("icepll")
	for mhz := 16; mhz <= 275; mhz++ {
		p := findPLL(12, float64(mhz))
		if p == nil {
			t.Errorf("%d MHz: none", mhz)
			continue
		}
		if made := 12 * float64(p.F+1) / float64((p.R+1)*int(1)<<p.Q); math.Abs(made-p.Output) > 1e-9 || math.Abs(made-float64(mhz)) > float64(mhz)/50 {
			t.Errorf("%d MHz: %+v makes %g", mhz, p, made)
		}
		if missing != nil || mhz%9 != 0 {
			continue
		}
		out, err := exec.Command("icepll", "-i", "12", "-o", fmt.Sprint(mhz)).Output()
		if err != nil {
			t.Fatal(err)
		}
		want := pll{number(out, `DIVR: +(\d+)`), number(out, `DIVF: +(\d+)`), number(out, `DIVQ: +(\d+)`), number(out, `FILTER_RANGE: +(\d+)`), p.Output}
		if *p != want {
			t.Errorf("%d MHz: %+v, and icepll says %+v", mhz, *p, want)
		}
	}
	for _, mhz := range []float64{15, 290, 12 * 1.5 / 2} {
		if p := findPLL(12, mhz); p != nil {
			t.Errorf("%g MHz: %+v", mhz, p)
		}
	}
}

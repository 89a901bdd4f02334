package ir

import (
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/hostile"
)

// TestLimitsOfTheLanguage holds IR text to what model.hrn may say, and to a size.
func TestLimitsOfTheLanguage(t *testing.T) {
	good := `model "a" fixed {
  steps 4
  input "x" : u8[4] scale 1
  state "h" : i16[4] unit 1 max 8 headroom 1 next %3
  %0 = state(index = 0) : i16[4] unit 1 "h"
  %1 = hadamard(%0, block = 4) : i18[4] unit 1 "n"
  %2 = requant(%1, even = 1 >> 1, odd = 1 >> 1) : i18[4] unit 1
  %3 = sat(%2) : i16[4] unit 1
  output "y" = logits(%0) at last
}
`
	if _, err := Parse("m.ir", []byte(good), nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ was, is, want string }{
		{"even = 1 >> 1", "even = 0 >> 1", "its factor, 0, is not positive"},
		{", odd = 1 >> 1", "", "its factor, 0, is not positive"},
		{"even = 1 >> 1", "even = -3 >> 1", "its factor, -3, is not positive"},
		{"headroom 1", "headroom -5", "a headroom of -5"},
		{"max 8", "max -1", "a largest value of -1"},
		{`"h" : i16[4]`, `"h" : i1[4]`, "has 1 bit; 8 to 32 are possible"},
		{`"h" : i16[4]`, `"h" : i16[2097152]`, "has 2097152 units"},
		{"u8[4]", "i1[4]", "is i1"},
		{"scale 1", "scale -1", "has the scale -1"},
		{"steps 4", "steps 9223372036854775807", "at most 1073741824 are possible"},
		{"steps 4", strings.Repeat("(", 100_000), "brackets nest deeper than 16"},
		{"steps 4", strings.Repeat(" ", MaxText), "at most 786432 are read"},
	} {
		_, err := Parse("m.ir", []byte(strings.Replace(good, c.was, c.is, 1)), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40s: got %v, want %s", c.is, err, c.want)
		}
	}
}

// FuzzConsts reads any bytes as a file of constants.
func FuzzConsts(f *testing.F) {
	f.Add([]byte("#0123456789abcdef 1 2 3\n"))
	f.Add([]byte("\x00\x00"))
	f.Fuzz(func(t *testing.T, src []byte) {
		_ = hostile.Read(t, "m.ir.consts", func() error {
			c, err := ReadConsts("m.ir.consts", src)
			if err == nil && c == nil {
				t.Error("no constants, and no error")
			}
			return err
		})
	})
}

package lower

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/ir"
)

// TestExtractRefuses holds what no plan has a place for to an error at the value.
func TestExtractRefuses(t *testing.T) {
	const head = `model "m" fixed {
  steps 8
  input "x" : i4[2] scale 1
  state "h" : i8[2] unit 1 max 1 headroom 1 next %9
  %0 = state(index = 0) : i8[2] unit 1
  %1 = hadamard(%0, block = 2) : i10[2]
  %2 = requant(%1, even = 1 >> 1, odd = 1 >> 1) : i12[2] unit 1
  %3 = const(const = tensor "U" "int4" bits 4 [3, -5, 1, 2]) : i4[2, 2]
  %4 = input() : i4[2]
`
	const inflow = `  %5 = matvec(%3, %4) : i12[2] unit 1
  %6 = add(%2, %5) : i12[2] unit 1
`
	const tail = `  %9 = sat(%8) : i8[2] unit 1
  %10 = const(const = tensor "V" "ternary" bits 2 [1, -1, 1, 1]) : i2[2, 2]
`
	const readout = "  %11 = matvec(%10, %9) : i12[2] unit 1\n  output \"y\" = logits(%11) at every\n}\n"
	const plain = "  %7 = const(const = tensor \"b\" \"int\" [5, 7]) : i12[2] unit 1\n  %8 = add(%6, %7) : i12[2] unit 1\n"
	for _, c := range []struct{ name, text, want string }{
		{"nothing wrong", head + inflow + plain + tail + readout, ""},
		{"two constants", head + "  %5 = const(const = tensor \"a\" \"int\" [5, 7]) : i12[2] unit 1\n  %6 = add(%2, %5) : i12[2] unit 1\n" + plain + tail + readout,
			"m.ir:12:3: error[ir]: const is one constant too many"},
		{"two terms", head + inflow + "  %7 = matvec(%3, %4) : i12[2] unit 1\n  %8 = add(%6, %7) : i12[2] unit 1\n" + tail + readout,
			"m.ir:12:3: error[ir]: matvec is one term too many"},
		{"an input without a matrix", head + "  %5 = requant(%4, even = 1 >> 0, odd = 1 >> 0) : i12[2] unit 1\n  %6 = add(%2, %5) : i12[2] unit 1\n" + plain + tail + readout,
			"m.ir:10:3: error[ir]: requant is no product of a matrix"},
		{"two matrices in the readout", head + inflow + plain + tail + "  %11 = matvec(%10, %9) : i12[2] unit 1\n  %12 = add(%11, %11) : i12[2] unit 1\n  output \"y\" = logits(%12) at every\n}\n",
			"m.ir:16:3: error[ir]: matvec has no place in a readout"},
		{"a readout of the input", head + inflow + plain + tail + "  %11 = matvec(%10, %4) : i12[2] unit 1\n  output \"y\" = logits(%11) at every\n}\n",
			"m.ir:16:3: error[ir]: matvec has no place in a readout"},
		{"a readout of a constant", head + inflow + plain + tail + "  output \"y\" = logits(%7) at every\n}\n", "m.ir:12:3: error[ir]: const reads no matrix"},
		{"a permutation before the transform", `model "m" fixed {
  input "x" : i4[2] scale 1
  state "h" : i8[2] unit 1 max 1 headroom 1 next %4
  %0 = state(index = 0) : i8[2] unit 1
  %1 = const(const = tensor "o" "index" [1, 0]) : i2[2]
  %2 = permute(%0, %1) : i8[2] unit 1
  %3 = hadamard(%2, block = 2) : i10[2] unit 1
  %4 = sat(%3) : i8[2] unit 1
  output "y" = logits(%4) at every
}
`, "m.ir:7:3: error[ir]: hadamard is permuted before it transforms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := ir.Parse("m.ir", []byte(c.text), nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Extract(m)
			if got := fmt.Sprint(err); c.want == "" && err != nil || !strings.Contains(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

package trainer

import (
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/trainer/data"
)

// TestInputWarnings trains nothing: it compares curves, whose values lie within about -4 and 4, with inputs of other ranges.
func TestDataWarnings(t *testing.T) {
	for _, c := range []struct{ input, want string }{
		{"i8[1] / 32", ""},
		{"i8[1] / 1000", "values are clamped, since x reaches from -0.128 to 0.127 only: curve ("},
		{"u8[1] / 32", "values are clamped, since x reaches from 0 to 7.969 only: curve ("},
		{"i16[1] / 1", "values are rounded to a few integers, since one of x is worth 1: curve ("},
	} {
		ast, errs := dsl.Parse("model.hrn", []byte("model m\ninput x : "+c.input+`
steps 40
param U : int4[16, 1]
param V : int4[10, 16]
state h : int16[16]
h <- hadamard(h) + U*x
y = V*relu(h)
output class = argmax(y) at last
weights "m.safetensors"
`))
		m, more := dsl.Check(ast)
		if errs = append(errs, more...); errs.HasErrors() {
			t.Fatal(errs)
		}
		o := data.Defaults()
		o.Sequences = 200
		set, err := data.Load("curves", o)
		if err != nil {
			t.Fatal(err)
		}
		got := DataWarnings(m, set)
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0].Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.input, got, c.want)
		}
	}
}

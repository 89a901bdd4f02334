package dsl

import (
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/decider"
)

const stream = `input x : u8[2]
param U : int4
param V : int4[3, 8]
state h : int16[8]
h <- hadamard(h, leak = 1/4) + U*x
`

// A decide block needs classes at every step, and a start among them.
func TestDecideNeedsClassesAtEveryStep(t *testing.T) {
	for _, c := range []struct{ lines, want, help string }{
		{"output V*h at every step\ndecide { }", "decide is for classes, and the output is numbers", "argmax(y) at every step"},
		{"output V*h > 0.5 at every step\ndecide { }", "the output is compared with a threshold", "a row for each answer"},
		{"output argmax(V*h)\ndecide { hold = 2 }", "this one is given once", "write  at every step"},
		{"steps 8\noutput argmax(V*h) mean\ndecide { hold = 2 }", "this one is given once", "write  at every step"},
		{"output argmax(V*h) at every step\ndecide { start = 3 }", "start is class 3, and the classes are 0 to 2", "a label or the number of a class"},
		{"labels \"rest\", \"walk\", \"run\"\noutput argmax(V*h) at every step\ndecide { start = \"wlak\" }", `start is "wlak", which is no label`, `did you mean "walk"?`},
	} {
		ast, errs := Parse("model.hrn", []byte(stream+c.lines))
		_, more := Check(ast)
		errs = append(errs, more...)
		if len(errs) != 1 || !strings.Contains(errs[0].Summary, c.want) || !strings.Contains(errs[0].Help, c.help) || errs[0].Code != "decide" || errs[0].Span.Start.Line < 6 {
			t.Errorf("%s: %v, want %q and %q", c.lines, errs, c.want, c.help)
		}
	}
}

// What is left out is decider.Default; a label is found wherever it stands, and a class of one row is refused.
func TestDecideSettings(t *testing.T) {
	for lines, want := range map[string]decider.Settings{
		"decide { }":                            decider.Default,
		"decide { hold = 3; smooth = 8 }":       {Hold: 3, Smooth: 8, Threshold: 0.5, Start: decider.NoStart},
		"decide { start = run }":                {Smooth: 1, Threshold: 0.5, Start: 2},
		"decide { start = 1 threshold = 0.99 }": {Smooth: 1, Threshold: 0.99, Start: 1},
		"restart 8 hop 4; decide { hold = 2 }":  {Hold: 2, Smooth: 1, Threshold: 0.5, Start: decider.NoStart},
	} {
		text := stream
		if strings.Contains(lines, "restart") { // either is enough to forget
			text = strings.Replace(stream, ", leak = 1/4", "", 1)
		}
		ast, errs := Parse("model.hrn", []byte(lines+"\n"+text+"output argmax(V*h) at every step\nlabels \"rest\", \"walk\", \"run\""))
		m, more := Check(ast)
		if errs = append(errs, more...); errs.HasErrors() || *m.Output.Decide != want {
			t.Errorf("%s: %v, %+v", lines, errs, m.Output.Decide)
		}
	}
	ast, _ := Parse("model.hrn", []byte(strings.Replace(stream, "V : int4[3, 8]", "V : int4[1, 8]", 1)+"output argmax(V*h) at every step\ndecide { }"))
	if _, errs := Check(ast); len(errs) != 1 || !strings.Contains(errs[0].Summary, "there is one") {
		t.Error(errs)
	}
}

package dsl

import (
	"fmt"
	"strings"
	"testing"
)

// TestOnWindows judges windows by what the slowest state of a model remembers.
func TestOnWindows(t *testing.T) {
	for _, c := range []struct {
		recurrence, length string
		steps              int
		longer             bool
		want               string // "" for no warning
	}{
		{"hadamard(h)", "", 0, true, "h keeps every input"},
		{"hadamard(h)", "steps 30", 30, true, ""},
		{"hadamard(h, leak = 1/32)", "", 0, true, ""},
		{"hadamard(h, leak = 1/32)", "", 30, true, "leak of 1/32, h remembers for about 128 steps, and is trained on windows of 30: " +
			"|cut windows of 128 steps or more, with  window;  read recordings unbroken, with  stream = yes;  forget quicker:  leak = 1/4;  or say that sequences end, each of which begins with a new state:  steps 30"},
		{"hadamard(h, leak = 1/32)", "", 127, false, "windows of 127: |forget quicker:  leak = 1/16;  or say"},
		{"hadamard(h, leak = 1/32)", "", 128, true, ""},
		{"hadamard(h, leak = 1/32)", "steps 30", 30, true, ""},
		{"hadamard(h)", "restart 16 hop 8", 16, true, ""},
		{"hadamard(h, block = 8, leak = [1/4, 1/64])", "", 128, true, "leak of 1/64, h remembers for about 256 steps"},
		{"hadamard(h, leak = 1/2)", "", 7, false, "windows of 7: |or say that"},
	} {
		ast, errs := Parse("m.hrn", fmt.Appendf(nil, "model m\ninput x : i8[1] / 32\n%s\nparam U : int4[16, 1]\nparam V : int4[2, 16]\nstate h : int16[16]\nh <- %s + U*x\ny = V*h\noutput class = argmax(y) at last\n",
			c.length, c.recurrence))
		m, more := Check(ast)
		if errs = append(errs, more...); errs.HasErrors() {
			t.Fatal(errs)
		}
		got := ""
		if d := m.OnWindows(c.steps, c.longer); d != nil {
			got = d.Error()
		}
		for _, part := range strings.Split(c.want, "|") {
			if c.want == "" && got != "" || !strings.Contains(got, part) {
				t.Errorf("%s %s, windows of %d: %q, want %q", c.recurrence, c.length, c.steps, got, c.want)
			}
		}
	}
}

package ir_test

import (
	"strings"
	"testing"

	"hrnnc/ir"
)

func TestConversions(t *testing.T) {
	for _, c := range []struct {
		channels []ir.Channel
		want     string
	}{
		{nil, ""},
		{[]ir.Channel{{"pixel", 1, 0}}, ""},
		{[]ir.Channel{{"pixel", 255, 0}}, "entry 0, pixel: round(255*v)"},
		{[]ir.Channel{{"a", 32, -1.5}, {"b", 8, 0.25}}, "entry 0, a: round(32*v - 1.5)\nentry 1, b: round(8*v + 0.25)"},
		{[]ir.Channel{{"a", 32, 0}, {"b", 32, 0}}, "every entry: round(32*v)"},
	} {
		got := strings.Join(ir.Input{Channels: c.channels}.Conversions(), "\n")
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.channels, got, c.want)
		}
	}
}

// TestChannelsText prints channels, reads them back and refuses those that do not fit.
func TestChannelsText(t *testing.T) {
	const header = `input "x" : i8[2] scale 0.5 channels `
	module := func(channels string) string {
		return "model \"m\" real {\n  " + header + channels + `
  state "h" : i16[2] max 1 headroom 1 next %0
  %0 = state(index = 0) : real[2] "h"
  output "y" = logits(%0) at last
}
`
	}
	text := module(`"acc \"x\"" 32.5 -1e-07, "b" 8 0`)
	m, err := ir.Parse("m.ir", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := ir.Text(m); got != text {
		t.Errorf("read\n%s\nprinted\n%s", text, got)
	}
	for channels, want := range map[string]string{
		`"a" 1 0`:                   "2 entries and 1 channels",
		`"a\nb" 1 0, "c" 1 0`:       "line break",
		`"a" 1 0, "b" 1 1e999`:      "",
		`"a" 1, "b" 1 0`:            "",
		`"a" 1 0, "b" 1 0, "c" 2 0`: "2 entries and 3 channels",
	} {
		_, err := ir.Parse("m.ir", []byte(module(channels)), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", channels, err, want)
		}
	}
}

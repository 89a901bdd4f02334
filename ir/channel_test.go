package ir_test

import (
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/ir"
)

func TestFeeding(t *testing.T) {
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
		_, lines := ir.Input{Channels: c.channels}.Feeding()
		got := strings.Join(lines, "\n")
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.channels, got, c.want)
		}
	}
}

// TestWordsText prints a vocabulary's mark, reads it back and refuses it where there are no tokens.
func TestWordsText(t *testing.T) {
	module := func(input string) string {
		return "model \"m\" real {\n  input \"t\" : " + input + `
  state "h" : i16[2] max 1 headroom 1 next %0
  %0 = state(index = 0) : real[2] "h"
  output "y" = logits(%0) at last
}
`
	}
	text := module("token[9] words")
	m, err := ir.Parse("m.ir", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	if title, lines := m.Input.Feeding(); ir.Text(m) != text || title != "A step's input is a word of a text:" || len(lines) != 3 {
		t.Errorf("printed\n%s\nfed by %q %q", ir.Text(m), title, lines)
	}
	if _, err := ir.Parse("m.ir", []byte(module("i8[2] scale 1 words")), nil); err == nil || !strings.Contains(err.Error(), "has words and is no token") {
		t.Errorf("got %v", err)
	}
}

// TestOutputChannels prints what outputs stand for, reads it back, and refuses what does not fit.
func TestOutputChannels(t *testing.T) {
	module := func(output string) string {
		return `model "m" real {
  input "x" : i8[2] scale 1
  state "h" : i16[2] max 1 headroom 1 next %0
  %0 = state(index = 0) : real[2] "h"
  output "y" = ` + output + `
}
`
	}
	text := module(`logits(%0) at last channels "charge" 770.5 2240, "cycles" 2 -1`)
	m, err := ir.Parse("m.ir", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, lines := m.Output.Meaning()
	if got := strings.Join(lines, "\n"); ir.Text(m) != text || got != "output 0, charge: 770.5*r + 2240\noutput 1, cycles: 2*r - 1" || m.Output.Value(1, 3) != 5 {
		t.Errorf("printed\n%s\nmeaning %q", ir.Text(m), got)
	}
	for output, want := range map[string]string{
		`logits(%0) at last channels "a" 1 0`:          "2 entries and 1 channels",
		`argmax(%0) at last channels "a" 1 0, "b" 1 0`: "decides, and has channels",
	} {
		if _, err := ir.Parse("m.ir", []byte(module(output)), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", output, err, want)
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
	text := module(`"acc \"x\"\n" 32.5 -1e-07, "b" 8 0`)
	m, err := ir.Parse("m.ir", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := ir.Text(m); got != text {
		t.Errorf("read\n%s\nprinted\n%s", text, got)
	}
	for channels, want := range map[string]string{
		`"a" 1 0`:                   "2 entries and 1 channels",
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

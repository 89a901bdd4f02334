package ir_test

import (
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/ir"
)

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
	if ir.Text(m) != text || !m.Input.Words {
		t.Errorf("printed\n%s", ir.Text(m))
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
	if ir.Text(m) != text || m.Output.Value(1, 3) != 5 {
		t.Errorf("printed\n%s", ir.Text(m))
	}
	for output, want := range map[string]string{
		`logits(%0) at last channels "a" 1 0`:          "2 entries and 1 channel",
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
		`"a" 1 0`:                   "2 entries and 1 channel",
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

package backends_test

import (
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/backends"
	"github.com/hrnnc/hrnnc/ir"
)

func TestFeeding(t *testing.T) {
	for _, c := range []struct {
		channels []ir.Channel
		want     string
	}{
		{nil, ""},
		{[]ir.Channel{{Name: "pixel", Gain: 1, Offset: 0}}, ""},
		{[]ir.Channel{{Name: "pixel", Gain: 255, Offset: 0}}, "entry 0, pixel: round(255*v)"},
		{[]ir.Channel{{Name: "a", Gain: 32, Offset: -1.5}, {Name: "b", Gain: 8, Offset: 0.25}}, "entry 0, a: round(32*v - 1.5)\nentry 1, b: round(8*v + 0.25)"},
		{[]ir.Channel{{Name: "a", Gain: 32, Offset: 0}, {Name: "b", Gain: 32, Offset: 0}}, "every entry: round(32*v)"},
	} {
		got := strings.Join(backends.Feeding(ir.Input{Channels: c.channels}).Lines, "\n")
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.channels, got, c.want)
		}
	}
	if l := backends.Feeding(ir.Input{Words: true}); l.Title != "A step's input is a word of a text:" || len(l.Lines) != 3 {
		t.Errorf("words are fed by %q", l)
	}
}

func TestMeaning(t *testing.T) {
	l := backends.Meaning(ir.Output{Channels: []ir.Channel{{Name: "charge", Gain: 770.5, Offset: 2240}, {Name: "cycles", Gain: 2, Offset: -1}}})
	if got := strings.Join(l.Lines, "\n"); got != "output 0, charge: 770.5*r + 2240\noutput 1, cycles: 2*r - 1" {
		t.Errorf("got %q", got)
	}
}

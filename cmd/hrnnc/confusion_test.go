package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hrnnc/hrnnc/trainer/score"
)

// TestConfusionFits prints confusions of few and many classes with short and long names: no line is wider than a terminal, and
// where the matrix is, mistakes are listed.
func TestConfusionFits(t *testing.T) {
	for _, c := range []struct {
		classes int
		name    string
		want    string
	}{
		{2, "%d", "true \\ decided    0    1"},
		{6, "walking up the stairs of building %d", "0 walking up …f building 0  101 "},
		{6, "w%d", "w5                1    -    -    -    -  100"},
		{16, "%d", "15"},
		{12, "kind %d", "11 kind 11        1"},
		{40, "kind %d", "of its class"},
		{300, "a name that is longer than a terminal is wide, which nobody would give to a class, but files have %d", "of its class"},
	} {
		var names []string
		for i := range c.classes {
			names = append(names, fmt.Sprintf(c.name, i))
		}
		confusion := score.NewConfusion(names)
		for i := range c.classes {
			for range 100 {
				confusion.Add(i, i)
			}
			confusion.Add(i, 0)
		}
		var out bytes.Buffer
		if err := (&app{out: &out}).printConfusion(confusion); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), c.want) {
			t.Errorf("no %q in\n%s", c.want, out.String())
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > narrow {
				t.Errorf("%d letters in %q", n, line)
			}
		}
	}
	var out bytes.Buffer
	if err := (&app{out: &out}).printConfusion(score.NewConfusion([]string{"a", "b"})); err != nil || out.Len() > 0 {
		t.Errorf("of nothing: %v, %q", err, out.String())
	}
}

package data

import (
	"fmt"
	"strings"
	"testing"
)

// TestColumnsByTheirCourse: where names of columns say nothing, remedies name those that look like answers and like numbers of recordings.
func TestColumnsByTheirCourse(t *testing.T) {
	var plant strings.Builder
	plant.WriteString("machine,hall,clock,vibration,state\n")
	for i := range 600 {
		fmt.Fprintf(&plant, "press-%d,%d,%d,%d.5,%s\n", i/100, i/300, i, i*7%5, []string{"idle", "jam", "run"}[(i/20+i/70)%3])
	}
	sorted := "grade,width,height\n" + strings.Repeat("good,1,2\n", 30) + strings.Repeat("bad,2,1\n", 30)
	for _, c := range []struct{ name, text, options, want string }{
		{"words that come back, and a recording a machine", plant.String(), "",
			`help: say  label = "state",  whose 3 words come back;  and  id = "machine",  of whose 6 values each stands in rows that follow each other, if a row is a step;`},
		{"the label is known", plant.String(), "label=state", `help: say  id = "machine",  of whose 6 values each`},
		{"and windows are wanted", plant.String(), "label=state window=8", `help: say  id = "machine",  of whose 6 values each`},
		{"labels that change within recordings", plant.String(), "label=state id=machine", `or take them unbroken, since labels change within them:  stream = yes`},
		{"rows sorted by a class", sorted, "", `help: say  label = "NAME"  or its number from 1;  or  targets`},
		{"two columns of words that come back", strings.ReplaceAll(plant.String(), ".5,", "dB,"), "", `label = "NAME"  or its number from 1;  or  targets`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(tree(t, map[string]string{"a.csv": c.text})+"/a.csv", options(t, strings.Fields(c.options)...))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

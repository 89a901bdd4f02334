package main

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/ir"
)

// TestAnswers holds every kind of output to what is printed and put into JSON.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name       string
		said       answers
		text, json string
	}{
		{"classes", answers{Array: npy.FromInts([]int64{1, 0, 1}, 3), output: ir.Output{Decision: ir.Argmax, Labels: []string{"rest", "walk"}}},
			"sequence  decision\n       0  walk\n       1  rest\n       2  walk\nin all   walk: 2; rest: 1\n", "[1,0,1]"},
		{"a class every step", answers{Array: npy.FromInts([]int64{2, 2, 0, 1, 1, 1}, 2, 3), output: ir.Output{Decision: ir.Argmax}},
			"sequence  decision\n       0  2 (steps 0 to 1), 0 (step 2)\n       1  1 (steps 0 to 2)\nin all   1: 3; 2: 2; 0: 1\n", "[[2,2,0],[1,1,1]]"},
		{"a threshold", answers{Array: npy.FromInts([]int64{1, 0, 0}, 3, 1), output: ir.Output{Decision: ir.Threshold, Labels: []string{"fault"}}},
			"sequence  decision\n       0  fault\n       1  not fault\n       2  not fault\nin all   not fault: 2; fault: 1\n", "[[1],[0],[0]]"},
		{"several thresholds", answers{Array: npy.FromInts([]int64{1, 0, 0, 0}, 2, 2), output: ir.Output{Decision: ir.Threshold}},
			"sequence  decision\n       0  1 0\n       1  0 0\nin all   0 0: 1; 1 0: 1\n", "[[1,0],[0,0]]"},
		{"thresholds with names", answers{Array: npy.FromInts([]int64{1, 1, 0, 0}, 2, 2), output: ir.Output{Decision: ir.Threshold, Labels: []string{"hot", "loud"}}},
			"sequence  decision\n       0  hot+loud\n       1  none\nin all   hot+loud: 1; none: 1\n", "[[1,1],[0,0]]"},
		{"numbers", answers{Array: npy.FromFloats([]float64{0.5, -1.25}, 1, 2), output: ir.Output{Decision: ir.Logits}},
			"sequence  outputs\n       0  0.5 -1.25\n", "[[0.5,-1.25]]"},
		{"numbers every step", answers{Array: npy.FromFloats([]float64{1, 1, 3}, 1, 3, 1), output: ir.Output{Decision: ir.Logits}},
			"sequence  outputs\n       0  1 (steps 0 to 1), 3 (step 2)\n", "[[[1],[1],[3]]]"},
		{"nothing", answers{Array: npy.FromInts(nil, 0, 0), output: ir.Output{Decision: ir.Threshold}}, "sequence  decision\n", "[]"},
		{"more than a screen", answers{Array: npy.FromInts(make([]int64, 12), 12), output: ir.Output{Decision: ir.Argmax}},
			"sequence  decision\n       0         0\n       1         0\n       2         0\n       3         0\n       4         0\n       5         0\n       6         0\n       7         0\n       8         0\n       9         0\n" +
				"     ... and 2 more; --csv FILE, --answers FILE.npy and --json have all\nin all   0: 12\n", "[0,0,0,0,0,0,0,0,0,0,0,0]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := c.said.print(newApp(&out, io.Discard)); err != nil {
				t.Fatal(err)
			}
			if out.String() != c.text {
				t.Errorf("got\n%s\nwant\n%s", out.String(), c.text)
			}
			list, err := json.Marshal(c.said.nested())
			if err != nil || string(list) != c.json {
				t.Errorf("got %s, %v; want %s", list, err, c.json)
			}
		})
	}
}

package study

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/shared"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/data/known"
)

// TestRestartsOnRecordings runs examples/activity, which was trained on windows of 128 steps, over the whole recordings of HAPT's test
// people, with restarts and without: the table in docs/language.md.
func TestRestartsOnRecordings(t *testing.T) {
	t.Setenv(known.DirVariable, filepath.Dir(shared.Path(t, "data", "hapt")))
	o := data.Defaults()
	o.Stream = true
	set, err := data.Load("hapt", o)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("../../examples/activity/model.hrn")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		length      string
		least, most float64
	}{
		{"steps 100000", 0, 0.3},
		{"restart 128 hop 32", 0.9, 1},
		{"restart 128 hop 64", 0.9, 1},
		{"restart 128 hop 128", 0.7, 0.85},
	} {
		model := t.TempDir() + "/model.hrn"
		if err := os.WriteFile(model, bytes.Replace(source, []byte("steps 128"), []byte(c.length), 1), 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := compiler.Load(model, "../../examples/activity/model.safetensors")
		if err != nil {
			t.Fatal(err)
		}
		l, err := m.Lower(passes.Config{})
		if err != nil {
			t.Fatal(err)
		}
		n, right := 0, 0
		for i := range set.Test.N {
			labels, x := recordingOf(&set.Test, i, l.Plan)
			machine := lower.NewMachine(l.Plan)
			for step, row := range x {
				machine.Step(row)
				if label := labels[step]; label >= 0 && step >= 128 {
					n++
					if machine.Decide(machine.Output())[0] == int64(label) {
						right++
					}
				}
			}
		}
		accuracy := float64(right) / float64(n)
		t.Logf("%s: %d steps, accuracy %.3f", c.length, n, accuracy)
		if accuracy < c.least || accuracy > c.most {
			t.Errorf("%s: accuracy %.3f, want %v to %v", c.length, accuracy, c.least, c.most)
		}
	}
}

// recordingOf gives the labels and the integers of a recording.
func recordingOf(part *data.Sequences, i int, p *lower.Plan) (labels []int32, x [][]int64) {
	steps, d := part.Steps(i), p.Input.Size
	values := make([]float64, steps*d)
	labels = make([]int32, steps)
	part.Piece(i, 0, values)
	part.PieceLabels(i, 0, labels)
	integers := p.Input.Integers()
	for t := range steps {
		row := make([]int64, d)
		for j := range row {
			c := p.Input.Conversion(j)
			row[j] = int64(integers.Nearest(c.Gain*values[t*d+j] + c.Offset))
		}
		x = append(x, row)
	}
	return labels, x
}

package trainer

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// TestMacroF1 counts classes alike, however rare they are, and bits that can be true at once by the ones of each.
func TestMacroF1(t *testing.T) {
	type answer struct {
		label int32
		y     []float32
	}
	classes := []answer{{0, []float32{1, 0, 0}}, {0, []float32{1, 0, 0}}, {0, []float32{1, 0, 0}}, {1, []float32{1, 0, 0}}, {-1, []float32{0, 0, 1}}}
	for _, c := range []struct {
		name    string
		outputs int
		output  string
		classes int
		answers []answer
		want    float64
	}{
		{"the rare class is never decided", 3, "argmax(V*h) at last", 3, classes, (6. / 7) / 2},
		{"an output that is no class is none of them", 3, "argmax(V*h) at last", 2, append(classes, answer{1, []float32{0, 0, 1}}), (6. / 7) / 2},
		{"one threshold", 1, "V*h > 0 at last", 2, []answer{{1, []float32{1}}, {0, []float32{1}}, {0, []float32{-1}}}, (2./3 + 2./3) / 2},
		{"bits", 2, "V*h > 0 at last", 0, []answer{{1, []float32{1, -1}}, {3, []float32{1, -1}}, {2, []float32{1, 1}}}, (0.8 + 2./3) / 2},
		{"nothing", 2, "V*h > 0 at last", 0, nil, 0},
	} {
		d := newDecisions(network.New(small(t, c.outputs, c.output)), c.classes)
		for _, a := range c.answers {
			d.add(a.label, a.y)
		}
		if got := d.macroF1(); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %g, want %g", c.name, got, c.want)
		}
	}
}

// TestClassesOfASource: an answer is one of the classes of the data, but for bits that can be true at once, and numbers.
func TestClassesOfASource(t *testing.T) {
	const labels = "a,b,c,hot,loud\n1,2,3,1,0\n4,5,6,1,1\n"
	for _, c := range []struct {
		text, settings string
		outputs        int
		output         string
		want           int
	}{
		{fourClasses, "", 5, "argmax(V*h) at last", 4},
		{fourClasses, "", 4, "V*h > 0 at last", 0},
		{fourClasses, "", 2, "V*h > 0 at last", 0},
		{strings.NewReplacer("walk", "run", "wave", "run").Replace(fourClasses), "", 1, "V*h > 0 at last", 2},
		{labels, "targets=hot,loud", 2, "V*h > 0 at last", 0},
		{labels, "targets=hot,loud", 2, "V*h at last", 0},
	} {
		settings := []string{"inputs=1"}
		if c.settings != "" {
			settings = append(settings, c.settings)
		}
		set, m := table(t, c.text, settings...), small(t, c.outputs, c.output)
		task := Task{Model: m, Loss: network.DefaultLoss(m), Classes: len(set.Classes)}
		if got := task.Split(&set.Train, data.Augment{}).Classes(); got != c.want {
			t.Errorf("%d outputs, %s, %s: %d classes, want %d", c.outputs, c.output, c.settings, got, c.want)
		}
	}
}

// TestBestByMacroF1: what validation gives, and the epoch that is kept, go by the score; training itself does not.
func TestBestByMacroF1(t *testing.T) {
	var plain []Metrics
	for _, by := range []Measure{Accuracy, MacroF1} {
		r := newRun(t, curves, t.TempDir(), "epochs=6", "score="+string(by))
		f1 := map[int]float64{}
		r.Watch = func(e Event) {
			if e.Done != nil {
				_, f1[e.Done.Epoch], _ = scoreF1(context.Background(), r.Net, r.Valid)
			}
		}
		history, err := r.Start(context.Background(), false)
		if err != nil {
			t.Fatal(err)
		}
		if by == Accuracy {
			plain = history
		}
		best := math.Inf(-1)
		for i, m := range history {
			want := m.ValidAccuracy
			if by == MacroF1 {
				want = f1[m.Epoch]
			}
			if m.ValidScore != want || m.Best != (want > best) && want != best {
				t.Errorf("%s, epoch %d: %+v, want a score of %g", by, m.Epoch, m, want)
			}
			best = max(best, want)
			if m.ValidAccuracy != plain[i].ValidScore || m.ValidLoss != plain[i].ValidLoss || m.Loss != plain[i].Loss {
				t.Errorf("%s, epoch %d: %+v, by accuracy %+v", by, m.Epoch, m, plain[i])
			}
			if by == MacroF1 && m.ValidScore == m.ValidAccuracy {
				t.Errorf("epoch %d: macro F1 and accuracy are both %g", m.Epoch, m.ValidScore)
			}
		}
	}
}

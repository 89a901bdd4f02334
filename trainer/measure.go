package trainer

import (
	"context"
	"slices"

	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/score"
)

// Measure says what decisions on the validation part are judged by. Numbers are judged by their loss.
type Measure string

// The choices. Accuracy counts all answers alike, so that rare classes hardly count; macro F1 counts all classes alike.
const (
	Accuracy Measure = "accuracy"
	MacroF1  Measure = "macro_f1"
)

// String is the measure in a sentence.
func (m Measure) String() string {
	if m == MacroF1 {
		return "macro F1"
	}
	return string(m)
}

// decisions counts what outputs decide, for their macro F1: as hrnnc eval has it at the real level, but for a decide block, which
// training does not see.
type decisions struct {
	n         *network.Network
	confusion *score.Confusion // nil where the outputs are bits that can be true at once
	labels    *score.Labels
}

func newDecisions(n *network.Network, classes int) *decisions {
	if classes > 0 {
		return &decisions{n: n, confusion: score.NewConfusion(make([]string, classes))}
	}
	return &decisions{n: n, labels: score.NewLabels(make([]string, n.Outputs()))}
}

// add takes in the outputs y of an answer; a label of -1 is not counted.
func (d *decisions) add(label int32, y []float32) {
	switch {
	case label < 0:
	case d.n.Loss == network.CrossEntropy:
		d.confusion.Add(int(label), slices.Index(y, slices.Max(y)))
	default:
		truth, decided := make([]int64, len(y)), make([]int64, len(y))
		for j, v := range y {
			if truth[j] = int64(label >> j & 1); v > float32(d.n.Model.Output.Threshold) {
				decided[j] = 1
			}
		}
		if d.confusion != nil {
			d.confusion.Add(int(label), int(decided[0]))
		} else {
			d.labels.Add(truth, decided)
		}
	}
}

// macroF1 is 0 where nothing was counted.
func (d *decisions) macroF1() float64 {
	var f1 score.Part
	if d.confusion != nil {
		f1 = score.MacroF1(d.confusion.Scores())
	} else {
		f1, _, _ = score.LabelMeans(d.labels.Scores())
	}
	if !f1.Known() {
		return 0
	}
	return float64(f1)
}

// scoreF1 is Score with the macro F1.
func scoreF1(ctx context.Context, n *network.Network, s Source) (total network.Result, f1 float64, err error) {
	d := newDecisions(n, s.Classes())
	err = EachBatch(ctx, n, s, evaluationBatch, func(b *network.Batch) error {
		total.Add(n.Evaluate(b, func(i int, y []float32) { d.add(b.Labels[i], y) }))
		return nil
	})
	return total, d.macroF1(), err
}

package study

import (
	"testing"

	"github.com/hrnnc/hrnnc/trainer"
)

// TestEpochLine: no validation is reported that did not take place, and no epoch is called best where the last one is kept.
func TestEpochLine(t *testing.T) {
	m := trainer.Metrics{Epoch: 2, Seconds: 1.5, Loss: 0.25, Accuracy: 0.5, ValidScore: 0.75, ValidLoss: 0.5, Rate: 0.001, Best: true}
	f1, r := m, m
	f1.ValidScore, f1.ValidAccuracy, r.ValidScore = 0.625, 0.75, -0.5
	for _, c := range []struct {
		m         trainer.Metrics
		validated bool
		keep      trainer.Kept
		score     trainer.Measure
		want      string
	}{
		{m, true, trainer.KeepBest, trainer.Accuracy, "epoch 2/9  1.5 s  loss 0.25  accuracy 0.5000  valid 0.7500  rate 0.001  flips 0  best"},
		{m, false, trainer.KeepBest, trainer.Accuracy, "epoch 2/9  1.5 s  loss 0.25  accuracy 0.5000  rate 0.001  flips 0  best"},
		{m, false, trainer.KeepLast, trainer.Accuracy, "epoch 2/9  1.5 s  loss 0.25  accuracy 0.5000  rate 0.001  flips 0"},
		{f1, true, trainer.KeepBest, trainer.MacroF1, "epoch 2/9  1.5 s  loss 0.25  accuracy 0.5000  valid 0.7500, macro F1 0.6250  rate 0.001  flips 0  best"},
		{f1, false, trainer.KeepBest, trainer.MacroF1, "epoch 2/9  1.5 s  loss 0.25  accuracy 0.5000  rate 0.001  flips 0  best"},
		{r, true, trainer.KeepLast, trainer.Accuracy, "epoch 2/9  1.5 s  loss 0.25  valid loss 0.5  rate 0.001  flips 0"},
		{r, false, trainer.KeepLast, trainer.Accuracy, "epoch 2/9  1.5 s  loss 0.25  rate 0.001  flips 0"},
	} {
		if got := epochLine(c.m, 9, c.validated, &trainer.Config{Keep: c.keep, Score: c.score}); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

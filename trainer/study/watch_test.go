package study

import (
	"testing"

	"github.com/hrnnc/hrnnc/trainer"
)

// TestEpochLine: no validation is reported that did not take place, and no epoch is called best where the last one is kept.
func TestEpochLine(t *testing.T) {
	m := trainer.Metrics{Epoch: 2, Seconds: 1.5, Loss: 0.25, Accuracy: 0.5, ValidScore: 0.75, ValidLoss: 0.5, Rate: 0.001, Best: true}
	r := m
	r.ValidScore = -0.5
	for _, c := range []struct {
		m         trainer.Metrics
		validated bool
		keep      trainer.Kept
		want      string
	}{
		{m, true, trainer.KeepBest, "epoch 2/9  1.5 s  loss 0.25  accuracy 0.5000  valid 0.7500  rate 0.001  flips 0  best"},
		{m, false, trainer.KeepBest, "epoch 2/9  1.5 s  loss 0.25  accuracy 0.5000  rate 0.001  flips 0  best"},
		{m, false, trainer.KeepLast, "epoch 2/9  1.5 s  loss 0.25  accuracy 0.5000  rate 0.001  flips 0"},
		{r, true, trainer.KeepLast, "epoch 2/9  1.5 s  loss 0.25  valid loss 0.5  rate 0.001  flips 0"},
		{r, false, trainer.KeepLast, "epoch 2/9  1.5 s  loss 0.25  rate 0.001  flips 0"},
	} {
		if got := epochLine(c.m, 9, c.validated, c.keep); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

package trainer

import (
	"strings"
	"testing"
)

// TestScaleFor holds the defaults to their rule: more sequences give larger batches and fewer epochs, never too few steps.
func TestScaleFor(t *testing.T) {
	last := ScaleFor(1)
	if last.Batch != 16 || last.Epochs != 200 {
		t.Errorf("1 sequence: %+v", last)
	}
	for n := 1; n < 200_000; n += 1 + n/10 {
		s := ScaleFor(n)
		if s.Batch < last.Batch || s.Batch%16 != 0 || s.Batch > 128 {
			t.Errorf("%d sequences: batch %d after %d", n, s.Batch, last.Batch)
		}
		if s.Epochs < 20 || s.Epochs > 200 || !(s.Rate > 0) {
			t.Errorf("%d sequences: %+v", n, s)
		}
		if steps := s.Epochs * ((n + s.Batch - 1) / s.Batch); s.Epochs < 200 && steps < enoughSteps*9/10 {
			t.Errorf("%d sequences: %d steps", n, steps)
		}
		last = s
	}
}

// TestSettle lets what is set win, and says what was chosen.
func TestSettle(t *testing.T) {
	c := Config{SignRate: -1}
	said := c.Settle(500)
	if s := ScaleFor(500); c.Batch != s.Batch || c.Rate != s.Rate || c.Epochs != s.Epochs || c.SignRate != c.Rate/signsSlower {
		t.Errorf("%+v", c)
	}
	for _, want := range []string{"500 sequences: ", "batch 16", "epochs ", "rate ", "train { batch = ..."} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in %q", want, said)
		}
	}
	c = Config{Batch: 100, Rate: 0.003, Epochs: 3}
	if said := c.Settle(500); said != "" || c.Batch != 100 || c.Rate != 0.003 || c.Epochs != 3 || c.SignRate != 0 {
		t.Errorf("%q, %+v", said, c)
	}
	// A batch that was set takes as many epochs as give it enough steps.
	c = Config{Batch: 100, Rate: 0.003}
	if said := c.Settle(5000); c.Epochs != 60 || !strings.Contains(said, "epochs 60") || strings.Contains(said, "rate") {
		t.Errorf("%q, %+v", said, c)
	}
}

package main

import (
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/bench/results"
)

// TestPage has a regression in a table of its own, in the units of its data, and no accuracy of it.
func TestPage(t *testing.T) {
	life := func(seed int, rmse float64) results.Training {
		s := func(level string) results.Score {
			return results.Score{Level: level, Outputs: []results.Number{{Name: "remaining flights", RMSE: rmse}}}
		}
		return results.Training{Seed: seed, Scores: []results.Score{s("real"), s("fixed")}, Bits: 17, State: 4096, Adds: 12, Seconds: 3}
	}
	text := page(&results.Trainings{Examples: map[string][]results.Training{
		"turbofan": {life(1, 14), life(2, 15)},
		"har2":     {{Seed: 1, Scores: []results.Score{{Level: "fixed", Accuracy: 0.5}}}},
	}})
	for _, want := range []string{
		"| [turbofan](../../examples/turbofan/model.hrn) | remaining flights | 2 | 14.50 (14.00 to 15.00) | 14.50 (14.00 to 15.00) | 3 | 512 | 12 | 3 |",
		"| [har2](../../examples/har2/model.hrn) | 1 | 0.0000 | 0.5000 |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no line %s in\n%s", want, text)
		}
	}
	if strings.Count(text, "turbofan/model.hrn") != 1 {
		t.Error("a regression stands among classifications")
	}
	if got := life(1, 14).At("fixed").String(); got != "remaining flights off by 14.00" {
		t.Errorf("a training is told as %q", got)
	}
}

// TestBeatsTable gives the mean and the range of rare classes.
func TestBeatsTable(t *testing.T) {
	beats := func(recall, precision float64) results.Training {
		return results.Training{Bits: 17, State: 4096, Scores: []results.Score{{Level: "fixed", Classes: []results.Class{{Name: "V", Count: 3221, Recall: recall, Precision: precision}}}}}
	}
	text := page(&results.Trainings{Examples: map[string][]results.Training{"ecg": {beats(0.8, 0.9), beats(0.9, 0.7)}}})
	for _, want := range []string{"| V | 3221 | 85.0 (80.0 to 90.0) | 80.0 (70.0 to 90.0) |", "3 bytes of weights and 512 of state"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

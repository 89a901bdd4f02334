package wakeword

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hrnnc/hrnnc/internal/shared"
	"github.com/hrnnc/hrnnc/trainer/study"
)

// TestScore holds the weights to what README.md states for them on the test part, in the integers of the chip.
func TestScore(t *testing.T) {
	t.Setenv("HRNNC_DATA", shared.Path(t, "data"))
	s, err := study.Trained("model.hrn", study.Options{Set: []string{"sequences=16"}}) // the training part is not looked at
	if err != nil {
		t.Fatal(err)
	}
	rules, err := s.StreamRules(study.StreamOptions{Background: "background", Tolerance: 0.5, Warmup: -1})
	if err != nil {
		t.Fatal(err)
	}
	score, err := s.ScoreStream(t.Context(), "test", "fixed", rules, func(study.Stretch) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	row := fmt.Sprintf("| computer | %d of %d |", score.Events.Misses, score.Events.Events)
	if !strings.Contains(string(readme), row) {
		t.Errorf("README.md does not have the row that begins with  %s", row)
	}
	if e := score.Events; e.Misses*10 > e.Events || e.FalseAlarms.Count > 3 {
		t.Errorf("%d of %d words missed, %d false alarms", e.Misses, e.Events, e.FalseAlarms.Count)
	}
}

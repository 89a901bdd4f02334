package study

import (
	"math"
	"testing"

	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/trainer/score"
	"github.com/hrnnc/hrnnc/trainer/score/stream"
)

// TestBetter orders scores: few enough false alarms, then misses, then false alarms, delay and flicker.
func TestBetter(t *testing.T) {
	of := func(alarms float64, misses, count int, delay float64, flicker int) stream.Score {
		s := stream.Score{Delay: stream.Delay{Median: score.Part(delay)}, Flicker: score.RateScore{Count: flicker}}
		s.Events = stream.Events{Misses: misses, FalseAlarms: score.RateScore{Count: count, PerHour: score.Part(alarms)}}
		return s
	}
	never := math.NaN()
	order := []stream.Score{of(0.5, 1, 1, 1, 5), of(1, 1, 2, 1, 5), of(1, 1, 2, 2, 4), of(1, 1, 2, 2, 5), of(1, 1, 2, never, 0), of(0, 2, 0, 0, 0), of(1.5, 0, 3, 0, 0), of(2, 0, 4, 0, 0)}
	for i := range order {
		for k := range order {
			if better(order[i], order[k], 1) != (i < k) {
				t.Errorf("%d better than %d: %v", i, k, i >= k)
			}
		}
	}
}

// TestCandidates are settings that a decide block may have, the default first.
func TestCandidates(t *testing.T) {
	for _, period := range []float64{1e-5, 1. / 360, 0.04, 1, 3600} {
		all := candidates(decider.Default, period)
		if all[0] != decider.Default || len(all) < len(thresholds) || len(all) > 2000 {
			t.Errorf("%v s a step: %d, the first %v", period, len(all), all[0])
		}
		for _, c := range all {
			if err := c.Check(3); err != nil || float64(c.Hold)*period > longestTried {
				t.Errorf("%v s a step: %+v: %v", period, c, err)
			}
		}
	}
}

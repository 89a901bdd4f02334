package study

import (
	"cmp"
	"context"
	"math"

	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer/score/stream"
)

// Tuned is the decide block of fewest misses, on one part, with at most so many false alarms an hour.
type Tuned struct {
	Limit   float64      `json:"false_alarms_per_hour"`
	Reached bool         `json:"reached"` // some settings keep to the limit; else these are those of the fewest false alarms
	Tried   int          `json:"tried"`
	Decide  Decide       `json:"decide"`
	Score   *StreamScore `json:"-"` // with it
	Before  *StreamScore `json:"before"`
	// AtLast says that the model's output is at last, and a decide block wants one at every step.
	AtLast bool `json:"output_at_last,omitempty"`
}

// longestTried is for how many seconds tuning holds and smooths at most: more would make decisions late.
const longestTried = 8.0

// candidates are the settings that tuning tries, the plainest first; like gives the first decision.
func candidates(like decider.Settings, period float64) (out []decider.Settings) {
	tried := func(steps int) bool { return float64(steps)*period <= longestTried }
	for smooth := 1; smooth <= decider.MostSmooth && (smooth == 1 || tried(smooth)); smooth *= 2 {
		for hold := 0; hold <= decider.MostHold && tried(hold); hold = max(4, 4*hold) {
			for _, threshold := range thresholds {
				out = append(out, decider.Settings{Hold: hold, Smooth: smooth, Threshold: threshold, Start: like.Start})
			}
		}
	}
	return out
}

// TuneStream tries settings of a decide block on the recordings of a part, at one level.
func (s *Study) TuneStream(ctx context.Context, split, level string, r StreamRules, limit float64) (*Tuned, error) {
	if err := s.takesDecide(); err != nil {
		return nil, err
	}
	part, err := s.Part(split)
	if err != nil {
		return nil, err
	}
	own := r.Decide.settings
	trials := &trials{rules: r.Rules}
	trials.add(own)
	for _, c := range candidates(own, r.Period) {
		trials.add(c)
	}
	whose, units := part.Independent()
	err = s.eachRecording(ctx, part, level, func(i int, rec *recording) error {
		if _, err := trials.judge(ctx, units[i], rec, s.stage()); err != nil {
			return s.decideError(err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	of := func(k int) *StreamScore {
		return &StreamScore{Split: split, Level: level, Decide: s.decideOf(trials.settings[k]), Score: trials.tallies[k].Score(whose)}
	}
	out := &Tuned{Limit: limit, Tried: len(trials.settings) - 1, Before: of(0), AtLast: s.atLast}
	switch {
	case out.Before.Steps == 0:
		return nil, s.nothingCounts(split, part, r)
	case out.Before.Events.Events == 0:
		return nil, diag.InFile(s.Set.Name, "").Errorf("data", "the %s part has no event, so that nothing can be missed", split).
			Helpf("choose another part, with recordings that hold some:  --tune train;  or hold other persons out")
	case !out.Before.Events.FalseAlarms.PerHour.Known():
		return nil, diag.InFile(s.Set.Name, "").Errorf("data", "no step of %s counts in the %s part, so that false alarms in an hour of it are not known",
			out.Before.Background, split).
			Helpf("choose another part, with recordings that hold some; or leave  --background  out, and an hour is one of all that counts")
	}
	for k := range trials.settings[1:] {
		if candidate := of(k + 1); out.Score == nil || better(candidate.Score, out.Score.Score, limit) {
			out.Score = candidate
		}
	}
	out.Decide = out.Score.Decide
	out.Reached = float64(out.Score.Events.FalseAlarms.PerHour) <= limit
	return out, nil
}

// better reports whether a score is better than another: it keeps to the limit of false alarms, or has fewer of them; then it
// misses less, makes up less, is sooner, and flickers less.
func better(a, b stream.Score, limit float64) bool {
	excess := func(s stream.Score) float64 { return max(0, float64(s.Events.FalseAlarms.PerHour)-limit) }
	delay := func(s stream.Score) float64 {
		if d := float64(s.Delay.Median); !math.IsNaN(d) {
			return d
		}
		return math.Inf(1)
	}
	return cmp.Or(cmp.Compare(excess(a), excess(b)), cmp.Compare(a.Events.Misses, b.Events.Misses), cmp.Compare(a.Events.FalseAlarms.Count, b.Events.FalseAlarms.Count),
		cmp.Compare(delay(a), delay(b)), cmp.Compare(a.Flicker.Count, b.Flicker.Count)) < 0
}

package stream

import "github.com/hrnnc/hrnnc/trainer/score"

// Point is what decisions with one threshold miss, and what they make up.
type Point struct {
	Threshold   float64    `json:"threshold"`
	Misses      score.Part `json:"misses"`                // of the events
	FalseAlarms score.Part `json:"false_alarms_per_hour"` // null where no time counts
	Chosen      bool       `json:"chosen,omitempty"`      // the model's own
}

// PointOf is the point of a score.
func PointOf(threshold float64, e Events) Point {
	return Point{Threshold: threshold, Misses: e.MissRate(), FalseAlarms: e.FalseAlarms.PerHour}
}

// Best is the point of fewest misses with at most so many false alarms an hour, the first of equals; false where there is none.
func Best(curve []Point, limit float64) (best Point, ok bool) {
	for _, p := range curve {
		if float64(p.FalseAlarms) <= limit && (!ok || p.Misses < best.Misses) {
			best, ok = p, true
		}
	}
	return best, ok
}

package stream

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/hrnnc/hrnnc/trainer/score"
)

// series reads a letter a step: - is class 0, a to c are 1 to 3, and . does not count.
func series(text string) []int32 {
	out := make([]int32, len(text))
	for i, c := range text {
		switch c {
		case '.':
			out[i] = -1
		case '-':
		default:
			out[i] = c - 'a' + 1
		}
	}
	return out
}

func judged(rules Rules, pairs ...[2]string) Score {
	rules.Classes = []string{"rest", "a", "b", "c"}
	t := New(rules)
	for unit, p := range pairs {
		t.Add(Recording{Unit: unit, Truth: series(p[0]), Decided: series(p[1])})
	}
	return t.Score("recordings")
}

// quarter is the period of a step in these tests: four steps are a second, 14,400 an hour.
const quarter = 0.25

func TestSteps(t *testing.T) {
	s := judged(Rules{Period: quarter, Warmup: 2},
		[2]string{"--..aaaa----", "bb--aa-aa---"},
		[2]string{"--bbbb", "--bbb-"},
		[2]string{"-", "-"}) // shorter than the warm-up
	// 8 steps count of the first (one a decided rest, one rest decided a), 4 of the second (one b decided rest), none of the third.
	if s.Recordings != 3 || s.Steps != 12 || math.Abs(s.Hours-12*quarter/3600) > 1e-15 || s.Accuracy != 9.0/12 || s.Interval.Units != 2 {
		t.Errorf("%+v", s)
	}
	if c := s.Classes[1]; c.Count != 4 || c.Recall != 0.75 || c.Precision != 0.75 {
		t.Errorf("%+v", c)
	}
	if s.Baseline != 4.0/12 || s.Warmup != 0.5 {
		t.Errorf("%+v", s)
	}
	// rest: 3 of 4 found, 5 decided; a: 3 of 4, 4; b: 3 of 4, 3; c does not occur.
	if want := (2*3.0/9 + 2*3.0/8 + 2*3.0/7) / 3; math.Abs(float64(s.MacroF1)-want) > 1e-12 {
		t.Errorf("macro F1 %v, want %v", s.MacroF1, want)
	}
}

func TestDelay(t *testing.T) {
	for _, c := range []struct {
		name, truth, decided string
		warmup               int
		delays               []int
	}{
		{"follows after two and three steps", "----aaaa----", "------aaaaa-", 0, []int{2, 3}},
		{"at once", "----aaaa", "----aaaa", 0, []int{0}},
		{"before the change, in what does not count", "---..aaaa", "---aaaaaa", 0, []int{0}},
		{"never", "----aaaa----", "------------", 0, []int{never, 0}},
		{"too late", "----aa----", "------aa--", 0, []int{never, 2}},
		{"the same class again is no change", "aaa...aaa", "aaabbbaaa", 0, nil},
		{"changes of the warm-up", "--aaaa---", "----aaa--", 3, []int{1}},
		{"one step", "a", "a", 0, nil},
		{"nothing counts", "....", "aabb", 0, nil},
	} {
		tally := New(Rules{Classes: []string{"rest", "a", "b", "c"}, Period: quarter, Warmup: c.warmup})
		tally.Add(Recording{Truth: series(c.truth), Decided: series(c.decided)})
		if !slices.Equal(tally.delays, c.delays) {
			t.Errorf("%s: %v, want %v", c.name, tally.delays, c.delays)
		}
	}
}

// TestDelayQuantiles counts changes that are never followed as the longest.
func TestDelayQuantiles(t *testing.T) {
	for _, c := range []struct {
		steps       []int
		median, p90 float64
	}{
		{[]int{4}, 1, 1},
		{[]int{8, 4}, 1, 2},
		{[]int{4, 4, 4, never}, 1, math.NaN()},
		{[]int{1, 2, 3, 4, 5, 6, 7, 8, 12, never}, 1.25, 3},
		{[]int{never, never, 4}, math.NaN(), math.NaN()},
		{nil, math.NaN(), math.NaN()},
	} {
		median, p90 := float64(quantile(c.steps, 0.5, quarter)), float64(quantile(c.steps, 0.9, quarter))
		same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
		if !same(median, c.median) || !same(p90, c.p90) {
			t.Errorf("%v: %v and %v, want %v and %v", c.steps, median, p90, c.median, c.p90)
		}
	}
}

func TestFlicker(t *testing.T) {
	for _, c := range []struct {
		name, truth, decided string
		warmup, want         int
	}{
		{"late changes are none", "----aaaa----", "------aaaaa-", 0, 0},
		{"a change and back", "--------", "---a----", 0, 2},
		{"through another class", "----aaaa", "----bbaa", 0, 1},
		{"missed", "--aa--", "------", 0, 0},
		{"missed, and made up elsewhere", "--aa----", "-----a--", 0, 2},
		{"where nothing counts", "---....aaa", "---bcbcaaa", 0, 0},
		{"in the warm-up", "--------", "ab-a----", 4, 0},
		{"begins wrong", "--------", "bb------", 0, 0},
		{"two recordings' ends", "aa", "aa", 0, 0},
	} {
		s := judged(Rules{Period: quarter, Warmup: c.warmup}, [2]string{c.truth, c.decided})
		if s.Flicker.Count != c.want {
			t.Errorf("%s: %d, want %d", c.name, s.Flicker.Count, c.want)
		}
	}
	if s := judged(Rules{Period: quarter}, [2]string{"--------", "---a----"}); s.Flicker.PerHour != 3600 {
		t.Errorf("2 in 2 s are %v an hour", s.Flicker.PerHour)
	}
}

func TestEvents(t *testing.T) {
	for _, c := range []struct {
		name, truth, decided string
		background           int
		warmup               int
		hits, misses, alarms int
	}{
		{"within", "------aaaa------", "--------aa------", 0, 0, 1, 0, 0},
		{"just before", "------aaaa------", "----a-----------", 0, 0, 1, 0, 0},
		{"too early", "------aaaa------", "---aaaaaaa------", 0, 0, 0, 1, 1},
		{"just behind", "------aaaa------", "-----------aaa--", 0, 0, 1, 0, 0},
		{"too late", "------aaaa------", "------------aaa-", 0, 0, 0, 1, 1},
		{"another class", "------aaaa------", "------bbbb------", 0, 0, 0, 1, 1},
		{"comes back within the event", "------aaaa------", "------a-aa------", 0, 0, 1, 0, 0},
		{"two events, one decision", "---aa-----aa----", "---aaaaaaaaa----", 0, 0, 1, 1, 0},
		{"two events close by, two decisions", "---aa--aa-------", "-----a-a--------", 0, 0, 2, 0, 0},
		{"nothing decided", "---aa--bb-------", "----------------", 0, 0, 0, 2, 0},
		{"no events", "----------------", "---a---b--------", 0, 0, 0, 0, 2},
		{"always on", "----------------", "aaaaaaaaaaaaaaaa", 0, 0, 0, 0, 1},
		{"on before the warm-up ends", "----------------", "aaaaaaaaaaaaaaaa", 0, 4, 0, 0, 0},
		{"an event of the warm-up", "-aaaaa----------", "--aaaa----------", 0, 4, 0, 0, 0},
		{"where nothing counts", "----........----", "-----aa---------", 0, 0, 0, 0, 0},
		{"from there on", "----........----", "----------aaaa--", 0, 0, 0, 0, 1},
		{"long before, where nothing counts", "----........aaaa", "-----aaaaaaaaaaa", 0, 0, 1, 0, 0},
		{"and given up before the event", "----........aaaa", "-----aaa--------", 0, 0, 0, 1, 0},
		{"an event that is interrupted", "--aaa....aaa----", "--aaaaaaaaaa----", 0, 0, 1, 0, 0},
		{"every class is an event", "------aaaa------", "-------aaa------", -1, 0, 3, 0, 0},
		{"one step", "a", "a", 0, 0, 1, 0, 0},
		{"nothing counts", "....", "aabb", 0, 0, 0, 0, 0},
	} {
		s := judged(Rules{Period: quarter, Tolerance: 2, Background: c.background, Warmup: c.warmup}, [2]string{c.truth, c.decided})
		e := s.Events
		if e.Hits != c.hits || e.Misses != c.misses || e.FalseAlarms.Count != c.alarms || e.Events != c.hits+c.misses {
			t.Errorf("%s: %d hits, %d misses, %d false alarms, want %d, %d, %d", c.name, e.Hits, e.Misses, e.FalseAlarms.Count, c.hits, c.misses, c.alarms)
		}
	}
}

// TestEventScores adds up recordings and classes.
func TestEventScores(t *testing.T) {
	s := judged(Rules{Period: 900, Tolerance: 1},
		[2]string{"----aa----bb----", "-----a----bb----"},
		[2]string{"----aa----bb----", "-aa---------bb-a"})
	e := s.Events
	// Of the second recording, the early a reaches no event, b comes just behind its own, and the last a is made up: 24 quiet steps, 6 hours.
	if e.Events != 4 || e.Hits != 3 || e.FalseAlarms.Count != 2 || e.FalseAlarms.Hours != 6 || math.Abs(float64(e.FalseAlarms.PerHour)-2.0/6) > 1e-12 {
		t.Errorf("%+v", e)
	}
	if e.Recall != 0.75 || e.Precision != 0.6 || math.Abs(float64(e.F1)-6.0/9) > 1e-12 || e.MissRate() != 0.25 || e.Latency != 900 {
		t.Errorf("%+v", e)
	}
	if a := s.ByClass[0]; a.Class != "a" || a.Events != 2 || a.Hits != 1 || a.FalseAlarms.Count != 2 || a.FalseAlarms.Hours != 6 {
		t.Errorf("%+v", a)
	}
	if c := s.ByClass[2]; c.Class != "c" || c.Events != 0 || c.Recall.Known() || c.Latency.Known() {
		t.Errorf("%+v", c)
	}
	if len(s.ByClass) != 3 || s.Background != "rest" {
		t.Errorf("%+v", s.ByClass)
	}
}

// TestNothing has no figure that JSON cannot hold.
func TestNothing(t *testing.T) {
	for _, s := range []Score{judged(Rules{Period: 1}), judged(Rules{Period: 1, Warmup: 100}, [2]string{"--aa", "aaaa"}), judged(Rules{Background: -1, Period: 1}, [2]string{"..", "ab"})} {
		if _, err := json.Marshal(s); err != nil {
			t.Error(err)
		}
		if s.Accuracy.Known() || s.Events.Recall.Known() || s.Flicker.PerHour.Known() || s.Delay.Median.Known() || s.Baseline.Known() {
			t.Errorf("%+v", s)
		}
	}
}

func TestCurve(t *testing.T) {
	point := func(threshold, misses, alarms float64) Point {
		return Point{Threshold: threshold, Misses: score.Part(misses), FalseAlarms: score.Part(alarms)}
	}
	curve := []Point{point(0.5, 0.1, 20), point(0.7, 0.2, 4), point(0.9, 0.3, 0.5), point(0.99, 1, 0)}
	for _, c := range []struct{ limit, threshold float64 }{{30, 0.5}, {4, 0.7}, {1, 0.9}, {0.1, 0.99}} {
		if p, ok := Best(curve, c.limit); !ok || p.Threshold != c.threshold {
			t.Errorf("at most %v an hour: %v %v", c.limit, p, ok)
		}
	}
	if _, ok := Best(curve[:2], 1); ok {
		t.Error("none has so few false alarms")
	}
}

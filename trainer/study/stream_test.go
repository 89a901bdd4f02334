package study

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

const streamModel = `model m
input x : i8[1] / 32
param U : int4[8, 1]
param b
param V : int4[3, 8]
param c
state h : int16[8]
h <- hadamard(h, leak = [1/4]) + U*x + b
y = V*relu(h) + c
output class = argmax(y) at last
weights "w.safetensors"
train { data = "d.csv"  id = id  label = label  values = x  window = 4  stride = 2  hold = 0.3  valid = 0  epochs = 1  hz = 10 }
`

// TestStreamsAnswerAsSequencesEnd holds the scores at a step of recordings, which are of different lengths and run side by side,
// against those of a sequence that ends there.
func TestStreamsAnswerAsSequencesEnd(t *testing.T) {
	file := write(t, streamModel)
	var table strings.Builder
	table.WriteString("id,x,label\n")
	lengths := []int{5, 23, 9, 16, 4, 31, 8, 12}
	for id, n := range lengths {
		for step := range n {
			fmt.Fprintf(&table, "%d,%.2f,%s\n", id, math.Sin(float64(step*(id+1))), []string{"a", "b", "c"}[id%3])
		}
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "d.csv"), []byte(table.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := New(file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Train(t.Context(), TrainOptions{}); err != nil {
		t.Fatal(err)
	}
	streams, err := Trained(file, Options{Stream: true, Set: []string{"hold=0"}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Lower() // at last
	if err != nil {
		t.Fatal(err)
	}
	part := &streams.Set.Train
	for _, level := range []string{"fixed", "real"} {
		seen := 0
		err = streams.eachRecording(t.Context(), part, level, func(i int, r *recording) error {
			seen++
			if n := part.Steps(i); len(r.truth) != n || r.classes != 3 || !slices.Contains(lengths, n) {
				t.Errorf("recording %d: %d steps of %d", i, len(r.truth), n)
			}
			x := make([]float64, part.T)
			part.Per(streams.Model.Input.Scale).Values(i, x)
			for _, end := range []int{1, len(r.truth) / 2, len(r.truth)} {
				var sequence [][]int64
				for _, v := range x[:end] {
					sequence = append(sequence, []int64{int64(streams.Model.Input.Integers().Nearest(v))})
				}
				if level == "real" {
					want, err := l.RunReal(t.Context(), [][][]int64{sequence}, nil)
					if err != nil {
						return err
					}
					for k, v := range r.reals[(end-1)*3 : end*3] {
						if math.Abs(v-want.Y.Floats[k]) > 1e-4 {
							t.Errorf("recording %d, step %d: %v, want %v", i, end, v, want.Y.Floats[k])
						}
					}
					continue
				}
				want, err := l.Run(t.Context(), "fixed", [][][]int64{sequence}, nil)
				if err != nil {
					return err
				}
				if got := r.ints[(end-1)*3 : end*3]; !slices.Equal(got, want.Y.Ints) {
					t.Errorf("recording %d, step %d: %v, want %v", i, end, got, want.Y.Ints)
				}
			}
			return nil
		})
		if err != nil || seen != len(lengths) {
			t.Errorf("%s: %d recordings: %v", level, seen, err)
		}
	}
	rules, err := streams.StreamRules(StreamOptions{Warmup: -1, Tolerance: 0.3})
	if err != nil || rules.Warmup != 4 || rules.Tolerance != 3 || math.Abs(rules.Period-0.1) > 1e-12 || rules.Background != -1 {
		t.Errorf("%+v %v", rules, err)
	}
}

// TestAgainst makes two scores of one output: a threshold decides between two classes.
func TestAgainst(t *testing.T) {
	if got := against([]int64{3, 5}, func(t int) int64 { return int64(10 * t) }); !slices.Equal(got, []int64{0, 3, 0, -5}) {
		t.Errorf("%v", got)
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/npy"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/passes"
	"github.com/hrnnc/hrnnc/trainer/score"
	"github.com/hrnnc/hrnnc/trainer/score/stream"
	"github.com/hrnnc/hrnnc/trainer/study"
)

// evidence is how the weights of an example decide about its test part, as integers: what its drawing shows.
type evidence struct {
	// Of is the hash of the model that was measured: of another one this is no evidence.
	Of string `json:"of"`
	// Accuracy of Decisions about sequences or steps; 0 of a regression.
	Accuracy  float64 `json:"accuracy,omitempty"`
	Decisions int     `json:"decisions,omitempty"`
	// Confusion of Classes, [true][decided].
	Classes   []string `json:"classes,omitempty"`
	Confusion [][]int  `json:"confusion,omitempty"`
	// Number is what a regression gives, Points what was to be given and what was, RMSE how far it is off.
	Number string       `json:"number,omitempty"`
	RMSE   float64      `json:"rmse,omitempty"`
	Points [][2]float64 `json:"points,omitempty"`
	// Stream is of recordings without end.
	Stream *streamed `json:"stream,omitempty"`
	// Recalled are sequences of the copy task: what was heard and what was said, of Steps; Right of Symbols were said again.
	Heard   [][]int64 `json:"heard,omitempty"`
	Said    [][]int64 `json:"said,omitempty"`
	Right   int       `json:"right,omitempty"`
	Symbols int       `json:"symbols,omitempty"`
	// Texts are sentences, with what the model says after each word.
	Texts []text `json:"texts,omitempty"`
}

// streamed is how decisions on endless recordings are.
type streamed struct {
	Background  string         `json:"background,omitempty"`
	Hours       float64        `json:"hours"`
	Events      int            `json:"events"`
	Misses      int            `json:"misses"`
	FalseAlarms int            `json:"false_alarms"`
	Delay       score.Part     `json:"delay_median_seconds"`
	Curve       []stream.Point `json:"curve"`
	// Strip is the recording with the most changes: classes and decisions in runs of [class, steps], -1 where nothing counts.
	Period  float64    `json:"period_seconds"`
	Truth   [][2]int32 `json:"truth"`
	Decided [][2]int32 `json:"decided"`
}

// text is a sentence, with the output after each word at the fixed level, in parts of the largest.
type text struct {
	Text  string    `json:"text"`
	Liked bool      `json:"liked"` // what it means
	Words []string  `json:"words"`
	Votes []float64 `json:"votes"`
	Mean  float64   `json:"mean"` // of the votes of all steps: its sign is the decision
}

// background is the class that is no event, of an example with events, and tolerance how early or late in seconds one may be found.
type background struct {
	class     string
	tolerance float64
}

var backgrounds = map[string]background{"wakeword": {"background", 0.5}, "ecg_stream": {"background", 0.1}}

// stretches of a strip are as many as a drawing of a page's width can show.
const stretches = 150

// sentences are written for the page, and whether they mean that a film is liked; no data set has them.
var sentences = []struct {
	text  string
	liked bool
}{
	{"the story is thin, but the actors are wonderful and i loved the ending", true},
	{"a beautiful film to look at, and so dull that i fell asleep", false},
}

// symbols of a sequence of the copy task are to be said again, at its last steps.
const symbols = 10

func measure(ctx context.Context, dir string) (*evidence, error) {
	name, file := filepath.Base(dir), filepath.Join(dir, "model.hrn")
	if _, err := os.Stat(filepath.Join(dir, "x.npy")); err == nil {
		return measureRecall(ctx, dir)
	}
	s, err := study.Trained(file, study.Options{})
	if err != nil {
		return nil, err
	}
	out := &evidence{}
	var answers []study.Answer
	got, err := s.Score(ctx, "test", "fixed", func(a study.Answer) error {
		switch {
		case len(a.Want) > 0:
			answers = append(answers, a)
		case strings.HasPrefix(s.Config.Data, "copy(") && a.Step >= s.Set.Test.T-symbols:
			out.Symbols++
			if a.Right != nil && *a.Right {
				out.Right++
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if got.Regression {
		out.Number, out.RMSE = got.Outputs[0].Name, float64(got.Outputs[0].RMSE)
		for _, a := range answers {
			out.Points = append(out.Points, [2]float64{round(a.Want[0]), round(a.Said[0])})
		}
		return out, nil
	}
	out.Accuracy, out.Decisions = got.Accuracy, got.Decisions
	if got.Matrix != nil && len(got.Matrix.Classes) <= 32 {
		out.Classes, out.Confusion = got.Matrix.Classes, got.Confusion
	}
	if s.Model.Output.When == ir.EveryStep && s.Model.Steps == 0 {
		if out.Stream, err = measureStream(ctx, name, file); err != nil {
			return nil, err
		}
	}
	if name == "sentiment" {
		out.Texts, err = measureTexts(ctx, file)
	}
	return out, err
}

func round(v float64) float64 { return float64(int(v*100+0.5)) / 100 }

// measureStream judges the decisions of a model whose recordings never end.
func measureStream(ctx context.Context, name, file string) (*streamed, error) {
	s, err := study.Trained(file, study.Options{Stream: true})
	if err != nil {
		return nil, err
	}
	events := backgrounds[name]
	rules, err := s.StreamRules(study.StreamOptions{Background: events.class, Tolerance: events.tolerance, Warmup: -1})
	if err != nil {
		return nil, err
	}
	got, err := s.ScoreStream(ctx, "test", "fixed", rules, nil)
	if err != nil {
		return nil, err
	}
	e := got.Events
	truth, decided := runs(got.Strip.Truth), runs(got.Strip.Decided)
	truth, decided = shown(truth, decided)
	return &streamed{Background: got.Background, Hours: got.Hours, Events: e.Events, Misses: e.Misses, FalseAlarms: e.FalseAlarms.Count, Delay: got.Delay.Median,
		Curve: got.Curve, Period: got.Strip.Period, Truth: truth, Decided: decided}, nil
}

// runs are stretches of a value, and unruns the values of such.
func runs(v []int32) (out [][2]int32) {
	for _, x := range v {
		if n := len(out); n > 0 && out[n-1][0] == x {
			out[n-1][1]++
		} else {
			out = append(out, [2]int32{x, 1})
		}
	}
	return out
}

func unruns(v [][2]int32) (out []int32) {
	for _, r := range v {
		for range r[1] {
			out = append(out, r[0])
		}
	}
	return out
}

// shown is the beginning of a strip that fits a drawing.
func shown(truth, decided [][2]int32) (a, b [][2]int32) {
	steps := min(length(truth), length(decided))
	return first(truth, steps), first(decided, steps)
}

// length is the steps of so many runs as a drawing shows.
func length(v [][2]int32) (steps int32) {
	for _, r := range v[:min(len(v), stretches)] {
		steps += r[1]
	}
	return steps
}

// first are the runs of so many steps.
func first(v [][2]int32, steps int32) (out [][2]int32) {
	for _, r := range v {
		if steps <= 0 {
			break
		}
		r[1] = min(r[1], steps)
		out, steps = append(out, r), steps-r[1]
	}
	return out
}

// measureRecall runs a model of the copy task on the sequences in its folder.
func measureRecall(ctx context.Context, dir string) (*evidence, error) {
	m, err := compiler.Load(filepath.Join(dir, "model.hrn"), "")
	if err != nil {
		return nil, err
	}
	l, err := m.Lower(passes.Config{})
	if err != nil {
		return nil, err
	}
	x, err := ints(filepath.Join(dir, "x.npy"))
	if err != nil {
		return nil, err
	}
	labels, err := ints(filepath.Join(dir, "labels.npy"))
	if err != nil {
		return nil, err
	}
	var in [][][]int64
	for _, sequence := range x {
		var steps [][]int64
		for _, v := range sequence {
			steps = append(steps, []int64{v})
		}
		in = append(in, steps)
	}
	got, err := l.Run(ctx, "fixed", in, nil)
	if err != nil {
		return nil, err
	}
	const kept = 4
	out := &evidence{}
	classes := got.Y.Shape[2]
	right := 0
	for i, want := range labels {
		said := make([]int64, len(want))
		for t := range want {
			y := got.Y.Ints[(i*len(want)+t)*classes:][:classes]
			for c := range y {
				if y[c] > y[said[t]] {
					said[t] = int64(c)
				}
			}
			out.Decisions++
			if said[t] == want[t] {
				right++
			}
			if t >= len(want)-symbols {
				out.Symbols++
				if said[t] == want[t] {
					out.Right++
				}
			}
		}
		if i < kept {
			out.Heard, out.Said = append(out.Heard, x[i]), append(out.Said, said)
		}
	}
	out.Accuracy = float64(right) / float64(out.Decisions)
	return out, nil
}

// ints reads rows of integers: [sequences][steps].
func ints(path string) ([][]int64, error) {
	a, err := npy.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(a.Shape) < 2 || a.Ints == nil {
		return nil, fmt.Errorf("%s is no table of integers", path)
	}
	n := a.Shape[0]
	var out [][]int64
	for i := range n {
		each := len(a.Ints) / n
		out = append(out, a.Ints[i*each:(i+1)*each])
	}
	return out, nil
}

// measureTexts asks a model of texts about the sentences, word by word.
func measureTexts(ctx context.Context, file string) ([]text, error) {
	var list []string
	for _, s := range sentences {
		list = append(list, s.text)
	}
	x, s, err := study.Unlabelled(ctx, file, study.Options{}, list)
	if err != nil {
		return nil, err
	}
	m, err := compiler.Load(file, "")
	if err != nil {
		return nil, err
	}
	m.Real.Output.When = ir.EveryStep
	l, err := m.Lower(passes.Config{})
	if err != nil {
		return nil, err
	}
	got, err := l.Run(ctx, "fixed", x, nil)
	if err != nil {
		return nil, err
	}
	if got.Y.Shape[2] != 1 {
		return nil, errors.New("the model of texts has several outputs")
	}
	steps, largest := got.Y.Shape[1], 0.0
	for _, y := range got.Y.Ints {
		largest = max(largest, float64(y), -float64(y))
	}
	var out []text
	for i, sentence := range sentences {
		t := text{Text: sentence.text, Liked: sentence.liked}
		for k := range steps {
			y := float64(got.Y.Ints[i*steps+k]) / largest
			t.Mean += y / float64(steps)
			if token := x[i][k][0]; token != 0 {
				t.Words, t.Votes = append(t.Words, s.Set.Vocabulary[token]), append(t.Votes, float64(int(y*1000))/1000)
			}
		}
		out = append(out, t)
	}
	return out, nil
}

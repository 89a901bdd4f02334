package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/internal/decider"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/report"
	"github.com/hrnnc/hrnnc/trainer/score/stream"
)

// StreamOptions say how decisions about recordings are made and judged, for Study.StreamRules.
type StreamOptions struct {
	Background string  // the class that is no event; "" for none: all are
	Tolerance  float64 // seconds
	Warmup     int     // steps; below 0 for the memory of the model
	// Of the model's decide block; nil: as it says, or where it has none, as decider.Default.
	Hold, Smooth *int
	Threshold    *float64
}

// StreamRules are StreamOptions for a model and its data: names and seconds have become numbers.
type StreamRules struct {
	Decide Decide
	stream.Rules
}

// Decide is what a decide block says.
type Decide struct {
	Hold      int     `json:"hold"`
	Smooth    int     `json:"smooth"`
	Threshold float64 `json:"threshold"`
	Start     string  `json:"start,omitempty"` // the first decision; "" for the first step's

	settings decider.Settings
}

// String is the block as a model has it.
func (d Decide) String() string {
	text := fmt.Sprintf("decide { hold = %d  smooth = %d  threshold = %v", d.Hold, d.Smooth, d.Threshold)
	if d.Start != "" {
		text += fmt.Sprintf("  start = %q", d.Start)
	}
	return text + " }"
}

func (s *Study) decideOf(d decider.Settings) Decide {
	out := Decide{Hold: d.Hold, Smooth: d.Smooth, Threshold: d.Threshold, settings: d}
	if d.Start != decider.NoStart {
		out.Start = s.className(d.Start)
	}
	return out
}

// StreamRules reads options. Its errors are diagnostics.
func (s *Study) StreamRules(o StreamOptions) (StreamRules, error) {
	period, err := s.period()
	if err != nil {
		return StreamRules{}, err
	}
	r := StreamRules{Rules: stream.Rules{Classes: s.Set.Classes, Background: -1, Period: period, Warmup: o.Warmup,
		Tolerance: int(min(math.Round(o.Tolerance/period), math.MaxInt32))}}
	if r.Warmup < 0 {
		r.Warmup = s.Model.Memory()
	}
	if o.Background != "" {
		if r.Background = slices.Index(s.Set.Classes, o.Background); r.Background < 0 {
			return r, diag.InFile(s.Set.Name, "").Errorf("data", "has no class %q for the background", o.Background).Helpf("%s", nearClass(o.Background, s.Set.Classes))
		}
	}
	settings := s.decideSettings()
	if given := o.Hold != nil || o.Smooth != nil || o.Threshold != nil; given {
		if err := s.takesDecide(); err != nil {
			return r, err
		}
	}
	if o.Hold != nil {
		settings.Hold = *o.Hold
	}
	if o.Smooth != nil {
		settings.Smooth = *o.Smooth
	}
	if o.Threshold != nil {
		settings.Threshold = *o.Threshold
	}
	if err := settings.Check(s.decisions()); err != nil {
		return r, diag.InFile(s.File, "").Errorf("range", "%v", err).Helpf("docs/streams.md says what a decide block does")
	}
	r.Decide = s.decideOf(settings)
	return r, nil
}

// takesDecide says why the model can have no decide block.
func (s *Study) takesDecide() error {
	if s.Model.Output.Decision != ir.Threshold {
		return nil
	}
	return diag.At(s.Model.Output.Span).Errorf("output", "decide is for classes, and the output is compared with a threshold").
		Helpf("give V a row for each class and write  output ... = argmax(y) at every step")
}

// decisions is between how many classes the model decides.
func (s *Study) decisions() int {
	if s.Model.Output.Decision == ir.Threshold {
		return 2
	}
	return s.Net.Outputs()
}

func nearClass(name string, classes []string) string {
	if near := diag.Nearest(name, classes); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	const most = 12
	if len(classes) > most {
		return "classes are " + strings.Join(classes[:most], ", ") + " and others"
	}
	return "classes are " + strings.Join(classes, ", ")
}

// period is how many seconds a step takes.
func (s *Study) period() (float64, error) {
	part := &s.Set.Train
	for _, p := range []*data.Sequences{&s.Set.Valid, &s.Set.Test} {
		if part.N == 0 {
			part = p
		}
	}
	if s.Set.Hz <= 0 {
		why := ""
		if s.Set.Timed != "" {
			why = " (" + s.Set.Timed + ")"
		}
		return 0, diag.InFile(s.Set.Name, "").Errorf("data", "how many steps a second has is not known%s, and so no delay and no rate an hour is", why).
			Helpf("say it with  --set hz=50,  or  hz = 50  in the train block")
	}
	every := 1
	if part.N > 0 && part.T > 1 {
		every = part.StepAt(0, 1) - part.StepAt(0, 0)
	}
	return float64(every) / s.Set.Hz, nil
}

// TrainedOn warns of recordings of a part that training saw windows of: windows are dealt to the parts by what is in them, and
// recordings whole. It reads the data as training did where that was not as recordings. The study must have been made with Options.Stream.
func (s *Study) TrainedOn(part *data.Sequences) (out diag.List, err error) {
	if s.asTrained == nil || part == &s.Set.Train {
		return nil, nil
	}
	windows, err := data.Load(s.Config.Data, *s.asTrained)
	if err != nil {
		return nil, err
	}
	seen := windows.Train.Recordings()
	both := slices.DeleteFunc(part.Recordings(), func(r string) bool { return !slices.Contains(seen, r) })
	if len(both) > 0 {
		out.Add(diag.InFile(s.Set.Name, "").Warningf("data", "training saw windows of %s: scores of them flatter", diag.Names(both)).
			Helpf("score others with  --data FILE;  or train on  stream = yes,  which holds out what a stream is scored on"))
	}
	return out, nil
}

// StreamScore is how good decisions about the recordings of a part are at one level.
type StreamScore struct {
	Split  string `json:"split"`
	Level  string `json:"level"`
	Decide Decide `json:"decide"`
	stream.Score
	// Curve is what other thresholds miss and make up, with the same hold and smooth, from the lowest up.
	Curve []stream.Point `json:"curve,omitempty"`
	Strip *Strip         `json:"-"` // the recording with the most changes
}

// Strip is a recording with what was decided.
type Strip struct {
	Recording, Person string
	Period            float64 // seconds a step
	Truth, Decided    []int32
}

// Stretch is steps of a recording in a row with one class and one decision.
type Stretch struct {
	Split, Level, Recording, Person string
	First, Last                     int     // steps of the recording as its file has them, from 0
	FirstTime, LastTime             float64 // of these, in seconds
	Label, Decided                  string  // Label is "" where nothing counts
}

// thresholds are those of a curve, denser where the last misses and the first false alarms are decided on.
var thresholds = []float64{0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9999, 0.99999, 0.999999}

// ScoreStream runs the model without end over whole recordings of a part, at one level, and judges what it decides. see, where it
// is not nil, gets every stretch of a decision, in order. The study must have been made with Options.Stream.
func (s *Study) ScoreStream(ctx context.Context, split, level string, r StreamRules, see func(Stretch) error) (*StreamScore, error) {
	part, err := s.Part(split)
	if err != nil {
		return nil, err
	}
	own := r.Decide.settings
	trials, tried := &trials{rules: r.Rules}, []float64{own.Threshold}
	if s.takesDecide() == nil {
		tried = append(tried, thresholds...)
	}
	for _, p := range slices.Compact(slices.Sorted(slices.Values(tried))) {
		other := own
		if other.Threshold = p; other == own {
			trials.shown = len(trials.settings)
		}
		trials.add(other)
	}
	out := &StreamScore{Split: split, Level: level, Decide: r.Decide}
	most := -1
	whose, units := part.Independent()
	err = s.eachRecording(ctx, part, level, func(i int, rec *recording) error {
		decided, err := trials.judge(ctx, units[i], rec, s.stage())
		if err != nil {
			return s.decideError(err)
		}
		if n := changes(rec.truth); n > most {
			most = n
			o := part.Origin(i)
			out.Strip = &Strip{o.Recording, o.Person, r.Period, rec.truth, decided}
		}
		if see == nil {
			return nil
		}
		return s.stretches(part, i, rec.truth, decided, Stretch{Split: split, Level: level}, see)
	})
	if err != nil {
		return nil, err
	}
	if out.Score = trials.tallies[trials.shown].Score(whose); out.Steps == 0 {
		return nil, s.nothingCounts(split, part, r)
	}
	for k, t := range trials.settings {
		p := stream.PointOf(t.Threshold, trials.tallies[k].Score(whose).Events)
		p.Chosen = k == trials.shown
		out.Curve = append(out.Curve, p)
	}
	return out, nil
}

// decideError is an error of settings that decide; of one that was stopped, that.
func (s *Study) decideError(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return diag.InFile(s.File, "").Errorf("range", "%v", err).Helpf("choose a lower threshold")
}

// nothingCounts says why no step of a part does.
func (s *Study) nothingCounts(split string, part *data.Sequences, r StreamRules) error {
	at := diag.InFile(s.Set.Name, "")
	if r.Warmup >= part.T {
		return at.Errorf("data", "no step of the %s part counts: its longest recording has %s, and the warm-up is %d", split, diag.Count(part.T, "step"), r.Warmup).
			Helpf("choose a shorter one, as  --warmup %d", part.T/4)
	}
	return at.Errorf("data", "no step of the %s part counts: none behind the warm-up of %s has a label", split, diag.Count(r.Warmup, "step")).
		Helpf("choose another part with --split, or label some of its steps")
}

// changes counts where a class follows another.
func changes(truth []int32) (n int) {
	last := int32(-1)
	for _, c := range truth {
		if c >= 0 && c != last {
			n++
			last = c
		}
	}
	return n
}

// stretches parts a recording where its class or its decision changes.
func (s *Study) stretches(part *data.Sequences, i int, truth, decided []int32, like Stretch, see func(Stretch) error) error {
	o := part.Origin(i)
	like.Recording, like.Person = o.Recording, o.Person
	for from := 0; from < len(truth); {
		to := from
		for to+1 < len(truth) && truth[to+1] == truth[from] && decided[to+1] == decided[from] {
			to++
		}
		x := like
		x.First, x.Last = part.StepAt(i, from), part.StepAt(i, to)
		x.FirstTime, x.LastTime = float64(x.First)/s.Set.Hz, float64(x.Last)/s.Set.Hz
		x.Decided = s.className(int(decided[from]))
		if truth[from] >= 0 {
			x.Label = s.className(int(truth[from]))
		}
		if err := see(x); err != nil {
			return err
		}
		from = to + 1
	}
	return nil
}

// StreamReport is the page about scores; command is what made them.
func (s *Study) StreamReport(scores []*StreamScore, command string) ([]byte, error) {
	p := report.StreamPage{Model: s.Model.Name, Command: command, DataSet: s.Set.Name, Source: s.Set.Source, Licence: s.Set.Licence, Notes: s.Set.Notes}
	for _, x := range scores {
		strip := report.Strip{Name: strings.TrimSpace(x.Strip.Recording + " " + x.Strip.Person), Period: x.Strip.Period, Truth: x.Strip.Truth, Decided: x.Strip.Decided}
		p.Scores = append(p.Scores, report.StreamScore{Split: x.Split, Level: x.Level, Decide: x.Decide.String(), Score: x.Score, Curve: x.Curve, Strip: strip})
	}
	return report.RenderStream(p)
}

package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/score"
	"github.com/hrnnc/hrnnc/trainer/study"
)

// streamFlags are the flags of hrnnc eval --stream.
type streamFlags struct {
	on         bool
	background string
	tolerance  time.Duration
	warmup     int
	hold       int
	smooth     int
	threshold  float64
	tune       string
	report     string
	alarms     float64 // that are allowed an hour, with tune
	given      func(flag string) bool
}

// streamOnly are the flags that say nothing without --stream.
var streamOnly = []string{"background", "tolerance", "warmup", "hold", "smooth", "threshold", "tune", "false-alarms", "report"}

func (o *streamFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&o.on, "stream", false, "run without end over whole recordings, and judge the decisions as those of a stream")
	f.StringVar(&o.background, "background", "", "with --stream: the class that is no event, such as noise between words")
	f.DurationVar(&o.tolerance, "tolerance", 500*time.Millisecond, "with --stream: how early or late an event may be found")
	f.IntVar(&o.warmup, "warmup", 0, "with --stream: steps at the beginning of each recording that do not count (default the memory of the model)")
	f.IntVar(&o.hold, "hold", 0, "with --stream: steps without another change after one, for that of the decide block")
	f.IntVar(&o.smooth, "smooth", 0, "with --stream: steps that scores are smoothed over, for those of the decide block")
	f.Float64Var(&o.threshold, "threshold", 0, "with --stream: how probable a class must be to take over, for that of the decide block")
	f.StringVar(&o.tune, "tune", "", "with --stream: choose the decide block on this part, valid or train")
	f.Float64Var(&o.alarms, "false-alarms", 1, "with --tune: how many an hour are allowed")
	f.StringVar(&o.report, "report", "", "with --stream: where to write a page with misses against false alarms; - is standard output")
	o.given = func(flag string) bool { return f.Changed(flag) }
}

// check refuses flags that do not go together.
func (o *streamFlags) check() error {
	if !o.on {
		for _, flag := range streamOnly {
			if o.given(flag) {
				return misuse("--%s says nothing without --stream", flag).Helpf("add  --stream,  which judges whole recordings")
			}
		}
		return nil
	}
	switch {
	case o.given("decisions"):
		return misuse("--decisions says nothing with --stream").Helpf("--csv FILE has every decision")
	case o.tolerance < 0:
		return misuse("--tolerance %v is below 0", o.tolerance).Helpf("such as  --tolerance 500ms")
	case o.given("warmup") && o.warmup < 0:
		return misuse("--warmup %d is below 0", o.warmup).Helpf("it is steps of each recording; 0 counts all")
	case o.tune == "" && o.given("false-alarms"):
		return misuse("--false-alarms says nothing without --tune").Helpf("add  --tune valid,  which chooses a decide block")
	case o.tune == "test":
		return misuse("what is chosen on the test part scores better there than anywhere else").Helpf("choose on another:  --tune valid")
	case o.tune != "" && o.tune != "valid" && o.tune != "train":
		return misuse("--tune %s is no part to choose on", o.tune).Helpf("write  --tune valid,  or  --tune train")
	case o.tune != "" && o.given("split"):
		return misuse("--tune looks at no part but %s", o.tune).Helpf("paste the block it prints into the model, and score that with --split")
	case !(o.alarms >= 0) || math.IsInf(o.alarms, 0):
		return misuse("--false-alarms %v is no number from 0", o.alarms).Helpf("such as  --false-alarms 1")
	}
	return nil
}

func (o *streamFlags) options() study.StreamOptions {
	out := study.StreamOptions{Background: o.background, Tolerance: o.tolerance.Seconds(), Warmup: -1}
	if o.given("warmup") {
		out.Warmup = o.warmup
	}
	if o.given("hold") {
		out.Hold = &o.hold
	}
	if o.given("smooth") {
		out.Smooth = &o.smooth
	}
	if o.given("threshold") {
		out.Threshold = &o.threshold
	}
	return out
}

// evalStream is eval with --stream.
func (a *app) evalStream(ctx context.Context, s *study.Study, o evalFlags, bar *progress) error {
	rules, err := s.StreamRules(o.stream.options())
	if err != nil {
		return err
	}
	if s.Set.Timed != "" {
		a.tell("data: %s", s.Set.Timed)
	}
	if d := s.Model.KeepsAll(); d != nil {
		a.warn(diag.List{d})
	}
	if o.stream.tune != "" {
		return a.tuneStream(ctx, s, o, rules, bar)
	}
	var stages []*stage
	for _, name := range o.splits {
		part, err := s.Part(name)
		if err != nil {
			return err
		}
		a.warn(trainer.InputWarnings(s.Model, s.Set, part, otherUnit))
		seen, err := s.TrainedOn(part)
		if err != nil {
			return err
		}
		a.warn(seen)
		for _, level := range o.levels {
			stages = append(stages, bar.plan("scoring "+name+" at level "+level, 2*float64(part.N)))
		}
	}
	if err := a.mayEmit(o.csv, o.stream.report); err != nil {
		return err
	}
	var scores []*study.StreamScore
	err = a.writeStretches(o.csv, func(write func(study.Stretch) error) error {
		for k, split := range o.splits {
			for i, level := range o.levels {
				stage := stages[k*len(o.levels)+i]
				stage.Begin()
				s.Stage = stage
				score, err := s.ScoreStream(ctx, split, level, rules, write)
				if err != nil {
					return err
				}
				scores = append(scores, score)
			}
		}
		return nil
	})
	bar.clear()
	if err != nil {
		return err
	}
	if o.stream.report != "" {
		page, err := s.StreamReport(scores, commandLine())
		if err != nil {
			return err
		}
		if err := a.emit(o.stream.report, func(w io.Writer) error { _, err := w.Write(page); return err }); err != nil {
			return err
		}
	}
	if a.json {
		return a.printJSON(struct {
			Scores []*study.StreamScore `json:"scores"`
		}{scores})
	}
	if decide := o.stream.options(); s.Model.Output.Decide != nil || decide.Hold != nil || decide.Smooth != nil || decide.Threshold != nil {
		fmt.Fprintf(a.out, "%s\n\n", scores[0].Decide)
	}
	if err := a.printStreams(scores); err != nil {
		return err
	}
	for _, file := range []string{o.csv, o.stream.report} {
		if file != "" {
			fmt.Fprintf(a.out, "written to %s\n", file)
		}
	}
	return nil
}

// tuneStream proposes a decide block.
func (a *app) tuneStream(ctx context.Context, s *study.Study, o evalFlags, rules study.StreamRules, bar *progress) error {
	if o.csv != "" || o.stream.report != "" {
		return misuse("--tune prints a decide block, and writes no file").Helpf("paste the block into the model, and evaluate that")
	}
	level := "fixed" // the scores that a chip decides on
	if o.stream.given("level") {
		level = o.levels[len(o.levels)-1]
	}
	part, err := s.Part(o.stream.tune)
	if err != nil {
		return err
	}
	seen, err := s.TrainedOn(part)
	if err != nil {
		return err
	}
	a.warn(seen)
	stage := bar.plan("choosing on "+o.stream.tune+" at level "+level, 2*float64(part.N))
	stage.Begin()
	s.Stage = stage
	t, err := s.TuneStream(ctx, o.stream.tune, level, rules, o.stream.alarms)
	bar.clear()
	switch {
	case err != nil:
		return err
	case a.json:
		return a.printJSON(struct {
			Scores []*study.StreamScore `json:"scores"`
			Tuned  *study.Tuned         `json:"tuned"`
		}{[]*study.StreamScore{t.Score}, t})
	}
	var rows [][]string
	for _, x := range []struct {
		what string
		of   *study.StreamScore
	}{{"now", t.Before}, {"proposed", t.Score}} {
		e := x.of.Events
		rows = append(rows, []string{x.what, partText(e.MissRate()), rateText(e.FalseAlarms.PerHour), partText(x.of.Accuracy), partText(x.of.MacroF1),
			secondsText(x.of.Delay.Median), rateText(x.of.Flicker.PerHour)})
	}
	fmt.Fprintf(a.out, "%s, %s: %s, %.3g h; %s settings tried, for fewest misses with at most %s an hour\n", t.Score.Split, t.Score.Level,
		diag.GroupedCount(t.Score.Events.Events, "event"), t.Score.Hours, diag.Grouped(t.Tried), alarmsText(t.Limit))
	if err := table(a.out, []string{"decide", "missed", "false alarms/h", "accuracy", "macro F1", "delay", "flicker/h"}, rows); err != nil {
		return err
	}
	switch e := t.Score.Events; {
	case !t.Reached:
		fmt.Fprintln(a.out, "no settings make so few false alarms up; these make up the fewest")
	case e.FalseAlarms.Hours*t.Limit < 1:
		fmt.Fprintf(a.out, "! in %.2g h a single false alarm is beyond that: that there is none says little; a longer part would say more\n", e.FalseAlarms.Hours)
	case e.Misses == e.Events:
		fmt.Fprintln(a.out, "! with so few false alarms nothing is found: allow more with  --false-alarms,  name what is no event with  --background,  or train longer")
	}
	where := "into the model"
	if s.Model.Decide != nil {
		where += ", in place of its decide block,"
	}
	fmt.Fprintf(a.out, "\npaste %s and score that on test:\n\n    %s\n", where, t.Decide)
	if t.AtLast {
		fmt.Fprintln(a.out, "\na decide block decides at every step: write  output ... at every step,  too")
	}
	return nil
}

func alarmsText(limit float64) string {
	if limit == 1 {
		return "1 false alarm"
	}
	return fmt.Sprintf("%v false alarms", limit)
}

// stretchHead names the columns of the CSV of a stream.
var stretchHead = []string{"split", "level", "recording", "person", "first_step", "last_step", "first_time", "last_time", "label", "decided", "right"}

// writeStretches opens the CSV file for stretches, and hands write on to what makes them; "" for no file.
func (a *app) writeStretches(path string, make func(write func(study.Stretch) error) error) error {
	if path == "" {
		return make(nil)
	}
	return a.emit(path, func(w io.Writer) error {
		f := csv.NewWriter(w)
		err := errors.Join(f.Write(stretchHead), make(func(s study.Stretch) error { return f.Write(stretchRow(s)) }))
		f.Flush()
		return errors.Join(err, f.Error())
	})
}

func stretchRow(s study.Stretch) []string {
	right := ""
	if s.Label != "" {
		right = map[bool]string{true: "yes", false: "no"}[s.Label == s.Decided]
	}
	return []string{s.Split, s.Level, s.Recording, s.Person, strconv.Itoa(s.First), strconv.Itoa(s.Last), seconds(&s.FirstTime), seconds(&s.LastTime), s.Label, s.Decided, right}
}

// printStreams shows scores: a line each for steps and for events, and then the classes and thresholds of every split at the
// last of its levels.
func (a *app) printStreams(scores []*study.StreamScore) error {
	var steps, events [][]string
	for _, s := range scores {
		e := s.Events
		steps = append(steps, []string{s.Split, s.Level, strconv.Itoa(s.Recordings), hours(s.Hours), partText(s.Accuracy), between(s.Interval, "%.3f"), partText(s.MacroF1),
			secondsText(s.Delay.Median), secondsText(s.Delay.P90), rateText(s.Flicker.PerHour)})
		events = append(events, []string{s.Split, s.Level, diag.Grouped(e.Events), diag.Grouped(e.Hits), partText(e.MissRate()), between(complement(e.Interval), "%.3f"),
			diag.Grouped(e.FalseAlarms.Count), rateText(e.FalseAlarms.PerHour), rateInterval(e.FalseAlarms.Interval), partText(e.Precision)})
	}
	err := table(a.out, []string{"split", "level", "recordings", "hours", "accuracy", "95 % interval", "macro F1", "delay", "of 90 %", "flicker/h"}, steps)
	fmt.Fprintln(a.out)
	err = errors.Join(err, table(a.out, []string{"split", "level", "events", "hit", "missed", "95 % interval", "false alarms", "an hour", "95 % interval", "precision"}, events))
	said := ""
	for _, s := range scores {
		if text := overStream(s); text != said {
			fmt.Fprintln(a.out, text)
			said = text
		}
	}
	for i, s := range scores {
		if i+1 < len(scores) && scores[i+1].Split == s.Split {
			continue
		}
		fmt.Fprintf(a.out, "\n%s, %s:\n", s.Split, s.Level)
		err = errors.Join(err, a.printStreamClasses(s), a.printConfusion(s.Matrix), a.printThresholds(s))
	}
	return err
}

// overStream says what the figures of a score are over.
func overStream(s *study.StreamScore) string {
	lines := []string{"no interval, since all of it is of one " + strings.TrimSuffix(s.Of, "s"),
		fmt.Sprintf("the first %.3g s of a recording do not count; an event may be found %.3g s early or late", s.Warmup, s.Tolerance),
		"every class is an event; --background LABEL names one that is none"}
	if s.Interval != nil {
		lines[0] = fmt.Sprintf("95 %% intervals over %s %s", diag.Grouped(s.Interval.Units), s.Of)
	}
	if s.Background != "" {
		lines[2] = s.Background + " is no event, and false alarms are those of an hour of it"
	}
	if lost := s.Delay.Changes - s.Delay.Followed; lost > 0 {
		lines = append(lines, fmt.Sprintf("%s of %s changes were not followed before the next, and count as the longest delays", diag.Grouped(lost), diag.Grouped(s.Delay.Changes)))
	}
	return s.Split + ": " + strings.Join(lines, "\n"+s.Split+": ")
}

func (a *app) printStreamClasses(s *study.StreamScore) error {
	if len(s.Classes) > fewClasses {
		return nil
	}
	var rows [][]string
	for _, c := range s.Classes {
		row := []string{shorten(c.Name, longestClass), diag.Grouped(c.Count), partText(c.Recall), partText(c.Precision), partText(c.F1), "-", "-", "-", "-"}
		for _, e := range s.ByClass {
			if e.Class == c.Name {
				row = append(row[:5], diag.Grouped(e.Events), diag.Grouped(e.Misses), rateText(e.FalseAlarms.PerHour), secondsText(e.Latency))
			}
		}
		rows = append(rows, row)
	}
	return table(a.out, []string{"class", "steps", "recall", "precision", "F1", "events", "missed", "false alarms/h", "found after"}, rows)
}

// printThresholds shows what other thresholds would miss and make up.
func (a *app) printThresholds(s *study.StreamScore) error {
	if len(s.Curve) < 2 || s.Events.Events == 0 && s.Events.FalseAlarms.Count == 0 {
		return nil
	}
	var rows [][]string
	for _, p := range s.Curve {
		mark := ""
		if p.Chosen {
			mark = "this one"
		}
		rows = append(rows, []string{strconv.FormatFloat(p.Threshold, 'f', -1, 64), partText(p.Misses), rateText(p.FalseAlarms), mark})
	}
	fmt.Fprintln(a.out)
	return table(a.out, []string{"threshold", "missed", "false alarms/h", ""}, rows)
}

func rateInterval(i *score.Interval) string {
	if i == nil {
		return "-"
	}
	return rateText(score.Part(i.Low)) + " to " + rateText(score.Part(i.High))
}

// complement is the interval of what is left of 1.
func complement(i *score.Interval) *score.Interval {
	if i == nil {
		return nil
	}
	return &score.Interval{Low: 1 - i.High, High: 1 - i.Low, Units: i.Units, Of: i.Of}
}

func hours(h float64) string { return fmt.Sprintf("%.3g", h) }

// secondsText is a time, or never.
func secondsText(p score.Part) string {
	if !p.Known() {
		return "-"
	}
	return fmt.Sprintf("%.2f s", float64(p))
}

func rateText(p score.Part) string {
	if !p.Known() {
		return "-"
	}
	if p >= 100 {
		return diag.Grouped(int(math.Round(float64(p))))
	}
	return fmt.Sprintf("%.3g", float64(p))
}

package study

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/report"
	"github.com/hrnnc/hrnnc/trainer/score"
)

// saturationSteps is about how many steps the interpreter runs to count saturations.
const saturationSteps = 20000

// report writes the page about a training, and gives what on it a reader should do something about.
func (s *Study) report(ctx context.Context, history []trainer.Metrics, r *Result, command string) (remarks []string, err error) {
	l, err := s.Lower()
	if err != nil {
		return nil, err
	}
	p := report.Page{Model: l.Name(), Command: command, DataSet: s.Set.Name, Source: s.Set.Source,
		Licence: s.Set.Licence, Notes: s.Set.Notes, Settings: s.Config.Pairs(), Measure: s.Config.Score, History: history, Seconds: r.Seconds, Finetuned: s.finetuned.Tried, TestLeftOut: r.TestLeftOut,
		Sequences: s.Config.Pieces(&s.Set.Train), Scale: trainer.Scale{Batch: s.Config.Batch, Rate: s.Config.Rate, Epochs: s.Config.Epochs},
		Shared: []data.Shared{s.Set.Shared(&s.Set.Valid), s.Set.Shared(&s.Set.Test)}}
	if text := s.finetuned.String(); text != "" {
		p.Notes = append(slices.Clone(p.Notes), text)
	}
	for _, score := range r.Scores {
		p.Scores = append(p.Scores, reported(score))
		if score.Level == "fixed" {
			p.Confusion, p.Labels, p.Counted = score.Matrix, score.Labels, score.Counted
		}
	}
	for _, q := range s.Net.Params {
		if q.Part && q.Fixed {
			continue // a permutation of a recurrent matrix
		}
		p.Params = append(p.Params, report.Param{Name: q.Name, Kind: q.Kind, Shape: q.Shape, Values: q.Latent, Used: q.Used})
	}
	_, part := s.lastPart()
	sample := max(1, min(part.N, 64, saturationSteps/max(part.T, 1)))
	first := true
	err = trainer.EachBatch(ctx, s.Net, s.source(part), sample, func(b *network.Batch) error {
		if !first {
			return nil
		}
		first = false
		for i, h := range s.Net.LastStates(b) {
			s := l.Loaded().States[i]
			p.States = append(p.States, report.State{Name: s.Name, Units: s.Size, Bits: s.Bits, Max: r.Ranges[s.Name],
				Limit: l.Module.States[i].Scale.Unit * math.Ldexp(1, s.Bits-1), Histogram: h})
		}
		out, err := l.Run(ctx, "fixed", sequencesOf(b), nil)
		if err != nil {
			return err
		}
		p.Saturated, p.Updates = out.Saturated, out.Updates
		return nil
	})
	if err != nil {
		return nil, err
	}
	c := l.Plan.Cost()
	p.Cost = [][2]string{
		{"parameters", fmt.Sprintf("%s (%s)", report.Count(c.Parameters), diag.GroupedCount((c.Bits+7)/8, "byte"))},
		{"state", diag.GroupedCount((c.StateBits+7)/8, "byte")},
		{"additions a step", report.Count(c.Recurrence.Adds + c.Input.Adds)},
	}
	page, err := report.Render(p)
	if err != nil {
		return nil, err
	}
	return report.Remarks(p), s.folder.Write(fileio.Content{Name: reportName, Data: page})
}

// reported is a score as the report takes it.
func reported(s Score) report.Score {
	out := report.Score{Split: s.Split, Level: s.Level, Accuracy: s.Accuracy, Loss: s.Loss, N: s.Decisions, Interval: s.Interval, Error: float64(s.Error),
		Baseline: s.Baseline, MacroF1: s.MacroF1, BaselineF1: score.Part(math.NaN())}
	if s.BaselineF1 != nil {
		out.BaselineF1 = *s.BaselineF1
	}
	for _, o := range s.Outputs {
		out.Outputs = append(out.Outputs, report.Output{Name: o.Name, RMSE: o.RMSE, R2: float64(o.R2), Interval: o.Interval})
	}
	return out
}

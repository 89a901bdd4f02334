package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/report"
	"github.com/hrnnc/hrnnc/trainer/score"
)

// saturationSteps is about how many steps the interpreter runs to count saturations.
const saturationSteps = 20000

// report writes the page about a training, and gives what on it a reader should do something about.
func (t *training) report(ctx context.Context, path string, history []trainer.Metrics, r TrainResult) (remarks []string, err error) {
	l, err := t.lowered()
	if err != nil {
		return nil, err
	}
	p := report.Page{Model: l.Name(), Command: "hrnnc " + strings.Join(os.Args[1:], " "), DataSet: t.set.Name, Source: t.set.Source,
		Licence: t.set.Licence, Notes: t.set.Notes, Settings: t.config.Pairs(), History: history, Classes: t.set.Classes, Seconds: r.Seconds, Finetuned: t.finetuned.tried}
	if text := t.finetuned.String(); text != "" {
		p.Notes = append(slices.Clone(p.Notes), text)
	}
	for _, s := range r.Scores {
		p.Scores = append(p.Scores, report.Score{Split: s.Split, Level: s.Level, Accuracy: s.Accuracy, Loss: s.Loss, N: s.N, Outputs: reported(s.Outputs)})
		if s.confusion != nil {
			p.Confusion = s.Confusion
		}
	}
	for _, q := range t.net.Params {
		if q.Part && q.Fixed {
			continue // a permutation of a recurrent matrix
		}
		p.Params = append(p.Params, report.Param{Name: q.Name, Kind: q.Kind, Shape: q.Shape, Values: q.Latent, Used: q.Used})
	}
	part := &t.set.Test
	if part.N == 0 {
		part = &t.set.Valid
	}
	sample := max(1, min(part.N, 64, saturationSteps/max(part.T, 1)))
	first := true
	err = trainer.EachBatch(ctx, t.net, t.source(part), sample, func(b *network.Batch) error {
		if !first {
			return nil
		}
		first = false
		for i, h := range t.net.LastStates(b) {
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
		{"parameters", fmt.Sprintf("%s (%s bytes)", thousands(c.Parameters), thousands((c.Bits+7)/8))},
		{"state", fmt.Sprintf("%s bytes", thousands((c.StateBits+7)/8))},
		{"additions a step", thousands(c.Recurrence.Adds + c.Input.Adds)},
	}
	return report.Remarks(p), report.Write(path, p)
}

// reported are a regression's outputs as the report takes them.
func reported(outputs []score.NumberScore) (out []report.Output) {
	for _, o := range outputs {
		out = append(out, report.Output{Name: o.Name, RMSE: o.RMSE, R2: float64(o.R2)})
	}
	return out
}

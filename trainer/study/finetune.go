package study

import (
	"context"
	"fmt"
	"math"

	"github.com/hrnnc/hrnnc/backends/lower"
	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/arith"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/optim"
)

const (
	// finetuneGap is by how much the fixed level must decide worse before training goes on through rounding.
	finetuneGap = 0.005
	// It goes on for finetunePart of the epochs at finetuneRate of the learning rates, and from a gap of farOff on, where
	// rounding has to be learned anew, for all epochs.
	finetunePart = 0.2
	finetuneRate = 0.3
	farOff       = 0.2
	// finetuneWatched is how many training sequences are scored beside the validation part: rounding shows on what was learned,
	// and a validation part of few persons may miss it.
	finetuneWatched = 2000
)

// Finetuned is what training through rounding gave.
type Finetuned struct {
	Tried         bool    // the integers decided worse
	Epoch, Epochs int     // the epoch that is kept, 0 when none is, of so many
	Before, After float64 // score of the integers, as an epoch's validation has it
	Measure       trainer.Measure
}

// String says it for people; "" when nothing was kept.
func (f Finetuned) String() string {
	if f.Epoch == 0 {
		return ""
	}
	what, before, after := f.Measure.String(), fmt.Sprintf("%.4f", f.Before), fmt.Sprintf("%.4f", f.After)
	if f.Before < 0 {
		what, before, after = "loss", fmt.Sprintf("%.5g", -f.Before), fmt.Sprintf("%.5g", -f.After)
	}
	return fmt.Sprintf("finetuned through the rounding of states: epoch %d of %d is kept, which took the fixed level's %s on validation and training sequences from %s to %s",
		f.Epoch, f.Epochs, what, before, after)
}

// worth is what the levels are compared by: the score of decisions, or the part of the variance that a regression explains.
func (s *Score) worth(by trainer.Measure) float64 {
	if s.Regression {
		return float64(s.R2)
	}
	return s.validScore(by)
}

// validScore is a score as an epoch's validation has it: larger is better.
func (s *Score) validScore(by trainer.Measure) float64 {
	switch {
	case s.Regression:
		return -s.Loss
	case by == trainer.MacroF1 && s.MacroF1.Known():
		return float64(s.MacroF1)
	case by == trainer.MacroF1:
		return 0
	}
	return s.Accuracy
}

// finetune trains on through the rounding of states when the integers decide worse than real numbers do. Weights are
// kept only when they decide better in integers than those that were there; s has the ones that are kept, and their ranges.
func (s *Study) finetune(ctx context.Context, resume bool) (out Finetuned, err error) {
	folder := s.folder.Sub(finetuneName)
	valid := s.Set.Valid.Joined(&s.Set.Train, finetuneWatched)
	s.begin(s.work.compare)
	exact, err := s.scorePart(ctx, "valid", valid, "real", nil)
	if err != nil {
		return out, err
	}
	fixed, err := s.scorePart(ctx, "valid", valid, "fixed", nil)
	if err != nil {
		return out, err
	}
	says := map[bool]string{true: "explains the variance", false: "decides"}[fixed.Regression]
	by := s.Config.Score
	gap := exact.worth(by) - fixed.worth(by)
	if !(gap > finetuneGap) {
		s.work.finetune.Resize(0)
		s.tell("the fixed level %s as well as the real one (%.4f, %.4f): nothing to finetune", says, fixed.worth(by), exact.worth(by))
		return out, nil
	}
	out.Tried = true
	s.tell("the fixed level %s worse than the real one (%.4f, %.4f): training through the rounding of states", says, fixed.worth(by), exact.worth(by))
	l, err := s.Lower()
	if err != nil {
		return out, err
	}
	if resume = resume && exists(folder.Path(trainer.CheckpointName)); !resume {
		if err := folder.Remove(folder.Names()...); err != nil { // of one that was killed before its first checkpoint
			return out, err
		}
	}
	kept := folder.Path(bestName)
	s.Net.TrainRounded(roundings(l))
	defer s.Net.TrainRounded(nil)
	c := s.Config
	c.Draws = 1
	if gap < farOff {
		c.Epochs = max(1, int(math.Round(finetunePart*float64(c.Epochs))))
	}
	c.Rate, c.SignRate = finetuneRate*c.Rate, finetuneRate*c.SignRate
	c.Schedule = optim.Schedule{Kind: optim.Cosine}
	s.Stage = s.work.finetune
	s.Stage.Resize(s.epochWork(valid) * float64(c.Epochs))
	run := &trainer.Run{Net: s.Net, Config: c, Train: s.source(&s.Set.Train), Valid: s.source(valid), Folder: folder, Fingerprint: s.fingerprint(),
		Watch: s.watchRun("finetuning, ", s.epochWork(valid), 0), Keep: func(m trainer.Metrics) error {
			if m.ValidScore <= fixed.validScore(by) {
				return nil
			}
			return s.save(s.stretched(), finetuneName+"/"+bestName)
		}}
	history, err := run.Start(ctx, resume)
	if err != nil {
		return out, err
	}
	if !exists(kept) {
		return out, s.restore(bestName)
	}
	out = Finetuned{Tried: true, Epochs: len(history), Measure: by, Before: fixed.validScore(by)}
	for _, m := range history {
		if m.Best {
			out.Epoch, out.After = m.Epoch, m.ValidScore
		}
	}
	if err := s.restore(finetuneName + "/" + bestName); err != nil {
		return out, err
	}
	s.ranges = s.stretched()
	return out, nil
}

// stretched are the ranges that give states the units that training rounds to now.
func (s *Study) stretched() map[string]float64 {
	out := map[string]float64{}
	for i, by := range s.Net.Stretch() {
		name := s.Model.Layers[i].State.Name
		out[name] = by * s.ranges[name]
	}
	return out
}

// roundings are the units and widths that a compiled model's states have.
func roundings(l *compiler.Lowered) []network.Rounding {
	var out []network.Rounding
	for i, s := range l.Module.States {
		layer := l.Plan.Layers[i]
		out = append(out, network.Rounding{OddInput: oddInput(layer.Term), Bits: s.Bits, Staged: layer.Staged,
			Unit: arith.Phased[float64]{arith.Even: s.Scale.At(arith.Even), arith.Odd: s.Scale.At(arith.Odd)}})
	}
	return out
}

// oddInput is by what the integers of a vector input are multiplied at odd steps, 0 where they are not. The plan's factor is
// near enough to sqrt(2) times a power of two for the integers that there are; this is that number.
func oddInput(t *lower.Term) float64 {
	if t == nil || t.Source != lower.FromVector || t.In[arith.Odd] == t.In[arith.Even] {
		return 0
	}
	factor := math.Ldexp(float64(t.In[arith.Odd].Mul), -t.In[arith.Odd].Shift)
	return math.Sqrt2 * math.Exp2(math.Round(math.Log2(factor/math.Sqrt2)))
}

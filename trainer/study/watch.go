package study

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// Watcher hears what a study does, such as for a line at the foot of a terminal.
type Watcher interface {
	// Plan adds a stage of some work to what is to be done; its unit is a sequence that goes forward through the network.
	Plan(what string, work float64) Stage
	Say(what string)     // what the study is at, where no stage is
	Tell(line string)    // something to remember: an epoch, a choice
	Warn(list diag.List) // what works, badly
}

// Stage is a part of the work.
type Stage interface {
	Begin()              // the work is at this stage
	Say(what string)     // and at this in it
	Set(done float64)    // so much of its work is done
	Add(done float64)    // some more is
	Resize(work float64) // it is another amount of work than was planned
	End()                // the rest of it is not needed
}

// silent is a watcher, and a stage, that nobody listens to.
type silent struct{}

func (silent) Plan(string, float64) Stage { return silent{} }
func (silent) Say(string)                 {}
func (silent) Tell(string)                {}
func (silent) Warn(diag.List)             {}
func (silent) Begin()                     {}
func (silent) Set(float64)                {}
func (silent) Add(float64)                {}
func (silent) Resize(float64)             {}
func (silent) End()                       {}

func (s *Study) watch() Watcher {
	if s.Watch == nil {
		return silent{}
	}
	return s.Watch
}

func (s *Study) stage() Stage {
	if s.Stage == nil {
		return silent{}
	}
	return s.Stage
}

func (s *Study) tell(format string, args ...any) { s.watch().Tell(fmt.Sprintf(format, args...)) }

// begin makes a stage the one that sequences count for.
func (s *Study) begin(stage Stage) {
	s.Stage = stage
	stage.Begin()
}

// work is all that a training does.
type work struct{ train, measure, compare, finetune, score Stage }

// backwards is about what a sequence that is trained on costs, where one that is scored costs 1.
const backwards = 3

// epochWork is that of an epoch, and validation is part of it.
func (s *Study) epochWork(valid *data.Sequences) float64 {
	return backwards*float64(s.Set.Train.N) + float64(valid.N)
}

// plan says what a training will do, so that it is one piece of work.
func (s *Study) plan(finetune bool) {
	w, n, epochs := s.watch(), float64(s.Set.Train.N), float64(s.Config.Epochs)
	s.work.train = w.Plan("training", (epochs+float64(s.Config.TrialEpochs()))*s.epochWork(s.validation()))
	s.work.measure = w.Plan("measuring the states", n)
	if finetune {
		watched := s.Set.Valid.N + min(s.Set.Train.N, finetuneWatched)
		s.work.compare = w.Plan("comparing real and fixed", 2*float64(watched))
		s.work.finetune = w.Plan("finetuning", math.Ceil(finetunePart*epochs)*(backwards*n+float64(watched)))
	}
	name, part := s.lastPart()
	scored := 2 * part.N
	if name == "test" {
		scored += s.Set.Valid.N
	}
	s.work.score = w.Plan("scoring", float64(scored))
}

// watchRun moves the stage at hand, and leaves a line an epoch. Trials of draws come first and take so many epochs.
func (s *Study) watchRun(what string, epochWork float64, trials int) func(trainer.Event) {
	stage := s.stage()
	return func(e trainer.Event) {
		if e.Drawn != nil {
			s.watch().Tell(drawnLine(*e.Drawn))
			return
		}
		done := float64(e.Epoch)
		if e.Done == nil {
			done = float64(e.Epoch-1) + 0.95*float64(e.Batch)/float64(max(e.Batches, 1)) // the rest is for validation
		}
		if e.Draw > 0 {
			stage.Set(epochWork * (done + float64((e.Draw-1)*e.Epochs)))
			stage.Say(fmt.Sprintf("trying draw %d of %d, loss %.4g", e.Draw, s.Config.Draws, e.Loss))
			return
		}
		stage.Set(epochWork * (done + float64(trials)))
		if e.Done != nil {
			s.watch().Tell(epochLine(*e.Done, e.Epochs, s.Set.Valid.N > 0, &s.Config))
			return
		}
		stage.Say(fmt.Sprintf("%sepoch %d/%d, loss %.4g", what, e.Epoch, e.Epochs, e.Loss))
	}
}

// drawnLine says which draw is trained.
func drawnLine(d trainer.Drawn) string {
	return fmt.Sprintf("draw %d of %d is trained: after %s its loss is %.4g, the largest %.4g", d.Chosen, len(d.Losses), diag.Count(d.Epochs, "epoch"),
		d.Losses[d.Chosen-1], slices.Max(d.Losses))
}

// epochLine says how an epoch went: on the validation part only where there is one, and which is best only where that is kept.
func epochLine(m trainer.Metrics, epochs int, validated bool, c *trainer.Config) string {
	line := fmt.Sprintf("epoch %d/%d  %.1f s  loss %.5g", m.Epoch, epochs, m.Seconds, m.Loss)
	regression := m.ValidScore < 0
	if !regression {
		line += fmt.Sprintf("  accuracy %.4f", m.Accuracy)
	}
	switch {
	case validated && regression:
		line += fmt.Sprintf("  valid loss %.5g", m.ValidLoss)
	case validated && c.Score == trainer.MacroF1:
		line += fmt.Sprintf("  valid %.4f, %s %.4f", m.ValidAccuracy, c.Score, m.ValidScore)
	case validated:
		line += fmt.Sprintf("  valid %.4f", m.ValidScore)
	}
	line += fmt.Sprintf("  rate %.3g  flips %d", m.Rate, m.Flips)
	if m.Best && c.Keep == trainer.KeepBest {
		line += "  best"
	}
	return line
}

// counting is a source whose sequences count as work of a stage when they are taken.
type counting struct {
	trainer.Source
	stage Stage
}

func (c counting) Fill(b *network.Batch, slot int, p trainer.Piece, rng *rand.Rand) {
	c.Source.Fill(b, slot, p, rng)
	c.stage.Add(1)
}

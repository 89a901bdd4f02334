package trainer

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/optim"
)

// trialPart is the part of the epochs that every draw of first weights is tried for. A short training down to a rate of 0 tells
// draws apart that a long one would (docs/training.md).
const trialPart = 0.1

// Drawn says which draw of the first weights and signs is trained.
type Drawn struct {
	Chosen int // counted from 1
	Epochs int // of a trial
	Losses []float64
}

// TrialEpochs is how many epochs the trials of all draws take; 0 where there is no choice.
func (c *Config) TrialEpochs() int {
	if c.Draws <= 1 {
		return 0
	}
	return c.Draws * c.epochsOfTrial()
}

func (c *Config) epochsOfTrial() int { return max(1, int(math.Round(trialPart*float64(c.Epochs)))) }

// draw leaves the network with that of several draws of first weights and signs which a short training takes to the smallest loss
// on the training part.
func (r *Run) draw(ctx context.Context) error {
	d := Drawn{Epochs: r.Config.epochsOfTrial()}
	least := math.Inf(1)
	for i := range r.Config.Draws {
		loss, err := r.try(ctx, i, d.Epochs)
		if err != nil {
			return err
		}
		if d.Losses = append(d.Losses, loss); loss < least || d.Chosen == 0 {
			least, d.Chosen = loss, i+1
		}
	}
	r.Net.Initialise(r.seedOf(d.Chosen-1), r.Config.SignInit)
	r.Net.ReadUnits(r.Config.ReadUnits)
	r.Net.Refresh()
	r.state.Drawn = true
	if r.Watch != nil {
		r.Watch(Event{Drawn: &d})
	}
	return nil
}

// try trains a draw for some epochs, and gives the loss of the last one; it is infinite where the trial diverged.
func (r *Run) try(ctx context.Context, draw, epochs int) (float64, error) {
	r.Net.Initialise(r.seedOf(draw), r.Config.SignInit)
	c := r.Config
	c.Draws, c.Epochs, c.Patience, c.Keep, c.Score, c.Average = 1, epochs, 0, KeepLast, Accuracy, 0
	c.Schedule = optim.Schedule{Kind: optim.Cosine, Warmup: min(c.Schedule.Warmup, float64(epochs)/2)}
	trial := &Run{Net: r.Net, Config: c, Train: r.Train, Valid: nobody{}, Keep: func(Metrics) error { return nil }}
	if r.Watch != nil {
		trial.Watch = func(e Event) {
			e.Draw, e.Done = draw+1, nil
			r.Watch(e)
		}
	}
	history, err := trial.Start(ctx, false)
	var diverged *DivergedError
	switch {
	case errors.As(err, &diverged):
		return math.Inf(1), nil
	case err != nil:
		return 0, err
	}
	return history[len(history)-1].Loss, nil
}

// seedOf is the seed of a draw, counted from 0: the first is what is drawn without a choice, and the others are no neighbour's.
func (r *Run) seedOf(draw int) int64 {
	if draw == 0 {
		return r.Config.Seed
	}
	return rand.New(rand.NewPCG(uint64(r.Config.Seed), uint64(draw))).Int64()
}

// nobody is a part without sequences.
type nobody struct{}

func (nobody) Len() int                                    { return 0 }
func (nobody) Steps() int                                  { return 0 }
func (nobody) Stream() bool                                { return false }
func (nobody) StepsOf(int) int                             { return 0 }
func (nobody) Classes() int                                { return 0 }
func (nobody) Fill(*network.Batch, int, Piece, *rand.Rand) {}

// Package trainer trains what a model.hrn describes: it reads the train block, runs the epochs, keeps the best weights
// and can be stopped and gone on with exactly. The network's arithmetic is in network and kernels, the optimiser in
// optim, data sets in data, the page about a run in report. It prints nothing. Start with Run.
package trainer

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/optim"
)

// Source is one split of a data set, as batches are filled from it.
type Source interface {
	// Len is the number of sequences, Steps of each one's steps. Unbroken recordings, for which Stream is set, are of different lengths:
	// StepsOf one, Steps of the longest.
	Len() int
	Steps() int
	Stream() bool
	StepsOf(i int) int
	// Classes is how many classes an answer is one of; 0 where answers are bits that can be true at once, or numbers.
	Classes() int
	// Fill puts as many steps of a piece into slot of a batch as its arrays have room for. rng is for augmentation; nil for none.
	Fill(b *network.Batch, slot int, p Piece, rng *rand.Rand)
}

// Metrics is what an epoch gave: a line of metrics.jsonl.
type Metrics struct {
	Epoch      int     `json:"epoch"`
	Seconds    float64 `json:"seconds"` // since the start of training, over all its runs
	Rate       float64 `json:"rate"`    // learning rate at the epoch's end
	Loss       float64 `json:"loss"`
	Accuracy   float64 `json:"accuracy,omitempty"`
	Gradient   float64 `json:"gradient"` // largest norm of a batch's gradient, before clipping
	Flips      int     `json:"flips"`    // signs that changed, counted at every step
	ValidLoss  float64 `json:"valid_loss"`
	ValidScore float64 `json:"valid_score"` // what the configuration's Score says, or the negative loss of a regression
	// ValidAccuracy is 0 for a regression.
	ValidAccuracy float64 `json:"valid_accuracy,omitempty"`
	Best          bool    `json:"best"` // the weights are kept
}

// partial is an epoch at hand.
type partial struct {
	Loss     float64 `json:"loss"`
	Counted  int     `json:"counted"`
	Right    int     `json:"right"`
	Gradient float64 `json:"gradient"`
	Flips    int     `json:"flips"`
}

// Event is where a run is, for a progress bar.
type Event struct {
	Epoch, Epochs  int
	Batch, Batches int
	Loss           float64 // of the epoch so far
	Accuracy       float64
	Rate           float64
	Flips          int
	// Draw is the draw that is tried, counted from 1, and Drawn set when one is chosen; 0 and nil in the training itself.
	Draw  int
	Drawn *Drawn
	// Done is set when an epoch is complete.
	Done *Metrics
}

// Run is one training. Folder takes MetricsName and CheckpointName, and has claimed them; Keep is called with every epoch that
// is the best so far on validation, to save the weights. Without a folder nothing is written, and the run cannot be resumed.
type Run struct {
	Net          *network.Network
	Config       Config
	Train, Valid Source
	Folder       *fileio.Folder
	Fingerprint  Fingerprint // of what must not change between a run and its resumption
	Watch        func(Event)
	Keep         func(Metrics) error

	adam    *optim.Adam
	average *optim.Average // of the weights, or nil
	carried network.States // that the batch before left, of unbroken recordings
	state   progressState
	start   time.Time
}

// DivergedError is a loss or a gradient that is no number any more.
type DivergedError struct {
	Epoch, Step int
	What        string
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("training diverged in epoch %d, at step %d: %s is not finite", e.Epoch, e.Step, e.What)
}

// Start trains, or goes on with the checkpoint in the folder when resume is set. It gives the history of all epochs.
// When ctx ends, a checkpoint is written and the context's error given. At the end the network has the weights of the last epoch,
// averaged where the configuration says so.
func (r *Run) Start(ctx context.Context, resume bool) ([]Metrics, error) {
	r.adam = optim.NewAdam()
	r.adam.Decay, r.adam.Decoupled = r.Config.Decay, r.Config.Optimizer == "adamw"
	r.Net.ReadUnits(r.Config.ReadUnits)
	r.Net.Refresh()
	r.average = optim.NewAverage(r.Config.Average, r.Net.Params)
	r.state = progressState{Config: r.Fingerprint, Settings: r.Config.Pairs()}
	if resume {
		path := r.Folder.Path(CheckpointName)
		p, ok, err := r.load(path)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, diag.InFile(path, "").Errorf("resume", "there is no checkpoint").Helpf("train without --resume")
		}
		r.state = p
		// A run that was killed after the checkpoint has written no metrics of its last epoch.
		if err := r.save(p); err != nil {
			return nil, err
		}
	}
	r.start = time.Now()
	if r.state.Drawn = r.state.Drawn || r.Config.Draws <= 1; !r.state.Drawn {
		if err := r.draw(ctx); err != nil {
			if ctx.Err() != nil {
				return nil, r.stop(ctx)
			}
			return nil, err
		}
		r.average = optim.NewAverage(r.Config.Average, r.Net.Params)
	}
	for r.state.Epoch < r.Config.Epochs {
		if err := r.epoch(ctx); err != nil {
			return r.state.History, err
		}
		if r.Config.Patience > 0 && r.state.Epoch-r.state.BestEpoch >= r.Config.Patience {
			break
		}
	}
	r.swapAverage()
	return r.state.History, nil
}

// swapAverage exchanges the weights for their average, or back.
func (r *Run) swapAverage() {
	if r.average == nil {
		return
	}
	r.average.Swap(r.Net.Params)
	r.Net.Refresh()
}

func (r *Run) batches() int { return (r.passed() + r.Config.Batch - 1) / r.Config.Batch }

// passed is how many sequences, or pieces of them, an epoch passes over, each as often as the configuration repeats it.
func (r *Run) passed() int { return pieces(r.Train, r.Config.Truncate) * max(1, r.Config.Repeat) }

func (r *Run) epoch(ctx context.Context) error {
	c := r.course(r.rng(0))
	augment := r.rng(1 + uint64(r.state.Batch))
	for r.state.Batch < r.batches() {
		if ctx.Err() != nil {
			return r.stop(ctx)
		}
		b := newBatch(r.Net, r.Train, c.steps, c.batches[r.state.Batch], augment)
		r.carry(b, c)
		if err := r.step(b); err != nil {
			return err
		}
		r.state.Batch++
		augment = r.rng(1 + uint64(r.state.Batch))
		r.report(nil)
	}
	return r.endEpoch(ctx)
}

// rng is the generator of one use within the epoch at hand.
func (r *Run) rng(use uint64) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(r.Config.Seed), uint64(r.state.Epoch)<<32|use))
}

// stop saves a run that is asked to end.
func (r *Run) stop(ctx context.Context) error {
	r.state.Seconds += time.Since(r.start).Seconds()
	if err := r.save(r.state); err != nil {
		return err
	}
	return ctx.Err()
}

// save writes checkpoint and metrics.
func (r *Run) save(p progressState) error {
	if r.Folder == nil {
		return nil
	}
	c, err := r.checkpoint(p)
	if err != nil {
		return err
	}
	var lines []byte
	for _, m := range p.History {
		line, err := json.Marshal(m)
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
	}
	return r.Folder.Write(c, fileio.Content{Name: MetricsName, Data: lines})
}

// rate is the learning rate before the next step.
func (r *Run) factor() float64 {
	return r.Config.Schedule.At(float64(r.state.Epoch)+float64(r.state.Batch+1)/float64(r.batches()), float64(r.Config.Epochs))
}

func (r *Run) step(b *network.Batch) error {
	result := r.Net.Step(b)
	norm := optim.ClipNorm(r.Net.Params, r.Config.Clip)
	if what := notFinite(r.Net, result, norm); what != "" {
		return &DivergedError{r.state.Epoch + 1, r.state.Batch + 1, what}
	}
	before := signBits(r.Net)
	factor := r.factor()
	r.adam.Step(r.Net.Params, func(p *network.Param) float64 {
		if p.Sign() {
			return r.Config.SignRate * factor
		}
		return r.Config.Rate * factor
	})
	optim.ClampSigns(r.Net.Params)
	optim.LimitWeights(r.Net.Params, r.Config.WeightLimit)
	r.Net.ReadUnits(r.Config.ReadUnits)
	r.Net.Refresh()
	r.state.Steps++
	if r.average != nil {
		r.average.Update(r.Net.Params, r.state.Steps)
	}
	p := &r.state.Partial
	p.Loss += result.Loss
	p.Counted += result.Counted
	p.Right += result.Right
	p.Gradient = max(p.Gradient, norm)
	for i, s := range signBits(r.Net) {
		if s != before[i] {
			p.Flips++
		}
	}
	return nil
}

// notFinite names what is not a number, or gives "".
func notFinite(n *network.Network, r network.Result, norm float64) string {
	if math.IsNaN(r.Loss) || math.IsInf(r.Loss, 0) {
		return "the loss"
	}
	if !math.IsNaN(norm) && !math.IsInf(norm, 0) {
		return ""
	}
	for _, p := range n.Params {
		for _, g := range p.Grad {
			if f := float64(g); math.IsNaN(f) || math.IsInf(f, 0) {
				return "the gradient of " + p.Name
			}
		}
	}
	return "the norm of the gradient"
}

func signBits(n *network.Network) []bool {
	var out []bool
	for _, p := range n.Params {
		if !p.Sign() {
			continue
		}
		for _, v := range p.Latent {
			out = append(out, v < 0)
		}
	}
	return out
}

func (r *Run) report(done *Metrics) {
	if r.Watch == nil {
		return
	}
	p := r.state.Partial
	sum := network.Result{Loss: p.Loss, Counted: p.Counted, Right: p.Right}
	r.Watch(Event{Epoch: r.state.Epoch + 1, Epochs: r.Config.Epochs, Batch: r.state.Batch, Batches: r.batches(),
		Loss: sum.Mean(), Accuracy: sum.Accuracy(), Rate: r.Config.Rate * r.factor(), Flips: p.Flips, Done: done})
}

// endEpoch validates, with averaged weights where the configuration says so, and writes metrics and checkpoint.
func (r *Run) endEpoch(ctx context.Context) error {
	r.swapAverage()
	m, err := r.validate(ctx)
	r.swapAverage()
	if err != nil {
		if ctx.Err() != nil {
			return r.stop(ctx)
		}
		return err
	}
	r.state.History = append(r.state.History, m)
	r.report(&m)
	r.state.Epoch, r.state.Batch, r.state.Partial = r.state.Epoch+1, 0, partial{}
	saved := r.state
	saved.Seconds = m.Seconds
	return r.save(saved)
}

// validate scores the weights at hand after an epoch, and keeps them when they are the best.
func (r *Run) validate(ctx context.Context) (Metrics, error) {
	valid, f1, err := network.Result{}, 0.0, error(nil)
	if r.Config.Score == MacroF1 {
		valid, f1, err = scoreF1(ctx, r.Net, r.Valid)
	} else {
		valid, err = Score(ctx, r.Net, r.Valid, nil)
	}
	if err != nil {
		return Metrics{}, err
	}
	p := r.state.Partial
	sum := network.Result{Loss: p.Loss, Counted: p.Counted, Right: p.Right}
	m := Metrics{Epoch: r.state.Epoch + 1, Seconds: r.state.Seconds + time.Since(r.start).Seconds(), Rate: r.Config.Rate * r.factor(),
		Loss: sum.Mean(), Accuracy: sum.Accuracy(), Gradient: p.Gradient, Flips: p.Flips, ValidLoss: valid.Mean()}
	switch {
	case r.Net.Loss == network.MeanSquared:
		m.ValidScore = -valid.Mean()
	case r.Config.Score == MacroF1:
		m.ValidScore, m.ValidAccuracy = f1, valid.Accuracy()
	default:
		m.ValidScore, m.ValidAccuracy = valid.Accuracy(), valid.Accuracy()
	}
	m.Best = r.Config.Keep == KeepLast || r.state.BestEpoch == 0 || m.ValidScore > r.state.Best || m.ValidScore == r.state.Best && m.ValidLoss < r.bestLoss()
	if m.Best {
		r.state.Best, r.state.BestEpoch = m.ValidScore, m.Epoch
		return m, r.Keep(m)
	}
	return m, nil
}

func (r *Run) bestLoss() float64 {
	for _, m := range r.state.History {
		if m.Epoch == r.state.BestEpoch {
			return m.ValidLoss
		}
	}
	return math.Inf(1)
}

// evaluationBatch is how many sequences are scored at a time; of long ones as many as have at most so many values.
const (
	evaluationBatch  = 256
	evaluationValues = 1 << 24
)

// Score computes loss and accuracy of a split, without augmentation. visit, when set, sees every output with the index of
// its sequence, or of its sequence and step when the output is at every step.
func Score(ctx context.Context, n *network.Network, s Source, visit func(i int, y []float32)) (network.Result, error) {
	var total network.Result
	first := 0
	err := EachBatch(ctx, n, s, evaluationBatch, func(b *network.Batch) error {
		offset := first
		first += b.N
		if len(b.Labels) > b.N {
			offset *= b.T
		}
		var at func(i int, y []float32)
		if visit != nil {
			at = func(i int, y []float32) { visit(offset+i, y) }
		}
		total.Add(n.Evaluate(b, at))
		return nil
	})
	return total, err
}

// Ranges gives the largest |h| of every state over a split: what compiling takes the units of integers from.
func Ranges(ctx context.Context, n *network.Network, s Source) (map[string]float64, error) {
	out := map[string]float64{}
	err := EachBatch(ctx, n, s, evaluationBatch, func(b *network.Batch) error {
		for i, v := range n.Ranges(b) {
			name := n.Model.Layers[i].State.Name
			out[name] = max(out[name], v)
		}
		return nil
	})
	return out, err
}

// EachBatch hands a split on in order, size sequences at a time or fewer, without augmentation.
func EachBatch(ctx context.Context, n *network.Network, s Source, size int, f func(b *network.Batch) error) error {
	size = max(1, min(size, evaluationValues/max(1, s.Steps()*max(1, n.Model.Input.Size))))
	for first := 0; first < s.Len(); first += size {
		if err := ctx.Err(); err != nil {
			return err
		}
		list := make([]Piece, min(size, s.Len()-first))
		for i := range list {
			list[i].Sequence = first + i
		}
		if err := f(newBatch(n, s, s.Steps(), list, nil)); err != nil {
			return err
		}
	}
	return nil
}

// newBatch gathers so many steps of each piece.
func newBatch(n *network.Network, s Source, steps int, list []Piece, rng *rand.Rand) *network.Batch {
	b := &network.Batch{N: len(list), T: steps, D: n.Model.Input.Size}
	if n.Model.Input.Vocab > 0 {
		b.Tokens = make([]int32, b.N*b.T)
	} else {
		b.X = make([]float32, b.N*b.T*b.D)
	}
	answers := b.N * n.Answers(b.T)
	if n.Loss == network.MeanSquared {
		b.Targets = make([]float32, answers*n.Outputs())
	} else {
		b.Labels = make([]int32, answers)
	}
	for slot, p := range list {
		s.Fill(b, slot, p, rng)
	}
	return b
}

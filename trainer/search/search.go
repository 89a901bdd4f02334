package search

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/metadata"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/ir"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// Search trains variants of a model. The model's train block says how, for how many epochs included.
type Search struct {
	Model   *dsl.Model
	Space   Space
	Budget  int  // trainings
	Halving bool // successive halving: more variants start, and the better half goes on
	Seed    uint64
	Set     *data.Set
	Targets []ir.Channel    // what the outputs of a regression stand for
	Valid   *data.Sequences // the part that decides
	Augment data.Augment
	Note    metadata.Metadata // of the weights files, but for the ranges
	Folder  *fileio.Folder
	Measure func(ctx context.Context, t Trained) (Measured, error)
	Watch   func(Event)

	results []Candidate
	total   int // epochs of all trainings
}

// Trained is a variant whose best weights so far are in a file.
type Trained struct {
	Variant
	Config        trainer.Config
	Net           *network.Network
	File, Weights string
	Folder        *fileio.Folder // of the variant; WeightsName in it is Weights
}

// Measured is what a variant is worth as integers.
type Measured struct {
	Accuracy    float64
	Bytes, Adds int
}

// UnfitError is a variant that has no integers: the search goes on without it.
type UnfitError struct{ Err error }

func (e *UnfitError) Error() string { return e.Err.Error() }

func (e *UnfitError) Unwrap() error { return e.Err }

// Event is where a search is, for a progress bar.
type Event struct {
	Name          string
	Number, Count int // of the variant, among those of its round
	Past, Total   int // epochs of all variants: those before this training, and all
	Train         trainer.Event
	Done          *Candidate // set when a variant has been measured
}

// Result is what a search found.
type Result struct {
	Candidates []Candidate
	LeftOut    int // combinations whose block does not fit the units
}

// Run searches, or goes on with the search in the folder. When ctx ends, what is done stays in the folder, to be gone on
// with, and the context's error is given with it.
func (s *Search) Run(ctx context.Context, resume, force bool) (Result, error) {
	c, err := s.config(s.Model)
	if err != nil {
		return Result{}, err
	}
	rounds, starts := []int{c.Epochs}, s.Budget
	if s.Halving {
		rounds = halvingRounds(c.Epochs)
		starts = halvingStarts(rounds, s.Budget*c.Epochs)
	}
	variants, leftOut, err := Variants(s.Model, s.Space, starts, s.Seed)
	if err != nil {
		return Result{}, err
	}
	if err := s.begin(variants, resume, force); err != nil {
		return Result{}, err
	}
	s.total = epochsOf(rounds, len(variants))
	for _, epochs := range rounds {
		if err := s.round(ctx, variants, epochs, epochs == c.Epochs); err != nil {
			return Result{s.results, leftOut}, err
		}
	}
	Pareto(s.results)
	if err := errors.Join(s.save(), s.tidy(s.results)); err != nil {
		return Result{}, err
	}
	return Result{s.results, leftOut}, s.anyFront()
}

// anyFront is an error when no candidate came to the end with figures.
func (s *Search) anyFront() error {
	failed := &s.results[0]
	for i := range s.results {
		c := &s.results[i]
		if c.Front {
			return nil
		}
		if c.Error != "" {
			failed = c
		}
	}
	return diag.InFile(s.Model.File, "").Errorf("diverged", "no variant could be trained and compiled; %s: %s", failed.Name, failed.Error).
		Helpf("search with smaller learning rates; hrnnc train shows a single training epoch by epoch")
}

// begin reads what is done and says in the folder what will be.
func (s *Search) begin(variants []Variant, resume, force bool) error {
	done, old, err := s.open(resume, force)
	if err != nil {
		return err
	}
	if err := s.Folder.Claim(filesOf(variants)...); err != nil {
		return err
	}
	p := plan{Fingerprint: s.fingerprint(variants)}
	if resume && old.Fingerprint != p.Fingerprint {
		return diag.InFile(s.Folder.Path(""), "").Errorf("resume", "the search was begun with another model, data set or train block").
			Helpf("undo the change, start afresh with --force, or choose another folder with -o")
	}
	for _, v := range variants {
		p.Candidates = append(p.Candidates, v.Name())
	}
	p.Candidates = unique(append(old.Candidates, p.Candidates...))
	s.results = done
	for _, v := range variants {
		if s.result(v.Name()) == nil {
			s.results = append(s.results, Candidate{Name: v.Name(), Settings: v.Settings})
		}
	}
	return s.writePlan(p)
}

// fingerprint names everything that must not change between a search and its resumption. More variants may join a plain
// search; in one that halves, who goes on depends on all.
func (s *Search) fingerprint(variants []Variant) string {
	h := sha256.New()
	h.Write(dsl.Source(s.Model))
	for _, part := range []*data.Sequences{&s.Set.Train, s.Valid} {
		fmt.Fprintln(h, s.Set.Name, part.N, part.T, part.D)
	}
	if s.Halving {
		fmt.Fprintln(h, s.Budget)
		for _, v := range variants {
			fmt.Fprintln(h, v.Name())
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func (s *Search) result(name string) *Candidate {
	i := slices.IndexFunc(s.results, func(c Candidate) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &s.results[i]
}

// save writes what has been measured.
func (s *Search) save() error {
	var measured []Candidate
	for _, c := range s.results {
		if c.Epochs > 0 {
			measured = append(measured, c)
		}
	}
	return s.writeResults(measured)
}

func (s *Search) config(m *dsl.Model) (trainer.Config, error) {
	var keys []string
	for _, k := range data.Settings {
		keys = append(keys, k.Name)
	}
	c, err := trainer.ReadConfig(m, nil, keys)
	c.Settle(s.Set.Train.N)
	return c, err
}

// The share of the epochs after which successive halving drops the worse half (Jamieson, Talwalkar: Non-stochastic Best
// Arm Identification and Hyperparameter Optimization, AISTATS 2016).
var halvingShares = []float64{0.25, 0.5, 1}

// halvingRounds gives the epoch at which each round ends.
func halvingRounds(epochs int) []int {
	var out []int
	for _, share := range halvingShares {
		out = append(out, max(1, int(share*float64(epochs))))
	}
	return slices.Compact(out)
}

// goOn is how many of n candidates go on after a round.
func goOn(n int) int { return (n + 1) / 2 }

// epochsOf counts the epochs that n variants take, the worse half dropped after each round.
func epochsOf(rounds []int, n int) int {
	total, before := 0, 0
	for _, end := range rounds {
		total += n * (end - before)
		before, n = end, goOn(n)
	}
	return total
}

// halvingStarts is how many variants can start so that all rounds take at most so many epochs.
func halvingStarts(rounds []int, epochs int) int {
	n := 1
	for epochsOf(rounds, n+1) <= epochs {
		n++
	}
	return n
}

// round trains every variant that is left up to an epoch, and drops the worse half unless it is the last round. What a
// search that is gone on with has done already is not done again.
func (s *Search) round(ctx context.Context, variants []Variant, epochs int, last bool) error {
	var left []Variant
	halved := false
	for _, v := range variants {
		c := s.result(v.Name())
		halved = halved || c.Dropped && c.Epochs == epochs
		if c.Error == "" && (!c.Dropped || c.Epochs >= epochs) {
			left = append(left, v)
		}
	}
	var trained []*Candidate
	for i, v := range left {
		c := s.result(v.Name())
		if c.Epochs < epochs {
			past := 0
			for _, other := range variants {
				past += s.result(other.Name()).Epochs
			}
			if err := s.candidate(ctx, v, c, epochs, Event{Name: c.Name, Number: i + 1, Count: len(left), Past: past - c.Epochs, Total: s.total}); err != nil {
				return err
			}
		}
		if c.Error == "" {
			trained = append(trained, c)
		}
	}
	if last || halved {
		return nil
	}
	kept := best(trained, goOn(len(trained)))
	for _, c := range trained {
		c.Dropped = !slices.Contains(kept, c)
	}
	return s.save()
}

// candidate trains one variant up to an epoch and measures it.
func (s *Search) candidate(ctx context.Context, v Variant, c *Candidate, epochs int, e Event) error {
	t, history, err := s.train(ctx, v, epochs, e)
	var diverged *trainer.DivergedError
	if errors.As(err, &diverged) {
		return s.done(c, epochs, e, err)
	}
	if err != nil {
		return err
	}
	for _, m := range history {
		c.Seconds = m.Seconds
		if m.Best {
			c.Real = m.ValidScore
		}
	}
	m, err := s.Measure(ctx, t)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var unfit *UnfitError
	if err != nil && !errors.As(err, &unfit) {
		return err
	}
	c.Accuracy, c.Bytes, c.Adds = m.Accuracy, m.Bytes, m.Adds
	return s.done(c, epochs, e, err)
}

// done keeps a candidate's figures, or why it has none.
func (s *Search) done(c *Candidate, epochs int, e Event, failure error) error {
	c.Epochs = epochs
	if failure != nil {
		c.Error = failure.Error()
	}
	if err := s.save(); err != nil {
		return err
	}
	if s.Watch != nil {
		e.Done = c
		s.Watch(e)
	}
	return nil
}

// train runs a variant up to an epoch, from its checkpoint where it has one.
func (s *Search) train(ctx context.Context, v Variant, epochs int, e Event) (Trained, []trainer.Metrics, error) {
	dir := s.Folder.Sub(v.Name())
	t := Trained{Variant: v, File: dir.Path(modelName), Weights: dir.Path(WeightsName), Folder: dir}
	var err error
	if t.Config, err = s.config(v.Model); err != nil {
		return t, nil, err
	}
	t.Net = network.New(v.Model)
	t.Net.Loss = t.Config.Loss
	task := trainer.Task{Model: v.Model, Loss: t.Config.Loss, Classes: len(s.Set.Classes), Targets: s.Targets}
	t.Net.Objective = t.Config.Objective(task, &s.Set.Train)
	t.Net.Initialise(t.Config.Seed, t.Config.SignInit)
	source := dsl.Source(v.Model)
	if err := dir.Write(fileio.Content{Name: modelName, Data: source}); err != nil {
		return t, nil, err
	}
	part, stop := context.WithCancel(ctx)
	defer stop()
	sum := sha256.Sum256(source)
	run := &trainer.Run{Net: t.Net, Config: t.Config, Folder: dir, Fingerprint: trainer.Fingerprint{Model: hex.EncodeToString(sum[:8])},
		Train: task.Split(&s.Set.Train, s.Augment), Valid: task.Split(s.Valid, s.Augment),
		Keep: func(trainer.Metrics) error {
			data, err := weights.Encode(t.Weights, trainer.WeightsFile(t.Net, s.Note))
			if err != nil {
				return err
			}
			return dir.Write(fileio.Content{Name: WeightsName, Data: data})
		},
		Watch: func(at trainer.Event) {
			if at.Epoch > epochs || at.Done != nil && at.Epoch == epochs && epochs < t.Config.Epochs {
				stop() // the run writes a checkpoint, which the next round goes on from
			}
			if e.Train = at; s.Watch != nil {
				s.Watch(e)
			}
		}}
	_, missing := os.Stat(dir.Path(trainer.CheckpointName))
	history, err := run.Start(part, missing == nil)
	if errors.Is(err, context.Canceled) && ctx.Err() == nil {
		err = nil
	}
	return t, history, err
}

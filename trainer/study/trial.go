package study

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/hrnnc/hrnnc/compiler"
	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
	"github.com/hrnnc/hrnnc/trainer/search"
)

// worker does trials in the folder of a search. Each is done in the folder of its variant, under that folder's lock, so that several
// processes can work on one search.
type worker struct {
	folder string
	data   string // where the data set lies, in the place of what the trials say; ""
	sets   sets
}

// sets keeps the data set that was read last: most trials share it.
type sets struct {
	key  string
	last *data.Set
	hash string
}

// read gives a study of a model whose data set is read, and the hash of that set.
func (k *sets) read(file, dataSet string) (*Study, string, error) {
	s, read, err := configure(file, Options{})
	if err != nil {
		return nil, "", err
	}
	key := hash(s.Config.Data, dataSet, s.Config.DataKeys, s.Config.Seed, read.Augment)
	o := Options{}
	if key == k.key {
		o.Loaded = k.last
	}
	if dataSet != "" {
		o.Set = []string{"data=" + dataSet}
	}
	if s, err = New(file, o); err != nil {
		return nil, "", err
	}
	if key != k.key {
		k.key, k.last, k.hash = key, s.Set, s.Set.Digest()
	}
	return s, k.hash, nil
}

// do gives the result of a trial: that which is there already, or a new one. Where another process has the variant, the error has the
// code "locked".
func (k *worker) do(ctx context.Context, t *search.Trial, watch func(trainer.Event)) (o *search.Outcome, done bool, err error) {
	if o, err := t.ReadOutcome(k.folder); o != nil || err != nil {
		return o, true, err
	}
	dir, err := fileio.OpenFolder(t.Folder(k.folder))
	if err != nil {
		return nil, false, err
	}
	defer dir.Close()
	if o, err := t.ReadOutcome(k.folder); o != nil || err != nil { // the one before has just done it
		return o, true, err
	}
	resume := resumable(dir, t)
	if err := dir.Write(fileio.Content{Name: search.ModelName, Data: []byte(t.Model)}); err != nil {
		return nil, false, err
	}
	s, digest, err := k.sets.read(dir.Path(search.ModelName), k.data)
	var missing *diag.Diagnostic
	if errors.As(err, &missing) && missing.Code == "data" && k.data == "" && filepath.IsAbs(missing.Span.File) && !exists(missing.Span.File) {
		return nil, false, missing.Helpf("the search was planned with it; --data says where it lies on this machine")
	}
	if err != nil {
		return nil, false, err
	}
	if digest != t.Data {
		return nil, false, diag.InFile(s.Config.Data, "").Errorf("data", "is another data set than the one that the search was planned with: its hash is %s, and not %s", short(digest), short(t.Data)).
			Helpf("put the same files there, or say where they lie with --data; or plan the search anew with this data set")
	}
	set := *s.Set
	set.Name = t.DataSet // wherever it lies here
	s.Set, s.folder = &set, dir
	o, err = s.trial(ctx, t, resume, watch)
	if err != nil {
		return nil, false, err
	}
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return nil, false, err
	}
	// The result comes last: what it speaks of is there.
	if err := dir.Write(fileio.Content{Name: t.OutcomeName(), Data: append(text, '\n')}); err != nil {
		return nil, false, err
	}
	if t.Last() {
		err = dir.Remove(trainer.CheckpointName)
	}
	return o, false, err
}

func short(digest string) string { return digest[:min(len(digest), 8)] }

// resumable reports whether the folder of a variant has what a training goes on from, whole.
func resumable(dir *fileio.Folder, t *search.Trial) bool {
	model, best := trainer.ReadCheckpoint(dir.Path(trainer.CheckpointName))
	return model == t.ID() && dir.Claim(trainer.CheckpointName, trainer.MetricsName, search.WeightsName) == nil &&
		(best == 0 || exists(dir.Path(search.WeightsName)))
}

// trial trains up to the trial's epoch, and measures the integers of the best weights.
func (s *Study) trial(ctx context.Context, t *search.Trial, resume bool, watch func(trainer.Event)) (*search.Outcome, error) {
	o := &search.Outcome{Trial: t.Hash(), Epochs: t.Epochs, About: search.About{Name: s.Set.Name, Source: s.Set.Source, Licence: s.Set.Licence, Notes: s.Set.Notes}}
	if !resume {
		if refused, err := s.refuse(ctx, t, o); refused || err != nil {
			return o, err
		}
	}
	history, err := s.upTo(ctx, t, resume, watch)
	if err == nil && len(history) > t.Epochs { // the checkpoint is of a longer trial
		s.Net.Initialise(s.Config.Seed, s.Config.SignInit)
		history, err = s.upTo(ctx, t, false, watch)
	}
	var diverged *trainer.DivergedError
	if errors.As(err, &diverged) {
		o.Error = err.Error()
		return o, nil
	}
	if err != nil {
		return nil, err
	}
	for _, m := range history {
		o.Seconds = m.Seconds
		if m.Best && s.Net.Loss == network.MeanSquared {
			o.Real = m.ValidScore
		} else if m.Best {
			o.Real = m.ValidAccuracy
		}
	}
	if err := s.measure(ctx, search.WeightsName); err != nil {
		return nil, err
	}
	if t.Last() {
		kept, err := os.ReadFile(s.folder.Path(search.WeightsName))
		if err != nil {
			return nil, err
		}
		o.Weights = search.Digest(kept)
	}
	return o, s.figures(ctx, t, o)
}

// refuse prices the variant with the weights that it begins with, and sets why it is not trained where it is far beyond a limit on costs, or
// beyond the memories of the chip: training hardly changes them. There is more room than the limits leave, so that a schedule that just has none is not taken for the best.
func (s *Study) refuse(ctx context.Context, t *search.Trial, o *search.Outcome) (bool, error) {
	if !t.Goal.LimitsCosts() && t.Goal.MCU == "" {
		return false, nil
	}
	s.Net.Initialise(s.Config.Seed, s.Config.SignInit)
	s.Net.ReadUnits(s.Config.ReadUnits)
	s.Net.Refresh()
	ranges, err := trainer.Ranges(ctx, s.Net, s.source(s.validation()))
	if err != nil {
		return false, err
	}
	if err := s.save(ranges, search.WeightsName); err != nil {
		return false, err
	}
	roomy := t.Goal.Roomy()
	if s.targetSet = nil; roomy.MaxFlash > 0 {
		s.targetSet = append(s.targetSet, fmt.Sprintf("c.flash=%d", roomy.MaxFlash))
	}
	if roomy.MaxRAM > 0 {
		s.targetSet = append(s.targetSet, fmt.Sprintf("c.ram=%d", roomy.MaxRAM))
	}
	l, err := s.Lower()
	s.targetSet = nil
	if err == nil {
		err = price(l, &roomy, o)
	}
	if err := s.folder.Remove(search.WeightsName); err != nil {
		return false, err
	}
	if err == nil {
		limits := t.Goal
		if flash, ram := l.ChipMemory(); t.Goal.MCU != "" {
			limits.MaxFlash, limits.MaxRAM = cmp.Or(limits.MaxFlash, flash), cmp.Or(limits.MaxRAM, ram)
		}
		o.Refuse(&limits)
	}
	if o.Refused == "" { // of an error, training will tell
		o.Costs, o.Unit, o.Unmet = search.Costs{}, "", ""
	}
	return o.Refused != "", nil
}

// upTo trains to the trial's epoch, from the checkpoint of a shorter trial or of one that was stopped.
func (s *Study) upTo(ctx context.Context, t *search.Trial, resume bool, watch func(trainer.Event)) ([]trainer.Metrics, error) {
	s.Net.Initialise(s.Config.Seed, s.Config.SignInit)
	part, stop := context.WithCancel(ctx)
	defer stop()
	run := &trainer.Run{Net: s.Net, Config: s.Config, Folder: s.folder, Fingerprint: trainer.Fingerprint{Model: t.ID()},
		Train: s.source(&s.Set.Train), Valid: s.source(s.validation()),
		Keep: func(trainer.Metrics) error { return s.save(nil, search.WeightsName) },
		Watch: func(at trainer.Event) {
			whole := at.Draw == 0 && at.Drawn == nil // an epoch of the training, and not of the draws before it
			if whole && (at.Epoch > t.Epochs || at.Done != nil && at.Epoch == t.Epochs && t.Epochs < s.Config.Epochs) {
				stop() // the run writes a checkpoint, which a longer trial goes on from
			}
			watch(at)
		}}
	history, err := run.Start(part, resume)
	if errors.Is(err, context.Canceled) && ctx.Err() == nil {
		err = nil
	}
	return history, err
}

// figures adds what the integers decide, and what they cost.
func (s *Study) figures(ctx context.Context, t *search.Trial, o *search.Outcome) error {
	l, err := s.Lower()
	if err != nil {
		return unfit(o, err)
	}
	if err := price(l, &t.Goal, o); err != nil {
		return unfit(o, err)
	}
	if t.Goal.MCU != "" {
		s.targetSet = onThisMachine // the same integers, without a schedule for the chip
	}
	score, err := s.scorePart(ctx, "valid", s.validation(), "fixed", nil)
	if err != nil {
		return err
	}
	o.Accuracy = score.validScore(trainer.Accuracy)
	if f1 := float64(score.MacroF1); !score.Regression && score.MacroF1.Known() {
		o.F1 = &f1
	}
	return nil
}

// price adds what a variant costs.
func price(l *compiler.Lowered, g *search.Goal, o *search.Outcome) error {
	cost := l.Plan.Cost()
	o.Bytes, o.Adds = (cost.Bits+7)/8, cost.Recurrence.Adds+cost.Input.Adds
	switch {
	case g.MCU != "":
		p, err := l.ChipPrice()
		if err != nil {
			return err
		}
		o.Cycles, o.Flash, o.RAM, o.Unit, o.Unmet = p.Cycles, p.Flash, p.RAM, string(p.Unit), p.Unmet
	case g.Part != "":
		p, err := l.LogicPrice(g.MaxCycles)
		if err != nil {
			return err
		}
		o.LUTs, o.Cycles, o.Unmet = p.LUTs, p.Cycles, p.Unmet
	}
	return nil
}

// onThisMachine has C for the processor here, whatever chip it is for and whatever has room there.
var onThisMachine = []string{"c.mcu=host", "c.flash=1073741824", "c.ram=1073741824"}

// unfit is a variant that has no integers, or none for a chip: the search goes on without it.
func unfit(o *search.Outcome, err error) error {
	var list diag.List
	ofAll := func(d *diag.Diagnostic) bool { return d.Code == "internal" || d.Code == "settings" } // no other variant fares better
	if !errors.As(err, &list) || slices.ContainsFunc(list, ofAll) {
		return err
	}
	o.Error, o.Costs, o.Weights = err.Error(), search.Costs{}, ""
	return nil
}

// copied takes the model and the weights of a variant, as a search keeps them.
func (k *worker) copied(t *search.Trial) (files []fileio.Content, err error) {
	for _, name := range []string{search.ModelName, search.WeightsName} {
		text, err := os.ReadFile(filepath.Join(t.Folder(k.folder), name))
		if err != nil {
			return nil, diag.InFile(filepath.Join(t.Folder(k.folder), name), "").Errorf("trials", "cannot be read: %s", fileio.Reason(err)).
				Helpf("run the trials again: what is lost is made again")
		}
		files = append(files, fileio.Content{Name: t.Name + "/" + name, Data: text})
	}
	return files, nil
}

package study

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/hrnnc/hrnnc/internal/diag"
	"github.com/hrnnc/hrnnc/internal/fileio"
	"github.com/hrnnc/hrnnc/internal/weights"
	"github.com/hrnnc/hrnnc/trainer"
	"github.com/hrnnc/hrnnc/trainer/data"
	"github.com/hrnnc/hrnnc/trainer/network"
)

// TrainOptions say how a training goes.
type TrainOptions struct {
	Folder   string // of the run; "" for the one beside the model: run for model.hrn, run-NAME for NAME.hrn
	From     string // weights file to start from; "" for random weights
	Finetune bool   // train on through the rounding of states when the integers decide worse than real numbers
	Resume   bool   // go on with the run in the folder
	Force    bool   // replace weights and a run that are there
	NoTest   bool   // leave the test part alone: validation is scored in its place, or training where there is none
	Command  string // what was typed, for the report
	// Start changes the random weights before they are trained; nil leaves them.
	Start func(*network.Network)
}

// Result is what a training left.
type Result struct {
	Model   string `json:"model"`
	Weights string `json:"weights"`
	Epochs  int    `json:"epochs"`
	// Chosen says what of batch, rate and epochs the number of sequences chose; "" where all are set.
	Chosen string `json:"chosen,omitempty"`
	Best   int    `json:"best_epoch"`
	// FinetunedEpoch is the epoch of the finetuning that is kept, 0 when none is.
	FinetunedEpoch int                `json:"finetuned_epoch"`
	Seconds        float64            `json:"seconds"` // of the epochs, validation included
	Ranges         map[string]float64 `json:"ranges"`  // largest |h| of every state over the training part
	Scores         []Score            `json:"scores"`  // of the last part, real and fixed; then of validation, where there is a test part too
	// TestLeftOut is true where there is a test part that was not scored, as TrainOptions.NoTest says.
	TestLeftOut bool      `json:"test_left_out,omitempty"`
	Report      string    `json:"report"`
	Remarks     []string  `json:"remarks"` // what a reader should do something about
	Finetuned   Finetuned `json:"-"`
}

// The files of a run's folder, beside those of package trainer. weightsName stands for the weights file, wherever it lies.
const (
	bestName     = "best.safetensors" // the weights of the best epoch, which all that follows starts from
	reportName   = "report.html"
	finetuneName = "finetune" // a folder with a run of its own
	weightsName  = "weights"
)

var runFiles = []string{trainer.CheckpointName, trainer.MetricsName, bestName, reportName, finetuneName + "/" + trainer.CheckpointName,
	finetuneName + "/" + trainer.MetricsName, finetuneName + "/" + bestName}

// Train trains the model, or goes on with the run in the folder: it writes the weights file that the model names, and into the
// folder metrics, a checkpoint and a report, and scores the result. When ctx ends, a checkpoint is written and the context's error
// given. Other errors are diagnostics; what was there stays as it is until all is known to be well.
func (s *Study) Train(ctx context.Context, o TrainOptions) (*Result, error) {
	if o.Folder == "" {
		o.Folder = Beside(s.File, "run")
	}
	var from *weights.File // read before anything is taken away: it may be what a run kept
	if o.From != "" {
		var err error
		if from, err = weights.Open(o.From); err != nil {
			return nil, err
		}
	}
	lock, err := s.openRun(o)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	defer s.folder.Close()
	if o.From == "" && !o.Resume {
		if err := s.needsWeights("--from"); err != nil {
			return nil, err
		}
	}
	s.noTest = o.NoTest
	s.watch().Warn(append(s.warnings(), s.idleScore(o.Finetune)...))
	s.TellNotes()
	if s.Chosen != "" {
		s.watch().Tell(s.Chosen)
	}
	s.Net.Initialise(s.Config.Seed, s.Config.SignInit)
	if o.Start != nil {
		o.Start(s.Net)
		s.Net.Refresh()
	}
	if from != nil {
		if err := trainer.LoadWeights(from, s.Net); err != nil {
			return nil, err
		}
	}
	if !o.Resume { // all is well: what the run before left goes
		if err := s.folder.Remove(runFiles...); err != nil {
			return nil, err
		}
	}
	s.plan(o.Finetune)
	history, err := s.epochs(ctx, o.Resume, from != nil || o.Start != nil)
	if err != nil {
		return nil, err
	}
	s.work.train.End() // patience may have ended it
	if err := s.finish(ctx, o); err != nil {
		return nil, err
	}
	s.watch().Warn(s.rangeWarnings())
	return s.result(ctx, history, o.Command)
}

// TellNotes tells what the files of the data set were taken for.
func (s *Study) TellNotes() {
	for _, note := range s.Set.Notes {
		s.tell("data: %s", note)
	}
}

// epochs trains; begun weights are there already, and none are drawn.
func (s *Study) epochs(ctx context.Context, resume, begun bool) ([]trainer.Metrics, error) {
	valid := s.validation()
	s.Stage = s.work.train
	c := s.Config
	if begun {
		c.Draws = 1
	}
	run := &trainer.Run{Net: s.Net, Config: c, Train: s.source(&s.Set.Train), Valid: s.source(valid), Folder: s.folder,
		Fingerprint: s.fingerprint(), Watch: s.watchRun("", s.epochWork(valid), c.TrialEpochs()), Keep: s.keep}
	history, err := run.Start(ctx, resume)
	var diverged *trainer.DivergedError
	if errors.As(err, &diverged) {
		return nil, diag.InFile(s.File, "").Errorf("diverged", "%v", err).
			Helpf("%s; train with a smaller rate, such as  --set rate=%.2g, or a smaller clip", keptSoFar(history), s.Config.Rate/3)
	}
	return history, err
}

// keptSoFar says what a run that went wrong has left.
func keptSoFar(history []trainer.Metrics) string {
	if len(history) == 0 {
		return "no epoch was complete, and no weights are kept"
	}
	return "the weights of the best epoch are kept"
}

// finish makes the weights file of the best weights: measured, and trained on through rounding where that is asked for.
// It starts from what the run kept and never from its own result, so that a run that is gone on with has the same end.
func (s *Study) finish(ctx context.Context, o TrainOptions) error {
	s.begin(s.work.measure)
	kept := *s
	kept.Weights = s.folder.Path(bestName)
	if err := kept.measure(ctx, bestName); err != nil {
		return err
	}
	if o.Finetune {
		if !exists(s.folder.Path(finetuneName + "/" + bestName)) { // else the file may have these already
			if err := kept.save(kept.ranges, weightsName); err != nil {
				return err
			}
		}
		var err error
		if s.finetuned, err = kept.finetune(ctx, o.Resume); err != nil {
			return err
		}
	}
	s.ranges = kept.ranges
	return s.save(s.ranges, weightsName)
}

// result scores the last part at both levels, and writes the report.
func (s *Study) result(ctx context.Context, history []trainer.Metrics, command string) (*Result, error) {
	r := &Result{Model: s.File, Weights: s.Weights, Epochs: len(history), Chosen: s.Chosen, Ranges: s.ranges, Report: s.folder.Path(reportName),
		Finetuned: s.finetuned, FinetunedEpoch: s.finetuned.Epoch, TestLeftOut: s.noTest && s.Set.Test.N > 0}
	for _, m := range history {
		r.Seconds = m.Seconds
		if m.Best {
			r.Best = m.Epoch
		}
	}
	s.begin(s.work.score)
	name, part := s.lastPart()
	for _, level := range []string{"real", "fixed"} {
		score, err := s.scorePart(ctx, name, part, level, nil)
		if err != nil {
			return nil, err
		}
		r.Scores = append(r.Scores, *score)
	}
	if name == "test" && s.Set.Valid.N > 0 { // to compare with
		score, err := s.scorePart(ctx, "valid", &s.Set.Valid, "real", nil)
		if err != nil {
			return nil, err
		}
		r.Scores = append(r.Scores, *score)
	}
	s.Stage = nil
	s.watch().Say("writing the report")
	var err error
	r.Remarks, err = s.report(ctx, history, r, command)
	return r, err
}

// lastPart is the part that a finished training is scored on: test, or what there is in its place or is to be taken instead.
func (s *Study) lastPart() (name string, part *data.Sequences) {
	switch {
	case s.Set.Test.N > 0 && !s.noTest:
		return "test", &s.Set.Test
	case s.Set.Valid.N > 0:
		return "valid", &s.Set.Valid
	}
	return "train", &s.Set.Train
}

// Beside is the default folder of what is made of a model: name for model.hrn, and for another model of the same folder its own.
func Beside(file, name string) string {
	if base := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)); base != "model" {
		name += "-" + base
	}
	return filepath.Join(filepath.Dir(file), name)
}

// openRun locks the folder of the run and the weights file, and refuses to replace what nobody asked to replace and, whatever
// was asked, what hrnnc did not write.
func (s *Study) openRun(o TrainOptions) (*fileio.Lock, error) {
	lock, err := fileio.LockFile(s.Weights)
	if err != nil {
		return nil, err
	}
	if s.folder, err = fileio.OpenFolder(o.Folder); err != nil {
		lock.Release()
		return nil, err
	}
	s.folder.Elsewhere(weightsName, s.Weights)
	if err = s.mayTrain(o); err == nil {
		err = errors.Join(s.folder.Claim(runFiles...), fileio.MayRewrite(s.Weights))
	}
	if err != nil {
		s.folder.Close()
		lock.Release()
		return nil, err
	}
	return lock, nil
}

// mayTrain refuses to replace weights or a run that nobody asked to replace.
func (s *Study) mayTrain(o TrainOptions) error {
	checkpoint := s.folder.Path(trainer.CheckpointName)
	if c := s.Config; s.Model.Hop > 0 && s.Set.Train.Stream() && (c.Carry || c.Truncate > s.Model.Steps) {
		return diag.At(s.Model.Output.Span).Errorf("data", "the model restarts after %s, and trains on pieces of recordings that go on from those before, or are longer", diag.Count(s.Model.Steps, "step")).
			Helpf("write  carry = no  truncate = %d  in the train block, or  window = %d  without  stream = yes", s.Model.Steps&^1, s.Model.Steps)
	}
	switch {
	case o.Resume:
		if _, best := trainer.ReadCheckpoint(checkpoint); best > 0 && !exists(s.folder.Path(bestName)) {
			return diag.InFile(s.folder.Path(bestName), "").Errorf("resume", "the weights that the run kept, of epoch %d, are not there", best).
				Helpf("put them back; or start afresh with --force and without --resume")
		}
		if !o.Force && s.folder.Claim(weightsName) != nil {
			return diag.InFile(s.Weights, "").Errorf("output", "is not as the run wrote it, and would be replaced").
				Helpf("move it away, and it is written anew; or give --force too")
		}
		return nil
	case o.Force:
		return nil
	}
	if exists(checkpoint) {
		if model, _ := trainer.ReadCheckpoint(checkpoint); model != s.fingerprint().Model {
			return diag.InFile(checkpoint, "").Errorf("output", "the run of another model is there, or of this one before it was changed").
				Helpf("choose another folder with -o, or replace that run with --force")
		}
		return diag.InFile(checkpoint, "").Errorf("output", "a run is there already").
			Helpf("go on with --resume, start afresh with --force, or choose another folder with -o")
	}
	if exists(s.Weights) {
		return diag.InFile(s.Weights, "").Errorf("output", "the weights file is there already").
			Helpf("give --force to replace it, or name another one in the model")
	}
	return nil
}

// validation is the part that decides which weights are kept: never the test part, which would flatter itself.
func (s *Study) validation() *data.Sequences {
	if s.Set.Valid.N > 0 {
		return &s.Set.Valid
	}
	return &s.Set.Train
}

// warnings are about data that training works on, badly.
func (s *Study) warnings() diag.List {
	out := trainer.DataWarnings(s.Model, s.Set)
	if s.Set.Valid.N == 0 && s.Config.Keep != trainer.KeepLast {
		out.Add(diag.InFile(s.File, "").Warningf("data", "there is no validation part: the score on the training part decides which weights are kept").
			Helpf("hold some out with  valid = 0.1;  or keep the weights of the last epoch, with  keep = last"))
	}
	return out
}

// idleScore warns of a measure that nothing of a training is chosen by.
func (s *Study) idleScore(finetune bool) (out diag.List) {
	if c := s.Config; c.Score == trainer.MacroF1 && c.Keep == trainer.KeepLast && c.Patience == 0 && !finetune {
		out.Add(diag.InFile(s.File, "").Warningf("settings", "score = macro_f1 chooses nothing, since  keep = last  keeps the weights of the last epoch").
			Helpf("say  keep = best,  and hold some out to choose by, with  valid = 0.1"))
	}
	return out
}

// rangeWarnings are about states that leave the range that the model says they have: the integers clamp them.
func (s *Study) rangeWarnings() diag.List {
	var out diag.List
	for _, l := range s.Model.Layers {
		if said, most := l.State.Max, s.ranges[l.State.Name]; said > 0 && most > said {
			out.Add(diag.At(l.State.Span).Warningf("range", "%s reaches %.4g in the training part, beyond its range of %.4g, and is clamped there by the integers", l.State.Name, most, said).
				Helpf("remove  range: the weights file has the measured one"))
		}
	}
	return out
}

// needsWeights refuses a recurrent matrix where there is nothing to take it from; flag would name its file.
func (s *Study) needsWeights(flag string) error {
	for _, l := range s.Model.Layers {
		if l.Dense == nil {
			continue
		}
		d := diag.At(l.Span).Errorf("train", "state %s has the recurrent matrix %s, and training draws none", l.State.Name, l.Dense.Name)
		if flag == "" {
			return d.Helpf("write hadamard(%s), whose weights are signs", l.State.Name)
		}
		return d.Helpf("give the weights that hold it with %s, to train its signs further; or write hadamard(%s), whose weights are signs", flag, l.State.Name)
	}
	return nil
}
